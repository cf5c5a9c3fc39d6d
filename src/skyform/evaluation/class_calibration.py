"""From the logits of learned classes to honest probabilities, sets of answers, and the choice not to answer."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from skyform.evaluation.calibration import softmax

__all__ = [
    "ClassCalibration",
    "CrossFitted",
    "cross_fit",
    "fit_class_calibration",
    "fit_temperature",
]

# A handful of validation pictures that are all right would otherwise push the temperature to 0.
_PRIOR_WIDTH = 0.5
_LOG_RANGE = (-3.0, 3.0)
_DECIMALS = 6
# Fewer pictures say nothing of an accuracy.
_LEAST_KEPT = 30


@dataclass(frozen=True, slots=True)
class ClassCalibration:
    """How the logits of learned classes become answers. Fitted on validation (`fit_class_calibration`), stored in the model file.

    Attributes
    ----------
    temperature : float
        Divides the logits (Guo et al. 2017, arXiv:1706.04599); it never changes which class comes first.
    coverage : float
        Share of pictures whose set of answers is to hold the true class.
    threshold : float
        Probability from which on a class belongs to the set; 0 puts every class into it.
    reject : float
        Least confidence with which a picture is answered at all; 0 answers every picture.

    Raises
    ------
    ValueError
        If the temperature is not above 0, or another value is outside 0..1.
    """

    temperature: float = 1.0
    coverage: float = 0.9
    threshold: float = 0.0
    reject: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"temperature is {self.temperature}; it must be above 0")
        for name in ("coverage", "threshold", "reject"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}; it must be between 0 and 1")

    def probabilities(self, logits: Float[ndarray, "n classes"]) -> Float[ndarray, "n classes"]:
        """Calibrated probabilities, which sum to 1 in each row."""
        return softmax(logits.astype(float), temperature=self.temperature)

    def answer_sets(self, p: Float[ndarray, "n classes"]) -> Bool[ndarray, "n classes"]:
        """The classes that cannot be ruled out: all from `threshold` on, and always the most probable one."""
        sets = p >= self.threshold
        sets[np.arange(len(p)), p.argmax(axis=1)] = True
        return sets

    def answered(self, p: Float[ndarray, "n classes"]) -> Bool[ndarray, " n"]:
        """Which pictures are confident enough to be answered."""
        return p.max(axis=1) >= self.reject

    def to_dict(self) -> dict[str, float]:
        """Plain values, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "ClassCalibration":
        """The inverse of `to_dict`; unknown keys are an error."""
        return cls(**{name: float(v) for name, v in values.items()})


def fit_class_calibration(
    logits: Float[ndarray, "n classes"],
    truth: Int[ndarray, " n"],
    *,
    coverage: float = 0.9,
    wanted_accuracy: float | None = None,
) -> ClassCalibration:
    """Fit temperature, set threshold and reject threshold on validation pictures.

    The sets are split conformal with the true class's probability as the score (Sadinle, Lei & Wasserman 2019, JASA 114, 223,
    arXiv:1609.00451): of new pictures like these, at least `coverage` get a set that holds the true class.

    Parameters
    ----------
    logits : shape (n, classes)
    truth : shape (n,)
        Column of the true class.
    coverage : float
        Above 0 and below 1.
    wanted_accuracy : float, optional
        `reject` becomes the least confidence for which the pictures kept reach this accuracy, and 1 where none does. Without
        it every picture is answered.

    Raises
    ------
    ValueError
        If there are no rows, or a value is out of range.
    """
    _check(logits, truth)
    if not 0 < coverage < 1:
        raise ValueError(f"coverage is {coverage}; it must be above 0 and below 1")
    temperature = fit_temperature(logits, truth)
    p = softmax(logits.astype(float), temperature=temperature)
    reject = 0.0
    if wanted_accuracy is not None:
        reject = _reject_threshold(p, truth, wanted_accuracy)
    threshold = _set_threshold(p[np.arange(len(truth)), truth], coverage)
    return ClassCalibration(temperature, coverage, threshold, reject)


