"""One experiment: a recipe and a data set in, a run folder with model, predictions, figures and record out."""

import csv
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float
from numpy import ndarray

from skyform.datasets.dataset import DataSet
from skyform.errors import RecipeError
from skyform.evaluation.run_files import RESULT
from skyform.evaluation.runs import RunFigure
from skyform.training.environment import environment
from skyform.training.experiment import Experiment
from skyform.training.outcome import (
    Outcome,
    images_per_second,
    most_wrong,
    write_outcome,
)
from skyform.training.preparing import Parts, prepare_parts

__all__ = ["run_experiment"]

# A longer run than the one before is the same run gone on with.
_MAY_GROW = ("epochs",)


def run_experiment(
    experiment: Experiment,
    data: DataSet,
    *,
    out: Path | None = None,
    data_folder: Path | None = None,
    bundled: Path | None = None,
    resume: bool = False,
    command: str = "",
    cache: Path | None = None,
    callbacks: Sequence[Any] = (),
) -> Path:
    """Train, judge, calibrate and export one experiment.

    Parameters
    ----------
    experiment : Experiment
    data : DataSet
    out : Path, optional
        The run's folder; `runs/<name>` by default.
    data_folder : Path, optional
        Where starting weights are looked for.
    bundled : Path, optional
        The bundled fp32 model, for recipes that start from it.
    resume : bool
        Go on from the folder's last checkpoint, wherever the run ended. The steps are those of an unbroken run. A recipe with a constant
        learning rate may ask for more epochs than before: 70 and 70 more are 140.
    command : str
        What the person typed, for the record.
    cache : Path, optional
        Folder for prepared pixels, which several runs can share; by default one of the run's own, which goes when the run is done.
    callbacks : sequence of Lightning callbacks
        For tuning.

    Returns
    -------
    Path
        The run's folder: `result.json`, `predictions.parquet`, `thumbnails.parquet`, `curves.csv`, `manifest.json`, `recipe.yaml`,
        `environment.json`, `model/`, `figures/`, and the checkpoints `last.ckpt` and `best.pt`.

    Raises
    ------
    RecipeError, DataError
        Before anything is computed, where recipe or data are wrong; also if the folder holds another run.
    """
    folder = out or Path("runs") / experiment.name
    # With several devices the first process starts the others with the same command, when the folder is in use already.
    resume = resume or "LOCAL_RANK" in os.environ
    _check_folder(folder, experiment, resume=resume)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "environment.json", json.dumps(environment(), indent=1))
    parts = prepare_parts(experiment, data, folder=folder, cache=cache or folder / "cache")
    _write(folder / "recipe.yaml", yaml.safe_dump(experiment.to_dict(), sort_keys=False))
    if experiment.entry.family == "classical":
        outcome = _classical(experiment, parts)
    else:
        outcome = _network(
            experiment,
            parts,
            folder=folder,
            data_folder=data_folder,
            bundled=bundled,
            resume=resume,
            callbacks=callbacks,
        )
    write_outcome(experiment, parts, outcome, folder=folder, command=command)
    if cache is None:
        shutil.rmtree(folder / "cache", ignore_errors=True)
    return folder


def _check_folder(folder: Path, experiment: Experiment, *, resume: bool) -> None:
    record = folder / "recipe.yaml"
    if not record.exists():
        return
    if not resume:
        state = "a finished run" if (folder / RESULT).exists() else "a run that was not finished"
        raise RecipeError(
            f"{folder} holds {state} already.",
            remedy="Go on with --resume, or give another folder with --out.",
        )
    before, now = yaml.safe_load(record.read_text()), experiment.to_dict()
    grown = [k for k in _MAY_GROW if before.get(k) is not None and now[k] > before[k]]
    different = [k for k in now if now[k] != before.get(k) and k not in grown]
    if grown and experiment.schedule != "constant":
        raise RecipeError(
            f"epochs is {experiment.epochs} and was {before['epochs']}, but the schedule {experiment.schedule!r} depends on it.",
            remedy="Start a new run, or use schedule: constant.",
        )
    if different:
        raise RecipeError(
            f"The recipe is not the one that {folder} was started with: {', '.join(different)} differ.",
            remedy="Give the same recipe and settings, or another folder with --out.",
        )


