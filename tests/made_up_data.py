"""A small data folder of drawn pictures, in the layout that recipes read."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from skyform.schema import KAGGLE

__all__ = ["drawn_galaxy", "gz2_columns", "jpeg", "write_data"]


def drawn_galaxy(seed: int, *, side: int = 64, edge_on: bool = False) -> Image.Image:
    """An exponential disc on noise, turned at random."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[0:side, 0:side] - (side - 1) / 2
    angle = rng.uniform(0, np.pi)
    along = np.cos(angle) * xs + np.sin(angle) * ys
    across = -np.sin(angle) * xs + np.cos(angle) * ys
    radius = np.hypot(along, across / (0.2 if edge_on else rng.uniform(0.6, 1.0)))
    light = 220 * np.exp(-radius / (side / 14))[..., None] * rng.uniform(0.7, 1.0, 3)
    return Image.fromarray(
        np.clip(light + rng.normal(6, 2, (side, side, 3)), 0, 255).astype(np.uint8)
    )


def jpeg(picture: Image.Image) -> bytes:
    """Encoded as JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def gz2_columns(fractions: np.ndarray) -> dict[str, float]:
    """Conditional fractions of the 37 answers under the names of the GZ2 catalogue, as voted and debiased alike."""
    names: dict[str, float] = {}
    number = 0
    for q, question in enumerate(KAGGLE.questions, start=1):
        for answer in question.answers:
            number += 1
            # a35 does not exist, and dust lane is a38.
            code = {"odd-feature.dust-lane": 38}.get(answer.id)
            if code is None:
                code = number - (number > 25)
                code += code >= 35
            for kind in ("weighted_fraction", "debiased"):
                names[f"t{q:02}_x_a{code:02}_x_{kind}"] = float(fractions[number - 1])
    return names


def _row(id: str, split: str, **more: Any) -> dict[str, Any]:
    n = sum(id.encode())
    picture = jpeg(drawn_galaxy(n, edge_on=n % 2 == 0))
    return {
        "image_id": id,
        "survey": "sdss",
        "image": {"bytes": picture, "path": f"{id}.jpg"},
        "split": split,
        **more,
    }


def _fractions(rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([rng.dirichlet(np.ones(len(q.answers))) for q in KAGGLE.questions])


def write_data(folder: Path, *, rows: int = 24) -> Path:
    """Write gz2, gz1, examples and deepsky files; three of four rows are for training."""
    rng = np.random.default_rng(0)
    splits = ["validation" if i % 4 == 3 else "train" for i in range(rows)]
    gz1 = ("elliptical", "spiral_clockwise", "spiral_anticlockwise", "edge_on", "merger")
    kinds = ("cluster", "galaxy", "nebula", "lens", "lens_candidate_low")
    asked = ({"question": "Is there anything odd?", "answer": "Yes"},)
    files = {
        "galaxies/gz2": [
            _row(f"gz2-{i}", s, total_classifications=40, **gz2_columns(_fractions(rng)))
            for i, s in enumerate(splits)
        ],
        "galaxies/gz1": [
            _row(f"gz1-{i}", s, label=gz1[i % len(gz1)]) for i, s in enumerate(splits)
        ],
        "galaxies/examples": [
            _row(f"examples-{i}", s, answers=list(asked)) for i, s in enumerate(splits)
        ],
        "deepsky": [
            _row(f"deepsky-{i}", s, label=kinds[i % 5], licence=("MIT", "CC BY-NC 2.0")[i % 2])
            for i, s in enumerate(splits)
        ],
    }
    for name, values in files.items():
        path = folder / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(values), path)
    return folder
