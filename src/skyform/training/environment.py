"""What a result can depend on beside data and recipe: versions, and the machine."""

import platform
from importlib import metadata

__all__ = ["device_name", "environment"]

_PACKAGES = (
    "skyform",
    "numpy",
    "pillow",
    "scikit-learn",
    "onnx",
    "onnxruntime",
    "skl2onnx",
    "torch",
    "timm",
    "lightning",
)


def environment() -> dict[str, str]:
    """Versions of Python, the platform, and of the packages that are installed."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def device_name() -> str:
    """What models run on here, without an accelerator."""
    return f"{platform.machine()} CPU"
