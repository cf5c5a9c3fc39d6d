"""Which rows to label next: those that the model is unsure of and that are unlike what has been labelled."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer
from numpy import ndarray

from skyform.errors import DataError
from skyform.search.embeddings import Embeddings, as_embeddings
from skyform.search.projection import Projected, project

__all__ = ["DIMS", "Selection", "select_next"]

DIMS = 64


@dataclass(frozen=True)
class Selection:
    """What to label next, in that order.

    Attributes
    ----------
    rows : array of int, shape (count,)
    uncertainty : array of float, shape (count,)
        As given, 1 where none was.
    distance : array of float, shape (count,)
        From the nearest row that is labelled or was chosen before, as 0 to 2; NaN for the first where nothing is labelled.
    projected : Projected
        Ids and coordinates of all rows.
    """

    rows: Integer[ndarray, " count"]
    uncertainty: Float[ndarray, " count"]
    distance: Float[ndarray, " count"]
    projected: Projected


def select_next(
    embeddings: "Embeddings | Projected | Float[ndarray, 'n features']",
    *,
    count: int = 100,
    uncertainty: Float[ndarray, " rows"] | None = None,
    labelled: Integer[ndarray, " k"] | None = None,
    dims: int = DIMS,
) -> Selection:
    """Choose rows one by one: each time the one with the largest uncertainty x distance.

    The distance is the one to the nearest row that is labelled or already chosen, so that near-copies of an uncertain picture are
    not all chosen. Without uncertainties this is the greedy k-centre (Gonzalez 1985, Theoretical Computer Science 38, 293), which covers the set (Sener
    and Savarese 2018, arXiv:1708.00489).

    Parameters
    ----------
    embeddings : Embeddings, Projected, or array of float of shape (n, features)
    count : int
    uncertainty : array of float, shape (n,), optional
        0 or more; a row with 0 is chosen last.
    labelled : array of int, shape (k,), optional
        Rows that have a label; they are never chosen.
    dims : int
        Principal components to measure distances along.

    Raises
    ------
    ValueError
        If `count` is below 1, or there are not as many uncertainties as rows.
    DataError
        If there is no row left to choose.
    """
    if count < 1:
        raise ValueError(f"count is {count}; it must be at least 1")
    projected = (
        embeddings
        if isinstance(embeddings, Projected)
        else project(as_embeddings(embeddings), dims=dims)
    )
    n = len(projected)
    weight = np.ones(n) if uncertainty is None else np.asarray(uncertainty, dtype=np.float64)
    if len(weight) != n:
        raise ValueError(f"there are {len(weight)} uncertainties for {n} usable rows")
    known = np.unique(labelled) if labelled is not None else np.zeros(0, np.int64)
    if len(known) >= n:
        raise DataError(f"All {n:,} rows are labelled: there is nothing to choose from.")
    return _greedy(projected, count=min(count, n - len(known)), weight=weight, known=known)


def _greedy(
    projected: Projected, *, count: int, weight: ndarray, known: Integer[ndarray, " k"]
) -> Selection:
    length = np.linalg.norm(projected.coordinates, axis=1, keepdims=True)
    units = projected.coordinates / np.maximum(length, 1e-12)
    # The largest cosine is the smallest distance; nothing labelled is as far as can be.
    closeness = np.full(len(units), -1.0, np.float32)
    for start in range(0, len(known), 1024):
        near = units @ units[known[start : start + 1024]].T
        np.maximum(closeness, near.max(axis=1), out=closeness)
    free = np.ones(len(units), bool)
    free[known] = False
    chosen: list[int] = []
    distances: list[float] = []
    for number in range(count):
        distance = 1.0 - np.minimum(closeness, 1.0)
        # The small share keeps an order among rows that the model is sure of, and among copies.
        merit = np.where(free, (weight + 1e-9) * (distance + 1e-9), -1.0)
        best = int(merit.argmax())
        first = number == 0 and not len(known)
        chosen.append(best)
        distances.append(float("nan") if first else float(distance[best]))
        free[best] = False
        np.maximum(closeness, units @ units[best], out=closeness)
    rows = np.array(chosen, dtype=np.int64)
    return Selection(rows, weight[rows], np.array(distances), projected)
