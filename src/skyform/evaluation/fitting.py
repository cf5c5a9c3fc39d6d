"""Fits a `Calibration` on the validation split."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray
from scipy import optimize, special

from skyform.evaluation.calibration import Calibration, softmax
from skyform.evaluation.chances import fit_chances
from skyform.evaluation.class_rules import fit_class_rule
from skyform.evaluation.conformal import COVERAGE, ENOUGH, fit_set, pooled_set
from skyform.evaluation.debiasing import GALAXY_ZOO_2
from skyform.evaluation.rejection import fit_rejection
from skyform.evaluation.settled import ASKED, settled_answers
from skyform.schema import KAGGLE, KINDS, SKYFORM, TAXONOMIES, Rule, probability_asked

__all__ = [
    "ENOUGH_OBSERVED",
    "Evidence",
    "fit_answer_chances",
    "fit_calibration",
    "fit_classes",
    "fit_intervals",
    "fit_kinds",
    "fit_sets",
    "fit_strangers",
    "fit_temperatures",
    "observed_fractions",
    "strangers_and_known",
    "votes_behind",
]

_GRID = 41
# Few validation pictures are asked the deep questions: without a prior their temperatures would follow noise.
_PRIOR_WIDTH = 0.25
_DISTRUST = 4.0
_NONE = [k.id for k in KINDS].index("none")
_REACHED = 0.5  # of the people, by the model's own answers
# Observed fractions; fewer make no interval of their own.
ENOUGH_OBSERVED = 100
# Shares that nearly nobody or nearly everybody gives lie inside any interval: they would hide that those between are too narrow.
_BETWEEN = (0.2, 0.8)


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
    rules : for each picture, the rules that hold for at least `evaluation.settled.SETTLES` of the people
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

    @cached_property
    def settled(self) -> Int[ndarray, "n questions"]:
        """The right answer to each question of the tree, as its position in the question; -1 where unknown.

        Nothing is asked of a picture that shows no celestial object: it would make "star or artefact" look easy.
        """
        asked = probability_asked(SKYFORM, Calibration().fractions(self.answers))
        reached = np.stack([asked[q.id] >= _REACHED for q in SKYFORM.questions], axis=1)
        found = settled_answers(self.votes, self.counts, self.rules, reached=reached)
        found[self.kind == _NONE] = -1
        return found

    def part(self, keep: Bool[ndarray, " n"]) -> "Evidence":
        """The evidence of the pictures to keep."""
        return Evidence(
            self.answers[keep],
            self.kinds[keep],
            self.distance[keep],
            self.votes[keep],
            self.counts[keep],
            [r for r, k in zip(self.rules, keep, strict=True) if k],
            self.kind[keep],
            {id: columns[keep] for id, columns in self.classes.items()},
        )


def fit_calibration(seen: Evidence, *, coverage: float = COVERAGE) -> Calibration:
    """Everything that a calibration holds, from the evidence of the validation split.

    Temperatures, chances and class rules by maximum a posteriori likelihood, intervals by their coverage of the observed fractions, sets
    by split conformal prediction. Each part is fitted on what the parts before it make of the model's answers.

    Parameters
    ----------
    seen : Evidence
    coverage : float
        Wanted share of the sets that hold the right answer.
    """
    fitted = fit_temperatures(seen)
    for fit in (fit_answer_chances, fit_intervals, fit_classes, fit_kinds, fit_strangers):
        fitted = fit(fitted, seen)
    return fit_sets(fitted, seen, coverage=coverage)


def fit_temperatures(seen: Evidence) -> Calibration:
    """A calibration of the tree's questions alone, with what class rules are to be fitted on."""
    return Calibration(
        temperatures={q: _question_temperature(seen, q) for q in SKYFORM.slices},
        by_majority={id: t.by_majority for id, t in TAXONOMIES.items() if t.by_majority},
        debiasing={id: dict(GALAXY_ZOO_2) for id, t in TAXONOMIES.items() if t.debiased},
    )


def fit_answer_chances(before: Calibration, seen: Evidence) -> Calibration:
    """The calibration with new chances of each question's answers."""
    return replace(before, chances=fit_chances(before.fractions(seen.answers), seen.settled))


def fit_intervals(before: Calibration, seen: Evidence) -> Calibration:
    """The calibration with new intervals of the vote fractions."""
    concentrations = _concentrations(seen, before.fractions(seen.answers))
    intervals = {q: _interval_table(s) for q, s in concentrations.items()}
    return replace(before, concentrations=concentrations, intervals=intervals)


def fit_classes(before: Calibration, seen: Evidence) -> Calibration:
    """The calibration with new temperatures and offsets of the taxonomies' classes."""
    fractions = before.fractions(seen.answers)
    rules = {
        id: fit_class_rule(
            TAXONOMIES[id],
            before.class_shares(TAXONOMIES[id], fractions[columns >= 0]),
            columns[columns >= 0],
        )
        for id, columns in seen.classes.items()
    }
    return replace(
        before,
        class_temperatures={id: t for id, (t, _) in rules.items()},
        class_offsets={id: offsets for id, (_, offsets) in rules.items()},
    )


