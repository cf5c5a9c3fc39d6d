"""After training: export, calibrate on validation, measure, and write the model card."""

import json
import warnings
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from numpy import ndarray

from skyform.datasets import SOURCES, Row, everyday_rows, read_source
from skyform.evaluation import (
    Answered,
    Calibration,
    Estimate,
    calibration_error,
    pooled_accuracy,
    reliability,
    validation_scores,
)
from skyform.evaluation.fitting import Evidence, fit_calibration
from skyform.images import Preprocess
from skyform.models import GalaxyNetwork, Portable, with_static_padding
from skyform.schema import KAGGLE, KINDS, SKYFORM, TAXONOMIES, conditional, cumulative, modelfile
from skyform.training.card import write_card
from skyform.training.data import Prepared, draw_probability, is_excluded, prepare_rows
from skyform.training.export import export_fp32, export_int8, run_onnx, write_metadata
from skyform.training.module import MEAN, STD
from skyform.training.recipe import Recipe
from skyform.training.truth import evidence_of, truth_of

__all__ = ["finish_run"]

_FOR_DISTANCE = 3000
_FOR_RANGES = 512
_EVERYDAY = 30
_MOST_LOST = 0.003  # accuracy, by int8


def finish_run(
    network: GalaxyNetwork,
    train: Prepared,
    *,
    recipe: Recipe,
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
    network.eval()
    portable = Portable(
        with_static_padding(network, size=preprocess.size),
        mean=MEAN,
        std=STD,
        embeddings=_embed(network, seen),
    )
    export_fp32(portable, fp32, size=preprocess.size)
    export_int8(fp32, int8, pixels=seen[:_FOR_RANGES])
    rows = validation_rows(recipe, data)
    pixels = prepare_rows(rows, preprocess, cache=folder / "cache").pixels
    made: dict[str, dict[str, Any]] = {}
    # What a licence keeps from the weights, it keeps from the calibration too; figures may come from all.
    allowed = np.array([not is_excluded(r, recipe.exclude_licences) for r in rows])
    for precision, path in (("fp32", fp32), ("int8", int8)):
        outputs = run_onnx(path, pixels)
        evidence = evidence_of(rows, outputs)
        calibration = fit_calibration(_part(evidence, allowed))
        made[precision] = {
            "calibration": calibration,
            "scores": _scores(rows, evidence, calibration),
            "reliability": _reliability(evidence, calibration),
        }
    lost = pooled_accuracy(made["fp32"]["scores"]) - pooled_accuracy(made["int8"]["scores"])
    if lost > _MOST_LOST:
        warnings.warn(f"int8 costs {100 * lost:.2f} points of accuracy; ship fp32", stacklevel=2)
    card = _card(recipe, preprocess, train, made, {"fp32": fp32, "int8": int8})
    for precision, path in (("fp32", fp32), ("int8", int8)):
        calibration = made[precision]["calibration"]
        write_metadata(path, _description(recipe, preprocess, precision, calibration, card))
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
        calibration=calibration.to_dict(),
    )


def validation_rows(recipe: Recipe, data: Path) -> list[Row]:
    """Validation rows of every source on disk that the recipe trains on, and of the two that are for validation only."""
    names = [n for n in SOURCES if n in recipe.shares or n.startswith("galaxy10_")]
    rows = [
        row
        for name in names
        if (data / SOURCES[name].file).is_file()
        for row in read_source(SOURCES[name], data)
        if row.split == "validation"
    ]
    if "everyday" in recipe.shares:
        rows += everyday_rows(
            photographs=_EVERYDAY, textures=_EVERYDAY, seed=recipe.seed, split="validation"
        )
    return rows


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


def _scores(
    rows: Sequence[Row], evidence: Evidence, calibration: Calibration
) -> dict[str, Estimate]:
    fractions = calibration.fractions(evidence.answers)
    kinds = calibration.kinds(evidence.kinds, evidence.distance).argmax(axis=1)
    said = Answered(
        cumulative(SKYFORM, fractions)[:, : len(KAGGLE.answers)],
        [KINDS[k].id for k in kinds],
        {
            t.id: np.array([c.number for c in t.classes])[
                calibration.classes(t, fractions)[0].argmax(axis=1)
            ]
            for t in TAXONOMIES.values()
        },
    )
    return validation_scores([truth_of(r) for r in rows], said)


