"""Weights to start from, out of a file and out of a package."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from skyform.errors import DataError, RecipeError
from skyform.models import GalaxyNetwork
from skyform.training.starting_weights import load_network_of_run, load_starting_weights

NAME = "tf_efficientnet_lite0"


def backbone(**more: object) -> torch.nn.Module:
    return timm.create_model(NAME, pretrained=False, num_classes=0, **more)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, torch.Tensor]]:
    """A package with a whole network under names of its own."""
    whole = timm.create_model(NAME, pretrained=False).state_dict()
    folder = tmp_path / "made_up_weights"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").touch()
    renamed = {f"_layer{i}": v for i, v in enumerate(whole.values())}
    torch.save(renamed, folder / "models/lite0.pth")
    monkeypatch.syspath_prepend(tmp_path)
    return "package:made_up_weights", whole


def test_a_package_gives_every_layer_its_weights(package: tuple[str, dict], tmp_path: Path):
    weights, whole = package
    network = backbone()
    load_starting_weights(network, weights, data=tmp_path)
    state = network.state_dict()
    assert set(whole) - set(state) == {"classifier.weight", "classifier.bias"}
    assert all(torch.equal(v, whole[k]) for k, v in state.items())


def test_a_package_of_another_network(package: tuple[str, dict], tmp_path: Path):
    other = timm.create_model("tf_efficientnet_lite1", pretrained=False, num_classes=0)
    with pytest.raises(RecipeError, match="do not fit the backbone: it has"):
        load_starting_weights(other, package[0], data=tmp_path)


def test_a_package_of_the_same_length_with_other_shapes(package: tuple[str, dict], tmp_path: Path):
    # As many layers, of which the first sees one band.
    with pytest.raises(RecipeError, match="do not fit the backbone"):
        load_starting_weights(backbone(in_chans=1), package[0], data=tmp_path)


@pytest.mark.parametrize("name", ["no_such_package", "os.path", ""])
def test_a_package_that_is_not_there(name: str, tmp_path: Path):
    with pytest.raises(DataError, match="not installed"):
        load_starting_weights(backbone(), f"package:{name}", data=tmp_path)


def test_a_file_that_lacks_layers(tmp_path: Path):
    save_file({"conv_stem.weight": backbone().state_dict()["conv_stem.weight"]}, tmp_path / "w")
    with pytest.raises(RecipeError, match="it lacks"):
        load_starting_weights(backbone(), "w", data=tmp_path)


def network(*, kinds: int = 2) -> GalaxyNetwork:
    return GalaxyNetwork(NAME, answers=3, kinds=kinds, dropout=0.0, drop_path=0.0)


def test_a_run_gives_its_whole_network(tmp_path: Path):
    before, after = network(), network()
    save_file(before.state_dict(), tmp_path / "network-4.safetensors")
    load_network_of_run(after, f"run:{tmp_path}")
    state = before.state_dict()
    assert "answers.weight" in state
    assert all(torch.equal(v, state[k]) for k, v in after.state_dict().items())


def test_a_run_of_another_network(tmp_path: Path):
    save_file(network(kinds=3).state_dict(), tmp_path / "network-0.safetensors")
    with pytest.raises(RecipeError, match="do not fit"):
        load_network_of_run(network(), f"run:{tmp_path}")


def test_a_run_with_no_network_or_with_several(tmp_path: Path):
    with pytest.raises(DataError, match="holds 0 networks"):
        load_network_of_run(network(), f"run:{tmp_path}")
    for seed in (0, 1):
        save_file(network().state_dict(), tmp_path / f"network-{seed}.safetensors")
    with pytest.raises(DataError, match="holds 2 networks"):
        load_network_of_run(network(), f"run:{tmp_path}")
