"""Metrics, calibration, and the figures of a model card: arrays in, numbers out."""

from skyform.evaluation.calibration import Calibration, softmax
from skyform.evaluation.class_calibration import (
    ClassCalibration,
    CrossFitted,
    cross_fit,
    fit_class_calibration,
    fit_temperature,
)
from skyform.evaluation.class_scores import (
    ClassRow,
    class_report,
    confusion,
    confusion_shares,
    in_top,
    score_classes,
    score_sets,
)
from skyform.evaluation.curves import (
    area_under_roc,
    average_precision,
    coverage_curve,
    macro_area_under_roc,
    precision_recall_curve,
    roc_curve,
)
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
from skyform.evaluation.mistakes import worst_rows, wrongness
from skyform.evaluation.rejection import Rejection, separation
from skyform.evaluation.runs import Predictions, RunFigure, RunResult, RunSummary
from skyform.evaluation.settled import settled_answers
from skyform.evaluation.significance import Paired, holm, mcnemar, paired_bootstrap
from skyform.evaluation.validation import Answered, Truth, pooled_accuracy, validation_scores
from skyform.evaluation.vote_scores import (
    QuestionScore,
    label_rows,
    question_scores,
    score_fractions,
    score_labels,
)

__all__ = [
    "Answered",
    "Calibration",
    "ClassCalibration",
    "ClassRow",
    "CrossFitted",
    "Estimate",
    "Paired",
    "Predictions",
    "QuestionScore",
    "Rejection",
    "ReliabilityBin",
    "RunFigure",
    "RunResult",
    "RunSummary",
    "Truth",
    "accuracy",
    "area_under_roc",
    "average_precision",
    "balanced_accuracy",
    "bootstrap",
    "calibration_error",
    "class_report",
    "confusion",
    "confusion_shares",
    "coverage_curve",
    "cross_fit",
    "fit_class_calibration",
    "fit_temperature",
    "holm",
    "in_top",
    "label_rows",
    "macro_area_under_roc",
    "mcnemar",
    "paired_bootstrap",
    "pooled_accuracy",
    "precision_recall_curve",
    "question_scores",
    "reliability",
    "rmse",
    "roc_curve",
    "score_classes",
    "score_fractions",
    "score_labels",
    "score_sets",
    "separation",
    "settled_answers",
    "softmax",
    "validation_scores",
    "worst_rows",
    "wrongness",
]
