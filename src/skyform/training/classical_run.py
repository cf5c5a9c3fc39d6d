"""Fitting one classical model of the registry: pixels or measured features in, probabilities out."""

import time

import numpy as np
from jaxtyping import Int, UInt8
from numpy import ndarray

from skyform.datasets.splits import class_weights
from skyform.models.registry import build_classical
from skyform.training.classical_export import exporter_of
from skyform.training.experiment import Experiment
from skyform.training.outcome import Outcome, judged_logits
from skyform.training.preparing import Parts
from skyform.training.views import enlarged, oriented

__all__ = ["train_classical"]


def train_classical(experiment: Experiment, parts: Parts) -> Outcome:
    """Fit on the training samples, and say what it makes of the validation samples."""
    model = build_classical(experiment.model, seed=experiment.seed, **experiment.options)
    pixels, labels = _training_pixels(experiment, parts)
    classes = len(parts.train.dataset.scheme or ())
    weights = class_weights(labels)[labels] if experiment.balance == "weights" else None
    start = time.monotonic()
    model.fit(pixels, labels, classes=classes, weights=weights)
    seconds = time.monotonic() - start
    validation = np.asarray(parts.validation.pixels)
    orientations = range(8) if experiment.average else range(1)
    start = time.monotonic()
    looks = [
        model.predict_proba(np.ascontiguousarray(oriented(validation, o))) for o in orientations
    ]
    rate = len(looks) * len(validation) / max(time.monotonic() - start, 1e-9)
    p = np.mean(looks, axis=0)
    export, why_not = exporter_of(model, size=experiment.side, classes=classes)
    return Outcome(
        logits=judged_logits(p),
        p=p,
        export=export,
        why_not=why_not,
        seconds=seconds,
        parameters=0,
        images_per_second=rate,
        notes=model.notes,
    )


def _training_pixels(
    experiment: Experiment, parts: Parts
) -> tuple[UInt8[ndarray, "m size size 3"], Int[ndarray, " m"]]:
    """Training pictures in memory, enlarged if the recipe asks for it, and their classes."""
    train = parts.train
    if experiment.offline is None:
        return np.asarray(train.pixels), train.labels
    views = enlarged(train.labels, count=experiment.offline.count, seed=experiment.seed)
    pixels = np.stack(
        [
            oriented(np.asarray(train.pixels[i]), int(o))
            for i, o in zip(views.at, views.orientation, strict=True)
        ]
    )
    return pixels, train.labels[views.at]
