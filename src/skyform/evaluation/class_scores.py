"""Scores of a model that says one class for each picture: figures with intervals, and the report for each class."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from skyform.evaluation.metrics import Estimate
from skyform.evaluation.resampling import bootstrap_counts, bootstrap_mean, bootstrap_sums
from skyform.schema import Scheme

__all__ = [
    "ClassRow",
    "class_report",
    "confusion",
    "confusion_shares",
    "in_top",
    "score_classes",
    "score_sets",
]

_LEAST = 1e-12
_ECE_BINS = 10
# From this many classes on, the second guess is worth a figure.
_MANY = 4


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One row of the report: how much of what was called this class is it (precision), and how much of it was found (recall)."""

    name: str
    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int


def confusion(
    truth: Int[ndarray, " n"], said: Int[ndarray, " n"], *, classes: int
) -> Int[ndarray, "classes classes"]:
    """Number of rows for each true class (row) and said class (column).

    Raises
    ------
    ValueError
        If the lengths differ, or a class is out of range.
    """
    if len(truth) != len(said):
        raise ValueError(f"truth has {len(truth)} rows and said {len(said)}")
    for name, values in (("truth", truth), ("said", said)):
        if len(values) and (values.min() < 0 or values.max() >= classes):
            raise ValueError(
                f"{name} runs from {values.min()} to {values.max()}; there are {classes} classes"
            )
    return np.bincount(truth * classes + said, minlength=classes**2).reshape(classes, classes)


def confusion_shares(counts: Int[ndarray, "classes classes"]) -> Float[ndarray, "classes classes"]:
    """Each row of a confusion matrix as shares of its true class; NaN for a class without pictures."""
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)


def class_report(
    counts: Int[ndarray, "classes classes"], *, names: tuple[str, ...]
) -> tuple[ClassRow, ...]:
    """Precision, recall and F1 of each class, then "macro average" (every class counts the same) and "weighted average".

    A class that was never said has precision 0; one that never occurs has recall 0 and is left out of the averages unless it
    was said.
    """
    found = [
        ClassRow(
            name,
            bootstrap_counts(lambda t, i=i: _precision(t)[..., i], counts),
            bootstrap_counts(lambda t, i=i: _recall(t)[..., i], counts),
            bootstrap_counts(lambda t, i=i: _f1(t)[..., i], counts),
            int(counts[i].sum()),
        )
        for i, name in enumerate(names)
    ]
    for name, average in (("macro average", _macro), ("weighted average", _weighted)):
        precision, recall, f1 = (
            bootstrap_counts(lambda t, m=m, a=average: a(t, m(t)), counts)
            for m in (_precision, _recall, _f1)
        )
        found.append(ClassRow(name, precision, recall, f1, int(counts.sum())))
    return tuple(found)


def in_top(
    truth: Int[ndarray, " n"], p: Float[ndarray, "n classes"], *, k: int
) -> Bool[ndarray, " n"]:
    """Whether the true class is among the k most probable; classes of the same probability rank by their order."""
    best = np.argsort(-p, axis=1, kind="stable")[:, :k]
    return (best == truth[:, None]).any(axis=1)


def score_classes(
    truth: Int[ndarray, " n"], p: Float[ndarray, "n classes"], *, scheme: Scheme
) -> dict[str, Estimate]:
    """Headline figures of class probabilities, each with a 95 % bootstrap interval.

    Parameters
    ----------
    truth : shape (n,)
        Position of the true class in the scheme.
    p : shape (n, classes)
        Probabilities in the scheme's order; rows sum to 1.
    scheme : Scheme

    Returns
    -------
    dict
        `accuracy`, `balanced_accuracy`, `macro_f1`, `weighted_f1`, `top_2` (from four classes on), `log_loss` (natural
        logarithm), `brier` (sum over the classes), `ece`, and `baseline`: the accuracy of always naming the commonest class.

    Raises
    ------
    ValueError
        If there are no rows, or shapes or values do not fit the scheme.
    """
    _check(truth, p, scheme)
    k = len(scheme)
    counts = confusion(truth, p.argmax(axis=1), classes=k)
    scores = {
        "accuracy": bootstrap_counts(_accuracy, counts),
        "balanced_accuracy": bootstrap_counts(_balanced, counts),
        "macro_f1": bootstrap_counts(lambda t: _macro(t, _f1(t)), counts),
        "weighted_f1": bootstrap_counts(lambda t: _weighted(t, _f1(t)), counts),
    }
    if k >= _MANY:
        scores["top_2"] = bootstrap_mean(in_top(truth, p, k=2).astype(float))
    own = p[np.arange(len(p)), truth]
    brier = (p**2).sum(axis=1) - 2 * own + 1
    scores["log_loss"] = bootstrap_mean(-np.log(np.maximum(own, _LEAST)).astype(float))
    scores["brier"] = bootstrap_mean(brier.astype(float))
    scores["ece"] = _ece(p.max(axis=1), p.argmax(axis=1) == truth)
    commonest = int(counts.sum(axis=1).argmax())
    scores["baseline"] = bootstrap_mean((truth == commonest).astype(float))
    return scores


