"""Folders and patterns of picture files, of any depth and size: one folder is listed at a time."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from skyform.batch.items import Item, Part
from skyform.batch.sources.addresses import absolute, is_remote, join, shown
from skyform.batch.sources.fetching import Wanted, fetch
from skyform.batch.sources.files import Files
from skyform.batch.sources.pieces import digest, numbered
from skyform.batch.sources.walking import Folder, Walk, lister, split_pattern
from skyform.errors import UnreadableFileError
from skyform.inference.tables import Column

__all__ = ["FolderSource"]

_LOOKED_AT = 10_000  # files whose size and time go into the fingerprint


@dataclass(frozen=True)
class FolderSource:
    """The pictures below a folder, or those that a pattern matches; `Walk` says in what order.

    Parameters
    ----------
    address : str
        What the user gave.
    files : Files
    is_pattern : bool
        Whether `address` has wildcards.
    skip : tuple of str
        Absolute addresses of folders and files that are left out, such as the results of an earlier run.
    connections : int
        Remote files that are fetched at once.
    """

    address: str
    files: Files
    is_pattern: bool = False
    skip: tuple[str, ...] = ()
    connections: int = 8
    # Made here, since a worker may start from another folder.
    _root: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_root", absolute(self._start[0]))

    @property
    def total(self) -> int | None:
        """None: nobody has counted them."""
        return None

    @property
    def columns(self) -> tuple[Column, ...]:
        """None of a catalogue's."""
        return ()

    @property
    def fingerprint(self) -> str:
        """Of the names in the folders that hold the first 10,000 files, and of those files' sizes and times.

        What changes further back shows when the names in a part are no longer those of the part before.
        """
        seen: list[Any] = []
        left = _LOOKED_AT
        for folder in self._folders():
            seen.append([folder.path, folder.readable, _names_digest(folder.names)])
            seen.append([self._stamp(folder, n) for n in islice(folder.names, left)])
            left -= min(left, len(folder.names))
            if not left:
                break
        return digest("folder", self._start[1], seen)

    def parts(self, size: int) -> Iterator[Part]:
        """Parts of at most `size` files; each names its files, folder by folder."""
        return numbered(_pieces(self._folders(), size), size=size)

    def read(self, part: Part) -> Iterator[Item]:
        """The files of one part."""
        return fetch(self._wanted(part), files=self.files, connections=self.connections)

    @cached_property
    def _start(self) -> tuple[str, tuple[str, ...]]:
        """The folder as the user would write it, and the pattern below it."""
        return split_pattern(self.address) if self.is_pattern else (self.address, ())

    def _wanted(self, part: Part) -> Iterator[Wanted]:
        written = shown(self._start[0])
        for folder, names in part.payload["files"]:
            for name in names:
                id = folder + name
                path = join("" if written == "." else written, id)
                if name:
                    yield Wanted(id, path, join(self._root, id))
                    continue
                error = UnreadableFileError(
                    f"{path}: this folder could not be read when the run was cut into parts.",
                    remedy="Make it readable, then start the run anew.",
                )
                yield Wanted(id, path, "", error=error)

    def _folders(self) -> Iterator[Folder]:
        walk = Walk(self._root, lister(self.files, self.skip))
        pattern = self._start[1]
        return walk.matching(pattern) if pattern else walk.all()

    def _stamp(self, folder: Folder, name: str) -> str:
        if is_remote(self._root):
            return folder.stamps.get(name, "")
        try:
            status = os.stat(join(self._root, folder.path + name))
        except OSError:
            return ""
        return f"{status.st_size} {status.st_mtime_ns}"


def _names_digest(names: Sequence[str]) -> str:
    # One by one: there may be millions.
    total = hashlib.sha256()
    for name in names:
        total.update(name.encode("utf-8", "surrogateescape") + b"\0")
    return total.hexdigest()


def _pieces(folders: Iterable[Folder], size: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    held: list[list[Any]] = []
    count = 0
    for folder in folders:
        # A folder that cannot be read is one item without a file's name.
        names: Sequence[str] = folder.names if folder.readable else [""]
        start = 0
        while start < len(names):
            taken = list(names[start : start + size - count])
            held.append([folder.path, taken])
            start, count = start + len(taken), count + len(taken)
            if count == size:
                yield count, {"files": held}
                held, count = [], 0
    if held:
        yield count, {"files": held}
