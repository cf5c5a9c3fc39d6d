"""Metrics: arrays in, numbers out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

__all__ = [
    "Estimate",
    "ReliabilityBin",
    "accuracy",
    "balanced_accuracy",
    "bootstrap",
    "calibration_error",
    "reliability",
    "rmse",
]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measured figure with its 95 % bootstrap interval and the number of pictures behind it."""

    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float | int]:
        """Rounded to four decimals, for JSON."""
        return {
            "value": round(self.value, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "n": self.n,
        }


def rmse(truth: Float[ndarray, "n k"], predicted: Float[ndarray, "n k"]) -> float:
    """Root mean squared error over all rows and columns: the metric of the Kaggle Galaxy Zoo challenge."""
    return float(np.sqrt(np.mean((truth - predicted) ** 2)))


def accuracy(truth: Int[ndarray, " n"], predicted: Int[ndarray, " n"]) -> float:
    """Share of rows that agree."""
    return float(np.mean(truth == predicted))


def balanced_accuracy(truth: Int[ndarray, " n"], predicted: Int[ndarray, " n"]) -> float:
    """Mean over the classes that occur in `truth` of the share of each that was found."""
    return float(np.mean([np.mean(predicted[truth == c] == c) for c in np.unique(truth)]))


def bootstrap(
    metric: Callable[..., float],
    *arrays: ndarray,
    groups: Int[ndarray, " n"] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Estimate:
    """The metric on all rows, with the central 95 % of its values on rows drawn with replacement (Efron 1979).

    Parameters
    ----------
    metric : callable
    arrays : arrays of n rows
    groups : shape (n,), optional
        Rows of one number are drawn together: five photographs of one nebula are not five times the evidence.

    Raises
    ------
    ValueError
        If there are no rows, or the arrays differ in length.
    """
    n = len(arrays[0])
    if n == 0 or any(len(a) != n for a in arrays):
        raise ValueError(
            f"arrays have {[len(a) for a in arrays]} rows; they need the same number, above 0"
        )
    rng = np.random.default_rng(seed)
    values = [metric(*(a[at] for a in arrays)) for at in _draws(n, groups, resamples, rng)]
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(metric(*arrays), float(low), float(high), n)


def _draws(
    n: int, groups: Int[ndarray, " n"] | None, resamples: int, rng: np.random.Generator
) -> Iterator[Int[ndarray, " drawn"]]:
    """Positions of the rows of each resample."""
    sizes = [] if groups is None else np.unique(groups, return_counts=True)[1]
    if groups is None or len(sizes) == n:
        for _ in range(resamples):
            yield rng.integers(0, n, n)
        return
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(sizes)[:-1])
    for _ in range(resamples):
        yield np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))])


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Pictures of like confidence: how sure the model was on average, and how often it was right."""

    confidence: float
    accuracy: float
    n: int


def reliability(
    confidence: Float[ndarray, " n"], correct: Bool[ndarray, " n"], *, bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """Bins of equal width over 0..1, empty ones left out."""
    at = np.minimum((confidence * bins).astype(int), bins - 1)
    return tuple(
        ReliabilityBin(
            float(confidence[at == b].mean()), float(correct[at == b].mean()), int((at == b).sum())
        )
        for b in np.unique(at)
    )


def calibration_error(
    confidence: Float[ndarray, " n"], correct: Bool[ndarray, " n"], *, bins: int = 10
) -> float:
    """Expected calibration error: the mean distance between confidence and accuracy, weighted by the bins' sizes."""
    parts = reliability(confidence, correct, bins=bins)
    return float(sum(abs(b.confidence - b.accuracy) * b.n for b in parts) / len(confidence))
