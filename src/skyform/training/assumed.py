"""What may be taken to hold of a teaching example that was chosen for something else, and what a teacher may not gainsay.

Galaxy Zoo's guides show odd objects for being odd, and ordinary ones for their bar, their bulge or their arms, of which nobody wrote
down that they are not odd. Of the labels alone a network learns that nearly every picture of a survey that only the guides show is
odd (learning from positive and unlabelled examples; Elkan and Noto 2008, doi:10.1145/1401890.1401920).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.datasets import Row
from skyform.schema import SKYFORM
from skyform.training.prepared import Taught

__all__ = ["taught_with_assumed", "taught_with_labels", "with_assumed"]

_SOURCE = "examples"


def with_assumed(row: Row, assumed: Mapping[str, float]) -> Row:
    """The row with a rule for each assumed answer whose question its label says nothing of; a row of another source as it is."""
    rules = tuple((((a,),),) for a in assumed if _is_silent(row, a))
    if not rules:
        return row
    shares = [assumed[rule[0][0][0]] for rule in rules]
    own = (*row.labels.rules, *zip(rules, shares, strict=True))
    return replace(row, labels=replace(row.labels, rules=own))


def taught_with_assumed(
    taught: Taught, rows: Sequence[Row], assumed: Mapping[str, float]
) -> Taught:
    """A teacher's answers about the same rows: it may be surer of an assumed answer, but not less sure.

    The other answers of the question share what is left as they did, and so do the questions that they lead to.
    """
    answers = taught.answers.copy()
    for answer, share in assumed.items():
        at = np.array([i for i, row in enumerate(rows) if _is_silent(row, answer)], dtype=int)
        answers[at] = _at_least(answers[at], answer, share)
    return replace(taught, answers=answers)


def taught_with_labels(taught: Taught, rows: Sequence[Row], sources: Collection[str]) -> Taught:
    """A teacher's answers about rows of these sources: it may be surer of what a label says, but not less sure.

    That is for labels that name one answer, with all that asking its question implies; what allows several ways says nothing here.
    """
    told: dict[tuple[str, float], list[int]] = {}
    for i, row in enumerate(rows):
        for rule, share in row.labels.rules if row.source in sources else ():
            if len(rule) == 1 and len(rule[0]) == 1:
                for answer in rule[0][0]:
                    told.setdefault((answer, share), []).append(i)
    answers = taught.answers.copy()
    for (answer, share), at in told.items():
        answers[at] = _at_least(answers[at], answer, share)
    return replace(taught, answers=answers)


def _at_least(
    answers: Float[ndarray, "n answers"], answer: str, share: float
) -> Float[ndarray, "n answers"]:
    part = SKYFORM.slices[_question(answer)]
    asked, given = answers[:, part].sum(axis=1), answers[:, SKYFORM.index[answer]]
    wanted = np.maximum(given, share * asked)
    grown, shrunk = (
        np.divide(new, old, out=np.ones_like(old), where=old > 0)
        for new, old in ((wanted, given), (asked - wanted, asked - given))
    )
    out = answers.copy()
    for column, a in enumerate(SKYFORM.answers):
        # Cumulative fractions: what lies below an answer grows and shrinks with it.
        for above in SKYFORM.implied(a.id):
            if _question(above) == _question(answer):
                out[:, column] *= grown if above == answer else shrunk
    return out


def _is_silent(row: Row, answer: str) -> bool:
    """Whether the row is a teaching example whose label says nothing of the answer's question."""
    said = {
        _question(a)
        for rule, _ in row.labels.rules
        for factor in rule
        for alternative in factor
        for a in alternative
    }
    return row.source == _SOURCE and _question(answer) not in said


def _question(answer: str) -> str:
    return SKYFORM.answers[SKYFORM.index[answer]].question
