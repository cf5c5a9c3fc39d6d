"""Run results drawn from a seed: a model of a chosen skill on made-up validation rows."""

import io

import numpy as np
from PIL import Image

from skyform.evaluation.class_calibration import fit_class_calibration
from skyform.evaluation.class_scores import score_classes
from skyform.evaluation.runs import Predictions, RunFigure, RunResult, RunSummary
from skyform.evaluation.vote_scores import score_fractions, score_labels
from skyform.schema import KAGGLE, Scheme, cumulative

SCHEME = Scheme.from_names("deepsky", ("cluster", "galaxy", "lens", "nebula"))
_SHARES = (0.3, 0.4, 0.1, 0.2)


def class_run(
    name: str = "cnn",
    *,
    skill: float = 2.0,
    n: int = 300,
    seed: int = 0,
    scheme: Scheme = SCHEME,
    thumbnails: int = 0,
    **changed: object,
) -> RunResult:
    """A run of the task `classes`. All runs of the same n and scheme have the same rows; `skill` is the true class's lead."""
    k = len(scheme)
    shares = np.array(_SHARES) if k == len(_SHARES) else np.arange(k, 0, -1) / (k * (k + 1) / 2)
    truth = np.random.default_rng(n).choice(k, n, p=shares)
    rng = np.random.default_rng([seed, int(100 * skill)])
    logits = rng.normal(size=(n, k)) * 1.5
    logits[np.arange(n), truth] += skill
    calibration = fit_class_calibration(2 * logits, truth, wanted_accuracy=0.95)
    p = calibration.probabilities(2 * logits)
    predictions = Predictions(tuple(f"row-{i:04}" for i in range(n)), scheme.ids, truth, p)
    summary = RunSummary(
        name=name,
        task="classes",
        scheme=scheme,
        scores=score_classes(truth, p, scheme=scheme),
        calibration=calibration.to_dict(),
        **_common(name, n, seed) | changed,
    )
    pictures = {i: jpeg(j) for j, i in enumerate(predictions.ids[:thumbnails])}
    return RunResult(summary, predictions, curves(20), pictures)


def vote_run(name: str = "tree", *, noise: float = 0.5, n: int = 200, seed: int = 0) -> RunResult:
    """A run of the task `fractions`: the 37 answers of Kaggle's tree."""
    truth_logits = 1.5 * np.random.default_rng(n).normal(size=(n, len(KAGGLE.answers)))
    rng = np.random.default_rng([seed, n])
    truth = _fractions(truth_logits)
    p = _fractions(truth_logits + noise * rng.normal(size=truth.shape))
    columns = tuple(a.column for a in KAGGLE.answers)
    predictions = Predictions(tuple(f"row-{i:04}" for i in range(n)), columns, truth, p)
    summary = RunSummary(
        name=name,
        task="fractions",
        scores=score_fractions(truth, p),
        **_common(name, n, seed) | {"reported": {"rmse": 0.12}},
    )
    return RunResult(summary, predictions, curves(10), {})


def label_run(name: str = "many", *, noise: float = 0.5, n: int = 200, seed: int = 0) -> RunResult:
    """A run of the task `labels` on the same rows as `vote_run`."""
    run = vote_run(name, noise=noise, n=n, seed=seed)
    values = run.summary.to_dict() | {"task": "labels"}
    scores = score_labels(run.predictions.truth, run.predictions.p)
    values["scores"] = {k: v.to_dict() for k, v in scores.items()}
    values["reported"] = {"label_accuracy": 0.936}
    return RunResult(RunSummary.from_dict(values), run.predictions, run.curves, {})


def curves(epochs: int) -> dict[str, np.ndarray]:
    """Training curves that fall and rise as they should."""
    epoch = np.arange(1, epochs + 1, dtype=float)
    return {
        "epoch": epoch,
        "loss": 1.2 * np.exp(-epoch / 6) + 0.1,
        "validation_loss": 1.2 * np.exp(-epoch / 5) + 0.25 + 0.004 * epoch,
        "validation_accuracy": 0.9 - 0.6 * np.exp(-epoch / 4),
        "learning_rate": 1e-3 * 0.5 * (1 + np.cos(np.pi * epoch / epochs)),
    }


def jpeg(seed: int, *, side: int = 64) -> bytes:
    """A soft blob on a dark ground."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    angle, ratio = rng.uniform(0, np.pi), rng.uniform(0.3, 1)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    light = np.exp(-((u / 0.5) ** 2 + (v / (0.5 * ratio)) ** 2) * 2)
    tint = rng.uniform(0.6, 1.0, 3)
    pixels = 255 * np.clip(light[..., None] * tint + rng.normal(0.05, 0.02, (side, side, 3)), 0, 1)
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(out, "JPEG", quality=80)
    return out.getvalue()


def _fractions(logits: np.ndarray) -> np.ndarray:
    out = np.empty(logits.shape)
    for part in KAGGLE.slices.values():
        e = np.exp(logits[:, part])
        out[:, part] = e / e.sum(axis=1, keepdims=True)
    return cumulative(KAGGLE, out)


def _common(name: str, n: int, seed: int) -> dict[str, object]:
    return {
        "title": f"The {name} of the test",
        "dataset": {"id": "made-up", "title": "Made-up sky", "fingerprint": "0123456789abcdef"},
        "n_train": 4 * n,
        "n_validation": n,
        "source": "R4",
        "reported": {"accuracy": 0.84},
        "reported_on": "289 test images of its own",
        "seconds": 61.5,
        "device": "2 CPU cores",
        "parameters": 123_456,
        "bytes": 510_000,
        "images_per_second": 250.0,
        "seed": seed,
        "model": "model/cnn.onnx",
        "command": "skyform train recipes/cnn.yaml --data DATA",
        "notes": ("The classes are the set's own.",),
        "figures": (RunFigure("figures/evidence.png", "Where the answer comes from."),),
    }
