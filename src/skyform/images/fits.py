"""FITS images: which of the file's planes make the picture, and in what colours.

The pixels are measured brightness, not a picture; `stretch` makes one of them.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Real, UInt8
from numpy import ndarray

from skyform.errors import (
    ImageError,
    NoImageDataError,
    TruncatedImageError,
    UnsupportedImageError,
)
from skyform.images.damage import fits_error
from skyform.images.levels import Levels, Stretch
from skyform.images.limits import Limits, check_pixels
from skyform.images.picture import Picture
from skyform.images.quiet import quiet
from skyform.images.stretch import (
    block_mean,
    bytes_from_unit,
    combined,
    stretched,
    usable,
)
from skyform.schema import Flag

__all__ = ["decode_fits", "is_auxiliary"]

_MOST_HDUS = 100  # a file of nothing but headers would take minutes
_BLOCK = 2880
_MOST_PLANES = 5
_MANY_PIXELS = 2**24  # planes above this are shrunk: the stretch takes some ten copies as floats

# Extensions that describe the image's quality rather than the sky; matched against the name up to a `_` or digit.
# fmt: off
_AUXILIARY = frozenset((
    "BITMASK", "CON", "COV", "COVERAGE", "CTX", "D2IM", "DQ", "ERR", "ERROR", "EXP", "EXPOSURE",
    "EXPTIME", "FLAG", "FLAGS", "INVVAR", "IVAR", "MASK", "MASKBITS", "NEXP", "NOISE", "PSF", "QUALITY",
    "RMS", "SIGMA", "STD", "UNC", "UNCERT", "VAR", "VARIANCE", "WEIGHT", "WEIGHTS", "WHT",
))
# fmt: on
# From short to long wavelengths.
_BANDS = (
    "FUV",
    "NUV",
    "U",
    "B",
    "BLUE",
    "G",
    "GREEN",
    "V",
    "R",
    "RED",
    "I",
    "Z",
    "Y",
    "J",
    "H",
    "K",
)
# Which planes, in order of wavelength, become blue, green and red: ugriz keeps g, r, i as SDSS does; griz keeps g, r, z
# as the Legacy Surveys do.
_CHOICE = {3: (0, 1, 2), 4: (0, 1, 3), 5: (1, 2, 3)}


# A plane, and whether all of its pixels were usable.
_Plane = tuple[Real[ndarray, "height width"], bool]


@dataclass(frozen=True, slots=True)
class _Image:
    """An image in the file whose data have not been read: the HDU, and its shape without axes of length 1."""

    hdu: Any
    shape: tuple[int, ...]

    @property
    def is_picture(self) -> bool:
        if len(self.shape) == 3:
            return self.shape[0] <= _MOST_PLANES or self.shape[2] == 3
        return len(self.shape) == 2

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        rows, columns = self.shape[:2] if self.has_channels_last else self.shape[-2:]
        return columns, rows

    @property
    def planes(self) -> int:
        """How many planes the image has."""
        if len(self.shape) == 2:
            return 1
        return self.shape[2] if self.has_channels_last else self.shape[0]

    @property
    def has_channels_last(self) -> bool:
        return len(self.shape) == 3 and self.shape[0] > _MOST_PLANES


def decode_fits(
    data: bytes, *, name: str, limits: Limits, stretch: Stretch | None = None
) -> Picture:
    """Decode the image in a FITS file.

    The image is that of the extension named `SCI`, or else of the first with an image in it, leaving out weights, masks,
    errors and the like. Exactly three such extensions of one shape make a colour picture.

    - One plane: `auto_stretch`, grey. Two: blue and red, with their mean as green.
    - Three, four (griz) or five (ugriz) planes: `auto_lupton`, of the planes 1 2 3, 1 2 4 or 2 3 4. Planes are taken to run
      from blue to red, unless the header's `BANDS`, or the extensions' names or `FILTER`, say otherwise.
    - Planes along the fastest axis (height, width, 3), and 8-bit planes without named bands, are red, green, blue.
    - 8-bit images are pictures already, and are kept as they are.

    BSCALE, BZERO and BLANK are applied, tile compression is undone. Pixels that are NaN, infinite or beyond 1e36 become sky; planes without
    any finite pixel are left out.
    Planes of more than 16 million pixels are shrunk by averaging. Rows run from the bottom up in FITS, so the picture is flipped.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        What errors call the file.
    limits : Limits
        Checked against the headers, before data are read.
    stretch : Stretch, optional
        Levels that a person chose, instead of those that `auto_stretch` and `auto_lupton` find.

    Raises
    ------
    NoImageDataError
        If there is no image in the file, or no finite pixel in it.
    UnsupportedImageError
        If the image is a spectrum, or a cube of more than five planes.
    TruncatedImageError, CorruptImageError, ImageTooLargeError
    """
    try:
        with quiet():
            bands, (width, height) = _read(data, name=name, limits=limits)
    except ImageError:
        raise
    # Damaged headers make astropy raise almost anything.
    except Exception as error:
        raise fits_error(error, data=data, name=name) from error
    planes = [plane for plane, _ in bands if usable(plane).any()]
    if not planes:
        raise NoImageDataError(
            f"{name}: every pixel is NaN or infinite.", remedy="Give an image with data in it."
        )
    rgb, levels = _colour(planes, stretch)
    return Picture(
        rgb=np.ascontiguousarray(rgb[::-1]),
        width=width,
        height=height,
        format="FITS",
        flags=() if all(whole for _, whole in bands) else (Flag.MISSING_PIXELS,),
        deep=not _is_display(planes),
        levels=levels,
    )


def _read(data: bytes, *, name: str, limits: Limits) -> tuple[list[_Plane], tuple[int, int]]:
    """The planes to show, from blue to red, and the full picture's width and height."""
    # Takes half a second, which pictures in other formats need not wait for.
    from astropy.io import fits

    with fits.open(io.BytesIO(data), memmap=False, lazy_load_hdus=True) as hdus:
        found = _headers(hdus)
        _check_complete(found, data=data, name=name)
        images = _chosen(found, name=name)
        count = sum(image.planes for image in images)
        check_pixels(*images[0].size, planes=count, name=name, limits=limits)
        planes = [plane for image in images for plane in _planes(image)]
    letters = _letters(images, count=len(planes))
    if letters:
        order = sorted(range(len(planes)), key=lambda i: _BANDS.index(letters[i]))
        planes = [planes[i] for i in order]
    elif len(planes) == 3 and (
        images[0].has_channels_last or _is_display([plane for plane, _ in planes])
    ):
        planes.reverse()
    return planes, images[0].size


