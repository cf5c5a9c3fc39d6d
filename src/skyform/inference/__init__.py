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

__all__ = [
    "BUNDLED",
    "DEFAULT",
    "Classifier",
    "ModelFile",
    "ModelInfo",
    "bundled_path",
    "model_path",
]
