"""The models of the registry as data: what each is, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["MODELS", "ModelEntry"]


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the registry.

    Attributes
    ----------
    name, title : str
        In recipes; for people.
    family : str
        `network` learns by gradient descent and needs torch; `classical` is a scikit-learn estimator.
    source : str
        The system or paper that it comes from.
    size : int
        Side of its input by default, px.
    outputs : int
        Classes or answers in its source; decides the number of parameters that the documentation gives.
    layers : str
        Its layers or parts, in a line.
    """

    name: str
    title: str
    family: Literal["network", "classical"]
    source: str
    size: int
    outputs: int = 10
    layers: str = ""


_COHEN = "Cohen and Welling 2016, arXiv:1602.07576; our layers"

_ENTRIES: tuple[ModelEntry, ...] = (
    ModelEntry(
        "r1-vgg",
        "VGG-like network",
        "network",
        "R1; after Simonyan and Zisserman 2015, arXiv:1409.1556",
        69,
        10,
        "same 3x3 conv 64, 64, pool, 128, 128, pool, 256 x3, pool, 512 x3, pool, 512 x3, pool, dense 4096, dense 4096",
    ),
    ModelEntry(
        "r2-feed-forward",
        "Feed-forward network",
        "network",
        "R2; units are our choice",
        64,
        10,
        "all pixels, dense 256, dense 128",
    ),
    ModelEntry(
        "r2-cnn",
        "Convolutional network",
        "network",
        "R2; its 32 filters, the number of layers is our choice",
        64,
        10,
        "3x3 conv 32, pool, 32, pool, 32, pool, dense 128",
    ),
    ModelEntry(
        "r3-feed-forward",
        "Feed-forward network of 288 units",
        "network",
        "R3, found by its hyperparameter search",
        64,
        37,
        "all pixels, dense 288",
    ),
    ModelEntry(
        "r3-cnn",
        "Network of three convolutions",
        "network",
        "R3; filters are our choice",
        96,
        37,
        "3x3 conv 32, pool, 64, pool, 128, pool, dense 128",
    ),
    ModelEntry(
        "r3-xception",
        "Xception",
        "network",
        "R3; Chollet 2017, arXiv:1610.02357",
        128,
        37,
        "36 depthwise separable convolutions in 14 modules, average pool (timm's legacy_xception)",
    ),
    ModelEntry(
        "r3-eight-layer",
        "Eight layers with one convolution of 96 filters",
        "network",
        "R3's literature; Khalifa et al. 2017, arXiv:1709.02245; kernel, pool and units are our reading",
        128,
        3,
        "11x11 conv 96 stride 4, pool, dense 24",
    ),
    ModelEntry(
        "r4-cnn",
        "Deep-sky network",
        "network",
        "R4",
        100,
        4,
        "grey; same 5x5 conv 16 stride 2, pool, 3x3 conv 32, 3x3 conv 32, dropout, dense 128, dropout",
    ),
    ModelEntry(
        "r5-model-1",
        "Hubble types, model 1",
        "network",
        "R5",
        150,
        3,
        "3x3 conv 32, 32, 64, 64, each with batch norm and pool, 128, pool, dense 512, dense 128",
    ),
    ModelEntry(
        "r5-model-2",
        "Hubble types, model 2",
        "network",
        "R5",
        150,
        3,
        "3x3 conv 64, 64, 128, 128, 128, each with pool, dropout 0.5, dense 512",
    ),
    ModelEntry(
        "r5-resnet50",
        "ResNet-50",
        "network",
        "R5; He et al. 2016, arXiv:1512.03385",
        150,
        3,
        "16 bottleneck blocks in 4 stages, average pool (timm's resnet50)",
    ),
    ModelEntry(
        "d4-resnet-small",
        "Network that knows no up, down, left or right",
        "network",
        _COHEN,
        96,
        10,
        "group convolutions of the 8 flips and rotations: lifting 5x5, 5 residual blocks of 8, 16, 32 fields, 128 invariants",
    ),
    ModelEntry(
        "c4-resnet-small",
        "Network that knows no up or down, but left from right",
        "network",
        _COHEN,
        96,
        10,
        "the same with the 4 rotations: 12, 24, 48 fields; tells clockwise from anticlockwise",
    ),
    ModelEntry(
        "majority",
        "Majority",
        "classical",
        "R2's trivial baseline",
        64,
        layers="every class as often as in training, whatever the picture",
    ),
    ModelEntry(
        "knn",
        "k-nearest neighbours",
        "classical",
        "R2",
        64,
        layers="the ten nearest training pictures in 64 principal components, weighted by distance",
    ),
    ModelEntry(
        "decision-tree", "Decision tree", "classical", "R2", 64, layers="one tree on 32x32 pixels"
    ),
    ModelEntry(
        "random-forest",
        "Random forest",
        "classical",
        "R2 and R4; Breiman 2001, Machine Learning 45, 5",
        100,
        layers="300 trees on 32x32 pixels",
    ),
    ModelEntry(
        "logistic-regression",
        "Logistic regression",
        "classical",
        "R2 and R3",
        64,
        layers="linear in 32x32 pixels",
    ),
    ModelEntry(
        "gradient-boosting",
        "Gradient boosting",
        "classical",
        "R2's wish list; Friedman 2001, Annals of Statistics 29, 1189",
        128,
        layers="up to 200 rounds of trees on measured morphology",
    ),
    ModelEntry(
        "voting",
        "Vote of several models",
        "classical",
        "R2's wish list",
        128,
        layers="the mean of boosting on morphology, a forest on gradients, logistic regression on components",
    ),
    ModelEntry(
        "stacking",
        "Stack of several models",
        "classical",
        "R2's wish list; Wolpert 1992, Neural Networks 5, 241",
        128,
        layers="the same three, and a logistic regression that has learned how far to trust each",
    ),
)

MODELS: Mapping[str, ModelEntry] = MappingProxyType({e.name: e for e in _ENTRIES})
