"""ONNX files without torch: a head put on the features of a model, which keeps all that it said; and the description of a file."""

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.errors import ModelError
from skyform.schema.modelfile import METADATA_KEY, READABLE

if TYPE_CHECKING:
    import onnx

__all__ = [
    "attach_graph",
    "attach_linear",
    "check_base",
    "copy_with_metadata",
    "read_description",
    "weight_count",
    "write_metadata",
]

_FEATURES, _CLASSES = "embedding", "classes"


def check_base(path: Path) -> None:
    """Find out before the work whether a model can get a head.

    Raises
    ------
    ModelError
        If it has classes of its own already, gives no embedding, or is no model of Skyform's.
    """
    read_description(path)
    _check_free(_loaded(path), path)


def attach_linear(
    base: Path,
    target: Path,
    *,
    weight: Float[ndarray, "classes features"],
    bias: Float[ndarray, " classes"],
) -> None:
    """Give a model an output `classes`: weight times its embedding, plus bias.

    Parameters
    ----------
    base, target : Path
        ONNX files; the target is written anew, and keeps the base's description until `write_metadata`.
    weight, bias : array

    Raises
    ------
    ModelError
        If the base has no embedding of that length, or has classes of its own already.
    """
    from onnx import TensorProto, helper, numpy_helper

    model = _loaded(base)
    _check_free(model, base, features=weight.shape[1])
    graph = model.graph
    for name, values in (("classes.weight", weight), ("classes.bias", bias)):
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), name))
    graph.node.append(
        helper.make_node(
            "Gemm", [_FEATURES, "classes.weight", "classes.bias"], [_CLASSES], transB=1
        )
    )
    shape = ["batch", len(bias)]
    graph.output.append(helper.make_tensor_value_info(_CLASSES, TensorProto.FLOAT, shape))
    _save(model, target)


def attach_graph(base: Path, target: Path, *, head: "onnx.ModelProto", output: str) -> None:
    """Give a model an output `classes`, computed from its embedding by another graph.

    Parameters
    ----------
    base, target : Path
    head : ModelProto
        With one input, features of shape (batch, features).
    output : str
        The head's output that becomes `classes`.

    Raises
    ------
    ModelError
        As `attach_linear`.
    """
    from onnx import compose

    model = _loaded(base)
    features = head.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    _check_free(model, base, features=features)
    head = compose.add_prefix(head, "classes.")
    incoming, outgoing = head.graph.input[0].name, f"classes.{output}"
    for node in head.graph.node:
        node.input[:] = [_FEATURES if n == incoming else n for n in node.input]
        node.output[:] = [_CLASSES if n == outgoing else n for n in node.output]
    model.graph.node.extend(head.graph.node)
    model.graph.initializer.extend(head.graph.initializer)
    result = next(o for o in head.graph.output if o.name == outgoing)
    result.name = _CLASSES
    model.graph.output.append(result)
    _join_opsets(model, head)
    _save(model, target)


def read_description(path: Path) -> dict[str, Any]:
    """What a model file says of itself (see `skyform.schema.modelfile.description`).

    Raises
    ------
    ModelError
        If it is no model of Skyform's.
    """
    metadata = {p.key: p.value for p in _loaded(path).metadata_props}
    try:
        values = json.loads(metadata[METADATA_KEY])
        readable = values["format"] in READABLE
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} is an ONNX model without Skyform's metadata ({error!r}).",
            remedy="Give a model that Skyform made.",
        ) from error
    if not readable:
        raise ModelError(
            f"{path} has model format {values['format']}; this Skyform reads {READABLE}.",
            remedy="Install the Skyform version that wrote it.",
        )
    return values


def weight_count(path: Path) -> int:
    """Weights and biases of a model's convolutions and matrices, int8 ones too.

    The maps that older files have repeat their heads, and do not count.
    """
    graph = _loaded(path).graph
    sizes = {t.name: prod(t.dims) for t in graph.initializer}
    sizes |= {
        n.output[0]: sizes[n.input[0]]
        for n in graph.node
        if n.op_type == "DequantizeLinear" and n.input[0] in sizes
    }
    used = {
        name
        for n in graph.node
        if n.op_type in ("Conv", "Gemm", "MatMul") and "evidence" not in n.output
        for name in n.input
    }
    return sum(sizes.get(name, 0) for name in used)


def write_metadata(path: Path, values: Mapping[str, Any]) -> None:
    """Put the model's description into the file itself, in place of an earlier one."""
    copy_with_metadata(path, path, values)


def copy_with_metadata(path: Path, target: Path, values: Mapping[str, Any]) -> None:
    """The same model with this description in place of its own."""
    from onnx import helper

    model = _loaded(path)
    del model.metadata_props[:]
    helper.set_model_props(model, {METADATA_KEY: json.dumps(values)})
    model.producer_name = "skyform"
    _save(model, target)


def _loaded(path: Path) -> "onnx.ModelProto":
    import onnx

    try:
        return onnx.load(str(path))
    except Exception as error:  # what protobuf raises is no part of onnx's interface
        raise ModelError(
            f"{path} is not a usable ONNX model: {error}.", remedy="Give another file."
        ) from error


def _save(model: "onnx.ModelProto", path: Path) -> None:
    import onnx

    part = path.with_suffix(".part")
    onnx.save(model, str(part))
    part.replace(path)


def _check_free(model: "onnx.ModelProto", path: Path, *, features: int | None = None) -> None:
    outputs = {o.name: o for o in model.graph.output}
    if _CLASSES in outputs:
        raise ModelError(
            f"{path} has classes of its own already.",
            remedy="Attach the new classes to the model that it was made from.",
        )
    if _FEATURES not in outputs:
        raise ModelError(f"{path} has no output 'embedding', which a head could work on.")
    width = outputs[_FEATURES].type.tensor_type.shape.dim[-1].dim_value
    if features is not None and width not in (0, features):
        raise ModelError(f"{path} gives {width} features; the head takes {features}.")


def _join_opsets(model: "onnx.ModelProto", head: "onnx.ModelProto") -> None:
    """The head's own versions of the operator sets that no node of the model uses."""
    used = {n.domain for n in model.graph.node[: -len(head.graph.node)]}
    mine = {o.domain: o for o in model.opset_import}
    for wanted in head.opset_import:
        if wanted.domain not in mine:
            model.opset_import.append(wanted)
        elif wanted.domain not in used:
            mine[wanted.domain].version = wanted.version
