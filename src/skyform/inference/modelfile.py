"""A model file: an ONNX graph that carries all that is known about it in its metadata."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from skyform.errors import ModelError
from skyform.evaluation.calibration import Calibration
from skyform.images import Preprocess
from skyform.schema import KINDS, SKYFORM, TAXONOMIES, Taxonomy, Tree

__all__ = [
    "BUNDLED",
    "METADATA_KEY",
    "ModelFile",
    "ModelInfo",
    "Outputs",
    "Precision",
    "bundled_path",
]

Precision = Literal["int8", "fp32"]
BUNDLED = "galaxy-tree"
METADATA_KEY = "skyform"
_FORMAT = 1


@dataclass(frozen=True)
class ModelInfo:
    """What a model file says of itself.

    `card` holds the model card as plain values: data, licences, validation results with intervals, limits.
    """

    name: str
    version: str
    title: str
    precision: str
    preprocess: Preprocess
    calibration: Calibration
    card: Mapping[str, Any]
    tree: Tree = SKYFORM

    @property
    def id(self) -> str:
        """`name@version`."""
        return f"{self.name}@{self.version}"

    @property
    def taxonomies(self) -> Mapping[str, Taxonomy]:
        """The taxonomies that the model's tree supports, by id."""
        return TAXONOMIES


@dataclass(frozen=True)
class Outputs:
    """Raw outputs for one batch: logits, pooled features, distance to the training data."""

    answers: ndarray
    kinds: ndarray
    embedding: ndarray
    distance: ndarray


class ModelFile:
    """An opened model. Sessions are safe to share between threads.

    Parameters
    ----------
    path : path
        An ONNX file written by `skyform train`.
    threads : int, optional
        Threads inside one call of the network; all cores by default.

    Raises
    ------
    ModelError
        If the file is missing, is no ONNX model, or was not written by a Skyform of this format.
    """

    def __init__(self, path: str | os.PathLike[str], *, threads: int | None = None) -> None:
        import onnxruntime  # half of the time of a cold start: not before it is needed

        self.path = Path(path)
        if not self.path.is_file():
            raise ModelError(
                f"The model {self.path} does not exist.",
                remedy="Give the path of an .onnx file, or leave --model out for the bundled one.",
            )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
        # Without pools that spin, an idle core stays idle, and another process can have it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(self.path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's own errors share no public base class
            raise ModelError(
                f"{self.path} is not a usable ONNX model: {str(error).splitlines()[0][:200]}",
                remedy="The file may be cut off or damaged: fetch or export it again.",
            ) from error
        self.info = _read_info(self._session.get_modelmeta().custom_metadata_map, self.path)

    def run(self, images: UInt8[ndarray, "b size size 3"]) -> Outputs:
        """Run the network on prepared pictures."""
        return Outputs(*self._run(["answers", "kinds", "embedding", "distance"], images))

    def evidence(
        self, images: UInt8[ndarray, "b size size 3"]
    ) -> Float[ndarray, "b outputs rows columns"]:
        """Class-activation maps of prepared pictures: one for each answer of the tree, then one for each kind."""
        return self._run(["evidence"], images)[0]

    def _run(self, names: list[str], images: ndarray) -> list[ndarray]:
        outputs = self._session.run(names, {"image": np.ascontiguousarray(images)})
        return [np.asarray(o) for o in outputs]


def bundled_path(precision: Precision) -> Path:
    """Where the model that ships lies.

    Raises
    ------
    ModelError
        If the installation is incomplete.
    """
    path = Path(str(resources.files("skyform"))) / "bundled" / f"{BUNDLED}.{precision}.onnx"
    if not path.is_file():
        raise ModelError(
            f"The bundled model {path.name} is missing from this installation.",
            remedy="Install Skyform again, or give a model with --model.",
        )
    return path


def _read_info(metadata: Mapping[str, str], path: Path) -> ModelInfo:
    try:
        values = json.loads(metadata[METADATA_KEY])
        if values["format"] != _FORMAT:
            raise ModelError(
                f"{path} has model format {values['format']}; this Skyform reads format {_FORMAT}.",
                remedy="Install the Skyform version that wrote it, or export the model again.",
            )
        if values["kinds"] != [k.id for k in KINDS]:
            raise ModelError(
                f"{path} was trained for the kinds {values['kinds']}, which this Skyform does not know.",
                remedy="Install the Skyform version that wrote it.",
            )
        return ModelInfo(
            name=values["name"],
            version=values["version"],
            title=values["title"],
            precision=values["precision"],
            preprocess=Preprocess.from_dict(values["preprocess"]),
            calibration=Calibration.from_dict(values["calibration"]),
            card=values["card"],
            tree={SKYFORM.id: SKYFORM}[values["tree"]],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} is an ONNX model without Skyform's metadata ({error!r}).",
            remedy="Give a model that `skyform train` exported.",
        ) from error
