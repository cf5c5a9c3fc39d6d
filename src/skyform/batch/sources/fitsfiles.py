"""FITS files with many pictures: cubes whose planes are pictures, and files of many extensions.

Each picture is handed on as a FITS file of its own, so that it is stretched as it would be alone.
"""

import io
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np

from skyform.batch.items import Item, Part
from skyform.batch.sources.astrotables import fits_source
from skyform.batch.sources.files import Files
from skyform.batch.sources.perprocess import OneOpen, PerProcess
from skyform.batch.sources.pieces import Located, cut, digest, failed, numbered, slices_of, stamp
from skyform.batch.sources.tables import damaged
from skyform.errors import CorruptImageError, DataError, SkyformError
from skyform.images.fits import is_auxiliary
from skyform.images.quiet import quiet
from skyform.inference.tables import Column

__all__ = ["FitsSource"]

_MOST_BANDS = 5  # as `skyform.images` combines
_SPECTRAL = ("AWAV", "BETA", "ENER", "FREQ", "VELO", "VOPT", "VRAD", "WAVE", "WAVN", "ZOPT")
_LETTERS = frozenset("UBGVRIZYJHK")
_WHOLE = -1
_Cube = Literal["pictures", "bands"] | None


@dataclass(frozen=True, slots=True)
class _Unit:
    """An image in a file: its extension, or `_WHOLE` for all of the file as one picture; and how many pictures it gives."""

    hdu: int
    pictures: int
    is_cube: bool = False


