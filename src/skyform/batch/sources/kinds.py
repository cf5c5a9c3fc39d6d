"""What a file is, by its first bytes and, where those do not tell, by its name."""

import bz2
import lzma
import zlib
from typing import Literal

from skyform.images.formats import sniff

__all__ = ["HEAD", "Kind", "kind_of", "kind_of_name"]

HEAD = 2048  # bytes that `kind_of` looks at
Kind = Literal["picture", "hdf5", "parquet", "fits", "tar", "zip", "votable", "csv", "list"]

_ENDINGS: tuple[tuple[tuple[str, ...], Kind], ...] = (
    ((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"), "tar"),
    ((".parquet", ".pq"), "parquet"),
    ((".h5", ".hdf5", ".hdf"), "hdf5"),
    ((".zip",), "zip"),
    ((".csv", ".tsv", ".csv.gz", ".ecsv"), "csv"),
    ((".vot", ".votable"), "votable"),
    ((".txt", ".lst", ".list"), "list"),
)
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")
_WITHIN = ("tar", "csv", "list", "votable", "fits")  # what is read from within a compressed file
_TEXTS = ("a table in text (CSV)", "plain text")
_TABLE_MARKS = (b",", b"\t", b";", b"|")


def kind_of_name(name: str) -> Kind | None:
    """What a file's name says that it is; None where it says nothing, or a picture."""
    low = name.lower()
    return next((kind for endings, kind in _ENDINGS if low.endswith(endings)), None)


def kind_of(head: bytes, *, name: str) -> Kind | None:
    """What a file is that begins with `head`; None for something that is no source."""
    if head.startswith(_PACKED):
        inside = _unpacked(head)
        if not inside:
            # bzip2 gives nothing before its first block is there.
            return kind_of_name(name)
        kind = None if inside.startswith(_PACKED) else kind_of(inside, name=name)
        return kind if kind in _WITHIN else None
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "hdf5"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"SIMPLE  ="):
        return "fits"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"ustar", 257) or (_is_zeros(head) and kind_of_name(name) == "tar"):
        return "tar"
    found = sniff(head)
    if isinstance(found, str):
        return "picture"
    if b"<votable" in head.lower():
        return "votable"
    return _text_kind(head, name) if found is None or found.what in _TEXTS else None


def _is_zeros(head: bytes) -> bool:
    return head.count(0) == len(head)


def _text_kind(head: bytes, name: str) -> Kind | None:
    if any(byte < 9 for byte in head):
        return None
    named = kind_of_name(name)
    if named == "csv":
        return "csv"
    lines = [line for line in head.splitlines() if line.strip()]
    # The same number of separators in the first two lines: a table, whatever it is called.
    for mark in _TABLE_MARKS:
        if len(lines) > 1 and 0 < lines[0].count(mark) == lines[1].count(mark):
            return "csv"
    return "list" if lines else None


def _unpacked(head: bytes) -> bytes:
    """What the beginning of a compressed file unpacks to, as far as it goes."""
    try:
        if head.startswith(b"BZh"):
            return bz2.BZ2Decompressor().decompress(head, HEAD)
        if head.startswith(b"\xfd7zXZ"):
            return lzma.LZMADecompressor().decompress(head, HEAD)
        return zlib.decompressobj(31).decompress(head, HEAD)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return b""
