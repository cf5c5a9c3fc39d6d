"""Vote algebra: conditional and cumulative fractions, who is asked what, the likely path, and rolling up when unsure.

A *conditional* fraction is the share of those who were asked a question; a *cumulative* one is the share of everyone. Both
are arrays whose last axis holds the tree's answers in column order, and any number of leading axes. NaN in a conditional
array means that nobody answered the question, so that nothing is known.
"""

from collections.abc import Mapping
from math import isnan
from operator import itemgetter

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.schema.trees import Tree

__all__ = ["conditional", "cumulative", "most_probable_path", "probability_asked", "rolled_up"]


def probability_asked(
    tree: Tree, fractions: Float[ndarray, "*batch answers"]
) -> dict[str, Float[ndarray, "*batch"]]:
    """Probability that each question is asked, from conditional fractions.

    The root is asked of everyone; any other question as often as one of its parents' answers is given, summed over the parents
    (Walmsley et al. 2022, section 4). A parent that nobody was asked (NaN) contributes nothing.
    """
    _check_width(tree, fractions)
    asked: dict[str, ndarray] = {}
    ones = np.ones(fractions.shape[:-1])
    known = np.where(np.isnan(fractions), 0.0, fractions)
    for q in tree.order:
        parents = tree.parents[q]
        if not parents or q in tree.always_asked:
            asked[q] = ones
            continue
        total = np.zeros(fractions.shape[:-1])
        for p in parents:
            total += asked[tree.answers[p].question] * known[..., p]
        asked[q] = total
    return {q.id: asked[q.id] for q in tree.questions}


def cumulative(
    tree: Tree, fractions: Float[ndarray, "*batch answers"]
) -> Float[ndarray, "*batch answers"]:
    """Conditional → cumulative fractions: each answer times the probability that its question is asked.

    Unknown answers (NaN) of a question that nobody reaches become 0; of one that is reached they stay NaN.
    """
    asked = probability_asked(tree, fractions)
    out = np.empty(fractions.shape, dtype=float)
    for q, columns in tree.slices.items():
        part = fractions[..., columns] * asked[q][..., None]
        out[..., columns] = np.where((asked[q] == 0)[..., None], 0.0, part)
    return out


def conditional(
    tree: Tree, fractions: Float[ndarray, "*batch answers"]
) -> Float[ndarray, "*batch answers"]:
    """Cumulative → conditional fractions: each question's answers divided by their sum.

    The sum is taken from the answers themselves, so that Kaggle's question 6, which sums to 1 whatever the tree says, needs
    no exception. A question that nobody reached becomes NaN.
    """
    _check_width(tree, fractions)
    out = np.empty(fractions.shape, dtype=float)
    for columns in tree.slices.values():
        part = fractions[..., columns]
        total = part.sum(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[..., columns] = np.where(total > 0, part / total, np.nan)
    return out


def most_probable_path(tree: Tree, fractions: Float[ndarray, " answers"]) -> tuple[str, ...]:
    """Answer ids that a majority-minded visitor would give, from the root on.

    At each question that the earlier answers open, the most voted answer is taken. (The path of highest joint probability would
    favour short branches: a galaxy that most people call featured could come out as smooth, because smooth galaxies are asked less.)
    """
    _check_width(tree, fractions)
    values = fractions.tolist()
    chosen: list[str] = []
    for q in tree.order:
        parents = tree.parents[q]
        if parents and not any(tree.answers[p].id in chosen for p in parents):
            continue
        answers = zip(values[tree.slices[q]], tree.question[q].answers, strict=True)
        known = [(votes, answer.id) for votes, answer in answers if not isnan(votes)]
        if known:
            chosen.append(max(known, key=itemgetter(0))[1])
    return tuple(chosen)


def rolled_up(
    tree: Tree,
    fractions: Float[ndarray, " answers"],
    *,
    threshold: float = 0.66,
    thresholds: Mapping[str, float] | None = None,
) -> tuple[str, ...]:
    """The part of the most probable path that is sure enough to say aloud.

    An answer is kept if its own fraction is at least `threshold` (or its question's entry in `thresholds`), and if the first answer
    and every answer that it needs (`Tree.needed`) are kept: an unsure answer takes with it what hangs on it, so that the statement
    stops at the ancestor. Where every answer leads on alike, as both do at "bar", nothing hangs on being sure of one.
    """
    kept: list[str] = []
    limits = thresholds or {}
    for answer in most_probable_path(tree, fractions):
        question = answer.partition(".")[0]
        reached = question == tree.root or (kept and all(a in kept for a in tree.needed[question]))
        if reached and fractions[tree.index[answer]] >= limits.get(question, threshold):
            kept.append(answer)
    return tuple(kept)


def _check_width(tree: Tree, fractions: ndarray) -> None:
    if fractions.shape[-1:] != (len(tree.answers),):
        raise ValueError(
            f"fractions has shape {fractions.shape}; its last axis must hold the {len(tree.answers)} answers of "
            f"tree {tree.id!r}"
        )
