"""Rows of the validation split → what the evaluation compares with."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.datasets import Row
from skyform.datasets.derive import fractions_of_votes, majority_class
from skyform.evaluation import Truth
from skyform.evaluation.fitting import Evidence
from skyform.evaluation.settled import SETTLES
from skyform.schema import (
    CLEAN5,
    FIVE_WAY,
    GALAXY10_SDSS,
    GALAXY_ZOO_1,
    HUBBLE,
    KAGGLE,
    KINDS,
    TAXONOMIES,
    Taxonomy,
)

__all__ = ["evidence_of", "is_excluded", "truth_of"]


def is_excluded(row: Row, texts: Sequence[str]) -> bool:
    """Whether the row's licence contains one of the texts."""
    return any(t in row.licence for t in texts)


def truth_of(row: Row) -> Truth:
    """What is known of one row, for `validation_scores`."""
    answers: tuple[str, ...] = ()
    if row.source == "examples":
        # The last answer of each rule is the one that was given; those before it are implied.
        answers = tuple(rule[0][0][-1] for rule, _ in row.labels.rules)
    labels, raw = row.labels, row.raw
    return Truth(
        row.source,
        raw.get("label"),
        labels.votes,
        answers,
        labels.debiased,
        str(raw.get("object") or ""),
    )


def evidence_of(rows: Sequence[Row], outputs: dict[str, ndarray]) -> Evidence:
    """Raw outputs beside what is known, for `fit_calibration`."""
    votes = _table([r.labels.votes for r in rows])
    debiased = _table([r.labels.debiased for r in rows])
    return Evidence(
        answers=outputs["answers"],
        kinds=outputs["kinds"],
        distance=outputs["distance"],
        votes=votes,
        counts=np.array([float(r.raw.get("total_classifications") or 0) for r in rows]),
        rules=[[rule for rule, share in r.labels.rules if share >= SETTLES] for r in rows],
        kind=np.array([_kind(r) for r in rows]),
        classes={
            id: _classes(t, rows, debiased if t.debiased else votes) for id, t in TAXONOMIES.items()
        },
    )


def _table(votes: Sequence[Float[ndarray, "37"] | None]) -> Float[ndarray, "n 37"]:
    nothing = np.full(len(KAGGLE.answers), np.nan)
    return np.array([nothing if v is None else v for v in votes])


def _kind(row: Row) -> int:
    ids = [k.id for k in KINDS]
    # Survey stamps of galaxies are thousands, deep-sky pictures a hundred: galaxies count where they compete with other kinds.
    if len(row.labels.kinds) != 1 or row.source not in (
        "deepsky",
        "everyday",
        "gz2",
        "galaxy10_decals",
    ):
        return -1
    return ids.index(next(iter(row.labels.kinds)))


def _classes(taxonomy: Taxonomy, rows: Sequence[Row], votes: ndarray) -> Int[ndarray, " n"]:
    column = {c.id: i for i, c in enumerate(taxonomy.classes)}
    number = {c.number: i for i, c in enumerate(taxonomy.classes)}
    from_votes = majority_class(taxonomy, fractions_of_votes(votes))
    out = np.full(len(rows), -1)
    for i, row in enumerate(rows):
        if taxonomy is GALAXY_ZOO_1 and row.source in ("gz1", "gz1_wide"):
            out[i] = column.get(row.raw["label"], -1)
        elif taxonomy is CLEAN5 and row.raw.get("clean5"):
            out[i] = column[row.raw["clean5"]]
        elif row.source == taxonomy.id:
            out[i] = number[row.raw["label"]]
        elif taxonomy in (GALAXY10_SDSS, HUBBLE, FIVE_WAY):
            out[i] = from_votes[i]
    return out
