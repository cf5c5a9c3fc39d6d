"""EXIF orientation: which way up a camera held the picture."""

import struct

from jaxtyping import UInt8
from numpy import ndarray

__all__ = ["exif_orientation", "upright"]

_TAG = 0x0112
_SHORT = 3
_ENTRY = 12


def exif_orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, that an EXIF block declares; 1 where it declares none or is damaged.

    Read here because Pillow's own reader loads its whole TIFF code for this one number.
    """
    block = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, start)
        for i in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", block, start + 2 + i * _ENTRY)
            if tag == _TAG:
                return value if kind == _SHORT and 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1


def upright(
    rgb: UInt8[ndarray, "rows columns 3"], orientation: int
) -> UInt8[ndarray, "height width 3"]:
    """The picture turned and mirrored as its EXIF orientation (1 to 8) asks; a view."""
    if orientation >= 5:
        rgb = rgb.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    return rgb
