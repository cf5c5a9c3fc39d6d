"""`open_dataset`: any data set of the field, known by what it holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from skyform.datasets.dataset import DataSet
from skyform.datasets.decals import DECALS_ID, read_gz_decals
from skyform.datasets.folders import read_folders
from skyform.datasets.galaxy10 import is_hdf5, read_galaxy10
from skyform.datasets.galaxy_zoo import GZ2_ID, read_gz2
from skyform.datasets.kaggle import KAGGLE_ID, find_solutions, read_kaggle
from skyform.datasets.parquet import image_column, parquet_files, read_parquet
from skyform.datasets.pictures import find_pictures, is_picture, is_zip
from skyform.datasets.tables import column_names, is_table
from skyform.errors import DataError

__all__ = ["FORMATS", "open_dataset"]

FORMATS: tuple[str, ...] = (
    "galaxy10_sdss",
    "galaxy10_decals",
    "kaggle",
    "gz2",
    "gz_decals",
    "folders",
    "parquet",
)

_UNDERSTOOD = (
    "Skyform reads: Galaxy10 SDSS and DECaLS (HDF5); the Kaggle Galaxy Zoo set (training_solutions_rev1.csv and JPEGs); the Galaxy "
    "Zoo 2 and Galaxy Zoo DECaLS catalogues (CSV, FITS, Parquet) with their pictures; class folders (<class>/<picture>), also in a "
    "zip archive; Parquet with embedded pictures."
)


# Which column tells a catalogue by.
_MARKS: Mapping[str, str] = {KAGGLE_ID: "kaggle", GZ2_ID: "gz2", DECALS_ID: "gz_decals"}
_WITH_IMAGES = ("kaggle", "gz2", "gz_decals")
_WITH_LABEL = ("gz2", "gz_decals", "parquet")


@dataclass(frozen=True)
class _Request:
    """What was asked for."""

    images: Path | None
    label: str | None
    allow_missing: bool


def open_dataset(
    path: str | Path,
    *,
    format: str = "auto",
    images: str | Path | None = None,
    label: str | None = None,
    allow_missing: bool = False,
) -> DataSet:
    """Open a data set; its pictures stay on disk until they are asked for.

    Parameters
    ----------
    path : str or Path
        A file, a folder, a zip archive, or a pattern of Parquet files (`data/train-*.parquet`).
    format : str
        One of `FORMATS`; "auto" looks at what is there.
    images : str or Path, optional
        For catalogues: the folder or zip archive of the pictures, where they do not lie beside the catalogue.
    label : str, optional
        For catalogues and Parquet: the column to take as the label, instead of the usual one.
    allow_missing : bool
        For catalogues: leave out rows without a picture, and list them in `problems`, instead of refusing them.

    Returns
    -------
    DataSet

    Raises
    ------
    DataError
        If it is damaged, incomplete or contradicts itself, or no data set that Skyform reads; if `images` or `label` mean
        nothing for it.
    ValueError
        If `format` is unknown.
    """
    if format not in ("auto", *FORMATS):
        raise ValueError(f"format is {format!r}; give auto or one of {', '.join(FORMATS)}")
    path = Path(path).expanduser()
    request = _Request(None if images is None else Path(images).expanduser(), label, allow_missing)
    kind, place = _recognise(path) if format == "auto" else (format, _part(path, format))
    _refuse_idle(kind, request)
    return _READERS[kind](place, request)


# "hdf5" is either Galaxy10, or a set in their layout: the file itself says which.
_READERS: Mapping[str, Callable[[Path, _Request], DataSet]] = {
    "hdf5": lambda p, _: read_galaxy10(p),
    "galaxy10_sdss": lambda p, _: read_galaxy10(p, kind="galaxy10_sdss"),
    "galaxy10_decals": lambda p, _: read_galaxy10(p, kind="galaxy10_decals"),
    "kaggle": lambda p, r: read_kaggle(p, images=r.images, allow_missing=r.allow_missing),
    "gz2": lambda p, r: read_gz2(p, images=r.images, label=r.label, allow_missing=r.allow_missing),
    "gz_decals": lambda p, r: read_gz_decals(
        p, images=r.images, label=r.label, allow_missing=r.allow_missing
    ),
    "folders": lambda p, _: read_folders(p),
    "parquet": lambda p, r: read_parquet(p, label=r.label),
}


def _recognise(path: Path) -> tuple[str, Path]:
    """The format, and the file or folder to read."""
    if path.is_dir():
        return _recognise_folder(path)
    if not path.exists():
        if parquet_files(path):
            return "parquet", path
        raise DataError(
            f"{path} does not exist.", remedy="Check the path; patterns match Parquet files only."
        )
    kind = _kind_of_file(path)
    if not kind:
        raise DataError(f"{path} is no data set that Skyform knows.", remedy=_UNDERSTOOD)
    return kind, path


def _recognise_folder(folder: Path) -> tuple[str, Path]:
    found = _candidates(folder)
    if len(found) > 1:
        listed = ", ".join(f"{p.name} ({kind})" for kind, p in found)
        raise DataError(
            f"{folder} holds more than one data set: {listed}.",
            remedy="Give the one to open, with the pictures' folder as images (--images) if it has one.",
        )
    if found:
        return found[0]
    if find_pictures(folder).names:
        return "folders", folder
    raise DataError(f"{folder} holds no data set that Skyform knows.", remedy=_UNDERSTOOD)


def _candidates(folder: Path) -> list[tuple[str, Path]]:
    """Everything in a folder that is a data set of its own, other than class folders."""
    found: list[tuple[str, Path]] = []
    if find_solutions(folder):
        found.append(("kaggle", folder))
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        # Not every one of a hundred thousand pictures needs to be looked into.
        if path.is_file() and not is_picture(path.name) and is_hdf5(path):
            found.append(("hdf5", path))
        elif is_table(path):
            kind = _kind_of_table(path)
            if kind in ("gz2", "gz_decals"):
                found.append((kind, path))
    if any(image_column(p) for p in parquet_files(folder)):
        found.append(("parquet", folder))
    return found


def _kind_of_file(path: Path) -> str:
    if is_hdf5(path):
        return "hdf5"
    if is_zip(path):
        return _kind_of_zip(path)
    return _kind_of_table(path) if is_table(path) else ""


def _kind_of_zip(path: Path) -> str:
    pictures = find_pictures(path)
    try:
        return _kind_of_table(path) or ("folders" if pictures.names else "")
    except DataError:
        if pictures.names:
            return "folders"
        raise


def _kind_of_table(path: Path) -> str:
    """The format of a catalogue by its columns; empty for any other table."""
    columns = column_names(path)
    if path.suffix == ".parquet" and image_column(path):
        return "parquet"
    return next((kind for column, kind in _MARKS.items() if column in columns), "")


def _part(path: Path, kind: str) -> Path:
    """For a format that is one file, the one in the folder."""
    if not path.is_dir() or kind in ("kaggle", "folders", "parquet"):
        return path
    if kind.startswith("galaxy10"):
        files = [p for p in sorted(path.iterdir()) if p.is_file() and is_hdf5(p)]
    else:
        files = [p for p in sorted(path.iterdir()) if is_table(p) and _kind_of_table(p) == kind]
    if len(files) != 1:
        names = ", ".join(f.name for f in files) or "none"
        raise DataError(
            f"{path} should hold one file of the format {kind}; it holds {names}.",
            remedy="Give the file itself.",
        )
    return files[0]


def _refuse_idle(kind: str, request: _Request) -> None:
    for name, given, kinds in (
        ("images", request.images, _WITH_IMAGES),
        ("label", request.label, _WITH_LABEL),
    ):
        if given is not None and kind not in kinds:
            raise DataError(
                f"{name} is {str(given)!r}, which means nothing for the format {kind}.",
                remedy=f"Leave it out; it is for {', '.join(kinds)}.",
            )
