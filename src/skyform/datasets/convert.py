"""Write any data set in another layout: Parquet, class folders, Galaxy10's HDF5, Kaggle's folder.

Pictures pass through one at a time. What is written goes under the name's `.part` first, so that a file or folder under its final
name is always complete.
"""

import csv
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from skyform.datasets.dataset import DataSet, Problem, Record
from skyform.datasets.encoding import encoded, jpeg, pixels, suffix_of
from skyform.datasets.galaxy10 import HDF5_SCHEME
from skyform.datasets.kaggle import KAGGLE_COLUMNS, KAGGLE_ID
from skyform.datasets.parquet_writer import write_parquet
from skyform.datasets.pictures import stem_of
from skyform.errors import DataError, OutputError

__all__ = ["LAYOUTS", "Converted", "convert"]

Progress = Callable[[int, int], None]
_KAGGLE_IMAGES, _KAGGLE_TABLE = "images_training_rev1", "training_solutions_rev1.csv"
_POSITIONS = ("ra", "dec", "redshift", "pxscale")
_UNSAFE = re.compile(r"[^\w.+-]+")
_LONGEST = 150


@dataclass(frozen=True, slots=True)
class Converted:
    """What was written, how many pictures are in it, and the records that the layout has no place for."""

    path: Path
    written: int
    left_out: tuple[Problem, ...] = ()


