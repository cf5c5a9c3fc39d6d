"""What the containers of PNG, WebP and JPEG say about themselves, checked before or after Pillow, which overlooks it."""

import re
import struct
import zlib
from dataclasses import dataclass

from skyform.errors import CorruptImageError, TruncatedImageError
from skyform.images.limits import Limits, check_pixels

__all__ = ["Outline", "check_gif", "check_png", "check_scans", "check_webp", "outline_jpeg"]

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
# Start of frame: which of JPEG's processes, from baseline to lossless. What is left out are tables and a reserved code.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_EXIF = 0xE1
_EXIF_START = b"Exif\0\0"


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


@dataclass(frozen=True, slots=True)
class Outline:
    """What the markers of a JPEG tell: its scans, its frame markers (0xC0 is baseline), and its EXIF blocks."""

    scans: int
    frames: tuple[int, ...]
    exif: tuple[bytes, ...]


def outline_jpeg(data: bytes, *, name: str) -> Outline:
    """Walk from marker to marker up to the end marker, over segments by their stated length, as the decoder does.

    What follows the end marker is not looked at: phones put films there, cameras larger previews.

    Raises
    ------
    TruncatedImageError, CorruptImageError
        If there is no end marker, or something within the picture that does not belong there.
    """
    scans = 0
    frames: list[int] = []
    exif: list[bytes] = []
    found = _MARKER.search(data, 2)
    while found:
        at = found.end()
        code = data[at - 1]
        if code == _END:
            return Outline(scans, tuple(frames), tuple(exif))
        # The decoder would take anything else for the end of the scan, and leave the rest of the picture grey.
        if scans and code not in _AFTER_SCAN:
            raise CorruptImageError(
                f"{name}: the JPEG breaks off or is damaged within the picture.", remedy=_AGAIN
            )
        end = at + int.from_bytes(data[at : at + 2], "big")
        if code == _SCAN:
            scans += 1
        elif code in _FRAMES:
            frames.append(code)
        elif code == _EXIF and data.startswith(_EXIF_START, at + 2):
            exif.append(data[at + 2 : end])
        found = _MARKER.search(data, end)
    raise TruncatedImageError(f"{name}: the JPEG ends before its end marker.", remedy=_AGAIN)


def check_scans(outline: Outline, *, name: str, pixels: int, limits: Limits) -> None:
    """Raise where a progressive file asks for too much work: each scan goes over the whole picture again."""
    if outline.scans > 100 and outline.scans * pixels > 10 * limits.max_pixels:
        raise CorruptImageError(
            f"{name}: the JPEG asks to draw {pixels:,} pixels {outline.scans:,} times.",
            remedy="Open it in an image viewer and save it anew.",
        )
