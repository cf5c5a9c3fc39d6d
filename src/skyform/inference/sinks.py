"""One class for each kind of result file: takes rows, writes bytes.

Null is an empty cell in CSV and VOTable, `null` in JSON and Parquet, NaN or the column's TNULL in FITS.
"""

import csv
import json
from array import array
from collections.abc import Sequence
from html import escape
from io import BufferedIOBase
from typing import Any, Protocol
from warnings import catch_warnings, simplefilter

import numpy as np

from skyform.inference.tables import Column, Value

__all__ = [
    "CsvSink",
    "FitsSink",
    "JsonLinesSink",
    "JsonSink",
    "ParquetSink",
    "Sink",
    "VoTableSink",
]

_ROW_GROUP = 5_000
_NULL_INTEGER = -1  # no class has this number


class Sink(Protocol):
    """Where rows go."""

    def add(self, values: dict[str, Value]) -> None:
        """Write one row."""
        ...

    def finish(self) -> None:
        """Complete the file, whatever number of rows it has; the file itself is left open."""
        ...


class _TextSink:
    """UTF-8 text in a binary file."""

    def __init__(self, file: BufferedIOBase, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._file = file

    def write(self, text: str) -> int:
        """Append text."""
        return self._file.write(text.encode("utf-8"))

    def finish(self) -> None:
        """Nothing is held back here."""


class CsvSink(_TextSink):
    """Comma-separated values with one header line; plain decimals, never exponents."""

    def __init__(self, file: BufferedIOBase, columns: tuple[Column, ...]) -> None:
        super().__init__(file, columns)
        self._writer = csv.writer(self, lineterminator="\n")
        self._writer.writerow(c.name for c in columns)

    def add(self, values: dict[str, Value]) -> None:
        """Write one row."""
        self._writer.writerow(_cell(values[c.name], c) for c in self._columns)


class JsonLinesSink(_TextSink):
    """One JSON object on each line."""

    def add(self, values: dict[str, Value]) -> None:
        """Write one row."""
        self.write(_json(values) + "\n")


class JsonSink(_TextSink):
    """One JSON array of objects, one on each line."""

    def __init__(self, file: BufferedIOBase, columns: tuple[Column, ...]) -> None:
        super().__init__(file, columns)
        self._opening = "[\n"

    def add(self, values: dict[str, Value]) -> None:
        """Write one row."""
        self.write(self._opening + _json(values))
        self._opening = ",\n"

    def finish(self) -> None:
        """Close the array."""
        self.write("[]\n" if self._opening == "[\n" else "\n]\n")
        super().finish()


def arrow_schema(columns: Sequence[Column]) -> Any:
    """The columns as Arrow fields, with descriptions and UCDs in their metadata."""
    import pyarrow as pa

    types = {"text": pa.string(), "integer": pa.int32(), "number": pa.float64()}
    return pa.schema(
        pa.field(c.name, types[c.type], metadata={"description": c.description, "ucd": c.ucd})
        for c in columns
    )


class ParquetSink:
    """Apache Parquet, compressed with zstd, in groups of 5,000 rows; descriptions and UCDs in the fields' metadata."""

    def __init__(self, file: BufferedIOBase, columns: tuple[Column, ...]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._schema = arrow_schema(columns)
        self._make_batch = pa.RecordBatch.from_pylist
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[dict[str, Value]] = []

    def add(self, values: dict[str, Value]) -> None:
        """Keep one row until a group is full."""
        self._rows.append(values)
        if len(self._rows) == _ROW_GROUP:
            self._write_group()

    def finish(self) -> None:
        """Write the last group and the footer."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        self._writer.write_batch(self._make_batch(self._rows, schema=self._schema))
        self._rows = []


class VoTableSink(_TextSink):
    """A VOTable 1.4 with its rows as text (TABLEDATA)."""

    def __init__(self, file: BufferedIOBase, columns: tuple[Column, ...]) -> None:
        super().__init__(file, columns)
        fields = "".join(f"{_votable_field(c)}\n" for c in columns)
        self.write(
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
            '<RESOURCE type="results">\n<TABLE name="predictions">\n'
            f"{fields}<DATA><TABLEDATA>\n"
        )

    def add(self, values: dict[str, Value]) -> None:
        """Write one row."""
        cells = "".join(f"<TD>{escape(_cell(values[c.name], c))}</TD>" for c in self._columns)
        self.write(f"<TR>{cells}</TR>\n")

    def finish(self) -> None:
        """Close all elements."""
        self.write("</TABLEDATA></DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n")
        super().finish()


class FitsSink:
    """A FITS binary table. FITS text is ASCII by its standard, so other letters become backslash escapes."""

    def __init__(self, file: BufferedIOBase, columns: tuple[Column, ...]) -> None:
        self._file = file
        self._columns = columns
        self._stores: dict[str, Any] = {
            c.name: {"text": list, "integer": _integers, "number": _doubles}[c.type]()
            for c in columns
        }

    def add(self, values: dict[str, Value]) -> None:
        """Keep one row, compactly, until the end."""
        for column in self._columns:
            value = values[column.name]
            if column.type == "text":
                value = _ascii("" if value is None else str(value)).encode("ascii")
            elif value is None:
                value = _NULL_INTEGER if column.type == "integer" else float("nan")
            self._stores[column.name].append(value)

    def finish(self) -> None:
        """Write the table."""
        from astropy.io import fits

        with catch_warnings():
            # Kaggle's column names have a dot in them, against FITS's advice but within its rules.
            simplefilter("ignore", fits.verify.VerifyWarning)
            table = fits.BinTableHDU.from_columns(
                [self._fits_column(c) for c in self._columns], name="PREDICTIONS"
            )
            for i, column in enumerate(self._columns, start=1):
                table.header[f"TCOMM{i}"] = _ascii(column.description)
                table.header[f"TUCD{i}"] = column.ucd
            fits.HDUList([fits.PrimaryHDU(), table]).writeto(self._file)

    def _fits_column(self, column: Column) -> Any:
        from astropy.io import fits

        store, name = self._stores.pop(column.name), _ascii(column.name)
        if column.type == "text":
            texts = np.array(store, dtype=np.bytes_)
            width = max(1, texts.dtype.itemsize)
            return fits.Column(name=name, format=f"{width}A", array=texts)
        if column.type == "integer":
            numbers = np.frombuffer(store, dtype=np.int32)
            return fits.Column(name=name, format="J", null=_NULL_INTEGER, array=numbers)
        return fits.Column(name=name, format="D", array=np.frombuffer(store, np.float64))


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _integers() -> "array[int]":
    return array("i")


def _doubles() -> "array[float]":
    return array("d")


def _cell(value: Value, column: Column) -> str:
    if value is None:
        return ""
    return f"{value:.{column.decimals}f}" if isinstance(value, float) else str(value)


def _json(values: dict[str, Value]) -> str:
    return json.dumps(values, ensure_ascii=False, allow_nan=False)


def _votable_field(column: Column) -> str:
    types = {
        "text": 'datatype="unicodeChar" arraysize="*"',
        "integer": 'datatype="int"',
        "number": 'datatype="double"',
    }
    null = f'<VALUES null="{_NULL_INTEGER}"/>' if column.type == "integer" else ""
    return (
        f'<FIELD name="{escape(column.name)}" {types[column.type]} ucd="{escape(column.ucd)}">'
        f"<DESCRIPTION>{escape(column.description)}</DESCRIPTION>{null}</FIELD>"
    )
