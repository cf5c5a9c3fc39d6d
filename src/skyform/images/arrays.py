"""Arrays as pictures: which axis is colour, and what range the numbers have."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from numpy import ndarray

from skyform.errors import NoImageDataError, UnsupportedImageError
from skyform.images.levels import Levels, Stretch
from skyform.images.limits import Limits, check_pixels
from skyform.images.picture import Picture
from skyform.images.stretch import (
    bytes_from_16_bit,
    bytes_from_unit,
    combined,
    stretched,
    usable,
)
from skyform.schema import Flag

__all__ = ["Tones", "picture_from_array", "rgb_from_values"]

_NAME = "the given array"
_SHAPES = "Give an array of shape (height, width), (height, width, 3), (height, width, 4) or (3, height, width)."


class Tones(NamedTuple):
    """RGB bytes; whether pixels were missing; whether the values were finer than bytes, and the levels they were stretched by."""

    rgb: UInt8[ndarray, "height width 3"]
    missing: bool
    deep: bool
    levels: Levels | None


def picture_from_array(
    array: ndarray, *, limits: Limits, stretch: Stretch | None = None
) -> Picture:
    """An array as a picture.

    Parameters
    ----------
    array : array, shape (height, width), (height, width, 1 | 3 | 4) or (1 | 3, height, width)
        Grey, RGB or RGBA. See `rgb_from_values` for the range of each type; masked entries count as missing.
    stretch : Stretch, optional
        As in `rgb_from_values`.

    Raises
    ------
    UnsupportedImageError
        If shape or type have no meaning as a picture.
    NoImageDataError
        If there is no pixel, or none of them is finite.
    ImageTooLargeError
        If it has more pixels than `limits` allow.
    """
    values = _channels_last(array)
    height, width = values.shape[:2]
    check_pixels(width, height, name=_NAME, limits=limits)
    plain, masked = _unmasked(values)
    tones = rgb_from_values(plain, name=_NAME, stretch=stretch)
    flags = (Flag.MISSING_PIXELS,) if tones.missing or masked else ()
    return Picture(
        rgb=tones.rgb,
        width=width,
        height=height,
        format="array",
        flags=flags,
        deep=tones.deep,
        levels=tones.levels,
    )


def _unmasked(values: ndarray) -> tuple[ndarray, bool]:
    """Values with masked entries filled, NaN or the median, and whether there were any."""
    if not isinstance(values, np.ma.MaskedArray) or not np.ma.is_masked(values):
        return np.asarray(values), False
    if values.count() == 0:
        raise NoImageDataError(
            f"{_NAME}: every pixel is masked.", remedy="Give a picture with data in it."
        )
    if values.dtype.kind == "f":
        return values.filled(np.nan), True
    return values.filled(values.dtype.type(np.median(values.compressed()))), True


def _channels_last(array: ndarray) -> ndarray:
    """As (height, width) or (height, width, 3 | 4)."""
    shape = array.shape
    if 0 in shape:
        raise NoImageDataError(f"{_NAME} has shape {shape}: no pixels.", remedy=_SHAPES)
    if array.ndim == 2:
        return array
    if array.ndim == 3 and shape[2] in (1, 3, 4):
        return array[..., 0] if shape[2] == 1 else array
    if array.ndim == 3 and shape[0] in (1, 3):
        return array[0] if shape[0] == 1 else np.moveaxis(array, 0, 2)
    raise UnsupportedImageError(f"{_NAME} has shape {shape}, which is no picture.", remedy=_SHAPES)


def rgb_from_values(
    values: Shaped[ndarray, "height width *channels"], *, name: str, stretch: Stretch | None = None
) -> Tones:
    """Grey, RGB or RGBA values of any type as RGB bytes.

    - uint8 is taken as it is, and so are other numbers that are all whole and from 0 to 255;
    - 16-bit values, and other integers from 0 to 65,535, by `bytes_from_16_bit`;
    - bool, and floats all from 0 to 1, as black to white;
    - everything else is measured brightness, and is stretched: grey by `auto_stretch`, colour by `auto_lupton`. So are all but
      those of the first kind where `stretch` says how.

    NaN, infinities and numbers beyond 1e36 are missing, and become background. Alpha blends into black, the sky.
    """
    _check_type(values, name=name)
    if values.ndim == 3 and values.shape[2] == 4:
        tones = rgb_from_values(values[..., :3], name=name, stretch=stretch)
        return tones._replace(rgb=_on_black(tones.rgb, _opacity(values[..., 3], name=name)))
    missing = False
    if values.dtype.kind == "f":
        good = usable(values)
        missing = not bool(good.all())
        if not good.any():
            raise NoImageDataError(
                f"{name}: every pixel is NaN or infinite.", remedy="Give a picture with data in it."
            )
    deep = not _is_bytes(values)
    if deep and (stretch is not None or not _is_in_proportion(values)):
        tones, levels = _stretched(values, stretch)
    else:
        tones, levels = _tones(values), None
    return Tones(_as_rgb(tones), missing, deep, levels)


def _check_type(values: ndarray, *, name: str) -> None:
    if values.dtype.kind not in "buif":
        raise UnsupportedImageError(
            f"{name} holds {values.dtype} values, which are no brightness.",
            remedy="Give integers, floats or bool.",
        )


def _is_bytes(values: Shaped[ndarray, "*shape"]) -> bool:
    """Whether the numbers have no more than the 256 steps of a screen."""
    if values.dtype.kind == "b" or values.dtype == np.uint8:
        return True
    if values.dtype == np.uint16:
        return False
    known = values[usable(values)]
    low, high = known.min(), known.max()
    if low < 0 or high > 255:
        return False
    return values.dtype.kind != "f" or bool(high > 1 and np.all(known == np.round(known)))


def _is_in_proportion(values: Shaped[ndarray, "*shape"]) -> bool:
    """Whether numbers finer than bytes are shown as they are: 16 bits, or shares from 0 to 1."""
    known = values[usable(values)]
    return bool(known.min() >= 0 and known.max() <= (1 if values.dtype.kind == "f" else 65535))


def _tones(values: Shaped[ndarray, "*shape"]) -> UInt8[ndarray, "*shape"]:
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind == "f":
        good = usable(values)
        known = values[good]
        full = 1 if known.max() <= 1 else 255
        filled = np.where(good, values, np.median(known)) / full
        return bytes_from_unit(filled.astype(np.float32))
    if _is_bytes(values):
        return values.astype(np.uint8)
    return bytes_from_16_bit(values.astype(np.uint16))


def _stretched(
    values: Shaped[ndarray, "*shape"], stretch: Stretch | None
) -> tuple[UInt8[ndarray, "*shape"], Levels | None]:
    if values.ndim == 2:
        shown, levels = stretched(values, stretch=stretch)
    else:
        shown, levels = combined(np.moveaxis(values, 2, 0), stretch=stretch)
    return bytes_from_unit(shown), levels


def _as_rgb(tones: UInt8[ndarray, "height width *channels"]) -> UInt8[ndarray, "height width 3"]:
    return tones if tones.ndim == 3 else np.repeat(tones[..., None], 3, axis=2)


def _opacity(
    alpha: Shaped[ndarray, "height width"], *, name: str
) -> Float[ndarray, "height width"]:
    """Alpha, 0 to 1."""
    if alpha.dtype.kind == "f":
        if not (np.all(alpha >= 0) and np.all(alpha <= 1)):
            raise UnsupportedImageError(
                f"{name}: the fourth channel, opacity, is not within 0 to 1.",
                remedy="Give the three colour channels only.",
            )
        return alpha.astype(np.float32)
    full = {"b": 1, "u": np.iinfo(np.uint16).max if alpha.dtype == np.uint16 else 255}
    return np.clip(alpha / np.float32(full.get(alpha.dtype.kind, 255)), 0, 1).astype(np.float32)


def _on_black(
    rgb: UInt8[ndarray, "height width 3"], opacity: Float[ndarray, "height width"]
) -> UInt8[ndarray, "height width 3"]:
    return (rgb * opacity[..., None] + np.float32(0.5)).astype(np.uint8)
