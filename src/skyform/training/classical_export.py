"""Classical models on pixels as ONNX: the features as a few matrix products, the estimator through skl2onnx."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from jaxtyping import Float
from numpy import ndarray
from onnx import TensorProto, compose, helper, numpy_helper
from PIL import Image

from skyform.models.classical import ClassicalModel
from skyform.models.features import PcaFeatures, PixelFeatures

__all__ = ["exporter_of"]

_OPSET = 17
_LUMA = (0.299, 0.587, 0.114)
_LEAST = 1e-6


def exporter_of(
    model: Any, *, size: int, classes: int
) -> tuple[Callable[[Path], None] | None, str]:
    """What writes a fitted model as ONNX, or None and the reason why it cannot be."""
    if (
        isinstance(model, ClassicalModel)
        and type(model.estimator["model"]).__name__ == "DummyClassifier"
    ):
        return None, "The same answer for every picture: there is no model file."
    if not isinstance(model, ClassicalModel):
        return (
            None,
            "An ensemble of several kinds of feature cannot be one graph: there is no model file.",
        )
    features = model.features
    if not isinstance(features, PixelFeatures | PcaFeatures):
        return (
            None,
            "Gradients and measured morphology are computed outside of the graph: there is no model file.",
        )

    def export(path: Path) -> None:
        onnx.save(_graph(model, features, size=size, classes=classes), str(path))

    return export, ""


def _graph(
    model: ClassicalModel, features: PixelFeatures | PcaFeatures, *, size: int, classes: int
) -> onnx.ModelProto:
    from skl2onnx import to_onnx

    rows = features.transform(np.zeros((1, size, size, 3), np.uint8)).shape[1]
    estimator: Any = to_onnx(
        _bare(model.estimator),
        np.zeros((1, rows), np.float32),
        options={"zipmap": False},
        target_opset={"": _OPSET, "ai.onnx.ml": 3},
    )
    front = _front(features, size=size, rows=rows)
    front.ir_version = estimator.ir_version
    front = _with_opsets(front, estimator)
    joined = compose.merge_models(
        compose.add_prefix(front, "features_", rename_inputs=False, rename_outputs=False),
        compose.add_prefix(estimator, "model_"),
        io_map=[("embedding", f"model_{estimator.graph.input[0].name}")],
        outputs=["embedding", f"model_{estimator.graph.output[1].name}"],
    )
    _finish(joined, f"model_{estimator.graph.output[1].name}", model, classes)
    onnx.checker.check_model(joined)
    return joined


def _bare(pipeline: Any) -> Any:
    """The pipeline without steps that do nothing, which skl2onnx does not know."""
    from sklearn.pipeline import Pipeline

    return Pipeline([(name, step) for name, step in pipeline.steps if step != "passthrough"])


def _front(features: PixelFeatures | PcaFeatures, *, size: int, rows: int) -> onnx.ModelProto:
    """`image` (uint8) → `embedding`: the rows of features."""
    pixels = features if isinstance(features, PixelFeatures) else features.pixels
    nodes = [
        helper.make_node("Cast", ["image"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["planes"], perm=[0, 3, 1, 2]),
    ]
    constants: dict[str, ndarray] = {
        "full": np.array(255, np.float32),
        "shape": np.array([-1, rows]),
    }
    last = "planes"
    if pixels.grey:
        constants["luma"] = np.array(_LUMA, np.float32).reshape(1, 3, 1, 1)
        nodes += [
            helper.make_node("Mul", [last, "luma"], ["weighed"]),
            helper.make_node("ReduceMean", ["weighed"], ["mean"], axes=[1], keepdims=1),
            helper.make_node("Mul", ["mean", "three"], ["luminance"]),
            helper.make_node("Round", ["luminance"], ["grey"]),
        ]
        constants["three"] = np.array(3, np.float32)
        last = "grey"
    if pixels.side is not None and pixels.side != size:
        shrink = _shrinking(size, pixels.side)
        constants |= {"down": shrink, "across": np.ascontiguousarray(shrink.T)}
        nodes += [
            helper.make_node("MatMul", [last, "across"], ["narrow"]),
            helper.make_node("MatMul", ["down", "narrow"], ["small"]),
            helper.make_node("Round", ["small"], ["levels"]),
        ]
        last = "levels"
    nodes += [
        helper.make_node("Transpose", [last], ["back"], perm=[0, 2, 3, 1]),
        helper.make_node("Div", ["back", "full"], ["shares"]),
    ]
    if isinstance(features, PcaFeatures):
        mean, components = features.projection
        constants |= {"centre": mean.astype(np.float32), "axes": components.T.astype(np.float32)}
        constants["shape"] = np.array([-1, len(mean)])
        nodes += [
            helper.make_node("Reshape", ["shares", "shape"], ["flat"]),
            helper.make_node("Sub", ["flat", "centre"], ["off"]),
            helper.make_node("MatMul", ["off", "axes"], ["embedding"]),
        ]
    else:
        nodes.append(helper.make_node("Reshape", ["shares", "shape"], ["embedding"]))
    graph = helper.make_graph(
        nodes,
        "skyform",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", size, size, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", rows])],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])


def _shrinking(size: int, side: int) -> Float[ndarray, "side size"]:
    """Pillow's box filter from `size` to `side` pixels, as a matrix."""
    eye = Image.fromarray(np.eye(size, dtype=np.float32))
    return np.asarray(eye.resize((size, side), Image.Resampling.BOX)).astype(np.float32)


def _with_opsets(front: onnx.ModelProto, other: onnx.ModelProto) -> onnx.ModelProto:
    """Two graphs that are joined must know the same operator sets."""
    del front.opset_import[:]
    front.opset_import.extend(other.opset_import)
    return front


def _finish(
    joined: onnx.ModelProto, probabilities: str, model: ClassicalModel, classes: int
) -> None:
    """Probabilities of the classes that the estimator knows → `classes`, logarithms for every class of the scheme."""
    known = np.asarray(model.estimator.classes_, dtype=int)
    place = np.zeros((len(known), classes), np.float32)
    place[np.arange(len(known)), known] = 1
    joined.graph.initializer.extend(
        [
            numpy_helper.from_array(place, "place"),
            numpy_helper.from_array(np.array(_LEAST, np.float32), "least"),
            numpy_helper.from_array(np.array(1, np.float32), "most"),
        ]
    )
    joined.graph.node.extend(
        [
            helper.make_node("MatMul", [probabilities, "place"], ["placed"]),
            helper.make_node("Clip", ["placed", "least", "most"], ["clipped"]),
            helper.make_node("Log", ["clipped"], ["classes"]),
        ]
    )
    del joined.graph.output[:]
    joined.graph.output.extend(
        [
            helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["batch", classes]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", None]),
        ]
    )
