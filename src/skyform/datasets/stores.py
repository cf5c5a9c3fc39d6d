"""Stores: where the pictures of a data set lie, and how one is read without touching the others.

Every store can be pickled and shared between threads. What it holds open belongs to one process and is opened there on first
use: an HDF5, zip or Parquet file that a forked worker inherits would read from wherever its parent has moved the file pointer.
"""

import os
import zipfile
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import UInt8
from numpy import ndarray

from skyform.datasets.dataset import Stored
from skyform.errors import DataError

__all__ = ["ArrayStore", "FileStore", "Hdf5Store", "ParquetStore", "ZipStore"]

_T = TypeVar("_T")
# Blocks of pictures that came off the disk together; enough for a few row groups of large stamps.
_CACHE_BYTES = 256_000_000


class _PerProcess(Generic[_T]):
    """Something open that never crosses into another process: opened on first use, and anew after a fork or unpickling."""

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._mine: tuple[int, Lock, _T] | None = None

    def get(self) -> tuple[Lock, _T]:
        """The lock to hold while using it, and the thing."""
        mine = self._mine
        if mine is None or mine[0] != os.getpid():
            # Two threads may both come here once: one of the two is then dropped, which does no harm. A lock taken over from
            # the parent could be held for ever by a thread that the fork did not copy, so the lock is new as well.
            mine = self._mine = (os.getpid(), Lock(), self._make())
        return mine[1], mine[2]

    def __reduce__(self) -> tuple[Any, ...]:
        return (_PerProcess, (self._make,))


