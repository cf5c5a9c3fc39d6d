"""A model file calibrated and judged on the validation split: by a training run at its end, and again by whoever has the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from skyform.datasets import SOURCES, Row, everyday_rows, read_source
from skyform.errors import DataError
from skyform.evaluation import Answered, Calibration, Estimate, validation_scores
from skyform.evaluation.fitting import Evidence, fit_calibration
from skyform.schema import KAGGLE, KINDS, SKYFORM, TAXONOMIES, cumulative
from skyform.training.onnx_outputs import run_onnx
from skyform.training.truth import evidence_of, is_excluded, truth_of

__all__ = ["Judged", "answered", "judge", "validation_rows"]

_EVERYDAY = 30


@dataclass(frozen=True)
class Judged:
    """What was fitted to a model's answers, and how well it then does."""

    calibration: Calibration
    scores: dict[str, Estimate]


def judge(
    model: Path,
    rows: Sequence[Row],
    pixels: UInt8[ndarray, "n size size 3"],
    *,
    looks: int = 1,
    exclude_licences: Sequence[str] = (),
) -> Judged:
    """Fit a calibration to the model's answers about the rows, and measure with it.

    What a licence keeps from the weights, it keeps from the calibration too; figures are of all rows.
    """
    evidence = evidence_of(rows, run_onnx(model, pixels, looks=looks))
    allowed = np.array([not is_excluded(r, exclude_licences) for r in rows])
    calibration = fit_calibration(evidence.part(allowed))
    scores = validation_scores([truth_of(r) for r in rows], answered(evidence, calibration))
    return Judged(calibration, scores)


def validation_rows(data: Path, *, seed: int = 0) -> list[Row]:
    """Validation rows of every source on disk, and everyday pictures that are no source's.

    Raises
    ------
    DataError
        If the folder holds none.
    """
    rows = [
        row
        for source in SOURCES.values()
        if (data / source.file).is_file()
        for row in read_source(source, data)
        if row.split == "validation"
    ]
    if not rows:
        raise DataError(
            f"{data} holds no validation picture.",
            remedy=f"Give the folder that holds {next(iter(SOURCES.values())).file} with --data.",
        )
    return [
        *rows,
        *everyday_rows(photographs=_EVERYDAY, textures=_EVERYDAY, seed=seed, split="validation"),
    ]


def answered(evidence: Evidence, calibration: Calibration) -> Answered:
    """What the model says of the validation pictures, calibrated."""
    fractions = calibration.fractions(evidence.answers)
    kinds = calibration.kinds(evidence.kinds, evidence.distance).argmax(axis=1)
    return Answered(
        cumulative(SKYFORM, fractions)[:, : len(KAGGLE.answers)],
        [KINDS[k].id for k in kinds],
        {
            t.id: np.array([c.number for c in t.classes])[
                calibration.classes(t, fractions)[0].argmax(axis=1)
            ]
            for t in TAXONOMIES.values()
        },
    )