def fit_temperature(logits: Float[ndarray, "n classes"], truth: Int[ndarray, " n"]) -> float:
    """The temperature with the least log loss on these rows, under a weak log-normal prior around 1."""
    # Whoever only applies a calibration does without its half second of import.
    from scipy import optimize

    _check(logits, truth)
    logits = logits.astype(float)
    own = logits[np.arange(len(truth)), truth]

    def objective(log_t: float) -> float:
        t = math.exp(log_t)
        top = logits.max(axis=1)
        log_sum = top / t + np.log(np.exp((logits - top[:, None]) / t).sum(axis=1))
        return float((log_sum - own / t).sum()) + 0.5 * (log_t / _PRIOR_WIDTH) ** 2

    best = optimize.minimize_scalar(objective, bounds=_LOG_RANGE, method="bounded")
    return float(math.exp(best.x))


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """What calibrations say of rows that they were not fitted on.

    `probabilities` has shape (n, classes); `sets` tells which classes each answer set holds; `answered` which rows pass the
    reject threshold.
    """

    probabilities: Float[ndarray, "n classes"]
    sets: Bool[ndarray, "n classes"]
    answered: Bool[ndarray, " n"]


def cross_fit(
    logits: Float[ndarray, "n classes"],
    truth: Int[ndarray, " n"],
    *,
    coverage: float = 0.9,
    wanted_accuracy: float | None = None,
    folds: int = 5,
    seed: int = 0,
) -> CrossFitted:
    """Judge each fold of the rows by a calibration fitted on the others, so that coverage and calibration error are honest.

    Raises
    ------
    ValueError
        If there are fewer rows than folds, or fewer than two folds.
    """
    _check(logits, truth)
    if not 2 <= folds <= len(truth):
        raise ValueError(f"folds is {folds}; it must be from 2 to the number of rows, {len(truth)}")
    fold = np.random.default_rng(seed).permutation(len(truth)) % folds
    p = np.empty(logits.shape)
    sets = np.empty(logits.shape, dtype=bool)
    answered = np.empty(len(truth), dtype=bool)
    for k in range(folds):
        here = fold == k
        fitted = fit_class_calibration(
            logits[~here], truth[~here], coverage=coverage, wanted_accuracy=wanted_accuracy
        )
        p[here] = fitted.probabilities(logits[here])
        sets[here] = fitted.answer_sets(p[here])
        answered[here] = fitted.answered(p[here])
    return CrossFitted(p, sets, answered)


def _check(logits: Float[ndarray, "n classes"], truth: Int[ndarray, " m"]) -> None:
    if len(logits) == 0 or len(logits) != len(truth):
        raise ValueError(
            f"logits have {len(logits)} rows and truth {len(truth)}; they need the same number, above 0"
        )
    if not np.isfinite(logits).all():
        raise ValueError("logits hold values that are not finite")
    if truth.min() < 0 or truth.max() >= logits.shape[1]:
        raise ValueError(
            f"truth runs from {truth.min()} to {truth.max()}; logits have {logits.shape[1]} columns"
        )


def _set_threshold(own: Float[ndarray, " n"], coverage: float) -> float:
    """The k-th smallest probability of a true class, with k = floor((n + 1)(1 - coverage)); 0 where k is 0."""
    # Without the rounding (9 + 1)(1 - 0.9) falls short of 1.
    k = math.floor(round((len(own) + 1) * (1 - coverage), 9))
    return 0.0 if k == 0 else _rounded_down(float(np.sort(own)[k - 1]))


def _reject_threshold(
    p: Float[ndarray, "n classes"], truth: Int[ndarray, " n"], wanted: float
) -> float:
    if not 0 < wanted <= 1:
        raise ValueError(f"wanted_accuracy is {wanted}; it must be above 0 and at most 1")
    confidence = p.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (p.argmax(axis=1) == truth)[order]
    kept = np.arange(1, len(right) + 1)
    reached = np.cumsum(right) / kept >= wanted
    # Pictures of the same confidence are kept or left together.
    last = np.append(np.diff(confidence[order]) < 0, True)
    fit = np.flatnonzero(reached & last & (kept >= min(_LEAST_KEPT, len(right))))
    if not len(fit):
        return 1.0
    return 0.0 if fit[-1] == len(right) - 1 else _rounded_down(float(confidence[order][fit[-1]]))


def _rounded_down(p: float) -> float:
    # The stored threshold must not exclude the picture that set it.
    scale = 10**_DECIMALS
    return math.floor(p * scale) / scale
