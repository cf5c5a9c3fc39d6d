"""The figures of the model card: predictions beside what people said, source by source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.evaluation.metrics import (
    Estimate,
    accuracy,
    balanced_accuracy,
    bootstrap,
    rmse,
)
from skyform.schema import (
    GALAXY10_DECALS,
    GALAXY10_SDSS,
    GALAXY_ZOO_1,
    KAGGLE,
    SKYFORM,
    conditional,
)

__all__ = [
    "Answered",
    "Truth",
    "objects",
    "odd_or_not",
    "part_of",
    "pooled_accuracy",
    "questions_right",
    "three_shapes",
    "validation_scores",
]

_MAJORITY = 0.55


@dataclass(frozen=True)
class Truth:
    """What is known of one validation picture.

    `label` is the catalogue's own class, as text or number; `votes` the 37 cumulative fractions, and `debiased` the same corrected for
    distance; `answers` the ids of single answers that were given. Pictures of one `object` are drawn together for intervals; "" is an object
    of its own.
    """

    source: str
    label: str | int | None = None
    votes: Float[ndarray, "37"] | None = None
    answers: tuple[str, ...] = ()
    debiased: Float[ndarray, "37"] | None = None
    object: str = ""


@dataclass(frozen=True)
class Answered:
    """What the model said, as in a table of results, one row a picture.

    `cumulative` has shape (n, 37); `kinds` holds kind ids; `classes` class numbers by taxonomy id.
    """

    cumulative: Float[ndarray, "n 37"]
    kinds: Sequence[str]
    classes: Mapping[str, Int[ndarray, " n"]]


def validation_scores(truths: Sequence[Truth], said: Answered) -> dict[str, Estimate]:
    """All figures that the truths allow, by name; sources that are absent are left out."""
    scores: dict[str, Estimate] = {}
    for source, measure in (
        ("gz2", _gz2),
        ("gz1", _gz1),
        ("gz1_wide", _gz1),
        ("examples", _examples),
        ("galaxy10_decals", _decals),
        ("galaxy10_sdss", _numbers),
        ("deepsky", _deep_sky),
        ("everyday", _everyday),
    ):
        at = np.array([i for i, t in enumerate(truths) if t.source == source], dtype=int)
        if at.size:
            scores |= measure(source, [truths[i] for i in at], part_of(said, at))
    return scores


def pooled_accuracy(scores: Mapping[str, Estimate]) -> float:
    """Share of right decisions over all accuracies together, each weighted by its number of pictures."""
    parts = [s for name, s in scores.items() if not name.endswith(("_rmse", "_balanced"))]
    return sum(s.value * s.n for s in parts) / sum(s.n for s in parts)


def part_of(said: Answered, at: Int[ndarray, " n"]) -> Answered:
    """What was said of some of the pictures."""
    return Answered(
        said.cumulative[at],
        [said.kinds[int(i)] for i in at],
        {k: v[at] for k, v in said.classes.items()},
    )


def _gz2(source: str, truths: Sequence[Truth], said: Answered) -> dict[str, Estimate]:
    votes = np.array([t.votes for t in truths])
    first = KAGGLE.slices[KAGGLE.root]
    scores = {
        "gz2_rmse": bootstrap(rmse, votes, said.cumulative),
        "gz2_first_question": bootstrap(
            accuracy, votes[:, first].argmax(axis=1), said.cumulative[:, first].argmax(axis=1)
        ),
    }
    kinds_of_votes = {
        "gz2_galaxy10_class": [t.votes for t in truths],
        "gz2_galaxy10_debiased": [t.debiased for t in truths],
    }
    for name, kind in kinds_of_votes.items():
        known = np.array([v is not None for v in kind])
        shares = _sdss_shares(np.array([v for v in kind if v is not None]).reshape(-1, 37))
        clear = shares.max(axis=1, initial=0.0) > _MAJORITY
        if clear.any():
            guess = said.classes["galaxy10_sdss"][known][clear]
            scores[name] = bootstrap(accuracy, shares[clear].argmax(axis=1), guess)
    return scores


def _sdss_shares(votes: Float[ndarray, "n 37"]) -> Float[ndarray, "n classes"]:
    # The rules of Galaxy10 SDSS do not ask for the sense of rotation, so its two columns may hold anything.
    extra = np.full((len(votes), len(SKYFORM.answers) - votes.shape[1]), 0.5)
    return GALAXY10_SDSS.shares(np.hstack((conditional(KAGGLE, votes), extra)))


# Galaxy Zoo 1's four classes of galaxies that are not merging, with the two spirals joined.
_THREE = {0: 0, 1: 1, 2: 1, 3: 2}


def three_shapes(
    truths: Sequence[Truth], said: Answered
) -> tuple[Int[ndarray, " n"], Int[ndarray, " n"]]:
    """Elliptical, spiral or edge-on (0 to 2), as labelled and as said; -1 for a label and -2 for an answer that is none of them."""
    numbers = {c.id: c.number for c in GALAXY_ZOO_1.classes} | {"combined_spiral": 1}
    truth = np.array([_THREE.get(numbers[str(t.label)], -1) for t in truths])
    guess = np.array([_THREE.get(int(c), -2) for c in said.classes["galaxy_zoo_1"]])
    return truth, guess


def _gz1(source: str, truths: Sequence[Truth], said: Answered) -> dict[str, Estimate]:
    numbers = {c.id: c.number for c in GALAXY_ZOO_1.classes} | {"combined_spiral": 1}
    truth, guess = three_shapes(truths, said)
    known = truth >= 0
    scores = {
        f"{source}_accuracy": bootstrap(accuracy, truth[known], guess[known]),
        f"{source}_balanced": bootstrap(balanced_accuracy, truth[known], guess[known]),
    }
    sense = np.array(
        [numbers[str(t.label)] in (1, 2) and "clockwise" in str(t.label) for t in truths]
    )
    called = np.isin(said.classes["galaxy_zoo_1"], (1, 2))
    if (sense & called).any():
        right = np.array([numbers[str(t.label)] for t in truths])[sense & called]
        scores[f"{source}_sense_of_rotation"] = bootstrap(
            accuracy, right, said.classes["galaxy_zoo_1"][sense & called]
        )
    return scores


def _examples(source: str, truths: Sequence[Truth], said: Answered) -> dict[str, Estimate]:
    found, pictures = questions_right(truths, said)
    share = bootstrap(accuracy, np.ones_like(found), found, groups=objects(truths)[pictures])
    return {"examples_answer": share}


def questions_right(
    truths: Sequence[Truth], said: Answered
) -> tuple[Int[ndarray, " questions"], Int[ndarray, " questions"]]:
    """For each question that a picture is an example of, 1 where an answer that it stands for is said, else 0; and which picture it is.

    A guide may show a picture for two answers of one question, or twice for the same.
    """
    right: list[tuple[int, int]] = []
    for i, truth in enumerate(truths):
        for question in dict.fromkeys(a.partition(".")[0] for a in truth.answers):
            part = KAGGLE.slices[question]
            guess = KAGGLE.answers[part.start + int(said.cumulative[i, part].argmax())].id
            right.append((int(guess in truth.answers), i))
    found, pictures = np.array(right, dtype=int).reshape(-1, 2).T
    return found, pictures


def objects(truths: Sequence[Truth]) -> Int[ndarray, " n"]:
    """A number for each picture, the same for pictures of one object."""
    names = [t.object or i for i, t in enumerate(truths)]
    numbers = {name: n for n, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=int)


def _numbers(source: str, truths: Sequence[Truth], said: Answered) -> dict[str, Estimate]:
    truth = np.array([t.label for t in truths], dtype=int)
    return {f"{source}_class": bootstrap(accuracy, truth, said.classes[source])}


_ODD = frozenset(c.number for c in GALAXY10_DECALS.classes if c.id in ("disturbed", "merging"))


def _decals(source: str, truths: Sequence[Truth], said: Answered) -> dict[str, Estimate]:
    """Also whether odd galaxies are called odd and ordinary ones are not, both counted alike."""
    scores = _numbers(source, truths, said)
    odd, called = odd_or_not(truths, said)
    if 0 < odd.sum() < len(odd):
        scores[f"{source}_odd_balanced"] = bootstrap(balanced_accuracy, odd, called)
    return scores


def odd_or_not(truths: Sequence[Truth], said: Answered) -> tuple[ndarray, ndarray]:
    """Of Galaxy10 DECaLS: 1 where the class is an odd one, and 1 where most people would call it odd by what was said; else 0."""
    odd = np.array([t.label in _ODD for t in truths]).astype(int)
    return odd, (said.cumulative[:, KAGGLE.index["odd.yes"]] > 0.5).astype(int)


def _deep_sky(source: str, truths: Sequence[Truth], said: Answered) -> dict[str, Estimate]:
    truth = np.array([str(t.label) for t in truths])
    guess = np.array(said.kinds)
    weak = truth == "lens_candidate_low"
    scores: dict[str, Estimate] = {}
    if (~weak).any():
        alike = objects(truths)[~weak]
        scores["deepsky_kind"] = bootstrap(_same, truth[~weak], guess[~weak], groups=alike)
    if weak.any():
        no_lens = (guess[weak] != "lens").astype(int)
        scores["weak_candidates_not_called_lens"] = bootstrap(
            accuracy, np.ones_like(no_lens), no_lens
        )
    return scores


def _everyday(source: str, truths: Sequence[Truth], said: Answered) -> dict[str, Estimate]:
    none = np.array([k == "none" for k in said.kinds]).astype(int)
    return {"everyday_called_none": bootstrap(accuracy, np.ones_like(none), none)}


def _same(truth: ndarray, guess: ndarray) -> float:
    return float(np.mean(truth == guess))