def _headers(hdus: Any) -> list[Any]:
    found: list[Any] = []
    for hdu in hdus:
        found.append(hdu)
        if len(found) == _MOST_HDUS:
            break
    return found


def _check_complete(found: Sequence[Any], *, data: bytes, name: str) -> None:
    """Raise where a header promises more data than there are, or a last header is cut."""
    info = found[-1].fileinfo()
    end = info["datLoc"] + info["datSpan"]
    # The last block may lack its padding. A compressed image gives its size as unpacked.
    compressed = type(found[-1]).__name__ == "CompImageHDU"
    least = end - _BLOCK + 1 if compressed else info["datLoc"] + found[-1].size
    if least > len(data) or (len(found) < _MOST_HDUS and data.startswith(b"XTENSION", end)):
        raise TruncatedImageError(
            f"{name}: the FITS file ends before its data do, or an extension in it is damaged.",
            remedy="Copy or download it again.",
        )


def _chosen(found: Sequence[Any], *, name: str) -> list[_Image]:
    """The image, or the three images, to show."""
    images = [_Image(hdu, _shape(hdu)) for hdu in found if _has_image(hdu)]
    if not images:
        tables = sum(1 for hdu in found if "Table" in type(hdu).__name__)
        what = "only tables" if tables else "headers without data"
        raise NoImageDataError(
            f"{name}: there is no image in this FITS file, {what}.",
            remedy="Give the FITS file of the image itself.",
        )
    science = [image for image in images if not is_auxiliary(image.hdu.name)]
    if not science:
        raise NoImageDataError(
            f"{name}: there are only weights, masks or the like in this FITS file "
            f"({', '.join(image.hdu.name for image in images)}).",
            remedy="Give the FITS file of the image itself.",
        )
    pictures = [image for image in science if image.is_picture]
    if not pictures:
        raise _no_picture(science[0].shape, name=name)
    named = [image for image in pictures if image.hdu.name == "SCI"]
    if named:
        return named[:1]
    bands = len(pictures) == 3 and len({image.shape for image in pictures}) == 1
    return pictures if bands and len(pictures[0].shape) == 2 else pictures[:1]


