"""Sets of answers that hold the right one about as often as they say, after split conformal prediction.

Its guarantee for pictures like those of the validation split, whatever the probabilities are worth (Sadinle, Lei & Wasserman 2019, JASA 114,
223, arXiv:1609.00451; Angelopoulos & Bates 2023, arXiv:2107.07511), asks for pictures that nothing else was fitted to. Ours served for the
probabilities too, and questions with few share a threshold: how often the sets hold the answer is measured, cross-fitted, on the card.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

__all__ = ["COVERAGE", "ENOUGH", "fit_set", "in_set", "pooled_set", "set_threshold"]

COVERAGE = 0.9
# Fewer right answers than these are too few for a set of 90 %, and borrow from the other questions that have few.
ENOUGH = 10
_DECIMALS = 6


def set_threshold(own: Float[ndarray, " n"], coverage: float) -> float:
    """The probability from which on an answer belongs to the set: the k-th smallest that a right answer had, k = floor((n + 1)(1 - coverage)).

    0, which puts every answer into the set, where there are too few pictures for the coverage.

    Parameters
    ----------
    own : shape (n,)
        Probability of each picture's right answer.
    coverage : float
        Above 0 and below 1.

    Raises
    ------
    ValueError
        If the coverage is out of range.
    """
    if not 0 < coverage < 1:
        raise ValueError(f"coverage is {coverage}; it must be above 0 and below 1")
    # Without the rounding (9 + 1)(1 - 0.9) falls short of 1.
    k = math.floor(round((len(own) + 1) * (1 - coverage), 9))
    if k == 0:
        return 0.0
    # Rounded down: the stored threshold must not exclude the picture that set it.
    scale = 10**_DECIMALS
    return math.floor(float(np.sort(own)[k - 1]) * scale) / scale


def fit_set(
    p: Float[ndarray, "n answers"], truth: Int[ndarray, " n"], *, coverage: float = COVERAGE
) -> dict[str, float]:
    """Threshold and stated coverage.

    A set holds one answer at least. Where that one alone is right as often as `coverage` asks, the sets are made to hold half of what it
    misses as well, and state that.

    Parameters
    ----------
    p : shape (n, answers)
        Calibrated probabilities, one row for each picture with a right answer.
    truth : shape (n,)
        Position of the right answer.
    coverage : float
        Above 0 and below 1.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    n = len(truth)
    if n == 0:
        raise ValueError("truth is empty; give at least one picture with a right answer")
    first = float((p.argmax(axis=1) == truth).mean())
    # No set of n pictures can be shown to hold more than this.
    most = max(coverage, n / (n + 1))
    stated = coverage if first < coverage else min((1 + first) / 2, most)
    return {
        "threshold": set_threshold(p[np.arange(n), truth], stated),
        "coverage": round(stated, 4),
    }


def pooled_set(
    parts: Sequence[tuple[Float[ndarray, "_ _"], Int[ndarray, " _"]]],
    *,
    coverage: float = COVERAGE,
) -> dict[str, float]:
    """One threshold from several questions together, for those that have too few right answers for one of their own."""
    own = [p[np.arange(len(truth)), truth] for p, truth in parts]
    if not own:
        return {"threshold": 0.0, "coverage": coverage}
    return {"threshold": set_threshold(np.concatenate(own), coverage), "coverage": coverage}


def in_set(p: Float[ndarray, "n answers"], threshold: float) -> Bool[ndarray, "n answers"]:
    """The answers that cannot be ruled out: all from the threshold on, and always the most probable one."""
    sets = p >= threshold
    sets[np.arange(len(p)), p.argmax(axis=1)] = True
    return sets
