"""Whether the class shows in the style of a picture: brightness, contrast, sharpness, colour, size, and nothing of its shape."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from skyform.explore.reading import Readings

__all__ = ["Shortcut", "find_shortcut"]

_FOLDS = 5
_DEPTH = 4
_LEAST = 20  # pictures of a class
_MOST = 5000  # pictures that are looked at


@dataclass(frozen=True, eq=False)
class Shortcut:
    """How well a small decision tree finds the class from style alone.

    `classes` are those with at least 20 pictures; `recalls` the share of each that is found, out of fold; `balanced` their mean, and
    `chance` what guessing gives.
    """

    classes: tuple[int, ...]
    recalls: tuple[float, ...]

    @property
    def balanced(self) -> float:
        """Balanced accuracy."""
        return float(np.mean(self.recalls)) if self.recalls else float("nan")

    @property
    def chance(self) -> float:
        """Balanced accuracy of guessing."""
        return 1 / len(self.classes) if self.classes else float("nan")


def find_shortcut(readings: Readings, index: Int[ndarray, " n"], *, seed: int = 0) -> Shortcut:
    """Train the tree and test it on pictures that it has not seen; empty where fewer than two classes are large enough."""
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.tree import DecisionTreeClassifier

    style = np.column_stack([*readings.columns.values(), readings.width, readings.height])
    usable = readings.ok & (index >= 0) & np.isfinite(style).all(axis=1)
    counts = np.bincount(index[usable], minlength=1)
    large = np.flatnonzero(counts >= _LEAST)
    at = np.flatnonzero(usable & np.isin(index, large))
    at = np.random.default_rng(seed).permutation(at)[:_MOST]
    large = large[np.bincount(index[at], minlength=len(counts))[large] >= _FOLDS]
    at = at[np.isin(index[at], large)]
    if len(large) < 2:
        return Shortcut((), ())
    tree = DecisionTreeClassifier(
        max_depth=_DEPTH, min_samples_leaf=5, class_weight="balanced", random_state=seed
    )
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    named = cross_val_predict(tree, style[at], index[at], cv=folds)
    recalls = tuple(float(np.mean(named[index[at] == c] == c)) for c in large)
    return Shortcut(tuple(large.tolist()), recalls)
