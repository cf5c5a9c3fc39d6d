"""Reading through a tar from any of its members on, to where it ends or breaks off."""

import json
import lzma
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from skyform.batch.sources.addresses import is_hidden
from skyform.inference.sources import PICTURE_SUFFIXES

__all__ = ["Sample", "samples"]

_MOST_MEMBERS = 16  # of one sample; names without a number before the first dot would all be one
_MOST_JSON = 2**20


@dataclass(slots=True)
class Sample:
    """The members of one key that follow each other.

    Attributes
    ----------
    at : int
        Where the first of them begins, in bytes.
    key : str
        Their name up to the first dot.
    pictures : dict
        The pictures among them by name: their bytes, or None where they were not asked for or are too large.
    about : mapping
        What the sample's JSON says; empty where there is none.
    cut : str
        For the last of a tar that breaks off: why nothing can be read from here on. It has no members.
    """

    at: int
    key: str
    pictures: dict[str, bytes | None] = field(default_factory=dict[str, bytes | None])
    about: Mapping[str, Any] = field(default_factory=dict[str, Any])
    cut: str = ""
    members: int = 0

    @property
    def items(self) -> int:
        """How many items it gives."""
        return 1 if self.cut else len(self.pictures)


def samples(stream: Any, *, at: int = 0, load: bool, most_bytes: int) -> Iterator[Sample]:
    """Samples with pictures from a place in an open tar on, in order.

    Parameters
    ----------
    stream : binary file
        Seekable, if only forward.
    at : int
        Where a member begins.
    load : bool
        Whether to read pictures and JSON, or only to see that they are whole.
    most_bytes : int
        Of a picture that is read.
    """
    current: Sample | None = None
    for member in _members(stream, at, load, most_bytes):
        if current is not None and not _belongs(member, current):
            if current.pictures:
                yield current
            current = None
        if member.cut:
            yield Sample(member.at, "", cut=member.cut)
            return
        if current is None:
            current = Sample(member.at, member.key)
        current.members += 1
        if member.name.lower().endswith(PICTURE_SUFFIXES):
            current.pictures[member.name] = member.data
        elif member.data:
            current.about = _parsed(member.data)
    if current is not None and current.pictures:
        yield current


@dataclass(frozen=True, slots=True)
class _Member:
    """A file in a tar, or the place where the tar breaks off."""

    at: int
    name: str = ""
    data: bytes | None = None
    cut: str = ""

    @property
    def key(self) -> str:
        folder, slash, file = self.name.rpartition("/")
        return folder + slash + file.partition(".")[0]


def _belongs(member: _Member, sample: Sample) -> bool:
    return not member.cut and member.key == sample.key and sample.members < _MOST_MEMBERS


def _members(stream: Any, at: int, load: bool, most_bytes: int) -> Iterator[_Member]:
    """Files with a picture's suffix or `.json`; a last one says why, where the tar ends otherwise than it should."""
    end = at
    try:
        stream.seek(at)
        tar = tarfile.TarFile(fileobj=stream)
        info = tar.next()
        if info is None and at:
            raise tarfile.ReadError("there is no header of a file")
        while info is not None:
            end = info.offset
            wanted = info.isreg() and not is_hidden(info.name) and _is_wanted(info.name)
            data = None
            if wanted and load and info.size <= _most(info.name, most_bytes):
                data = _read(tar, info)
            else:
                _check_whole(stream, tar, info)
            if wanted:
                yield _Member(end, info.name, data)
            end = tar.offset
            stream.seek(end)
            # Not `tar.next`, which keeps every member in memory, and takes a damaged header for the end.
            info = tarfile.TarInfo.fromtarfile(tar)
    except tarfile.EOFHeaderError:  # pyright: ignore[reportAttributeAccessIssue]
        return
    except tarfile.EmptyHeaderError:  # pyright: ignore[reportAttributeAccessIssue]
        yield _Member(end, cut="it ends without the mark of its end")
    # What decompressors raise on cut or damaged bytes, and what a remote that stays away does.
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        yield _Member(end, cut=" ".join(str(error).split()) or type(error).__name__)


def _most(name: str, most_bytes: int) -> int:
    return _MOST_JSON if name.endswith(".json") else most_bytes


def _is_wanted(name: str) -> bool:
    return name.lower().endswith((*PICTURE_SUFFIXES, ".json"))


def _read(tar: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    inside = tar.extractfile(info)
    data = b"" if inside is None else inside.read()
    if len(data) != info.size:
        raise tarfile.ReadError("unexpected end of data")
    return data


def _check_whole(stream: Any, tar: tarfile.TarFile, info: tarfile.TarInfo) -> None:
    """That the member's last byte is there; the padding behind it may be missing."""
    end = tar.offset if info.sparse else info.offset_data + (info.size if info.isreg() else 0)
    if end <= info.offset_data:
        return
    # Never back, which would mean to unpack a compressed tar from its start.
    stream.seek(end - 1)
    if not stream.read(1):
        raise tarfile.ReadError("unexpected end of data")


def _parsed(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
