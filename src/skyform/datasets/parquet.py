"""Parquet files with embedded pictures, by Hugging Face's convention: `image` is a struct {bytes, path}, or just bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float
from numpy import ndarray

from skyform.datasets.classes import classes_of, galaxy10_hint, split_name
from skyform.datasets.dataset import DataSet, Record
from skyform.datasets.galaxy10 import sky_objects
from skyform.datasets.galaxy_zoo import gz2_vote_columns
from skyform.datasets.kaggle import KAGGLE_COLUMNS
from skyform.datasets.labels import gz2_vote_table
from skyform.datasets.stores import ParquetStore
from skyform.datasets.tables import ids_of, numbers_of, require_columns, require_unique
from skyform.errors import DataError
from skyform.schema import Scheme

__all__ = ["PARQUET_SCHEME", "image_column", "parquet_files", "read_parquet"]

# Our own writer keeps the numbers, names and descriptions of the classes under this key of the file's metadata.
PARQUET_SCHEME = b"skyform"
_LABELS = ("label", "labels")
_IDS = ("image_id", "id", "id_str", "iauname", "dr7objid", "GalaxyID")
_OBJECTS = ("object", "object_id")
_VOLUNTEERS = ("volunteers", "total_classifications")


def parquet_files(path: Path) -> tuple[Path, ...]:
    """The Parquet files that a path means: a file, all files in a folder and below it, or a pattern such as `data/train-*`."""
    if path.is_dir():
        found = path.rglob("*.parquet")
    elif path.exists():
        found = iter([path])
    else:
        found = (p for p in path.parent.glob(path.name) if p.is_file())
    return tuple(sorted(p for p in found if not p.name.startswith((".", "_"))))


def image_column(path: Path) -> str:
    """The column of pictures: `image`, or else the only one of bytes or of {bytes, path}; empty if there is none."""
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    found = [f.name for f in schema if _holds_bytes(f.type)]
    return "image" if "image" in found else found[0] if len(found) == 1 else ""


def read_parquet(path: Path, *, label: str | None = None) -> DataSet:
    """Open a Parquet file, or all in a folder, or all that match a pattern; pictures are read a row group at a time.

    Parameters
    ----------
    path : Path
        The file, folder or pattern.
    label : str, optional
        The column of labels; by default `label`, `labels`, or the one that the file's metadata declares as classes.

    Columns known by name: `image`, `label`, `split`, `object` (or `object_id`), `image_id`, `volunteers`, the 37 fractions under
    Kaggle's or Galaxy Zoo 2's names. All others become `Record.info`.

    Raises
    ------
    DataError
        If a file is damaged, has no column of embedded pictures or not the label asked for, labels are out of range, or ids occur
        twice.
    """
    paths = parquet_files(path)
    if not paths:
        raise DataError(
            f"There are no Parquet files at {path}.",
            remedy="Give a file, a folder or a pattern in quotes.",
        )
    column = image_column(paths[0])
    if not column:
        raise DataError(
            f"{paths[0]} has no column of embedded pictures.",
            remedy="It should have `image`, holding bytes or {bytes, path}; a catalogue needs its pictures beside it.",
        )
    files = [_read_file(p, column) for p in paths]
    store = ParquetStore(paths, column, _groups(files))
    table = _together(files, path)
    names = [n for f in files for n in _row_names(f, path)]
    splits = [s for f in files for s in _splits(f, path)]
    scheme, labels, chosen = _labels(table, files[0], label, path)
    records = _records(table, names, splits, labels, chosen, path)
    own = _own(files[0].table.schema)
    return DataSet(
        id=own.get("id") or (path.stem if path.exists() else path.parent.name),
        title=own.get("title") or f"{path.stem}, {len(records)} images",
        records=records,
        store=store,
        scheme=scheme,
        source=str(path),
    )


@dataclass(frozen=True)
class _File:
    """One file without its pictures."""

    path: Path
    table: pa.Table
    groups: tuple[int, ...]
    features: Mapping[str, Any]


def _read_file(path: Path, column: str) -> _File:
    try:
        file = pq.ParquetFile(path)
        require_columns(path, file.schema_arrow.names, wanted=(column,))
        rows = tuple(file.metadata.row_group(g).num_rows for g in range(file.num_row_groups))
        others = [n for n in file.schema_arrow.names if n != column]
        table = file.read(columns=others) if others else pa.table({"": pa.nulls(sum(rows))})
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    return _File(path, table, rows, _features(file.schema_arrow))


def _together(files: Sequence[_File], path: Path) -> pa.Table:
    try:
        return pa.concat_tables([f.table for f in files], promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(
            f"The Parquet files at {path} do not fit together: {error}.",
            remedy="They are several data sets: give them one at a time.",
        ) from error


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path} is not a readable Parquet file: {error}.", remedy="It is damaged: fetch it again."
    )


def _features(schema: pa.Schema) -> Mapping[str, Any]:
    """Hugging Face's description of the columns; empty where the file has none."""
    metadata = schema.metadata or {}
    try:
        return json.loads(metadata[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return {}


def _holds_bytes(type: pa.DataType) -> bool:
    if pa.types.is_struct(type):
        return any(f.name == "bytes" and _holds_bytes(f.type) for f in type)
    return pa.types.is_binary(type) or pa.types.is_large_binary(type)


def _groups(files: Sequence[_File]) -> tuple[tuple[int, int, int], ...]:
    out: list[tuple[int, int, int]] = []
    first = 0
    for f, file in enumerate(files):
        for g, rows in enumerate(file.groups):
            if rows:
                out.append((f, g, first))
            first += rows
    return tuple(out)


def _below(file: _File, path: Path) -> Path:
    return file.path.relative_to(path) if path.is_dir() else Path(file.path.name)


def _row_names(file: _File, path: Path) -> list[str]:
    """Names for rows without an id: the file's name and the row."""
    stem = _below(file, path).with_suffix("").as_posix()
    return [f"{stem}-{i}" for i in range(file.table.num_rows)]


def _splits(file: _File, path: Path) -> list[str]:
    """The column `split`, or else the split that the name of the file begins with, or that of its folder in the set."""
    if "split" in file.table.column_names:
        given = file.table.column("split").to_pylist()
        return ["" if s is None else split_name(str(s)) or str(s) for s in given]
    below = _below(file, path)
    named = split_name(below.stem.split("-")[0]) or split_name(below.parent.name)
    return [named] * file.table.num_rows


def _labels(
    table: pa.Table, file: _File, wanted: str | None, path: Path
) -> tuple[Scheme | None, list[str], str]:
    """The classes, the class of each row, and the column that they were read from."""
    declared = [
        c
        for c, f in file.features.items()
        if isinstance(f, dict) and f.get("_type") == "ClassLabel"
    ]
    candidates = [c for c in (*_LABELS, *declared) if c in table.column_names]
    if wanted is not None:
        require_columns(path, table.column_names, wanted=(wanted,))
        candidates = [wanted]
    if not candidates:
        return None, [""] * table.num_rows, ""
    column = candidates[0]
    feature = file.features.get(column)
    names = feature.get("names", ()) if isinstance(feature, dict) else ()
    written = _own(file.table.schema).get("scheme") if column == "label" else None
    own = Scheme.from_dict(written) if written else None
    scheme, labels = classes_of(
        table.column(column).to_pylist(),
        where=f"{column} of {path}",
        name=path.stem if column in _LABELS else column,
        names=own.ids if own else names,
        hint=galaxy10_hint(path.name),
    )
    return own or scheme, labels, column


def _own(schema: pa.Schema) -> Mapping[str, Any]:
    """What our own writer said of the set; empty for files of other makers."""
    return json.loads((schema.metadata or {}).get(PARQUET_SCHEME, b"{}"))


def _votes(table: pa.Table, path: Path) -> tuple[Float[ndarray, "n 37"] | None, set[str]]:
    """Cumulative fractions, and the columns that they were taken from or that repeat them."""
    columns = table.column_names
    if set(KAGGLE_COLUMNS) <= set(columns):
        return numbers_of(table, KAGGLE_COLUMNS, path=path), set(KAGGLE_COLUMNS)
    gz2 = {c for c in columns if c[:1] == "t" and c[1:3].isdigit() and c[3:4] == "_"}
    if not any(c.endswith("_weighted_fraction") for c in gz2):
        return None, set()
    return gz2_vote_table(numbers_of(table, gz2_vote_columns(columns), path=path)), gz2


def _first(columns: Sequence[str], candidates: Sequence[str]) -> str:
    return next((c for c in candidates if c in columns), "")


def _records(
    table: pa.Table,
    names: Sequence[str],
    splits: Sequence[str],
    labels: Sequence[str],
    label: str,
    path: Path,
) -> list[Record]:
    columns = table.column_names
    votes, voted = _votes(table, path)
    id, people = _first(columns, _IDS), _first(columns, _VOLUNTEERS)
    ids = ids_of(table, id, path=path) if id else list(names)
    require_unique(ids, path=path)
    counts = numbers_of(table, [people], path=path)[:, 0] if people else np.full(len(ids), np.nan)
    objects = _objects(table, ids, path)
    # What a record says in its own fields is left out of `info`.
    known = {id, people, label, "object", "split", "", *voted}
    info = table.select([c for c in columns if c not in known]).to_pylist()
    return [
        Record(
            i,
            labels[k],
            votes=None if votes is None or np.isnan(votes[k]).any() else votes[k],
            volunteers=float(counts[k]),
            split=splits[k],
            object=objects[k],
            info={c: v for c, v in info[k].items() if v is not None} if info else {},
        )
        for k, i in enumerate(ids)
    ]


def _objects(table: pa.Table, ids: Sequence[str], path: Path) -> list[str]:
    column = _first(table.column_names, _OBJECTS)
    if column:
        return ["" if v is None else str(v) for v in table.column(column).to_pylist()]
    if {"ra", "dec"} <= set(table.column_names):
        at = numbers_of(table, ("ra", "dec"), path=path)
        return [ids[int(g)] for g in sky_objects(at[:, 0], at[:, 1])]
    return [""] * len(ids)
