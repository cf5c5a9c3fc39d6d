"""Weights out of an exported model: its ONNX graph has convolutions with their normalisation folded in, training needs the two apart."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from jaxtyping import Float
from numpy import ndarray
from onnx import numpy_helper
from torch import Tensor, nn

from skyform.errors import ModelError
from skyform.models.assembly import Network

__all__ = ["load_exported", "network_numbers"]

_EVIDENCE = "evidence"
_MAPS = "maps"
_LEAST = 1e-6


def load_exported(network: Network, path: Path, *, images: Float[Tensor, "n 3 h w"]) -> None:
    """Put the body of an exported model, such as the bundled one, into a network of the same architecture.

    An exported convolution is w x + b with the batch normalisation inside. Split again, the normalisation gets the mean and the
    variance that the convolution's output has over `images`, and the scale and shift that undo them: in evaluation the network
    gives what the exported one gives, and in training it starts from there.

    Parameters
    ----------
    network : Network
        Whose body has convolutions, each followed by a batch normalisation.
    path : Path
        An ONNX file; of several networks that answer together, the first with this body's convolutions is taken. An int8 one gives its rounded weights.
    images : tensor, shape (n, 3, height, width)
        RGB, 0 to 1: some dozen pictures of the set that will be trained on.

    Raises
    ------
    ModelError
        If the file cannot be read, or its convolutions are not this body's.
    """
    pairs = _pairs(network, images[:1])
    given = _fitting(_convolutions(path), pairs, path)
    with torch.no_grad():
        for (weight, bias), (conv, norm) in zip(given, pairs, strict=True):
            conv.weight.copy_(torch.from_numpy(weight.copy()))
            norm.running_mean.zero_()
            norm.running_var.fill_(1.0 - norm.eps)
            norm.weight.fill_(1.0)
            norm.bias.copy_(torch.from_numpy(bias.copy()))
        _split(network, pairs, images)


def _convolutions(path: Path) -> list[list[tuple[ndarray, ndarray]]]:
    """Weight and bias of each convolution of each network's body, in the order in which they run."""
    try:
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf's own errors share no public base class
        raise ModelError(
            f"{path} is not a readable ONNX model: {str(error).splitlines()[0][:200]}",
            remedy="Give a model that Skyform exported.",
        ) from error
    values = _constants(graph)
    out: dict[int, list[tuple[ndarray, ndarray]]] = {}
    network = network_numbers(graph)
    for node in graph.node:
        if node.op_type != "Conv" or _is_map(node):
            continue
        names = list(node.input)[1:]
        if len(names) != 2 or any(n not in values for n in names):
            raise ModelError(
                f"{path} has convolutions whose weights cannot be read.",
                remedy="Give a model that Skyform exported.",
            )
        number = network[node.output[0]]
        out.setdefault(number, []).append((values[names[0]], values[names[1]]))
    return list(out.values())


def network_numbers(graph: onnx.GraphProto) -> dict[str, int]:
    """For each value of a graph that comes of a convolution, the number of the network that it belongs to.

    Networks that answer together may lie interwoven in the graph, each behind a first convolution of its own.
    """
    number: dict[str, int] = {}
    count = 0
    for node in graph.node:
        at = next((number[name] for name in node.input if name in number), None)
        if at is None and node.op_type == "Conv":
            at, count = count, count + 1
        if at is not None:
            number.update(dict.fromkeys(node.output, at))
    return number


def _is_map(node: onnx.NodeProto) -> bool:
    """Whether a convolution is a head that draws evidence, not one of the body."""
    return _EVIDENCE in node.output or f"/{_MAPS}" in node.name


def _constants(graph: onnx.GraphProto) -> dict[str, ndarray]:
    """Weights by name, as floats: those of an int8 file are what its rounding left of them."""
    values = {i.name: np.asarray(numpy_helper.to_array(i)) for i in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in values:
            quantised, scale = (values[n] for n in node.input[:2])
            zero = values[node.input[2]] if len(node.input) > 2 else np.zeros_like(scale)
            axis = next((a.i for a in node.attribute if a.name == "axis"), 1)
            if scale.ndim:
                shape = [-1 if i == axis else 1 for i in range(quantised.ndim)]
                scale, zero = scale.reshape(shape), zero.reshape(shape)
            levels = quantised.astype(np.float64) - zero
            values[node.output[0]] = (levels * scale).astype(np.float32)
    return values


def _pairs(network: Network, images: Tensor) -> list[tuple[Any, Any]]:
    """Each convolution of the body with the normalisation that runs after it."""
    ran: list[nn.Module] = []
    handles = [
        m.register_forward_hook(lambda module, _i, _o: ran.append(module))
        for m in network.body.modules()
        if isinstance(m, nn.Conv2d | nn.BatchNorm2d)
    ]
    try:
        with torch.inference_mode():
            network.eval().features(images)
    finally:
        for handle in handles:
            handle.remove()
    return [
        (conv, norm)
        for conv, norm in pairwise(ran)
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    ]


def _fitting(
    networks: list[list[tuple[ndarray, ndarray]]], pairs: list[tuple[Any, Any]], path: Path
) -> list[tuple[ndarray, ndarray]]:
    """The first network whose convolutions are the body's."""
    wanted = [tuple(conv.weight.shape) for conv, _ in pairs]
    for given in networks:
        if [tuple(w.shape) for w, _ in given] == wanted:
            return given
    shapes = [tuple(w.shape) for w, _ in networks[0]] if networks else []
    at = next(
        (i for i, (a, b) in enumerate(zip(shapes, wanted, strict=False)) if a != b),
        min(len(shapes), len(wanted)),
    )
    raise ModelError(
        f"The convolutions of {path.name} are not this network's: {len(shapes)} against {len(wanted)}, the first "
        f"difference at number {at + 1}.",
        remedy="Take the architecture of the exported model; the bundled one is timm/tf_efficientnet_lite0.",
    )


def _split(network: Network, pairs: list[tuple[Any, Any]], images: Tensor) -> None:
    """Give each normalisation the statistics of what reaches it, without changing what leaves it."""
    seen: dict[int, tuple[Tensor, Tensor]] = {}

    def measure(index: int) -> Any:
        def hook(_module: nn.Module, _inputs: Any, out: Tensor) -> None:
            seen[index] = (out.mean(dim=(0, 2, 3)), out.var(dim=(0, 2, 3), unbiased=False))

        return hook

    handles = [conv.register_forward_hook(measure(i)) for i, (conv, _) in enumerate(pairs)]
    try:
        network.eval().features(images)
    finally:
        for handle in handles:
            handle.remove()
    for i, (_, norm) in enumerate(pairs):
        mean, variance = seen[i][0], seen[i][1].clamp(min=_LEAST)
        norm.bias.add_(mean)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