def score_sets(truth: Int[ndarray, " n"], sets: Bool[ndarray, "n classes"]) -> dict[str, Estimate]:
    """Figures of answer sets: `set_coverage`, the share that hold the true class, and `set_size`, the classes in one on average.

    They are honest only of sets from a calibration that has not seen the rows, such as `cross_fit` gives.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    held = sets[np.arange(len(sets)), truth]
    return {
        "set_coverage": bootstrap_mean(held.astype(float)),
        "set_size": bootstrap_mean(sets.sum(axis=1).astype(float)),
    }


def _check(truth: Int[ndarray, " n"], p: Float[ndarray, "m classes"], scheme: Scheme) -> None:
    if len(truth) != len(p) or len(p) == 0:
        raise ValueError(
            f"truth has {len(truth)} rows and p {len(p)}; they need the same number, above 0"
        )
    if p.shape[1] != len(scheme):
        raise ValueError(f"p has {p.shape[1]} columns; {scheme.name} has {len(scheme)} classes")
    if truth.min() < 0 or truth.max() >= len(scheme):
        raise ValueError(
            f"truth runs from {truth.min()} to {truth.max()}; {scheme.name} has {len(scheme)} classes"
        )
    if not np.isfinite(p).all() or p.min() < 0 or not np.allclose(p.sum(axis=1), 1, atol=1e-3):
        raise ValueError(
            "p holds rows that are no probabilities: each must be 0 or more and sum to 1"
        )


def _ece(confidence: Float[ndarray, " n"], right: Bool[ndarray, " n"]) -> Estimate:
    """Expected calibration error over ten bins, as `metrics.calibration_error`."""
    at = np.minimum((confidence * _ECE_BINS).astype(int), _ECE_BINS - 1)
    gaps = np.zeros((len(at), _ECE_BINS))
    gaps[np.arange(len(at)), at] = confidence - right
    return bootstrap_sums(lambda sums, n: np.abs(sums).sum(axis=-1) / n, gaps)


# Figures of many confusion tables at once, one for each resample.


def _found(t: Int[ndarray, "b k k"]) -> Int[ndarray, "b k"]:
    return np.diagonal(t, axis1=-2, axis2=-1)


def _accuracy(t: Int[ndarray, "b k k"]) -> Float[ndarray, " b"]:
    return _found(t).sum(axis=-1) / t.sum(axis=(-2, -1))


def _recall(t: Int[ndarray, "b k k"]) -> Float[ndarray, "b k"]:
    return _found(t) / np.maximum(t.sum(axis=-1), 1)


def _precision(t: Int[ndarray, "b k k"]) -> Float[ndarray, "b k"]:
    return _found(t) / np.maximum(t.sum(axis=-2), 1)


def _f1(t: Int[ndarray, "b k k"]) -> Float[ndarray, "b k"]:
    return 2 * _found(t) / np.maximum(t.sum(axis=-1) + t.sum(axis=-2), 1)


def _balanced(t: Int[ndarray, "b k k"]) -> Float[ndarray, " b"]:
    occurs = t.sum(axis=-1) > 0
    return _recall(t).sum(axis=-1) / occurs.sum(axis=-1)


def _macro(t: Int[ndarray, "b k k"], figure: Float[ndarray, "b k"]) -> Float[ndarray, " b"]:
    counts = (t.sum(axis=-1) > 0) | (t.sum(axis=-2) > 0)
    return (figure * counts).sum(axis=-1) / counts.sum(axis=-1)


def _weighted(t: Int[ndarray, "b k k"], figure: Float[ndarray, "b k"]) -> Float[ndarray, " b"]:
    support = t.sum(axis=-1)
    return (figure * support).sum(axis=-1) / support.sum(axis=-1)
