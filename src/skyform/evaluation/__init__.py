"""Metrics, calibration, and the figures of a model card: arrays in, numbers out."""

from skyform.evaluation.calibration import Calibration, softmax
from skyform.evaluation.metrics import (
    Estimate,
    ReliabilityBin,
    accuracy,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    reliability,
    rmse,
)
from skyform.evaluation.validation import Answered, Truth, pooled_accuracy, validation_scores

__all__ = [
    "Answered",
    "Calibration",
    "Estimate",
    "ReliabilityBin",
    "Truth",
    "accuracy",
    "balanced_accuracy",
    "bootstrap",
    "calibration_error",
    "pooled_accuracy",
    "reliability",
    "rmse",
    "softmax",
    "validation_scores",
]
