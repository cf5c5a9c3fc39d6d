"""Training from end to end on a small drawn data set."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import timm
import torch
import yaml
from made_up_data import drawn_galaxy, write_data
from safetensors.torch import load_file, save_file

from skyform.errors import DataError, RecipeError
from skyform.inference import Classifier
from skyform.training import join_runs, train_recipe
from skyform.training.attach import read_description, write_metadata
from skyform.training.module import TreeModule
from skyform.training.onnx_outputs import run_onnx
from skyform.training.origin import origin_of_run
from skyform.training.recipe import read_recipe
from skyform.training.run import train_networks

pytestmark = [
    # Lightning and the TorchScript exporter warn of their own future.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

RECIPE = {
    "name": "small",
    "version": "1",
    "title": "A small model",
    "backbone": "tf_efficientnet_lite0",
    "shares": {
        "gz2": 1.0,
        "gz1": 1.0,
        "examples": 1.0,
        "deepsky": 1.0,
        "everyday": 0.2,
        "clusters": 0.1,
        "nebulae": 0.1,
        "spirals": 0.1,
    },
    "photographs": 2,
    "textures": 4,
    "clusters": 4,
    "nebulae": 5,
    "spirals": 4,
    "restyled": {"deepsky": 2},
    "phases": [{"epochs": 1, "size": 32}, {"epochs": 1, "size": 48}],
    "samples_per_epoch": 32,
    "batch_size": 8,
    "ema": 0.9,
    "precision": "32-true",
    "exclude_licences": ["NC"],
    "augment": {"zoom": 0.1, "noise": 0.02, "blur": 0.2},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "small.yaml"
    path.write_text(yaml.safe_dump(RECIPE))
    return path


@pytest.fixture(scope="module")
def run(data: Path, recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_recipe(recipe, data=data, out=tmp_path_factory.mktemp("runs") / "whole")


def test_a_run_leaves_models_card_and_record(run: Path):
    for name in (
        "model/small.int8.onnx",
        "model/small.fp32.onnx",
        "model/CARD.md",
        "recipe.yaml",
        "environment.json",
        "last-0.ckpt",
        "network-0.safetensors",
    ):
        assert (run / name).stat().st_size > 0, name
    ids = [row["id"] for row in json.loads((run / "manifest.json").read_text())]
    assert "gz2-0" in ids
    assert "gz2-3" not in ids, "a validation row was trained on"
    assert "deepsky-1" not in ids, "an excluded licence was trained on"


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_the_exported_model_classifies(run: Path, precision: str):
    classifier = Classifier.load(run / f"model/small.{precision}.onnx")
    assert classifier.info.id == "small@1"
    assert classifier.info.preprocess.size == 48
    prediction = classifier.classify(drawn_galaxy(5), evidence=True)
    assert prediction.ok
    assert prediction.evidence is not None
    assert classifier.info.card["validation"][precision]["gz2_rmse"]["n"] == 6


def test_the_card_holds_the_figures_of_the_file(run: Path):
    card = (run / "model/CARD.md").read_text()
    scores = json.loads((run / "scores.json").read_text())
    assert f"{scores['int8']['gz2_rmse']['value']:.3f} (" in card
    assert "| deepsky | 12 |" in card


def test_a_killed_run_that_is_resumed_ends_like_the_unbroken_one(
    run: Path, data: Path, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    step = TreeModule.training_step

    def killed(self: TreeModule, batch: dict[str, torch.Tensor], batch_idx: int) -> torch.Tensor:
        if self.current_epoch == 1 and batch_idx == 2:
            raise SystemExit("killed")
        return step(self, batch, batch_idx)

    out = tmp_path / "broken"
    with monkeypatch.context() as patch:
        patch.setattr(TreeModule, "training_step", killed)
        with pytest.raises(SystemExit, match="killed"):
            train_recipe(recipe, data=data, out=out)
    train_recipe(recipe, data=data, out=out, resume=True)
    whole, broken = (
        torch.load(f / "last-0.ckpt", weights_only=False)["state_dict"] for f in (run, out)
    )
    for name, value in whole.items():
        torch.testing.assert_close(broken[name], value, msg=name)


@pytest.mark.parametrize(
    ("start", "freeze"), [("", 0), ("body.safetensors", 0), ("run", 0), ("run", 2)]
)
def test_training_is_in_training_mode(
    start: str,
    freeze: int,
    run: Path,
    data: Path,
    recipe: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    if start == "body.safetensors":
        body = timm.create_model("tf_efficientnet_lite0", num_classes=0)
        save_file(body.state_dict(), tmp_path / start)
    weights = {"run": f"run:{run}", "": ""}.get(start, str(tmp_path / start))
    seen: list[tuple[set[str], set[str]]] = []
    step = TreeModule.training_step

    def watched(self: TreeModule, batch: dict[str, torch.Tensor], batch_idx: int) -> torch.Tensor:
        names = {m: n for n, m in self.network.named_modules()}
        kept = {names[m] for s in self.network.stages(freeze) for m in s.modules()}
        seen.append(({n for m, n in names.items() if not m.training}, kept))
        return step(self, batch, batch_idx)

    monkeypatch.setattr(TreeModule, "training_step", watched)
    changes = (f"weights={weights}", f"freeze={freeze}", "samples_per_epoch=8")
    settings = read_recipe(recipe, overrides=changes)
    train_networks(settings, data=data, folder=tmp_path / "run")
    assert len(seen) == 2
    assert all(evaluating == kept for evaluating, kept in seen)
    assert all(kept for _, kept in seen) == (freeze > 0)


def test_a_folder_with_a_run_is_not_overwritten(run: Path, data: Path, recipe: Path):
    with pytest.raises(RecipeError, match=r"holds a run already.*--resume"):
        train_recipe(recipe, data=data, out=run)


def test_another_recipe_cannot_resume(run: Path, data: Path, recipe: Path):
    with pytest.raises(RecipeError, match="not the one that"):
        train_recipe(recipe, data=data, out=run, resume=True, overrides=("seed=9",))


def test_missing_starting_weights(data: Path, recipe: Path, tmp_path: Path):
    with pytest.raises(DataError, match=r"starting weights .*none\.safetensors do not exist"):
        train_recipe(recipe, data=data, out=tmp_path / "x", overrides=("weights=none.safetensors",))


def test_members_are_trained_taught_and_exported_as_one(
    data: Path, recipe: Path, run: Path, tmp_path: Path
):
    teacher = run / "model/small.fp32.onnx"
    phases = "phases=[{epochs: 1, size: 32}]"
    more = ("members=2", "looks=2", f"teacher={teacher}", "freeze=2", phases)
    out = train_recipe(recipe, data=data, out=tmp_path / "two", overrides=more)
    networks = [load_file(out / f"network-{seed}.safetensors") for seed in (0, 1)]
    stem, head = "backbone.conv_stem.weight", "answers.weight"
    assert not torch.equal(networks[0][head], networks[1][head])
    frozen = "backbone.blocks.0.0.bn1.running_mean"
    assert torch.equal(networks[0][frozen], torch.zeros_like(networks[0][frozen]))
    assert stem in networks[0]
    classifier = Classifier.load(out / "model/small.int8.onnx")
    assert classifier.info.looks == 2
    assert classifier.info.card["members"] == 2
    prediction = classifier.classify(drawn_galaxy(5), evidence=True)
    assert prediction.ok
    assert prediction.embedding is not None
    assert prediction.embedding.shape[0] <= 256
    # A finished member is not trained again.
    before = (out / "network-1.safetensors").stat().st_mtime_ns
    train_recipe(recipe, data=data, out=out, overrides=more, resume=True)
    assert (out / "network-1.safetensors").stat().st_mtime_ns == before


def copied(model: Path, to: Path) -> Path:
    to.parent.mkdir(exist_ok=True)
    shutil.copy(model, to)
    return to


def replaced_by_version_2(model: Path) -> None:
    """As a bundled model is when Skyform is updated."""
    write_metadata(model, {**read_description(model), "version": "2"})


def test_a_run_keeps_its_teacher(data: Path, recipe: Path, run: Path, tmp_path: Path):
    teacher = copied(run / "model/small.fp32.onnx", tmp_path / "theirs/teacher.onnx")
    digest = hashlib.sha256(teacher.read_bytes()).hexdigest()
    more = (f"teacher={teacher}", "phases=[{epochs: 1, size: 32}]", "samples_per_epoch=8")
    settings = read_recipe(recipe, overrides=more)
    out = tmp_path / "taught"
    train_networks(settings, data=data, folder=out)
    record = out / "teacher.json"
    assert json.loads(record.read_text()) == {"name": "small", "version": "1", "sha256": digest}
    train_networks(settings, data=data, folder=out, resume=True)

    replaced_by_version_2(teacher)
    kept = record.read_text()
    with pytest.raises(RecipeError, match=r"is small 2 .* was started with small 1 .*--out"):
        train_networks(settings, data=data, folder=out, resume=True)
    assert record.read_text() == kept
    assert origin_of_run(out, settings).teacher == "small 1"

    # A run from before goes on, and its folder does not say that today's teacher began it.
    record.unlink()
    train_networks(settings, data=data, folder=out, resume=True)
    assert not record.exists()
    assert origin_of_run(out, settings).teacher == "teacher.onnx (version unknown)"


def test_a_teacher_that_is_not_there_leaves_no_run(data: Path, recipe: Path, tmp_path: Path):
    with pytest.raises(RecipeError, match="teacher is 'bundled:huge', which is not there"):
        train_recipe(recipe, data=data, out=tmp_path / "x", overrides=("teacher=bundled:huge",))
    assert not (tmp_path / "x").exists()


def test_runs_with_different_backbones_are_joined(
    data: Path, recipe: Path, run: Path, tmp_path: Path
):
    teacher = copied(run / "model/small.fp32.onnx", tmp_path / "theirs/teacher.onnx")
    phases = "phases=[{epochs: 1, size: 48}]"
    settings = ("backbone=tf_efficientnet_lite1", "seed=3", phases, f"teacher={teacher}")
    other = train_recipe(recipe, data=data, out=tmp_path / "other", overrides=settings)
    alone = Classifier.load(other / "model/small.fp32.onnx").info.card
    assert (alone["teacher"], alone["weights"]) == ("small 1", "")
    replaced_by_version_2(teacher)
    more = {"name": "pair", "version": "2", "title": "Two networks", "looks": 2}
    out = join_runs([run, other], data=data, out=tmp_path / "pair", **more)
    info = Classifier.load(out / "model/pair.int8.onnx").info
    assert info.id == "pair@2"
    assert info.looks == 2
    assert info.card["members"] == 2
    assert info.card["backbone"] == "tf_efficientnet_lite0 + tf_efficientnet_lite1"
    record = yaml.safe_load((out / "joined.yaml").read_text())
    assert [r["seed"] for r in record["runs"]] == [0, 3]
    # The teacher is the one of then, whatever the file is now.
    assert info.card["teacher"] == "small 1"
    assert record["teachers"] == [{}, json.loads((other / "teacher.json").read_text())]
    text = (out / "model/CARD.md").read_text()
    assert "by the answers of other networks: small 1." in text
    assert "from random weights, 48 px" in text
    assert "BSD" not in text
    assert str(tmp_path) not in text

    def logits(path: Path) -> np.ndarray:
        pixels = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), np.uint8)
        return run_onnx(path, pixels, looks=1)["answers"]

    alone = [logits(r / "model/small.fp32.onnx") for r in (run, other)]
    together = logits(out / "model/pair.fp32.onnx")
    np.testing.assert_allclose(together, np.mean(alone, axis=0), atol=1e-3)
    # Of each network three.
    graph = onnx.load(out / "model/pair.int8.onnx").graph
    weights = {i.name for i in graph.initializer}
    exact = [n.name for n in graph.node if n.op_type == "Conv" and n.input[1] in weights]
    assert len(exact) == 2 * 3
    with pytest.raises(RecipeError, match="exists already"):
        join_runs([run, other], data=data, out=out, **more)


def test_what_cannot_be_joined(data: Path, recipe: Path, run: Path, tmp_path: Path):
    more = {"name": "x", "version": "1", "title": "", "looks": 1, "data": data}
    with pytest.raises(RecipeError, match="two are the fewest"):
        join_runs([run], out=tmp_path / "x", **more)
    with pytest.raises(RecipeError, match="no finished run"):
        join_runs([run, tmp_path], out=tmp_path / "x", **more)
    smaller = train_recipe(
        recipe,
        data=data,
        out=tmp_path / "smaller",
        overrides=("phases=[{epochs: 1, size: 32}]", "samples_per_epoch=8"),
    )
    with pytest.raises(RecipeError, match="see pictures differently"):
        join_runs([run, smaller], out=tmp_path / "x", **more)
    assert not (tmp_path / "x").exists()
