"""Skyform: from a picture of the sky to a statement about its morphology."""

from typing import TYPE_CHECKING, Any

__all__ = ["Classifier", "__version__"]

__version__ = "0.3.0"

if TYPE_CHECKING:
    from skyform.inference import Classifier


def __getattr__(name: str) -> Any:
    # `import skyform` stays instant: ONNX Runtime loads when the classifier is first asked for.
    if name == "Classifier":
        from skyform.inference import Classifier

        return Classifier
    raise AttributeError(f"module 'skyform' has no attribute {name!r}")
