"""The graph of nearest neighbours: usearch's, with vectors stored as we want them.

Malkov and Yashunin 2018, IEEE TPAMI 42, 824 (arXiv:1603.09320): hierarchical navigable small worlds.
"""

import os
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from jaxtyping import Float, Integer
from numpy import ndarray

from skyform.errors import MissingExtraError

if TYPE_CHECKING:
    from usearch.index import BatchMatches
    from usearch.index import Index as UsearchIndex

__all__ = [
    "CONNECTIVITY",
    "EFFORT",
    "Storage",
    "encoded",
    "new_graph",
    "opened_graph",
    "search_graph",
]

Storage = Literal["i8", "f16"]
# Links of each vector; candidates that are kept while it is added; candidates that are kept in a search.
CONNECTIVITY = 16
EFFORT = 128


def new_graph(*, dims: int, storage: Storage, connectivity: int = CONNECTIVITY) -> "UsearchIndex":
    """An empty graph with the cosine distance.

    Raises
    ------
    MissingExtraError
        If usearch is not installed.
    """
    try:
        from usearch.index import Index
    except ImportError as error:
        raise MissingExtraError(
            "Searching for neighbours needs usearch.",
            remedy="Install it: pip install 'skyform[search]'",
        ) from error
    return Index(
        ndim=dims,
        metric="cos",
        dtype=storage,
        connectivity=connectivity,
        expansion_add=EFFORT,
        expansion_search=EFFORT,
    )


def opened_graph(
    path: str | os.PathLike[str], *, dims: int, storage: Storage, mapped: bool
) -> "UsearchIndex":
    """A saved graph: mapped, so that only what is looked at comes into memory, or loaded, to add more.

    Raises
    ------
    RuntimeError
        If the file is not such a graph.
    MissingExtraError
        If usearch is not installed.
    """
    graph = new_graph(dims=dims, storage=storage)
    if mapped:
        graph.view(path)
    else:
        graph.load(path)
    return graph


def search_graph(
    graph: "UsearchIndex", vectors: ndarray, *, k: int, effort: int, threads: int
) -> tuple[Integer[ndarray, "n k"], Float[ndarray, "n k"]]:
    """Keys and distances of the neighbours of encoded vectors, the nearest first; -1 and NaN where there are fewer than `k`."""
    keys = np.full((len(vectors), k), -1, np.int64)
    distances = np.full((len(vectors), k), np.nan, np.float32)
    most = min(k, len(graph))
    if most == 0 or len(vectors) == 0:
        return keys, distances
    graph.expansion_search = max(effort, k)
    if len(vectors) == 1:
        match = graph.search(vectors[0], most, threads=1)
        found = len(match.keys)
        keys[0, :found], distances[0, :found] = match.keys, match.distances
        return keys, distances
    matches = cast("BatchMatches", graph.search(vectors, most, threads=threads))
    width = matches.keys.shape[1]
    real = np.arange(width) < np.asarray(matches.counts)[:, None]
    keys[:, :width] = np.where(real, matches.keys.astype(np.int64), -1)
    distances[:, :width] = np.where(real, matches.distances, np.nan)
    return keys, distances


def encoded(vectors: Float[ndarray, "n dims"], *, storage: Storage) -> ndarray:
    """Vectors as the graph stores them. Their length does not matter to the cosine, so each uses the whole range of numbers.

    For 8 bits the largest coordinate becomes 127; scaled to length 1 instead, as usearch does by itself, 128 dimensions would
    have to share about ten steps.
    """
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True, initial=0.0), 1e-30)
    if storage == "f16":
        return (vectors / largest).astype(np.float16)
    return np.rint(vectors * (127.0 / largest)).astype(np.int8)
