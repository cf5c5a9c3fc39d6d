"""Which answer counts as right: the one that most of those asked gave, or the one that a catalogue's label says."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from skyform.schema import GALAXY_ZOO_1, KAGGLE, SKYFORM, Rule

__all__ = ["ASKED", "SETTLES", "settled_answers"]

# People; fewer make no majority, and no fraction either.
ASKED = 10
# Least agreement of a label that settles an answer; below it the label is a hint.
SETTLES = 0.75
# Galaxy Zoo 1 had one button for what is smooth, and a disc without any feature was called elliptical too. It says "smooth" more
# surely than most labels say anything; without it the first question would be judged on discs alone.
_SMOOTH = "smooth-or-features.smooth"
_ELLIPTICAL = GALAXY_ZOO_1.by_id["elliptical"].rule


def settled_answers(
    votes: Float[ndarray, "n 37"],
    counts: Float[ndarray, " n"],
    rules: Sequence[Sequence[Rule]],
    *,
    reached: Bool[ndarray, "n questions"],
) -> Int[ndarray, "n questions"]:
    """The right answer to each question of Skyform's tree, as its position in the question; -1 where nobody can say.

    A rule settles a question where every way to satisfy it gives the same answer. Where only some of the ways come to the question at all,
    and those agree ("elliptical" may be a disc, but then one without arms), the answer is settled for the pictures of which the model
    itself asks that question.

    Parameters
    ----------
    votes : shape (n, 37)
        Cumulative fractions, NaN where unknown.
    counts : shape (n,)
        Number of people behind the votes.
    rules : for each picture, the rules that hold for at least `SETTLES` of the people
    reached : shape (n, questions)
        The questions that the model asks of each picture.
    """
    out = np.full((len(votes), len(SKYFORM.questions)), -1)
    for row, given in enumerate(rules):
        for rule in given:
            for question, (position, always) in _given_by(rule).items():
                if always or reached[row, question]:
                    out[row, question] = position
    for q, part in KAGGLE.slices.items():
        asked = np.nan_to_num(votes[:, part]).sum(axis=1) * counts >= ASKED
        out[asked, _NUMBER[q]] = votes[asked, part].argmax(axis=1)
    return out


_NUMBER = {q.id: i for i, q in enumerate(SKYFORM.questions)}


def _given_by(rule: Rule) -> dict[int, tuple[int, bool]]:
    """For each question that a rule settles: the answer's position, and whether every way to satisfy the rule gives it."""
    out: dict[int, tuple[int, bool]] = {}
    for factor in rule:
        questions = {_place(a)[0] for ways in factor for a in ways}
        for question in questions:
            said = [[a for a in ways if _place(a)[0] == question] for ways in factor]
            answers = {a for found in said for a in found}
            if len(answers) == 1:
                out[question] = (_place(answers.pop())[1], all(said))
    if rule == _ELLIPTICAL:
        question, position = _place(_SMOOTH)
        out[question] = (position, True)
    return out


def _place(answer: str) -> tuple[int, int]:
    question = answer.partition(".")[0]
    return _NUMBER[question], SKYFORM.index[answer] - SKYFORM.slices[question].start
