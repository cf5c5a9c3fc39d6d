"""The Galaxy Zoo 2 catalogue (Willett et al. 2013; Hart et al. 2016), joined to a folder of pictures."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from skyform.datasets.classes import classes_of
from skyform.datasets.dataset import DataSet, Record
from skyform.datasets.galaxy10 import sky_objects
from skyform.datasets.joining import join_pictures, pictures_for
from skyform.datasets.labels import gz2_vote_table
from skyform.datasets.tables import column_names, ids_of, numbers_of, read_table, require_unique
from skyform.errors import DataError
from skyform.schema import KAGGLE

__all__ = ["GZ2_ID", "gz2_vote_columns", "read_gz2"]

GZ2_ID = "dr7objid"
_MAPPING = "gz2_filename_mapping.csv"
_MAPPED, _ASSET = "objid", "asset_id"
_VOLUNTEERS = "total_classifications"
_POSITION = ("ra", "dec")
# t08 … a38: number of the question and of the answer. a35 does not exist, and dust lane, a38, is the last of question 8.
_NAME = re.compile(r"t(\d\d)_(?:.*_)?a(\d\d)_")


def gz2_vote_columns(columns: Sequence[str], *, kind: str = "weighted_fraction") -> tuple[str, ...]:
    """The catalogue's 37 columns of one kind ("weighted_fraction" or "debiased"), in the order of the tree.

    Raises
    ------
    DataError
        If there are not 37 of them.
    """
    found = [(m, c) for c in columns if c.endswith(f"_{kind}") and (m := _NAME.match(c))]
    if len(found) != len(KAGGLE.answers):
        raise DataError(
            f"There are {len(found)} columns that end in {kind!r}; the tree has {len(KAGGLE.answers)} answers.",
            remedy="Give the GZ2 catalogue of Hart et al. 2016 (gz2_hart16) with all its columns.",
        )
    return tuple(c for _, c in sorted(found, key=lambda f: tuple(map(int, f[0].groups()))))


def read_gz2(
    path: Path,
    *,
    images: Path | None = None,
    label: str | None = None,
    kind: str = "weighted_fraction",
    allow_missing: bool = False,
) -> DataSet:
    """Open the catalogue with its pictures, named `<asset_id>.jpg` (by `gz2_filename_mapping.csv`) or `<dr7objid>.jpg`.

    Parameters
    ----------
    path : Path
        The catalogue: CSV, FITS or Parquet.
    images : Path, optional
        The folder or zip archive of the pictures; by default the catalogue's own folder, or `images*.zip` in it.
    label : str, optional
        A column to take as the label, such as `gz2_class`.
    kind : str
        Which fractions become the votes: "weighted_fraction" as people voted, or "debiased" for the distance.
    allow_missing : bool
        Leave out rows without a picture instead of refusing them; the catalogue is often larger than one's folder.

    Raises
    ------
    DataError
        If columns are missing, fractions lie outside 0..1, an id occurs twice, or ids have no picture.
    """
    columns = column_names(path)
    voted = gz2_vote_columns(columns, kind=kind)
    more = [
        c for c in (*_POSITION, "sample", "gz2_class", _VOLUNTEERS) if c in columns and c != label
    ]
    wanted = (GZ2_ID, *voted, *more, *([label] if label else ()))
    measured = (*voted, *(c for c in (*_POSITION, _VOLUNTEERS) if c in wanted))
    table = read_table(path, wanted, text=(GZ2_ID,), numbers=measured)
    ids = ids_of(table, GZ2_ID, path=path)
    require_unique(ids, path=path)
    pictures = pictures_for(path, images, archives="images*.zip")
    keys = _keys(ids, _assets([path.parent, *([images, images.parent] if images else [])]))
    joined = join_pictures(keys, pictures, catalogue=path, allow_missing=allow_missing)
    rows = table.take(pa.array(joined.rows))
    records = _records([ids[i] for i in joined.rows], rows, voted, more, path)
    data = DataSet(
        id="gz2",
        title=f"Galaxy Zoo 2, {len(records)} images",
        records=records,
        store=pictures.store(joined.names),
        problems=joined.problems,
        source=str(path),
    )
    if label is None:
        return data
    return data.with_labels(
        *classes_of(rows.column(label).to_pylist(), where=f"{label} of {path}", name=label)
    )


def _assets(folders: Sequence[Path]) -> dict[str, str]:
    """File name of each object's picture, from the mapping table if it lies in one of the folders."""
    for folder in folders:
        mapping = folder / _MAPPING
        if mapping.is_file():
            table = read_table(mapping, (_MAPPED, _ASSET), text=(_MAPPED, _ASSET))
            return dict(
                zip(
                    ids_of(table, _MAPPED, path=mapping),
                    ids_of(table, _ASSET, path=mapping),
                    strict=True,
                )
            )
    return {}


def _keys(ids: Sequence[str], assets: dict[str, str]) -> list[tuple[str, ...]]:
    return [(i, assets[i]) if i in assets else (i,) for i in ids]


def _records(
    ids: Sequence[str], table: pa.Table, voted: Sequence[str], more: Sequence[str], path: Path
) -> list[Record]:
    fractions = numbers_of(table, voted, path=path)
    wrong = (fractions < -1e-6) | (fractions > 1 + 1e-6)
    if wrong.any():
        row, column = (int(v) for v in np.argwhere(wrong)[0])
        raise DataError(
            f"{voted[column]} of {ids[row]} in {path} is {fractions[row, column]:g}; fractions lie between 0 and 1.",
            remedy="Fetch the catalogue again.",
        )
    votes = gz2_vote_table(fractions)
    counts = numbers_of(table, [_VOLUNTEERS], path=path)[:, 0] if _VOLUNTEERS in more else None
    info = table.select([c for c in more if c != _VOLUNTEERS]).to_pylist()
    objects = _objects(ids, table, path) if set(_POSITION) <= set(more) else ids
    return [
        Record(
            id,
            votes=None if np.isnan(votes[i, 0]) else votes[i],
            volunteers=float("nan") if counts is None else float(counts[i]),
            object=objects[i],
            info={**info[i], "survey": "sdss"},
        )
        for i, id in enumerate(ids)
    ]


def _objects(ids: Sequence[str], table: pa.Table, path: Path) -> list[str]:
    """The id of the first row of the same sky: Stripe 82 is in the catalogue at normal depth and co-added, under other ids."""
    positions = numbers_of(table, _POSITION, path=path)
    return [ids[int(g)] for g in sky_objects(positions[:, 0], positions[:, 1])]
