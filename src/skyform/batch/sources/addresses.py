"""Addresses as people write them: paths and URLs, joined, shown, and with patterns in them."""

import os
import posixpath
import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import urlsplit

__all__ = [
    "absolute",
    "braces",
    "has_pattern",
    "is_hidden",
    "is_remote",
    "is_web",
    "join",
    "last_name",
    "shown",
]

# One letter before the colon is a drive, not a protocol.
_PROTOCOL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+://")
_MAGIC = re.compile(r"[*?\[]")
_BRACES = re.compile(r"\{([^{}]+)\}")
_RANGE = re.compile(r"^(\d+)\.\.(\d+)$")


def is_remote(address: str) -> bool:
    """Whether an address names something that is not a file of this machine."""
    return bool(_PROTOCOL.match(address)) and not address.lower().startswith("file://")


def is_web(address: str) -> bool:
    """Whether plain HTTP gets it."""
    return address.lower().startswith(("http://", "https://"))


def absolute(address: str) -> str:
    """The address as another process sees it, whatever folder it works in."""
    if is_remote(address):
        return address
    return os.path.abspath(address[7:] if address.lower().startswith("file://") else address)


def join(folder: str, name: str) -> str:
    """A name within a folder, or the name itself where it is an address of its own."""
    if _PROTOCOL.match(name):
        return absolute(name)
    if not folder:
        return name
    if is_remote(folder):
        return f"{folder.rstrip('/')}/{name.removeprefix('./')}"
    return os.path.join(folder, name)


def last_name(address: str) -> str:
    """The file's or folder's own name, without what follows a `?` on the web."""
    path = urlsplit(address).path if is_web(address) else address
    return posixpath.basename(path.replace(os.sep, "/").rstrip("/"))


def shown(address: str) -> str:
    """The address without a name and password in it, as it may stand in tables and messages."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]+://)[^/@]*@", r"\1", address)


def is_hidden(name: str) -> bool:
    """Whether a member of an archive lies in a hidden folder, or is what macOS puts beside files."""
    return any(p.startswith(".") or p == "__MACOSX" for p in name.split("/") if p not in ("", "."))


def has_pattern(address: str) -> bool:
    """Whether there are wildcards in an address; a `?` in a web address begins its query and is none."""
    return bool(_MAGIC.search(address.partition("?")[0] if is_web(address) else address))


def braces(pattern: str) -> Iterator[str]:
    """All that `{000..099}` and `{a,b}` in a pattern stand for, in order; the pattern itself where there are none."""
    pieces = _BRACES.split(pattern)
    choices = [[p] if i % 2 == 0 else _choices(p) for i, p in enumerate(pieces)]
    for chosen in product(*choices):
        yield "".join(chosen)


def _choices(inside: str) -> list[str]:
    found = _RANGE.match(inside)
    if not found:
        return inside.split(",") if "," in inside else ["{" + inside + "}"]
    first, last = found.groups()
    step = 1 if int(first) <= int(last) else -1
    return [str(n).zfill(len(first)) for n in range(int(first), int(last) + step, step)]
