"""What each validation picture contributes to the figures of the model card, so that two models are compared picture by picture."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.evaluation.validation import Answered, Truth, part_of, three_shapes
from skyform.schema import KAGGLE

__all__ = ["SQUARED", "picture_scores"]

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
    truth, right = truth[known], (truth == guess)[known].astype(float)
    found, counts = np.unique(truth, return_counts=True)
    rarity = dict(zip(found.tolist(), (len(truth) / (len(found) * counts)).tolist(), strict=True))
    return {f"{source}_balanced": right * np.array([rarity[int(t)] for t in truth])}


def _single(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    right: list[float] = []
    for truth, row in zip(truths, said.cumulative, strict=True):
        for answer in truth.answers:
            part = KAGGLE.slices[answer.partition(".")[0]]
            right.append(float(int(row[part].argmax()) + part.start == KAGGLE.index[answer]))
    return {f"{source}_answer": np.array(right)}


def _official(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    truth = np.array([t.label for t in truths], dtype=int)
    return {f"{source}_class": (truth == said.classes[source]).astype(float)}


def _kinds(source: str, truths: Sequence[Truth], said: Answered) -> _Scores:
    pairs = [(str(t.label), k) for t, k in zip(truths, said.kinds, strict=True)]
    right = [float(a == b) for a, b in pairs if a != "lens_candidate_low"]
    return {f"{source}_kind": np.array(right)}


_MEASURES: dict[str, Callable[[str, Sequence[Truth], Answered], _Scores]] = {
    "gz2": _votes,
    "gz1": _three,
    "gz1_wide": _three,
    "examples": _single,
    "galaxy10_decals": _official,
    "galaxy10_sdss": _official,
    "deepsky": _kinds,
}
