"""Bytes from files: read whole, within the limits, and unpacked where they are compressed FITS."""

import bz2
import os
import stat
import zlib

from skyform.errors import (
    CorruptImageError,
    EmptyFileError,
    TruncatedImageError,
    UnknownFormatError,
    UnreadableFileError,
)
from skyform.images.limits import Limits, check_bytes

__all__ = ["read_file", "unpack"]

_BLOCK = 2**20  # bytes unpacked at once
_SLICE = 2**16  # compressed bytes taken at once
# Files in blocks of 64 KiB (bgzip) stay below this.
_MOST_MEMBERS = 10_000
_GZIP_WINDOW = 31  # zlib's code for "with a gzip header"
_FITS = b"SIMPLE  ="


def read_file(path: str, *, limits: Limits) -> bytes:
    """The whole content of a regular file.

    Raises
    ------
    UnreadableFileError
        If there is no such file, it is no regular file, or it may not be read.
    EmptyFileError
        If it has zero bytes.
    ImageTooLargeError
        If it has more bytes than `limits` allow.
    """
    try:
        # A pipe or a device could keep us waiting for ever, so ask what it is before opening it.
        status = os.stat(path)
        _check_kind(path, status.st_mode)
        check_bytes(status.st_size, name=path, limits=limits)
        with open(path, "rb") as file:
            data = file.read(status.st_size)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not data:
        raise EmptyFileError(
            f"{path}: the file is empty (0 bytes).", remedy="Copy or download it again."
        )
    return data


def _check_kind(path: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise UnreadableFileError(
            f"{path}: this is a folder, not a picture.", remedy="Give the files in it."
        )
    if not stat.S_ISREG(mode):
        raise UnreadableFileError(
            f"{path}: this is a pipe or a device, not a file.",
            remedy="Save the picture to a file, or give its bytes.",
        )


def _unreadable(path: str, error: OSError | ValueError) -> UnreadableFileError:
    if path.startswith(("http://", "https://", "ftp://", "s3://")):
        return UnreadableFileError(
            f"{path}: this is a web address, not a file.", remedy="Download it and give the file."
        )
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return UnreadableFileError(
            f"{path or 'An empty path'}: there is no such file.",
            remedy="Check the path for typing errors, and from which folder it starts.",
        )
    if isinstance(error, PermissionError):
        return UnreadableFileError(
            f"{path}: you have no permission to read this file.",
            remedy="Ask its owner for it, or change its permissions.",
        )
    if isinstance(error, OSError):
        return UnreadableFileError(
            f"{path}: the file cannot be read ({error.strerror or error}).",
            remedy="Check the disk or the network drive, then try again.",
        )
    return UnreadableFileError(
        f"{path!r}: this is no valid path ({error}).", remedy="Give the path of a file."
    )


def unpack(data: bytes, *, kind: str, name: str, limits: Limits) -> bytes:
    """The FITS file in gzip- or bzip2-compressed bytes (`kind` is "gzip" or "bzip2").

    Raises
    ------
    UnknownFormatError
        If something other than a FITS file is in it.
    TruncatedImageError, CorruptImageError
        If the compressed bytes end early or are damaged, or are in more than 10,000 members.
    ImageTooLargeError
        If it unpacks to more bytes than `limits` allow.
    """
    out = bytearray()
    view = memoryview(data)
    at: int | None = 0
    members = 0
    try:
        while at is not None and members < _MOST_MEMBERS:
            at = _unpack_member(view, out, start=at, kind=kind, name=name, limits=limits)
            members += 1
    except EOFError as error:
        raise TruncatedImageError(
            f"{name}: the {kind}-compressed file ends early.", remedy="Copy or download it again."
        ) from error
    except (OSError, ValueError, zlib.error) as error:
        raise CorruptImageError(
            f"{name}: the {kind} compression is damaged.", remedy="Copy or download it again."
        ) from error
    if at is not None:
        raise CorruptImageError(
            f"{name}: the {kind}-compressed file has more than {_MOST_MEMBERS:,} members.",
            remedy=f"Unpack it and compress it anew with {kind}.",
        )
    _check_is_fits(out, kind=kind, name=name)
    return bytes(out)


def _unpack_member(
    data: memoryview, out: bytearray, *, start: int, kind: str, name: str, limits: Limits
) -> int | None:
    """Append what the compressed member at `start` holds; where the next one starts, if another follows."""
    member = zlib.decompressobj(_GZIP_WINDOW) if kind == "gzip" else bz2.BZ2Decompressor()
    at = start
    while not member.eof:
        # In slices: the decompressor copies whatever follows the member.
        block = b"" if isinstance(member, bz2.BZ2Decompressor) else member.unconsumed_tail
        if not block and getattr(member, "needs_input", True):
            block = bytes(data[at : at + _SLICE])
            at += len(block)
        fresh = member.decompress(block, _BLOCK)
        out += fresh
        if len(out) >= len(_FITS):
            _check_is_fits(out, kind=kind, name=name)
        check_bytes(len(out), name=f"{name} (unpacked)", limits=limits)
        if not fresh and not block and not member.eof:
            raise EOFError
    at -= len(member.unused_data)
    # Padding or garbage after a member is common, and no reason to refuse what is there.
    return at if bytes(data[at : at + 3]).startswith((b"\x1f\x8b", b"BZh")) else None


def _check_is_fits(out: bytearray, *, kind: str, name: str) -> None:
    if not out.startswith(_FITS):
        raise UnknownFormatError(
            f"{name}: this is a {kind}-compressed file, and what is in it is not FITS.",
            remedy="Unpack it and give the pictures inside.",
        )
