"""`Network`: the form that every network of the registry has, and its export form."""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

__all__ = ["FromPixels", "Network", "as_keras", "feature_count", "make_head"]

# Rec. 601, what Pillow's and Keras' conversions to grey use.
_LUMA = (0.299, 0.587, 0.114)


class Network(nn.Module):
    """A body that turns a picture into features, and a head that turns features into logits.

    Parameters
    ----------
    body : nn.Module
        (b, channels, h, w) → (b, features).
    head : nn.Module
        (b, features) → (b, outputs).
    grey : bool
        The body wants one channel: luminance, with the mean of `mean` and of `std`.
    mean, std : sequence of three floats
        Pictures in 0..1 are normalised with these.
    """

    mean: Tensor
    std: Tensor
    luma: Tensor

    def __init__(
        self,
        body: nn.Module,
        head: nn.Module,
        *,
        grey: bool = False,
        mean: Sequence[float] = (0.0, 0.0, 0.0),
        std: Sequence[float] = (1.0, 1.0, 1.0),
    ) -> None:
        super().__init__()
        self.body = body
        self.head = head
        self.grey = grey
        self.frozen = False
        # They belong to the architecture, not to what was learned.
        for name, values in (("mean", mean), ("std", std), ("luma", _LUMA)):
            value = torch.tensor(values, dtype=torch.float32).reshape(1, 3, 1, 1)
            self.register_buffer(name, value, persistent=False)

    def prepared(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b channels h w"]:
        """What the body sees of RGB in 0..1."""
        if not self.grey:
            return (images - self.mean) / self.std
        grey = (images * self.luma).sum(dim=1, keepdim=True)
        return (grey - self.mean.mean()) / self.std.mean()

    def features(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b features"]:
        """Activations before the head."""
        return self.body(self.prepared(images))

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b outputs"]:
        """Logits of RGB pictures in 0..1."""
        return self.head(self.features(images))

    @property
    def parameter_count(self) -> int:
        """Number of weights that training can change, frozen or not."""
        return sum(p.numel() for p in self.parameters())

    def freeze_body(self) -> None:
        """From now on only the head learns; the body's batch statistics stay as they are, too."""
        self.frozen = True
        self.body.requires_grad_(False)
        self.body.eval()

    def train(self, mode: bool = True) -> "Network":
        """As in torch, but a frozen body stays in evaluation mode."""
        super().train(mode)
        if self.frozen:
            self.body.eval()
        return self


class FromPixels(nn.Module):
    """A network as it is exported: from pixels as they come (uint8, height x width x RGB) to logits and features."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, image: UInt8[Tensor, "b h w 3"]
    ) -> tuple[Float[Tensor, "b outputs"], Float[Tensor, "b features"]]:
        """Logits and features."""
        features = self.network.features(image.permute(0, 3, 1, 2).to(torch.float32) / 255)
        return self.network.head(features), features


def feature_count(body: nn.Module, *, size: int, channels: int = 3) -> int:
    """How many features a body makes of a picture of this size."""
    training = body.training
    body.eval()
    with torch.no_grad():
        shape = body(torch.zeros(1, channels, size, size)).shape
    body.train(training)
    return int(shape[1])


def make_head(
    features: int, outputs: int, *, kind: str = "linear", hidden: int = 256, dropout: float = 0.0
) -> nn.Sequential:
    """A linear layer, or with the kind `mlp` two with a GELU between them; dropout before each."""
    if kind == "linear":
        return nn.Sequential(nn.Dropout(dropout), nn.Linear(features, outputs))
    if kind != "mlp":
        raise ValueError(f"head is {kind!r}; it is linear or mlp")
    return nn.Sequential(
        nn.Dropout(dropout),
        nn.Linear(features, hidden),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, outputs),
    )


def as_keras(module: nn.Module) -> nn.Module:
    """Initial weights as Keras draws them: Glorot uniform, biases 0.

    The reference systems were written with Keras. A deep network without batch normalisation does not start to learn from torch's
    own, smaller weights.
    """
    for layer in _weighted(module):
        nn.init.xavier_uniform_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return module


def _weighted(module: nn.Module) -> Iterator[nn.Conv2d | nn.Linear]:
    return (m for m in module.modules() if isinstance(m, nn.Conv2d | nn.Linear))
