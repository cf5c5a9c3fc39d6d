"""Whatever a decoder raised, as one of our errors."""

import struct

from skyform.errors import (
    CorruptImageError,
    ImageError,
    ImageTooLargeError,
    TruncatedImageError,
    UnsupportedImageError,
)

__all__ = ["fits_error", "raster_error"]

_AGAIN = "Copy or download it again."
_CUT = ("truncated", "not enough", "end of file", "missing end card", "buffer is too small")
_STRANGE = ("unknown", "unsupported", "not supported", "not implemented")
_SHORTEST_REASON, _LONGEST_REASON = 8, 90
_MEANINGLESS = ("<", "b'", "driver", "cannot load this image", "corrupt fits file")
_FITS_BLOCK = 2880
_FITS_END = b"END".ljust(80)  # the card that ends a header
# TIFF's numbers for byte, text, short, long, rational, undefined and 64-bit long, as struct has them.
_TIFF_TYPES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "Q", 7: "B", 16: "Q"}
# TIFF tags: strips, tiles.
_STRIP_OFFSETS = (273, 324)
_STRIP_LENGTHS = (279, 325)


def raster_error(error: Exception, *, data: bytes, format: str, name: str) -> ImageError:
    """The error for what Pillow raised on the bytes of a picture."""
    if type(error).__name__ == "DecompressionBombError":
        return _too_large(format, name)
    if format == "TIFF" and _tiff_ends_early(data):
        return _truncated(format, name)
    return _error(error, format=format, name=name)


def fits_error(error: Exception, *, data: bytes, name: str) -> ImageError:
    """The error for what astropy raised on the bytes of a FITS file."""
    end = data.find(_FITS_END)
    if end < 0 or end // _FITS_BLOCK >= len(data) // _FITS_BLOCK:
        return _truncated("FITS file", name)
    return _error(error, format="FITS file", name=name)


def _error(error: Exception, *, format: str, name: str) -> ImageError:
    text = str(error).lower()
    if isinstance(error, MemoryError):
        return _too_large(format, name)
    if isinstance(error, EOFError) or any(sign in text for sign in _CUT):
        return _truncated(format, name)
    if isinstance(error, NotImplementedError) or any(sign in text for sign in _STRANGE):
        return UnsupportedImageError(
            f"{name}: this kind of {format} is not supported{_reason(error)}.",
            remedy="Open it in an image viewer and save it as PNG or JPEG; if that fails, it is damaged.",
        )
    return CorruptImageError(f"{name}: the {format} is damaged{_reason(error)}.", remedy=_AGAIN)


def _truncated(format: str, name: str) -> TruncatedImageError:
    return TruncatedImageError(f"{name}: the {format} ends before the picture does.", remedy=_AGAIN)


def _too_large(format: str, name: str) -> ImageTooLargeError:
    return ImageTooLargeError(
        f"{name}: the {format} needs more memory than there is.",
        remedy="Cut out the part with the object, or shrink the picture.",
    )


def _reason(error: Exception) -> str:
    """The decoder's own words, where they can mean anything to a reader."""
    text = str(error).strip().rstrip(".")
    readable = isinstance(error, OSError | SyntaxError | ValueError) and text.isprintable()
    if not readable or not _SHORTEST_REASON <= len(text) <= _LONGEST_REASON:
        return ""
    return "" if any(sign in text.lower() for sign in _MEANINGLESS) else f" ({text})"


def _tiff_ends_early(data: bytes) -> bool:
    """Whether the header, the directory or the pixel data of a TIFF lie beyond the end of the file."""
    order = "<" if data[:1] == b"I" else ">"
    try:
        if data[2:4].strip(b"\0") == b"+":
            (at,) = struct.unpack_from(f"{order}Q", data, 8)
            (count,) = struct.unpack_from(f"{order}Q", data, at)
            end = _strips_end(data, f"{order}HHQQ", at + 8, count)
        else:
            (at,) = struct.unpack_from(f"{order}I", data, 4)
            (count,) = struct.unpack_from(f"{order}H", data, at)
            end = _strips_end(data, f"{order}HHII", at + 2, count)
    except (struct.error, OverflowError):
        return True
    return end > len(data)


def _strips_end(data: bytes, entry: str, at: int, count: int) -> int:
    """Where the last strip or tile ends, by the directory of `count` entries that starts at `at`."""
    offsets: list[int] = []
    lengths: list[int] = []
    size = struct.calcsize(entry)
    field = struct.calcsize(entry[0] + entry[-1])
    for i in range(count):
        tag, kind, number, value = struct.unpack_from(entry, data, at + i * size)
        length = number * struct.calcsize("=" + _TIFF_TYPES.get(kind, "x"))
        start = at + (i + 1) * size - field if length <= field else value
        if start + length > len(data):
            return start + length
        if tag not in _STRIP_OFFSETS + _STRIP_LENGTHS or kind not in _TIFF_TYPES:
            continue
        code = _TIFF_TYPES[kind]
        values = struct.unpack_from(f"{entry[0]}{number}{code}", data, start)
        (offsets if tag in _STRIP_OFFSETS else lengths).extend(values)
    return max((a + b for a, b in zip(offsets, lengths, strict=False)), default=0)
