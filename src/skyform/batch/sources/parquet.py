"""Parquet with embedded pictures, by Hugging Face's convention: a column of {bytes, path}, or of bytes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa

from skyform.batch.items import Item, Part
from skyform.batch.sources.files import Files
from skyform.batch.sources.options import SourceOptions
from skyform.batch.sources.perprocess import PerProcess, Streams
from skyform.batch.sources.pieces import Located, cut, digest, failed, numbered, slices_of, stamp
from skyform.batch.sources.roles import Roles, roles_of
from skyform.batch.sources.tables import arrow_type, catalogue_column, open_parquet
from skyform.errors import CorruptImageError, DataError, NoImageDataError
from skyform.inference.tables import Column

__all__ = ["ParquetSource", "image_columns"]

_USUAL = "image"
_ROWS = 64  # that are unpacked at once
_FEW = 64  # files whose footers are read to count the rows


def image_columns(schema: pa.Schema) -> tuple[str, ...]:
    """The columns that hold bytes, alone or with a path."""
    return tuple(f.name for f in schema if _holds_bytes(f.type))


@dataclass(frozen=True)
class ParquetSource:
    """Embedded pictures of one or more Parquet files.

    A part is some row groups, or a slice of a large one. Slices of one group are fastest read one after the other by the same
    process, which then unpacks the group once.
    """

    address: str
    located: tuple[Located, ...]
    files: Files
    column: str
    roles: Roles
    _mine: PerProcess["_Mine"] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_mine", PerProcess(_Mine))

    @classmethod
    def open(
        cls, address: str, located: Sequence[Located], files: Files, *, options: SourceOptions
    ) -> "ParquetSource":
        """Look at the first file's columns; the others must have those that are used.

        Raises
        ------
        DataError
            If it is damaged, or has no column of pictures, or several and none is named.
        """
        first = located[0]
        with open_parquet(first, files) as parquet:
            schema = parquet.schema_arrow
        column = _picture_column(schema, first, options.image_column)
        columns = tuple(
            catalogue_column(f.name, arrow_type(f.type)) for f in schema if not _holds_bytes(f.type)
        )
        roles = roles_of(columns, options, where=first.path, path="")
        return cls(address, tuple(located), files, column, roles)

    @property
    def total(self) -> int | None:
        """All rows, by the files' footers; None where there are more than 64 files."""
        if len(self.located) > _FEW:
            return None
        return sum(sum(self._groups(f)) for f in range(len(self.located)))

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is carried into the results."""
        return self.roles.keep

    @property
    def fingerprint(self) -> str:
        """Of the files' names, sizes and times, and of the columns used."""
        return digest("parquet", stamp(self.located, self.files), self.column, self.roles.names)

    def parts(self, size: int) -> Iterator[Part]:
        """Row groups, gathered or sliced; a file's footer is read when its turn comes."""
        blocks = (
            ((f, g), rows)
            for f in range(len(self.located))
            for g, rows in enumerate(self._groups(f))
        )
        return numbered(cut(blocks, size=size), size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The rows of one part."""
        for f, group, start, stop in slices_of(part):
            try:
                first = sum(self._groups(f)[:group])
            except DataError as error:
                for i in range(start, stop):
                    place = f"#{group}.{i}"
                    yield failed(self.located[f].name + place, self.located[f].path + place, error)
                continue
            yield from self._rows(f, group, first, start, stop)

    def _rows(self, f: int, group: int, first: int, start: int, stop: int) -> Iterator[Item]:
        """A slice of one row group whose first row is the file's row `first`; what cannot be read comes as so many failures."""
        at = first + start
        opened = partial(self._unpacked, f, group)
        try:
            rows = self._mine.get().rows.slice(f, at, first + stop, opened=opened, base=first)
            for row in rows:
                yield self._item(f, at, row)
                at += 1
            why = "the file ends before it"
        except (OSError, pa.ArrowException, DataError) as error:
            why = " ".join(str(error).split())
        for number in range(at, first + stop):
            path = f"{self.located[f].path}#{number}"
            lost = CorruptImageError(
                f"{path}: this row cannot be read ({why}).",
                remedy="The file is damaged there, or the connection broke: fetch it again.",
            )
            yield failed(f"{self.located[f].name}#{number}", path, lost)

    def _item(self, f: int, number: int, row: Mapping[str, Any]) -> Item:
        path = f"{self.located[f].path}#{number}"
        roles = self.roles
        id = roles.id_of(row, otherwise=f"{self.located[f].name}#{number}")
        place, extra = roles.place_of(row), roles.extra_of(row)
        value = row.get(self.column)
        picture = value.get("bytes") if isinstance(value, dict) else value
        if picture:
            return Item(id, path, picture, **place, extra=extra)
        error = NoImageDataError(
            f"{path}: there is no picture in {self.column!r}.",
            remedy="Embed the pictures' bytes when the file is written.",
        )
        return failed(id, path, error, **place, extra=extra)

    def _unpacked(self, f: int, group: int) -> Iterator[Mapping[str, Any]]:
        """The rows of a file from one row group on."""
        names = list(dict.fromkeys((self.column, *self.roles.names)))
        with open_parquet(self.located[f], self.files) as parquet:
            # One by one, so that a damaged group takes no other with it.
            for g in range(group, parquet.num_row_groups):
                # Threads of pyarrow's own do not live on in a forked worker.
                for batch in parquet.iter_batches(_ROWS, [g], names, use_threads=False):
                    yield from batch.to_pylist()

    def _groups(self, f: int) -> tuple[int, ...]:
        """Rows of each row group of a file."""
        known = self._mine.get().groups
        if f not in known:
            with open_parquet(self.located[f], self.files) as parquet:
                meta = parquet.metadata
                known[f] = tuple(meta.row_group(g).num_rows for g in range(meta.num_row_groups))
        return known[f]


class _Mine:
    """What one process knows of the files: the rows of their row groups, and the rows that are being read."""

    def __init__(self) -> None:
        self.groups: dict[int, tuple[int, ...]] = {}
        self.rows = Streams[Mapping[str, Any]]()


def _picture_column(schema: pa.Schema, file: Located, wanted: str | None) -> str:
    found = image_columns(schema)
    if wanted is not None:
        if wanted in found:
            return wanted
        raise DataError(
            f"{wanted!r} is no column of embedded pictures in {file.path}.",
            remedy=f"Those are {', '.join(found) or 'missing'}.",
        )
    if _USUAL in found:
        return _USUAL
    if len(found) == 1:
        return found[0]
    raise DataError(
        f"{file.path} has {len(found) or 'no'} columns of embedded pictures{': ' if found else ''}{', '.join(found)}.",
        remedy="Name the one to use with --image-column."
        if found
        else "Name a column of paths with --path-column.",
    )


def _holds_bytes(type: pa.DataType) -> bool:
    if pa.types.is_struct(type):
        return any(f.name == "bytes" and _holds_bytes(f.type) for f in type)
    return pa.types.is_binary(type) or pa.types.is_large_binary(type)
