"""`DataSet`: the one interface behind which all sets of the field look alike."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from skyform.errors import DataError
from skyform.schema import KAGGLE, Scheme

__all__ = ["DataSet", "ImageStore", "Problem", "Record", "Stored"]

# A picture as it lies in its file: encoded bytes, or an array of RGB.
Stored = bytes | UInt8[ndarray, "height width 3"]


@dataclass(frozen=True, slots=True)
class Record:
    """One picture of a data set, without its pixels.

    Attributes
    ----------
    id : str
        Unique in the set.
    label : str
        Class id in the set's scheme; empty where unknown.
    votes : array of float, shape (37,), or None
        Cumulative Galaxy Zoo 2 fractions, in the order of `skyform.schema.KAGGLE`.
    volunteers : float
        How many people classified it; NaN where unknown.
    split : str
        As the set was published (`train`, `validation`, `test`); empty where it was not split.
    object : str
        The object in the sky, where several pictures may show the same one; empty means that the id stands for it.
    info : mapping
        Whatever else is known, under the field's names: `ra`, `dec` (degrees), `redshift`, `survey`, `licence`...
    """

    id: str
    label: str = ""
    votes: Float[ndarray, "37"] | None = None
    volunteers: float = float("nan")
    split: str = ""
    object: str = ""
    info: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the source that was left out: which id, and why."""

    id: str
    what: str


@runtime_checkable
class ImageStore(Protocol):
    """Where the pictures are: read one at a time, never all in memory. Safe to share between threads, and to pickle."""

    def read(self, index: int) -> Stored:
        """The picture of one record, by its position in the full set.

        Raises
        ------
        DataError, ImageError
            If it is not there or cannot be read.
        """
        ...


@dataclass(frozen=True)
class DataSet:
    """Records, and where their pictures are.

    Attributes
    ----------
    id, title : str
    records : sequence of Record
    store : ImageStore
    scheme : Scheme or None
        The classes that `Record.label` speaks of; None where the set has votes only, or nothing.
    positions : array of int, shape (n,), or None
        Position of each record in the store; None where they are the same.
    problems : tuple of Problem
        What was left out while reading.
    source : str
        Where it was read from.
    """

    id: str
    title: str
    records: Sequence[Record]
    store: ImageStore
    scheme: Scheme | None = None
    positions: Int[ndarray, " n"] | None = None
    problems: tuple[Problem, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        known = set() if self.scheme is None else {"", *self.scheme.ids}
        for record in self.records:
            if self.scheme is not None and record.label not in known:
                raise DataError(
                    f"The label {record.label!r} of {record.id} is none of the classes of {self.scheme.name}.",
                    remedy=f"The classes are {', '.join(self.scheme.ids)}.",
                )

    def __len__(self) -> int:
        return len(self.records)

    def image(self, index: int) -> Stored:
        """The picture of record `index`, as it lies in its file."""
        return self.store.read(index if self.positions is None else int(self.positions[index]))

    @property
    def labels(self) -> Int[ndarray, " n"]:
        """Class of each record as a position in the scheme, -1 where unknown."""
        index = {} if self.scheme is None else self.scheme.index
        return np.array([index.get(r.label, -1) for r in self.records], dtype=int)

    @property
    def votes(self) -> Float[ndarray, "n 37"]:
        """Cumulative fractions, NaN where there are none."""
        nothing = np.full(len(KAGGLE.answers), np.nan)
        rows = [nothing if r.votes is None else r.votes for r in self.records]
        return np.array(rows, dtype=float).reshape(len(self.records), len(KAGGLE.answers))

    def subset(self, indices: Sequence[int] | Int[ndarray, " m"]) -> "DataSet":
        """The records at these positions, in this order."""
        at = np.asarray(indices, dtype=int)
        positions = at if self.positions is None else self.positions[at]
        return replace(self, records=[self.records[i] for i in at], positions=positions)

    def with_labels(self, scheme: Scheme, labels: Sequence[str]) -> "DataSet":
        """The same pictures under other classes, one label (or "") for each record."""
        records = [replace(r, label=v) for r, v in zip(self.records, labels, strict=True)]
        return replace(self, records=records, scheme=scheme)

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with the ids, labels, votes and order of the records."""
        digest = hashlib.sha256()
        for r in self.records:
            votes = b"" if r.votes is None else np.round(r.votes, 6).astype("<f4").tobytes()
            digest.update(f"{r.id}\0{r.label}\0{r.object}\0".encode())
            digest.update(votes)
        return digest.hexdigest()[:16]