def convert(
    dataset: DataSet,
    path: str | Path,
    *,
    format: str,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Converted:
    """Write a data set in one of `LAYOUTS`.

    parquet
        One file by Hugging Face's convention, with everything that the records say. Arrays become PNG.
    folders
        `<class>/<id>.jpg`, or `<split>/<class>/<id>.jpg` where the set is split. Records without a label have no place.
    galaxy10
        One HDF5 file of `images` and `ans`, for sets with labels and square pictures of one size; a picture is one chunk, so that it
        is read alone. The classes are written beside the numbers.
    kaggle
        `images_training_rev1/<id>.jpg` and `training_solutions_rev1.csv`, for sets with votes. What is not JPEG becomes it.

    Encoded pictures are copied byte for byte wherever the layout takes them.

    Parameters
    ----------
    dataset : DataSet
    path : str or Path
        The file (parquet, galaxy10) or folder (folders, kaggle) to write.
    format : str
        One of `LAYOUTS`.
    overwrite : bool
        Replace the file that is there. A folder with anything in it is never replaced.
    progress : callable, optional
        Called with the number of pictures done and that of all.

    Raises
    ------
    OutputError
        If something is there already, or the place cannot be written to.
    DataError
        If the set lacks what the layout needs, or a picture cannot be read.
    ValueError
        If `format` is unknown.
    """
    if format not in LAYOUTS:
        raise ValueError(f"format is {format!r}; give one of {', '.join(LAYOUTS)}")
    keep, left_out = _placed(dataset, format)
    chosen = dataset.subset(keep)
    path = Path(path).expanduser().absolute()
    _require_free(path, overwrite)
    part = path.with_name(f"{path.name}.part")
    _remove(part)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        LAYOUTS[format](chosen, part, progress=progress or _silent)
        if path.is_dir():
            path.rmdir()
        os.replace(part, path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        _remove(part)
    return Converted(path, len(chosen), left_out)


def _require_free(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        if any(path.iterdir()):
            raise OutputError(
                f"{path} is a folder with something in it.",
                remedy="Give another name, or empty it.",
            )
    elif path.exists() and not overwrite:
        raise OutputError(
            f"{path} exists already.", remedy="Give another name, or allow overwriting."
        )


def _placed(dataset: DataSet, format: str) -> tuple[list[int], tuple[Problem, ...]]:
    """Positions of the records that the layout has a place for, and the others with the reason."""
    if dataset.scheme is None and format in ("folders", "galaxy10"):
        raise DataError(
            f"{dataset.title} has no labels, which the layout {format} needs.",
            remedy="Derive classes from its votes (--classes), choose a column (--label), or write Parquet.",
        )
    split = format == "folders" and any(r.split for r in dataset.records)
    reasons = [_why_not(r, format, split=split) for r in dataset.records]
    keep = [i for i, why in enumerate(reasons) if not why]
    if not keep:
        why = f"{reasons[0]} in any of its {len(reasons)} records" if reasons else "no records"
        raise DataError(
            f"{dataset.title} has no place in the layout {format}: {why}.",
            remedy="Write Parquet, which takes everything.",
        )
    left = (Problem(dataset.records[i].id, why) for i, why in enumerate(reasons) if why)
    return keep, tuple(left)


def _why_not(record: Record, format: str, *, split: bool) -> str:
    if format == "parquet":
        return ""
    if format == "kaggle":
        return "" if record.votes is not None else "no votes"
    if not record.label:
        return "no label"
    return "no split" if split and not record.split else ""


def _write_folders(dataset: DataSet, path: Path, *, progress: Progress) -> None:
    taken: set[str] = set()
    for i, record in enumerate(dataset.records):
        picture = encoded(dataset.image(i))
        folder = path / _folder_name(record.split) / _folder_name(record.label)
        folder.mkdir(parents=True, exist_ok=True)
        name = _file_name(record.id, taken)
        (folder / f"{name}{_ending(picture, record)}").write_bytes(picture)
        progress(i + 1, len(dataset))


def _ending(picture: bytes, record: Record) -> str:
    ending = suffix_of(picture)
    if not ending:
        raise DataError(
            f"The picture of {record.id} is in no format that we know.",
            remedy="Leave it out first.",
        )
    return ending


def _write_galaxy10(dataset: DataSet, path: Path, *, progress: Progress) -> None:
    import h5py

    scheme = dataset.scheme
    if scheme is None:
        raise DataError(f"{dataset.title} has no labels.")
    first = pixels(dataset.image(0), name=dataset.records[0].id)
    side = first.shape[0]
    with h5py.File(path, "w") as file:
        shape = (len(dataset), side, side, 3)
        images = file.create_dataset(
            "images", shape, np.uint8, chunks=(1, *shape[1:]), compression="gzip"
        )
        for i, record in enumerate(dataset.records):
            picture = pixels(dataset.image(i), name=record.id)
            if picture.shape != shape[1:]:
                raise DataError(
                    f"The picture of {record.id} has {picture.shape[1]}x{picture.shape[0]} pixels, the first one {first.shape[1]}x{side}; "
                    "the layout galaxy10 needs squares of one size.",
                    remedy="Write Parquet or folders, or make the pictures one size first.",
                )
            images[i] = picture
            progress(i + 1, len(dataset))
        numbers = [scheme.classes[c].number for c in dataset.labels]
        file["ans"] = np.array(numbers, dtype=np.min_scalar_type(max(numbers)))
        for name in _POSITIONS:
            values = [r.info.get(name) for r in dataset.records]
            if all(isinstance(v, int | float) for v in values):
                file[name] = np.array(values, dtype=float)
        file.attrs[HDF5_SCHEME] = json.dumps(scheme.to_dict())


def _write_kaggle(dataset: DataSet, path: Path, *, progress: Progress) -> None:
    taken: set[str] = set()
    folder = path / _KAGGLE_IMAGES
    folder.mkdir(parents=True)
    with (path / _KAGGLE_TABLE).open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow((KAGGLE_ID, *KAGGLE_COLUMNS))
        for i, record in enumerate(dataset.records):
            name = _file_name(record.id, taken)
            (folder / f"{name}.jpg").write_bytes(jpeg(dataset.image(i), name=record.id))
            votes = () if record.votes is None else record.votes.tolist()
            table.writerow((name, *(f"{v:.6f}" for v in votes)))
            progress(i + 1, len(dataset))


class _Writer(Protocol):
    def __call__(self, dataset: DataSet, path: Path, *, progress: Progress) -> None: ...


LAYOUTS: Mapping[str, _Writer] = {
    "parquet": write_parquet,
    "folders": _write_folders,
    "galaxy10": _write_galaxy10,
    "kaggle": _write_kaggle,
}


def _folder_name(name: str) -> str:
    """A class or split as the name of one folder: it never leads elsewhere, and is not hidden."""
    plain = name.replace("/", "-").replace("\\", "-")
    return f"_{plain}" if plain.startswith(".") else plain


def _file_name(id: str, taken: set[str]) -> str:
    """A file name, without ending, for an id: harmless characters only, each name once whatever the case of its letters."""
    base = _UNSAFE.sub("_", stem_of(id.replace("/", "_"))).lstrip("._-")[:_LONGEST] or "picture"
    name, n = base, 1
    while name.lower() in taken:
        n += 1
        name = f"{base}-{n}"
    taken.add(name.lower())
    return name


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _silent(done: int, total: int) -> None:
    """Progress that nobody watches."""