def fit_kinds(before: Calibration, seen: Evidence) -> Calibration:
    """The calibration with a new temperature of the kinds."""
    known = seen.kind >= 0
    temperature = _fit_temperature(
        lambda t: _log_loss(softmax(seen.kinds[known], temperature=t), seen.kind[known])
    )
    return replace(before, kind_temperature=temperature)


def fit_strangers(before: Calibration, seen: Evidence) -> Calibration:
    """The calibration with a new familiar distance, distrust beyond it, and rejection of strangers."""
    fitted = replace(before, familiar=_familiar(seen), distrust=_DISTRUST)
    strange, familiar = strangers_and_known(seen)
    fractions = fitted.fractions(seen.answers)
    evidence = fitted.evidence_of_strangers(seen.kinds, seen.distance, fractions)
    return replace(fitted, rejection=fit_rejection(evidence, strange, familiar))


def fit_sets(before: Calibration, seen: Evidence, *, coverage: float = COVERAGE) -> Calibration:
    """The calibration with new sets of answers, classes and kinds."""
    return replace(before, sets=_sets(seen, before, coverage=coverage))


def observed_fractions(seen: Evidence, question: str) -> int:
    """How many vote fractions of a question an interval can be fitted to, see `_observed`."""
    if question not in KAGGLE.slices:
        return 0
    return _observed(seen, question, Calibration().fractions(seen.answers))[0].size


def votes_behind(seen: Evidence, question: str) -> float:
    """How many pictures' worth of answers a question's temperature is fitted to.

    A picture of which half of the people were asked the question counts half.
    """
    voted = np.nan_to_num(seen.votes)[:, SKYFORM.slices[question]]
    return float(voted.sum()) + len(_single_answers(seen, question))


def strangers_and_known(seen: Evidence) -> tuple[Float[ndarray, " n"], Bool[ndarray, " n"]]:
    """The weight of each picture that shows nothing the model knows, and which show something it does.

    Pictures of the kind "none of these" count together as much as all that people called a star or an artefact.
    """
    none = seen.kind == _NONE
    answers = [a.id for a in SKYFORM.questions[0].answers]
    first = seen.settled[:, 0]
    star = (first == answers.index("smooth-or-features.star")) & ~none
    strange = none / max(none.sum(), 1) + star / max(star.sum(), 1)
    return strange, ~none & ~star & ((first >= 0) | (seen.kind >= 0))


def _sets(seen: Evidence, fitted: Calibration, *, coverage: float) -> dict[str, dict[str, float]]:
    fractions = fitted.fractions(seen.answers)
    chances = fitted.answer_chances(fractions)
    pairs = {
        q: (chances[known][:, part], seen.settled[known, i])
        for i, (q, part) in enumerate(SKYFORM.slices.items())
        for known in [seen.settled[:, i] >= 0]
    }
    for id, columns in seen.classes.items():
        known = columns >= 0
        pairs[id] = fitted.classes(TAXONOMIES[id], fractions[known])[0], columns[known]
    known = seen.kind >= 0
    pairs["kind"] = fitted.kinds(seen.kinds[known], seen.distance[known]), seen.kind[known]
    few = [pair for pair in pairs.values() if len(pair[1]) < 2 * ENOUGH]
    shared = pooled_set(few, coverage=coverage)
    return {
        name: fit_set(*pair, coverage=coverage) if len(pair[1]) >= ENOUGH else shared
        for name, pair in pairs.items()
    }


def _familiar(seen: Evidence) -> float:
    """The distance that 99 % of every kind stay below: rare kinds lie farther out than the thousands of galaxies.

    "None" counts too, since everyday pictures were learnt from: far is what is unlike everything that training saw.
    """
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
    """S of Beta(S p, S (1 - p)) for each question: the narrowest intervals that hold 90 % of the observed fractions that are not nearly 0 or 1.

    An observed fraction comes from some forty people, and its scatter from their small number is part of what the interval must hold; a
    Dirichlet-multinomial likelihood would explain that part away. A question with too few observations shares the fit of all.
    """
    pairs = {q: _observed(seen, q, fractions) for q in KAGGLE.slices}
    everything = tuple(np.concatenate(p) for p in zip(*pairs.values(), strict=True))
    if not everything[0].size:
        return {}
    shared = _narrowest(*everything)
    return {
        q: _narrowest(p, o) if p.size >= ENOUGH_OBSERVED else shared for q, (p, o) in pairs.items()
    }


def _observed(
    seen: Evidence, question: str, fractions: Float[ndarray, "n answers"]
) -> tuple[Float[ndarray, " m"], Float[ndarray, " m"]]:
    """Predicted and observed conditional fractions, where at least ten people were asked and neither all nor none are expected to say so."""
    part = KAGGLE.slices[question]
    asked = np.nan_to_num(seen.votes[:, part]).sum(axis=1)
    enough = asked * seen.counts >= ASKED
    observed = (seen.votes[enough, part] / asked[enough, None]).ravel()
    expected = fractions[enough, part].ravel()
    between = (expected >= _BETWEEN[0]) & (expected <= _BETWEEN[1])
    return expected[between], observed[between]


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
