"""One large FITS image on disk, of which boxes are read without reading the rest."""

import os
import re
import weakref
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass
from threading import RLock
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.batch.cutouts.bands import band_of, wavelength
from skyform.batch.cutouts.geometry import Box, SkyGrid
from skyform.batch.sources.addresses import absolute, is_remote, last_name, shown
from skyform.batch.sources.files import Files
from skyform.batch.sources.pieces import Located, stamp
from skyform.errors import DataError, SkyformError
from skyform.images.fits import is_auxiliary
from skyform.images.quiet import quiet

__all__ = ["Mosaic"]

_ADDRESS = re.compile(r"(?P<path>.+?)\[(?P<extension>[^\[\]]+)\]")
_MOST_PLANES = 5
_PACKED = (".gz", ".bz2")
_BLOCK = 256  # px: what is unpacked at a time is about so many pixels high and wide
_BLOCK_BYTES = 128 * 2**20
_MOST_UNPACKED = 2 * 2**30  # bytes: whole-file compression has to be undone in memory
_UNPACK = "Unpack it, or compress it in tiles instead (fpack), of which parts can be read."


@dataclass(frozen=True)
class _Opened:
    """What one process has open. `blocks` holds parts that were unpacked, the last used at the end."""

    process: int
    hdus: Any
    hdu: Any
    mapped: Any | None
    blocks: "OrderedDict[tuple[int, int, int], ndarray]"


