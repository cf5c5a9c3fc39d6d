"""A trained network → ONNX files: fp32, and static int8."""

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from jaxtyping import UInt8
from numpy import ndarray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import nn

from skyform.models.exported import network_numbers
from skyform.training.attach import write_metadata

__all__ = ["export_fp32", "export_int8", "write_metadata"]

_OUTPUTS = ("answers", "kinds", "embedding", "distance")
_BATCH = 32
_FLOAT = 3  # convolutions at the start that are not quantised


def export_fp32(
    portable: nn.Module, path: Path, *, size: int, outputs: Sequence[str] = _OUTPUTS
) -> None:
    """Write a network that takes pixels (uint8) as ONNX, for any batch size, with these names for what it gives."""
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    with warnings.catch_warnings():
        # The TorchScript exporter says that it will go; the new one writes graphs that the quantiser does not fold well yet.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            portable.eval(),
            (example,),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=list(outputs),
            dynamic_axes={name: {0: "batch"} for name in ("image", *outputs)},
        )


class _Pictures(CalibrationDataReader):
    def __init__(self, pixels: UInt8[ndarray, "n size size 3"]) -> None:
        self._batches: Iterator[ndarray] = iter(
            pixels[i : i + _BATCH] for i in range(0, len(pixels), _BATCH)
        )

    def get_next(self) -> dict[str, ndarray] | None:  # type: ignore[override]
        batch = next(self._batches, None)
        return None if batch is None else {"image": np.ascontiguousarray(batch)}


def export_int8(fp32: Path, path: Path, *, pixels: UInt8[ndarray, "n size size 3"]) -> None:
    """Quantise the convolutions of an fp32 model, statically (QDQ), with the ranges that `pixels` give.

    The heads and the distance stay in floating point: they cost nothing, and every answer passes through them. So do the first three
    convolutions of each of its networks: what they round away from faint light is missing everywhere after.
    """
    prepared = path.with_suffix(".prepared.onnx")
    try:
        quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(str(prepared)).graph
        quantize_static(
            str(prepared),
            str(path),
            _Pictures(pixels),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=["Conv", "Add", "Clip"],
            nodes_to_exclude=_in_float(graph),
        )
    finally:
        prepared.unlink(missing_ok=True)


def _in_float(graph: onnx.GraphProto) -> list[str]:
    """Names of the convolutions that are not quantised: each network's first."""
    number = network_numbers(graph)
    met = Counter[int]()
    kept: list[str] = []
    for node in graph.node:
        if node.op_type == "Conv":
            network = number[node.output[0]]
            met[network] += 1
            if met[network] <= _FLOAT:
                kept.append(node.name)
    return kept
