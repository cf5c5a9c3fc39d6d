"""Skyform: from a picture of the sky to a statement about its morphology."""

from typing import TYPE_CHECKING, Any

__all__ = ["Classifier", "Results", "__version__", "classify"]

__version__ = "0.4.0"

if TYPE_CHECKING:
    from skyform.inference import Classifier, Results, classify


def __getattr__(name: str) -> Any:
    # `import skyform` stays instant: ONNX Runtime loads when the classifier is first asked for.
    if name in ("Classifier", "Results", "classify"):
        from importlib import import_module

        return getattr(import_module("skyform.inference"), name)
    raise AttributeError(f"module 'skyform' has no attribute {name!r}")
