"""How strange a picture is: the chance that it shows nothing that the model knows, and how well that tells strangers apart.

Three things speak for a stranger: the kind "none of these", the answer "star or artefact" to the tree's first question, and the distance
in the embedding to all that training saw. The first knows photographs and text, the second stars, spikes and trails, the third what
neither has met. Their log-odds are added with weights that validation pictures chose.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from skyform.evaluation.curves import area_under_roc
from skyform.evaluation.metrics import Estimate

__all__ = ["Rejection", "fit_rejection", "reject_evidence", "separation"]

_LARGEST = 12.0  # log-odds
_WIDTH = 1.0  # of the weights' prior, around equal weights for the two answers
_START = (1.0, 1.0, 0.0)
_KNOWN_KEPT = 0.98
_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Rejection:
    """Weights of the three pieces of evidence (`reject_evidence`), and the strangeness that 98 % of known pictures stay below.

    Raises
    ------
    ValueError
        If there are not three weights, or one is negative: more evidence for a stranger never makes a picture more familiar.
    """

    weights: tuple[float, ...]
    intercept: float
    threshold: float

    def __post_init__(self) -> None:
        if len(self.weights) != 3 or min(self.weights) < 0:
            raise ValueError(f"weights are {self.weights}; give three, none of them negative")

    def strangeness(self, evidence: Float[ndarray, "n 3"]) -> Float[ndarray, " n"]:
        """0 to 1 for each picture."""
        return _logistic(evidence @ np.array(self.weights) + self.intercept)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Rejection":
        """From plain values; unknown keys are an error."""
        given: dict[str, Any] = {**values, "weights": tuple(float(w) for w in values["weights"])}
        return cls(**given)


def reject_evidence(
    none: Float[ndarray, " n"], star: Float[ndarray, " n"], nearness: Float[ndarray, " n"]
) -> Float[ndarray, "n 3"]:
    """The evidence that a picture is strange, larger for stranger ones.

    Parameters
    ----------
    none : shape (n,)
        Probability of the kind "none of these".
    star : shape (n,)
        Share of the answer "star or artefact".
    nearness : shape (n,)
        Distance in the embedding over the distance that known pictures stay below.
    """
    return np.stack((_log_odds(none), _log_odds(star), np.log(np.maximum(nearness, 1e-3))), axis=1)


def fit_rejection(
    evidence: Float[ndarray, "n 3"], strange: Float[ndarray, " n"], known: Bool[ndarray, " n"]
) -> Rejection | None:
    """Weights by penalised likelihood, with strangers and known pictures counting alike; None where either is missing.

    Parameters
    ----------
    evidence : shape (n, 3)
    strange : shape (n,)
        Weight of each stranger, 0 for other pictures.
    known : shape (n,)
        Which pictures show what the model knows.
    """
    from scipy import optimize

    if not known.any() or strange.sum() <= 0:
        return None
    used = known | (strange > 0)
    x, y = evidence[used], np.where(known[used], 0.0, 1.0)
    weight = np.where(known[used], 1.0 / known.sum(), strange[used] / strange.sum())
    weight *= 0.5 * used.sum()

    def objective(w: ndarray) -> tuple[float, ndarray]:
        z = x @ w[:3] + w[3]
        loss = float((weight * (np.logaddexp(0.0, z) - y * z)).sum())
        off = weight * (_logistic(z) - y)
        slope = np.append(x.T @ off + (w[:3] - _START) / _WIDTH**2, off.sum())
        return loss + 0.5 * float((((w[:3] - _START) / _WIDTH) ** 2).sum()), slope

    bounds = [(0.0, None)] * 3 + [(None, None)]
    best: Any = optimize.minimize(
        objective, np.array([*_START, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds
    )
    weights = tuple(float(w) for w in np.round(best.x[:3], 4))
    fitted = Rejection(weights, round(float(best.x[3]), 4), 1.0)
    threshold = float(np.quantile(fitted.strangeness(evidence[known]), _KNOWN_KEPT))
    return Rejection(weights, fitted.intercept, round(threshold, 6))


def separation(
    strange: Float[ndarray, " n"], known: Float[ndarray, " m"], *, seed: int = 0
) -> Estimate:
    """Area under the ROC curve of strangers against known pictures, with its 95 % bootstrap interval; `n` counts the strangers.

    Raises
    ------
    ValueError
        If either is empty.
    """
    if not len(strange) or not len(known):
        raise ValueError(
            f"there are {len(strange)} strangers and {len(known)} known pictures; both are needed"
        )
    rng = np.random.default_rng(seed)
    values = [
        _area(rng.choice(strange, len(strange)), rng.choice(known, len(known)))
        for _ in range(_RESAMPLES)
    ]
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(_area(strange, known), float(low), float(high), len(strange))


def _area(strange: Float[ndarray, " n"], known: Float[ndarray, " m"]) -> float:
    positive = np.arange(len(strange) + len(known)) < len(strange)
    return area_under_roc(positive, np.concatenate((strange, known)))


def _log_odds(p: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
    with np.errstate(divide="ignore"):
        return np.clip(np.log(p) - np.log1p(-p), -_LARGEST, _LARGEST)


def _logistic(z: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
    return 0.5 * (1.0 + np.tanh(0.5 * z))
