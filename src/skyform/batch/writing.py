"""Arrow tables appended to one result file: CSV, VOTable or FITS. Descriptions, units and UCDs go with the columns.

Null is an empty cell in CSV and VOTable; in FITS it is NaN, empty text, or the column's TNULL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from io import BytesIO
from typing import Any, Protocol
from warnings import catch_warnings, simplefilter

import numpy as np
import pyarrow as pa
from numpy import ndarray
from pyarrow.compute import ReplaceSubstringOptions, call_function

from skyform.batch.fields import column_name
from skyform.images.quiet import quiet

__all__ = ["CsvFile", "FitsFile", "Origin", "TableFile", "VoTableFile"]

_BLOCK = 2880
_CHUNK = 65_536
_OPENING, _CLOSING = b"<TABLEDATA>", b"</TABLEDATA>"
_ON_SKY = ("ra", "dec")
_NULLS = {"int32": -(2**31), "int64": -(2**63)}


@dataclass(frozen=True, slots=True)
class Origin:
    """What made the rows: the model as name@version, the fingerprint of its preprocessing, and Skyform's version."""

    model: str
    preprocessing: str
    skyform: str


class TableFile(Protocol):
    """A file that tables of one schema are appended to. The file itself is left open.

    Parameters
    ----------
    file : binary file
    schema : Schema
        With descriptions, units and UCDs in the fields' metadata.
    origin : Origin
        What made the rows, where the format has a place for that.
    rows : int
        How many there will be, where the format has to know.
    widths : mapping of column to int
        The longest text in each text column, where the format has to know.
    """

    def __init__(
        self, file: Any, schema: pa.Schema, *, origin: Origin, rows: int, widths: Mapping[str, int]
    ) -> None: ...

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        ...

    def finish(self) -> None:
        """Complete the file."""
        ...


class CsvFile:
    """Comma-separated values with one header line."""

    def __init__(
        self, file: Any, schema: pa.Schema, *, origin: Origin, rows: int, widths: Mapping[str, int]
    ) -> None:
        from pyarrow import csv

        options = csv.WriteOptions(quoting_style="needed")
        self._writer = csv.CSVWriter(file, schema, write_options=options)

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        self._writer.write_table(table)

    def finish(self) -> None:
        """Complete the file."""
        self._writer.close()


class VoTableFile:
    """A VOTable with its rows as text. astropy writes all but the rows, which it could only write from memory."""

    def __init__(
        self, file: Any, schema: pa.Schema, *, origin: Origin, rows: int, widths: Mapping[str, int]
    ) -> None:
        self._file = file
        frame = _votable_frame(schema, origin)
        self._file.write(frame[: frame.index(_OPENING)] + _OPENING + b"\n")
        self._tail = frame[frame.index(_CLOSING) :]

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        for batch in table.to_batches(max_chunksize=_CHUNK):
            cells = [_cells(column) for column in batch.columns]
            lines = call_function("binary_join_element_wise", [*cells, "</TD><TD>"]).to_pylist()
            rows = "".join(f"<TR><TD>{line}</TD></TR>\n" for line in lines)
            self._file.write(rows.encode("utf-8"))

    def finish(self) -> None:
        """Close all elements."""
        self._file.write(self._tail)


class FitsFile:
    """A FITS binary table. FITS text is ASCII by its standard, so other letters become backslash escapes."""

    def __init__(
        self, file: Any, schema: pa.Schema, *, origin: Origin, rows: int, widths: Mapping[str, int]
    ) -> None:
        from astropy.io import fits

        self._file, self._written = file, 0
        self._dtype = np.dtype([(f.name, _fits_type(f, widths)) for f in schema])
        with catch_warnings():
            # Names beyond FITS's advice but within its rules are the model's own classes'.
            simplefilter("ignore", fits.verify.VerifyWarning)
            header = _fits_header(schema, self._dtype, origin=origin, rows=rows)
        file.write(fits.PrimaryHDU().header.tostring().encode("ascii"))
        file.write(header.tostring().encode("ascii"))

    @staticmethod
    def width(column: pa.ChunkedArray) -> int:
        """Bytes that the longest text takes as ASCII."""
        texts = column.combine_chunks().drop_null().unique().to_pylist()
        return max((len(_ascii(t)) for t in texts), default=0)

    def add(self, table: pa.Table) -> None:
        """Append rows."""
        for start in range(0, len(table), _CHUNK):
            part = table.slice(start, _CHUNK)
            rows = np.zeros(len(part), self._dtype)
            for name in part.column_names:
                rows[name] = _fits_values(part[name].combine_chunks())
            data = rows.tobytes()
            self._file.write(data)
            self._written += len(data)

    def finish(self) -> None:
        """Fill the last block."""
        self._file.write(b"\0" * (-self._written % _BLOCK))


def _words(field: pa.Field, name: str) -> str:
    return (field.metadata or {}).get(name.encode(), b"").decode()


