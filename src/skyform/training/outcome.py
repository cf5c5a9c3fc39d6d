"""After an experiment's training: judge, calibrate, export, draw, and write the run folder."""

import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from PIL import Image

from skyform.datasets.dataset import DataSet
from skyform.evaluation.class_calibration import cross_fit, fit_class_calibration
from skyform.evaluation.class_scores import score_classes, score_sets
from skyform.evaluation.metrics import Estimate
from skyform.evaluation.mistakes import worst_rows
from skyform.evaluation.run_files import write_result
from skyform.evaluation.runs import Predictions, RunFigure, RunResult, RunSummary
from skyform.evaluation.vote_scores import score_fractions, score_labels
from skyform.schema import KAGGLE, Scheme, modelfile
from skyform.training.environment import device_name
from skyform.training.experiment import Experiment
from skyform.training.export import write_metadata
from skyform.training.preparing import Parts
from skyform.training.samples import Samples

__all__ = [
    "Outcome",
    "images_per_second",
    "judged_logits",
    "most_wrong",
    "write_outcome",
]

_THUMBNAILS = 60
_THUMBNAIL_SIDE = 128


@dataclass(frozen=True)
class Outcome:
    """What a model said of the validation samples, and how to export it.

    Attributes
    ----------
    logits : array, shape (n, classes), or None
        For the task `classes`.
    p : array, shape (n, columns)
        Uncalibrated probabilities, or cumulative fractions.
    export : callable or None
        Writes the ONNX graph without its description; None where the model cannot be exported, for the reason `why_not`.
    seconds : float
        Of training.
    parameters : int
    images_per_second : float
    curves : mapping of column to array
    notes : sequence of str
    figures : sequence of RunFigure
    """

    logits: Float[ndarray, "n classes"] | None
    p: Float[ndarray, "n columns"]
    export: Callable[[Path], None] | None
    seconds: float
    parameters: int
    images_per_second: float
    why_not: str = ""
    curves: Mapping[str, Float[ndarray, " epochs"]] | None = None
    notes: Sequence[str] = ()
    figures: Sequence[RunFigure] = ()


def write_outcome(
    experiment: Experiment, parts: Parts, outcome: Outcome, *, folder: Path, command: str
) -> RunSummary:
    """Scores, calibration, model file and predictions, into the run's folder; `result.json` last."""
    validation = parts.validation
    scheme = validation.dataset.scheme if experiment.task == "classes" else None
    calibration, p, scores = _judged(experiment, validation, outcome, scheme)
    notes = [*outcome.notes, *_notes(experiment, parts)]
    file, why_not = "", outcome.why_not
    if outcome.export is not None:
        file = f"model/{experiment.name}.onnx"
        try:
            _write_model(
                experiment,
                outcome.export,
                folder / file,
                scheme=scheme,
                calibration=calibration,
                scores=scores,
                parts=parts,
            )
        except Exception as error:  # converters raise whatever they like, and a finished training must not be lost to it
            file, why_not = "", f"There is no model file: it could not be written ({error})."
    if why_not:
        notes.append(why_not)
    summary = RunSummary(
        name=experiment.name,
        title=experiment.title or experiment.entry.title,
        task=experiment.task,
        dataset={
            "id": validation.dataset.id,
            "title": validation.dataset.title,
            "fingerprint": parts.manifest.fingerprint,
        },
        scores=scores,
        n_train=len(parts.train),
        n_validation=len(validation),
        source=experiment.source,
        reported=dict(experiment.reported),
        reported_on=experiment.reported_on,
        scheme=scheme,
        derived=bool(experiment.scheme) and experiment.task == "classes",
        calibration=calibration,
        seconds=round(outcome.seconds, 2),
        device=device_name(),
        parameters=outcome.parameters,
        bytes=(folder / file).stat().st_size if file else 0,
        images_per_second=round(outcome.images_per_second, 1),
        seed=experiment.seed,
        model=file,
        command=command,
        notes=tuple(notes),
        figures=tuple(outcome.figures),
    )
    rows = Predictions(
        _ids(validation.dataset), _columns(scheme), _truth(experiment, validation), p
    )
    thumbnails = _thumbnails(validation, worst_rows(rows, count=_THUMBNAILS))
    write_result(RunResult(summary, rows, dict(outcome.curves or {}), thumbnails), folder)
    return summary


