"""What each validation picture contributes to the figures of the model card, so that two models are compared picture by picture."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.evaluation.validation import (
    Answered,
    Truth,
    objects,
    odd_or_not,
    part_of,
    questions_right,
    three_shapes,
)
from skyform.schema import KAGGLE

__all__ = ["SQUARED", "drawn_together", "picture_scores"]

# Figures whose pictures hold squared errors: the figure is the root of their mean, and less is better.
SQUARED = frozenset({"gz2_rmse"})


def picture_scores(
    truths: Sequence[Truth], said: Answered
) -> dict[str, Float[ndarray, " pictures"]]:
    """For each figure, one number a picture whose mean is the figure (see `SQUARED`), in the order of the truths.

    Accuracies hold 1 where the model is right; balanced accuracy weighs each picture by the rarity of its class.
    """
    out: dict[str, Float[ndarray, " pictures"]] = {}
    for source, measure in _MEASURES.items():
        at = np.array([i for i, t in enumerate(truths) if t.source == source], dtype=int)
        if at.size:
            out |= measure(source, [truths[i] for i in at], part_of(said, at))
    return out


def drawn_together(truths: Sequence[Truth], said: Answered) -> dict[str, Int[ndarray, " pictures"]]:
    """For the figures of `picture_scores` in which several numbers are of one object: the number of the object of each."""
    out: dict[str, Int[ndarray, " pictures"]] = {}
    for source, figure in (("examples", "examples_answer"), ("deepsky", "deepsky_kind")):
        some = [i for i, t in enumerate(truths) if t.source == source]
        if not some:
            continue
        theirs = [truths[i] for i in some]
        numbers = objects(theirs)
        if source == "examples":
            numbers = numbers[questions_right(theirs, part_of(said, np.array(some)))[1]]
        else:
            numbers = numbers[[t.label != _WEAK for t in theirs]]
        out[figure] = numbers
    return out


_WEAK = "lens_candidate_low"
_Scores = dict[str, Float[ndarray, " pictures"]]


def _votes(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    votes = np.array([t.votes for t in truths])
    first = KAGGLE.slices[KAGGLE.root]
    right = votes[:, first].argmax(axis=1) == said.cumulative[:, first].argmax(axis=1)
    return {
        f"{source}_rmse": ((said.cumulative - votes) ** 2).mean(axis=1),
        f"{source}_first_question": right.astype(float),
    }


def _three(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    truth, guess = three_shapes(truths, said)
    known = truth >= 0
    return {f"{source}_balanced": _balanced(truth[known], guess[known])}


def _balanced(
    truth: Int[ndarray, " pictures"], guess: Int[ndarray, " pictures"]
) -> Float[ndarray, " pictures"]:
    """Rights, each weighted by the rarity of its class."""
    found, place, counts = np.unique(truth, return_inverse=True, return_counts=True)
    return (truth == guess) * (len(truth) / (len(found) * counts))[place]


def _single(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    return {f"{source}_answer": questions_right(truths, said)[0].astype(float)}


def _official(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    truth = np.array([t.label for t in truths], dtype=int)
    return {f"{source}_class": (truth == said.classes[source]).astype(float)}


def _decals(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    scores = _official(source, truths, said)
    odd, called = odd_or_not(truths, said)
    if 0 < odd.sum() < len(odd):
        scores[f"{source}_odd_balanced"] = _balanced(odd, called)
    return scores


def _kinds(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    pairs = [(str(t.label), k) for t, k in zip(truths, said.kinds, strict=True)]
    right = [float(a == b) for a, b in pairs if a != _WEAK]
    return {f"{source}_kind": np.array(right)}


_MEASURES: dict[str, Callable[[str, Sequence[Truth], Answered], _Scores]] = {
    "gz2": _votes,
    "gz1": _three,
    "gz1_wide": _three,
    "examples": _single,
    "galaxy10_decals": _decals,
    "galaxy10_sdss": _official,
    "deepsky": _kinds,
}
