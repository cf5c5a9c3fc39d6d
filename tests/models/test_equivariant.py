import pytest
import torch

from skyform.models.equivariant import GROUPS, GroupConv, Orbit, turned
from skyform.models.registry import build_network


def trained(name: str, size: int, **options) -> torch.nn.Module:
    """A network whose batch statistics are not those it starts with, in double precision."""
    torch.manual_seed(size)
    network = build_network(name, outputs=4, size=size, **options)
    network.train()
    for _ in range(2):
        network(torch.rand(4, 3, size, size))
    return network.double().eval()


def test_the_groups_are_groups():
    probe = torch.arange(16).reshape(4, 4)
    for name, count in (("d4", 8), ("c4", 4)):
        looks = {tuple(turned(probe, g).flatten().tolist()) for g in GROUPS[name]}
        assert len(looks) == count
        for g in GROUPS[name]:
            assert {
                tuple(turned(turned(probe, k), g).flatten().tolist()) for k in GROUPS[name]
            } == looks
    turns = {tuple(torch.rot90(probe, k).flatten().tolist()) for k in range(4)}
    assert {tuple(turned(probe, g).flatten().tolist()) for g in GROUPS["c4"]} == turns


@pytest.mark.parametrize("size", [16, 17, 30, 33, 45, 64])
def test_logits_do_not_change_with_the_orientation(size: int):
    network = trained("d4-resnet-small", size)
    images = torch.rand(2, 3, size, size, dtype=torch.double)
    with torch.no_grad():
        upright = network(images)
        assert upright.std() > 1e-3
        for g in GROUPS["d4"]:
            torch.testing.assert_close(network(turned(images, g)), upright, atol=1e-9, rtol=1e-9)


def test_c4_knows_rotations_but_not_mirrors():
    network = trained("c4-resnet-small", 33)
    images = torch.rand(2, 3, 33, 33, dtype=torch.double)
    with torch.no_grad():
        upright = network(images)
        for k in range(4):
            turn = torch.rot90(images, k, (2, 3))
            torch.testing.assert_close(network(turn), upright, atol=1e-9, rtol=1e-9)
        assert (network(images.flip(3)) - upright).abs().max() > 1e-4


@pytest.mark.parametrize("group", ["d4", "c4"])
def test_a_group_convolution_turns_its_fields_with_the_picture(group: str):
    torch.manual_seed(0)
    elements = GROUPS[group]
    order = len(elements)
    lift = GroupConv(3, 2, group=elements, kernel=5, lifting=True).double()
    conv = GroupConv(2, 4, group=elements).double()
    images = torch.rand(1, 3, 9, 9, dtype=torch.double)
    upright = conv(lift(images)).reshape(4, order, 9, 9)
    for h in elements:
        got = conv(lift(turned(images, h))).reshape(4, order, 9, 9)
        # Field by field the same maps, turned, in another order of the orientations.
        expected = turned(upright, h)
        for field in range(4):
            unmatched = list(range(order))
            for plane in got[field]:
                match = next(k for k in unmatched if torch.allclose(plane, expected[field, k]))
                unmatched.remove(match)
            assert unmatched == []


def test_a_lifting_filter_is_used_in_every_orientation():
    conv = GroupConv(1, 1, group=GROUPS["d4"], lifting=True)
    weights = torch.arange(9.0)
    conv.weight.data = weights.reshape(1, 1, 9)
    impulse = torch.zeros(1, 1, 5, 5)
    impulse[0, 0, 2, 2] = 1.0
    # A convolution answers an impulse with its filter, turned by half a turn.
    planes = conv(impulse)[0, :, 1:4, 1:4].flip(1, 2)
    wanted = {tuple(turned(weights.reshape(3, 3), g).flatten().tolist()) for g in GROUPS["d4"]}
    assert {tuple(p.flatten().tolist()) for p in planes} == wanted


def test_gradients_reach_every_weight():
    network = build_network("d4-resnet-small", outputs=3, size=32)
    network(torch.rand(2, 3, 32, 32)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


@pytest.mark.parametrize("name", ["r4-cnn", "timm/resnet10t", "r2-feed-forward"])
def test_any_network_in_orbit_is_indifferent(name: str):
    network = trained(f"orbit/{name}", 36)
    assert isinstance(network.body, Orbit)
    images = torch.rand(2, 3, 36, 36, dtype=torch.double)
    with torch.no_grad():
        upright = network(images)
        for g in GROUPS["d4"]:
            torch.testing.assert_close(network(turned(images, g)), upright, atol=1e-9, rtol=1e-9)


def test_the_orbit_averages_the_features():
    network = build_network("orbit/r4-cnn", outputs=2, size=36, group="c4").eval()
    images = torch.rand(2, 3, 36, 36)
    with torch.no_grad():
        each = [
            network.body.body(network.prepared(torch.rot90(images, k, (2, 3)))) for k in range(4)
        ]
        torch.testing.assert_close(network.features(images), torch.stack(each).mean(dim=0))
