"""A catalogue as a table that is read some rows at a time: the protocol, and Parquet."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
import pyarrow.parquet as pq

from skyform.batch.sources.files import Files
from skyform.batch.sources.pieces import Located, cut
from skyform.batch.sources.values import ColumnType
from skyform.errors import DataError
from skyform.inference.tables import Column

__all__ = [
    "ParquetTable",
    "Row",
    "Table",
    "arrow_type",
    "catalogue_column",
    "damaged",
    "open_parquet",
    "unit_of",
]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number from 0, and its values by column, or None where it could not be read."""

    number: int
    values: Mapping[str, Any] | None


@runtime_checkable
class Table(Protocol):
    """A table that another process can read on its own."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What it has."""
        ...

    @property
    def rows(self) -> int | None:
        """How many rows, where that is known without reading them."""
        ...

    def pieces(self, size: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Rows in pieces of at most `size`: how many, and what `read` needs to find them."""
        ...

    def read(self, payload: Mapping[str, Any], names: Sequence[str]) -> Iterator[Row]:
        """The rows of one piece, with the columns named."""
        ...


def catalogue_column(
    name: str, type: ColumnType, *, about: str = "", ucd: str = "", unit: str = ""
) -> Column:
    """A column of a catalogue, as it will be described in the results."""
    return Column(name, type, about or f"{name}, from the catalogue", ucd, decimals=15, unit=unit)


def unit_of(columns: Sequence[Column], name: str) -> str:
    """The unit that a table states for a column; empty where it states none."""
    return next((c.unit for c in columns if c.name == name), "")


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file without pictures: rows of its row groups."""

    file: Located
    files: Files
    groups: tuple[int, ...]
    columns: tuple[Column, ...]

    @classmethod
    def open(cls, file: Located, files: Files) -> "ParquetTable":
        """Read the footer.

        Raises
        ------
        DataError
            If it is damaged.
        """
        with open_parquet(file, files) as parquet:
            meta = parquet.metadata
            groups = tuple(meta.row_group(g).num_rows for g in range(meta.num_row_groups))
            columns = tuple(
                catalogue_column(f.name, arrow_type(f.type)) for f in parquet.schema_arrow
            )
        return cls(file, files, groups, columns)

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.groups)

    def pieces(self, size: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Slices of row groups."""
        return cut((((g,), rows) for g, rows in enumerate(self.groups)), size=size)

    def read(self, payload: Mapping[str, Any], names: Sequence[str]) -> Iterator[Row]:
        """The rows of those slices."""
        with open_parquet(self.file, self.files) as parquet:
            for group, start, stop in payload["slices"]:
                first = sum(self.groups[:group])
                try:
                    table = parquet.read_row_group(group, columns=list(names), use_threads=False)
                except (OSError, pa.ArrowException) as error:
                    raise damaged(self.file, "Parquet", error) from error
                values = table.slice(start, stop - start).to_pylist()
                yield from (Row(first + start + i, v) for i, v in enumerate(values))


@contextmanager
def open_parquet(file: Located, files: Files) -> Generator[pq.ParquetFile, None, None]:
    """An open Parquet file.

    Raises
    ------
    DataError
        If it is missing or damaged.
    """
    with files.open(file.address) as stream:
        try:
            # A buffer, so that a column of pictures comes in pieces and not as a whole row group.
            opened = pq.ParquetFile(stream, buffer_size=2**20, pre_buffer=False)
        except (OSError, pa.ArrowException) as error:
            raise damaged(file, "Parquet", error) from error
        yield opened


def arrow_type(type: pa.DataType) -> ColumnType:
    """What a column of this type is carried as."""
    if pa.types.is_integer(type) or pa.types.is_boolean(type):
        return "integer"
    return "number" if pa.types.is_floating(type) or pa.types.is_decimal(type) else "text"


def damaged(file: Located, kind: str, error: BaseException) -> DataError:
    """The error for a container that its library cannot read."""
    text = " ".join(str(error).split()).rstrip(".")
    return DataError(
        f"{file.path} is not a readable {kind} file: {text}.",
        remedy="It is damaged, or its download did not finish: fetch it again.",
    )
