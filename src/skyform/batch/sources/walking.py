"""Walking through folders, one listing at a time: all pictures below, or what a pattern matches."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from skyform.batch.sources.addresses import is_remote, join
from skyform.batch.sources.files import Files
from skyform.batch.sources.status import Listing
from skyform.errors import UnreadableFileError
from skyform.schema import PICTURE_SUFFIXES

__all__ = ["Folder", "Walk", "lister", "split_pattern"]

_MAGIC = re.compile(r"[*?\[]")
_DEEP = "**"
_Above = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was listed.

    Attributes
    ----------
    path : str
        From the root, ending in `/`; empty for the root.
    names : sequence of str
        Its pictures, sorted; empty where it could not be read.
    stamps : mapping
        See `Listing`.
    readable : bool
    """

    path: str
    names: Sequence[str]
    stamps: Mapping[str, str]
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Walk:
    """Depth first from `root`: the files of a folder by name, then its folders by name; folders without pictures are left out.

    Links are followed unless they lead back to a folder that is being read.
    """

    root: str
    listing_of: Callable[[str], Listing]

    def all(self, path: str = "", *, above: _Above = ()) -> Iterator[Folder]:
        """Every folder with pictures below `path`.

        Raises
        ------
        UnreadableFileError
            If the root cannot be read; a folder further down comes out as not `readable`.
        """
        here = self._identity(path)
        if here in above:
            return
        try:
            listing = self._list(path)
        except UnreadableFileError:
            if not path:
                raise
            yield Folder(path, (), {}, readable=False)
            return
        names = [n for n in listing.files if n.lower().endswith(PICTURE_SUFFIXES)]
        if names:
            yield Folder(path, names, listing.stamps)
        for name in listing.folders:
            yield from self.all(f"{path}{name}/", above=_deeper(above, here))

    def matching(
        self, pattern: Sequence[str], path: str = "", *, above: _Above = ()
    ) -> Iterator[Folder]:
        """What matches the parts of a pattern: files, and all pictures below folders.

        A file needs a picture's suffix, unless the pattern itself says how names end.
        """
        head, rest = pattern[0], pattern[1:]
        if head == _DEEP:
            yield from self._deep(rest, path, above)
            return
        try:
            listing = self._list(path)
        except UnreadableFileError:
            return
        if not rest:
            names = [n for n in listing.files if _fits(n, head)]
            if names:
                yield Folder(path, names, listing.stamps)
        for name in listing.folders:
            if fnmatchcase(name, head):
                below = f"{path}{name}/"
                yield from (
                    self.matching(rest, below, above=above)
                    if rest
                    else self.all(below, above=above)
                )

    def _deep(self, rest: Sequence[str], path: str, above: _Above) -> Iterator[Folder]:
        """`**`: the rest of the pattern in this folder, then in every folder below it."""
        here = self._identity(path)
        if here in above:
            return
        if not rest:
            yield from self.all(path, above=above)
            return
        yield from self.matching(rest, path, above=above)
        try:
            listing = self._list(path)
        except UnreadableFileError:
            return
        for name in listing.folders:
            # One that matches has just come out with all that is below it.
            if len(rest) > 1 or not fnmatchcase(name, rest[0]):
                yield from self._deep(rest, f"{path}{name}/", _deeper(above, here))

    def _list(self, path: str) -> Listing:
        return self.listing_of(join(self.root, path) if path else self.root)

    def _identity(self, path: str) -> tuple[int, int] | None:
        """What tells a folder of this machine from every other; None for remote ones, which have no links, and missing ones."""
        if is_remote(self.root):
            return None
        try:
            status = os.stat(join(self.root, path))
        except OSError:
            return None
        return status.st_dev, status.st_ino


def lister(files: Files, skip: Sequence[str]) -> Callable[[str], Listing]:
    """What lists a folder without the folders and files to `skip`, whose addresses are absolute."""

    def listing_of(folder: str) -> Listing:
        listing = files.list(folder)
        if not skip:
            return listing
        return Listing(
            [n for n in listing.files if join(folder, n) not in skip],
            [n for n in listing.folders if join(folder, n) not in skip],
            listing.stamps,
        )

    return listing_of


def split_pattern(pattern: str) -> tuple[str, tuple[str, ...]]:
    """The folder in front of the first wildcard, and the parts of the pattern from there on."""
    scheme, mark, rest = pattern.rpartition("://")
    parts = rest.split("/")
    first = next(i for i, p in enumerate(parts) if _MAGIC.search(p))
    folder = "/".join(parts[:first]) or ("/" if first and not mark else "" if mark else ".")
    wanted = [p for p in parts[first:] if p]
    # `**` twice means no more than once.
    kept = [p for i, p in enumerate(wanted) if p != _DEEP or wanted[i - 1 : i] != [_DEEP]]
    return f"{scheme}{mark}{folder}", tuple(kept)


def _fits(name: str, last: str) -> bool:
    ending = last.rpartition(".")[2]
    says_ending = "." in last and not _MAGIC.search(ending)
    return fnmatchcase(name, last) and (says_ending or name.lower().endswith(PICTURE_SUFFIXES))


def _deeper(above: _Above, here: tuple[int, int] | None) -> _Above:
    return above if here is None else (*above, here)
