import inspect
import subprocess
import sys
import warnings

import numpy as np
import onnxruntime
import pytest
import torch

from skyform.errors import MissingExtraError, RecipeError
from skyform.models import registry
from skyform.models.assembly import FromPixels
from skyform.models.classical import CLASSICAL
from skyform.models.encoders import ENCODERS
from skyform.models.equivariant import EQUIVARIANT
from skyform.models.reference import REFERENCE
from skyform.models.registry import MODELS, build_classical, build_network, find_model

NETWORKS = [e.name for e in MODELS.values() if e.family == "network"]


def test_every_entry_can_be_built_and_every_builder_has_an_entry():
    builders = [*REFERENCE, *ENCODERS, *EQUIVARIANT]
    assert sorted(builders) == sorted(NETWORKS)
    assert sorted(CLASSICAL) == sorted(set(MODELS) - set(NETWORKS))
    assert all(e.name == name and e.source and e.layers for name, e in MODELS.items())


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_runs_at_its_own_size(name: str):
    entry = find_model(name)
    # On the meta device, shapes are all that is computed.
    with torch.device("meta"):
        network = build_network(name, outputs=entry.outputs).eval()
        images = torch.zeros(2, 3, entry.size, entry.size)
    network = network.to("meta")
    features = network.features(images)
    assert features.ndim == 2
    assert network(images).shape == (2, entry.outputs)
    assert network.head(features).shape == (2, entry.outputs)


@pytest.mark.parametrize("name", ["r2-cnn", "r4-cnn", "d4-resnet-small", "timm/resnet10t"])
def test_a_network_learns(name: str):
    torch.manual_seed(0)
    images = torch.rand(8, 3, 32, 32)
    truth = torch.arange(8) % 2
    # The easiest task there is: dark or bright.
    images[truth == 1] *= 0.2
    options = {} if name.startswith("timm") or name == "r2-cnn" else {"dropout": 0.0}
    network = build_network(name, outputs=2, size=32, **options).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    losses = []
    for _ in range(25):
        loss = torch.nn.functional.cross_entropy(network(images), truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 < losses[0] + 0.3
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("r1-vgg", 33),
        ("r4-cnn", 40),
        ("r5-model-1", 110),
        ("d4-resnet-small", 33),
        ("d4-resnet-small", 32),
        ("orbit/r2-feed-forward", 16),
        ("timm/tf_efficientnet_lite0", 40),
        ("timm/vit_tiny_patch16_224", 32),
    ],
)
def test_exported_networks_say_the_same(name: str, size: int, tmp_path):
    torch.manual_seed(1)
    network = build_network(name, outputs=5, size=size).eval()
    pixels = torch.randint(0, 256, (3, size, size, 3), dtype=torch.uint8)
    path = tmp_path / "network.onnx"
    portable = FromPixels(network).eval()
    with torch.no_grad():
        logits, features = portable(pixels)
    with warnings.catch_warnings():
        # The TorchScript exporter says that it will go.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            portable,
            (pixels[:2],),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=["classes", "embedding"],
            dynamic_axes={n: {0: "batch"} for n in ("image", "classes", "embedding")},
        )
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(None, {"image": pixels.numpy()})
    np.testing.assert_allclose(got[0], logits.numpy(), atol=1e-4)
    np.testing.assert_allclose(got[1], features.numpy(), atol=1e-3, rtol=1e-4)


def test_a_frozen_body_stays_as_it_is():
    network = build_network("timm/resnet10t", outputs=3, size=32, freeze="backbone")
    before = {k: v.clone() for k, v in network.body.state_dict().items()}
    network.train()
    optimiser = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=1.0)
    network(torch.rand(4, 3, 32, 32)).sum().backward()
    optimiser.step()
    assert all(torch.equal(v, before[k]) for k, v in network.body.state_dict().items())
    learning = {n for n, p in network.named_parameters() if p.requires_grad}
    assert learning == {"head.1.weight", "head.1.bias"}


def test_grey_networks_see_luminance():
    network = build_network("r4-cnn", outputs=4, size=40).eval()
    red = torch.zeros(1, 3, 40, 40)
    red[:, 0] = 1.0
    torch.testing.assert_close(network.prepared(red), torch.full((1, 1, 40, 40), 0.299))


def test_options_change_the_network():
    small = build_network("r3-feed-forward", outputs=37, size=8, units=[5])
    assert small.parameter_count == 8 * 8 * 3 * 5 + 5 + 5 * 37 + 37
    deep = build_network("timm/resnet10t", outputs=3, size=32, head="mlp", hidden=7)
    assert deep.head[1].out_features == 7


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("r1-vg", "r1-vgg"),
        ("random-forrest", "random-forest"),
        ("timm/resnet_50", "resnet50"),
        ("orbit/r4-cn", "r4-cnn"),
    ],
)
def test_an_unknown_name_is_answered_with_close_ones(name: str, close: str):
    with pytest.raises(RecipeError, match=close):
        find_model(name)


@pytest.mark.parametrize("name", ["", "zzz", "hf-hub:nobody", "hf-hub:a/b/c", "hf-hub:/b"])
def test_a_senseless_name_is_refused(name: str):
    with pytest.raises(RecipeError, match=r"docs/models\.md|hf-hub:owner/name"):
        find_model(name)


def test_prefixes_make_entries():
    entry = find_model("orbit/timm/resnet18")
    assert (entry.name, entry.family, entry.size) == ("orbit/timm/resnet18", "network", 224)
    assert find_model("timm/tf_efficientnet_lite1").size == 240
    assert find_model("hf-hub:owner/name").title == "owner/name"


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: build_network("r4-cnn", outputs=4, droput=0.1), "no option droput.*dropout"),
        (lambda: build_network("r5-model-1", outputs=3, size=40), "at 40 px.*150 px"),
        (lambda: build_network("r4-cnn", outputs=0), "outputs is 0"),
        (lambda: build_network("knn", outputs=4), "no network"),
        (lambda: build_network("orbit/r4-cnn", outputs=4, group="d8"), "d8"),
        (lambda: build_network("d4-resnet-small", outputs=4, group="d8"), "d8.*d4 or c4"),
        (lambda: build_network("d4-resnet-small", outputs=4, size=8), "16 px"),
        (
            lambda: build_network("timm/resnet10t", outputs=4, size=32, head="deep"),
            "head is 'deep'",
        ),
        (
            lambda: build_network("timm/vgg11", outputs=4, size=32, drop_path=0.1),
            "drop_path is 0.1",
        ),
        (lambda: find_model("orbit/knn"), "knn is no network"),
        (lambda: build_classical("r4-cnn"), "is a network"),
    ],
)
def test_what_cannot_be_built_is_one_clear_error(call, match: str):
    with pytest.raises(RecipeError, match=match):
        call()


def test_without_torch_networks_name_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"skyform\[train\]"):
        build_network("r4-cnn", outputs=4)
    with pytest.raises(MissingExtraError, match="timm"):
        find_model("timm/resnet18")
    assert find_model("r4-cnn").size == 100


def test_the_registry_needs_no_torch():
    modules = "registry, classical, features, morphology"
    code = (
        f"from skyform.models import {modules}; import sys; registry.build_classical('knn');"
        "assert not {'torch', 'timm', 'statmorph', 'skimage'} & set(sys.modules), 'heavy'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_builders_take_outputs_and_size():
    for name, builder in {**REFERENCE, **ENCODERS, **EQUIVARIANT}.items():
        assert {"outputs", "size"} <= set(inspect.signature(builder).parameters), name
