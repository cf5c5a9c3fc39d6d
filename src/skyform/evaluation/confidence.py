"""Is the model as sure as it is right? Cross-fitted: every picture is judged with a calibration that was fitted without it.

The expected calibration error of few pictures is never 0: a model that is perfectly honest shows some, because in each bin chance
decides how many are right. That *floor* is simulated and stands beside every error, with the share of honest worlds that would show as
much as was measured.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from skyform.evaluation.calibration import Calibration
from skyform.evaluation.class_scores import confusion
from skyform.evaluation.fitting import Evidence, fit_calibration
from skyform.evaluation.metrics import (
    Estimate,
    ReliabilityBin,
    bootstrap,
    calibration_error,
    reliability,
)
from skyform.evaluation.settled import ASKED
from skyform.schema import KAGGLE, KINDS, SKYFORM, TAXONOMIES, conditional

__all__ = ["Confidence", "Measured", "SetsHeld", "calibration_floor", "measure_confidence"]

_LEAST = 20  # pictures; fewer are not worth a line
_WORLDS = 1000
_BINS = 10
_BETWEEN = (0.2, 0.8)


@dataclass(frozen=True, slots=True)
class SetsHeld:
    """Sets of answers: the coverage that they state, the share that held the right answer, their mean size, and the share of single answers."""

    stated: float
    held: float
    size: float
    single: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """How far one question, taxonomy or the kind can be trusted.

    Attributes
    ----------
    name : str
        A question id, a taxonomy id, or "kind".
    group : str
        "question", "taxonomy" or "kind".
    answers : tuple of str
        Ids, in column order.
    counts : array of int, shape (answers, answers)
        Pictures by their right answer (row) and the most probable one (column), cross-fitted.
    accuracy : Estimate
        Share of pictures whose most probable answer is right.
    before, error : float
        Expected calibration error, ten bins, of what the network gives without any fit, and cross-fitted.
    floor : float
        What a perfectly calibrated model would show on as many pictures.
    as_much : float
        Share of worlds with a perfectly calibrated model that would show at least `error`.
    bins : tuple of ReliabilityBin
    sets : SetsHeld or None
        None where too few pictures gave no set.
    """

    name: str
    group: str
    answers: tuple[str, ...]
    counts: Int[ndarray, "answers answers"]
    accuracy: Estimate
    before: float
    error: float
    floor: float
    as_much: float
    bins: tuple[ReliabilityBin, ...]
    sets: SetsHeld | None

    @property
    def n(self) -> int:
        """Pictures with a right answer."""
        return int(self.counts.sum())

    def to_dict(self) -> dict[str, Any]:
        """Plain values, rounded, for JSON."""
        return {
            "group": self.group,
            "n": self.n,
            "answers": list(self.answers),
            "counts": self.counts.tolist(),
            "accuracy": self.accuracy.to_dict(),
            "ece_before": round(self.before, 4),
            "ece_after": round(self.error, 4),
            "ece_floor": round(self.floor, 4),
            "as_much": round(self.as_much, 3),
            "bins": [[round(b.confidence, 3), round(b.accuracy, 3), b.n] for b in self.bins],
            "sets": None
            if self.sets is None
            else {k: round(float(getattr(self.sets, k)), 4) for k in SetsHeld.__slots__},
        }


@dataclass(frozen=True, slots=True)
class Measured:
    """One record for each question, taxonomy and the kind that has at least twenty pictures with a right answer.

    `intervals` is the share of the observed vote fractions inside their 90 % intervals, where at least ten people were asked, and `between`
    the same of those that the model expects to lie between 0.2 and 0.8; None where nobody voted.
    """

    records: tuple[Confidence, ...]
    intervals: float | None
    between: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "interval_coverage": None if self.intervals is None else round(self.intervals, 4),
            "interval_coverage_between": None if self.between is None else round(self.between, 4),
            **{r.name: r.to_dict() for r in self.records},
        }


def measure_confidence(seen: Evidence, *, folds: int = 5) -> Measured:
    """Judge each fold of the pictures by a calibration that was fitted on the others.

    Raises
    ------
    ValueError
        If there are fewer than two folds.
    """
    if folds < 2:
        raise ValueError(f"folds is {folds}; it must be 2 or more")
    # Pictures come source by source, so that every fold has its share of each.
    fold = np.arange(len(seen.kind)) % folds
    parts: list[dict[str, _Judged]] = []
    inside: list[tuple[ndarray, ndarray]] = []
    for k in range(folds):
        here, fitted = seen.part(fold == k), fit_calibration(seen.part(fold != k))
        parts.append(dict(_judged(here, fitted)))
        inside.append(_inside(here, fitted))
    plain = dict(_judged(seen, Calibration()))
    records = [
        _record(name, judged, [part[name] for part in parts])
        for name, judged in plain.items()
        if len(judged.truth) >= _LEAST
    ]
    held, between = (np.concatenate(parts) for parts in zip(*inside, strict=True))
    return Measured(tuple(records), _share(held), _share(held[between]))


def _share(flags: Bool[ndarray, " m"]) -> float | None:
    return float(flags.mean()) if flags.size else None


def calibration_floor(confidence: Float[ndarray, " n"], *, seed: int = 0) -> Float[ndarray, " m"]:
    """Expected calibration errors of made-up worlds in which each confidence is exactly the chance of being right."""
    rng = np.random.default_rng(seed)
    order = np.argsort(confidence)
    sorted_ = confidence[order]
    at = np.minimum((sorted_ * _BINS).astype(int), _BINS - 1)
    starts = np.flatnonzero(np.diff(at, prepend=-1))
    out = np.empty(_WORLDS)
    for world in range(_WORLDS):
        right = rng.random(len(sorted_)) < sorted_
        # In each bin, how many more were right than should have been.
        out[world] = np.abs(np.add.reduceat(right - sorted_, starts)).sum()
    return out / len(confidence)


def _inside(seen: Evidence, fitted: Calibration) -> tuple[Bool[ndarray, " m"], Bool[ndarray, " m"]]:
    """For each answer of a question that enough people were asked: is the observed fraction inside its interval, and is the expected one
    between 0.2 and 0.8?
    """
    known = ~np.isnan(seen.votes).any(axis=1)
    observed = conditional(KAGGLE, seen.votes[known])
    expected = fitted.fractions(seen.answers[known])
    low, high = fitted.bounds(expected)
    inside, between = [np.zeros(0, bool)], [np.zeros(0, bool)]
    for part in KAGGLE.slices.values():
        enough = seen.votes[known, part].sum(axis=1) * seen.counts[known] >= ASKED
        o, e = observed[enough, part], expected[enough, part]
        inside.append(((o >= low[enough, part]) & (o <= high[enough, part])).ravel())
        between.append(((e >= _BETWEEN[0]) & (e <= _BETWEEN[1])).ravel())
    return np.concatenate(inside), np.concatenate(between)


@dataclass(frozen=True, slots=True)
class _Judged:
    """Probabilities, the right answers, and what each set holds (None without sets), for one question of some pictures."""

    group: str
    answers: tuple[str, ...]
    p: Float[ndarray, "n k"]
    truth: Int[ndarray, " n"]
    sets: Bool[ndarray, "n k"] | None
    stated: float


def _judged(seen: Evidence, fitted: Calibration) -> Iterator[tuple[str, _Judged]]:
    fractions = fitted.fractions(seen.answers)
    chances = fitted.answer_chances(fractions)

    def judge(
        name: str, group: str, ids: Sequence[str], p: ndarray, truth: ndarray
    ) -> tuple[str, _Judged]:
        known = truth >= 0
        sets = fitted.answer_set(name, p[known])
        stated = fitted.sets.get(name, {"coverage": 0.0})["coverage"]
        return name, _Judged(group, tuple(ids), p[known], truth[known], sets, stated)

    for i, question in enumerate(SKYFORM.questions):
        ids = [a.id for a in question.answers]
        part = SKYFORM.slices[question.id]
        yield judge(question.id, "question", ids, chances[:, part], seen.settled[:, i])
    for id, truth in seen.classes.items():
        ids = [c.id for c in TAXONOMIES[id].classes]
        p = fitted.classes(TAXONOMIES[id], fractions)[0]
        yield judge(id, "taxonomy", ids, p, truth)
    kinds = fitted.kinds(seen.kinds, seen.distance)
    yield judge("kind", "kind", [k.id for k in KINDS], kinds, seen.kind)


def _record(name: str, plain: _Judged, parts: Sequence[_Judged]) -> Confidence:
    sure = np.concatenate([part.p.max(axis=1) for part in parts])
    right = np.concatenate([part.p.argmax(axis=1) == part.truth for part in parts])
    error, worlds = calibration_error(sure, right), calibration_floor(sure)
    truth = np.concatenate([part.truth for part in parts])
    said = np.concatenate([part.p.argmax(axis=1) for part in parts])
    return Confidence(
        name=name,
        group=plain.group,
        answers=plain.answers,
        counts=confusion(truth, said, classes=len(plain.answers)),
        accuracy=bootstrap(lambda flags: float(flags.mean()), right),
        before=calibration_error(plain.p.max(axis=1), plain.p.argmax(axis=1) == plain.truth),
        error=error,
        floor=float(worlds.mean()),
        as_much=float((worlds >= error).mean()),
        bins=reliability(sure, right),
        sets=_held(parts),
    )


def _held(parts: Sequence[_Judged]) -> SetsHeld | None:
    held: list[ndarray] = []
    sizes: list[ndarray] = []
    stated: list[float] = []
    for part in parts:
        if part.sets is None:
            return None
        held.append(part.sets[np.arange(len(part.truth)), part.truth])
        sizes.append(part.sets.sum(axis=1))
        stated += [part.stated] * len(part.truth)
    size = np.concatenate(sizes)
    return SetsHeld(
        stated=float(np.mean(stated)),
        held=float(np.concatenate(held).mean()),
        size=float(size.mean()),
        single=float((size == 1).mean()),
    )
