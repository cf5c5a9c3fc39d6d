import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from skyform.errors import ModelError
from skyform.models import GalaxyNetwork
from skyform.models.registry import build_network

BACKBONE = "resnet10t"
COMMIT = "a" * 40


@pytest.fixture(scope="module")
def backbone() -> torch.nn.Module:
    torch.manual_seed(7)
    return timm.create_model(BACKBONE, num_classes=9).eval()


def same_body(network, backbone: torch.nn.Module) -> bool:
    wanted = backbone.state_dict()
    return all(torch.equal(v, wanted[k]) for k, v in network.body.state_dict().items())


def write(path: Path, weights: dict[str, torch.Tensor]) -> Path:
    save_file(weights, path)
    return path


@pytest.mark.parametrize("prefix", ["", "body.", "backbone.", "network.backbone."])
def test_weights_are_found_under_all_our_names(prefix: str, backbone, tmp_path):
    weights = {prefix + k: v for k, v in backbone.state_dict().items()}
    if prefix:
        weights["head.weight"] = torch.zeros(3)
    path = write(tmp_path / "weights.safetensors", weights)
    network = build_network(f"timm/{BACKBONE}", outputs=3, size=32, weights=path)
    assert same_body(network, backbone)


def test_the_weights_of_a_galaxy_network_start_another(tmp_path):
    trained = GalaxyNetwork(BACKBONE, answers=39, kinds=5)
    path = tmp_path / "best.pt"
    torch.save({"state_dict": {f"network.{k}": v for k, v in trained.state_dict().items()}}, path)
    network = build_network(f"timm/{BACKBONE}", outputs=3, size=32, weights=str(path))
    assert same_body(network, trained.backbone)


def test_our_own_networks_weights_can_be_read_again(tmp_path):
    torch.manual_seed(0)
    first = build_network("r4-cnn", outputs=4, size=40)
    path = write(tmp_path / "r4.safetensors", first.state_dict())
    again = build_network("orbit/r4-cnn", outputs=9, size=40, weights=path)
    assert all(
        torch.equal(v, first.body.state_dict()[k]) for k, v in again.body.body.state_dict().items()
    )


def broken(kind: str, folder: Path, backbone: torch.nn.Module) -> Path:
    path = folder / "weights.safetensors"
    weights = dict(backbone.state_dict())
    match kind:
        case "missing":
            return path
        case "folder":
            path.mkdir()
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("no weights here")
        case "truncated":
            data = write(path, weights).read_bytes()
            path.write_bytes(data[: len(data) // 2])
        case "other":
            write(path, timm.create_model("resnet18").state_dict())
        case "part":
            write(path, {k: v for k, v in weights.items() if not k.startswith("layer4")})
        case "pickled":
            path = path.with_suffix(".pt")
            torch.save({"state_dict": Path("harmless")}, path)
        case "list":
            path = path.with_suffix(".pt")
            torch.save([1, 2], path)
    return path


@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("missing", "no file of weights"),
        ("folder", "no file of weights"),
        ("empty", "cannot be read"),
        ("text", "cannot be read"),
        ("truncated", "cannot be read"),
        ("pickled", "cannot be read"),
        ("list", r"lack \d+ of the network's tensors"),
        ("other", "do not fit"),
        ("part", r"lack \d+ of the network's tensors, the first layer4"),
    ],
)
def test_weights_that_cannot_be_used(kind: str, match: str, backbone, tmp_path):
    path = broken(kind, tmp_path, backbone)
    with pytest.raises(ModelError, match=match):
        build_network(f"timm/{BACKBONE}", outputs=3, size=32, weights=path)


