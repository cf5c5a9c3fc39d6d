"""Vote fractions for the tests of this room: drawn by Hypothesis, and one galaxy worked out by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyform.schema import SKYFORM, Tree

Draw = Callable[..., st.SearchStrategy[np.ndarray]]

# A barred galaxy that its visitors disagree about. Every expected value in the tests of taxonomies follows from these by hand.
GALAXY = {
    "smooth-or-features": (0.3, 0.6, 0.1),
    "edge-on": (0.25, 0.75),
    "bar": (0.4, 0.6),
    "spiral": (0.8, 0.2),
    "bulge": (0.1, 0.2, 0.4, 0.3),
    "odd": (0.5, 0.5),
    "roundness": (0.5, 0.3, 0.2),
    "odd-feature": (0.2, 0.0, 0.1, 0.1, 0.1, 0.4, 0.1),
    "edge-on-bulge": (0.5, 0.1, 0.4),
    "arm-winding": (0.2, 0.5, 0.3),
    "arm-number": (0.0, 0.7, 0.1, 0.1, 0.0, 0.1),
    "sense": (0.7, 0.3),
}


@pytest.fixture
def galaxy() -> np.ndarray:
    """Conditional fractions of `GALAXY` in the column order of our tree."""
    return np.concatenate([GALAXY[q.id] for q in SKYFORM.questions])


@pytest.fixture(scope="session")
def conditional_votes() -> Draw:
    """`conditional_votes(tree)`: conditional fractions from up to 40 votes an answer.

    With `unanswered=True`, any question may have no votes and be NaN; without, it has at least one.
    """

    def draw(tree: Tree, *, unanswered: bool = False) -> st.SearchStrategy[np.ndarray]:
        counts = arrays(np.int64, len(tree.answers), elements=st.integers(0, 40), fill=st.nothing())
        return counts.map(lambda n: _fractions(tree, counts=n, unanswered=unanswered))

    return draw


def _fractions(tree: Tree, *, counts: np.ndarray, unanswered: bool) -> np.ndarray:
    out = np.empty(len(tree.answers))
    for columns in tree.slices.values():
        votes = counts[columns].copy()
        if not votes.any() and not unanswered:
            votes[0] = 1
        out[columns] = votes / votes.sum() if votes.any() else np.nan
    return out
