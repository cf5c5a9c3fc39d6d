"""Experiments' networks as they are exported: from pixels as they come (uint8) to named outputs that inference reads."""

import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from skyform.models.assembly import FromPixels, Network
from skyform.models.votes import expected_fractions
from skyform.schema import KAGGLE

__all__ = ["PortableExperiment"]


class PortableExperiment(nn.Module):
    """A network of the registry with one task's outputs.

    `classes` gives `classes` (logits) and `embedding` (pooled features); the vote tasks give `answers` (logits of the 37 answers of the
    challenge's tree) and `embedding`.
    """

    def __init__(self, network: Network, *, task: str) -> None:
        super().__init__()
        if task not in ("classes", "fractions", "votes"):
            raise ValueError(f"task is {task!r}; only classes, fractions and votes can be read out")
        self.from_pixels = FromPixels(network)
        self.task = task

    @property
    def outputs(self) -> list[str]:
        """Names of what `forward` gives, in order."""
        return ["classes" if self.task == "classes" else "answers", "embedding"]

    def forward(self, image: UInt8[Tensor, "b h w 3"]) -> tuple[Tensor, Tensor]:
        logits, features = self.from_pixels(image)
        if self.task == "votes":
            logits = torch.log(expected_fractions(logits, tree=KAGGLE).clamp(min=1e-6))
        return logits, features
