"""A model file calibrated and judged on the validation split: by a training run at its end, and again by whoever has the file."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from skyform.datasets import SOURCES, Row, everyday_rows, read_source
from skyform.errors import DataError
from skyform.evaluation import Answered, Calibration, Estimate, validation_scores
from skyform.evaluation.fitting import Evidence, fit_calibration
from skyform.evaluation.recalibration import Recalibrated, recalibrate
from skyform.schema import KAGGLE, KINDS, SKYFORM, TAXONOMIES, cumulative
from skyform.training.onnx_outputs import run_onnx
from skyform.training.truth import evidence_of, is_excluded, truth_of

__all__ = ["Judged", "answered", "class_mix", "judge", "validation_rows"]

_EVERYDAY = 30
_ADDED = "everyday"  # the source of the pictures that are in no data folder


@dataclass(frozen=True)
class Judged:
    """What was fitted to a model's answers, how well it then does, and the mix of classes that it then finds.

    Attributes
    ----------
    calibration : Calibration
    scores : mapping of measure to Estimate
    mix : mapping of taxonomy id and class id to int
        Number of pictures, see `class_mix`.
    fitted_to : mapping of source to int
        Number of pictures that the calibration was fitted to.
    kept, left_out : tuple of str
        The parts of an earlier calibration that were kept and given up, see `evaluation.recalibration.Recalibrated`.
    """

    calibration: Calibration
    scores: dict[str, Estimate]
    mix: dict[str, dict[str, int]]
    fitted_to: dict[str, int]
    kept: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def judge(
    model: Path,
    rows: Sequence[Row],
    pixels: UInt8[ndarray, "n size size 3"],
    *,
    learnt: Collection[str],
    looks: int = 1,
    exclude_licences: Sequence[str] = (),
    before: Calibration | None = None,
) -> Judged:
    """Fit a calibration to the model's answers about the rows, and measure with it.

    With a calibration from `before`, the parts that the rows say too little about keep their values of then. What a licence keeps from the weights, it keeps from the calibration too; figures are of all rows, and the mix of classes of the rows
    whose source is one of `learnt`: held-out pictures of the sort that the model was trained on.
    """
    evidence = evidence_of(rows, run_onnx(model, pixels, looks=looks))
    allowed = np.array([not is_excluded(r, exclude_licences) for r in rows])
    used = [r.source for r, a in zip(rows, allowed, strict=True) if a]
    found = _fitted(evidence.part(allowed), used, before)
    calibration = found.calibration
    scores = validation_scores([truth_of(r) for r in rows], answered(evidence, calibration))
    like_training = np.array([r.source in learnt for r in rows]) & allowed
    mix = class_mix(evidence.part(like_training), calibration)
    return Judged(calibration, scores, mix, dict(Counter(used)), found.kept, found.left_out)


def _fitted(evidence: Evidence, sources: Sequence[str], before: Calibration | None) -> Recalibrated:
    if before is None:
        return Recalibrated(fit_calibration(evidence), (), ())
    own = np.array([source != _ADDED for source in sources])
    return recalibrate(before, evidence, own=own)


def class_mix(evidence: Evidence, calibration: Calibration) -> dict[str, dict[str, int]]:
    """How many pictures the model puts into each class, by taxonomy id and class id, of those that it does not take for something else
    than a galaxy. Taxonomies without a picture are left out.
    """
    fractions = calibration.fractions(evidence.answers)
    kinds = calibration.kinds(evidence.kinds, evidence.distance)
    strangeness = calibration.strangeness(evidence.kinds, evidence.distance, fractions)
    galaxies = fractions[~calibration.no_galaxy(kinds, strangeness)]
    mix: dict[str, dict[str, int]] = {}
    for taxonomy in TAXONOMIES.values() if len(galaxies) else ():
        best = calibration.classes(taxonomy, galaxies)[0].argmax(axis=1)
        counts = np.bincount(best, minlength=len(taxonomy.classes)).tolist()
        mix[taxonomy.id] = {c.id: n for c, n in zip(taxonomy.classes, counts, strict=True)}
    return mix


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