def _unit(field: pa.Field, format: str) -> str:
    """The unit as the standard of a format writes it; empty where it has no word for it, such as for `dex` or a misspelt one."""
    from astropy import units

    stated = _words(field, "unit")
    if not stated:
        return ""
    try:
        with quiet():
            unit: Any = units.Unit(stated)
            text: str = unit.to_string(format)
            same: Any = units.Unit(text, format=format)
    except (ValueError, TypeError, AttributeError):
        return ""
    # Readers disagree about numbers before a unit.
    return text if same == unit and not text[:1].isdigit() else ""


def _description(field: pa.Field, format: str) -> str:
    """What a column holds, with the unit as the catalogue states it where the format has no word for that."""
    said, stated = _words(field, "description"), _words(field, "unit")
    return f"{said} [{stated}]" if stated and not _unit(field, format) else said


def _votable_frame(schema: pa.Schema, origin: Origin) -> bytes:
    """A whole VOTable with one empty row: without any, astropy writes no place for them."""
    from astropy.io.votable import tree

    file = tree.VOTableFile(version="1.4")
    resource = tree.Resource(name="results")
    file.resources.append(resource)
    for name, value in (*asdict(origin).items(), ("date", _now())):
        resource.infos.append(tree.Info(name=name, value=value))
    frame = tree.CooSys(ID="icrs", system="ICRS")
    resource.coordinate_systems.append(frame)
    table = tree.TableElement(file, name="predictions")
    resource.tables.append(table)
    types = {"string": "unicodeChar", "int32": "int", "int64": "long"}
    types |= {"float": "float", "double": "double"}
    for f, id in zip(schema, _xml_ids(schema.names), strict=True):
        known = {"unit": _unit(f, "vounit") or None, "ucd": _words(f, "ucd") or None}
        text = {"arraysize": "*"} if pa.types.is_string(f.type) else {}
        if f.name in _ON_SKY:
            known["ref"] = frame.ID
        column = tree.Field(file, ID=id, name=f.name, datatype=types[str(f.type)], **known, **text)
        column.description = _description(f, "vounit")
        if str(f.type) in _NULLS:
            column.values = tree.Values(file, column, null=str(_NULLS[str(f.type)]))
        table.fields.append(column)
    table.create_arrays(1)
    out = BytesIO()
    file.to_xml(out, tabledata_format="tabledata")
    return out.getvalue()


def _xml_ids(names: Sequence[str]) -> list[str]:
    """An XML id for each name: the name itself wherever it can be one, for readers go by it."""
    ids: list[str] = []
    for name in names:
        id = column_name(name)
        id = f"_{id}" if id[:1].isdigit() else id
        while id in ids:
            id += "_"
        ids.append(id)
    return ids


def _cells(column: pa.Array) -> pa.Array:
    """Values as text for XML; null is empty."""
    if pa.types.is_string(column.type):
        for mark in "&<>":
            how = ReplaceSubstringOptions(mark, escape(mark))
            column = call_function("replace_substring", [column], how)
    else:
        column = column.cast(pa.string())
    return column.fill_null("")


def _fits_type(field: pa.Field, widths: Mapping[str, int]) -> str:
    if pa.types.is_string(field.type):
        return f"S{max(1, widths[field.name])}"
    return {"int32": ">i4", "int64": ">i8", "float": ">f4", "double": ">f8"}[str(field.type)]


def _fits_header(schema: pa.Schema, dtype: np.dtype[Any], *, origin: Origin, rows: int) -> Any:
    """The header of the table, from a table of one row that is not written."""
    from astropy.io import fits

    letters = {">i4": "J", ">i8": "K", ">f4": "E", ">f8": "D"}
    columns: list[Any] = []
    for f in schema:
        type = dtype[f.name]
        format = letters.get(type.str, f"{type.itemsize}A")
        columns.append(
            fits.Column(
                name=_ascii(f.name),
                format=format,
                unit=_ascii(_unit(f, "fits")) or None,
                null=_NULLS.get(str(f.type)),
            )
        )
    header = fits.BinTableHDU.from_columns(columns, nrows=0, name="PREDICTIONS").header
    header["NAXIS2"] = rows
    header["DATE"] = (_now(), "UTC, when the file was written")
    header["CREATOR"] = (_ascii(f"Skyform {origin.skyform}"), "what made the rows")
    header["MODEL"] = (_ascii(origin.model), "name@version")
    header["PREPROC"] = (_ascii(origin.preprocessing), "fingerprint of how pictures were prepared")
    header["RADESYS"] = ("ICRS", "of ra and dec")
    for i, f in enumerate(schema, start=1):
        header[f"TCOMM{i}"] = _ascii(_description(f, "fits"))
        if _words(f, "ucd"):
            header[f"TUCD{i}"] = _ascii(_words(f, "ucd"))
    return header


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _fits_values(column: pa.Array) -> ndarray:
    if pa.types.is_string(column.type):
        return np.array([_ascii(t or "").encode("ascii") for t in column.to_pylist()], np.bytes_)
    if pa.types.is_integer(column.type):
        return column.fill_null(_NULLS[str(column.type)]).to_numpy(zero_copy_only=False)
    return column.to_numpy(zero_copy_only=False)


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")
