"""An index of embeddings: one folder with the graph of neighbours, the projection, the ids, and what made them.

| file | holds |
|---|---|
| `index.json` | counts, settings, the model and the fingerprint of its preprocessing; written last |
| `graph-<n>.usearch` | vectors and their links |
| `projection.npz` | how an embedding becomes such a vector |
| `rows-<n>.arrow` | ids, and the columns that were carried along |
"""

import dataclasses
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float, Integer
from numpy import ndarray

from skyform.errors import DataError
from skyform.schema import Prediction
from skyform.search.embeddings import Origin
from skyform.search.graph import EFFORT, Storage, encoded, opened_graph, search_graph
from skyform.search.projection import Projection
from skyform.search.rows import MappedRows

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["INFO", "PROJECTION", "Index", "IndexInfo", "Neighbour", "is_index"]

INFO, PROJECTION = "index.json", "projection.npz"
FORMAT = 1


@dataclass(frozen=True)
class IndexInfo:
    """What an index says of itself.

    Attributes
    ----------
    count, skipped : int
        Vectors in it; rows of the source that were left out, having no usable embedding.
    features, dims : int
        Length of an embedding, and of the vectors that are compared.
    explained : float
        Share of the embeddings' variance that the vectors hold.
    storage : "i8" or "f16"
    model, preprocess : str
        What made the embeddings; empty where unknown.
    source : str
        Where they were.
    columns : tuple of str
        What is known of each row, `id` first.
    rows : tuple of str
        Names of the files with the rows.
    graph : str
        Name of the file with the graph.
    bytes : int
        Its size.
    """

    count: int
    skipped: int
    features: int
    dims: int
    explained: float
    storage: Storage
    model: str
    preprocess: str
    source: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    graph: str
    bytes: int
    format: int = FORMAT

    @property
    def origin(self) -> Origin:
        """What made the embeddings."""
        return Origin(self.model, self.preprocess)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "IndexInfo":
        """The inverse of `to_dict`.

        Raises
        ------
        TypeError, KeyError
            If something is missing or unknown.
        """
        values = dict(values)
        for name in ("columns", "rows"):
            values[name] = tuple(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One neighbour: its id, the cosine distance (0 the same direction, 1 nothing in common, 2 opposite), its row, what is known of it."""

    id: str
    distance: float
    row: int
    values: dict[str, Any] = field(default_factory=dict[str, Any])


class Index:
    """A nearest-neighbour index, opened for searching. The files are mapped: a search reads only what it touches.

    Parameters
    ----------
    path : path
        A folder that `build_index` made.

    Raises
    ------
    DataError
        If the folder is not a whole index of this version.
    MissingExtraError
        If usearch is not installed.

    Examples
    --------
    >>> index = Index("galaxies.index")
    >>> for neighbour in index.similar(classifier.classify("m51.jpg"), k=10):
    ...     print(neighbour.id, neighbour.distance)
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.info = read_info(self.path)
        graph = self.path / self.info.graph
        try:
            # A graph that was cut off would be read past its end.
            if graph.stat().st_size != self.info.bytes:
                raise ValueError(f"{graph.name} is not {self.info.bytes:,} bytes long")
            self._projection = Projection.load(self.path / PROJECTION)
            self._rows = MappedRows([self.path / name for name in self.info.rows])
            if len(self._rows) != self.info.count:
                raise ValueError(f"it has {len(self._rows):,} ids for {self.info.count:,} vectors")
            self._graph = opened_graph(
                graph, dims=self.info.dims, storage=self.info.storage, mapped=True
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise DataError(
                f"The index {str(self.path)!r} is damaged: {str(error).splitlines()[0][:200]}.",
                remedy="Build it again with `skyform index`.",
            ) from error

    def __len__(self) -> int:
        return self.info.count

    @property
    def schema(self) -> "pa.Schema":
        """The id and the carried columns."""
        return self._rows.schema

    def check(self, origin: Origin, *, what: str = "The embedding") -> None:
        """Refuse what another model, or other preprocessing, made.

        Raises
        ------
        DataError
            If model or preprocessing are known on both sides and differ.
        """
        self.info.origin.check(origin, what=what, where=f"the index {str(self.path)!r}")

    def search(
        self,
        vectors: Float[ndarray, "n features"],
        *,
        k: int = 10,
        effort: int = EFFORT,
        threads: int = 1,
    ) -> tuple[Integer[ndarray, "n k"], Float[ndarray, "n k"]]:
        """The nearest neighbours of embeddings.

        Parameters
        ----------
        vectors : array of float, shape (n, features)
        k : int
            Neighbours of each.
        effort : int
            Candidates that are kept while searching: more find the true neighbours more surely, and take longer.
        threads : int
            For many embeddings at once; 0 uses every core.

        Returns
        -------
        rows : array of int, shape (n, k)
            Numbers for `values`, the nearest first; -1 where the index holds fewer than `k`.
        distances : array of float, shape (n, k)
            Cosine distances after the projection, 0 to 2; NaN where there is no neighbour.

        Raises
        ------
        ValueError
            If `k` is below 1.
        DataError
            If the embeddings are not as long as the index's, or hold a number that is not finite.
        """
        if k < 1:
            raise ValueError(f"k is {k}; it must be at least 1")
        if vectors.shape[1] != self.info.features:
            raise DataError(
                f"The embedding has {vectors.shape[1]} numbers; the index {str(self.path)!r} was made for {self.info.features}.",
                remedy=f"Use the model that made the index{': ' + self.info.model if self.info.model else ''}.",
            )
        if not np.isfinite(vectors).all():
            raise DataError("The embedding holds a number that is not finite.")
        coded = encoded(self._projection(vectors), storage=self.info.storage)
        return search_graph(self._graph, coded, k=k, effort=effort, threads=threads)

    def similar(
        self, query: "Prediction | Float[ndarray, ' features']", *, k: int = 10
    ) -> list[Neighbour]:
        """The nearest neighbours of one picture, with their ids and what is known of them.

        Parameters
        ----------
        query : Prediction or array of float, shape (features,)
            A prediction knows its model, so that it can be refused; of an array only the length is checked.
        k : int

        Raises
        ------
        DataError
            If the prediction failed or is another model's, or the embedding does not fit.
        """
        if isinstance(query, Prediction):
            if query.failure is not None:
                raise DataError(
                    f"{query.id} has no embedding: {query.failure.message}",
                    remedy=query.failure.remedy,
                )
            self.check(Origin(query.model), what=f"The embedding of {query.id}")
            query = query.embedding
        rows, distances = self.search(query[None], k=k)
        return self._named(rows[0], distances[0])

    def similar_to_id(self, id: str, *, k: int = 10) -> list[Neighbour]:
        """The nearest neighbours of one of the index's own vectors, itself left out.

        Raises
        ------
        DataError
            If no row has this id.
        """
        own = self._rows.find(id)
        if own < 0:
            raise DataError(
                f"The index {str(self.path)!r} has no row with the id {id!r}.",
                remedy="Give an id as it stands in the table of predictions, or a picture.",
            )
        vector = np.asarray(self._graph[own])[None]
        rows, distances = search_graph(self._graph, vector, k=k + 1, effort=EFFORT, threads=1)
        others = rows[0] != own
        return self._named(rows[0][others][:k], distances[0][others][:k])

    def values(self, rows: Iterable[int]) -> list[dict[str, Any]]:
        """The id and the carried columns of some rows."""
        return self._rows.values(int(r) for r in rows)

    def _named(
        self, rows: Integer[ndarray, " k"], distances: Float[ndarray, " k"]
    ) -> list[Neighbour]:
        pairs = [(int(r), float(d)) for r, d in zip(rows, distances, strict=True) if r >= 0]
        known = self._rows.values(r for r, _ in pairs)
        return [
            Neighbour(str(v.pop("id")), max(d, 0.0), r, v)
            for (r, d), v in zip(pairs, known, strict=True)
        ]


def is_index(path: str | os.PathLike[str]) -> bool:
    """Whether a folder holds a finished index."""
    return (Path(path) / INFO).is_file()


def read_info(path: Path) -> IndexInfo:
    """What an index says of itself.

    Raises
    ------
    DataError
        If there is none, or it is of another version.
    """
    try:
        values = json.loads((path / INFO).read_text(encoding="utf-8"))
        if values.get("format") == FORMAT:
            return IndexInfo.from_dict(values)
        problem = f"has the format {values.get('format')!r}; this Skyform reads {FORMAT}"
    except FileNotFoundError:
        problem = "is not there" if not path.exists() else f"has no {INFO}"
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        problem = f"has an {INFO} that cannot be read ({error})"
    raise DataError(
        f"The index {str(path)!r} {problem}.",
        remedy="Make one with `skyform index EMBEDDINGS --to INDEX`.",
    )