class Hub:
    """A hub on this machine: files by address, as the real one serves them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.answer(body=False)

            def do_GET(self) -> None:
                self.answer(body=True)

            def answer(self, *, body: bool) -> None:
                hub.asked.append(self.path)
                address = self.path.lstrip("/").replace("/resolve/main/", ":")
                data = hub.files.get(address)
                if data is None:
                    self.send_response(404)
                    known = any(f.startswith(address.partition(":")[0]) for f in hub.files)
                    self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("ETag", f'"{len(data)}"')
                self.send_header("X-Repo-Commit", COMMIT)
                self.end_headers()
                if body:
                    self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants, file_download

    made = Hub()
    for module in (constants, file_download.constants):
        monkeypatch.setattr(module, "ENDPOINT", made.url)
        template = made.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(module, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    yield made
    made.close()


def serve(hub: Hub, backbone: torch.nn.Module, folder: Path, *, channels: int = 3) -> None:
    cfg = {
        "architecture": BACKBONE,
        "num_classes": 0,
        "pretrained_cfg": {
            "num_classes": 0,
            "input_size": [channels, 64, 64],
            "mean": [0.1] * channels,
            "std": [0.2] * channels,
            "first_conv": "conv1.0",
            "classifier": "fc",
        },
    }
    if channels == 1:
        cfg["model_args"] = {"in_chans": 1}
    weights = {k: v for k, v in backbone.state_dict().items() if not k.startswith("fc.")}
    path = write(folder / "sent.safetensors", weights)
    hub.files["galaxies/encoder:config.json"] = json.dumps(cfg).encode()
    hub.files["galaxies/encoder:model.safetensors"] = path.read_bytes()


def test_an_encoder_comes_from_the_hub_once(hub: Hub, backbone, tmp_path):
    serve(hub, backbone, tmp_path)
    options = {"outputs": 3, "size": 64, "freeze": "backbone", "folder": tmp_path / "kept"}
    network = build_network("hf-hub:galaxies/encoder", **options)
    assert same_body(network, backbone)
    torch.testing.assert_close(network.mean.flatten(), torch.full((3,), 0.1))
    torch.testing.assert_close(network.std.flatten(), torch.full((3,), 0.2))
    assert not any(p.requires_grad for p in network.body.parameters())
    assert hub.asked
    # What was fetched is used without a connection.
    hub.close()
    assert same_body(build_network("hf-hub:galaxies/encoder", **options), backbone)


def test_a_grey_encoder_gets_grey_pictures(hub: Hub, tmp_path):
    grey = timm.create_model(BACKBONE, num_classes=0, in_chans=1)
    serve(hub, grey, tmp_path, channels=1)
    network = build_network(
        "hf-hub:galaxies/encoder", outputs=3, size=64, folder=tmp_path / "kept"
    ).eval()
    assert network.grey
    assert network(torch.rand(2, 3, 64, 64)).shape == (2, 3)


@pytest.mark.parametrize("fault", ["unknown", "broken config", "broken weights", "other weights"])
def test_a_hub_that_fails_is_one_clear_error(fault: str, hub: Hub, backbone, tmp_path):
    if fault != "unknown":
        serve(hub, backbone, tmp_path)
    if fault == "broken config":
        hub.files["galaxies/encoder:config.json"] = b"{"
    elif fault == "broken weights":
        hub.files["galaxies/encoder:model.safetensors"] = b"nothing"
    elif fault == "other weights":
        other = write(tmp_path / "o.safetensors", {"conv1.0.weight": torch.zeros(2, 2)})
        hub.files["galaxies/encoder:model.safetensors"] = other.read_bytes()
    with pytest.raises(ModelError, match=r"hf-hub:galaxies/encoder could not be had: .+"):
        build_network("hf-hub:galaxies/encoder", outputs=3, size=64, folder=tmp_path / "kept")


def test_a_hub_that_cannot_be_reached_is_one_clear_error(hub: Hub, tmp_path, monkeypatch):
    # It would wait between its attempts.
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    hub.close()
    with pytest.raises(ModelError, match="Check the name and the connection"):
        build_network("hf-hub:galaxies/encoder", outputs=3, size=64, folder=tmp_path / "kept")
