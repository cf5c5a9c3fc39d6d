"""The networks of the reference systems R1 to R5, layer for layer as they are described.

Where a description is silent we follow Keras, in which all were written: convolutions without padding, ReLU after each, and its initial
weights. The last layer, whose softmax is part of the loss here, is the head.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from torch import nn

from skyform.models.assembly import Network, as_keras, feature_count

__all__ = [
    "REFERENCE",
    "convolutional",
    "eight_layer",
    "feed_forward",
    "r1_vgg",
    "r4_cnn",
    "r5_cnn",
]


def _network(
    layers: Sequence[nn.Module], *, outputs: int, size: int, grey: bool = False
) -> Network:
    body = nn.Sequential(*layers)
    features = feature_count(body, size=size, channels=1 if grey else 3)
    network = Network(body, nn.Linear(features, outputs), grey=grey)
    as_keras(network)
    return network


def _convolution(
    inputs: int, filters: int, *, padding: int = 0, norm: bool = False
) -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Conv2d(inputs, filters, 3, padding=padding), nn.ReLU()]
    return [*layers, nn.BatchNorm2d(filters)] if norm else layers


def r1_vgg(*, outputs: int, size: int, dropout: float = 0.0) -> Network:
    """R1: five blocks of "same" 3x3 convolutions, each with a pool, and two dense layers of 4096."""
    layers: list[nn.Module] = []
    inputs = 3
    for count, filters in ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)):
        for _ in range(count):
            layers += _convolution(inputs, filters, padding=1)
            inputs = filters
        layers.append(nn.MaxPool2d(2))
    layers.append(nn.Flatten())
    flat = feature_count(nn.Sequential(*layers), size=size)
    for features in (flat, 4096):
        layers += [nn.Linear(features, 4096), nn.ReLU(), nn.Dropout(dropout)]
    return _network(layers, outputs=outputs, size=size)


def feed_forward(
    *,
    outputs: int,
    size: int,
    units: Sequence[int] = (288,),
    dropout: float = 0.0,
    grey: bool = False,
) -> Network:
    """All pixels into dense layers with ReLU."""
    layers: list[nn.Module] = [nn.Flatten()]
    features = size * size * (1 if grey else 3)
    for n in units:
        layers += [nn.Linear(features, n), nn.ReLU(), nn.Dropout(dropout)]
        features = n
    return _network(layers, outputs=outputs, size=size, grey=grey)


def convolutional(
    *,
    outputs: int,
    size: int,
    filters: Sequence[int] = (32, 64, 128),
    units: int = 128,
    dropout: float = 0.0,
    grey: bool = False,
) -> Network:
    """3x3 convolutions with ReLU, each followed by a 2x2 pool, and one dense layer."""
    layers: list[nn.Module] = []
    inputs = 1 if grey else 3
    for n in filters:
        layers += [*_convolution(inputs, n), nn.MaxPool2d(2)]
        inputs = n
    layers.append(nn.Flatten())
    flat = feature_count(nn.Sequential(*layers), size=size, channels=1 if grey else 3)
    layers += [nn.Linear(flat, units), nn.ReLU(), nn.Dropout(dropout)]
    return _network(layers, outputs=outputs, size=size, grey=grey)


def eight_layer(*, outputs: int, size: int, kernel: int = 11, units: int = 24) -> Network:
    """Eight layers as Khalifa et al. 2017 count them: input, convolution of 96 filters, ReLU, pool, dense, ReLU, dense, softmax.

    The paper's abstract gives the eight layers, the 96 filters and the two dense layers; kernel, stride, pool and dense units are our
    choice, the first two those of AlexNet's first layer, which has 96 filters as well (Krizhevsky et al. 2012).
    """
    layers: list[nn.Module] = [
        nn.Conv2d(3, 96, kernel, stride=4),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Flatten(),
    ]
    flat = feature_count(nn.Sequential(*layers), size=size)
    return _network([*layers, nn.Linear(flat, units), nn.ReLU()], outputs=outputs, size=size)


def r4_cnn(*, outputs: int, size: int, dropout: float = 0.5) -> Network:
    """R4: a 5x5 convolution with stride 2 and "same" padding, a pool, two 3x3 convolutions, one dense layer, on grey pictures."""
    # "Same" with a stride as TensorFlow does it: what is missing on the two sides together, the odd pixel on the far side.
    missing = max((-(-size // 2) - 1) * 2 + 5 - size, 0)
    near, far = missing // 2, missing - missing // 2
    layers: list[nn.Module] = [
        nn.ZeroPad2d((near, far, near, far)),
        nn.Conv2d(1, 16, 5, stride=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        *_convolution(16, 32),
        *_convolution(32, 32),
        nn.Flatten(),
        nn.Dropout(dropout),
    ]
    flat = feature_count(nn.Sequential(*layers), size=size, channels=1)
    layers += [nn.Linear(flat, 128), nn.ReLU(), nn.Dropout(dropout)]
    return _network(layers, outputs=outputs, size=size, grey=True)


def r5_cnn(
    *,
    outputs: int,
    size: int,
    filters: Sequence[int],
    normalised: int,
    units: Sequence[int],
    dropout: float = 0.0,
) -> Network:
    """R5: 3x3 convolutions with ReLU, batch normalisation after the first `normalised`, a pool after each; dropout; dense layers."""
    layers: list[nn.Module] = []
    inputs = 3
    for i, n in enumerate(filters):
        layers += [*_convolution(inputs, n, norm=i < normalised), nn.MaxPool2d(2)]
        inputs = n
    layers += [nn.Flatten(), nn.Dropout(dropout)]
    features = feature_count(nn.Sequential(*layers), size=size)
    for n in units:
        layers += [nn.Linear(features, n), nn.ReLU()]
        features = n
    return _network(layers, outputs=outputs, size=size)


REFERENCE: Mapping[str, Callable[..., Network]] = {
    "r1-vgg": r1_vgg,
    "r2-feed-forward": partial(feed_forward, units=(256, 128)),
    "r2-cnn": partial(convolutional, filters=(32, 32, 32)),
    "r3-feed-forward": feed_forward,
    "r3-cnn": convolutional,
    "r3-eight-layer": eight_layer,
    "r4-cnn": r4_cnn,
    "r5-model-1": partial(r5_cnn, filters=(32, 32, 64, 64, 128), normalised=4, units=(512, 128)),
    "r5-model-2": partial(
        r5_cnn, filters=(64, 64, 128, 128, 128), normalised=0, units=(512,), dropout=0.5
    ),
}
