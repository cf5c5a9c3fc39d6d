"""What the votes of the Galaxy Zoo tree say: how they spread, how far people agree, which classes follow from them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.datasets.dataset import DataSet
from skyform.datasets.derive import derive_labels
from skyform.explore.balance import MAJORITY
from skyform.schema import (
    DECALS,
    GALAXY_ZOO_1,
    KAGGLE,
    TAXONOMIES,
    Question,
    Taxonomy,
    Tree,
    conditional,
    probability_asked,
)

__all__ = ["BINS", "DerivedClasses", "QuestionVotes", "VoteSummary", "votes_of"]

BINS = 20
_REACHED = 0.1  # with fewer voters than that, fractions are those of two or three people
_MINORITY = 0.5


@dataclass(frozen=True, eq=False)
class QuestionVotes:
    """One question, over the pictures for which at least a tenth of all votes reached it.

    Attributes
    ----------
    rows : int
        Those pictures.
    reached : float
        Mean share of all votes that reached the question, over all pictures with votes.
    means : array of float, shape (answers,)
        Mean fraction of each answer among those asked.
    histograms : array of int, shape (answers, 20)
        Pictures in twenty equal bins of that fraction, 0 to 1.
    entropy : array of float, shape (rows,)
        Entropy of each picture's fractions over its maximum, the logarithm of the number of answers: 0 where all agree, 1 where
        all answers are equally common.
    agreement : float
        Mean fraction of the most common answer.
    disputed : float
        Share of the pictures on which no answer has more than half of the votes.
    """

    question: Question
    rows: int
    reached: float
    means: Float[ndarray, " answers"]
    histograms: Int[ndarray, "answers bins"]
    entropy: Float[ndarray, " rows"]
    agreement: float
    disputed: float


@dataclass(frozen=True, slots=True)
class DerivedClasses:
    """Classes of one taxonomy with over 55 % of the votes: pictures of each, by class name, and the share that has one."""

    id: str
    name: str
    counts: dict[str, int]
    share: float


@dataclass(frozen=True, eq=False)
class VoteSummary:
    """All about the votes of a set. `volunteers` holds the known numbers of people, one for each such picture."""

    tree: str
    rows: int
    volunteers: Float[ndarray, " k"]
    questions: tuple[QuestionVotes, ...]
    taxonomies: tuple[DerivedClasses, ...]


def votes_of(dataset: DataSet) -> VoteSummary | None:
    """The summary, or None for a set without votes."""
    tree, fractions = _fractions(dataset)
    if len(fractions) == 0:
        return None
    asked = probability_asked(tree, fractions)
    volunteers = np.array([r.volunteers for r in dataset.records], dtype=float)
    return VoteSummary(
        tree=tree.name,
        rows=len(fractions),
        volunteers=volunteers[np.isfinite(volunteers)],
        questions=tuple(
            _question(q, asked[q.id], fractions[:, tree.slices[q.id]]) for q in tree.questions
        ),
        taxonomies=tuple(
            # Galaxy Zoo 1's spirals need the sense of rotation, which neither tree asks for.
            _derived(dataset, t, rows=len(fractions))
            for t in TAXONOMIES.values()
            if t.id != GALAXY_ZOO_1.id
        ),
    )


def _fractions(dataset: DataSet) -> tuple[Tree, Float[ndarray, "rows answers"]]:
    """Conditional fractions of the pictures that have votes, and the tree that asked."""
    votes = dataset.votes
    votes = votes[~np.isnan(votes).any(axis=1)]
    decals = [r.info["decals"] for r in dataset.records if r.info.get("decals") is not None]
    if len(votes) or not decals:
        return KAGGLE, conditional(KAGGLE, votes)
    rows = np.array(decals, dtype=float)
    return DECALS, rows[~np.isnan(rows[:, 0])]


def _question(question: Question, reached: ndarray, fractions: ndarray) -> QuestionVotes:
    known = (reached >= _REACHED) & ~np.isnan(fractions).any(axis=1)
    own = np.clip(fractions[known], 0, 1)
    if len(own) == 0:
        nothing = np.full(len(question.answers), np.nan)
        empty = np.zeros((len(question.answers), BINS), int)
        nan = float("nan")
        return QuestionVotes(
            question, 0, float(reached.mean()), nothing, empty, own[:, 0], nan, nan
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(own > 0, -own * np.log(own), 0.0)
    bins = np.minimum((own * BINS).astype(int), BINS - 1)
    most = own.max(axis=1)
    return QuestionVotes(
        question,
        rows=len(own),
        reached=float(reached.mean()),
        means=own.mean(axis=0),
        histograms=np.stack([np.bincount(b, minlength=BINS) for b in bins.T]),
        entropy=terms.sum(axis=1) / np.log(len(question.answers)),
        agreement=float(most.mean()),
        disputed=float((most <= _MINORITY).mean()),
    )


def _derived(dataset: DataSet, taxonomy: Taxonomy, *, rows: int) -> DerivedClasses:
    index = derive_labels(dataset, taxonomy, majority=MAJORITY).labels
    counts = np.bincount(index[index >= 0], minlength=len(taxonomy.classes)).tolist()
    names = (c.name for c in taxonomy.classes)
    share = float((index >= 0).sum() / rows)
    return DerivedClasses(taxonomy.id, taxonomy.name, dict(zip(names, counts, strict=True)), share)
