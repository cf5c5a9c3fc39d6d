"""Curves over all thresholds: receiver operating characteristic, precision against recall, accuracy against coverage."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from skyform.evaluation.metrics import Estimate
from skyform.evaluation.resampling import interval, row_weights

__all__ = [
    "Curve",
    "area_under_roc",
    "average_precision",
    "coverage_curve",
    "macro_area_under_roc",
    "precision_recall_curve",
    "roc_curve",
]


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of a curve, and the score from which on a row counts as positive (or is answered) at each of them."""

    x: Float[ndarray, " points"]
    y: Float[ndarray, " points"]
    threshold: Float[ndarray, " points"]


def roc_curve(positive: Bool[ndarray, " n"], score: Float[ndarray, " n"]) -> Curve:
    """False positive rate (x) and true positive rate (y), from (0, 0) to (1, 1).

    Raises
    ------
    ValueError
        If not both a positive and a negative row are there.
    """
    true, false, threshold = _hits(positive, score)
    if true[-1] == 0 or false[-1] == 0:
        raise ValueError(
            f"{int(true[-1])} of {len(score)} rows are positive; both kinds are needed"
        )
    return Curve(
        np.append(0.0, false / false[-1]),
        np.append(0.0, true / true[-1]),
        np.append(np.inf, threshold),
    )


def area_under_roc(positive: Bool[ndarray, " n"], score: Float[ndarray, " n"]) -> float:
    """The chance that a positive row scores above a negative one, a tie counting half.

    Raises
    ------
    ValueError
        If not both a positive and a negative row are there.
    """
    curve = roc_curve(positive, score)
    return float(np.trapezoid(curve.y, curve.x))


def precision_recall_curve(positive: Bool[ndarray, " n"], score: Float[ndarray, " n"]) -> Curve:
    """Recall (x, rising) and precision (y).

    Raises
    ------
    ValueError
        If no row is positive.
    """
    true, false, threshold = _hits(positive, score)
    if true[-1] == 0:
        raise ValueError(f"none of {len(score)} rows is positive")
    return Curve(true / true[-1], true / (true + false), threshold)


def average_precision(positive: Bool[ndarray, " n"], score: Float[ndarray, " n"]) -> float:
    """Precision averaged over the steps of recall.

    Raises
    ------
    ValueError
        If no row is positive.
    """
    curve = precision_recall_curve(positive, score)
    return float((np.diff(curve.x, prepend=0.0) * curve.y).sum())


def macro_area_under_roc(
    truth: Int[ndarray, " n"],
    p: Float[ndarray, "n classes"],
    *,
    resamples: int = 300,
    seed: int = 0,
) -> Estimate:
    """Area under the ROC curve of each class against all others, mean over the classes that occur, with its 95 % interval.

    Raises
    ------
    ValueError
        If fewer than two classes occur.
    """
    present = np.unique(truth)
    if len(present) < 2:
        raise ValueError(f"{len(present)} classes occur in {len(truth)} rows; two are needed")
    parts = [_Ranked(truth == c, p[:, c]) for c in present]
    values: list[ndarray] = []
    for weights in row_weights(len(truth), resamples=resamples, seed=seed):
        areas = np.stack([part.areas(weights) for part in parts])
        values.append(np.nanmean(areas, axis=0))
    value = float(np.mean([part.areas(np.ones((1, len(truth))))[0] for part in parts]))
    return interval(value, np.concatenate(values), n=len(truth))


def coverage_curve(confidence: Float[ndarray, " n"], right: Bool[ndarray, " n"]) -> Curve:
    """Share of rows that are answered (x, rising to 1) and the accuracy on them (y), for every least confidence.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    if len(confidence) == 0:
        raise ValueError("there are 0 rows; the curve needs at least one")
    true, false, threshold = _hits(right, confidence)
    return Curve((true + false) / len(right), true / (true + false), threshold)


def _hits(
    positive: Bool[ndarray, " n"], score: Float[ndarray, " n"]
) -> tuple[Float[ndarray, " m"], Float[ndarray, " m"], Float[ndarray, " m"]]:
    """True and false positives at each distinct score, from the highest down."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    true = np.cumsum(positive[order])[ends].astype(float)
    return true, ends + 1.0 - true, score[order][ends].astype(float)


class _Ranked:
    """Scores sorted once, so that every resample needs its weights only."""

    def __init__(self, positive: Bool[ndarray, " n"], score: Float[ndarray, " n"]) -> None:
        self._order = np.argsort(score, kind="stable")
        self._positive = positive[self._order]
        changes = np.append(True, np.diff(score[self._order]) != 0)
        self._starts = np.flatnonzero(changes)

    def areas(self, weights: Float[ndarray, "resamples n"]) -> Float[ndarray, " resamples"]:
        """Area in each resample; NaN where it holds only positives or only negatives."""
        drawn = weights[:, self._order]
        true = np.add.reduceat(drawn * self._positive, self._starts, axis=1)
        false = np.add.reduceat(drawn * ~self._positive, self._starts, axis=1)
        below = np.cumsum(false, axis=1) - 0.5 * false
        pairs = true.sum(axis=1) * false.sum(axis=1)
        found = (true * below).sum(axis=1)
        return np.divide(found, pairs, out=np.full(len(drawn), np.nan), where=pairs > 0)
