"""Embeddings drawn from a seed, in the shapes that the search room takes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

FEATURES = 24


def clusters(
    n: int = 300, *, groups: int = 6, features: int = FEATURES, seed: int = 0
) -> np.ndarray:
    """Points around some centres, as float32, the group of a point being its number modulo `groups`."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(groups, features)) * 3 + 1
    points = centres[np.arange(n) % groups] + 0.3 * rng.normal(size=(n, features))
    return points.astype(np.float32)


def table(
    vectors: np.ndarray, *, half: bool = False, failed: Sequence[int] = (), first: int = 0
) -> pa.Table:
    """A table of predictions with embeddings; those of failed rows are null."""
    kind = pa.float16() if half else pa.float32()
    values = [
        None if i in failed else v.astype(np.float16 if half else np.float32)
        for i, v in enumerate(vectors)
    ]
    n = len(vectors)
    return pa.table(
        {
            "id": [f"g{first + i:05d}" for i in range(n)],
            "path": [f"night/g{first + i:05d}.jpg" for i in range(n)],
            "ra": np.linspace(0, 10, n),
            "hubble": pa.array(np.arange(n) % 3, pa.int32()),
            "spiral_yes": np.linspace(0, 1, n),
            "embedding": pa.array(values, pa.list_(kind, vectors.shape[1])),
        }
    )


def write(path: Path, rows: pa.Table, *, model: str = "made-up@1", group: int = 64) -> Path:
    """The table as a Parquet file that names its model."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = {"model": model, "preprocessing": "abc123"} if model else None
    parquet.write_table(rows.replace_schema_metadata(words), path, row_group_size=group)
    return path
