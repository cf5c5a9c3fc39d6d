"""Class folders: `<class>/<picture>`, or `<split>/<class>/<picture>`, in a folder or a zip archive."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from skyform.datasets.classes import classes_of, split_name
from skyform.datasets.dataset import DataSet, Problem, Record
from skyform.datasets.pictures import Pictures, find_pictures, first_five
from skyform.errors import DataError

__all__ = ["read_folders"]

# Folders of deep-sky pictures named by the first letter of what they hold.
_LETTERS: Mapping[str, str] = {"C": "cluster", "G": "galaxy", "L": "lens", "N": "nebula"}


def read_folders(path: Path) -> DataSet:
    """Open class folders; a folder of pictures without subfolders is a set without labels.

    Folders named `train`, `validation` (also `val`, `valid`) and `test` are splits if nothing else lies beside them. Pictures may
    lie in folders below their class. Hidden files and what is no picture are passed over.

    Raises
    ------
    DataError
        If there are no pictures, a class folder has none, or splits lie beside other folders.
    """
    pictures = find_pictures(path)
    if not pictures.names:
        raise DataError(
            f"There are no pictures in {path}.",
            remedy="Class folders are <class>/<picture>, or <split>/<class>/<picture>.",
        )
    layout = _layout(pictures, path)
    if layout is None:
        return _unlabelled(path, pictures)
    parts = {n: PurePosixPath(n).parts for n in pictures.names}
    placed = [n for n, p in parts.items() if len(p) > layout.depth]
    outside = [
        Problem(n, "lies in no class folder") for n, p in parts.items() if len(p) <= layout.depth
    ]
    scheme, labels = classes_of(
        [layout.classes[parts[n][layout.depth - 1]] for n in placed],
        where=str(path),
        name=path.stem,
    )
    records = [
        Record(
            "/".join(parts[n][layout.around :]),
            label,
            split=layout.splits.get(parts[n][layout.around], ""),
        )
        for n, label in zip(placed, labels, strict=True)
    ]
    return DataSet(
        id=path.stem,
        title=f"{path.name}, {len(records)} images in {len(scheme)} class folders",
        records=records,
        store=pictures.store(placed),
        scheme=scheme,
        problems=(*outside, *pictures.problems),
        source=str(path),
    )


@dataclass(frozen=True)
class _Layout:
    """How many folders lie around the set, and how many lie above a picture of a class; splits and classes by folder."""

    around: int
    depth: int
    splits: Mapping[str, str]
    classes: Mapping[str, str]


def _layout(pictures: Pictures, path: Path) -> _Layout | None:
    """The layout of the folders; None where there are none."""
    below = _wrapping(pictures)
    top = _subfolders(pictures.folders, below)
    if not top:
        return None
    splits = _splits(top, path)
    above = [(*below, s) for s in splits] or [below]
    folders = [(*a, c) for a in above for c in _subfolders(pictures.folders, a)]
    _require_pictures(["/".join(f) for f in folders], pictures, path)
    classes = _class_names({f[-1] for f in folders})
    return _Layout(len(below), len(below) + (2 if splits else 1), splits, classes)


def _splits(top: Sequence[str], path: Path) -> dict[str, str]:
    """The split that each top folder means; empty where they are classes."""
    splits = {f: split_name(f) for f in top if split_name(f)}
    others = [f for f in top if f not in splits]
    if others and len(splits) > 1:
        raise DataError(
            f"{path} holds the splits {', '.join(splits)} and, beside them, {first_five(others)}.",
            remedy="Move what is no split elsewhere, or give one split at a time.",
        )
    return {} if others else splits


def _unlabelled(path: Path, pictures: Pictures) -> DataSet:
    return DataSet(
        id=path.stem,
        title=f"{path.name}, {len(pictures.names)} images without labels",
        records=[Record(n) for n in pictures.names],
        store=pictures.store(),
        problems=pictures.problems,
        source=str(path),
    )


def _wrapping(pictures: Pictures) -> tuple[str, ...]:
    """Folders that only wrap the set, as archives often have one: alone at their level, with folders and no pictures in them."""
    below: tuple[str, ...] = ()
    direct = {str(PurePosixPath(n).parent) for n in pictures.names}
    while True:
        inside = _subfolders(pictures.folders, below)
        here = "/".join(below) or "."
        if len(inside) != 1 or here in direct or split_name(inside[0]):
            return below
        deeper = (*below, inside[0])
        if "/".join(deeper) in direct or not _subfolders(pictures.folders, deeper):
            return below
        below = deeper


def _subfolders(folders: Sequence[str], below: tuple[str, ...]) -> list[str]:
    depth = len(below)
    parts = (PurePosixPath(f).parts for f in folders)
    return sorted({p[depth] for p in parts if len(p) == depth + 1 and p[:depth] == below})


def _require_pictures(folders: Sequence[str], pictures: Pictures, path: Path) -> None:
    filled = {p for n in pictures.names for p in map(str, PurePosixPath(n).parents)}
    empty = [f for f in folders if f not in filled]
    if empty:
        raise DataError(
            f"Class folders of {path} without pictures: {first_five(sorted(empty))}.",
            remedy="Put pictures into them, or remove the folders.",
        )


def _class_names(folders: Collection[str]) -> Mapping[str, str]:
    """The class that each folder means."""
    return _LETTERS if set(folders) <= set(_LETTERS) else {f: f for f in folders}
