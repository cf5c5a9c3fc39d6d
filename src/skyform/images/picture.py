"""What decoding gives: one picture in RGB, as a viewer would show it."""

from dataclasses import dataclass

from jaxtyping import UInt8
from numpy import ndarray

from skyform.images.levels import Levels
from skyform.schema import Flag

__all__ = ["Picture"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture.

    Attributes
    ----------
    rgb : array of uint8, shape (height, width, 3)
        Red, green, blue, 0 to 255, in displayed orientation; read-only. Smaller than the full picture where it was
        decoded at a reduced scale.
    width, height : int
        Size of the full picture as displayed, in pixels.
    format : str
        What the bytes were: `JPEG`, `PNG`, `WebP`, `TIFF`, `GIF`, `BMP` or `FITS`; `array` or `PIL` for objects in memory.
    flags : tuple of Flag
        What decoding noticed: `ANIMATED`, `MISSING_PIXELS`, `NEGATIVE`.
    deep : bool
        Whether the file holds more than a screen's 256 steps, so that a stretch can be chosen.
    levels : Levels or None
        How such values were stretched; None where they are shown in proportion.
    """

    rgb: UInt8[ndarray, "rows columns 3"]
    width: int
    height: int
    format: str
    flags: tuple[Flag, ...] = ()
    deep: bool = False
    levels: Levels | None = None
