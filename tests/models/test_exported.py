"""The bundled encoder comes back as a network that can be trained on."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

import skyform
from skyform.errors import ModelError
from skyform.models.exported import load_exported
from skyform.models.registry import build_network

BUNDLED = Path(skyform.__file__).parent / "bundled"
SIZE = 128


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    rng = np.random.default_rng(0)
    light = rng.gamma(1.0, 20.0, (12, SIZE // 8, SIZE // 8, 3)).repeat(8, axis=1).repeat(8, axis=2)
    return np.clip(light + rng.normal(0, 4, light.shape), 0, 255).astype(np.uint8)


def images(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255


def test_the_network_gives_what_the_exported_one_gives(pixels: np.ndarray):
    network = build_network("timm/tf_efficientnet_lite0", outputs=3, size=SIZE)
    path = BUNDLED / "galaxy-tree.fp32.onnx"
    load_exported(network, path, images=images(pixels))
    with torch.inference_mode():
        got = network.eval().features(images(pixels)).numpy()
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (wanted,) = session.run(["embedding"], {"image": pixels})
    np.testing.assert_allclose(got, wanted, atol=2e-3)


def test_training_starts_from_there(pixels: np.ndarray):
    network = build_network("timm/tf_efficientnet_lite0", outputs=3, size=SIZE)
    load_exported(network, BUNDLED / "galaxy-tree.fp32.onnx", images=images(pixels))
    with torch.no_grad():
        still = network.eval().features(images(pixels))
        moving = network.train().features(images(pixels))
    # Statistics of these very pictures: the batch normalises itself as the running values do.
    correlation = np.corrcoef(still.numpy().ravel(), moving.numpy().ravel())[0, 1]
    assert correlation > 0.999


def test_another_architecture_is_refused(pixels: np.ndarray):
    network = build_network("timm/resnet10t", outputs=3, size=64)
    with pytest.raises(
        ModelError, match=r"are not this network's: 49 against \d+, the first difference"
    ):
        load_exported(network, BUNDLED / "galaxy-tree.fp32.onnx", images=images(pixels))


def test_an_int8_file_is_refused(pixels: np.ndarray):
    network = build_network("timm/tf_efficientnet_lite0", outputs=3, size=64)
    with pytest.raises(ModelError, match="int8"):
        load_exported(network, BUNDLED / "galaxy-tree.int8.onnx", images=images(pixels))


def test_a_damaged_file_is_refused(pixels: np.ndarray, tmp_path: Path):
    (tmp_path / "x.onnx").write_bytes(b"no model")
    network = build_network("timm/tf_efficientnet_lite0", outputs=3, size=64)
    with pytest.raises(ModelError, match=r"x\.onnx"):
        load_exported(network, tmp_path / "x.onnx", images=images(pixels))
