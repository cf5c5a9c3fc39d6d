"""What the labels of each catalogue say, in the terms of the tree: votes, rules that hold, possible kinds.

A label is partial: whatever it does not say is unknown, and left out. "Spiral" says that a rule of the tree holds for a majority of
visitors; it says nothing about the bar. `agreement` is the share of visitors for whom a rule is taken to hold: a class that was
assigned because most people voted for it does not mean that all did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.errors import DataError
from skyform.schema import CLEAN5, GALAXY_ZOO_1, KAGGLE, KINDS, SKYFORM, Rule, cumulative

__all__ = [
    "Labels",
    "clean5_rule",
    "edge_on_rule",
    "example_rules",
    "galaxy_zoo_1_rule",
    "gz2_vote_table",
    "gz2_votes",
    "spiral_rule",
    "star_rule",
]

_KIND_IDS = frozenset(k.id for k in KINDS)


@dataclass(frozen=True)
class Labels:
    """Everything that is known about one picture.

    Attributes
    ----------
    votes : array, shape (37,), or None
        Cumulative GZ2 fractions (the share of all visitors that gave each answer).
    debiased : array, shape (37,), or None
        The same corrected for distance, where the catalogue has them.
    rules : tuple of (rule, agreement)
        Rules on the tree's answers that hold for at least this share of visitors.
    kinds : frozenset of kind ids
        The kinds that it may be; empty where nothing is known.
    """

    votes: Float[ndarray, "37"] | None = None
    rules: tuple[tuple[Rule, float], ...] = ()
    kinds: frozenset[str] = field(default_factory=lambda: frozenset[str]())
    debiased: Float[ndarray, "37"] | None = None

    def __post_init__(self) -> None:
        if unknown := self.kinds - _KIND_IDS:
            raise DataError(
                f"kinds holds {sorted(unknown)}; the kinds are {sorted(_KIND_IDS)}.",
            )


def gz2_votes(
    row: Mapping[str, Any], *, kind: str = "weighted_fraction"
) -> Float[ndarray, "37"] | None:
    """Cumulative fractions, by Kaggle's convention, from a row of the GZ2 catalogue (Hart et al. 2016).

    Its columns, `t01_smooth_or_features_a01_smooth_weighted_fraction` and so on, are conditional on the question, in the
    order of the tree. Returns None if the first question has no votes.
    """
    columns = [c for c in row if c.endswith(f"_{kind}")]
    if len(columns) != len(KAGGLE.answers):
        raise DataError(
            f"The row has {len(columns)} columns that end in {kind!r}; the tree has {len(KAGGLE.answers)} answers.",
            remedy="Give the GZ2 catalogue of Hart et al. 2016 (gz2_hart16) with all its columns.",
        )
    given = np.array(
        [float("nan" if row[c] is None else row[c]) for c in sorted(columns, key=_gz2_order)]
    )
    votes = gz2_vote_table(given[None])[0]
    return None if np.isnan(votes[0]) else votes


def gz2_vote_table(fractions: Float[ndarray, "n 37"]) -> Float[ndarray, "n 37"]:
    """Cumulative fractions, by Kaggle's convention, of many rows at once: what `gz2_votes` gives for one.

    `fractions` are the catalogue's, conditional on the question. A row is NaN throughout if its first question has no votes.
    """
    given = np.nan_to_num(fractions)
    out = np.full(given.shape, np.nan)
    for part in KAGGLE.slices.values():
        total = given[:, part].sum(axis=1, keepdims=True)
        np.divide(given[:, part], total, out=out[:, part], where=total > 0)
    votes = np.nan_to_num(cumulative(KAGGLE, out))
    votes[np.isnan(out[:, 0])] = np.nan
    return votes


def _gz2_order(column: str) -> tuple[int, int]:
    question, answer = (
        column.split("_")[0],
        next(p for p in column.split("_") if p[0] == "a" and p[1:].isdigit()),
    )
    # a38, dust lane, is the last answer of question 8.
    return int(question[1:]), int(answer[1:])


def galaxy_zoo_1_rule(label: str) -> Rule:
    """The rule of a Galaxy Zoo 1 class; `combined_spiral` is a spiral whichever way it winds."""
    if label == "combined_spiral":
        return tuple(
            tuple(tuple(a for a in answers if not a.startswith("sense.")) for answers in factor)
            for factor in GALAXY_ZOO_1.by_id["spiral_clockwise"].rule
        )
    return _class_rule(GALAXY_ZOO_1.by_id, label, "Galaxy Zoo 1")


def clean5_rule(label: str) -> Rule:
    """The rule of one of the five clean classes of Zhu et al. 2019."""
    return _class_rule(CLEAN5.by_id, label, "the five clean classes")


def _class_rule(classes: Mapping[str, object], label: str, name: str) -> Rule:
    if label not in classes:
        raise DataError(
            f"The label {label!r} is not a class of {name}.",
            remedy=f"The classes are {', '.join(classes)}.",
        )
    rule: Rule = getattr(classes[label], "rule")  # noqa: B009
    return rule


_SPIRAL = SKYFORM.implied("spiral.yes")


def spiral_rule(spiral: bool) -> Rule:
    """Spiral arms are seen, or anything else is the case."""
    if spiral:
        return ((_SPIRAL,),)
    disc = _SPIRAL[:-1]
    return (
        (
            ("smooth-or-features.smooth",),
            ("smooth-or-features.star",),
            (disc[0], "edge-on.yes"),
            (*disc, "spiral.no"),
        ),
    )


def edge_on_rule() -> Rule:
    """A disc, seen edge-on."""
    return ((SKYFORM.implied("edge-on.yes"),),)


def star_rule() -> Rule:
    """A star or an artefact."""
    return ((("smooth-or-features.star",),),)


# Galaxy Zoo's teaching examples: the end of the question's text would differ between projects, so (words, answer) → answer id.
_EXAMPLES: Sequence[tuple[str, Mapping[str, str]]] = (
    (
        "simply smooth",
        {
            "Smooth": "smooth-or-features.smooth",
            "Features": "smooth-or-features.features",
            "Features or disk": "smooth-or-features.features",
            "Star or artifact": "smooth-or-features.star",
        },
    ),
    ("edge-on", {"Yes": "edge-on.yes", "No": "edge-on.no"}),
    ("bar feature", {"Bar": "bar.yes", "No bar": "bar.no"}),
    ("spiral arm pattern", {"Spiral": "spiral.yes", "No spiral": "spiral.no"}),
    (
        "prominent is the central bulge",
        {
            "No bulge": "bulge.none",
            "Just noticeable": "bulge.just-noticeable",
            "Obvious": "bulge.obvious",
            "Dominant": "bulge.dominant",
        },
    ),
    ("anything odd", {"Yes": "odd.yes", "No": "odd.no"}),
    (
        "How rounded",
        {
            "Completely round": "roundness.round",
            "In between": "roundness.in-between",
            "Cigar shaped": "roundness.cigar",
        },
    ),
    (
        "odd features",
        {
            "Ring": "odd-feature.ring",
            "Lens or arc": "odd-feature.lens",
            "Disturbed": "odd-feature.disturbed",
            "Irregular": "odd-feature.irregular",
            "Other": "odd-feature.other",
            "Merger": "odd-feature.merger",
            "Dust lane": "odd-feature.dust-lane",
        },
    ),
    (
        "bulge at its cent",
        {
            "Rounded": "edge-on-bulge.rounded",
            "Boxy": "edge-on-bulge.boxy",
            "No bulge": "edge-on-bulge.none",
        },
    ),
    (
        "tightly wound",
        {
            "Tight": "arm-winding.tight",
            "Medium": "arm-winding.medium",
            "Loose": "arm-winding.loose",
        },
    ),
    (
        "How many spiral arms",
        {
            "1": "arm-number.1",
            "2": "arm-number.2",
            "3": "arm-number.3",
            "4": "arm-number.4",
            "More than 4": "arm-number.more",
            "Can't tell": "arm-number.cant-tell",
        },
    ),
)


def example_rules(answers: Sequence[Mapping[str, str]]) -> tuple[Rule, ...]:
    """Rules of a teaching example: each answer, with all that asking the question implies.

    Questions that the GZ2 tree does not ask (clumps, tidal debris) say nothing here and are left out. Of several answers to one question the
    first holds: on DECaLS's page of odd features each picture also carries the answer before its own.
    """
    first: dict[str, str] = {}
    for given in answers:
        first.setdefault(given["question"], given["answer"])
    return tuple(
        ((SKYFORM.implied(meaning[answer]),),)
        for question, answer in first.items()
        for words, meaning in _EXAMPLES
        if words in question and answer in meaning
    )
