"""A data set → arrays on disk that training reads: pixels as the model sees them, and targets."""

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from skyform.datasets.dataset import DataSet, Problem
from skyform.errors import DataError, SkyformError
from skyform.images import Preprocess, decode

__all__ = ["Samples", "prepare_samples"]

_CHUNK = 256


@dataclass(frozen=True)
class Samples:
    """Pictures and what is known of them, in one order.

    Attributes
    ----------
    dataset : DataSet
        The records that could be read.
    pixels : array of uint8, shape (n, size, size, 3)
        On disk, mapped into memory.
    labels : array of int, shape (n,)
        Position in the scheme, -1 where unknown.
    votes : array of float, shape (n, 37)
        Cumulative fractions, NaN where there are none.
    volunteers : array of float, shape (n,)
        How many people classified it; NaN where unknown.
    """

    dataset: DataSet
    pixels: UInt8[ndarray, "n size size 3"]
    labels: Int[ndarray, " n"]
    votes: Float[ndarray, "n 37"]
    volunteers: Float[ndarray, " n"]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def of(cls, dataset: DataSet, pixels: UInt8[ndarray, "n size size 3"]) -> "Samples":
        """With the targets that the data set gives."""
        volunteers = np.array([float(r.volunteers) for r in dataset.records])
        return cls(dataset, pixels, dataset.labels, dataset.votes, volunteers)

    def subset(self, at: Int[ndarray, " m"]) -> "Samples":
        """The samples at these positions, copied into memory."""
        return Samples.of(self.dataset.subset(at), self.pixels[at])


def prepare_samples(
    dataset: DataSet, preprocess: Preprocess, *, cache: Path, workers: int | None = None
) -> Samples:
    """Decode and frame every picture once; the pixels are kept in the folder `cache` under a name that changes with all they depend on.

    Pictures that cannot be read are left out and become problems of the data set; memory holds some hundred pictures at a time.

    Raises
    ------
    DataError
        If no picture could be read.
    """
    name = _key(dataset, preprocess)
    path, record = cache / f"pixels-{name}.npy", cache / f"pixels-{name}.json"
    if not record.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _write_pixels(dataset, preprocess, path, record, workers=workers or os.cpu_count() or 1)
    failed = {int(i): what for i, what in json.loads(record.read_text())["failed"]}
    good = [i for i in range(len(dataset)) if i not in failed]
    if not good:
        first = next(iter(failed.values()), "it holds no record")
        raise DataError(
            f"No picture of {dataset.title or dataset.id} could be read; the first: {first}",
            remedy="Check the data set with `skyform datasets verify`.",
        )
    pixels = np.load(path, mmap_mode="r")[: len(good)]
    problems = tuple(Problem(dataset.records[i].id, what) for i, what in failed.items())
    kept = replace(dataset.subset(good), problems=dataset.problems + problems)
    return Samples.of(kept, pixels)


def _write_pixels(
    dataset: DataSet, preprocess: Preprocess, path: Path, record: Path, *, workers: int
) -> None:
    def prepare(index: int) -> UInt8[ndarray, "size size 3"] | str:
        try:
            stored = dataset.image(index)
            return preprocess(decode(stored, min_side=preprocess.min_side)).pixels
        except SkyformError as error:
            return str(error)

    part = path.with_suffix(f".{os.getpid()}.part.npy")
    shape = (len(dataset), preprocess.size, preprocess.size, 3)
    pixels = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
    failed: list[tuple[int, str]] = []
    done = 0
    with ThreadPoolExecutor(workers) as pool:
        for chunk in _chunks(len(dataset)):
            for index, made in zip(chunk, pool.map(prepare, chunk), strict=True):
                if isinstance(made, str):
                    failed.append((index, made))
                else:
                    pixels[done] = made
                    done += 1
    pixels.flush()
    del pixels
    part.replace(path)
    record_part = record.with_suffix(f".{os.getpid()}.part.json")
    record_part.write_text(json.dumps({"failed": failed}))
    record_part.replace(record)


def _chunks(n: int) -> Iterator[list[int]]:
    numbers = iter(range(n))
    while chunk := list(islice(numbers, _CHUNK)):
        yield chunk


def _key(dataset: DataSet, preprocess: Preprocess) -> str:
    digest = hashlib.sha256(json.dumps([preprocess.fingerprint, preprocess.size]).encode())
    digest.update(dataset.source.encode())
    source = Path(dataset.source) if dataset.source else None
    if source is not None and source.is_file():
        stat = source.stat()
        digest.update(f"{stat.st_size} {stat.st_mtime_ns}".encode())
    for index, record in enumerate(dataset.records):
        at = index if dataset.positions is None else int(dataset.positions[index])
        digest.update(f"{at}\0{record.id}\0".encode())
    return digest.hexdigest()[:16]
