"""Small sources of every kind, whole and broken, and ways to read them."""

import io
import json
import pickle
import tarfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits
from PIL import Image

from skyform.batch.items import Item, Part, Source
from skyform.batch.sources import SourceOptions, open_source

__all__ = [
    "all_items",
    "cold_items",
    "cube",
    "galaxy10",
    "opened",
    "parquet_of_pictures",
    "picture",
    "pictures_in",
    "tar_of",
    "zip_of",
]


def picture(number: int, *, side: int = 8) -> bytes:
    """A PNG whose pixels tell its number."""
    pixels = np.full((side, side, 3), number % 251, np.uint8)
    pixels[0, 0] = (number // 251, 7, 9)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pictures_in(folder: Path, *names: str) -> dict[str, bytes]:
    """Files with pictures under these names; what is in them, by name."""
    made = {name: picture(i) for i, name in enumerate(names)}
    for name, data in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return made


def opened(*given: object, **options: object) -> Source:
    """A source by its options."""
    source = [str(g) for g in given]
    return open_source(source, options=SourceOptions(**options))  # type: ignore[arg-type]


def all_items(source: Source, *, size: int = 3) -> list[Item]:
    """Everything, part after part in this process, after checking that no part is larger than it may be."""
    parts = list(source.parts(size))
    assert [p.number for p in parts] == list(range(len(parts)))
    assert all(0 < p.count <= size for p in parts)
    items = [i for p in parts for i in source.read(p)]
    assert len(items) == sum(p.count for p in parts)
    return items


def cold_items(source: Source, *, size: int = 3) -> list[Item]:
    """Everything as other machines would read it: each part as JSON, the last first, by a source that was just unpickled."""
    read: list[list[Item]] = []
    for part in reversed(list(source.parts(size))):
        payload = json.loads(json.dumps(dict(part.payload)))
        copy = pickle.loads(pickle.dumps(source))
        read.append(list(copy.read(Part(part.number, part.count, payload))))
    return [item for items in reversed(read) for item in items]


def galaxy10(path: Path, *, rows: int = 10, side: int = 6, chunk: int | None = None) -> np.ndarray:
    """A file of Galaxy10 DECaLS's layout; its pictures."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (rows, side, side, 3), dtype=np.uint8)
    with h5py.File(path, "w") as file:
        chunks = None if chunk is None else (chunk, side, side, 3)
        file.create_dataset("images", data=images, chunks=chunks, fletcher32=chunk is not None)
        file["ans"] = np.arange(rows, dtype=np.uint8) % 10
        file["ra"] = np.linspace(10, 20, rows)
        file["dec"] = np.linspace(-5, 5, rows)
    return images


def parquet_of_pictures(
    path: Path, *, rows: int = 10, group: int = 4, struct: bool = True, first: int = 0
) -> list[bytes]:
    """Embedded pictures in row groups; the pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [picture(first + i) for i in range(rows)]
    cells = [{"bytes": p, "path": f"{i}.png"} for i, p in enumerate(made)] if struct else made
    columns = {
        "image": cells,
        "ra": [float(i) for i in range(rows)],
        "dec": [-float(i) for i in range(rows)],
        "z": [i / 10 for i in range(rows)],
    }
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return made


def tar_of(path: Path, members: dict[str, bytes]) -> None:
    """A tar, compressed as its name says."""
    mode = {".gz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}.get(path.suffix, "w")
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def zip_of(path: Path, members: dict[str, bytes]) -> None:
    """A zip."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def cube(path: Path, shape: tuple[int, ...], **cards: object) -> np.ndarray:
    """A FITS file with one image of noise; the noise."""
    rng = np.random.default_rng(1)
    data = rng.normal(10, 3, shape).astype(np.float32)
    hdu = fits.PrimaryHDU(data)
    hdu.header.update(cards)
    hdu.writeto(path)
    return data
