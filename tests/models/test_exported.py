"""The bundled encoder comes back as a network that can be trained on."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from skyform.errors import ModelError
from skyform.inference import bundled_path
from skyform.models import GalaxyNetwork, Portable, with_static_padding
from skyform.models.exported import load_exported
from skyform.models.registry import build_network
from skyform.training.export import export_fp32, export_int8

SIZE = 64
NAME = "tf_efficientnet_lite0"


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    rng = np.random.default_rng(0)
    light = rng.gamma(1.0, 20.0, (24, SIZE // 8, SIZE // 8, 3)).repeat(8, axis=1).repeat(8, axis=2)
    return np.clip(light + rng.normal(0, 4, light.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def files(pixels: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two networks that have seen these pictures, one alone and both together, as they are exported."""
    folder = tmp_path_factory.mktemp("exported")
    torch.manual_seed(0)
    networks = [GalaxyNetwork(NAME, answers=39, kinds=5) for _ in "ab"]
    with torch.no_grad():
        embeddings = [n(images(pixels) * 2 - 1)[2] for n in networks]
    fixed = [with_static_padding(n, size=SIZE) for n in networks]
    for name, count in (("one", 1), ("two", 2)):
        joined = torch.cat(embeddings[:count], dim=1)
        portable = Portable(fixed[:count], mean=0.5, std=0.5, embeddings=joined)
        export_fp32(portable, folder / f"{name}.onnx", size=SIZE)
    export_int8(folder / "one.onnx", folder / "int8.onnx", pixels=pixels)
    return {name: folder / f"{name}.onnx" for name in ("one", "two", "int8")}


def images(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255


def features(pixels: np.ndarray, path: Path) -> np.ndarray:
    network = build_network(f"timm/{NAME}", outputs=3, size=SIZE)
    load_exported(network, path, images=images(pixels))
    with torch.inference_mode():
        return network.eval().features(images(pixels)).numpy()


def test_the_network_gives_what_the_exported_one_gives(pixels: np.ndarray, files: dict[str, Path]):
    session = onnxruntime.InferenceSession(str(files["one"]), providers=["CPUExecutionProvider"])
    (wanted,) = session.run(["embedding"], {"image": pixels})
    np.testing.assert_allclose(features(pixels, files["one"]), wanted, atol=2e-3)


def test_of_several_networks_the_first_is_taken(pixels: np.ndarray, files: dict[str, Path]):
    one, two = (features(pixels, files[name]) for name in ("one", "two"))
    np.testing.assert_allclose(two, one, atol=2e-3)


def test_an_int8_file_gives_nearly_the_same(pixels: np.ndarray, files: dict[str, Path]):
    full, rounded = (features(pixels, files[name]).ravel() for name in ("one", "int8"))
    assert np.corrcoef(full, rounded)[0, 1] > 0.98


def test_the_bundled_encoder_is_read(pixels: np.ndarray):
    assert np.isfinite(features(pixels, bundled_path())).all()


def test_training_starts_from_there(pixels: np.ndarray, files: dict[str, Path]):
    network = build_network(f"timm/{NAME}", outputs=3, size=SIZE)
    load_exported(network, files["one"], images=images(pixels))
    with torch.no_grad():
        still = network.eval().features(images(pixels))
        moving = network.train().features(images(pixels))
    # Statistics of these very pictures: the batch normalises itself as the running values do.
    correlation = np.corrcoef(still.numpy().ravel(), moving.numpy().ravel())[0, 1]
    assert correlation > 0.999


def test_another_architecture_is_refused(pixels: np.ndarray, files: dict[str, Path]):
    network = build_network("timm/resnet10t", outputs=3, size=64)
    with pytest.raises(
        ModelError, match=r"are not this network's: 49 against \d+, the first difference"
    ):
        load_exported(network, files["one"], images=images(pixels))


def test_a_damaged_file_is_refused(pixels: np.ndarray, tmp_path: Path):
    (tmp_path / "x.onnx").write_bytes(b"no model")
    network = build_network("timm/tf_efficientnet_lite0", outputs=3, size=64)
    with pytest.raises(ModelError, match=r"x\.onnx"):
        load_exported(network, tmp_path / "x.onnx", images=images(pixels))
