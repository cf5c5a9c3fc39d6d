"""After training: export, calibrate on validation, measure, and write the model card."""

import json
import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray

from skyform.datasets import SOURCES
from skyform.evaluation import Calibration, pooled_accuracy
from skyform.images import Preprocess
from skyform.models import GalaxyNetwork, Portable, with_static_padding
from skyform.schema import KINDS, SKYFORM, modelfile
from skyform.training.card import write_card
from skyform.training.data import draw_probability
from skyform.training.export import export_fp32, export_int8, write_metadata
from skyform.training.judging import Judged, judge, validation_rows
from skyform.training.module import MEAN, STD
from skyform.training.origin import Origin
from skyform.training.prepared import Prepared, prepare_rows
from skyform.training.recipe import Recipe

__all__ = ["finish_run"]

_FOR_DISTANCE = 3000
_FOR_RANGES = 512
_MOST_LOST = 0.003  # accuracy, by int8


def finish_run(
    networks: Sequence[GalaxyNetwork],
    train: Prepared,
    *,
    recipe: Recipe,
    origin: Origin,
    preprocess: Preprocess,
    data: Path,
    folder: Path,
) -> Path:
    """Write `model/<name>.fp32.onnx`, `model/<name>.int8.onnx`, `model/CARD.md` and `scores.json`; returns the run folder.

    Each file is calibrated on its own outputs, and every figure is measured on the outputs of the ONNX file that carries it.
    """
    models = folder / "model"
    models.mkdir(exist_ok=True)
    fp32, int8 = (models / f"{recipe.name}.{p}.onnx" for p in ("fp32", "int8"))
    seen = _central(train, recipe, preprocess, count=_FOR_DISTANCE)
    for network in networks:
        network.eval()
    portable = Portable(
        [with_static_padding(n, size=preprocess.size) for n in networks],
        mean=MEAN,
        std=STD,
        embeddings=torch.cat([_embed(n, seen) for n in networks], dim=1),
    )
    export_fp32(portable, fp32, size=preprocess.size)
    export_int8(fp32, int8, pixels=seen[:_FOR_RANGES])
    rows = validation_rows(data, seed=recipe.seed)
    pixels = prepare_rows(rows, preprocess, cache=folder / "cache").pixels
    files = {"fp32": fp32, "int8": int8}
    judged = {
        precision: judge(
            path,
            rows,
            pixels,
            learnt={r.source for r in train.rows},
            looks=recipe.looks,
            exclude_licences=recipe.exclude_licences,
        )
        for precision, path in files.items()
    }
    lost = pooled_accuracy(judged["fp32"].scores) - pooled_accuracy(judged["int8"].scores)
    if lost > _MOST_LOST:
        warnings.warn(f"int8 costs {100 * lost:.2f} points of accuracy; ship fp32", stacklevel=2)
    card = _card(recipe, origin, preprocess, train, judged, files)
    for precision, path in files.items():
        own = {**card, "mix": judged[precision].mix}
        calibration = judged[precision].calibration
        write_metadata(path, _description(recipe, preprocess, precision, calibration, own))
    (folder / "scores.json").write_text(json.dumps(card["validation"], indent=2))
    write_card(card, models / "CARD.md")
    return folder


def _description(
    recipe: Recipe,
    preprocess: Preprocess,
    precision: str,
    calibration: Calibration,
    card: dict[str, Any],
) -> dict[str, Any]:
    """What the model file says of itself; `skyform.inference.modelfile` reads it."""
    return modelfile.description(
        name=recipe.name,
        version=recipe.version,
        title=recipe.title,
        precision=precision,
        preprocess=preprocess.to_dict(),
        card=card,
        tree=SKYFORM.id,
        kinds=[k.id for k in KINDS],
        looks=recipe.looks,
        calibration=calibration.to_dict(),
    )


def _central(
    train: Prepared, recipe: Recipe, preprocess: Preprocess, *, count: int
) -> UInt8[ndarray, "n size size 3"]:
    """Training pictures without the margin, drawn as in training."""
    rng = np.random.default_rng(recipe.seed)
    at = rng.choice(len(train.rows), count, p=draw_probability(train.rows, recipe))
    start = (train.pixels.shape[1] - preprocess.size) // 2
    stop = start + preprocess.size
    return np.stack([train.pixels[i][start:stop, start:stop] for i in at])


def _embed(
    network: GalaxyNetwork, pixels: UInt8[ndarray, "n size size 3"]
) -> Float[torch.Tensor, "n features"]:
    parts: list[torch.Tensor] = []
    with torch.inference_mode():
        for i in range(0, len(pixels), 64):
            x = torch.from_numpy(pixels[i : i + 64]).permute(0, 3, 1, 2).float() / 255
            parts.append(network((x - MEAN) / STD)[2])
    # A clone made outside inference mode may be exported like any other tensor.
    return torch.cat(parts).clone()


def _card(
    recipe: Recipe,
    origin: Origin,
    preprocess: Preprocess,
    train: Prepared,
    judged: Mapping[str, Judged],
    paths: Mapping[str, Path],
) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "version": recipe.version,
        "title": recipe.title,
        "date": date.today().isoformat(),
        "skyform": version("skyform"),
        "backbone": recipe.backbone,
        "weights": origin.weights,
        "teacher": origin.teacher,
        "seed": recipe.seed,
        "members": recipe.members,
        "looks": recipe.looks,
        "preprocess": preprocess.to_dict(),
        "fingerprint": preprocess.fingerprint,
        "bytes": {p: path.stat().st_size for p, path in paths.items()},
        "train": _counts([r.source for r in train.rows]),
        "exclude_licences": list(recipe.exclude_licences),
        "sources": {n: SOURCES[n].title for n in recipe.shares if n in SOURCES},
        "validation": {p: {k: v.to_dict() for k, v in j.scores.items()} for p, j in judged.items()},
        "pooled_accuracy": {p: round(pooled_accuracy(j.scores), 4) for p, j in judged.items()},
    }


def _counts(sources: Sequence[str]) -> dict[str, int]:
    return {s: sources.count(s) for s in dict.fromkeys(sources)}
