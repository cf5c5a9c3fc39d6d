"""Zip archives of pictures, in the order of the archive."""

import zipfile
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from skyform.batch.items import Item, Part
from skyform.batch.sources.addresses import is_hidden
from skyform.batch.sources.files import Files
from skyform.batch.sources.perprocess import OneOpen, PerProcess
from skyform.batch.sources.pieces import Located, cut, digest, failed, numbered, slices_of, stamp
from skyform.batch.sources.tables import damaged
from skyform.errors import (
    CorruptImageError,
    DataError,
    EmptyFileError,
    ImageError,
    SkyformError,
)
from skyform.images.limits import check_bytes
from skyform.inference.sources import PICTURE_SUFFIXES
from skyform.inference.tables import Column

__all__ = ["ZipSource"]

# What a damaged or encrypted member raises, or one compressed in a way that Python does not know.
_BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError)


@dataclass(frozen=True)
class ZipSource:
    """The pictures in one or more zip archives."""

    address: str
    located: tuple[Located, ...]
    files: Files
    counts: tuple[int, ...]
    _open: PerProcess[OneOpen["_Archive"]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        opening = partial(OneOpen[_Archive], partial(_opened, self.located, self.files))
        object.__setattr__(self, "_open", PerProcess(opening))

    @classmethod
    def open(cls, address: str, located: Sequence[Located], files: Files) -> "ZipSource":
        """Read the archives' tables of contents.

        Raises
        ------
        DataError
            If one is damaged or truncated, or there is no picture in any.
        """
        counts: list[int] = []
        for f in range(len(located)):
            with _opened(located, files, f) as archive:
                counts.append(len(archive.pictures))
        if not sum(counts):
            raise DataError(
                f"There are no pictures in {address}.",
                remedy=f"Pictures are files that end in {', '.join(PICTURE_SUFFIXES)}.",
            )
        return cls(address, tuple(located), files, tuple(counts))

    @property
    def total(self) -> int | None:
        """All of them."""
        return sum(self.counts)

    @property
    def columns(self) -> tuple[Column, ...]:
        """None of a catalogue's."""
        return ()

    @property
    def fingerprint(self) -> str:
        """Of the archives' names, sizes and times."""
        return digest("zip", stamp(self.located, self.files))

    def parts(self, size: int) -> Iterator[Part]:
        """Slices of the archives' tables of contents."""
        blocks = (((f,), n) for f, n in enumerate(self.counts))
        return numbered(cut(blocks, size=size), size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The pictures of one part."""
        for f, start, stop in slices_of(part):
            try:
                archive = self._open.get().file(f)
            except SkyformError as error:
                for i in range(start, stop):
                    place = f"#{i}"
                    yield failed(self.located[f].name + place, self.located[f].path + place, error)
                continue
            for info in archive.pictures[start:stop]:
                yield self._item(f, archive, info)

    def _item(self, f: int, archive: "_Archive", info: zipfile.ZipInfo) -> Item:
        place = f"#{info.filename}"
        id, path = self.located[f].name + place, self.located[f].path + place
        try:
            check_bytes(info.file_size, name=path, limits=self.files.limits)
            data = archive.file.read(info)
        except ImageError as error:
            return failed(id, path, error)
        except _BROKEN as error:
            lost = CorruptImageError(
                f"{path}: it cannot be unpacked ({' '.join(str(error).split())}).",
                remedy="The archive is damaged there, or encrypted: fetch it again, or unpack it and give the folder.",
            )
            return failed(id, path, lost)
        return (
            Item(id, path, data)
            if data
            else failed(id, path, EmptyFileError(f"{path}: it is empty (0 bytes)."))
        )


@dataclass(frozen=True)
class _Archive:
    """An open archive, and the pictures in it."""

    file: zipfile.ZipFile
    pictures: tuple[zipfile.ZipInfo, ...]


@contextmanager
def _opened(
    located: Sequence[Located], files: Files, number: int
) -> Generator[_Archive, None, None]:
    file = located[number]
    with ExitStack() as closing:
        stream: Any = closing.enter_context(files.open(file.address))
        try:
            archive = closing.enter_context(zipfile.ZipFile(stream))
        except (*_BROKEN, ValueError) as error:
            raise damaged(file, "zip", error) from error
        yield _Archive(archive, tuple(i for i in archive.infolist() if _is_picture(i)))


def _is_picture(info: zipfile.ZipInfo) -> bool:
    name = info.filename
    return not (info.is_dir() or is_hidden(name)) and name.lower().endswith(PICTURE_SUFFIXES)
