"""What an exported tree model answers about prepared pictures; without torch, and without what prediction adds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from jaxtyping import UInt8
from numpy import ndarray

from skyform.schema import SKYFORM
from skyform.schema.modelfile import ORIENTATIONS

__all__ = ["run_onnx"]

_OUTPUTS = ("answers", "kinds", "embedding", "distance")
_BATCH = 32


def run_onnx(
    path: Path, pixels: UInt8[ndarray, "n size size 3"], *, looks: int = 1
) -> dict[str, ndarray]:
    """All outputs but the evidence, for all pictures, averaged over the first `looks` orientations as prediction does it."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = list(_OUTPUTS)
    parts = [
        _run_batch(session, names, pixels[i : i + _BATCH], looks)
        for i in range(0, len(pixels), _BATCH)
    ]
    return {
        name: np.concatenate(p) for name, p in zip(names, zip(*parts, strict=True), strict=True)
    }


def _run_batch(
    session: onnxruntime.InferenceSession, names: Sequence[str], pixels: ndarray, looks: int
) -> list[ndarray]:
    sense = SKYFORM.slices["sense"]
    runs: list[list[ndarray]] = []
    for quarter, mirror in ORIENTATIONS[:looks]:
        seen = np.rot90(pixels[:, :, ::-1] if mirror else pixels, quarter, axes=(1, 2))
        outputs = [np.array(o) for o in session.run(names, {"image": np.ascontiguousarray(seen)})]
        if mirror:
            answers = outputs[names.index("answers")]
            answers[:, sense] = answers[:, sense][:, ::-1]
        runs.append(outputs)
    return [np.mean(values, axis=0, dtype=values[0].dtype) for values in zip(*runs, strict=True)]
