"""Fewer dimensions: principal components of embeddings, kept with the index so that a query takes the same way."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Float32
from numpy import ndarray

from skyform.search.embeddings import Embeddings, blocks, sampled

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Projected", "Projection", "fit_projection", "project"]

_SAMPLE = 50_000


@dataclass(frozen=True)
class Projection:
    """Centre, turn, and keep the strongest axes.

    Attributes
    ----------
    mean : array of float32, shape (features,)
    axes : array of float32, shape (dims, features)
        Principal axes, the strongest first, each of length 1.
    spread : array of float32, shape (dims,)
        Standard deviation along each axis.
    explained : float
        Share of the variance that the axes hold.
    """

    mean: Float32[ndarray, " features"]
    axes: Float32[ndarray, "dims features"]
    spread: Float32[ndarray, " dims"]
    explained: float

    @property
    def dims(self) -> int:
        """Number of axes."""
        return len(self.axes)

    @property
    def features(self) -> int:
        """Length of the vectors that it takes."""
        return len(self.mean)

    def __call__(
        self, vectors: Float[ndarray, "n features"], *, whiten: bool = False
    ) -> Float32[ndarray, "n dims"]:
        """Coordinates along the axes; with `whiten`, in units of the spread along each."""
        coordinates = (vectors.astype(np.float32, copy=False) - self.mean) @ self.axes.T
        return coordinates / self.spread if whiten else coordinates

    def remainder(
        self, vectors: Float[ndarray, "n features"], coordinates: Float[ndarray, "n dims"]
    ) -> Float32[ndarray, " n"]:
        """Length of what the axes do not hold, given the coordinates that are not whitened."""
        whole = np.square(vectors.astype(np.float32, copy=False) - self.mean).sum(axis=1)
        held = np.square(coordinates).sum(axis=1)
        return np.sqrt(np.maximum(whole - held, 0.0)).astype(np.float32)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an .npz file."""
        np.savez(path, mean=self.mean, axes=self.axes, spread=self.spread, explained=self.explained)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Projection":
        """The inverse of `save`.

        Raises
        ------
        OSError, ValueError, KeyError
            If the file is missing or is something else.
        """
        # numpy leaves a file open that turns out not to be one of its own.
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as kept:
                explained = float(kept["explained"])
                return cls(kept["mean"], kept["axes"], kept["spread"], explained)
        except BadZipFile as error:
            raise ValueError(f"{os.path.basename(path)} is not an .npz file") from error


def fit_projection(embeddings: Embeddings, *, dims: int) -> Projection:
    """Principal components of at most 50,000 of the embeddings.

    Parameters
    ----------
    embeddings : Embeddings
    dims : int
        Axes to keep; fewer are kept where the sample spans fewer.

    Raises
    ------
    ValueError
        If `dims` is below 1.
    DataError
        If there is no usable embedding.
    """
    if dims < 1:
        raise ValueError(f"dims is {dims}; it must be at least 1")
    mean, covariance = _moments(embeddings)
    variances, axes = np.linalg.eigh(covariance)
    variances, axes = np.maximum(variances[::-1], 0.0), axes[:, ::-1].T
    kept = min(dims, max(1, int((variances > 1e-9 * max(variances[0], 1e-30)).sum())))
    total = float(variances.sum())
    return Projection(
        mean.astype(np.float32),
        np.ascontiguousarray(axes[:kept], dtype=np.float32),
        np.sqrt(np.maximum(variances[:kept], 1e-30)).astype(np.float32),
        float(variances[:kept].sum() / total) if total > 0 else 1.0,
    )


def _moments(
    embeddings: Embeddings,
) -> tuple[Float[ndarray, " features"], Float[ndarray, "features features"]]:
    """Mean and covariance of a sample, gathered block by block."""
    width, count = embeddings.features, 0
    origin = np.zeros(width)
    total, products = np.zeros(width), np.zeros((width, width))
    for block in sampled(embeddings, most=_SAMPLE):
        if not count and len(block):
            # Far from zero, the difference of large sums would lose the digits that matter.
            origin = block.mean(axis=0, dtype=np.float64)
        part = block - origin
        total += part.sum(axis=0)
        products += part.T @ part
        count += len(block)
    shift = total / max(count, 1)
    covariance = (products - count * np.outer(shift, shift)) / max(count - 1, 1)
    return origin + shift, covariance


@dataclass(frozen=True)
class Projected:
    """All embeddings of a set along its principal axes.

    Attributes
    ----------
    coordinates : array of float32, shape (n, dims)
    spread : array of float32, shape (dims,)
        Standard deviation along each axis.
    remainder : array of float32, shape (n,)
        Length of what the axes do not hold.
    rows : table
        `id` and what else is known of each.
    """

    coordinates: Float32[ndarray, "n dims"]
    spread: Float32[ndarray, " dims"]
    remainder: Float32[ndarray, " n"]
    rows: "pa.Table"

    def __len__(self) -> int:
        return len(self.coordinates)

    @property
    def whitened(self) -> Float32[ndarray, "n dims"]:
        """The coordinates in units of the spread along each axis."""
        return self.coordinates / self.spread


def project(embeddings: Embeddings, *, dims: int) -> Projected:
    """Project all embeddings. Takes 4 bytes a row and dimension, and what the rows' columns take.

    Parameters
    ----------
    embeddings : Embeddings
    dims : int
        At most; a tenth of the number of rows in small sets, where more axes would follow single pictures.

    Raises
    ------
    DataError
        If there is no usable embedding.
    """
    import pyarrow as pa

    most = sum(embeddings.pieces)
    projection = fit_projection(embeddings, dims=min(dims, max(2, most // 10)))
    coordinates = np.empty((most, projection.dims), np.float32)
    remainder = np.empty(most, np.float32)
    tables: list[pa.Table] = []
    done = 0
    for block in blocks(embeddings):
        end = done + len(block.vectors)
        coordinates[done:end] = projection(block.vectors)
        remainder[done:end] = projection.remainder(block.vectors, coordinates[done:end])
        tables.append(block.rows)
        done = end
    rows = pa.concat_tables(tables, promote_options="permissive")
    return Projected(coordinates[:done], projection.spread, remainder[:done], rows)
