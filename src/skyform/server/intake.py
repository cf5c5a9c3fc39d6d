"""From an upload of many files to pictures one at a time: zip archives are unpacked, within limits that no archive's own words can move."""

import io
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from skyform.images.formats import HEAD, Other, sniff
from skyform.server.guard import too_large
from skyform.server.problems import RequestError
from skyform.server.uploads import Upload, display_id

__all__ = ["Bounds", "pictures_in"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_ARCHIVES = (
    "a zip archive",
    "a 7-Zip archive",
    "a RAR archive",
    "a tar archive",
    "an xz-compressed file",
    "a Zstandard-compressed file",
)
_CHUNK = 2**18
# The others unpack as much as they like in one step, before anything can be counted.
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Pictures hardly get smaller by being packed; blank FITS images do, by some hundred times.
_MOST_RATIO = 300
_RATIO_COUNTS_FROM = 2**20  # bytes unpacked

_END = b"PK\x05\x06"
_END_SIZE = 22
_LOCATOR = b"PK\x06\x07"  # of an archive too large for the plain format
_LONGEST_COMMENT = 2**16
_LONGEST_LIST = 2**22  # bytes of names


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a job may hold: files, bytes of one, bytes of all."""

    files: int
    file_bytes: int
    all_bytes: int


def pictures_in(files: Iterable[tuple[str, IO[bytes]]], *, bounds: Bounds) -> Iterator[Upload]:
    """The pictures in some files, in order.

    What lies in an archive's folders counts, but for hidden files and what systems put there; whether it is a picture at all shows when it
    is classified.

    Parameters
    ----------
    files : iterable of name and file

    Raises
    ------
    RequestError
        413 over a limit, 422 for an archive that is damaged, encrypted, holds others, or unpacks to hundreds of times its size.
    """
    count, total = 0, 0
    for name, data in _contents(files, bounds):
        count, total = count + 1, total + len(data)
        if count > bounds.files:
            raise RequestError(
                f"There are more than {bounds.files} pictures.",
                remedy="Send them in several jobs.",
                status=413,
                code="too-many-files",
            )
        if total > bounds.all_bytes:
            raise too_large(bounds.all_bytes)
        yield Upload(data, display_id(name))


def _contents(
    files: Iterable[tuple[str, IO[bytes]]], bounds: Bounds
) -> Generator[tuple[str, bytes]]:
    for name, file in files:
        head = file.read(4)
        file.seek(0)
        if head in _ZIP:
            yield from _unpacked(name, file, bounds)
            continue
        data = file.read(bounds.file_bytes + 1)
        if len(data) > bounds.file_bytes:
            raise too_large(bounds.file_bytes)
        yield name, data


def _unpacked(name: str, file: IO[bytes], bounds: Bounds) -> Generator[tuple[str, bytes]]:
    _check_list(name, file)
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if entry.is_dir() or _is_clutter(entry.filename):
                    continue
                data = _entry(name, archive, entry, bounds)
                kind = sniff(data[:HEAD])
                if isinstance(kind, Other) and kind.what in _ARCHIVES:
                    raise _bad(name, f"holds another archive, {display_id(entry.filename)!r}")
                yield entry.filename, data
    except RequestError:
        raise
    # A damaged archive makes zipfile raise almost anything.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise _bad(name, f"cannot be read ({type(error).__name__})") from error


def _check_list(name: str, file: IO[bytes]) -> None:
    """Look at the end of the archive before its list of names is read, which may be as long as the archive."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        raise _bad(name, "ends too early")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if length > _LONGEST_LIST or tail[max(0, at - 20) : at].startswith(_LOCATOR):
        raise _bad(name, "has too long a list of files")


def _entry(name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, bounds: Bounds) -> bytes:
    """An entry's bytes, counted as they come: what the archive says of their number is not asked."""
    if entry.flag_bits & 1:
        raise _bad(name, "is encrypted")
    if entry.compress_type not in _PACKED:
        raise _bad(name, f"is packed with method {entry.compress_type}, not with deflate")
    data = bytearray()
    with archive.open(entry) as opened:
        while chunk := opened.read(_CHUNK):
            data += chunk
            if len(data) > bounds.file_bytes:
                raise too_large(bounds.file_bytes)
            packed = max(entry.compress_size, 1)
            if len(data) > _RATIO_COUNTS_FROM and len(data) > _MOST_RATIO * packed:
                raise _bad(name, f"unpacks to more than {_MOST_RATIO} times its size")
    return bytes(data)


def _is_clutter(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    hidden = any(p.startswith(".") and p not in (".", "..") for p in parts)
    return hidden or parts[0] == "__MACOSX" or parts[-1].lower() in ("thumbs.db", "desktop.ini")


def _bad(name: str, why: str) -> RequestError:
    return RequestError(
        f"The archive {display_id(name)!r} {why}.",
        remedy="Pack the pictures into a plain zip archive, or send them as they are.",
        status=422,
        code="bad-archive",
    )
