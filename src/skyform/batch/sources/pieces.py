"""What all sources share: where a file lies, how parts are cut, how a failed item and a fingerprint look."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skyform.batch.items import Item, Part
from skyform.batch.sources.addresses import is_remote
from skyform.batch.sources.files import Files
from skyform.errors import SkyformError

__all__ = ["Located", "cut", "digest", "failed", "numbered", "reason", "slices_of", "stamp"]

_MOST_ASKED = 100  # remote files that are asked for size and time


@dataclass(frozen=True, slots=True)
class Located:
    """One file of a source.

    Attributes
    ----------
    address : str
        To open it, from any folder and any process.
    name : str
        In ids: unique among the files of the source.
    path : str
        For people: as they would write it.
    """

    address: str
    name: str
    path: str


def reason(error: SkyformError) -> str:
    """An error as it stands in the table: its code, what was wrong and what to do, on one line."""
    return " ".join(f"{error.code}: {error}".split())


def failed(
    id: str,
    path: str,
    error: SkyformError,
    *,
    ra: float | None = None,
    dec: float | None = None,
    misplaced: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Item:
    """An item that could not be read."""
    return Item(id, path, None, ra, dec, reason(error), extra or {}, misplaced)


def digest(*parts: Any) -> str:
    """A fingerprint of JSON-like values: 32 hexadecimal digits."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def stamp(located: Iterable[Located], files: Files) -> list[list[Any]]:
    """Names, sizes and times of files, or what servers say instead; what is missing has none.

    Of remote files only the first hundred are asked for: each is a request, and a run should begin at once.
    """
    found: list[list[Any]] = []
    asked = 0
    for file in located:
        remote = is_remote(file.address)
        asked += remote
        status = None if remote and asked > _MOST_ASKED else files.status(file.address)
        found.append([file.name, *((status.size, status.stamp) if status else ())])
    return found


def numbered(pieces: Iterable[tuple[int, Mapping[str, Any]]], *, size: int) -> Iterator[Part]:
    """Parts from their counts and payloads, numbered from 0.

    Raises
    ------
    ValueError
        If `size`, the most items of a part, is below 1.
    """
    if size < 1:
        raise ValueError(f"size is {size}; a part holds at least 1 item.")
    return (Part(i, count, payload) for i, (count, payload) in enumerate(pieces))


def cut(
    blocks: Iterable[tuple[Sequence[int], int]], *, size: int
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Rows of blocks, in pieces of `size`: large blocks are sliced, small ones gathered.

    Each block is a key (the number of a file, of a row group in it) and its rows; a piece says `slices`, each a key, the first
    row and the row after the last.
    """
    held: list[list[int]] = []
    count = 0
    for key, rows in blocks:
        start = 0
        while start < rows:
            taken = min(size - count, rows - start)
            held.append([*key, start, start + taken])
            start, count = start + taken, count + taken
            if count == size:
                yield count, {"slices": held}
                held, count = [], 0
    if held:
        yield count, {"slices": held}


def slices_of(part: Part) -> Iterator[tuple[int, ...]]:
    """The slices of a part that `cut` made."""
    for piece in part.payload["slices"]:
        yield tuple(piece)
