"""Galaxy10 SDSS and Galaxy10 DECaLS: two HDF5 files of the same layout and other classes (Leung and Bovy).

Both hold `images` (n, side, side, 3) as uint8 and `ans` (n,), the number of the class; DECaLS adds `ra`, `dec`, `redshift` and
`pxscale`. What number 3 means differs between the two, so a file is never opened as the other one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.datasets.dataset import DataSet, Record
from skyform.datasets.stores import Hdf5Store
from skyform.errors import DataError
from skyform.schema import GALAXY10_DECALS, GALAXY10_SDSS, Scheme, Taxonomy

__all__ = ["HDF5_SCHEME", "is_hdf5", "read_galaxy10", "sky_objects"]

# Our own writer says under this attribute which classes the numbers mean.
HDF5_SCHEME = "skyform_scheme"
_SIDES: Mapping[int, Taxonomy] = {69: GALAXY10_SDSS, 256: GALAXY10_DECALS}
_EXTRA = ("ra", "dec", "redshift", "pxscale")
_SAME_SKY = 10.0  # arcsec


def is_hdf5(path: Path) -> bool:
    """Whether a file begins as HDF5 does."""
    try:
        with path.open("rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:
        return False


def read_galaxy10(path: Path, *, kind: str = "") -> DataSet:
    """Open either set; the pictures stay in the file until they are asked for.

    Parameters
    ----------
    path : Path
        The HDF5 file.
    kind : str
        "galaxy10_sdss" or "galaxy10_decals"; empty to decide by what the file holds. It is needed only where the pictures have
        another size than the official ones.

    Raises
    ------
    DataError
        If the file is truncated, lacks `images` or `ans`, has parts of different lengths, holds a class number that the set
        does not have, or is the other set.
    """
    with _opened(path) as file:
        found = _kind(file, path, wanted=kind)
        numbers = np.asarray(file["ans"][:])
        extra = {k: np.asarray(file[k][:], dtype=float) for k in _EXTRA if k in file}
        scheme = _scheme(file, found)
        title = f"{scheme.name}, {len(numbers)} images of {file['images'].shape[1]} pixels"
    labels = _labels(numbers, scheme, path)
    objects = _objects(extra, len(numbers))
    width = len(str(max(len(numbers) - 1, 0)))
    records = [
        Record(
            id=f"{found}-{i:0{width}}",
            label=labels[i],
            object=objects[i],
            info={k: float(v[i]) for k, v in extra.items()},
        )
        for i in range(len(numbers))
    ]
    return DataSet(
        id=found,
        title=title,
        records=records,
        store=Hdf5Store(path),
        scheme=scheme,
        source=str(path),
    )


def sky_objects(
    ra: Float[ndarray, " n"], dec: Float[ndarray, " n"], *, within: float = _SAME_SKY
) -> Int[ndarray, " n"]:
    """Number of the object that each position belongs to: the position of the first row of its group.

    Positions (degrees) less than `within` arcseconds apart, or linked by such, are one object. Unlike rounding, this never
    parts two positions that lie on either side of a boundary. Rows without a position stand for themselves.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    known = np.flatnonzero(np.isfinite(ra) & np.isfinite(dec))
    out = np.arange(len(ra))
    if not len(known):
        return out
    a, d = np.radians(ra[known]), np.radians(dec[known])
    points = np.column_stack((np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)))
    chord = 2 * np.sin(np.radians(within / 3600) / 2)
    pairs = KDTree(points).query_pairs(chord, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(known),) * 2)
    _, group = connected_components(links, directed=False)
    _, first = np.unique(group, return_index=True)
    out[known] = known[first[group]]
    return out


def _opened(path: Path) -> Any:
    import h5py

    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise DataError(
            f"{path} is not a readable HDF5 file: {error}.",
            remedy="It is damaged or the download did not finish: fetch it again and compare its SHA-256.",
        ) from error


