import pytest
import timm
import torch
from torch import nn

from skyform.models.registry import build_network


def shapes(name: str, kind: type[nn.Module], *, outputs: int, **options: int) -> list[tuple]:
    """Output shape of each layer of a kind, without the batch."""
    with torch.device("meta"):
        network = build_network(name, outputs=outputs, **options).eval()
        size = options.get("size", 0)
        images = torch.zeros(1, 3, size, size) if size else torch.zeros(1, 3, 1, 1)
    network = network.to("meta")
    found: list[tuple] = []
    for layer in network.modules():
        if isinstance(layer, kind):
            layer.register_forward_hook(lambda _m, _i, out: found.append(tuple(out.shape[1:])))
    network(images)
    return found


def test_r1_has_exactly_the_parameters_that_it_reports():
    with torch.device("meta"):
        assert build_network("r1-vgg", outputs=10).parameter_count == 39_929_674


def test_r1_layer_by_layer():
    convolutions = shapes("r1-vgg", nn.Conv2d, outputs=10, size=69)
    sides = [69, 69, 34, 34, 17, 17, 17, 8, 8, 8, 4, 4, 4]
    filters = [64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
    assert convolutions == [(f, s, s) for f, s in zip(filters, sides, strict=True)]
    assert shapes("r1-vgg", nn.Linear, outputs=10, size=69) == [(4096,), (4096,), (10,)]
    assert shapes("r1-vgg", nn.Flatten, outputs=10, size=69) == [(2048,)]


def test_r4_layer_by_layer():
    assert shapes("r4-cnn", nn.Conv2d, outputs=4, size=100) == [
        (16, 50, 50),
        (32, 23, 23),
        (32, 21, 21),
    ]
    assert shapes("r4-cnn", nn.Linear, outputs=4, size=100) == [(128,), (4,)]


def test_r5_layer_by_layer():
    one = shapes("r5-model-1", nn.MaxPool2d, outputs=3, size=150)
    assert one == [(32, 74, 74), (32, 36, 36), (64, 17, 17), (64, 7, 7), (128, 2, 2)]
    assert len(shapes("r5-model-1", nn.BatchNorm2d, outputs=3, size=150)) == 4
    assert shapes("r5-model-1", nn.Linear, outputs=3, size=150) == [(512,), (128,), (3,)]
    two = shapes("r5-model-2", nn.MaxPool2d, outputs=3, size=150)
    assert [s[0] for s in two] == [64, 64, 128, 128, 128]
    assert shapes("r5-model-2", nn.Linear, outputs=3, size=150) == [(512,), (3,)]
    assert shapes("r5-model-2", nn.BatchNorm2d, outputs=3, size=150) == []


def test_the_eight_layer_network_has_one_convolution_of_96_filters():
    assert [s[0] for s in shapes("r3-eight-layer", nn.Conv2d, outputs=3, size=128)] == [96]
    assert len(shapes("r3-eight-layer", nn.Linear, outputs=3, size=128)) == 2


def test_the_feed_forward_network_has_288_units():
    assert shapes("r3-feed-forward", nn.Linear, outputs=37, size=64) == [(288,), (37,)]


@pytest.mark.parametrize(
    ("name", "backbone", "published"),
    # Chollet 2017, table 3; torchvision's and timm's count for He et al. 2016.
    [("r3-xception", "legacy_xception", 22_855_952), ("r5-resnet50", "resnet50", 25_557_032)],
)
def test_the_large_networks_are_the_published_ones(name: str, backbone: str, published: int):
    with torch.device("meta"):
        ours = build_network(name, outputs=1000).parameter_count
        theirs = sum(p.numel() for p in timm.create_model(backbone).parameters())
    assert ours == theirs == published


def test_weights_start_as_in_keras():
    torch.manual_seed(0)
    layer = build_network("r3-feed-forward", outputs=37, size=64).body[1]
    limit = (6 / (64 * 64 * 3 + 288)) ** 0.5
    assert layer.weight.abs().max().item() == pytest.approx(limit, rel=1e-3)
    assert (layer.bias == 0).all()
