import torch

from skyform.models import GalaxyNetwork, Portable, with_static_padding


def made(components: int = 4) -> tuple[GalaxyNetwork, Portable, torch.Tensor]:
    torch.manual_seed(0)
    network = GalaxyNetwork("tf_efficientnet_lite0", answers=39, kinds=5).eval()
    pixels = torch.randint(0, 256, (6, 64, 64, 3), dtype=torch.uint8)
    with torch.no_grad():
        embeddings = network(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1)[2]
    return (
        network,
        Portable([network], mean=0.5, std=0.5, embeddings=embeddings, components=components),
        pixels,
    )


def test_the_portable_network_says_the_same_from_raw_pixels():
    network, portable, pixels = made()
    with torch.no_grad():
        answers, kinds, pooled = network(pixels.permute(0, 3, 1, 2).float() / 127.5 - 1)
        out = portable(pixels)
    torch.testing.assert_close(out[0], answers, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(out[1], kinds, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(out[2], pooled, atol=1e-4, rtol=1e-3)


def test_distance_grows_away_from_the_training_data():
    _network, portable, pixels = made()
    with torch.no_grad():
        near = portable(pixels)[3]
        strange = portable(torch.full((1, 64, 64, 3), 255, dtype=torch.uint8))[3]
    assert (near >= 0).all()
    assert strange.item() > near.mean().item()


def test_static_padding_changes_nothing_but_the_graph():
    network, _portable, pixels = made()
    images = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    static = with_static_padding(network, size=64)
    with torch.no_grad():
        torch.testing.assert_close(static(images)[0], network(images)[0], atol=1e-4, rtol=1e-3)
    assert not any(type(m).__name__ == "Conv2dSame" for m in static.modules())
    assert any(type(m).__name__ == "Conv2dSame" for m in network.modules())


def test_networks_answer_together():
    torch.manual_seed(1)
    networks = [GalaxyNetwork("tf_efficientnet_lite0", answers=39, kinds=5).eval() for _ in "ab"]
    pixels = torch.randint(0, 256, (6, 64, 64, 3), dtype=torch.uint8)
    x = pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.no_grad():
        each = [n(x) for n in networks]
        joined = torch.cat([e[2] for e in each], dim=1)
        together = Portable(networks, mean=0.5, std=0.5, embeddings=joined, components=4)
        answers, kinds, embedding, distance = together(pixels)
    torch.testing.assert_close(answers, (each[0][0] + each[1][0]) / 2, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(kinds, (each[0][1] + each[1][1]) / 2, atol=1e-4, rtol=1e-3)
    assert embedding.shape[1] <= 256
    assert distance.shape == (6,)
    # The projection keeps how far pictures lie apart.
    torch.testing.assert_close(
        torch.cdist(embedding, embedding), torch.cdist(joined, joined), atol=0.02, rtol=0.01
    )


def test_stages_count_from_the_input():
    network = GalaxyNetwork("tf_efficientnet_lite0", answers=3, kinds=2)
    assert network.stages(0) == []
    assert network.stages(1) == [network.backbone.conv_stem, network.backbone.bn1]
    assert network.stages(3)[-1] is network.backbone.blocks[1]
