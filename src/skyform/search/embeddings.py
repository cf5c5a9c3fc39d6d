"""Embeddings on their way into the room: Parquet files and arrays behind one protocol, read in blocks."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray

from skyform.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "BLOCK",
    "ArrayEmbeddings",
    "Block",
    "Embeddings",
    "Origin",
    "as_embeddings",
    "blocks",
    "sampled",
]

_PIECE = 65_536  # rows of an array that are read, and finished, together
BLOCK = 8_192
_MOST_SAMPLED = 64  # pieces


@dataclass(frozen=True, slots=True)
class Origin:
    """What made embeddings: the model as `name@version`, and the fingerprint of its preprocessing; empty where unknown."""

    model: str = ""
    preprocess: str = ""

    def check(self, other: "Origin", *, what: str, where: str) -> None:
        """Refuse embeddings that cannot be compared with those of this origin.

        Raises
        ------
        DataError
            If model or preprocessing are known on both sides and differ.
        """
        for name, mine, theirs in (
            ("model", self.model, other.model),
            ("preprocessing", self.preprocess, other.preprocess),
        ):
            if mine and theirs and mine != theirs:
                raise DataError(
                    f"{what} is of the {name} {theirs!r}, but {where} holds embeddings of the {name} {mine!r}; "
                    "distances between them mean nothing.",
                    remedy="Use the same model for both, or build the index anew.",
                )


@dataclass(frozen=True)
class Block:
    """Some rows: their `vectors`, and a table with `id` and what else is known of each."""

    vectors: Float32[ndarray, "n features"]
    rows: "pa.Table"


@runtime_checkable
class Embeddings(Protocol):
    """Embeddings that are read piece by piece, the same at every reading.

    Rows without a usable embedding (a picture that failed, a number that is not finite) are left out by `read`.
    """

    @property
    def address(self) -> str:
        """Where they are, for people."""
        ...

    @property
    def features(self) -> int:
        """Length of each vector."""
        ...

    @property
    def origin(self) -> Origin:
        """What made them."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes when the embeddings do."""
        ...

    @property
    def pieces(self) -> Sequence[int]:
        """Rows in each piece, those that will be left out included."""
        ...

    def read(self, piece: int) -> Iterator[Block]:
        """The rows of one piece, in order, a few thousand at a time."""
        ...


class ArrayEmbeddings:
    """Embeddings in memory, or in a memory-mapped array.

    Parameters
    ----------
    vectors : array of float, shape (n, features)
    ids : sequence of str, optional
        One for each row; by default the row's number.
    columns : table, optional
        What else is known of each row.
    origin : Origin, optional
    address : str

    Raises
    ------
    DataError
        If there are not as many ids, or rows in the table, as vectors.
    """

    def __init__(
        self,
        vectors: Float[ndarray, "n features"],
        *,
        ids: Sequence[str] | None = None,
        columns: "pa.Table | None" = None,
        origin: Origin | None = None,
        address: str = "an array",
    ) -> None:
        import pyarrow as pa

        self.address = address
        self.features = vectors.shape[1]
        self.origin = origin or Origin()
        self._vectors = vectors
        for name, given in (("ids", ids), ("rows of columns", columns)):
            if given is not None and len(given) != len(vectors):
                raise DataError(
                    f"{address} has {len(vectors):,} embeddings but {len(given):,} {name}."
                )
        named = pa.array(map(str, range(len(vectors)) if ids is None else ids), pa.string())
        table = pa.table({"id": named}) if columns is None else columns
        if columns is not None:
            if "id" in columns.column_names:
                table = columns.drop_columns(["id"])
            table = table.add_column(0, "id", [named])
        self._rows = table

    @property
    def pieces(self) -> Sequence[int]:
        """Rows in each piece."""
        n = len(self._vectors)
        return [min(_PIECE, n - start) for start in range(0, n, _PIECE)]

    @property
    def fingerprint(self) -> str:
        """Of the ids, and of about a thousand of the vectors."""
        digest = hashlib.sha256(repr(self._vectors.shape).encode())
        step = max(1, len(self._vectors) // 1000)
        digest.update(np.ascontiguousarray(self._vectors[::step]).tobytes())
        digest.update(json.dumps(self._rows["id"].to_pylist()).encode())
        return digest.hexdigest()[:16]

    def read(self, piece: int) -> Iterator[Block]:
        """The rows of one piece."""
        end = min((piece + 1) * _PIECE, len(self._vectors))
        for start in range(piece * _PIECE, end, BLOCK):
            stop = min(start + BLOCK, end)
            yield usable(self._vectors[start:stop], self._rows.slice(start, stop - start))


def as_embeddings(
    given: "Embeddings | Float[ndarray, 'n features']",
) -> Embeddings:
    """The embeddings themselves, or an array in the shape of the protocol."""
    return ArrayEmbeddings(given) if isinstance(given, ndarray) else given


def usable(vectors: Float[ndarray, "n features"], rows: "pa.Table") -> Block:
    """A block of those rows whose vectors are finite."""
    import pyarrow as pa

    narrow = np.ascontiguousarray(vectors, dtype=np.float32)
    good = np.isfinite(narrow).all(axis=1)
    if good.all():
        return Block(narrow, rows)
    return Block(narrow[good], rows.filter(pa.array(good)))


def blocks(embeddings: Embeddings) -> Iterator[Block]:
    """All rows, in order."""
    for piece in range(len(embeddings.pieces)):
        yield from embeddings.read(piece)


def sampled(embeddings: Embeddings, *, most: int) -> Iterator[Float32[ndarray, "n features"]]:
    """At most about `most` vectors, block by block, spread evenly over at most 64 pieces that are spread evenly over all.

    Raises
    ------
    DataError
        If there is no usable embedding at all.
    """
    pieces = embeddings.pieces
    spread = np.linspace(0, len(pieces) - 1, num=_MOST_SAMPLED) if pieces else ()
    chosen = sorted({int(p) for p in spread})
    step = max(1, -(-sum(pieces[p] for p in chosen) // most))
    seen = 0
    for block in (b for p in chosen for b in embeddings.read(p)):
        yield block.vectors[-seen % step :: step]
        seen += len(block.vectors)
    if not seen:
        raise DataError(
            f"{embeddings.address} holds no usable embedding.",
            remedy="Write them with the predictions, or find out why every picture failed.",
        )


def fingerprint_of_files(files: Iterable[Path], *, also: Sequence[str] = ()) -> str:
    """Of names, sizes and times, and of further words."""
    digest = hashlib.sha256(json.dumps(list(also)).encode())
    for file in files:
        status = os.stat(file)
        digest.update(
            f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(errors="surrogateescape")
        )
    return digest.hexdigest()[:16]