@dataclass(frozen=True)
class FitsSource:
    """The pictures in one or more FITS files."""

    address: str
    located: tuple[Located, ...]
    files: Files
    units: tuple[tuple[_Unit, ...], ...]
    _open: PerProcess[OneOpen[Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        opening = partial(OneOpen[Any], partial(_opened, self.located, self.files))
        object.__setattr__(self, "_open", PerProcess(opening))

    @classmethod
    def open(
        cls, address: str, located: Sequence[Located], files: Files, *, cube: _Cube
    ) -> "FitsSource":
        """Read the headers.

        Weights, masks and the like are left out; where there are extensions named `SCI`, everything else is. Planes of a cube are
        bands up to five, and pictures beyond that, unless `cube` says otherwise. Three extensions of one shape that are named by
        their bands are one colour picture.

        Raises
        ------
        DataError
            If a file is damaged or has no image, or a cube is a spectrum of images.
        """
        units: list[tuple[_Unit, ...]] = []
        for f, file in enumerate(located):
            with _opened(located, files, f) as hdus:
                units.append(_units(hdus, file, cube))
        return cls(address, tuple(located), files, tuple(units))

    @property
    def total(self) -> int | None:
        """All pictures."""
        return sum(u.pictures for units in self.units for u in units)

    @property
    def columns(self) -> tuple[Column, ...]:
        """None of a catalogue's."""
        return ()

    @property
    def fingerprint(self) -> str:
        """Of the files' names, sizes and times, and of how their planes are understood."""
        shapes = [[(u.hdu, u.pictures) for u in units] for units in self.units]
        return digest("fits", stamp(self.located, self.files), shapes)

    def parts(self, size: int) -> Iterator[Part]:
        """Slices of the extensions."""
        blocks = (
            ((f, u), unit.pictures)
            for f, units in enumerate(self.units)
            for u, unit in enumerate(units)
        )
        return numbered(cut(blocks, size=size), size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The pictures of one part."""
        for f, u, start, stop in slices_of(part):
            for number in range(start, stop):
                yield self._item(f, self.units[f][u], number)

    def _item(self, f: int, unit: _Unit, number: int) -> Item:
        place = self._place(f, unit, number)
        id, path = self.located[f].name + place, self.located[f].path + place
        try:
            if unit.hdu == _WHOLE:
                return Item(id, path, self.files.read(self.located[f].address))
            with quiet():
                hdu = self._open.get().file(f)[unit.hdu]
                return Item(id, path, _cut_out(hdu, number, unit.is_cube))
        except SkyformError as error:
            return failed(id, path, error)
        # Damaged data make astropy raise almost anything.
        except Exception as error:
            lost = CorruptImageError(
                f"{path}: it cannot be read ({' '.join(str(error).split()) or type(error).__name__}).",
                remedy="The file is damaged or ends there: fetch it again.",
            )
            return failed(id, path, lost)

    def _place(self, f: int, unit: _Unit, number: int) -> str:
        """Where in its file a picture is: nothing, the extension, the plane, or both, as far as that is needed."""
        units = self.units[f]
        if len(units) == 1:
            return f"#{number}" if unit.is_cube else ""
        return f"#{unit.hdu}.{number}" if unit.is_cube else f"#{unit.hdu}"


@contextmanager
def _opened(located: Sequence[Located], files: Files, number: int) -> Generator[Any, None, None]:
    """The extensions of one file; headers are read when they are asked for."""
    with fits_source(located[number], files) as source, ExitStack() as closing:
        from astropy.io import fits

        try:
            with quiet():
                hdus = fits.open(source, memmap=False, lazy_load_hdus=True)
                closing.enter_context(hdus)
        # Damaged headers make astropy raise almost anything.
        except Exception as error:
            raise damaged(located[number], "FITS", error) from error
        yield hdus


def _units(hdus: Any, file: Located, cube: _Cube) -> tuple[_Unit, ...]:
    try:
        with quiet():
            found = [(i, h) for i, h in enumerate(hdus) if _is_image(h)]
    except Exception as error:
        raise damaged(file, "FITS", error) from error
    science = [(i, h) for i, h in found if not is_auxiliary(h.name)]
    named = [(i, h) for i, h in science if h.name == "SCI"]
    chosen = named or science
    if not chosen:
        raise DataError(
            f"There is no image with two axes in {file.path}{', only weights or masks' if found else ''}.",
            remedy="Give the file of the images themselves.",
        )
    if len(chosen) > 1 and cube != "pictures" and _is_colour([h for _, h in chosen]):
        return (_Unit(_WHOLE, 1),)
    return tuple(_unit(i, h, file, cube) for i, h in chosen)


def _is_image(hdu: Any) -> bool:
    shape = hdu.shape if getattr(hdu, "is_image", False) else ()
    return 0 not in shape and len(shape) > 1


def _is_colour(hdus: Sequence[Any]) -> bool:
    words = [_band(h) for h in hdus]
    flat = all(len(_axes(h)) == 0 for h in hdus)
    return (
        flat
        and len(hdus) == 3 == len(set(words))
        and set(words) <= _LETTERS
        and len({h.shape for h in hdus}) == 1
    )


def _band(hdu: Any) -> str:
    named = str(hdu.name).upper().split("_")[-1]
    words = str(hdu.header.get("FILTER", "")).upper().split()
    return named if named in _LETTERS or not words else words[0]


def _axes(hdu: Any) -> list[int]:
    """Lengths of the axes beyond the two of a picture, the slowest first, without those of length 1."""
    return [n for n in hdu.shape[:-2] if n > 1]


def _unit(index: int, hdu: Any, file: Located, cube: _Cube) -> _Unit:
    axes = _axes(hdu)
    if not axes or _is_one_picture(hdu, axes, cube):
        return _Unit(index, 1)
    size = " × ".join(map(str, reversed(hdu.shape)))
    bands = axes[1] if len(axes) > 1 else 1
    if len(axes) > 2 or bands > _MOST_BANDS or cube == "bands":
        raise DataError(
            f"The image of {size} in {file.path} cannot be taken apart into pictures of at most {_MOST_BANDS} bands.",
            remedy="Bands are one axis of at most five, pictures are another: see --cube.",
        )
    kind = str(hdu.header.get("CTYPE3", "")).upper()[:4]
    if cube is None and kind in _SPECTRAL:
        raise DataError(
            f"The third axis of {size} in {file.path} is a spectrum ({kind}).",
            remedy="Sum it along that axis, or say --cube pictures to classify each plane.",
        )
    return _Unit(index, axes[0], is_cube=True)


def _is_one_picture(hdu: Any, axes: list[int], cube: _Cube) -> bool:
    """Whether the planes are the bands of a single picture."""
    if len(axes) > 1 or cube == "pictures":
        return False
    return axes[0] <= _MOST_BANDS or hdu.shape[-1] == 3


def _cut_out(hdu: Any, number: int, is_cube: bool) -> bytes:
    """One picture of an image, as a FITS file; only that piece is read from the disk."""
    from astropy.io import fits

    planes = hdu.section[_index(hdu.shape, number, is_cube)]
    picture = fits.PrimaryHDU(np.ascontiguousarray(planes))
    if "BANDS" in hdu.header:
        picture.header["BANDS"] = hdu.header["BANDS"]
    stream = io.BytesIO()
    picture.writeto(stream)
    return stream.getvalue()


def _index(shape: Sequence[int], number: int, is_cube: bool) -> tuple[Any, ...]:
    """Where a picture is in an array of this shape: its number along the first axis longer than 1, all of the others."""
    index: list[Any] = []
    for length in shape[:-2]:
        if length == 1:
            index.append(0)
        else:
            index.append(number if is_cube else slice(None))
            is_cube = False
    return (*index, slice(None), slice(None))
