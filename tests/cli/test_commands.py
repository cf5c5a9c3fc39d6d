"""The commands other than classify."""

import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image
from stand_in import FakeClassifier

import skyform.cli.demo
import skyform.cli.serve
import skyform.cli.train
import skyform.images
from skyform.cli import main
from skyform.cli.demo import samples
from skyform.errors import UnreadableFileError
from skyform.images import Limits
from skyform.server import Settings

Capture = pytest.CaptureFixture[str]


def test_explain_writes_the_evidence_picture(
    classifier: FakeClassifier, pictures: Path, capsys: Capture
):
    assert main(["explain", "night/m51.jpg"]) == 0
    with Image.open("m51-evidence.png") as portrait:
        assert portrait.width == 1720
    assert capsys.readouterr().err.endswith("Evidence: m51-evidence.png\n")
    assert classifier.called == [{"evidence": True}]


def test_explain_one_answer_to_a_named_file(classifier: FakeClassifier, pictures: Path):
    assert main(["explain", "night/m51.jpg", "--answer", "bar.yes", "--to", "why.jpg"]) == 0
    assert Path("why.jpg").stat().st_size > 1000
    assert classifier.called == [{"evidence": "bar.yes"}]


def test_explain_standard_input_and_what_is_no_galaxy(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch
):
    data = (pictures / "m51.jpg").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["explain", "-"]) == 0
    assert main(["explain", "night/sub/veil-nebula.jpg"]) == 0
    assert sorted(p.name for p in Path().glob("*.png")) == [
        "stdin-evidence.png",
        "veil-nebula-evidence.png",
    ]


def test_explain_takes_no_more_than_it_may_from_standard_input(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    monkeypatch.setattr(skyform.images, "Limits", lambda: Limits(max_bytes=100))
    endless = io.BytesIO(b"\xff" * 10_000)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(endless))
    assert main(["explain", "-"]) == 3
    assert endless.tell() == 101
    assert "over the limit" in capsys.readouterr().err


def test_explain_says_what_is_wrong(classifier: FakeClassifier, pictures: Path, capsys: Capture):
    assert main(["explain", "night/m51.jpg", "--answer", "wings.yes"]) == 2
    assert "--answer wings.yes: the model's answers are smooth-or-features.smooth" in (
        capsys.readouterr().err
    )
    assert main(["explain", "night/m51.jpg", "--to", "out.bmp"]) == 3
    assert "extension '.bmp'" in capsys.readouterr().err
    assert main(["explain", "night/broken.jpg"]) == 3
    assert "empty" in capsys.readouterr().err


def test_demo_shows_the_samples(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    monkeypatch.setattr(skyform.cli.demo, "samples", lambda folder: [pictures / "m51.jpg"])
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert "m51 " in out
    assert "1 classified" in err
    assert "credits.json" in err


def test_samples_are_sorted_and_a_broken_installation_is_told(pictures: Path, tmp_path: Path):
    assert [p.name for p in samples(pictures)] == ["broken.jpg", "m51.jpg"]
    with pytest.raises(UnreadableFileError, match="no sample pictures"):
        samples(tmp_path / "none")


def test_models_shows_the_card(classifier: FakeClassifier, capsys: Capture):
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("made-up@1\n")
    assert "    gz2\n      rmse  0.07123\n" in out.replace("  validation\n", "")
    assert "12 questions, 39 answers" in out
    assert all(len(line) <= 100 for line in out.splitlines())
    assert main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "A made-up model"


def test_serve_makes_settings_from_options_and_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    served: list[Settings] = []
    monkeypatch.setattr(skyform.cli.serve, "serve", served.append)
    monkeypatch.setenv("SKYFORM_PORT", "9001")
    monkeypatch.setenv("SKYFORM_QUEUE", "5")
    assert main(["serve", "--port", "9002", "--timeout", "2.5", "--model", "m.onnx"]) == 0
    (settings,) = served
    assert (settings.port, settings.queue, settings.timeout) == (9002, 5, 2.5)
    assert (settings.model, settings.host) == ("m.onnx", "127.0.0.1")
    assert main(["serve", "--port", "70000"]) == 2
    assert "port is 70000. It must be at most 65535." in capsys.readouterr().err


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def train_recipe(recipe: Path, **options: Any) -> Path:
        calls.append({"recipe": recipe, **options})
        if recipe.name == "long.yaml":
            raise KeyboardInterrupt
        return Path("runs/base")

    module = ModuleType("skyform.training")
    module.__dict__["train_recipe"] = train_recipe
    monkeypatch.setitem(sys.modules, "skyform.training", module)
    kinds = ModuleType("skyform.training.experiment")
    kinds.__dict__["is_experiment"] = lambda recipe: False
    monkeypatch.setitem(sys.modules, "skyform.training.experiment", kinds)
    monkeypatch.setattr(skyform.cli.train, "find_spec", lambda name: object())
    return calls


def test_train_hands_everything_on(trained: list[dict[str, Any]], capsys: Capture):
    arguments = "train r.yaml --data d --out o --resume --set batch_size=32 --set ema=0"
    assert main(arguments.split()) == 0
    assert trained == [
        {
            "recipe": Path("r.yaml"),
            "data": Path("d"),
            "out": Path("o"),
            "resume": True,
            "overrides": ("batch_size=32", "ema=0"),
        }
    ]
    assert "runs/base" in capsys.readouterr().err


def test_train_interrupted_says_how_to_go_on(trained: list[dict[str, Any]], capsys: Capture):
    assert main(["train", "long.yaml", "--data", "d"]) == 130
    assert "--resume" in capsys.readouterr().err


def test_train_usage(trained: list[dict[str, Any]], capsys: Capture):
    assert main(["train", "r.yaml"]) == 2
    assert "--data" in capsys.readouterr().err
    assert main(["train", "r.yaml", "--data", "d", "--set", "batch_size"]) == 2
    assert "KEY=VALUE" in capsys.readouterr().err
    assert trained == []


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epochs=3", "unknown setting epochs"),
        ("batch_size=many", "batch_size is 'many'"),
        ("phases=[1]", "phases is [1]"),
        ("augment={a", "is not valid YAML"),
        ("=3", "unknown setting"),
    ],
)
def test_train_tells_wrong_settings(pictures: Path, override: str, message: str, capsys: Capture):
    Path("r.yaml").write_text(
        "{name: a, version: '1', backbone: b, shares: {gz2: 1}, phases: [{epochs: 1, size: 64}]}"
    )
    assert main(["train", "r.yaml", "--data", "none", "--set", override]) == 3
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert "a fault in Skyform" not in err


def test_train_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: Capture):
    absent = {"torch", "timm"}
    monkeypatch.setattr(
        skyform.cli.train, "find_spec", lambda name: None if name in absent else object()
    )
    assert main(["train", "r.yaml", "--data", "d"]) == 3
    err = capsys.readouterr().err
    assert "Training needs torch, timm" in err
    assert "pip install 'skyform[train]'" in err
