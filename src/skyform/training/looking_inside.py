"""Pictures of what a network does: its first filters, the activations of its layers (R5), and where the evidence for a class lies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from matplotlib.figure import Figure
from numpy import ndarray
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["draw_activations", "draw_evidence", "draw_filters", "gradient_evidence"]

_DPI = 110
_SHOWN = 8
_LINES = ("#56b4e9", "#f0e442", "#ffffff")  # weak, middle, strong


def draw_filters(network: nn.Module, path: Path) -> bool:
    """The filters of the first convolution, in colour if they see colour, at most 64. False if there is no convolution."""
    convolutions = _convolutions(network)
    if not convolutions:
        return False
    weight = convolutions[0][1].weight.detach().float().cpu()[:64]
    if weight.shape[1] != 3:
        weight = weight.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    low, high = weight.amin(dim=(1, 2, 3), keepdim=True), weight.amax(dim=(1, 2, 3), keepdim=True)
    tiles = ((weight - low) / (high - low).clamp(min=1e-12)).permute(0, 2, 3, 1).numpy()
    columns = 16
    rows = -(-len(tiles) // columns)
    figure = Figure(figsize=(7, 0.5 * rows + 0.2))
    for i, tile in enumerate(tiles):
        axes = figure.add_subplot(rows, columns, i + 1)
        axes.imshow(tile, interpolation="nearest")
        axes.set_axis_off()
    _write(figure, path)
    return True


def draw_activations(network: nn.Module, pixels: UInt8[ndarray, "size size 3"], path: Path) -> bool:
    """What one picture becomes in up to five layers from first to last, the eight strongest channels of each. False without convolutions."""
    convolutions = _convolutions(network)
    if not convolutions:
        return False
    at = sorted({round(i) for i in np.linspace(0, len(convolutions) - 1, 5)})
    chosen = [convolutions[i] for i in at]
    seen: dict[str, Tensor] = {}
    handles = [
        module.register_forward_hook(
            lambda _m, _i, out, name=name: seen.update({name: out.detach()})
        )
        for name, module in chosen
    ]
    try:
        with torch.inference_mode():
            network.eval()(_images(pixels[None]))
    finally:
        for handle in handles:
            handle.remove()
    shown = [(name, seen[name][0]) for name, _ in chosen if name in seen]
    figure = Figure(figsize=(7.4, 1.15 * len(shown) + 0.1))
    for r, (name, maps) in enumerate(shown):
        maps = maps.relu().reshape(-1, *maps.shape[-2:]).float().cpu()
        strongest = maps.mean(dim=(1, 2)).argsort(descending=True)[:_SHOWN]
        first = figure.add_subplot(len(shown), _SHOWN + 1, r * (_SHOWN + 1) + 1)
        first.imshow(pixels)
        first.set_axis_off()
        first.set_title(f"{name}\n{maps.shape[1]}×{maps.shape[2]}", fontsize=5)
        for c, channel in enumerate(strongest.tolist()):
            axes = figure.add_subplot(len(shown), _SHOWN + 1, r * (_SHOWN + 1) + c + 2)
            axes.imshow(maps[channel].numpy(), cmap="viridis")
            axes.set_axis_off()
    _write(figure, path)
    return True


def gradient_evidence(
    network: nn.Module, pixels: UInt8[ndarray, "b size size 3"], outputs: Sequence[int]
) -> Float[ndarray, "b rows columns"] | None:
    """Where the evidence for one output lies in each picture, 0 to 1, by Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391).

    None if the network has no convolution.
    """
    convolutions = _convolutions(network)
    if not convolutions:
        return None
    kept: dict[str, Tensor] = {}

    def keep(_module: nn.Module, _inputs: Any, out: Tensor) -> None:
        out.retain_grad()
        kept["maps"] = out

    frozen = [p for p in network.parameters() if not p.requires_grad]
    for p in frozen:
        p.requires_grad_(True)
    handle = convolutions[-1][1].register_forward_hook(keep)
    try:
        logits = network.eval()(_images(pixels))
        logits[torch.arange(len(pixels)), torch.tensor(list(outputs))].sum().backward()
    finally:
        handle.remove()
        for p in frozen:
            p.requires_grad_(False)
    maps, gradient = kept["maps"], kept["maps"].grad
    network.zero_grad(set_to_none=True)
    if gradient is None:
        return None
    weight = gradient.mean(dim=(-2, -1), keepdim=True)
    evidence = (weight * maps).flatten(1, -3).sum(dim=1).relu().detach()
    top = evidence.amax(dim=(1, 2), keepdim=True).clamp(min=1e-12)
    return (evidence / top).float().cpu().numpy()


def draw_evidence(
    network: nn.Module,
    pixels: UInt8[ndarray, "n size size 3"],
    outputs: Sequence[int],
    *,
    titles: Sequence[str],
    path: Path,
) -> bool:
    """Pictures with the evidence for an output drawn over them, and a title each. False where there is none to draw."""
    evidence = gradient_evidence(network, pixels, outputs)
    if evidence is None:
        return False
    side = pixels.shape[1]
    large = functional.interpolate(
        torch.from_numpy(evidence)[:, None], size=side, mode="bilinear", align_corners=False
    )[:, 0].numpy()
    columns = min(6, len(pixels))
    rows = -(-len(pixels) // columns)
    figure = Figure(figsize=(1.3 * columns, 1.65 * rows + 0.1))
    for i, (picture, map_, title) in enumerate(zip(pixels, large, titles, strict=True)):
        axes = figure.add_subplot(rows, columns, i + 1)
        axes.imshow(picture)
        axes.contour(map_, levels=[0.3, 0.6, 0.85], colors=_LINES, linewidths=0.9)
        axes.set_title(title, fontsize=6)
        axes.set_axis_off()
    _write(figure, path)
    return True


def _convolutions(network: nn.Module) -> list[tuple[str, Any]]:
    return [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Conv2d)]


def _images(pixels: UInt8[ndarray, "b size size 3"]) -> Tensor:
    return torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255


def _write(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.subplots_adjust(wspace=0.06, hspace=0.32, left=0.01, right=0.99, bottom=0.01, top=0.88)
    figure.savefig(path, dpi=_DPI)
