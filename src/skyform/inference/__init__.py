"""Pictures in, `Prediction`s out, on ONNX Runtime alone."""

from skyform.inference.classifier import Classifier
from skyform.inference.modelfile import (
    BUNDLED,
    DEFAULT,
    ModelFile,
    ModelInfo,
    bundled_path,
    model_path,
)
from skyform.inference.preparing import Preparation, Ready
from skyform.inference.results import Results, classify

__all__ = [
    "BUNDLED",
    "DEFAULT",
    "Classifier",
    "ModelFile",
    "ModelInfo",
    "Preparation",
    "Ready",
    "Results",
    "bundled_path",
    "classify",
    "model_path",
]
