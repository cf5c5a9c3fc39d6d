"""Pictures in, `Prediction`s out, on ONNX Runtime alone."""

from skyform.inference.classifier import Classifier
from skyform.inference.modelfile import BUNDLED, ModelFile, ModelInfo, bundled_path

__all__ = ["BUNDLED", "Classifier", "ModelFile", "ModelInfo", "bundled_path"]
