"""Catalogues as tables: CSV (also compressed or in a zip archive), FITS and Parquet, with ids read as text."""

import zipfile
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from jaxtyping import Float
from numpy import ndarray

from skyform.datasets.pictures import first_five, is_zip
from skyform.errors import DataError

__all__ = [
    "column_names",
    "ids_of",
    "is_table",
    "numbers_of",
    "read_table",
    "require_columns",
    "require_unique",
]

_ENDINGS = (".csv", ".csv.gz", ".csv.zip", ".fit", ".fits", ".fits.gz", ".parquet")


def is_table(path: Path) -> bool:
    """Whether a file's name says that it is a catalogue that we read."""
    return path.is_file() and path.name.lower().endswith(_ENDINGS)


def column_names(path: Path) -> tuple[str, ...]:
    """The names of a catalogue's columns, without reading it.

    Raises
    ------
    DataError
        If it is no table that we read.
    """
    kind = _kind(path)
    try:
        if kind == "parquet":
            return tuple(pq.read_schema(path).names)
        if kind == "fits":
            return _fits_names(path)
        with csv.open_csv(_csv_source(path)) as reader:
            return tuple(reader.schema.names)
    except (OSError, pa.ArrowException, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from error


def read_table(
    path: Path, columns: Sequence[str], *, text: Iterable[str] = (), numbers: Iterable[str] = ()
) -> pa.Table:
    """Some columns of a catalogue.

    Parameters
    ----------
    path : Path
        CSV (plain, gzip or zip), FITS (the first table in it) or Parquet.
    columns : sequence of str
        What to read; each must be there.
    text : iterable of str
        Columns that are ids: read as text, so that a number keeps all its digits and its leading zeros.
    numbers : iterable of str
        Columns that are measured: read as floating point, whatever the first rows look like.

    Raises
    ------
    DataError
        If the file is damaged or lacks a column.
    """
    require_columns(path, column_names(path), wanted=columns)
    kind = _kind(path)
    try:
        if kind == "parquet":
            return pq.read_table(path, columns=list(columns))
        if kind == "fits":
            return _read_fits(path, columns)
        types = {c: pa.string() for c in text} | {c: pa.float64() for c in numbers}
        options = csv.ConvertOptions(include_columns=list(columns), column_types=types)
        return csv.read_csv(_csv_source(path), convert_options=options)
    except (OSError, pa.ArrowException, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from error


def require_columns(path: Path, present: Sequence[str], *, wanted: Sequence[str]) -> None:
    """Refuse a table that lacks columns, naming them.

    Raises
    ------
    DataError
        If one of the wanted columns is not among those present.
    """
    missing = [c for c in wanted if c not in present]
    if missing:
        raise DataError(
            f"{path} has no column {first_five(missing)}.",
            remedy=f"It has {first_five(list(present)) if present else 'none at all'}.",
        )


def ids_of(table: pa.Table, column: str, *, path: Path) -> list[str]:
    """A column of ids as text.

    Raises
    ------
    DataError
        If ids are missing, or are floating-point numbers, which cannot hold the eighteen digits of an SDSS id.
    """
    values = table.column(column)
    if pa.types.is_floating(values.type):
        raise DataError(
            f"{column} of {path} holds floating-point numbers, which drop the last digits of long ids.",
            remedy="Fetch the catalogue again, and don't save it from a spreadsheet.",
        )
    if values.null_count:
        raise DataError(f"{column} of {path} is empty in {values.null_count} rows.")
    return [v.strip() if isinstance(v, str) else str(v) for v in values.to_pylist()]


def require_unique(ids: Sequence[str], *, path: Path) -> None:
    """Refuse ids that occur more than once.

    Raises
    ------
    DataError
        If an id is there twice.
    """
    seen: set[str] = set()
    twice = [i for i in ids if i in seen or seen.add(i)]
    if twice:
        raise DataError(
            f"{path} has ids more than once: {first_five(twice)}.",
            remedy="Each picture must have one row.",
        )


def numbers_of(table: pa.Table, columns: Sequence[str], *, path: Path) -> Float[ndarray, "n k"]:
    """Columns of numbers side by side, NaN where empty.

    Raises
    ------
    DataError
        If a column holds something else.
    """
    out = np.empty((table.num_rows, len(columns)))
    for k, name in enumerate(columns):
        try:
            values = table.column(name).cast(pa.float64())
        except pa.ArrowException as error:
            raise DataError(
                f"{name} of {path} holds values that are not numbers: {error}."
            ) from error
        out[:, k] = values.to_numpy()
    return out


def _kind(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    if head.startswith(b"PAR1"):
        return "parquet"
    return "fits" if head == b"SIMPLE  =" or path.name.lower().endswith(".fits.gz") else "csv"


def _csv_source(path: Path) -> Any:
    """What pyarrow reads a CSV file from; it unpacks gzip by the name's ending itself."""
    if not is_zip(path):
        return str(path)
    with zipfile.ZipFile(path) as archive:
        inside = [
            n for n in archive.namelist() if n.lower().endswith(".csv") and "__MACOSX" not in n
        ]
        if len(inside) != 1:
            raise DataError(
                f"{path} holds {len(inside)} CSV files; it should hold one.",
                remedy="Unpack it and give the CSV file.",
            )
        return BytesIO(archive.read(inside[0]))


def _unreadable(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path} is not a readable table: {error}.",
        remedy="Skyform reads catalogues as CSV, FITS and Parquet. If it is one, it is damaged: fetch it again.",
    )


def _fits_names(path: Path) -> tuple[str, ...]:
    from astropy.io import fits

    with fits.open(path) as file:
        return tuple(_first_table(file, path).columns.names)


def _read_fits(path: Path, columns: Sequence[str]) -> pa.Table:
    from astropy.io import fits

    with fits.open(path, memmap=False) as file:
        data = _first_table(file, path).data
        arrays = {c: np.asarray(data[c]) for c in columns}
    # FITS numbers are big-endian, which Arrow does not take.
    return pa.table(
        {
            c: v.tolist() if v.dtype.kind in "SU" else v.astype(v.dtype.newbyteorder("="))
            for c, v in arrays.items()
        }
    )


def _first_table(file: Any, path: Path) -> Any:
    from astropy.io import fits

    for part in file:
        if isinstance(part, fits.BinTableHDU | fits.TableHDU):
            return part
    raise DataError(
        f"{path} is a FITS file without a table.", remedy="Give the catalogue, not an image."
    )
