"""Augmentation on the batch: what may differ between two pictures of the same galaxy."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor
from torch.nn import functional

__all__ = ["Augment"]


@dataclass(frozen=True, slots=True)
class Augment:
    """Random turn, mirror, zoom, shift, colour, noise and blur; all strengths are 0 for none.

    Attributes
    ----------
    turn : bool
        By any angle; otherwise not at all.
    mirror : bool
        One picture in two.
    zoom : float
        Standard deviation of the logarithm of the scale.
    shift : float
        Largest shift, as a share of the side.
    brightness, contrast, saturation : float
        Standard deviation of the logarithm of the factor (brightness: of a gamma).
    grey : float
        Probability of a grey picture (one band).
    noise : float
        Largest sigma of added noise, as a share of full range.
    blur : float
        Probability of a loss of resolution, down to half.
    """

    turn: bool = True
    mirror: bool = True
    zoom: float = 0.0
    shift: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    grey: float = 0.0
    noise: float = 0.0
    blur: float = 0.0

    @classmethod
    def of(cls, settings: Mapping[str, float | bool]) -> "Augment":
        """From a recipe's mapping, whose numbers may be whole."""
        switches = {f.name for f in fields(cls) if f.type is bool}
        values: dict[str, Any] = {
            k: bool(v) if k in switches else float(v) for k, v in settings.items()
        }
        return cls(**values)

    def __call__(
        self,
        pixels: UInt8[Tensor, "b wide wide 3"],
        *,
        size: int,
        margin: float,
        restyle: Float[Tensor, " b"] | None = None,
    ) -> tuple[Float[Tensor, "b 3 size size"], Bool[Tensor, " b"]]:
        """Pictures in 0..1, and which of them are mirrored (left and right exchanged in sense of rotation).

        `pixels` hold `margin` times the frame, so that turning shows sky, not black corners. `restyle` has a factor for each picture by which
        the strengths of colour, grey and noise are larger.
        """
        images = pixels.permute(0, 3, 1, 2)
        wide = round(size * margin)
        if images.shape[-1] > wide:
            # Sampling far below the resolution at hand would alias; bytes shrink six times as fast as floats.
            images = functional.interpolate(images, size=wide, mode="bilinear", antialias=True)
        images = self._lose_resolution(images.float() / 255)
        images, mirrored = self._move(images, size, margin)
        stronger = images.new_ones(len(images)) if restyle is None else restyle
        return self._recolour(images, stronger[:, None, None, None]), mirrored

    def _move(self, images: Tensor, size: int, margin: float) -> tuple[Tensor, Bool[Tensor, " b"]]:
        n, device = images.shape[0], images.device
        angle = torch.rand(n, device=device) * (2 * math.pi if self.turn else 0.0)
        mirrored = torch.rand(n, device=device) < (0.5 if self.mirror else 0.0)
        scale = torch.exp(torch.randn(n, device=device) * self.zoom).clamp(0.6, 1.5) / margin
        across = torch.where(mirrored, -scale, scale)
        shift = (torch.rand(n, 2, device=device) * 2 - 1) * 2 * self.shift / margin
        theta = torch.stack(
            (
                torch.stack((across * angle.cos(), -scale * angle.sin(), shift[:, 0]), dim=1),
                torch.stack((across * angle.sin(), scale * angle.cos(), shift[:, 1]), dim=1),
            ),
            dim=1,
        )
        grid = functional.affine_grid(theta, [n, 3, size, size], align_corners=False)
        moved = functional.grid_sample(
            images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
        )
        return moved, mirrored

    def _lose_resolution(self, images: Tensor) -> Tensor:
        if self.blur <= 0 or torch.rand(()) >= 2 * self.blur:
            return images
        # Half of the batch, one factor: the cost is one small resize.
        half = images.shape[0] // 2
        side = images.shape[-1]
        small = round(side * float(torch.empty(()).uniform_(0.4, 0.9)))
        part = functional.interpolate(images[:half], size=small, mode="bilinear", antialias=True)
        part = functional.interpolate(part, size=side, mode="bilinear")
        return torch.cat((part, images[half:]))

    def _recolour(self, images: Tensor, stronger: Tensor) -> Tensor:
        n, device = images.shape[0], images.device

        def normal(channels: int = 1) -> Tensor:
            return torch.randn(n, channels, 1, 1, device=device) * stronger

        def uniform() -> Tensor:
            return torch.rand(n, 1, 1, 1, device=device)

        mean = images.mean(dim=1, keepdim=True)
        saturation = torch.exp(normal() * self.saturation)
        saturation = torch.where(uniform() < self.grey * stronger, 0.0, saturation)
        images = mean + (images - mean) * saturation
        tint = torch.exp(normal(3) * self.saturation * 0.3)
        images = (images * tint * torch.exp(normal() * self.contrast)).clamp(1e-4, 1)
        images = images ** torch.exp(normal() * self.brightness)
        sigma = uniform() ** 2 * self.noise * stronger
        return (images + torch.randn_like(images) * sigma).clamp(0, 1)
