"""What a data set holds, in numbers, from its records and the heads of some of its pictures."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from skyform.datasets.dataset import DataSet, Problem
from skyform.datasets.stores import Hdf5Store
from skyform.errors import DataError

__all__ = ["Summary", "summarise"]

_FORMATS = ("JPEG", "PNG", "WebP", "TIFF", "GIF", "BMP")


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of a set.

    Attributes
    ----------
    counts : mapping of class id to mapping of split to number
        Every class of the scheme in its order; "" are the records without a label, and the split where there is none.
    splits : tuple of str
        Those that occur, in order of appearance.
    objects : int
        Different objects in the sky.
    voted : int
        Records with vote fractions.
    volunteers : float
        Median number of people behind them; NaN where unknown.
    sizes : mapping of str to int
        Width x height of the sampled pictures; "?" where the head does not tell (FITS).
    unreadable : tuple of Problem
        Sampled pictures that are not there or not pictures.
    advice : str
        What would make reading faster; mostly empty.
    """

    title: str
    fingerprint: str
    records: int
    counts: Mapping[str, Mapping[str, int]]
    splits: tuple[str, ...]
    objects: int
    voted: int
    volunteers: float
    sizes: Mapping[str, int]
    unreadable: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON; unknown numbers are null."""
        return {
            "title": self.title,
            "fingerprint": self.fingerprint,
            "records": self.records,
            "counts": {c: dict(n) for c, n in self.counts.items()},
            "splits": list(self.splits),
            "objects": self.objects,
            "voted": self.voted,
            "volunteers": None if np.isnan(self.volunteers) else self.volunteers,
            "sizes": dict(self.sizes),
            "unreadable": {p.id: p.what for p in self.unreadable},
            "problems": {p.id: p.what for p in self.problems},
            "advice": self.advice,
        }


def summarise(dataset: DataSet, *, sample: int = 100) -> Summary:
    """Count what the records say, and look at the heads of `sample` pictures spread evenly over the set."""
    pairs = Counter((r.label, r.split) for r in dataset.records)
    splits = tuple(dict.fromkeys(r.split for r in dataset.records))
    classes = ("",) if dataset.scheme is None else (*dataset.scheme.ids, "")
    counts = {c: {s: pairs[c, s] for s in splits} for c in classes}
    if dataset.scheme is not None and not any(counts[""].values()):
        del counts[""]
    people = np.array([r.volunteers for r in dataset.records], dtype=float)
    known = people[~np.isnan(people)]
    sizes, unreadable = _sizes(dataset, sample)
    return Summary(
        title=dataset.title,
        fingerprint=dataset.fingerprint,
        records=len(dataset),
        counts=counts,
        splits=splits,
        objects=len({r.object or r.id for r in dataset.records}),
        voted=sum(r.votes is not None or "decals" in r.info for r in dataset.records),
        volunteers=float(np.median(known)) if len(known) else float("nan"),
        sizes=sizes,
        unreadable=unreadable,
        problems=dataset.problems,
        advice=_advice(dataset),
    )


def _sizes(dataset: DataSet, sample: int) -> tuple[Mapping[str, int], tuple[Problem, ...]]:
    sizes: Counter[str] = Counter()
    unreadable: list[Problem] = []
    n = len(dataset)
    for i in np.unique(np.linspace(0, n - 1, min(sample, n)).astype(int)).tolist() if n else []:
        try:
            sizes[_size(dataset, i)] += 1
        except DataError as error:
            unreadable.append(Problem(dataset.records[i].id, error.message))
    return dict(sizes.most_common()), tuple(unreadable)


def _size(dataset: DataSet, index: int) -> str:
    picture = dataset.image(index)
    if not isinstance(picture, bytes):
        return f"{picture.shape[1]}x{picture.shape[0]}"
    if picture.startswith((b"SIMPLE", b"\x1f\x8b", b"BZh")):
        return "?"
    try:
        with Image.open(BytesIO(picture), formats=_FORMATS) as image:
            return f"{image.width}x{image.height}"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"not a picture that can be read: {error}") from error


def _advice(dataset: DataSet) -> str:
    store = dataset.store
    if not isinstance(store, Hdf5Store) or store.rows_together == 1:
        return ""
    return (
        f"The file keeps pieces of {store.rows_together} pictures in each chunk, so that pictures in random order are slow to read. "
        "For training, convert it first: skyform datasets convert … --to parquet."
    )
