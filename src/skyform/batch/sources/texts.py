"""Catalogues and lists in text: CSV with any of the usual separators, and one path on each line.

A piece of a plain file is a place in it, so that the millionth row is found as fast as the first. A compressed file has no places
to go to: whoever reads it goes through it from the start, once.
"""

import bz2
import csv
import gzip
import lzma
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from skyform.batch.sources.files import Files
from skyform.batch.sources.perprocess import PerProcess, Streams
from skyform.batch.sources.pieces import Located
from skyform.batch.sources.tables import Row, catalogue_column
from skyform.batch.sources.values import guess, type_of_texts
from skyform.errors import DataError
from skyform.inference.tables import Column

__all__ = ["TextTable", "compression_of", "unpacked"]

_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz"}

_SEPARATORS = ",\t;|"
_LOOKED_AT = 1000  # rows that decide what the columns hold
_LONGEST_LINE = 2**20
# What a compressed file raises where it is cut or damaged.
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)
_Record = tuple[int, list[str] | None]


def compression_of(file: Located, files: Files) -> str:
    """How a file is compressed, by its first bytes: `gzip`, `bzip2`, `xz`, or empty.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    with files.open(file.address) as stream:
        try:
            head = stream.read(6)
        except OSError as error:
            raise DataError(f"{file.path} cannot be read: {error}.") from error
    return next((c for magic, c in _COMPRESSED.items() if head.startswith(magic)), "")


@contextmanager
def unpacked(file: Located, files: Files, compression: str) -> Generator[Any, None, None]:
    """An open file, or what is in it where it is compressed by gzip, bzip2 or xz; an empty `compression` is none."""
    with files.open(file.address) as stream:
        if not compression:
            yield stream
            return
        source: Any = stream
        opened = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}[compression]
        with opened(source, "rb") as inside:
            yield inside


@dataclass(frozen=True)
class TextTable:
    """A text file of rows.

    Parameters
    ----------
    file : Located
    files : Files
    separator : str
        Between fields; empty for a list, whose lines are one field each.
    columns : tuple of Column
    start : int
        Where the rows begin, in bytes.
    compression : str
        `gzip`, `bzip2`, `xz` or empty.
    """

    file: Located
    files: Files
    separator: str
    columns: tuple[Column, ...]
    start: int = 0
    compression: str = ""
    _streams: PerProcess[Streams[_Record]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_streams", PerProcess[Streams[_Record]](Streams))

    @classmethod
    def open(cls, file: Located, files: Files, *, compression: str = "") -> "TextTable":
        """Look at the header, and at the first thousand rows for what the columns hold.

        Raises
        ------
        DataError
            If there is no header.
        """
        with unpacked(file, files, compression) as stream:
            names, separator, start = _header(stream, file)
            stream.seek(start)
            records = [r for _, r in islice(_records(stream, separator), _LOOKED_AT) if r]
        each = {n: [r[i] for r in records if len(r) > i] for i, n in enumerate(names)}
        columns = tuple(catalogue_column(n, type_of_texts(texts)) for n, texts in each.items())
        return cls(file, files, separator, columns, start, compression)

    @classmethod
    def listed(cls, file: Located, files: Files, *, compression: str = "") -> "TextTable":
        """A list: one column, `path`."""
        path = catalogue_column("path", "text", about="As the list has it")
        return cls(file, files, "", (path,), compression=compression)

    @property
    def rows(self) -> int | None:
        """None: the lines have not been counted."""
        return None

    def pieces(self, size: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Rows by where the first of them begins."""
        with unpacked(self.file, self.files, self.compression) as stream:
            row = 0
            records = self._from(stream, self.start)
            while places := [at for at, _ in islice(records, size)]:
                yield len(places), {"at": places[0], "row": row, "rows": len(places)}
                row += len(places)

    def read(self, payload: Mapping[str, Any], names: Sequence[str]) -> Iterator[Row]:
        """Those rows."""
        row, rows = payload["row"], payload["rows"]
        wanted = {n: i for i, n in enumerate(c.name for c in self.columns) if n in set(names)}
        for number, record in enumerate(self._slice(payload["at"], row, rows), start=row):
            if record is None:
                yield Row(number, None)
            else:
                yield Row(number, {n: _field(record, i) for n, i in wanted.items()})

    def _slice(self, at: int, row: int, rows: int) -> Iterator[list[str] | None]:
        if self.compression:
            streams = self._streams.get()
            for _, record in streams.slice(self.file, row, row + rows, opened=self._all):
                yield record
            return
        with unpacked(self.file, self.files, "") as stream:
            for _, record in islice(self._from(stream, at), rows):
                yield record

    def _all(self) -> Iterator[_Record]:
        with unpacked(self.file, self.files, self.compression) as stream:
            yield from self._from(stream, self.start)

    def _from(self, stream: Any, at: int) -> Iterator[_Record]:
        stream.seek(at)
        return _records(stream, self.separator)


class _Lines:
    """Lines of an open file as text, and the place where the next one begins."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.at: int = stream.tell()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line: bytes = self.stream.readline()
        if not line:
            raise StopIteration
        self.at += len(line)
        # A path may hold any bytes.
        return line.decode("utf-8", "surrogateescape")


def _records(stream: Any, separator: str) -> Iterator[_Record]:
    """Each record and the place where it begins; None for one that cannot be read, with which a damaged file ends."""
    lines = _Lines(stream)
    reader = _reader(lines, separator)
    while True:
        at = lines.at
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield at, None
            continue
        except _BROKEN:
            yield at, None
            return
        if record and not (separator and record[0].startswith("#")):
            yield at, record


def _reader(lines: Iterator[str], separator: str) -> Iterator[list[str]]:
    if separator:
        return csv.reader(lines, delimiter=separator, skipinitialspace=separator == " ")
    # As it stands: spaces may belong to a name.
    return ([name] if name.strip() else [] for name in (line.rstrip("\r\n") for line in lines))


def _header(stream: Any, file: Located) -> tuple[list[str], str, int]:
    """Names of the columns, the separator, and where the rows begin. Comments may stand above, and may hold the names."""
    comment, at = "", 0
    while True:
        try:
            line: bytes = stream.readline(_LONGEST_LINE)
        except _BROKEN as error:
            raise DataError(f"{file.path} is damaged: {error}.") from error
        text = line.decode("utf-8-sig" if at == 0 else "utf-8", "surrogateescape").strip("\r\n")
        if not line:
            raise DataError(f"{file.path} has no row with the names of its columns.")
        if text.strip() and not text.startswith("#"):
            break
        comment, at = text.lstrip("# ") or comment, at + len(line)
    separator = _separator(text)
    names, above = _split(text, separator), _split(comment, separator)
    if len(above) == len(names) and _is_header(above, rather_than=names):
        return above, separator, at
    return names, separator, at + len(line)


def _separator(header: str) -> str:
    """What stands most often between the names; a space only where nothing else does, since names may have spaces."""
    most = max(_SEPARATORS, key=header.count)
    if most in header:
        return most
    return " " if " " in header.strip() else ","


def _is_header(above: list[str], *, rather_than: list[str]) -> bool:
    has_numbers = any(type_of_texts([n]) != "text" for n in rather_than)
    return has_numbers or bool(guess("path", above) and not guess("path", rather_than))


def _split(text: str, separator: str) -> list[str]:
    found = next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])
    return [n.strip() for n in found]


def _field(record: list[str], index: int) -> str | None:
    return record[index] if index < len(record) else None
