"""Tiny model files whose answers are plain to see: their features are the mean red, green and blue of a picture."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from skyform.evaluation import Calibration
from skyform.evaluation.class_calibration import ClassCalibration
from skyform.images import Preprocess
from skyform.schema import KINDS, TREES, ClassName, Scheme
from skyform.schema.modelfile import METADATA_KEY, description

__all__ = ["COLOURS", "coloured", "made_up_model"]

COLOURS = Scheme(
    "colours",
    "Colours",
    (
        ClassName(7, "red", "Red, like M 42"),
        ClassName(8, "green", "Green"),
        ClassName(9, "blue", "Blue"),
    ),
)
_SIZE, _CELL = 32, 8


def made_up_model(
    path: Path,
    *,
    scheme: Scheme | None = COLOURS,
    tree: str = "",
    kinds: bool = False,
    weights: np.ndarray | None = None,
    calibration: ClassCalibration | None = None,
    outputs: Sequence[str] | None = None,
    **metadata: Any,
) -> Path:
    """Write a model file.

    Parameters
    ----------
    path : Path
    scheme : Scheme or None
        Classes of its own; their logits are `weights` times the features, by default 20 times red, green, blue...
    tree, kinds
        What else it answers, with weights from a seed.
    weights : array, shape (classes, features)
    calibration : ClassCalibration, optional
    outputs : sequence of str, optional
        The outputs that it really has; by default those that it should have.
    metadata
        Values put in the place of the true ones in its description.
    """
    features = 3
    rng = np.random.default_rng(5)
    heads = {"answers": rng.normal(0, 3, (len(TREES[tree].answers), features))} if tree else {}
    if kinds:
        heads["kinds"] = rng.normal(0, 3, (len(KINDS), features))
    if scheme is not None:
        heads["classes"] = 20.0 * np.eye(len(scheme), features) if weights is None else weights
    nodes, constants = _body()
    for name, weight in heads.items():
        constants[f"{name}.weight"] = weight.astype(np.float32)
        nodes.append(helper.make_node("Gemm", ["embedding", f"{name}.weight"], [name], transB=1))
    if kinds:
        constants["axis"] = np.array([1], np.int64)
        nodes.append(helper.make_node("ReduceSum", ["embedding", "axis"], ["distance"], keepdims=0))
    shapes = {"embedding": ["b", features]} | {n: ["b", len(w)] for n, w in heads.items()}
    if kinds:
        shapes["distance"] = ["b"]
    values = {
        **description(
            name="made-up",
            version="1",
            title="A made-up model",
            precision="fp32",
            preprocess=Preprocess(size=_SIZE).to_dict(),
            card={"data": "none"},
            tree=tree,
            kinds=[k.id for k in KINDS] if kinds else [],
            calibration=Calibration(familiar=1e6).to_dict() if tree or kinds else None,
            scheme=scheme,
            class_calibration=(calibration or ClassCalibration()).to_dict() if scheme else None,
        ),
        **metadata,
    }
    kept = {n: s for n, s in shapes.items() if outputs is None or n in outputs}
    return _write(path, nodes, constants, kept, values)


def coloured(red: int, green: int, blue: int, *, side: int = 48) -> Image.Image:
    """A picture of one colour."""
    return Image.new("RGB", (side, side), (red, green, blue))


def _body() -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["float", "white"], ["light"]),
        helper.make_node("Transpose", ["light"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node(
            "AveragePool", ["planes"], ["cells"], kernel_shape=[_CELL] * 2, strides=[_CELL] * 2
        ),
        helper.make_node("ReduceMean", ["cells"], ["embedding"], axes=[2, 3], keepdims=0),
    ]
    return nodes, {"white": np.array(255, np.float32)}


def _write(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    shapes: dict[str, list[Any]],
    values: dict[str, Any],
) -> Path:
    graph = helper.make_graph(
        nodes,
        "made-up",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["b", _SIZE, _SIZE, 3])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items()],
        [numpy_helper.from_array(v, n) for n, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    helper.set_model_props(model, {METADATA_KEY: json.dumps(values)})
    onnx.save(model, str(path))
    return path