def _kind(file: Any, path: Path, *, wanted: str = "") -> str:
    """The set's id, after checking that the parts are there and fit each other."""
    for part in ("images", "ans"):
        if part not in file:
            raise DataError(
                f"{path} has no {part!r}; it holds {', '.join(file) or 'nothing'}.",
                remedy="A Galaxy10 file has `images` and `ans`.",
            )
    images, ans = file["images"], file["ans"]
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8:
        raise DataError(
            f"images of {path} has shape {images.shape} and type {images.dtype}.",
            remedy="Galaxy10 images are (n, side, side, 3) of uint8.",
        )
    lengths = {k: file[k].shape[0] for k in ("images", "ans", *_EXTRA) if k in file}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{k} {n}" for k, n in lengths.items())
        raise DataError(
            f"The parts of {path} differ in length: {said}.",
            remedy="The file is not complete: fetch it again.",
        )
    if not np.issubdtype(ans.dtype, np.integer) or ans.ndim != 1:
        raise DataError(
            f"ans of {path} has shape {ans.shape} and type {ans.dtype}; it should be (n,) whole numbers."
        )
    if HDF5_SCHEME not in file.attrs:
        return _which(images.shape[1], {k for k in _EXTRA if k in file}, path, wanted)
    own = str(json.loads(file.attrs[HDF5_SCHEME])["id"])
    if wanted and wanted != own:
        raise DataError(
            f"{path} was to be opened as {wanted}, but says itself that its classes are those of {own}.",
            remedy="Leave the format out, or give the other file.",
        )
    return own


def _which(side: int, extra: set[str], path: Path, wanted: str) -> str:
    by_side = _SIDES[side].id if side in _SIDES else ""
    by_parts = GALAXY10_DECALS.id if {"ra", "dec"} <= extra else ""
    says = by_side or by_parts
    if by_side == GALAXY10_SDSS.id and by_parts:
        raise DataError(
            f"{path} has images of {side} pixels, as Galaxy10 SDSS, and ra and dec, as Galaxy10 DECaLS.",
            remedy="It is neither of the published files; convert it to Parquet with the names of its classes.",
        )
    if not says and not wanted:
        raise DataError(
            f"{path} has images of {side} pixels; Galaxy10 SDSS has 69, Galaxy10 DECaLS 256.",
            remedy="If the numbers in `ans` are those of one of the two, say which: format galaxy10_sdss or galaxy10_decals.",
        )
    if wanted and says and wanted != says:
        raise DataError(
            f"{path} was to be opened as {wanted}, but by the size of its images ({side}) and its parts it is {says}.",
            remedy="The classes of the two sets differ; leave the format out, or give the other file.",
        )
    return wanted or says


def _scheme(file: Any, found: str) -> Scheme:
    if HDF5_SCHEME in file.attrs:
        return Scheme.from_dict(json.loads(file.attrs[HDF5_SCHEME]))
    return Scheme.of(GALAXY10_SDSS if found == GALAXY10_SDSS.id else GALAXY10_DECALS)


def _labels(numbers: ndarray, scheme: Scheme, path: Path) -> list[str]:
    names = {c.number: c.id for c in scheme.classes}
    wrong = sorted({int(n) for n in np.unique(numbers)} - set(names))
    if wrong:
        first = int(np.flatnonzero(np.isin(numbers, wrong))[0])
        raise DataError(
            f"ans of {path} holds {', '.join(map(str, wrong[:5]))} (first in row {first}); "
            f"the classes of {scheme.name} are {min(names)} to {max(names)}.",
            remedy="The file is damaged, or is another set: fetch it again.",
        )
    return [names[int(n)] for n in numbers]


def _objects(extra: Mapping[str, ndarray], n: int) -> list[str]:
    if not {"ra", "dec"} <= set(extra):
        return [""] * n
    group = sky_objects(extra["ra"], extra["dec"])
    return [f"{extra['ra'][g]:.4f}{extra['dec'][g]:+.4f}" for g in group]
