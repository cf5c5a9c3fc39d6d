"""The folder of a fitted model: model file, card, manifest, predictions, and figures for `skyform compare` and `skyform report`."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from skyform.datasets.manifest import Manifest, write_manifest
from skyform.errors import OutputError, SkyformError
from skyform.evaluation.run_files import CURVES, THUMBNAILS, write_result
from skyform.evaluation.runs import RunResult, RunSummary
from skyform.images import decode
from skyform.schema.modelfile import ORIENTATIONS, description
from skyform.training.attach import read_description, weight_count, write_metadata
from skyform.training.environment import device_name, environment
from skyform.training.fit import FittedClasses
from skyform.training.fit_card import card_text, card_values

__all__ = ["write_fitted"]

_VERSION = "1"
_THUMBNAILS = 60
_SIDE = 128
_MOST_LISTED = 50


def write_fitted(
    fitted: FittedClasses, folder: Path, *, base: Path, name: str, command: str = ""
) -> Path:
    """Write a run folder.

    Parameters
    ----------
    fitted : FittedClasses
    folder : Path
        Made if it is missing; an earlier run in it is replaced.
    base : Path
        The model file whose features were used; it is kept as it is, and its copy gets the head.
    name : str
        Of the model.
    command : str
        What makes this run again.

    Returns
    -------
    Path
        The model file.

    Raises
    ------
    ModelError
        If the base already has classes of its own.
    OutputError
        If the folder cannot be written.
    """
    model = folder / "model" / f"{name}.onnx"
    try:
        model.parent.mkdir(parents=True, exist_ok=True)
        _write_model(fitted, model, base=base, name=name)
        rows = fitted.dataset
        ratios = {} if fitted.settings["validation"] == "published" else _ratios(fitted)
        manifest = Manifest.of(
            rows, splits=fitted.splits, seed=fitted.settings["seed"], ratios=ratios
        )
        write_manifest(manifest, folder / "manifest.json")
        versions = json.dumps(environment(), indent=1)
        (folder / "environment.json").write_text(versions + "\n", encoding="utf-8")
        for stale in (CURVES, THUMBNAILS):
            (folder / stale).unlink(missing_ok=True)
        summary = _summary(
            fitted, name=name, model=model, folder=folder, base=base, command=command
        )
        write_result(RunResult(summary, fitted.predictions, {}, _thumbnails(fitted)), folder)
    except OSError as error:
        raise OutputError(
            f"The run cannot be written to {folder}: {error}.",
            remedy="Free some space, or choose a folder that you may write to.",
        ) from error
    return model


def _ratios(fitted: FittedClasses) -> dict[str, float]:
    share = float(fitted.settings["validation"])
    return {"train": 1 - share, "validation": share}


def _write_model(fitted: FittedClasses, model: Path, *, base: Path, name: str) -> None:
    about = read_description(base)
    card = card_values(fitted, name=name, base=about, notes=_notes(fitted, base))
    described = description(
        name=name,
        version=_VERSION,
        title=card["title"],
        precision=about["precision"],
        preprocess=about["preprocess"],
        card=card,
        tree=about["tree"],
        kinds=about["kinds"],
        calibration=about["calibration"],
        scheme=fitted.scheme,
        class_calibration=fitted.calibration.to_dict(),
        looks=len(ORIENTATIONS) if fitted.settings["average"] else 1,
    )
    part = model.with_suffix(".new.onnx")
    try:
        fitted.head.attach(base, part)
        write_metadata(part, described)
        part.replace(model)
    finally:
        part.unlink(missing_ok=True)
    problems = tuple(f"{p.id}: {p.what}" for p in fitted.problems[:_MOST_LISTED])
    if len(fitted.problems) > _MOST_LISTED:
        problems += (f"and {len(fitted.problems) - _MOST_LISTED} more",)
    (model.parent / "CARD.md").write_text(card_text(card, problems=problems), encoding="utf-8")


def _notes(fitted: FittedClasses, base: Path) -> tuple[str, ...]:
    notes = list(fitted.notes)
    if fitted.settings["average"]:
        notes.append("Every answer is the average over the eight flips and rotations.")
    if fitted.dataset.id in read_description(base)["card"].get("train", {}):
        notes.append(
            f"The network behind the features was itself trained on pictures of a set called {fitted.dataset.id}. Where they are the "
            "same ones, cross-validation on them flatters the head; its validation part was not among them."
        )
    return tuple(notes)


def _summary(
    fitted: FittedClasses, *, name: str, model: Path, folder: Path, base: Path, command: str
) -> RunSummary:
    dataset = fitted.dataset
    about = read_description(base)
    return RunSummary(
        name=name,
        title=f"{fitted.head_name} head on {about['name']} ({about['precision']})",
        task="classes",
        dataset={"id": dataset.id, "title": dataset.title, "fingerprint": dataset.fingerprint},
        scores=fitted.scores,
        n_train=fitted.splits.count("train"),
        n_validation=fitted.splits.count("validation"),
        source="Skyform: skyform fit",
        scheme=fitted.scheme,
        calibration=fitted.calibration.to_dict(),
        chosen_on="training",
        seconds=round(fitted.seconds, 2),
        device=device_name(),
        parameters=weight_count(base) + fitted.head.parameters,
        bytes=model.stat().st_size,
        images_per_second=round(fitted.images_per_second, 1),
        seed=fitted.settings["seed"],
        model=model.relative_to(folder).as_posix(),
        command=command,
        notes=_notes(fitted, base),
    )


def _thumbnails(fitted: FittedClasses) -> dict[str, bytes]:
    """Small pictures of the worst mistakes, then of the answers that were least sure."""
    rows, said = fitted.part("validation"), fitted.predictions
    sure = said.p.max(axis=1)
    order = np.argsort(np.where(said.said != said.truth, -sure, sure), kind="stable")
    out: dict[str, bytes] = {}
    for i in order[:_THUMBNAILS].tolist():
        try:
            picture = Image.fromarray(decode(rows.image(i), min_side=_SIDE).rgb)
        except SkyformError:  # it could be read a moment ago
            continue
        picture.thumbnail((_SIDE, _SIDE))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=85)
        out[said.ids[i]] = buffer.getvalue()
    return out
