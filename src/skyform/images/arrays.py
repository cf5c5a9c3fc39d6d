"""Arrays as pictures: which axis is colour, and what range the numbers have."""

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from numpy import ndarray

from skyform.errors import NoImageDataError, UnsupportedImageError
from skyform.images.limits import Limits, check_pixels
from skyform.images.picture import Picture
from skyform.images.stretch import (
    auto_lupton,
    auto_stretch,
    bytes_from_16_bit,
    bytes_from_unit,
    usable,
)
from skyform.schema import Flag

__all__ = ["picture_from_array", "rgb_from_values"]

_NAME = "the given array"
_SHAPES = "Give an array of shape (height, width), (height, width, 3), (height, width, 4) or (3, height, width)."


def picture_from_array(array: ndarray, *, limits: Limits) -> Picture:
    """An array as a picture.

    Parameters
    ----------
    array : array, shape (height, width), (height, width, 1 | 3 | 4) or (1 | 3, height, width)
        Grey, RGB or RGBA. See `rgb_from_values` for the range of each type; masked entries count as missing.

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
    rgb, missing = rgb_from_values(plain, name=_NAME)
    missing = missing or masked
    flags = (Flag.MISSING_PIXELS,) if missing else ()
    return Picture(rgb=rgb, width=width, height=height, format="array", flags=flags)


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
    values: Shaped[ndarray, "height width *channels"], *, name: str
) -> tuple[UInt8[ndarray, "height width 3"], bool]:
    """Grey, RGB or RGBA values of any type as RGB bytes, and whether pixels were missing.

    - uint8 is taken as it is, and so are other numbers that are all whole and from 0 to 255;
    - 16-bit values, and other integers from 0 to 65,535, by `bytes_from_16_bit`;
    - bool, and floats all from 0 to 1, as black to white;
    - everything else is measured brightness, and is stretched: grey by `auto_stretch`, colour by `auto_lupton`.

    NaN, infinities and numbers beyond 1e36 are missing, and become background. Alpha blends into black, the sky.
    """
    _check_type(values, name=name)
    if values.ndim == 3 and values.shape[2] == 4:
        rgb, missing = rgb_from_values(values[..., :3], name=name)
        return _on_black(rgb, _opacity(values[..., 3], name=name)), missing
    missing = False
    if values.dtype.kind == "f":
        good = usable(values)
        missing = not good.all()
        if not good.any():
            raise NoImageDataError(
                f"{name}: every pixel is NaN or infinite.", remedy="Give a picture with data in it."
            )
    return _as_rgb(_tones(values)), missing


def _check_type(values: ndarray, *, name: str) -> None:
    if values.dtype.kind not in "buif":
        raise UnsupportedImageError(
            f"{name} holds {values.dtype} values, which are no brightness.",
            remedy="Give integers, floats or bool.",
        )


def _tones(values: Shaped[ndarray, "*shape"]) -> UInt8[ndarray, "*shape"]:
    if values.dtype == np.uint8:
        return values.astype(np.uint8)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype.kind == "f":
        return _float_tones(values)
    low, high = values.min(), values.max()
    if low >= 0 and high <= 255 and values.dtype != np.uint16:
        return values.astype(np.uint8)
    if low >= 0 and high <= 65535:
        return bytes_from_16_bit(values.astype(np.uint16))
    return _stretched(values)


def _float_tones(values: Float[ndarray, "*shape"]) -> UInt8[ndarray, "*shape"]:
    good = usable(values)
    known = values[good]
    low, high = known.min(), known.max()
    if low < 0 or high > 255 or (high > 1 and np.any(known != np.round(known))):
        return _stretched(values)
    full = 1 if high <= 1 else 255
    filled = np.where(good, values, np.median(known)) / full
    return bytes_from_unit(filled.astype(np.float32))


def _stretched(values: Shaped[ndarray, "*shape"]) -> UInt8[ndarray, "*shape"]:
    if values.ndim == 2:
        return bytes_from_unit(auto_stretch(values))
    return bytes_from_unit(auto_lupton(np.moveaxis(values, 2, 0)))


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
