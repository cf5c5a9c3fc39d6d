"""Rows of a catalogue, and the pictures that belong to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from skyform.datasets.dataset import Problem
from skyform.datasets.pictures import Pictures, find_pictures, first_five
from skyform.errors import DataError

__all__ = ["Joined", "join_pictures", "pictures_for"]


@dataclass(frozen=True)
class Joined:
    """Which rows have a picture (`rows`, positions in the catalogue), its path for each (`names`), and what was left out."""

    rows: Int[ndarray, " n"]
    names: tuple[str, ...]
    problems: tuple[Problem, ...]


def join_pictures(
    keys: Sequence[Sequence[str]],
    pictures: Pictures,
    *,
    catalogue: Path,
    allow_missing: bool,
) -> Joined:
    """Find the picture of each row.

    Parameters
    ----------
    keys : sequence of sequence of str
        For each row the file names, without ending, under which its picture may lie; the first names the row in messages.
    pictures : Pictures
        What there is.
    catalogue : Path
        For messages.
    allow_missing : bool
        Whether rows without a picture are left out and listed, or refused.

    Raises
    ------
    DataError
        If a row has no picture and `allow_missing` is false, if no row has one, or if two pictures share a name.
    """
    by_stem = pictures.by_stem()
    found = [next((by_stem[k] for k in names if k in by_stem), "") for names in keys]
    missing = [names[0] for names, name in zip(keys, found, strict=True) if not name]
    if missing and (len(missing) == len(keys) or not allow_missing):
        raise DataError(
            f"{len(missing)} of the {len(keys)} ids in {catalogue} have no picture in {pictures.root}: {first_five(missing)}.",
            remedy="Give the folder of the pictures with images (--images), or allow missing pictures (--allow-missing) "
            "to leave these rows out.",
        )
    used = set(found)
    problems = (
        *(Problem(i, "no picture of this id") for i in missing),
        *(Problem(n, f"no row in {catalogue.name}") for n in pictures.names if n not in used),
        *pictures.problems,
    )
    rows = np.array([i for i, name in enumerate(found) if name], dtype=int)
    return Joined(rows, tuple(n for n in found if n), problems)


def pictures_for(
    catalogue: Path, images: Path | None, *, skip: Sequence[str] = (), archives: str = ""
) -> Pictures:
    """The pictures that belong to a catalogue: those given, or those beside it.

    `archives` is a pattern of zip archives to look for beside the catalogue where there are no picture files.

    Raises
    ------
    DataError
        If there are no pictures.
    """
    place = images or (catalogue.parent if catalogue.is_file() else catalogue)
    pictures = find_pictures(place, skip=skip)
    if not pictures.names and images is None and archives:
        for archive in sorted(place.glob(archives)):
            pictures = find_pictures(archive)
    if not pictures.names:
        raise DataError(
            f"There are no pictures in {place}.",
            remedy="Give the folder or the zip archive of the pictures with images (--images).",
        )
    return pictures
