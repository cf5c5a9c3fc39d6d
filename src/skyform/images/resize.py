"""Parts of pictures at another size: bicubic, over as many pixels as shrinking needs."""

import math

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

__all__ = ["resize_box"]

_Box = tuple[float, float, float, float]


def resize_box(
    rgb: UInt8[ndarray, "height width 3"], box: _Box, *, out: UInt8[ndarray, "high wide 3"]
) -> None:
    """Fill `out` with a part of a picture.

    Parameters
    ----------
    rgb : array of uint8, shape (height, width, 3)
    box : four floats
        Left, top, right and bottom of the part in px, within the picture. What lies around it counts where the filter reaches.
    out : array of uint8, shape (high, wide, 3)
    """
    left, top, right, bottom = box
    high, wide = out.shape[:2]
    across, down = _reach(right - left, wide), _reach(bottom - top, high)
    x, y = max(int(left) - across, 0), max(int(top) - down, 0)
    part = rgb[y : math.ceil(bottom) + down, x : math.ceil(right) + across]
    image = Image.fromarray(np.ascontiguousarray(part))
    near = (left - x, top - y, right - x, bottom - y)
    out[...] = np.asarray(image.resize((wide, high), Image.Resampling.BICUBIC, box=near))


def _reach(length: float, pixels: int) -> int:
    """How far around the part pixels can count: two of the filter's radii."""
    return 2 * (2 + math.ceil(max(length / pixels, 1.0)))