def _classical(experiment: Experiment, parts: Parts) -> Outcome:
    from skyform.training.classical_run import train_classical

    return train_classical(experiment, parts)


def _network(
    experiment: Experiment,
    parts: Parts,
    *,
    folder: Path,
    data_folder: Path | None,
    bundled: Path | None,
    resume: bool,
    callbacks: Sequence[Any],
) -> Outcome:
    from skyform.training.export import export_fp32
    from skyform.training.network_run import predict, train_network
    from skyform.training.portable import PortableExperiment

    trained = train_network(
        experiment,
        parts,
        folder=folder,
        data_folder=data_folder,
        bundled=bundled,
        resume=resume,
        callbacks=tuple(callbacks),
    )
    pixels = parts.validation.pixels
    logits = predict(trained.network, pixels, average=experiment.average).astype(float)
    p = trained.objective.predicted(logits)
    notes = [
        f"Weights of epoch {trained.best_epoch + 1} of {trained.epochs}, the best on validation."
    ]

    def export(path: Path) -> None:
        portable = PortableExperiment(trained.network, task=experiment.task)
        export_fp32(portable, path, size=experiment.side, outputs=portable.outputs)

    exportable = experiment.task != "labels"
    return Outcome(
        logits=logits if experiment.task == "classes" else None,
        p=p,
        export=export if exportable else None,
        why_not=""
        if exportable
        else "37 separate yes-or-no labels are no answer to the tree: there is no model file.",
        seconds=trained.seconds,
        parameters=sum(w.numel() for w in trained.network.parameters()),
        images_per_second=images_per_second(lambda x: predict(trained.network, x), pixels),
        curves=_curves(folder),
        notes=notes,
        figures=_figures(experiment, trained.network, parts, p, folder=folder),
    )


def _figures(
    experiment: Experiment,
    network: Any,
    parts: Parts,
    p: Float[ndarray, "n columns"],
    *,
    folder: Path,
) -> list[RunFigure]:
    from skyform.training.looking_inside import draw_activations, draw_evidence, draw_filters

    pixels, figures = parts.validation.pixels, folder / "figures"
    made: list[RunFigure] = []
    if draw_filters(network, figures / "filters.png"):
        made.append(RunFigure("figures/filters.png", "The filters of the first convolution."))
    if draw_activations(network, np.asarray(pixels[0]), figures / "activations.png"):
        caption = "One validation picture in five layers, first to last: the eight channels that answer strongest."
        made.append(RunFigure("figures/activations.png", caption))
    scheme = parts.validation.dataset.scheme
    if experiment.task != "classes" or scheme is None:
        return made
    order = most_wrong(p, parts.validation.labels)
    shown = np.concatenate((order[:6], order[::-1][:6]))[: len(order)]
    said = p[shown].argmax(axis=1)
    titles = [
        f"{scheme.classes[int(s)].name[:22]}\n{'right' if s == t else 'wrong'}, {p[i].max():.0%}"
        for i, s, t in zip(shown, said, parts.validation.labels[shown], strict=True)
    ]
    if draw_evidence(
        network,
        np.asarray(pixels[shown]),
        said.tolist(),
        titles=titles,
        path=figures / "evidence.png",
    ):
        caption = "Where the evidence for the class that was said lies (Grad-CAM): the surest mistakes first, then the surest right answers; lines at 30, 60 and 85 % of the strongest."
        made.append(RunFigure("figures/evidence.png", caption))
    return made


def _curves(folder: Path) -> dict[str, Float[ndarray, " epochs"]]:
    with (folder / "curves.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0]) if rows else []
    return {n: np.array([float(r[n]) if r[n] else np.nan for r in rows]) for n in names}


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
