"""From anything a person has to a `Picture`: the one way into the decoders."""

import os

import numpy as np
from PIL import Image

from skyform.errors import EmptyFileError, ImageError, TruncatedImageError, UnknownFormatError
from skyform.images.arrays import picture_from_array
from skyform.images.files import read_file, unpack
from skyform.images.fits import decode_fits
from skyform.images.formats import Other, sniff
from skyform.images.levels import Stretch
from skyform.images.limits import DEFAULT_LIMITS, Limits, check_bytes
from skyform.images.negative import as_positive
from skyform.images.picture import Picture
from skyform.images.raster import decode_raster, picture_from_pil

__all__ = ["Source", "decode", "decode_bytes"]

Source = str | os.PathLike[str] | bytes | np.ndarray | Image.Image

_FORMATS = "Skyform reads JPEG, PNG, WebP, TIFF, GIF, BMP and FITS."
_SHORTEST = 12  # bytes that every format's first marks fit in


def decode(
    source: Source,
    *,
    limits: Limits = DEFAULT_LIMITS,
    min_side: int | None = None,
    stretch: Stretch | None = None,
) -> Picture:
    """Decode one picture; one that is a negative is turned into a positive, and flagged.

    Parameters
    ----------
    source : str, PathLike, bytes, array or PIL image
        A file, a file's content, or a picture in memory. Files are known by their content, never by their name. See
        `picture_from_array` for the arrays and `decode_fits` for the FITS files that have a meaning.
    limits : Limits
        The most bytes and pixels to accept; checked before decoding.
    min_side : int, optional
        Pixels that the caller needs on the shorter side. A larger picture may then come back at reduced scale, never with
        fewer than that.
    stretch : Stretch, optional
        How to show values that are finer than a screen's 256 steps, such as those of FITS; by default by their own sky and noise.
        Other pictures are not changed by it.

    Raises
    ------
    ImageError
        The kind of which says what was wrong: see the tree in `skyform.errors`.
    TypeError
        If `source` is none of these types.
    ValueError
        If `min_side` is below 1.
    """
    if min_side is not None and min_side < 1:
        raise ValueError(f"min_side is {min_side}; give a number of at least 1, or None.")
    if isinstance(source, bytes):
        check_bytes(len(source), name="the given bytes", limits=limits)
        name = "the given bytes"
        return decode_bytes(source, name=name, limits=limits, min_side=min_side, stretch=stretch)
    if isinstance(source, str | os.PathLike):
        name = os.fsdecode(source)
        data = read_file(name, limits=limits)
        return decode_bytes(data, name=name, limits=limits, min_side=min_side, stretch=stretch)
    if isinstance(source, np.ndarray):
        return as_positive(picture_from_array(source, limits=limits, stretch=stretch))
    if isinstance(source, Image.Image):  # pyright: ignore[reportUnnecessaryIsInstance]
        picture = picture_from_pil(source, limits=limits, min_side=min_side, stretch=stretch)
        return as_positive(picture)
    raise TypeError(
        f"source is a {type(source).__name__}; give a path, bytes, an array or a PIL image."
    )


def decode_bytes(
    data: bytes,
    *,
    name: str,
    limits: Limits,
    min_side: int | None,
    stretch: Stretch | None = None,
) -> Picture:
    """Decode a file's content that is within the limits; errors call it `name`. Otherwise as `decode`."""
    if not data:
        raise EmptyFileError(f"{name}: there is nothing in it (0 bytes).", remedy=_FORMATS)
    kind = sniff(data)
    if not isinstance(kind, str):
        raise _unknown(data, kind, name=name)
    if kind in ("gzip", "bzip2"):
        data, kind = unpack(data, kind=kind, name=name, limits=limits), "FITS"
    if kind == "FITS":
        return decode_fits(data, name=name, limits=limits, stretch=stretch)
    picture = decode_raster(
        data, format=kind, name=name, limits=limits, min_side=min_side, stretch=stretch
    )
    return as_positive(picture)


def _unknown(data: bytes, other: Other | None, *, name: str) -> ImageError:
    if len(data) < _SHORTEST:
        return TruncatedImageError(
            f"{name}: only {len(data)} bytes, too few for a picture.",
            remedy="Copy or download it again.",
        )
    if other is not None:
        return UnknownFormatError(f"{name}: this is {other.what}.", remedy=other.remedy)
    return UnknownFormatError(
        f"{name}: this is no picture in a format that we know.",
        remedy=f"{_FORMATS} Open it in an image viewer and save it as one of them.",
    )