def _no_picture(shape: tuple[int, ...], *, name: str) -> UnsupportedImageError:
    size = " × ".join(str(length) for length in reversed(shape))
    if len(shape) == 1:
        return UnsupportedImageError(
            f"{name}: the FITS image has one axis of {size} pixels, as a spectrum has.",
            remedy="Give an image with two axes.",
        )
    return UnsupportedImageError(
        f"{name}: the FITS image is a cube of {size} pixels.",
        remedy=f"Sum it along the other axes, or give at most {_MOST_PLANES} planes as bands.",
    )


def _has_image(hdu: Any) -> bool:
    return bool(getattr(hdu, "is_image", False)) and 0 not in (hdu.shape or (0,))


def is_auxiliary(name: str) -> bool:
    """Whether an extension of this name holds weights, masks or errors rather than a picture."""
    first = name.upper().split("_")[0].rstrip("0123456789")
    return name.upper() in _AUXILIARY or first in _AUXILIARY


def _shape(hdu: Any) -> tuple[int, ...]:
    """In numpy's order, without axes of length 1 beyond the two that a picture needs."""
    shape = list(hdu.shape)
    while len(shape) > 2 and 1 in shape:
        shape.remove(1)
    return tuple(shape)


def _planes(image: _Image) -> list[_Plane]:
    """The image's planes in the file's order, in the machine's own byte order, shrunk where they are large."""
    data = np.asarray(image.hdu.data).reshape(image.shape)
    # astropy keeps what it has read, which may be gigabytes.
    del image.hdu.data
    if data.ndim == 2:
        data = data[None]
    elif image.has_channels_last:
        data = np.moveaxis(data, 2, 0)
    width, height = image.size
    factor = min(math.ceil(math.sqrt(width * height / _MANY_PIXELS)), width, height)
    if factor > 1:
        return [block_mean(plane, factor=factor) for plane in data]
    data = data.astype(data.dtype.newbyteorder("="), copy=False)
    return [(plane, bool(usable(plane).all())) for plane in data]


def _letters(images: Sequence[_Image], *, count: int) -> list[str]:
    """The band of each plane, where the headers name them all; else nothing."""
    if len(images) > 1:
        words = [_band(image.hdu) for image in images]
    else:
        words = list(str(images[0].hdu.header.get("BANDS", "")).upper().strip())
    known = len(words) == count and all(word in _BANDS for word in words)
    return words if known and len(set(words)) == count else []


def _band(hdu: Any) -> str:
    """The band that an extension's name ends in, or its FILTER begins with."""
    named = str(hdu.name).upper().split("_")[-1]
    words = str(hdu.header.get("FILTER", "")).upper().split()
    return named if named in _BANDS or not words else words[0]


def _is_display(bands: Sequence[ndarray]) -> bool:
    """Whether the planes are 8-bit, thus a picture already."""
    return all(band.dtype == np.uint8 for band in bands)


def _colour(
    bands: Sequence[Real[ndarray, "height width"]], stretch: Stretch | None
) -> tuple[UInt8[ndarray, "height width 3"], Levels | None]:
    """Planes from blue to red as RGB, rows still bottom-up, and the levels that they were stretched by."""
    if len(bands) == 1:
        grey, levels = bands[0], None
        if not _is_display(bands):
            shown, levels = stretched(bands[0], stretch=stretch)
            grey = bytes_from_unit(shown)
        return np.repeat(grey[..., None], 3, axis=2), levels
    if len(bands) == 2:
        bands = [bands[0], _mean(bands[0], bands[1]), bands[1]]
    blue, green, red = (bands[i] for i in _CHOICE[len(bands)])
    if _is_display((red, green, blue)):
        return np.stack([red, green, blue], axis=-1), None
    shown, levels = combined(np.stack([red, green, blue]), stretch=stretch)
    return bytes_from_unit(shown), levels


def _mean(
    one: Real[ndarray, "height width"], other: Real[ndarray, "height width"]
) -> Float[ndarray, "height width"] | UInt8[ndarray, "height width"]:
    if _is_display((one, other)):
        return ((one.astype(np.uint16) + other) // 2).astype(np.uint8)
    return (one.astype(np.float64) + other) / 2