class _Blocks:
    """The blocks read last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._held

    def get(self, key: Hashable, load: Callable[[], tuple[Any, int]]) -> Any:
        """The block under a key; `load` gives it and its size in bytes."""
        if key not in self._held:
            self._held[key] = load()
            while len(self._held) > 1 and sum(n for _, n in self._held.values()) > self._limit:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return self._held[key][0]


@dataclass(frozen=True)
class ArrayStore:
    """Pictures in memory, for sets that are made and not read."""

    # Not `Stored`: its height and width would have to be the same for all.
    pictures: tuple[bytes | ndarray, ...] = field(repr=False)

    def read(self, index: int) -> Stored:
        """The picture at a position."""
        return self.pictures[index]


@dataclass(frozen=True)
class FileStore:
    """Picture files below a folder, by their paths relative to it."""

    root: Path
    names: tuple[str, ...] = field(repr=False)

    def read(self, index: int) -> bytes:
        """The file's bytes.

        Raises
        ------
        DataError
            If the file is gone or cannot be read.
        """
        path = self.root / self.names[index]
        try:
            return path.read_bytes()
        except OSError as error:
            raise DataError(
                f"{path} cannot be read: {error.strerror or error}.",
                remedy="It was there when the set was opened; open the set again.",
            ) from error


def _open_zip(path: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


@dataclass(frozen=True)
class ZipStore:
    """Picture files inside a zip archive, read without unpacking it."""

    path: Path
    names: tuple[str, ...] = field(repr=False)
    _file: _PerProcess[zipfile.ZipFile] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_file", _PerProcess(partial(_open_zip, self.path)))

    def read(self, index: int) -> bytes:
        """The member's bytes.

        Raises
        ------
        DataError
            If the archive or the member is damaged or gone.
        """
        try:
            lock, archive = self._file.get()
            with lock:
                return archive.read(self.names[index])
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, KeyError) as error:
            raise DataError(
                f"{self.names[index]} in {self.path} cannot be read: {error}.",
                remedy="Fetch the archive again, or unpack it and give the folder.",
            ) from error


@dataclass
class _OpenHdf5:
    """One open HDF5 array, and how many rows come off the disk together."""

    images: Any
    rows: int
    blocks: _Blocks
    last: int = -2

    def row(self, index: int) -> ndarray:
        """One row. Its neighbours are unpacked for keeps only where rows are asked for in order: it takes twice as long."""
        first, following = index - index % self.rows, index == self.last + 1
        self.last = index
        if self.rows > 1 and (following or first in self.blocks):
            return self.blocks.get(first, partial(self._block, first))[index - first].copy()
        return self.images[index]

    def _block(self, first: int) -> tuple[ndarray, int]:
        block: ndarray = self.images[first : first + self.rows]
        return block, block.nbytes


def _open_hdf5(path: Path, name: str) -> _OpenHdf5:
    import h5py

    images: Any = h5py.File(path, "r")[name]
    return _OpenHdf5(images, images.chunks[0] if images.chunks else 1, _Blocks(_CACHE_BYTES))


@dataclass(frozen=True)
class Hdf5Store:
    """The rows of an array of pictures, shape (n, side, side, 3), in an HDF5 file.

    Where its writer left the layout to the library, each chunk of a file holds pieces of many pictures. Reading one picture then unpacks
    all its neighbours too: in order every chunk is unpacked once, at random each time anew. `skyform datasets convert` writes
    layouts that are fast in any order.
    """

    path: Path
    name: str = "images"
    _file: _PerProcess[_OpenHdf5] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_file", _PerProcess(partial(_open_hdf5, self.path, self.name)))

    @property
    def rows_together(self) -> int:
        """How many pictures share a chunk, and come off the disk together; 1 is fast in any order."""
        return self._file.get()[1].rows

    def read(self, index: int) -> UInt8[ndarray, "height width 3"]:
        """One picture, as a copy of its own.

        Raises
        ------
        DataError
            If the file is damaged where the picture lies, or gone.
        """
        try:
            lock, file = self._file.get()
            with lock:
                return file.row(index)
        except (OSError, KeyError, RuntimeError) as error:
            raise DataError(
                f"Picture {index} in {self.path} cannot be read: {error}.",
                remedy="The file is damaged or not complete: fetch it again and check its SHA-256.",
            ) from error


@dataclass
class _OpenParquet:
    """Parquet files opened so far, and the row groups read last."""

    files: dict[int, pq.ParquetFile]
    blocks: _Blocks


def _open_parquet() -> _OpenParquet:
    return _OpenParquet({}, _Blocks(_CACHE_BYTES))


@dataclass(frozen=True)
class ParquetStore:
    """The pictures of one column over one or more Parquet files: a row group is read at a time, the last few are kept.

    `groups` holds for each row group its file, its number in that file, and the first row of the set that it holds.
    """

    paths: tuple[Path, ...]
    column: str
    groups: tuple[tuple[int, int, int], ...] = field(repr=False)
    _open: _PerProcess[_OpenParquet] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_open", _PerProcess(_open_parquet))

    def read(self, index: int) -> bytes:
        """The encoded picture.

        Raises
        ------
        DataError
            If the row holds no picture, or the file is damaged or gone.
        """
        at = bisect_right(self.groups, index, key=_first_row) - 1
        file, group, first = self.groups[at]
        try:
            lock, opened = self._open.get()
            with lock:
                block = opened.blocks.get(at, partial(self._load, opened, file, group))
                value = block[index - first].as_py()
        except (OSError, pa.ArrowException) as error:
            raise DataError(
                f"Row group {group} of {self.paths[file]} cannot be read: {error}.",
                remedy="The file is damaged: fetch it again.",
            ) from error
        picture = value.get("bytes") if isinstance(value, dict) else value
        if not picture:
            raise DataError(
                f"Row {index} of {self.paths[file].name} holds no picture in {self.column!r}.",
                remedy="Embed the pictures' bytes in the file when writing it.",
            )
        return picture

    def _load(self, opened: _OpenParquet, file: int, group: int) -> tuple[Any, int]:
        if file not in opened.files:
            opened.files[file] = pq.ParquetFile(self.paths[file])
        # Threads of pyarrow's own do not live on in a forked worker.
        table = opened.files[file].read_row_group(group, columns=[self.column], use_threads=False)
        return table.column(0), table.nbytes


def _first_row(group: tuple[int, int, int]) -> int:
    return group[2]
