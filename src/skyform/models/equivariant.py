"""Networks to which it makes no difference which way up a galaxy lies.

Group convolutions (Cohen and Welling 2016, arXiv:1602.07576) for the four rotations of a square (C4) and its eight flips and rotations
(D4): a filter is used in every orientation, and the features carry one value for each. In this network the logits are the same for all
orientations of the picture, up to rounding, at any size: nothing but stride 1 convolutions and symmetric average pools touches the grid.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from skyform.models.assembly import Network

__all__ = [
    "EQUIVARIANT",
    "GROUPS",
    "GroupConv",
    "GroupResNet",
    "Orbit",
    "group_resnet",
    "in_orbit",
    "turned",
]

# Transpose?, flip up-down?, flip left-right?, in this order.
Element = tuple[bool, bool, bool]
_D4: tuple[Element, ...] = tuple(
    (t, v, h) for t in (False, True) for v in (False, True) for h in (False, True)
)
GROUPS: Mapping[str, tuple[Element, ...]] = {
    "d4": _D4,
    # An even number of mirrorings is a rotation.
    "c4": tuple(e for e in _D4 if sum(e) % 2 == 0),
}


def _elements(group: str) -> tuple[Element, ...]:
    if group not in GROUPS:
        raise ValueError(f"group is {group!r}; it is {' or '.join(GROUPS)}")
    return GROUPS[group]


def turned(x: Tensor, element: Element) -> Tensor:
    """The last two axes, a square, after one transformation."""
    transpose, vertical, horizontal = element
    x = x.transpose(-1, -2) if transpose else x
    axes = [axis for axis, flip in ((-2, vertical), (-1, horizontal)) if flip]
    return x.flip(axes) if axes else x


class GroupConv(nn.Module):
    """A convolution of stride 1 between fields that have one channel for each element of a group.

    Channels are ordered field by field, `field * order + element`.

    Parameters
    ----------
    inputs, fields : int
        Input fields (plain channels where `lifting`), and output fields.
    group : sequence of elements
    kernel : int
        Odd.
    lifting : bool
        From a picture, whose channels have no orientation.
    """

    index: Tensor

    def __init__(
        self,
        inputs: int,
        fields: int,
        *,
        group: Sequence[Element],
        kernel: int = 3,
        lifting: bool = False,
    ) -> None:
        super().__init__()
        self.order = len(group)
        self.planes = 1 if lifting else self.order
        self.kernel = kernel
        self.weight = nn.Parameter(torch.empty(fields, inputs, self.planes * kernel * kernel))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        index = _lifting_index(group, kernel) if lifting else _group_index(group, kernel)
        self.register_buffer("index", index, persistent=False)

    def forward(self, x: Float[Tensor, "b channels h w"]) -> Float[Tensor, "b out h w"]:
        fields, inputs, _ = self.weight.shape
        spread = self.weight[:, :, self.index]
        spread = spread.reshape(fields, inputs, self.order, self.planes, self.kernel, self.kernel)
        filters = spread.permute(0, 2, 1, 3, 4, 5).reshape(
            fields * self.order, inputs * self.planes, self.kernel, self.kernel
        )
        return functional.conv2d(x, filters, padding=self.kernel // 2)


def _lifting_index(group: Sequence[Element], kernel: int) -> Tensor:
    """For each orientation, which weight of the filter lies where."""
    weights = torch.arange(kernel * kernel, device="cpu").reshape(kernel, kernel)
    return torch.stack([turned(weights, g) for g in group]).flatten()


def _group_index(group: Sequence[Element], kernel: int) -> Tensor:
    """The same for a filter with one plane for each element: turning it also permutes the planes."""
    order = len(group)
    weights = torch.arange(order * kernel * kernel, device="cpu").reshape(order, kernel, kernel)
    table = _quotients(group)
    return torch.stack(
        [turned(weights[table[g]], element) for g, element in enumerate(group)]
    ).flatten()


def _quotients(group: Sequence[Element]) -> list[list[int]]:
    """Row g, column k: the number of the element g⁻¹k, which does k first and then undoes g."""
    probe = torch.arange(9, device="cpu").reshape(3, 3)
    looks = [tuple(turned(probe, g).flatten().tolist()) for g in group]

    def product(g: int, k: int) -> int:
        return looks.index(tuple(turned(turned(probe, group[k]), group[g]).flatten().tolist()))

    numbers = range(len(group))
    unit = looks.index(tuple(range(9)))
    inverse = [next(k for k in numbers if product(g, k) == unit) for g in numbers]
    return [[product(inverse[g], k) for k in numbers] for g in numbers]


class _FieldNorm(nn.Module):
    """Batch normalisation with one mean and one variance for all orientations of a field."""

    def __init__(self, fields: int, *, order: int) -> None:
        super().__init__()
        self.order = order
        self.norm = nn.BatchNorm2d(fields)

    def forward(self, x: Float[Tensor, "b channels h w"]) -> Float[Tensor, "b channels h w"]:
        b, c, h, w = x.shape
        return self.norm(x.reshape(b, c // self.order, self.order * h, w)).reshape(b, c, h, w)


class _Halve(nn.Module):
    """An average pool that looks the same from all sides: 2x2 on an even grid, 3x3 about every other pixel on an odd one."""

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c rows cols"]:
        if x.shape[-1] % 2 == 0:
            return functional.avg_pool2d(x, 2)
        return functional.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)


class _Block(nn.Module):
    """Two group convolutions and a way past them (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inputs: int, fields: int, *, group: Sequence[Element]) -> None:
        super().__init__()
        order = len(group)
        conv = partial(GroupConv, group=group)
        self.way = nn.Sequential(
            conv(inputs, fields),
            _FieldNorm(fields, order=order),
            nn.ReLU(),
            conv(fields, fields),
            _FieldNorm(fields, order=order),
        )
        self.past: nn.Module = nn.Identity()
        if inputs != fields:
            self.past = nn.Sequential(
                conv(inputs, fields, kernel=1), _FieldNorm(fields, order=order)
            )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.way(x) + self.past(x))


