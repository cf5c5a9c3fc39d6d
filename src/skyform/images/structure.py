"""What the containers of PNG, WebP and JPEG say about themselves, checked before or after Pillow, which overlooks it."""

import re
import struct
import zlib

from skyform.errors import CorruptImageError, TruncatedImageError
from skyform.images.limits import Limits, check_pixels

__all__ = ["check_gif", "check_jpeg", "check_png", "check_webp"]

_AGAIN = "Copy or download it again."
_PNG_START = 8
_PNG_FRAME = 12  # length, type and checksum around a chunk's content
_MOST_CHUNKS = 200_000
_IMAGE_CHUNKS = (b"IHDR", b"PLTE", b"IDAT")
# In a JPEG. Neither stuffed zeros, fill bytes nor restart markers: those stand within a scan, and have no length.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
_SCAN, _END = 0xDA, 0xD9
# Tables, number of lines, restart interval, applications' own data, comment, and further scans.
_AFTER_SCAN = frozenset((0xC4, 0xCC, 0xDB, 0xDC, 0xDD, _SCAN, *range(0xE0, 0xF0), 0xFE))


def check_png(data: bytes, *, name: str) -> None:
    """Walk over the chunks: checksums of the image's own chunks, and the end marker.

    Pillow does not compare the checksums of the pixel data.
    """
    view = memoryview(data)
    at = _PNG_START
    for _ in range(_MOST_CHUNKS):
        if at + _PNG_FRAME > len(data):
            raise TruncatedImageError(f"{name}: the PNG ends before its end marker.", remedy=_AGAIN)
        length, kind = struct.unpack_from(">I4s", data, at)
        if not kind.isalpha():
            raise CorruptImageError(f"{name}: the PNG has a damaged chunk.", remedy=_AGAIN)
        end = at + _PNG_FRAME + length
        if end > len(data):
            raise TruncatedImageError(f"{name}: the PNG ends within its data.", remedy=_AGAIN)
        if kind in _IMAGE_CHUNKS:
            (stated,) = struct.unpack_from(">I", data, end - 4)
            if zlib.crc32(view[at + 4 : end - 4]) != stated:
                raise CorruptImageError(
                    f"{name}: the PNG's {kind.decode()} data do not match their checksum.",
                    remedy=_AGAIN,
                )
        if kind == b"IEND":
            return
        at = end
    raise CorruptImageError(f"{name}: the PNG has an absurd number of chunks.", remedy=_AGAIN)


def check_webp(data: bytes, *, name: str, limits: Limits) -> None:
    """The stated length, and the canvas size, for which the decoder would reserve memory as soon as it is made."""
    if len(data) < 30:
        raise TruncatedImageError(f"{name}: the WebP ends within its header.", remedy=_AGAIN)
    if 8 + int.from_bytes(data[4:8], "little") > len(data):
        raise TruncatedImageError(f"{name}: the WebP is shorter than it states.", remedy=_AGAIN)
    if data[12:16] == b"VP8X":
        width = 1 + int.from_bytes(data[24:27], "little")
        height = 1 + int.from_bytes(data[27:30], "little")
        check_pixels(width, height, name=name, limits=limits)


def check_gif(data: bytes, *, name: str, limits: Limits) -> None:
    """The screen size; Pillow compares it with limits of its own."""
    width, height = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    check_pixels(width, height, name=name, limits=limits)


def check_jpeg(data: bytes, *, name: str, pixels: int, progressive: bool, limits: Limits) -> None:
    """The end marker, and the work that a progressive file asks for: each scan goes over the whole picture again.

    What follows the end marker is not looked at: phones put films there, cameras larger previews.
    """
    scans = _count_scans(data, name=name)
    if progressive and scans > 100 and scans * pixels > 10 * limits.max_pixels:
        raise CorruptImageError(
            f"{name}: the JPEG asks to draw {pixels:,} pixels {scans:,} times.",
            remedy="Open it in an image viewer and save it anew.",
        )


def _count_scans(data: bytes, *, name: str) -> int:
    """Walk from marker to marker up to the end marker, over segments by their stated length, as the decoder does."""
    scans = 0
    found = _MARKER.search(data, 2)
    while found:
        code, at = data[found.end() - 1], found.end()
        if code == _END:
            return scans
        # The decoder would take anything else for the end of the scan, and leave the rest of the picture grey.
        if scans and code not in _AFTER_SCAN:
            raise CorruptImageError(
                f"{name}: the JPEG breaks off or is damaged within the picture.", remedy=_AGAIN
            )
        scans += code == _SCAN
        found = _MARKER.search(data, at + int.from_bytes(data[at : at + 2], "big"))
    raise TruncatedImageError(f"{name}: the JPEG ends before its end marker.", remedy=_AGAIN)
