"""The plain sentence of many pictures at once.

A sentence depends on little: which kind, which answers are sure enough to say, and how sure they are in steps. Rows that agree in
those share a sentence, so it is worded once for each group (`schema.words.sentence`) and not once for each picture.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from skyform.schema import KINDS, KindEstimate, Tree, sentence
from skyform.schema.words import SURE

__all__ = ["kept_answers", "tree_sentences"]

# Where the words for a probability change.
_STEPS = (0.33, SURE, 0.90, 0.99)
_GALAXY = [k.id for k in KINDS].index("galaxy")
_UNDECIDED = -1
_KIND_KEYS = 3


def kept_answers(
    tree: Tree, chances: Float[ndarray, "n answers"], *, sets: Mapping[str, Bool[ndarray, "n _"]]
) -> dict[str, ndarray]:
    """Position of each question's answer that is sure enough to say, -1 for none: `schema.rolled_up` on whole columns.

    Parameters
    ----------
    tree : Tree
    chances : array, shape (n, answers)
        Without NaN.
    sets : mapping of question id to bool array
        Answers that cannot be ruled out; a question with several of them is not sure.
    """
    n = len(chances)
    given: dict[str, Bool[ndarray, " n"]] = {}
    told: dict[str, Bool[ndarray, " n"]] = {}
    out: dict[str, ndarray] = {}
    for q in tree.order:
        columns = chances[:, tree.slices[q]]
        best, top = columns.argmax(axis=1), columns.max(axis=1)
        parents = [tree.answers[p].id for p in tree.parents[q]]
        path = np.any([given[p] for p in parents], axis=0) if parents else np.ones(n, bool)
        sure = path & (top >= SURE)
        if q in sets:
            sure &= sets[q].sum(axis=1) == 1
        if q != tree.root:
            sure &= np.any([told[a.id] for a in tree.question[tree.root].answers], axis=0)
        for needed in tree.needed[q]:
            sure &= told[needed]
        for i, answer in enumerate(tree.question[q].answers):
            given[answer.id] = path & (best == i)
            told[answer.id] = sure & (best == i)
        out[q] = np.where(sure, best, -1)
    return out


def tree_sentences(
    tree: Tree,
    *,
    kinds: Float[ndarray, "n kinds"] | None,
    chances: Float[ndarray, "n answers"],
    kept: Mapping[str, ndarray],
) -> list[str]:
    """`schema.sentence` for each row.

    Parameters
    ----------
    tree : Tree
    kinds : array, shape (n, kinds), or None
        Calibrated probabilities of the kinds; None where the model takes every picture for a galaxy.
    chances : array, shape (n, answers)
        That each answer is the one most people give.
    kept : mapping of question id to array of int
        From `kept_answers`.
    """
    if not len(chances):
        return []
    keys = _answer_keys(tree, chances, kept)
    if kinds is not None:
        keys = np.concatenate([_kind_keys(kinds), keys], axis=1)
        # Only of a galaxy are answers told.
        keys[keys[:, 0] != _GALAXY, _KIND_KEYS:] = 0
    _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    worded = [
        sentence(
            tree,
            None if kinds is None else _kind(kinds[i]),
            chances[i],
            kept=_kept_ids(tree, kept, i),
        )
        for i in first.tolist()
    ]
    return [worded[g] for g in group.ravel().tolist()]


def _kept_ids(tree: Tree, kept: Mapping[str, ndarray], row: int) -> tuple[str, ...]:
    chosen = ((q, int(kept[q][row])) for q in tree.order)
    return tuple(tree.question[q].answers[i].id for q, i in chosen if i >= 0)


def _kind_keys(p: Float[ndarray, "n kinds"]) -> Int[ndarray, "n 3"]:
    """The kind, or that it is undecided; how sure, in steps, or between which two."""
    ranked = np.argsort(-p, axis=1, kind="stable")
    confidence = p.max(axis=1)
    undecided = confidence < SURE
    kind = np.where(undecided, _UNDECIDED, ranked[:, 0])
    detail = np.where(undecided, ranked[:, 0], np.digitize(confidence, _STEPS))
    other = np.where(undecided, ranked[:, 1], 0)
    return np.stack([kind, detail, other], axis=1).astype(np.int8)


def _answer_keys(
    tree: Tree, chances: Float[ndarray, "n answers"], kept: Mapping[str, ndarray]
) -> Int[ndarray, "n questions"]:
    """For each question, the answer to say and how sure it is in steps, as one number; 0 for none."""
    steps = len(_STEPS) + 1
    keys = [
        np.where(
            kept[q] >= 0,
            1 + kept[q] * steps + np.digitize(chances[:, tree.slices[q]].max(axis=1), _STEPS),
            0,
        )
        for q in tree.order
    ]
    return np.stack(keys, axis=1).astype(np.int8)


def _kind(p: Float[ndarray, " kinds"]) -> KindEstimate:
    best = int(p.argmax())
    probabilities = {k.id: float(v) for k, v in zip(KINDS, p, strict=True)}
    return KindEstimate(KINDS[best].id, KINDS[best].name, float(p[best]), probabilities)
