"""From vote shares to chances: how sure it is that an answer is the one that most people give.

A share of 60 % for "a bar" is no chance of 60 % that "a bar" is right: where the model expects 60 % of the votes for it, most people will
have said so nearly always. And no share makes an answer certain, because labels are wrong now and then. Two numbers for each question
carry the one into the other: chances are the shares to the power 1/temperature, normalised, mixed with a small `noise` shared
by all answers. Neither changes which answer comes first.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.schema import SKYFORM

__all__ = ["fit_chances", "sharpened"]

# Prior of the fit that all questions share, in the logarithm of the temperature and the log-odds of the noise.
_COMMON = (-0.5, -4.0)
_COMMON_WIDTHS = (0.7, 1.0)
# A question with few answers stays near what all have in common.
_OWN_WIDTHS = (0.35, 0.7)
# A question counts for the common fit as at most so many answers, or one question would be all.
_MOST = 100.0
_LEAST_CHANCE = 1e-12


def sharpened(
    shares: Float[ndarray, "n answers"], *, temperature: float, noise: float
) -> Float[ndarray, "n answers"]:
    """Chances from the shares of one question's answers; both sum to 1."""
    logs = np.log(np.maximum(shares, _LEAST_CHANCE)) / temperature
    p = np.exp(logs - logs.max(axis=1, keepdims=True))
    return (1 - noise) * p / p.sum(axis=1, keepdims=True) + noise / shares.shape[1]


def fit_chances(
    fractions: Float[ndarray, "n answers"], settled: Int[ndarray, "n questions"]
) -> dict[str, dict[str, float]]:
    """Temperature and noise of each question of Skyform's tree, by maximum a posteriori likelihood.

    First a fit that all questions share, then one a question with the shared one as its prior. A question without any right answer keeps
    the shared one.

    Parameters
    ----------
    fractions : shape (n, answers)
        Conditional fractions of Skyform's tree.
    settled : shape (n, questions)
        From `settled_answers`; -1 where unknown.
    """
    known = {
        q: (fractions[settled[:, i] >= 0][:, part], settled[settled[:, i] >= 0, i])
        for i, (q, part) in enumerate(SKYFORM.slices.items())
    }
    common = _fitted(known, centre=_COMMON, widths=_COMMON_WIDTHS, most=_MOST)
    return {
        q: _named(_fitted({q: pair}, centre=common, widths=_OWN_WIDTHS))
        for q, pair in known.items()
    }


def _fitted(
    known: Mapping[str, tuple[Float[ndarray, "_ _"], Int[ndarray, " _"]]],
    *,
    centre: tuple[float, float],
    widths: tuple[float, float],
    most: float = np.inf,
) -> tuple[float, float]:
    # Whoever only applies a calibration does without its half second of import.
    from scipy import optimize

    def objective(x: ndarray) -> float:
        given = _named((float(x[0]), float(x[1])))
        total = 0.0
        for shares, truth in known.values():
            if len(truth):
                p = sharpened(shares, **given)[np.arange(len(truth)), truth]
                total -= float(np.log(p).sum()) * min(1.0, most / len(truth))
        return total + 0.5 * float((((x - centre) / widths) ** 2).sum())

    best: Any = optimize.minimize(objective, np.array(centre), method="Nelder-Mead")
    return float(best.x[0]), float(best.x[1])


def _named(x: tuple[float, float]) -> dict[str, float]:
    """The two numbers from the fit's own scales."""
    return {"temperature": float(np.exp(x[0])), "noise": float(1 / (1 + np.exp(-x[1])))}
