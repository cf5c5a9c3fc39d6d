"""HDF5: rows of one array of pictures, with ids, positions and more in arrays of the same length (Galaxy10's layout)."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy import ndarray

from skyform.batch.items import Item, Part
from skyform.batch.sources.addresses import is_remote
from skyform.batch.sources.files import Files
from skyform.batch.sources.options import SourceOptions
from skyform.batch.sources.perprocess import OneOpen, PerProcess
from skyform.batch.sources.pieces import Located, cut, digest, failed, numbered, slices_of, stamp
from skyform.batch.sources.roles import Roles, roles_of
from skyform.batch.sources.tables import catalogue_column, damaged
from skyform.batch.sources.values import ColumnType
from skyform.errors import CorruptImageError, DataError, ImageError
from skyform.images import decode
from skyform.inference.tables import Column

__all__ = ["Hdf5Source"]

_USUAL = "images"
_CHANNELS = (1, 3, 4)
_SLAB_ROWS, _SLAB_BYTES = 64, 64 * 2**20
_KINDS: Mapping[str, ColumnType] = {"i": "integer", "u": "integer", "b": "integer", "f": "number"}


@dataclass(frozen=True)
class _Array:
    """The array of pictures in one file: its name, shape, and how many rows share a chunk."""

    name: str
    shape: tuple[int, ...]
    rows_together: int
    columns: tuple[Column, ...]

    @property
    def group(self) -> str:
        """Where it lies in the file, ending in `/`; empty for the root."""
        before, slash, _ = self.name.rpartition("/")
        return before + slash


@dataclass(frozen=True)
class Hdf5Source:
    """The rows of an array of pictures, shape (n, height, width) or (n, height, width, 1 | 3 | 4), in one or more files.

    Bytes are taken as RGB; grey and other numbers become RGB as `skyform.images.decode` shows arrays.
    """

    address: str
    located: tuple[Located, ...]
    files: Files
    arrays: tuple[_Array, ...]
    roles: Roles
    _open: PerProcess[OneOpen[Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        opening = partial(OneOpen[Any], partial(_opened, self.located, self.files))
        object.__setattr__(self, "_open", PerProcess(opening))

    @classmethod
    def open(
        cls, address: str, located: Sequence[Located], files: Files, *, options: SourceOptions
    ) -> "Hdf5Source":
        """Look at the arrays of each file.

        Raises
        ------
        DataError
            If a file is damaged or truncated, or has no array of pictures.
        """
        each = range(len(located))
        arrays = tuple(_look(located, files, f, options.dataset) for f in each)
        roles = roles_of(arrays[0].columns, options, where=located[0].path, path="")
        for file, array in zip(located, arrays, strict=True):
            missing = set(roles.names) - {c.name for c in array.columns}
            if missing:
                raise DataError(
                    f"{file.path} has no {sorted(missing)[0]!r}, which {located[0].path} has.",
                    remedy="Give files of one layout at a time.",
                )
        return cls(address, tuple(located), files, arrays, roles)

    @property
    def total(self) -> int | None:
        """All rows."""
        return sum(a.shape[0] for a in self.arrays)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is carried into the results."""
        return self.roles.keep

    @property
    def fingerprint(self) -> str:
        """Of the files' sizes and times, and of the arrays read."""
        shapes = [[a.name, a.shape] for a in self.arrays]
        return digest("hdf5", stamp(self.located, self.files), shapes, self.roles.names)

    def parts(self, size: int) -> Iterator[Part]:
        """Slices of the rows, none over two files; where rows share chunks, a slice ends where a chunk does."""
        each = (
            cut([((f,), a.shape[0])], size=_whole_chunks(size, a.rows_together))
            for f, a in enumerate(self.arrays)
        )
        return numbered(chain.from_iterable(each), size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The rows of one part."""
        for f, start, stop in slices_of(part):
            array = self.arrays[f]
            try:
                file = self._open.get().file(f)
            except DataError as error:
                yield from self._lost(f, range(start, stop), error)
                continue
            step = _slab(array)
            # Slabs begin where chunks do, so that each chunk is unpacked once.
            first = start - start % step
            for low in range(first, stop, step):
                yield from self._rows(file, f, max(low, start), min(low + step, stop))

    def _rows(self, file: Any, f: int, start: int, stop: int) -> Iterator[Item]:
        pictures = _rows_of(file[self.arrays[f].name], start, stop)
        names = self.roles.names
        group = self.arrays[f].group
        values = {n: _rows_of(file[group + n], start, stop) for n in names}
        for i, picture in enumerate(pictures):
            row = {n: None if isinstance(v[i], OSError) else v[i] for n, v in values.items()}
            yield self._item(f, start + i, picture, row)

    def _item(self, f: int, number: int, picture: Any, values: Mapping[str, Any]) -> Item:
        place = f"{self.located[f].name}#{number}"
        path = f"{self.located[f].path}#{number}"
        id, roles = self.roles.id_of(values, otherwise=place), self.roles
        sky, extra = roles.place_of(values), roles.extra_of(values)
        try:
            if isinstance(picture, OSError):
                raise _bad_row(path, picture)
            return Item(id, path, _rgb(picture), **sky, extra=extra)
        except ImageError as error:
            return failed(id, path, error, **sky, extra=extra)

    def _lost(self, f: int, rows: Iterable[int], error: DataError) -> Iterator[Item]:
        for number in rows:
            place = f"{self.located[f].name}#{number}"
            yield failed(place, f"{self.located[f].path}#{number}", error)


@contextmanager
def _opened(located: Sequence[Located], files: Files, number: int) -> Generator[Any, None, None]:
    import h5py

    file = located[number]
    with ExitStack() as closing:
        source: Any = file.address
        if is_remote(source):
            source = closing.enter_context(files.open(source))
        try:
            opened = closing.enter_context(h5py.File(source, "r"))
        except OSError as error:
            raise damaged(file, "HDF5", error) from error
        yield opened


def _look(located: Sequence[Located], files: Files, number: int, wanted: str | None) -> _Array:
    file = located[number]
    with _opened(located, files, number) as opened:
        found = _chosen(opened, file, wanted)
        array = opened[found]
        if not _is_pictures(array):
            raise DataError(
                f"{found} in {file.path} has shape {array.shape} and type {array.dtype}.",
                remedy="Pictures are (n, height, width) or (n, height, width, 3) of numbers: name their array with --dataset.",
            )
        group = array.parent
        columns = tuple(
            catalogue_column(name, _KINDS.get(column.dtype.kind, "text"))
            for name, column in group.items()
            if getattr(column, "shape", None) == array.shape[:1]
        )
        return _Array(found, array.shape, array.chunks[0] if array.chunks else 1, columns)


def _chosen(opened: Any, file: Located, wanted: str | None) -> str:
    arrays: list[str] = []
    pictures: list[str] = []

    def visit(name: str, thing: Any) -> None:
        if hasattr(thing, "shape"):
            arrays.append(name)
            if _is_pictures(thing):
                pictures.append(name)

    opened.visititems(visit)
    if wanted is not None:
        name = wanted.strip("/")
        if name in arrays:
            return name
    elif _USUAL in pictures:
        return _USUAL
    elif len(pictures) == 1:
        return pictures[0]
    held = ", ".join((pictures if wanted is None and pictures else arrays)[:20]) or "nothing"
    what = (
        "several arrays" if pictures and wanted is None else f"no array {wanted or 'of pictures'}"
    )
    raise DataError(
        f"{file.path} has {what}; it holds {held}.",
        remedy="Name the array of pictures, (n, height, width) or (n, height, width, 3), with --dataset.",
    )


def _is_pictures(array: Any) -> bool:
    shape = array.shape or ()
    plane = len(shape) == 3 or (len(shape) == 4 and shape[3] in _CHANNELS)
    return plane and array.dtype.kind in _KINDS


def _whole_chunks(size: int, rows_together: int) -> int:
    return size - size % rows_together if size >= rows_together else size


def _slab(array: _Array) -> int:
    """Rows to read together: whole chunks, or as many as fit a bounded piece of memory."""
    row = 8 * int(np.prod(array.shape[1:]))
    few = max(1, min(_SLAB_ROWS, _SLAB_BYTES // row))
    return max(array.rows_together, few - few % array.rows_together)


def _rows_of(array: Any, start: int, stop: int) -> ndarray | list[Any]:
    """Rows of an array; an `OSError` in place of each that is damaged."""
    try:
        return array[start:stop]
    except OSError:
        return [_row_of(array, i) for i in range(start, stop)]


def _row_of(array: Any, index: int) -> Any:
    try:
        return array[index]
    except OSError as error:
        return error


def _bad_row(path: str, error: OSError) -> CorruptImageError:
    return CorruptImageError(
        f"{path}: this row cannot be read ({' '.join(str(error).split())}).",
        remedy="The file is damaged there, or the connection broke: fetch it again.",
    )


def _rgb(picture: ndarray) -> ndarray:
    if picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[2] == 3:
        # A copy: a slab of rows lives as long as a view into it.
        return picture.copy()
    return decode(picture).rgb