class GroupResNet(nn.Module):
    """A small residual network of group convolutions; its features do not change with the picture's orientation.

    Parameters
    ----------
    group : str
        `d4` or `c4`. C4 can tell clockwise from anticlockwise arms; D4 cannot.
    widths : sequence of int
        Fields of each stage; each stage halves the grid.
    blocks : sequence of int
        Residual blocks of each stage.
    features : int
        Fields of the last, 1x1 group convolution: the maximum over the orientations, averaged over the picture, is the feature.
    """

    def __init__(
        self, *, group: str, widths: Sequence[int], blocks: Sequence[int], features: int
    ) -> None:
        super().__init__()
        elements = _elements(group)
        self.order = len(elements)
        layers: list[nn.Module] = [
            GroupConv(3, widths[0], group=elements, kernel=5, lifting=True),
            _FieldNorm(widths[0], order=self.order),
            nn.ReLU(),
        ]
        inputs = widths[0]
        for width, count in zip(widths, blocks, strict=True):
            layers.append(_Halve())
            for _ in range(count):
                layers.append(_Block(inputs, width, group=elements))
                inputs = width
        layers += [
            GroupConv(inputs, features, group=elements, kernel=1),
            _FieldNorm(features, order=self.order),
            nn.ReLU(),
        ]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Float[Tensor, "b 3 n n"]) -> Float[Tensor, "b features"]:
        x = self.layers(x)
        b, c, h, w = x.shape
        return x.reshape(b, c // self.order, self.order, h, w).amax(dim=2).mean(dim=(2, 3))


def group_resnet(
    *,
    outputs: int,
    size: int,
    group: str,
    widths: Sequence[int] = (8, 16, 32),
    blocks: Sequence[int] = (1, 2, 2),
    features: int = 128,
    dropout: float = 0.2,
) -> Network:
    """A `GroupResNet` and a linear head; `size` may be anything from 16 px."""
    if size < 16:
        raise ValueError(f"size is {size}; this network needs 16 px at least")
    body = GroupResNet(group=group, widths=widths, blocks=blocks, features=features)
    head = nn.Sequential(nn.Dropout(dropout), nn.Linear(features, outputs))
    return Network(body, head, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))


class Orbit(nn.Module):
    """Any body, averaged over the orientations of its input: indifferent to them, at that many times the cost."""

    def __init__(self, body: nn.Module, *, group: str = "d4") -> None:
        super().__init__()
        self.body = body
        self.elements = _elements(group)

    def forward(self, x: Float[Tensor, "b c n n"]) -> Float[Tensor, "b features"]:
        every = torch.cat([turned(x, g) for g in self.elements])
        features: Any = self.body(every)
        return features.reshape(len(self.elements), -1, features.shape[1]).mean(dim=0)


def in_orbit(network: Network, *, group: str = "d4") -> Network:
    """The same network on features that are averaged over the orientations.

    Raises
    ------
    ValueError
        If there is no such group.
    """
    network.body = Orbit(network.body, group=group)
    return network


EQUIVARIANT: Mapping[str, Callable[..., Network]] = {
    "d4-resnet-small": partial(group_resnet, group="d4"),
    "c4-resnet-small": partial(group_resnet, group="c4", widths=(12, 24, 48)),
}