class Mosaic:
    """An image in a FITS file: its size, its coordinates, and any box of its pixels.

    Plain images are memory-mapped; tile-compressed ones (`.fits.fz`) and those on a remote store are read block by block, the last
    128 MiB of blocks being kept. Files that are compressed as a whole (`.gz`, `.bz2`) are unpacked into memory once.

    Parameters
    ----------
    address : str
        A path, or an address that fsspec knows (`s3://…`, `https://…`); `[NAME]` or `[number]` at its end picks the extension. By
        default that is `SCI`, else the first with celestial coordinates, else the first image.
    files : Files, optional
        What opens remote files.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns.
    grid : SkyGrid or None
        The coordinates, None where the header has none.
    bands : tuple of float or None
        Wavelength in nm of each plane, as far as the header tells.

    Raises
    ------
    DataError
        If the file cannot be read, or there is no image with two axes, or three with at most five planes.
    """

    def __init__(self, address: str, *, files: Files | None = None) -> None:
        self.address = shown(address)
        self._files = files or Files()
        match = None if os.path.lexists(address) else _ADDRESS.fullmatch(address)
        self.path = match["path"] if match else address
        self._extension = match["extension"].strip() if match else ""
        # Other processes may work in another folder.
        self._where = absolute(self.path)
        self._lock = RLock()
        self._open: _Opened | None = None
        hdu = self._opened().hdu
        shape = _kept_axes(hdu.shape)
        self.shape = (shape[-2], shape[-1])
        self.planes = shape[0] if len(shape) == 3 else 1
        self.grid = _grid(hdu, self._opened().hdus)
        self.bands = self._bands(hdu)
        # A small signal on a large offset needs more digits than 32 bits have.
        self._type = (
            np.float32 if int(hdu.header.get("BITPIX", -32)) in (-32, 8, 16) else np.float64
        )

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k not in ("_lock", "_open")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=RLock(), _open=None)

    @property
    def identity(self) -> Any:
        """What changes when the file does: its name, size and time."""
        file = Located(self._where, last_name(self.path), shown(self.path))
        return [*stamp([file], self._files), self._extension]

    def read(self, box: Box) -> Float[ndarray, "planes side side"]:
        """The pixels of a box as floats, rows from the bottom up; NaN beyond the image and where pixels have no value.

        Raises
        ------
        DataError
            If the file is damaged there, or has gone.
        """
        out = np.full((self.planes, box.side, box.side), np.nan, self._type)
        rows, columns = box.inside(self.shape)
        if rows.stop <= rows.start or columns.stop <= columns.start:
            return out
        target = out[
            :,
            rows.start - box.bottom : rows.stop - box.bottom,
            columns.start - box.left : columns.stop - box.left,
        ]
        try:
            with self._lock, quiet():
                self._fill(target, rows, columns)
        # Damaged compressed data make astropy raise almost anything.
        except Exception as error:
            raise DataError(
                f"{self.address} cannot be read at {box.section()}: {str(error) or type(error).__name__}.",
                remedy="The file is damaged or has gone: fetch it again.",
            ) from error
        return out

    def locality(self, box: Box) -> tuple[int, int]:
        """A key that sorts boxes so that those close together on the disk are read one after the other."""
        height, width = self._block_shape(self._opened().hdu)
        return max(box.bottom, 0) // height, max(box.left, 0) // width

    def _fill(self, target: ndarray, rows: slice, columns: slice) -> None:
        opened = self._opened()
        if opened.mapped is not None:
            target[...] = _physical(opened.mapped[..., rows, columns], opened.hdu.header)
            return
        height, width = self._block_shape(opened.hdu)
        for top in range(rows.start // height * height, rows.stop, height):
            for left in range(columns.start // width * width, columns.stop, width):
                y, x = _common(rows, top, height), _common(columns, left, width)
                for plane in range(self.planes):
                    block = self._block(opened, plane, top, left)
                    target[
                        plane,
                        y.start - rows.start : y.stop - rows.start,
                        x.start - columns.start : x.stop - columns.start,
                    ] = block[y.start - top : y.stop - top, x.start - left : x.stop - left]

    def _block(self, opened: _Opened, plane: int, top: int, left: int) -> ndarray:
        key = (plane, top, left)
        if key not in opened.blocks:
            height, width = self._block_shape(opened.hdu)
            ends = min(top + height, self.shape[0]), min(left + width, self.shape[1])
            shape = tuple(opened.hdu.shape)
            # Axes of length 1 in front, then the planes.
            front = (0,) * (len(shape) - 3) + (plane,) if len(shape) > 2 else ()
            where = (*front, slice(top, ends[0]), slice(left, ends[1]))
            values = np.asarray(opened.hdu.section[where])
            opened.blocks[key] = _physical(values, opened.hdu.header).astype(self._type)
            while (
                len(opened.blocks) > 1
                and sum(b.nbytes for b in opened.blocks.values()) > _BLOCK_BYTES
            ):
                opened.blocks.popitem(last=False)
        opened.blocks.move_to_end(key)
        return opened.blocks[key]

    def _block_shape(self, hdu: Any) -> tuple[int, int]:
        """Whole tiles, about 256 pixels each way."""
        tile = getattr(hdu, "tile_shape", None) or (1, self.shape[1])
        height, width = int(tile[-2]), int(tile[-1])
        return height * -(-_BLOCK // height), min(width * -(-_BLOCK // width), self.shape[1])

    def _opened(self) -> _Opened:
        with self._lock:
            # A file that a forked worker inherits would share its position with the parent.
            if self._open is None or self._open.process != os.getpid():
                self._open = self._open_now()
            return self._open

    def _open_now(self) -> _Opened:
        with ExitStack() as stack:
            try:
                with quiet():
                    hdus = _open(self._where, self._files)
                    stack.callback(hdus.close)
                    hdu = self._choose(hdus)
                    mapped = _mapped(hdu, path=self.path)
            except SkyformError:
                raise
            # Damaged headers make astropy raise almost anything.
            except Exception as error:
                why = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise DataError(
                    f"{self.address} is not a readable FITS image: {why}.",
                    remedy="Check the path and the extension, or fetch the file again.",
                ) from error
            stack.pop_all()
        weakref.finalize(self, hdus.close)
        return _Opened(os.getpid(), hdus, hdu, mapped, OrderedDict())

    def _choose(self, hdus: Any) -> Any:
        if self._extension:
            number = self._extension.isdigit()
            hdu = hdus[int(self._extension) if number else self._extension]
            if not _is_picture(hdu):
                raise DataError(
                    f"{self.address} is no image with two axes, or three with at most {_MOST_PLANES} planes.",
                    remedy="Name the extension with the image in it.",
                )
            return hdu
        pictures = [h for h in hdus if _is_picture(h) and not is_auxiliary(h.name)]
        if not pictures:
            raise DataError(
                f"{self.path} has no image with two axes, or three with at most {_MOST_PLANES} planes.",
                remedy="Give the FITS file of the survey image.",
            )
        named = [h for h in pictures if h.name == "SCI"]
        on_sky = [h for h in pictures if _has_sky(h, hdus)]
        return (named or on_sky or pictures)[0]

    def _bands(self, hdu: Any) -> tuple[float | None, ...]:
        if self.planes == 1:
            return (band_of(hdu.header, name=hdu.name, path=self.path),)
        letters = str(hdu.header.get("BANDS", "")).strip()
        return tuple(wavelength(c) for c in letters.ljust(self.planes)[: self.planes])


def _open(path: str, files: Files) -> Any:
    from astropy.io import fits

    if is_remote(path):
        return fits.open(files.open(path), lazy_load_hdus=True, do_not_scale_image_data=True)
    # Scaled images could not be mapped; we scale what we take out of them.
    return fits.open(path, memmap=True, lazy_load_hdus=True, do_not_scale_image_data=True)


def _mapped(hdu: Any, *, path: str) -> Any | None:
    """The whole image as an array, mapped or in memory; None where blocks have to be read."""
    if path.lower().endswith(_PACKED):
        size = int(np.prod(hdu.shape)) * abs(int(hdu.header.get("BITPIX", 32))) // 8
        if size > _MOST_UNPACKED:
            raise DataError(
                f"{path} unpacks to {size / 2**30:.1f} GiB, which every process would need in memory.",
                remedy=_UNPACK,
            )
        return _squeezed(hdu.data)
    if is_remote(path) or getattr(hdu, "tile_shape", None):
        return None
    return _squeezed(hdu.data)


def _squeezed(data: Any) -> Any:
    return data.reshape(_kept_axes(data.shape))


def _physical(values: ndarray, header: Any) -> ndarray:
    """What stored numbers mean, by the header's BSCALE, BZERO and BLANK."""
    scale, zero = float(header.get("BSCALE", 1.0)), float(header.get("BZERO", 0.0))
    blank = header.get("BLANK") if values.dtype.kind in "iu" else None
    if scale == 1 and zero == 0 and blank is None:
        return values
    found = values * scale + zero
    return found if blank is None else np.where(values == blank, np.nan, found)


def _is_picture(hdu: Any) -> bool:
    if not getattr(hdu, "is_image", False) or not hdu.shape or 0 in hdu.shape:
        return False
    shape = _kept_axes(hdu.shape)
    return len(shape) == 2 or (len(shape) == 3 and shape[0] <= _MOST_PLANES)


def _kept_axes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without axes of length 1 in front of the last two."""
    return tuple(int(n) for n in (*(n for n in shape[:-2] if n > 1), *shape[-2:]))


def _has_sky(hdu: Any, hdus: Any) -> bool:
    try:
        return _grid(hdu, hdus) is not None
    # A header with nonsense in it makes wcslib raise almost anything.
    except Exception:
        return False


def _grid(hdu: Any, hdus: Any) -> SkyGrid | None:
    from astropy.wcs import WCS

    with quiet():
        wcs: Any = WCS(hdu.header, fobj=hdus, naxis=2)
        return SkyGrid(wcs) if wcs.has_celestial else None


def _common(wanted: slice, start: int, length: int) -> slice:
    return slice(max(wanted.start, start), min(wanted.stop, start + length))