def _judged(
    experiment: Experiment, validation: Samples, outcome: Outcome, scheme: Scheme | None
) -> tuple[dict[str, Any], Float[ndarray, "n columns"], dict[str, Estimate]]:
    """Calibration, calibrated probabilities, and scores of the validation samples."""
    if outcome.logits is None:
        return {}, outcome.p, dict(_scores(experiment, validation, outcome.p, scheme))
    fitted = fit_class_calibration(
        outcome.logits, validation.labels, wanted_accuracy=experiment.wanted_accuracy
    )
    p = fitted.probabilities(outcome.logits)
    scores = dict(_scores(experiment, validation, p, scheme))
    if len(validation) > 1:
        sets = cross_fit(outcome.logits, validation.labels, folds=min(5, len(validation))).sets
        scores |= score_sets(validation.labels, sets)
    return fitted.to_dict(), p, scores


def most_wrong(p: Float[ndarray, "n classes"], truth: Int[ndarray, " n"]) -> Int[ndarray, " n"]:
    """Positions of all rows, those first whose wrong answer was surest, then the right ones, least sure first."""
    said = p.argmax(axis=1)
    sure = p.max(axis=1)
    return np.argsort(np.where(said != truth, -sure, sure), kind="stable")


def judged_logits(p: Float[ndarray, "n classes"]) -> Float[ndarray, "n classes"]:
    """Probabilities as logits, for models that give no others."""
    return np.log(np.clip(p, 1e-6, 1.0))


def images_per_second(predict: Callable[[ndarray], object], pixels: ndarray) -> float:
    """Rate of prediction over up to 256 pictures, after one batch to warm up."""
    part = np.asarray(pixels[:256])
    predict(part[:16])
    start = time.perf_counter()
    predict(part)
    return len(part) / max(time.perf_counter() - start, 1e-9)


def _scores(
    experiment: Experiment, validation: Samples, p: ndarray, scheme: Scheme | None
) -> Mapping[str, Estimate]:
    if scheme is not None:
        return score_classes(validation.labels, p, scheme=scheme)
    if experiment.task == "labels":
        return score_labels((validation.votes > 0.5).astype(float), p)
    return score_fractions(validation.votes, p)


def _notes(experiment: Experiment, parts: Parts) -> list[str]:
    notes: list[str] = []
    if experiment.scheme and experiment.task == "classes":
        wanted = (
            f"more than {experiment.majority:.0%} agree" if experiment.majority else "most agree"
        )
        notes.append(f"Classes of {experiment.scheme} are derived from the votes, where {wanted}.")
    if experiment.average:
        notes.append("Judged with the average over the eight flips and turns of each picture.")
    for reason, count in parts.left_out.items():
        notes.append(f"{count} rows left out: {reason}.")
    broken = [*parts.train.dataset.problems, *parts.validation.dataset.problems]
    if broken:
        notes.append(
            f"{len(broken)} pictures or rows could not be read; the first: {broken[0].id}: {broken[0].what}"
        )
    return notes


def _write_model(
    experiment: Experiment,
    export: Callable[[Path], None],
    path: Path,
    *,
    scheme: Scheme | None,
    calibration: Mapping[str, Any],
    scores: Mapping[str, Estimate],
    parts: Parts,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.onnx")
    export(part)
    card = {
        "name": experiment.name,
        "version": experiment.version,
        "title": experiment.title or experiment.entry.title,
        "source": experiment.source,
        "data": {
            "id": parts.manifest.dataset,
            "fingerprint": parts.manifest.fingerprint,
            "train": len(parts.train),
            "validation": len(parts.validation),
        },
        "validation": {k: v.to_dict() for k, v in scores.items()},
        "recipe": experiment.to_dict(),
    }
    described = modelfile.description(
        name=experiment.name,
        version=experiment.version,
        title=experiment.title or experiment.entry.title,
        precision="fp32",
        preprocess=experiment.preprocess.to_dict(),
        card=json.loads(json.dumps(card)),
        tree="" if scheme is not None else KAGGLE.id,
        scheme=scheme,
        class_calibration=calibration,
    )
    write_metadata(part, described)
    part.replace(path)


def _ids(dataset: DataSet) -> tuple[str, ...]:
    return tuple(r.id for r in dataset.records)


def _columns(scheme: Scheme | None) -> tuple[str, ...]:
    return tuple(a.column for a in KAGGLE.answers) if scheme is None else scheme.ids


def _truth(experiment: Experiment, validation: Samples) -> ndarray:
    if experiment.task == "classes":
        return validation.labels
    if experiment.task == "labels":
        return (validation.votes > 0.5).astype(float)
    return validation.votes


def _thumbnails(samples: Samples, at: Int[ndarray, " m"]) -> dict[str, bytes]:
    out: dict[str, bytes] = {}
    for i in at.tolist():
        picture = Image.fromarray(np.asarray(samples.pixels[i]))
        picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=85)
        out[samples.dataset.records[i].id] = buffer.getvalue()
    return out
