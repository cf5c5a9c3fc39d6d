"""Small data sets with planted faults, and an embedder that needs no model."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from skyform.datasets.dataset import DataSet, Record, Stored
from skyform.explore import Embedder
from skyform.images import Preprocess
from skyform.schema import KAGGLE, ClassName, Scheme, cumulative

__all__ = [
    "DISC",
    "ROUND",
    "SCHEME",
    "Store",
    "blob",
    "colour_embedder",
    "data_set",
    "jpeg",
    "vote_row",
]

ROUND, DISC = "round", "disc"
SCHEME = Scheme(
    "planted",
    "Planted classes",
    (
        ClassName(0, ROUND, "Round & red", "A round blob <of> red light."),
        ClassName(1, DISC, "Flat disc", "A flat blob of blue light."),
    ),
)


@dataclass
class Store:
    """Pictures in memory; an error in the place of a picture is raised. Remembers which were read."""

    pictures: Sequence[Stored | Exception]
    reads: list[int] = field(default_factory=list)

    def read(self, index: int) -> Stored:
        self.reads.append(index)
        picture = self.pictures[index]
        if isinstance(picture, Exception):
            raise picture
        return picture


def blob(seed: int, label: str = ROUND, *, side: int = 48) -> np.ndarray:
    """A red round blob or a blue flat one, turned at random, on noise: no two seeds give the same."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[0:side, 0:side] - (side - 1) / 2
    angle = rng.uniform(0, np.pi)
    along = np.cos(angle) * xs + np.sin(angle) * ys
    across = -np.sin(angle) * xs + np.cos(angle) * ys
    radius = np.hypot(along, across / (1.0 if label == ROUND else 0.35))
    light = np.exp(-radius / rng.uniform(4, 7))[..., None]
    tint = np.array([220, 90, 40] if label == ROUND else [50, 90, 220])
    # A few stars of its own, or blobs would all be copies of each other.
    for x, y in rng.integers(4, side - 4, (4, 2)):
        light[y - 1 : y + 2, x - 1 : x + 2] += 0.6
    return np.clip(light * tint + rng.normal(8, 2, (side, side, 3)), 0, 255).astype(np.uint8)


def jpeg(rgb: np.ndarray, *, quality: int = 90) -> bytes:
    """Encoded as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def data_set(
    labels: Sequence[str],
    *,
    pictures: Sequence[Stored | Exception] | None = None,
    scheme: Scheme | None = SCHEME,
    splits: Sequence[str] | None = None,
    objects: Sequence[str] | None = None,
) -> DataSet:
    """One blob for each label, or the pictures given."""
    if pictures is None:
        pictures = [jpeg(blob(i, label or ROUND)) for i, label in enumerate(labels)]
    records = [
        Record(
            f"id-{i}",
            label=label,
            split=splits[i] if splits else "",
            object=objects[i] if objects else "",
        )
        for i, label in enumerate(labels)
    ]
    return DataSet("planted", "A planted set", records, Store(pictures), scheme, source="nowhere")


def colour_embedder() -> Embedder:
    """Features that tell the planted classes apart: mean colours of a grid of cells."""

    def embed(pixels: np.ndarray) -> np.ndarray:
        cells = pixels.reshape(len(pixels), 4, 8, 4, 8, 3).mean(axis=(2, 4))
        return cells.reshape(len(pixels), -1).astype(np.float32)

    return Embedder("colours@1", Preprocess(size=32), embed)


def vote_row(seed: int) -> np.ndarray:
    """Cumulative fractions of one picture, as Kaggle has them."""
    rng = np.random.default_rng(seed)
    fractions = np.concatenate(
        [rng.dirichlet(np.full(len(q.answers), 0.6)) for q in KAGGLE.questions]
    )
    return cumulative(KAGGLE, fractions)