def _reliability(evidence: Evidence, calibration: Calibration) -> dict[str, Any]:
    """Expected calibration error before and after, and the bins after; and the measured coverage of the 90 % intervals.

    "After" is cross-fitted: each half of the pictures is judged with a calibration that was fitted on the other half.
    """
    halves = [np.arange(len(evidence.kind)) % 2 == h for h in (0, 1)]
    fitted = [fit_calibration(_part(evidence, ~half)) for half in halves]
    out: dict[str, Any] = {}
    for name in ("kind", *evidence.classes):
        before = _confidence(name, evidence, Calibration())
        parts = [
            _confidence(name, _part(evidence, half), c)
            for half, c in zip(halves, fitted, strict=True)
        ]
        sure, right = (np.concatenate(p) for p in zip(*parts, strict=True))
        if not sure.size:
            continue
        out[name] = {
            "n": len(sure),
            "ece_before": round(calibration_error(*before), 4),
            "ece_after": round(calibration_error(sure, right), 4),
            "bins": [
                [round(b.confidence, 3), round(b.accuracy, 3), b.n]
                for b in reliability(sure, right)
            ],
        }
    covered = [_covered(_part(evidence, half), c) for half, c in zip(halves, fitted, strict=True)]
    inside = np.concatenate(covered)
    out["interval_coverage"] = round(float(inside.mean()), 4) if inside.size else None
    return out


def _part(evidence: Evidence, at: ndarray) -> Evidence:
    return Evidence(
        evidence.answers[at],
        evidence.kinds[at],
        evidence.distance[at],
        evidence.votes[at],
        evidence.counts[at],
        [r for r, keep in zip(evidence.rules, at, strict=True) if keep],
        evidence.kind[at],
        {k: v[at] for k, v in evidence.classes.items()},
    )


def _confidence(
    name: str, evidence: Evidence, calibration: Calibration
) -> tuple[Float[ndarray, " n"], ndarray]:
    if name == "kind":
        truth, p = evidence.kind, calibration.kinds(evidence.kinds, evidence.distance)
    else:
        fractions = calibration.fractions(evidence.answers)
        truth, p = evidence.classes[name], calibration.classes(TAXONOMIES[name], fractions)[0]
    known = truth >= 0
    return p[known].max(axis=1), p[known].argmax(axis=1) == truth[known]


def _covered(evidence: Evidence, calibration: Calibration, *, votes: int = 10) -> ndarray:
    """For each answer of a question that at least `votes` people were asked: is the observed fraction inside its interval?"""
    known = ~np.isnan(evidence.votes).any(axis=1)
    observed = conditional(KAGGLE, evidence.votes[known])
    low, high = calibration.bounds(calibration.fractions(evidence.answers[known]))
    inside: list[ndarray] = []
    for part in KAGGLE.slices.values():
        asked = evidence.votes[known, part].sum(axis=1) * evidence.counts[known]
        enough = asked >= votes
        o = observed[enough, part]
        inside.append(((o >= low[enough, part]) & (o <= high[enough, part])).ravel())
    return np.concatenate(inside)


def _card(
    recipe: Recipe,
    preprocess: Preprocess,
    train: Prepared,
    made: dict[str, dict[str, Any]],
    paths: dict[str, Path],
) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "version": recipe.version,
        "title": recipe.title,
        "date": date.today().isoformat(),
        "skyform": version("skyform"),
        "backbone": recipe.backbone,
        "weights": recipe.weights,
        "seed": recipe.seed,
        "preprocess": preprocess.to_dict(),
        "fingerprint": preprocess.fingerprint,
        "bytes": {p: path.stat().st_size for p, path in paths.items()},
        "train": _counts([r.source for r in train.rows]),
        "exclude_licences": list(recipe.exclude_licences),
        "sources": {n: SOURCES[n].title for n in recipe.shares if n in SOURCES},
        "validation": {
            p: {k: v.to_dict() for k, v in m["scores"].items()} for p, m in made.items()
        },
        "pooled_accuracy": {p: round(pooled_accuracy(m["scores"]), 4) for p, m in made.items()},
        "reliability": {p: m["reliability"] for p, m in made.items()},
    }


def _counts(sources: Sequence[str]) -> dict[str, int]:
    return {s: sources.count(s) for s in dict.fromkeys(sources)}
