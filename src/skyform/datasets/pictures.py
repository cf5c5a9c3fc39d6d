"""Picture files below a folder or inside a zip archive, found by name; nothing is decoded."""

import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skyform.datasets.dataset import ImageStore, Problem
from skyform.datasets.stores import FileStore, ZipStore
from skyform.errors import DataError
from skyform.schema import PICTURE_SUFFIXES

__all__ = ["Pictures", "find_pictures", "first_five", "is_picture", "is_zip", "stem_of"]


@dataclass(frozen=True)
class Pictures:
    """The picture files of a folder or zip archive.

    Attributes
    ----------
    root : Path
        The folder or the archive.
    names : tuple of str
        Paths below the root, with forward slashes, sorted.
    folders : tuple of str
        All folders below the root, those without pictures too.
    problems : tuple of Problem
        Picture files that were left out because they have no content.
    """

    root: Path
    names: tuple[str, ...] = field(repr=False)
    folders: tuple[str, ...] = field(repr=False)
    problems: tuple[Problem, ...] = ()

    def store(self, names: Sequence[str] | None = None) -> ImageStore:
        """A store of these pictures, or of some of them in a given order."""
        chosen = self.names if names is None else tuple(names)
        return FileStore(self.root, chosen) if self.root.is_dir() else ZipStore(self.root, chosen)

    def by_stem(self) -> Mapping[str, str]:
        """Path of each picture by its file name without the ending.

        Raises
        ------
        DataError
            If two pictures share a name, so that an id would mean both.
        """
        out: dict[str, str] = {}
        twice: list[str] = []
        for name in self.names:
            stem = stem_of(name)
            if stem in out:
                twice.append(stem)
            out[stem] = name
        if twice:
            raise DataError(
                f"{self.root} holds several pictures of the same name: {first_five(twice)}.",
                remedy="Give the one folder whose pictures belong to the catalogue with images.",
            )
        return out


def find_pictures(root: Path, *, skip: Sequence[str] = ()) -> Pictures:
    """Picture files below a folder or in a zip archive, by the ends of their names; hidden files and folders are left out.

    `skip` names folders to leave out, by the start of their names.

    Raises
    ------
    DataError
        If it does not exist, may not be read, or is a damaged archive.
    """
    if root.is_dir():
        entries = _walk(root)
    elif is_zip(root):
        entries = _members(root)
    else:
        raise DataError(
            f"{root} is neither a folder nor a zip archive.",
            remedy="Give the folder or the zip archive that holds the pictures.",
        )
    names: list[str] = []
    folders: set[str] = set()
    problems: list[Problem] = []
    hidden = (".", "__MACOSX", *skip)
    for name, size in entries:
        folder, _, base = name.rpartition("/")
        inside = name if size is None else folder
        if base.startswith(".") or any(p.startswith(hidden) for p in inside.split("/") if p):
            continue
        folders.update(_upwards(inside))
        if size is None or not is_picture(name):
            continue
        if size == 0:
            problems.append(Problem(name, "the file is empty"))
        else:
            names.append(name)
    return Pictures(root, tuple(sorted(names)), tuple(sorted(folders)), tuple(problems))


def is_picture(name: str) -> bool:
    """Whether a file's name ends as those of pictures do."""
    return name.lower().endswith(PICTURE_SUFFIXES)


def is_zip(path: Path) -> bool:
    """Whether a file is a zip archive, by its first bytes."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def stem_of(name: str) -> str:
    """A picture's file name without its folder and its ending; the dots of a survey name stay."""
    base = name.rsplit("/", 1)[-1]
    lower = base.lower()
    ending = max((s for s in PICTURE_SUFFIXES if lower.endswith(s)), key=len, default="")
    return base[: len(base) - len(ending)]


def first_five(values: Sequence[str]) -> str:
    """The first five of many, and how many there are."""
    shown = ", ".join(values[:5])
    return f"{shown}, … ({len(values)} in all)" if len(values) > 5 else shown


def _walk(root: Path) -> Iterator[tuple[str, int | None]]:
    """Path below the root and size of each file; None as the size of a folder."""
    seen: set[str] = set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=_refuse):
        real = os.path.realpath(folder)
        if real in seen:
            # A link that leads back up would go round for ever.
            folders.clear()
            continue
        seen.add(real)
        below = os.path.relpath(folder, root).replace(os.sep, "/")
        start = "" if below == "." else f"{below}/"
        for name in folders:
            yield start + name, None
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                yield start + name, os.path.getsize(path)


def _upwards(folder: str) -> Iterator[str]:
    """A folder and all those that it lies in, without the root."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _refuse(error: OSError) -> None:
    raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error


def _members(path: Path) -> Iterator[tuple[str, int | None]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path} is not a readable zip archive: {error}.",
            remedy="It is damaged or not complete: fetch it again.",
        ) from error
    for member in members:
        yield member.filename.rstrip("/"), None if member.is_dir() else member.file_size
