"""All parts of a finished run as one file: FITS, VOTable or CSV, a part at a time, so that memory stays flat."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import pyarrow as pa
from pyarrow import parquet

from skyform.batch.places import Place
from skyform.batch.work import part_name
from skyform.batch.writing import CsvFile, FitsFile, Origin, TableFile, VoTableFile

__all__ = ["MERGED", "Format", "merge"]

Format = Literal["parquet", "fits", "votable", "csv"]
# The name of the merged file of each format; Parquet stays in its parts.
MERGED = {"fits": "predictions.fits", "votable": "predictions.vot", "csv": "predictions.csv"}
_WRITERS: dict[str, type[TableFile]] = {"fits": FitsFile, "votable": VoTableFile, "csv": CsvFile}


def merge(
    place: Place,
    format: Format,
    *,
    numbers: Iterable[int],
    origin: Origin,
    said: Callable[[int], None],
) -> str:
    """Write one file with the rows of all parts, in the order of the plan.

    Parameters
    ----------
    place : Place
    format : "fits", "votable" or "csv"
    numbers : iterable of int
        The parts; gone through twice.
    origin : Origin
        What made the rows.
    said : callable
        Told the number of rows so far after each part.

    Returns
    -------
    str
        Path of the file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    wanted = list(numbers)
    schema = _read_schema(place, wanted[0])
    name, rows = MERGED[format], 0
    widths, total = _widths(place, wanted, schema) if format == "fits" else ({}, 0)
    with place.writing(name) as file:
        writer = _WRITERS[format](file, schema, origin=origin, rows=total, widths=widths)
        for table in _tables(place, wanted):
            writer.add(table)
            rows += len(table)
            said(rows)
        writer.finish()
    return place.path(name)


def _read_schema(place: Place, number: int) -> pa.Schema:
    with place.open(part_name(number)) as file:
        return parquet.read_schema(file)


def _tables(place: Place, numbers: Iterable[int]) -> Iterator[pa.Table]:
    for number in numbers:
        with place.open(part_name(number)) as file:
            yield parquet.read_table(file)


def _widths(place: Place, numbers: Iterable[int], schema: pa.Schema) -> tuple[dict[str, int], int]:
    """The longest text of each text column, in bytes of ASCII, and the number of rows: a FITS header says both before the first row."""
    texts = [f.name for f in schema if pa.types.is_string(f.type)]
    widths, rows = dict.fromkeys(texts, 1), 0
    for number in numbers:
        with place.open(part_name(number)) as file:
            table = parquet.read_table(file, columns=texts)
        rows += len(table)
        for name in texts:
            widths[name] = max(widths[name], FitsFile.width(table[name]))
    return widths, rows
