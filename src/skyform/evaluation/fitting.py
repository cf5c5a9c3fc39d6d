"""Fits a `Calibration` on the validation split."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from scipy import optimize, special

from skyform.evaluation.calibration import Calibration, softmax
from skyform.schema import KAGGLE, SKYFORM, TAXONOMIES, Rule

__all__ = ["Evidence", "fit_calibration"]

_GRID = 41
# Few validation pictures are asked the deep questions: without a prior their temperatures would follow noise.
_PRIOR_WIDTH = 0.25
_DISTRUST = 4.0
_ASKED = 10  # people; fewer make no fraction
_ENOUGH = 100  # observed fractions; fewer make no interval


@dataclass(frozen=True)
class Evidence:
    """Raw outputs on the validation split, and what is known there.

    Attributes
    ----------
    answers, kinds : logits, shapes (n, 39) and (n, kinds)
    distance : shape (n,)
        Distance in the embedding.
    votes : shape (n, 37)
        Cumulative fractions, NaN where unknown.
    counts : shape (n,)
        Number of classifications behind the votes; 0 where unknown.
    rules : for each picture, the rules that hold for most people
    kind : shape (n,)
        Column of the true kind; -1 where unknown.
    classes : taxonomy id to class column, shape (n,); -1 where unknown
    """

    answers: Float[ndarray, "n answers"]
    kinds: Float[ndarray, "n kinds"]
    distance: Float[ndarray, " n"]
    votes: Float[ndarray, "n 37"]
    counts: Float[ndarray, " n"]
    rules: Sequence[Sequence[Rule]]
    kind: Int[ndarray, " n"]
    classes: Mapping[str, Int[ndarray, " n"]]


def fit_calibration(seen: Evidence) -> Calibration:
    """Temperatures by maximum a posteriori likelihood, intervals by their coverage of the observed fractions."""
    temperatures = {q: _question_temperature(seen, q) for q in SKYFORM.slices}
    plain = Calibration(temperatures=temperatures)
    fractions = plain.fractions(seen.answers)
    concentrations = _concentrations(seen, fractions)
    known = seen.kind >= 0
    return Calibration(
        temperatures=temperatures,
        concentrations=concentrations,
        intervals={q: _interval_table(s) for q, s in concentrations.items()},
        kind_temperature=_fit_temperature(
            lambda t: _log_loss(softmax(seen.kinds[known], temperature=t), seen.kind[known])
        ),
        class_temperatures={
            id: _class_temperature(id, columns, fractions) for id, columns in seen.classes.items()
        },
        familiar=_familiar(seen),
        distrust=_DISTRUST,
    )


def _familiar(seen: Evidence) -> float:
    """The distance that 99 % of every kind stay below: rare kinds lie farther out than the thousands of galaxies."""
    groups = [seen.distance, *(seen.distance[seen.kind == k] for k in np.unique(seen.kind))]
    return max(float(np.quantile(g, 0.99)) for g in groups)


def _fit_temperature(loss: Callable[[float], float]) -> float:
    """The temperature that minimises a summed negative log-likelihood, with a log-normal prior around 1."""

    def objective(log_t: float) -> float:
        return loss(float(np.exp(log_t))) + 0.5 * (log_t / _PRIOR_WIDTH) ** 2

    best: Any = optimize.minimize_scalar(objective, bounds=(-2.0, 2.0), method="bounded")
    return float(np.exp(best.x))


def _log_loss(p: Float[ndarray, "n k"], truth: Int[ndarray, " n"]) -> float:
    return float(-np.log(np.maximum(p[np.arange(len(truth)), truth], 1e-9)).sum())


def _question_temperature(seen: Evidence, question: str) -> float:
    part = SKYFORM.slices[question]
    known = ~np.isnan(seen.votes).any(axis=1)
    votes = seen.votes[known, part] if part.stop <= seen.votes.shape[1] else None
    single = _single_answers(seen, question)

    def loss(t: float) -> float:
        total = 0.0
        if votes is not None:
            p = softmax(seen.answers[known, part], temperature=t)
            total -= float((votes * np.log(np.maximum(p, 1e-9))).sum())
        if len(single):
            p = softmax(seen.answers[single[:, 0], part], temperature=t)
            total += _log_loss(p, single[:, 1])
        return total

    return _fit_temperature(loss)


def _single_answers(seen: Evidence, question: str) -> Int[ndarray, "n 2"]:
    """(picture, answer column) of the sense of rotation: the one question without vote fractions."""
    rows: list[tuple[int, int]] = []
    if question == "sense":
        first = SKYFORM.slices[question].start
        for i, rules in enumerate(seen.rules):
            for rule in rules:
                for answers in (a for factor in rule for a in factor):
                    rows += [
                        (i, SKYFORM.index[a] - first) for a in answers if a.startswith("sense.")
                    ]
    return np.array(rows, dtype=int).reshape(-1, 2)


def _concentrations(seen: Evidence, fractions: Float[ndarray, "n answers"]) -> dict[str, float]:
    """S of Beta(S p, S (1 - p)) for each question: the narrowest intervals that hold 90 % of the observed fractions.

    An observed fraction comes from some forty people, and its scatter from their small number is part of what the interval must hold; a
    Dirichlet-multinomial likelihood would explain that part away. A question with too few observations shares the fit of all.
    """
    pairs = {q: _observed(seen, q, fractions) for q in KAGGLE.slices}
    everything = tuple(np.concatenate(p) for p in zip(*pairs.values(), strict=True))
    if not everything[0].size:
        return {}
    shared = _narrowest(*everything)
    return {q: _narrowest(p, o) if p.size >= _ENOUGH else shared for q, (p, o) in pairs.items()}


def _observed(
    seen: Evidence, question: str, fractions: Float[ndarray, "n answers"]
) -> tuple[Float[ndarray, " m"], Float[ndarray, " m"]]:
    """Predicted and observed conditional fractions, where at least ten people were asked."""
    part = KAGGLE.slices[question]
    asked = np.nan_to_num(seen.votes[:, part]).sum(axis=1)
    enough = asked * seen.counts >= _ASKED
    observed = seen.votes[enough, part] / asked[enough, None]
    return fractions[enough, part].ravel(), observed.ravel()


def _narrowest(p: Float[ndarray, " m"], observed: Float[ndarray, " m"]) -> float:
    for s in np.geomspace(200.0, 1.0, 54):
        low, high = _beta_bounds(p, float(s))
        inside = (observed >= np.minimum(low, p)) & (observed <= np.maximum(high, p))
        if inside.mean() >= 0.9:
            return float(s)
    return 1.0


def _beta_bounds(
    p: Float[ndarray, " m"], concentration: float
) -> tuple[Float[ndarray, " m"], Float[ndarray, " m"]]:
    inner = np.clip(p, 1e-4, 1 - 1e-4)
    a, b = concentration * inner, concentration * (1 - inner)
    low, high = special.betaincinv(a, b, 0.05), special.betaincinv(a, b, 0.95)
    # Fractions of exactly 0 and 1 are common among forty people, and no quantile of a Beta reaches them.
    return np.where(low < 0.005, 0.0, low), np.where(high > 0.995, 1.0, high)


def _interval_table(concentration: float) -> dict[str, list[float]]:
    p = np.linspace(0.0, 1.0, _GRID)
    low, high = _beta_bounds(p, concentration)
    return {
        "fraction": np.round(p, 6).tolist(),
        "low": np.round(low, 5).tolist(),
        "high": np.round(high, 5).tolist(),
    }


def _class_temperature(
    taxonomy: str, columns: Int[ndarray, " n"], fractions: Float[ndarray, "n answers"]
) -> float:
    known = columns >= 0
    shares = TAXONOMIES[taxonomy].shares(fractions[known])
    logs = np.log(np.maximum(shares, 1e-12))
    return _fit_temperature(lambda t: _log_loss(softmax(logs, temperature=t), columns[known]))
