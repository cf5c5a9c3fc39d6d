"""Catalogues as FITS tables and VOTables, through astropy."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, cast

import numpy as np

from skyform.batch.sources.addresses import is_remote
from skyform.batch.sources.files import Files
from skyform.batch.sources.perprocess import PerProcess
from skyform.batch.sources.pieces import Located, cut
from skyform.batch.sources.tables import Row, catalogue_column, damaged
from skyform.batch.sources.texts import compression_of, unpacked
from skyform.batch.sources.values import ColumnType
from skyform.errors import DataError, SkyformError
from skyform.images.quiet import quiet
from skyform.inference.tables import Column

__all__ = ["AstropyTable", "fits_source"]

Format = Literal["FITS", "VOTable"]


@dataclass(frozen=True)
class _Opened:
    """A table in memory, or mapped into it: an array with named columns, and how missing whole numbers are stored."""

    array: Any
    columns: tuple[Column, ...]
    nulls: Mapping[str, Any]


@dataclass(frozen=True)
class AstropyTable:
    """The first table of a FITS file, or of a VOTable.

    A FITS table on this machine is mapped, and read where it is looked at; a remote or compressed one, and a VOTable, is held in
    memory by every process that reads it.
    """

    file: Located
    files: Files
    format: Format
    columns: tuple[Column, ...] = ()
    rows: int = 0
    _table: PerProcess[_Opened] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        opening = partial(_open, self.file, self.files, self.format)
        object.__setattr__(self, "_table", PerProcess(opening))

    @classmethod
    def open(cls, file: Located, files: Files, *, format: Format) -> "AstropyTable":
        """Look at the columns.

        Raises
        ------
        DataError
            If there is no table in it, or it is damaged.
        """
        found = _open(file, files, format)
        return cls(file, files, format, found.columns, len(found.array))

    def pieces(self, size: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Slices of the rows."""
        return cut([((), self.rows)], size=size)

    def read(self, payload: Mapping[str, Any], names: Sequence[str]) -> Iterator[Row]:
        """The rows of those slices."""
        table = self._table.get()
        for start, stop in payload["slices"]:
            piece = table.array[start:stop]
            each = {n: _values(piece[n], table.nulls.get(n)) for n in names}
            for i in range(stop - start):
                yield Row(start + i, {n: v[i] for n, v in each.items()})


@contextmanager
def fits_source(file: Located, files: Files) -> Generator[Any, None, None]:
    """What astropy opens: the path of a file of this machine, which it can map into memory, or an open remote file, unpacked."""
    if not is_remote(file.address):
        yield file.address
        return
    with unpacked(file, files, compression_of(file, files)) as stream:
        yield stream


def _open(file: Located, files: Files, format: Format) -> _Opened:
    try:
        with quiet():
            return _open_fits(file, files) if format == "FITS" else _open_votable(file, files)
    except SkyformError:
        raise
    # Damaged headers and XML make astropy raise almost anything.
    except Exception as error:
        raise damaged(file, format, error) from error


def _open_fits(file: Located, files: Files) -> _Opened:
    from astropy.io import fits

    # What is mapped into memory stays when the file is closed.
    with fits_source(file, files) as source, fits.open(source) as hdus:
        table = next((h for h in hdus if isinstance(h, fits.BinTableHDU | fits.TableHDU)), None)
        if table is None:
            raise DataError(f"{file.path} is a FITS file without a table.")
        array: Any = table.data
        each: list[Any] = list(cast(Any, table.columns))
        columns = tuple(
            _column(c.name, array.dtype[i], unit=str(c.unit or "")) for i, c in enumerate(each)
        )
        nulls = {str(c.name): c.null for c in each if c.null is not None}
    return _Opened(array, columns, nulls)


def _open_votable(file: Located, files: Files) -> _Opened:
    from astropy.io.votable import parse_single_table

    with files.open(file.address) as stream:
        parsed: Any = parse_single_table(stream, verify="ignore")
    table = parsed.to_table(use_names_over_ids=True)
    columns = tuple(
        _column(
            name,
            np.dtype((column.dtype, column.shape[1:])),
            about=column.description,
            unit=str(column.unit or ""),
            ucd=column.meta.get("ucd"),
        )
        for name, column in table.columns.items()
    )
    return _Opened(table, columns, {})


def _column(
    name: str, dtype: Any, *, about: str | None = None, unit: str = "", ucd: str | None = None
) -> Column:
    kinds: dict[str, ColumnType] = {"i": "integer", "u": "integer", "b": "integer", "f": "number"}
    type = "text" if dtype.shape else kinds.get(dtype.kind, "text")
    told = " ".join((about or f"{name}, from the catalogue").split())
    return catalogue_column(name, type, about=told, ucd=ucd or "", unit=unit)


def _values(column: Any, null: Any) -> list[Any]:
    values = list(column)
    return values if null is None else [None if np.all(v == null) else v for v in values]
