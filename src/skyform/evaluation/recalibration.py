"""A calibration fitted to other pictures, which keeps what those pictures say too little about.

Whoever calibrates a model on pictures of their own has few of them, and seldom all sorts. A fit to nothing is no fit: temperatures go back
to 1, classes to equal favour, intervals disappear, and the strangeness from which a picture is flagged follows whatever pictures there are.
Each part of the model's calibration is therefore replaced only where the evidence suffices, and the parts after it are fitted to what was
kept before them.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from skyform.errors import DataError
from skyform.evaluation.calibration import Calibration
from skyform.evaluation.conformal import COVERAGE, ENOUGH
from skyform.evaluation.fitting import (
    ENOUGH_OBSERVED,
    Evidence,
    fit_answer_chances,
    fit_classes,
    fit_intervals,
    fit_kinds,
    fit_sets,
    fit_strangers,
    fit_temperatures,
    observed_fractions,
    strangers_and_known,
    votes_behind,
)
from skyform.evaluation.wording import counted
from skyform.schema import KAGGLE, SKYFORM, TAXONOMIES

__all__ = ["LEAST_PICTURES", "Recalibrated", "recalibrate"]

# Pictures with any known answer; fewer leave nearly everything as it was, and what they change follows chance.
LEAST_PICTURES = 30
# Right answers to a question. The prior holds its chances, so that ten move them little, and the rarest questions have no more even in the
# data that the bundled models are calibrated on.
_LEAST_ANSWERED = 10
# Pictures' worth of votes, for a temperature, which has a prior too.
_LEAST_VOTED = 5
# Observed fractions of all questions together, for the fit that those with few of their own share.
_LEAST_SHARED = 3 * ENOUGH_OBSERVED
# A taxonomy has up to ten classes, and an offset for each.
_LEAST_CLASSIFIED = 30
_LEAST_KINDS = 30
# The flag is set where 2 % of the known pictures would get it, which of a hundred are two.
_LEAST_STRANGERS = 30
_LEAST_FAMILIAR = 100

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Recalibrated:
    """A calibration, and what it did not take from the new pictures.

    Attributes
    ----------
    calibration : Calibration
    kept : tuple of str
        The parts that are as they were, since too few pictures say something about them: "temperature: bar", "chances: bar",
        "interval: bar", "classes: hubble", "kinds", "strangers" (familiar distance, distrust and rejection), "set: bar".
    left_out : tuple of str
        The sets that the old calibration had and that the new one lacks: the probabilities that they were fitted to have changed, and too
        few pictures are there to fit them anew.
    """

    calibration: Calibration
    kept: tuple[str, ...]
    left_out: tuple[str, ...]


def recalibrate(
    old: Calibration, seen: Evidence, *, own: Bool[ndarray, " n"], coverage: float = COVERAGE
) -> Recalibrated:
    """Fit a calibration to new pictures, and keep the old values of the parts that these say too little about.

    With plenty of evidence for every part it is `fit_calibration`, exactly. A part needs a least number of pictures, with two different
    right answers among them: pictures of one class alone cannot say how sure that class is.

    Parameters
    ----------
    old : Calibration
        The model's calibration so far.
    seen : Evidence
    own : shape (n,)
        Which pictures come from the data. Those that are added to any data are fitted to, and do not count as evidence.
    coverage : float
        Wanted share of the sets that hold the right answer.

    Raises
    ------
    DataError
        If fewer than `LEAST_PICTURES` of the data's pictures have a known answer.
    """
    enough = _enough_for(seen, own)
    fitted = _temperatures(old, fit_temperatures(seen), enough.temperatures)
    fitted = _chances(old, fit_answer_chances(fitted, seen), enough.chances)
    fitted = _intervals(old, fit_intervals(fitted, seen), enough.intervals)
    fitted = _classes(old, fit_classes(fitted, seen), enough.taxonomies)
    fitted = fit_kinds(fitted, seen) if enough.kinds else _kinds(old, fitted)
    fitted = fit_strangers(fitted, seen) if enough.strangers else _strangers(old, fitted)
    fitted = fit_sets(fitted, seen, coverage=coverage)
    kept_sets = old.sets.keys() & _unchanged(old, fitted, seen) - enough.sets
    new_sets = {name: s for name, s in fitted.sets.items() if name in enough.sets}
    kept = (
        *(f"temperature: {q}" for q in SKYFORM.slices if q not in enough.temperatures),
        *(f"chances: {q}" for q in SKYFORM.slices if q not in enough.chances),
        *(f"interval: {q}" for q in KAGGLE.slices if q not in enough.intervals),
        *(f"classes: {id}" for id in seen.classes if id not in enough.taxonomies),
        *(() if enough.kinds else ("kinds",)),
        *(() if enough.strangers else ("strangers",)),
        *(f"set: {name}" for name in old.sets if name in kept_sets),
    )
    sets = {**{name: old.sets[name] for name in old.sets if name in kept_sets}, **new_sets}
    left_out = tuple(f"set: {name}" for name in old.sets if name not in sets)
    return Recalibrated(replace(fitted, sets=sets), kept, left_out)


@dataclass(frozen=True)
class _Enough:
    """The parts that there is enough evidence for."""

    temperatures: Set[str]
    chances: Set[str]
    intervals: Set[str]
    taxonomies: Set[str]
    kinds: bool
    strangers: bool
    sets: Set[str]


def _enough_for(seen: Evidence, own: Bool[ndarray, " n"]) -> _Enough:
    mine = seen.part(own)
    _check_pictures(mine)
    answers = {q: mine.settled[:, i] for i, q in enumerate(SKYFORM.slices)}
    kinds = bool(_sufficient({"kind": mine.kind}, _LEAST_KINDS))
    chances = _sufficient(answers, _LEAST_ANSWERED)
    sets = _sufficient({**answers, **mine.classes}, ENOUGH)
    strange, familiar = strangers_and_known(mine)
    strangers, known = int((strange > 0).sum()), int(familiar.sum())
    return _Enough(
        # Chances belong to the temperature that they were fitted at, so a new temperature needs new chances.
        temperatures={q for q in chances if votes_behind(mine, q) >= _LEAST_VOTED},
        chances=chances,
        intervals=_with_interval(mine, chances),
        taxonomies=_sufficient(mine.classes, _LEAST_CLASSIFIED),
        kinds=kinds,
        strangers=strangers >= _LEAST_STRANGERS and known >= _LEAST_FAMILIAR,
        # The pictures that are added to any data have a kind, and a set of kinds would be theirs before it was the data's.
        sets=sets | {"kind"} if kinds else sets,
    )


def _check_pictures(mine: Evidence) -> None:
    known = (mine.settled >= 0).any(axis=1) | (mine.kind >= 0)
    known |= ~np.isnan(mine.votes).any(axis=1)
    for columns in mine.classes.values():
        known |= columns >= 0
    count = int(known.sum())
    if count < LEAST_PICTURES:
        raise DataError(
            f"{counted(count, 'picture')} of the validation split {'has' if count == 1 else 'have'} a known answer; "
            f"a calibration needs at least {LEAST_PICTURES}.",
            remedy="Add labelled pictures to the Parquet files, with `split` set to validation, or use the model as it is: "
            "it comes calibrated.",
        )


def _sufficient(right: Mapping[str, Int[ndarray, " _"]], least: int) -> Set[str]:
    """The names of which so many pictures have a right answer (-1 where unknown), and not all the same."""
    known = {name: answers[answers >= 0] for name, answers in right.items()}
    return {name for name, a in known.items() if a.size >= least and np.unique(a).size > 1}


def _with_interval(mine: Evidence, answered: Set[str]) -> Set[str]:
    """The questions with enough observed fractions, or with enough right answers and a fit to share."""
    observed = {q: observed_fractions(mine, q) for q in KAGGLE.slices}
    own = {q for q, count in observed.items() if count >= ENOUGH_OBSERVED}
    shared = sum(observed.values()) >= _LEAST_SHARED
    return own | {q for q in observed if shared and observed[q] and q in answered}


def _temperatures(old: Calibration, new: Calibration, taken: Set[str]) -> Calibration:
    return replace(new, temperatures=_mixed(old.temperatures, new.temperatures, taken))


def _chances(old: Calibration, new: Calibration, taken: Set[str]) -> Calibration:
    return replace(new, chances=_mixed(old.chances, new.chances, taken))


def _intervals(old: Calibration, new: Calibration, taken: Set[str]) -> Calibration:
    return replace(
        new,
        concentrations=_mixed(old.concentrations, new.concentrations, taken),
        intervals=_mixed(old.intervals, new.intervals, taken),
    )


def _classes(old: Calibration, new: Calibration, taken: Set[str]) -> Calibration:
    """With the rule of a taxonomy comes what it was fitted on."""
    return replace(
        new,
        class_temperatures=_mixed(old.class_temperatures, new.class_temperatures, taken),
        class_offsets=_mixed(old.class_offsets, new.class_offsets, taken),
        by_majority=_mixed(old.by_majority, new.by_majority, taken),
        debiasing=_mixed(old.debiasing, new.debiasing, taken),
    )


def _kinds(old: Calibration, new: Calibration) -> Calibration:
    return replace(new, kind_temperature=old.kind_temperature)


def _strangers(old: Calibration, new: Calibration) -> Calibration:
    return replace(new, familiar=old.familiar, distrust=old.distrust, rejection=old.rejection)


def _mixed(
    old: Mapping[str, _Value], new: Mapping[str, _Value], taken: Set[str]
) -> dict[str, _Value]:
    """The new values of the names that are taken, and the old values of all others."""
    kept = {name: value for name, value in old.items() if name not in taken}
    return kept | {name: value for name, value in new.items() if name in taken}


def _unchanged(old: Calibration, new: Calibration, seen: Evidence) -> Set[str]:
    """The names of the sets whose probabilities are the same, for every picture."""
    before, after = _probabilities(old, seen), _probabilities(new, seen)
    return {name for name, p in before.items() if np.array_equal(p, after[name])}


def _probabilities(fitted: Calibration, seen: Evidence) -> dict[str, Float[ndarray, "_ _"]]:
    """What each set is taken of: chances of a question's answers, of a taxonomy's classes, and of the kinds."""
    fractions = fitted.fractions(seen.answers)
    chances = fitted.answer_chances(fractions)
    found = {q: chances[:, part] for q, part in SKYFORM.slices.items()}
    found |= {id: fitted.classes(t, fractions)[0] for id, t in TAXONOMIES.items()}
    return {**found, "kind": fitted.kinds(seen.kinds, seen.distance)}
