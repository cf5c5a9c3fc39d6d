"""Pictures printed as negatives, dark objects on a bright sky, as atlases, finding charts and papers have them."""

from dataclasses import replace

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from skyform.images.picture import Picture
from skyform.schema import Flag

__all__ = ["as_positive", "is_negative", "turned_positive"]

_BRIGHT = 140  # grey level of the border, from which on a sky would be a bright one
_COLOUR = 20  # grey levels between the colours of a grey picture, after JPEG
_CONTRAST = 40.0  # grey levels
_NOISE = 14.0  # grey levels, smoothed
_REACH = 0.25  # of the shorter side: how far the object's centre may be from the picture's
_LARGEST = 0.45  # of the shorter side: its radius
_SAMPLES = 64


def is_negative(rgb: UInt8[ndarray, "height width 3"]) -> bool:
    """Whether this is a grey picture of a dark object near the middle of a bright, even sky.

    Of 3,308 labelled pictures 1 is taken for a negative as it is, and of galaxies that were turned into grey negatives 9 in 10 are. Of pages of
    text, line drawings and bar codes a part is, and is no object of the sky to the model all the same (`benchmarks/negatives.py`).
    """
    if _border_level(rgb) < _BRIGHT or not _is_grey(rgb):
        return False
    from skyform.images.find import find_object  # SciPy, which few pictures are the reason to load

    found = find_object(255 - rgb)
    if found is None or found.touches_edge:
        return False
    height, width = rgb.shape[:2]
    shorter = min(height, width)
    off = max(abs(found.x - width / 2), abs(found.y - height / 2))
    return (
        found.peak - found.background >= _CONTRAST
        and found.noise <= _NOISE
        and off <= _REACH * shorter
        and found.radius <= _LARGEST * shorter
    )


def as_positive(picture: Picture) -> Picture:
    """The picture, turned into a positive and flagged where it is a negative. Measured values are left as they are."""
    if picture.levels is not None or not is_negative(picture.rgb):
        return picture
    return turned_positive(picture)


def turned_positive(picture: Picture) -> Picture:
    """The picture with bright and dark exchanged, flagged."""
    return replace(picture, rgb=255 - picture.rgb, flags=(*picture.flags, Flag.NEGATIVE))


def _border_level(rgb: UInt8[ndarray, "height width 3"]) -> float:
    """Median green of some pixels of the border."""
    height, width = rgb.shape[:2]
    down, across = max(1, height // _SAMPLES), max(1, width // _SAMPLES)
    sides = (rgb[0, ::across, 1], rgb[-1, ::across, 1], rgb[::down, 0, 1], rgb[::down, -1, 1])
    return float(np.median(np.concatenate(sides)))


def _is_grey(rgb: UInt8[ndarray, "height width 3"]) -> bool:
    height, width = rgb.shape[:2]
    some = rgb[:: max(1, height // _SAMPLES), :: max(1, width // _SAMPLES)].astype(np.int16)
    return bool(np.percentile(np.ptp(some, axis=2), 98) <= _COLOUR)
