"""From what a person types (files, folders, patterns, lists of paths) to picture files, one at a time and in order.

Nothing here decides whether a file is a picture: what a person names is passed on as it is, and the classifier says what is
wrong with it. Only inside folders are files chosen, by their extension.
"""

import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from os import DirEntry
from pathlib import Path

from skyform.schema import PICTURE_SUFFIXES

__all__ = ["expand", "read_list"]

_MAGIC = re.compile(r"[*?\[]")


def expand(
    paths: Iterable[str | os.PathLike[str]],
    *,
    recursive: bool = True,
    patterns: bool = True,
    skip: Path | None = None,
) -> Iterator[Path]:
    """Picture files behind paths, lazily, in the order given and sorted by name within each folder.

    A file is taken whatever its name. A folder gives the pictures in it (see `PICTURE_SUFFIXES`); hidden files and folders are
    skipped, links are followed unless they lead back to a folder that is being read. What leads to no picture (a missing
    path, a pattern without a match, an unreadable folder or one without pictures) comes out as it is, so that it gets a row
    with its error instead of vanishing.

    Parameters
    ----------
    paths : iterable of str or path
        Files, folders, and patterns with `*`, `?`, `[…]` and `**`. Something that exists under that very name is never a pattern.
    recursive : bool
        Whether folders inside folders are read too.
    patterns : bool
        Whether to read patterns at all; False for names that come from a list.
    skip : Path, optional
        A file that folders and patterns do not give, such as the results of an earlier run; named itself, it is taken.

    Yields
    ------
    Path
        At no time is more held in memory than the listings of the folders from the root down to the current one.
    """
    for given in paths:
        path = Path(given)
        if os.path.lexists(path) or not (patterns and _MAGIC.search(str(path))):
            yield from _under(path, recursive, skip)
        else:
            yield from _or_itself(path, _matches(path, recursive, skip))


def read_list(lines: Iterable[str]) -> Iterator[str]:
    """Paths from a text with one on each line; empty lines are skipped, spaces within and around a name are kept."""
    for line in lines:
        name = line.rstrip("\r\n")
        if name.strip():
            yield name


def _matches(pattern: Path, recursive: bool, skip: Path | None) -> Iterator[Path]:
    for match in _glob(Path(pattern.anchor), pattern.parts[1 if pattern.anchor else 0 :]):
        if not _is_same(match, skip):
            yield from _under(match, recursive, skip)


def _under(path: Path, recursive: bool, skip: Path | None) -> Iterator[Path]:
    if path.is_dir():
        yield from _or_itself(path, _walk(path, recursive, skip, ()))
    else:
        yield path


def _or_itself(path: Path, found: Iterator[Path]) -> Iterator[Path]:
    nothing = True
    for item in found:
        nothing = False
        yield item
    if nothing:
        yield path


def _walk(
    folder: Path, recursive: bool, skip: Path | None, above: tuple[tuple[int, int], ...]
) -> Iterator[Path]:
    """Pictures in a folder; `above` identifies the folders being read, so that a link to one of them ends there."""
    try:
        status = folder.stat()
        entries = _listing(folder)
    except OSError:
        if above:
            yield folder
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    for entry in entries:
        if _is_folder(entry):
            if recursive:
                yield from _walk(folder / entry.name, recursive, skip, (*above, here))
        elif entry.name.lower().endswith(PICTURE_SUFFIXES) and _is_file(entry):
            path = folder / entry.name
            if not _is_same(path, skip):
                yield path


def _is_same(path: Path, other: Path | None) -> bool:
    # Names first: asking the file system about each of a million files would take long.
    if other is None or path.name.lower() != other.name.lower():
        return False
    try:
        return path.samefile(other)
    except OSError:
        return False


def _listing(folder: Path) -> list[DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((e for e in entries if not e.name.startswith(".")), key=lambda e: e.name)


def _is_folder(entry: DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_file(entry: DirEntry[str]) -> bool:
    """Whether to open it: a dangling link is, so that it gets its row; a pipe or a socket would block and is not."""
    try:
        return entry.is_file() or entry.is_symlink()
    except OSError:
        return True


def _glob(base: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    """Existing paths that match the parts of a pattern, sorted folder by folder."""
    if not parts:
        yield base
        return
    head, rest = parts[0], parts[1:]
    if head == "**" and not rest:
        yield base
    elif head == "**":
        yield from _glob_deep(base, rest, ())
    elif not _MAGIC.search(head):
        if os.path.lexists(base / head):
            yield from _glob(base / head, rest)
    else:
        for name in _names(base):
            hidden = name.startswith(".") and not head.startswith(".")
            if not hidden and fnmatchcase(name, head):
                yield from _glob(base / name, rest)


def _glob_deep(
    base: Path, rest: tuple[str, ...], above: tuple[tuple[int, int], ...]
) -> Iterator[Path]:
    """`**`: the rest of the pattern in this folder, then in every folder below it."""
    try:
        status = base.stat()
    except OSError:
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    yield from _glob(base, rest)
    for name in _names(base):
        if not name.startswith(".") and (base / name).is_dir():
            yield from _glob_deep(base / name, rest, (*above, here))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
