"""Plain JPEGs by libjpeg-turbo's own interface, straight into memory, at a reduced scale where that is enough.

Plain is what surveys publish: baseline, grey or YCbCr, one scan. All else goes to Pillow, and so does a file about which the decoder has
anything to say. Pillow uses the same decoder, so the pixels are the same.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from jaxtyping import UInt8
from numpy import ndarray

from skyform.images.limits import Limits, check_pixels
from skyform.images.orientation import exif_orientation
from skyform.images.structure import Outline

__all__ = ["MOST_ROOM", "SCALES", "PlainJpeg", "plain_jpeg", "reduced_scale"]

SCALES = (8, 4, 2, 1)  # those that the decoder has fast code for
MOST_ROOM = 3 * 2**22  # bytes decoded; more is left to Pillow, where memory is looked after
_FRAMES = ((0xC0,), (0xC1,))  # baseline, and its extension to more tables
_COLOURS = ("YCbCr", "Gray")


@dataclass(frozen=True, slots=True)
class PlainJpeg:
    """A JPEG that was checked and is not decoded yet; `width` and `height` are as stored, `orientation` as in EXIF."""

    data: bytes
    width: int
    height: int
    orientation: int

    def room(self, *, scale: int) -> int:
        """Bytes that decoding at this scale takes."""
        return 3 * -(-self.height // scale) * -(-self.width // scale)

    def decode(
        self, *, scale: int = 1, buffer: UInt8[ndarray, " bytes"] | None = None
    ) -> UInt8[ndarray, "rows columns 3"] | None:
        """Red, green and blue, not yet turned upright.

        Parameters
        ----------
        scale : 1, 2, 4 or 8
            By what the sides are divided, rounding up.
        buffer : array of uint8, optional
            Where to decode to, of at least `room` bytes; new memory for each picture takes time.

        Returns
        -------
        array, or None where Pillow must have a look
            The file has some fault, or the picture is large.
        """
        if self.room(scale=scale) > MOST_ROOM:
            return None
        rows, columns = -(-self.height // scale), -(-self.width // scale)
        try:
            rgb = _turbo().decode_jpeg(
                self.data, min_height=rows, min_width=columns, buffer=buffer, strict=True
            )
        except ValueError:
            return None
        return rgb if rgb.shape == (rows, columns, 3) else None


def plain_jpeg(data: bytes, outline: Outline, *, name: str, limits: Limits) -> PlainJpeg | None:
    """The JPEG, or None where Pillow must decode it.

    Raises
    ------
    ImageTooLargeError
        If it has more pixels than `limits` allow.
    """
    turbo = _turbo()
    if turbo is None or outline.scans != 1 or outline.frames not in _FRAMES:
        return None
    if len(outline.exif) > 1:
        return None
    try:
        height, width, colours, _ = turbo.decode_jpeg_header(data)
    except ValueError:
        return None
    if colours not in _COLOURS or min(width, height) < 1:
        return None
    check_pixels(width, height, name=name, limits=limits)
    orientation = exif_orientation(outline.exif[0]) if outline.exif else 1
    return PlainJpeg(data, width, height, orientation)


def reduced_scale(width: int, height: int, *, min_side: int | None) -> int:
    """By how much a picture can be reduced so that `min_side` pixels are left on the shorter side."""
    most = 1 if min_side is None else min(width, height) // min_side
    return next((scale for scale in SCALES if scale <= most), 1)


@lru_cache(maxsize=1)
def _turbo() -> Any:
    """simplejpeg, or None where there is none for the platform."""
    try:
        return import_module("simplejpeg")
    except ImportError:
        return None
