"""Galaxy Zoo DECaLS (Walmsley et al. 2022): its catalogues, its tree of 34 answers, and what they say in the terms of ours.

Campaigns A and B asked an earlier form of the tree (`gz_decals_volunteers_ab`, `…_1_and_2`), campaign C the one in
`skyform.schema.DECALS` (`…_c`, `…_5`, and the automated catalogue). Answers that a campaign did not offer are NaN.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float
from numpy import ndarray

from skyform.datasets.classes import classes_of
from skyform.datasets.dataset import DataSet, Record
from skyform.datasets.derive import derive_labels
from skyform.datasets.joining import join_pictures, pictures_for
from skyform.datasets.tables import (
    column_names,
    ids_of,
    numbers_of,
    read_table,
    require_columns,
    require_unique,
)
from skyform.errors import DataError
from skyform.schema import DECALS, GALAXY10_DECALS

__all__ = ["DECALS_ID", "read_gz_decals"]

DECALS_ID = "iauname"
_INFO = ("ra", "dec", "redshift", "upload_group")
_COUNTS = ("smooth-or-featured_total-votes", "smooth-or-featured_total")
# Campaigns A and B: the answers that changed, and what they were called. "Both" is merging and tidal debris.
_EARLIER: Mapping[str, tuple[str, ...]] = {
    "how-rounded_round": ("how-rounded_completely",),
    "merging_none": ("merging_neither",),
    "merging_merger": ("merging_merger", "merging_both"),
}
# Bars and tidal debris were later split by their strength; the size of the bulge had three answers, with other borders.
_NOT_OFFERED = (
    "bar_strong",
    "bar_weak",
    *(a.column for a in DECALS.question["bulge-size"].answers),
    "spiral-arm-count_cant-tell",
    "merging_minor-disturbance",
    "merging_major-disturbance",
)
_MARK_OF_EARLIER = "merging_neither_fraction"


def read_gz_decals(
    path: Path,
    *,
    images: Path | None = None,
    label: str | None = None,
    allow_missing: bool = False,
) -> DataSet:
    """Open a catalogue with its pictures, named `<iauname>.png` or `.jpg` in any folders.

    Each record's `info["decals"]` holds the 34 fractions, in the order of `skyform.schema.DECALS` and conditional on the
    question, and `info["campaign"]` the form of the tree. The label is the Galaxy10 DECaLS class that holds more than 55 % of the
    votes, by our rules for that taxonomy (see `decals_as_skyform`); empty where none does. It is not the published label.

    Parameters
    ----------
    path : Path
        The catalogue: CSV, FITS or Parquet.
    images : Path, optional
        The folder or zip archive of the pictures; by default the catalogue's own folder.
    label : str, optional
        A column to take as the label instead.
    allow_missing : bool
        Leave out rows without a picture instead of refusing them.

    Raises
    ------
    DataError
        If columns are missing, an id occurs twice, or ids have no picture.
    """
    columns = column_names(path)
    campaign = "ab" if _MARK_OF_EARLIER in columns else "c"
    voted = _vote_columns(campaign)
    require_columns(path, columns, wanted=(DECALS_ID, *voted))
    counts = [c for c in _COUNTS if c in columns][:1]
    more = [c for c in _INFO if c in columns and c != label]
    wanted = (DECALS_ID, *voted, *counts, *more, *([label] if label else ()))
    table = read_table(path, wanted, text=(DECALS_ID,), numbers=(*voted, *counts))
    ids = ids_of(table, DECALS_ID, path=path)
    require_unique(ids, path=path)
    pictures = pictures_for(path, images)
    joined = join_pictures(
        [(i,) for i in ids], pictures, catalogue=path, allow_missing=allow_missing
    )
    rows = table.take(pa.array(joined.rows))
    data = DataSet(
        id="gz_decals",
        title=f"Galaxy Zoo DECaLS, campaign {campaign.upper()}, {len(joined.rows)} images",
        records=_records([ids[i] for i in joined.rows], rows, campaign, counts, more, path),
        store=pictures.store(joined.names),
        problems=joined.problems,
        source=str(path),
    )
    if label is not None:
        return data.with_labels(
            *classes_of(rows.column(label).to_pylist(), where=f"{label} of {path}", name=label)
        )
    return derive_labels(data, GALAXY10_DECALS)


def _sources(campaign: str) -> list[tuple[str, ...]]:
    """For each answer of the tree the catalogue's columns that make it up, without their ending."""
    if campaign == "c":
        return [(a.column,) for a in DECALS.answers]
    return [
        () if a.column in _NOT_OFFERED else _EARLIER.get(a.column, (a.column,))
        for a in DECALS.answers
    ]


def _vote_columns(campaign: str) -> tuple[str, ...]:
    return tuple(f"{c}_fraction" for names in _sources(campaign) for c in names)


def _fractions(table: pa.Table, campaign: str, path: Path) -> Float[ndarray, "n 34"]:
    out = np.full((table.num_rows, len(DECALS.answers)), np.nan)
    for k, names in enumerate(_sources(campaign)):
        if names:
            columns = numbers_of(table, [f"{c}_fraction" for c in names], path=path)
            out[:, k] = columns.sum(axis=1)
    if np.nanmax(out, initial=0) > 1 + 1e-6 or np.nanmin(out, initial=0) < -1e-6:
        row, column = (int(v) for v in np.argwhere((out > 1 + 1e-6) | (out < -1e-6))[0])
        raise DataError(
            f"{DECALS.answers[column].column}_fraction in row {row} of {path} is {out[row, column]:g}; "
            "fractions lie between 0 and 1.",
            remedy="Fetch the catalogue again.",
        )
    return out


def _records(
    ids: Sequence[str],
    table: pa.Table,
    campaign: str,
    counts: Sequence[str],
    more: Sequence[str],
    path: Path,
) -> list[Record]:
    fractions = _fractions(table, campaign, path)
    people = numbers_of(table, counts, path=path) if counts else np.full((len(ids), 1), np.nan)
    info = table.select(list(more)).to_pylist() if more else [{} for _ in ids]
    return [
        Record(
            id,
            volunteers=float(people[i, 0]),
            object=id,
            info={**info[i], "survey": "decals", "campaign": campaign, "decals": fractions[i]},
        )
        for i, id in enumerate(ids)
    ]
