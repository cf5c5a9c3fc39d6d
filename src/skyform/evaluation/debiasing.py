"""From fractions as people voted to fractions corrected for distance, as far as the votes alone tell.

A distant galaxy is small and dim, and its arms do not show: fewer people see features than would if it were near. Galaxy Zoo 2's *debiased*
fractions are corrected for that (Willett et al. 2013, doi:10.1093/mnras/stt1458; Hart et al. 2016, doi:10.1093/mnras/stw1588), and Galaxy10
SDSS took its classes from them. It has five times as many edge-on discs as smooth cigars; among our galaxies of Galaxy Zoo 2 there are three
times as many by debiased votes, and a third as many by the votes that were given (`benchmarks/debiasing.py`). The correction needs a
distance, which a picture does not tell; what is written here is its mean.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.schema import SKYFORM

__all__ = ["GALAXY_ZOO_2", "Debiasing", "debiased", "fit_debiasing"]

# For each question a slope, and after it an offset for each of the question's answers.
Debiasing = Mapping[str, Sequence[float]]

# From 697 galaxies of Galaxy Zoo 2, weighted to the published share of smooth ones: `python benchmarks/debiasing.py DATA`. Correcting other
# questions too found no more of the held-out classes, and their mean corrections misled: what is asked of few galaxies is moved by which
# few they are.
GALAXY_ZOO_2: Debiasing = MappingProxyType({"smooth-or-features": (1.02, -1.32, 0.0, -1.24)})

# No fraction is taken to be less: of forty people, one is 0.025.
_LEAST = 0.02
_WIDTH = 1.0  # of the prior


def debiased(
    fractions: Float[ndarray, "n answers"], fitted: Debiasing
) -> Float[ndarray, "n answers"]:
    """Conditional fractions with those of the fitted questions corrected.

    Parameters
    ----------
    fractions : shape (n, answers)
        Conditional fractions of Skyform's tree.
    fitted : Debiasing
        The corrected fractions are softmax(slope log f + offset).
    """
    out = fractions.copy()
    for question, (slope, *offsets) in fitted.items():
        part = SKYFORM.slices[question]
        z = slope * np.log(np.maximum(fractions[:, part], _LEAST)) + np.array(offsets)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        out[:, part] = p / p.sum(axis=1, keepdims=True)
    return out


def fit_debiasing(
    votes: Float[ndarray, "n answers"],
    corrected: Float[ndarray, "n answers"],
    *questions: str,
    weights: Float[ndarray, " n"] | None = None,
) -> dict[str, list[float]]:
    """The slope and offsets of each question that explain corrected fractions best, by cross-entropy with a Gaussian prior at no change.

    Parameters
    ----------
    votes, corrected : shape (n, answers)
        Conditional fractions of the same galaxies; a galaxy whose fractions of a question are NaN in either is left out of that question.
    questions : str
        The questions to fit.
    weights : shape (n,), optional
        How much each galaxy counts, for galaxies that were chosen by what they look like near by.
    """
    from scipy import optimize

    counts = np.ones(len(votes)) if weights is None else weights

    fitted: dict[str, list[float]] = {}
    for question in questions:
        part = SKYFORM.slices[question]
        known = ~np.isnan(votes[:, part] + corrected[:, part]).any(axis=1)
        logs = np.log(np.maximum(votes[known, part], _LEAST))
        wanted = corrected[known, part] * counts[known, None]

        def loss(x: ndarray, logs: ndarray = logs, wanted: ndarray = wanted) -> float:
            z = np.exp(x[0]) * logs + x[1:]
            z = z - z.max(axis=1, keepdims=True)
            log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
            return float(0.5 * ((x / _WIDTH) ** 2).sum() - (wanted * log_p).sum())

        best: Any = optimize.minimize(loss, np.zeros(1 + logs.shape[1]))
        offsets = best.x[1:] - best.x[1:].max()
        fitted[question] = np.round([np.exp(best.x[0]), *offsets], 2).tolist()
    return fitted
