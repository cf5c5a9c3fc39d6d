"""What a file is, by its first bytes; its name is never asked."""

from dataclasses import dataclass

__all__ = ["HEAD", "READABLE", "Other", "sniff"]

HEAD = 1024  # bytes that `sniff` looks at

READABLE = ("JPEG", "PNG", "WebP", "TIFF", "GIF", "BMP", "FITS", "gzip", "bzip2")


@dataclass(frozen=True, slots=True)
class Other:
    """Something that is not a picture we read: `what` completes "this is …", `remedy` says what to do."""

    what: str
    remedy: str


_RESAVE = "Open it in an image viewer and save it as PNG or JPEG."
_DEVELOP = "Develop it in a raw converter and save it as TIFF, PNG or JPEG."
_UNPACK = "Unpack it and give the pictures inside."
_STILL = "Save one frame of it as PNG or JPEG."
_EXPORT = "Export the image in it as FITS or PNG."

_PICTURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"SIMPLE  =", "FITS"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
)
_CANON_RAW = b"CR\x02"  # in what is otherwise a TIFF
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)

# Each: bytes, where they stand, what it is, the remedy. The first that fits counts.
_OTHERS = (
    (_CANON_RAW, 8, "a Canon raw photo (CR2)", _DEVELOP),
    (b"IIRO", 0, "an Olympus raw photo", _DEVELOP),
    (b"IIU\0", 0, "a Panasonic raw photo", _DEVELOP),
    (b"FUJIFILMCCD-RAW", 0, "a Fujifilm raw photo", _DEVELOP),
    (b"ftypcrx", 4, "a Canon raw photo (CR3)", _DEVELOP),
    (b"ftyphei", 4, "a HEIC photo", _RESAVE),
    (b"ftyphev", 4, "a HEIC photo", _RESAVE),
    (b"ftypmif1", 4, "a HEIC photo", _RESAVE),
    (b"ftypmsf1", 4, "a HEIC photo", _RESAVE),
    (b"ftypavi", 4, "an AVIF picture", _RESAVE),
    (b"ftyp", 4, "a video (MP4 or MOV)", _STILL),
    (b"\x1aE\xdf\xa3", 0, "a video (Matroska or WebM)", _STILL),
    (b"AVI ", 8, "a video (AVI)", _STILL),
    (b"LUCAM-RECORDER", 0, "a planetary video (SER)", _STILL),
    (b"\0\0\0\x0cjP  ", 0, "a JPEG 2000 picture", _RESAVE),
    (b"\xff\x4f\xff\x51", 0, "a JPEG 2000 picture", _RESAVE),
    (b"\0\0\0\x0cJXL ", 0, "a JPEG XL picture", _RESAVE),
    (b"\xff\x0a", 0, "a JPEG XL picture", _RESAVE),
    (b"8BPS", 0, "a Photoshop document", _RESAVE),
    (b"gimp xcf", 0, "a GIMP document", _RESAVE),
    (b"\0\0\1\0", 0, "an icon", _RESAVE),
    (b"v/1\x01", 0, "an OpenEXR picture", _RESAVE),
    (b"#?RADIANCE", 0, "a Radiance HDR picture", _RESAVE),
    (b"%!PS", 0, "a PostScript document", _RESAVE),
    (b"\xc5\xd0\xd3\xc6", 0, "an EPS document", _RESAVE),
    (b"%PDF", 0, "a PDF document", "Save the picture in it as PNG or JPEG."),
    (b"XISF", 0, "a PixInsight XISF image", _EXPORT),
    (b"XTENSION=", 0, "a FITS extension without the primary header before it", "Write it as a complete FITS file."),
    (b"\x89HDF\r\n", 0, "an HDF5 file", _EXPORT),
    (b"CDF\1", 0, "a NetCDF file", _EXPORT),
    (b"CDF\2", 0, "a NetCDF file", _EXPORT),
    (b"#ASDF", 0, "an ASDF file", _EXPORT),
    (b"\x93NUMPY", 0, "a NumPy file", "Load it with numpy.load and give the array."),
    (b"PAR1", 0, "a Parquet table", "Give the pictures themselves, or read the table as a data set."),
    (b"SQLite format 3", 0, "a SQLite database", "Give the pictures themselves."),
    (b"PK\x03\x04", 0, "a zip archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", 0, "a 7-Zip archive", _UNPACK),
    (b"Rar!", 0, "a RAR archive", _UNPACK),
    (b"\xfd7zXZ", 0, "an xz-compressed file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", 0, "a Zstandard-compressed file", _UNPACK),
    (b"ustar", 257, "a tar archive", _UNPACK),
    (b"\x7fELF", 0, "a program", "Give a picture."),
    (b"version https://git-lfs", 0, "a Git LFS pointer: the picture itself was not fetched", "Run `git lfs pull`."),
)  # fmt: skip


def sniff(data: bytes) -> str | Other | None:
    """What the bytes are: one of `READABLE`, a known other thing, or None for something unknown."""
    head = data[:HEAD]
    for magic, name in _PICTURES:
        if head.startswith(magic) and not head.startswith(_CANON_RAW, 8):
            return name
    for magic, at, what, remedy in _OTHERS:
        if head.startswith(magic, at):
            return Other(what, remedy)
    if head.startswith(b"RIFF") and head.startswith(b"WEBP", 8):
        return "WebP"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head.count(0) == len(head):
        return Other("a file filled with zeros", "Copy or download it again.")
    return _text(head)


def _text(head: bytes) -> Other | None:
    """Markup, tables and plain text; None for binary data."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return Other(
            "an HTML page: the link gave a web page instead of a picture",
            "Open the page in a browser and save the picture itself.",
        )
    if b"<svg" in start:
        return Other("an SVG drawing", _RESAVE)
    if b"<votable" in start:
        return Other("a VOTable", "Give the pictures themselves.")
    if start.startswith(b"<"):
        return Other(
            "an XML document, perhaps a server's error message",
            "Open it in a text editor to see why, and download the picture again.",
        )
    if any(byte < 32 and byte not in b"\t\n\r\f" for byte in start) or not _is_utf8(head):
        return None
    if start.startswith((b"{", b"[")):
        return Other(
            "JSON text, perhaps a server's error message",
            "Open it in a text editor to see why, and download the picture again.",
        )
    line = start.partition(b"\n")[0]
    if any(mark in line for mark in (b",", b"\t", b";")):
        return Other("a table in text (CSV)", "Give the pictures that it lists.")
    return Other("plain text", "Give a picture.")


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The head may end within a character.
        return error.start > len(head) - 4
    return True
