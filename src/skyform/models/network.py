"""The galaxy network: a timm backbone and two linear heads."""

import math
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, cast

import timm
import torch
from jaxtyping import Float, UInt8
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn

__all__ = ["GalaxyNetwork", "Portable", "with_static_padding"]

_JOINED = 128  # features of an embedding that several networks share


class GalaxyNetwork(nn.Module):
    """Answers the tree and names the kind, from normalised pictures.

    The heads are linear on the average-pooled features.

    Parameters
    ----------
    backbone : str
        A timm model name that has `forward_features`.
    answers, kinds : int
        Number of logits of each head.
    dropout : float
        On the pooled features, in training.
    """

    def __init__(
        self,
        backbone: str,
        *,
        answers: int,
        kinds: int,
        dropout: float = 0.2,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.backbone: Any = timm.create_model(
            backbone, pretrained=False, num_classes=0, drop_path_rate=drop_path
        )
        self.features = int(self.backbone.num_features)
        self.dropout = nn.Dropout(dropout)
        self.answers = nn.Linear(self.features, answers)
        self.kinds = nn.Linear(self.features, kinds)

    def feature_map(
        self, images: Float[Tensor, "b 3 h w"]
    ) -> Float[Tensor, "b features rows cols"]:
        """The backbone's last features, before pooling."""
        return self.backbone.forward_features(images)

    def stages(self, count: int) -> list[nn.Module]:
        """The first `count` stages of the backbone, stem included as the first; those of timm's EfficientNets."""
        if count == 0:
            return []
        stem = [self.backbone.conv_stem, self.backbone.bn1]
        return [*stem, *list(self.backbone.blocks)[: count - 1]]

    def forward(
        self, images: Float[Tensor, "b 3 h w"]
    ) -> tuple[Float[Tensor, "b answers"], Float[Tensor, "b kinds"], Float[Tensor, "b features"]]:
        """Logits of the answers and of the kinds, and the pooled features."""
        pooled = self.feature_map(images).mean(dim=(2, 3))
        dropped = self.dropout(pooled)
        return self.answers(dropped), self.kinds(dropped), pooled


def with_static_padding(network: GalaxyNetwork, *, size: int) -> GalaxyNetwork:
    """A copy whose "same" padding is fixed for one input size.

    TensorFlow's "same" padding depends on the input's size; exported as it is, every strided convolution drags a dozen nodes of
    arithmetic and a padding in floating point through the graph. For a fixed size it is four numbers.
    """
    copy = deepcopy(network).eval()
    sizes: dict[nn.Module, tuple[int, int]] = {}

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sizes[module] = (inputs[0].shape[2], inputs[0].shape[3])

    for module in copy.modules():
        if isinstance(module, Conv2dSame):
            module.register_forward_pre_hook(note)
    with torch.inference_mode():
        copy(torch.zeros(1, 3, size, size))
    for parent in list(copy.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Conv2dSame):
                setattr(parent, name, _padded(child, sizes[child]))
    return copy


def _padded(conv: Any, size: tuple[int, int]) -> nn.Sequential:
    down, across = (
        max((math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n, 0)
        for n, k, s, d in zip(size, conv.kernel_size, conv.stride, conv.dilation, strict=True)
    )
    plain = nn.Conv2d(
        conv.in_channels,
        conv.out_channels,
        conv.kernel_size,
        conv.stride,
        dilation=conv.dilation,
        groups=conv.groups,
        bias=conv.bias is not None,
    )
    plain.weight, plain.bias = conv.weight, conv.bias
    left, top = across // 2, down // 2
    return nn.Sequential(nn.ZeroPad2d((left, across - left, top, down - top)), plain)


class Portable(nn.Module):
    """Networks as they are exported: from pixels as they come (uint8, height x width x RGB) to everything that inference needs.

    Several networks answer together: their logits are averaged, and their features, side by side, are projected on the 128 axes along
    which training pictures differ most.

    Outputs: `answers` and `kinds` (logits); `embedding` (pooled features); `distance` from the training data in the embedding.

    Parameters
    ----------
    networks : sequence of GalaxyNetwork
    mean, std : float
        Normalisation of the pixels, 0 to 1.
    embeddings : tensor, shape (n, features)
        Features of training pictures, those of several networks side by side.
    components : int
        The distance is Mahalanobis' in these components and, with one variance for all the rest, outside them
        (probabilistic PCA, Tipping and Bishop 1999), divided by the root of the number of features: about 1 for a typical picture.
    """

    centre: Tensor
    basis: Tensor
    precision: Tensor
    projection: Tensor

    def __init__(
        self,
        networks: Sequence[GalaxyNetwork],
        *,
        mean: float,
        std: float,
        embeddings: Float[Tensor, "n features"],
        components: int = 48,
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.scale = 1.0 / (255.0 * std)
        self.shift = -mean / std
        centre = embeddings.mean(dim=0)
        _, singular, basis = torch.linalg.svd(embeddings - centre, full_matrices=False)
        variance = singular**2 / max(1, len(embeddings) - 1)
        count = min(components, len(variance) - 1)
        rest = variance[count:].sum() / (embeddings.shape[1] - count)
        self.rest = float(rest)
        self.register_buffer("centre", centre)
        self.register_buffer("basis", basis[:count].T.contiguous())
        self.register_buffer("precision", 1.0 / variance[:count])
        self.register_buffer("projection", basis[:_JOINED].T.contiguous())

    def forward(self, image: UInt8[Tensor, "b h w 3"]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Logits of the answers and the kinds, embedding, distance."""
        x = image.permute(0, 3, 1, 2).to(torch.float32) * self.scale + self.shift
        networks = cast("list[GalaxyNetwork]", list(self.networks))
        pooled = [n.feature_map(x).mean(dim=(2, 3)) for n in networks]
        joined = torch.cat(pooled, dim=1)
        off = joined - self.centre
        inside = off @ self.basis
        outside = (off**2).sum(dim=1) - (inside**2).sum(dim=1)
        squared = (inside**2 * self.precision).sum(dim=1) + outside.clamp(min=0) / self.rest
        pairs = list(zip(networks, pooled, strict=True))
        return (
            _mean([n.answers(p) for n, p in pairs]),
            _mean([n.kinds(p) for n, p in pairs]),
            joined if len(pairs) == 1 else off @ self.projection,
            torch.sqrt(squared / joined.shape[1]),
        )


def _mean(tensors: list[Tensor]) -> Tensor:
    return tensors[0] if len(tensors) == 1 else torch.stack(tensors).mean(dim=0)
