"""Experiments from end to end on a small made-up sky."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import lightning
import numpy as np
import pytest
import timm
import torch
import yaml
from safetensors.torch import save_file

from skyform.datasets.dataset import DataSet
from skyform.datasets.synthetic import synthetic_dataset
from skyform.errors import DataError, RecipeError
from skyform.evaluation.run_files import read_result
from skyform.inference import Classifier, bundled_path
from skyform.training.experiment import Experiment, is_experiment, read_experiment
from skyform.training.experiment_run import run_experiment
from skyform.training.preparing import prepare_parts

pytestmark = [
    # Lightning and the TorchScript exporter warn of their own future.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SIZES = {"r1-vgg": 40, "r3-eight-layer": 64, "r5-model-1": 96, "r5-model-2": 96, "r3-xception": 71}
SMALL = {"name": "small", "task": "classes", "model": "r4-cnn", "size": 32, "batch_size": 8}


@pytest.fixture(scope="module")
def sky() -> DataSet:
    """Half round galaxies, half spirals, with votes."""
    return synthetic_dataset(48, size=64, mixture={"round": 1.0, "loose": 1.0})


@pytest.fixture(scope="module")
def labelled(sky: DataSet) -> DataSet:
    from skyform.datasets.derive import derive_labels
    from skyform.schema import HUBBLE

    return derive_labels(sky, HUBBLE, majority=0.5)


def experiment(**settings: object) -> Experiment:
    return Experiment.model_validate(
        {**SMALL, "split": {"train": 0.7, "validation": 0.3}, **settings}
    )


@pytest.mark.parametrize(
    "path", [p for p in sorted(RECIPES.glob("*.yaml")) if is_experiment(p)], ids=lambda p: p.stem
)
def test_every_recipe_runs_from_end_to_end(
    path: Path, sky: DataSet, labelled: DataSet, tmp_path: Path
):
    recipe = read_experiment(path)
    changes: dict[str, object] = {
        "epochs": 1,
        "batch_size": 8,
        "weights": "",
        "precision": "32-true",
        "split": {"train": 0.7, "validation": 0.3},
        "majority": 0.4,
    }
    if recipe.scheme and not recipe.relabel:
        changes["scheme"] = "hubble"
    if recipe.entry.family == "network":
        changes["size"] = SIZES.get(recipe.model, 48)
    if recipe.offline is not None:
        changes["offline"] = {"count": 20}
    small = recipe.with_settings(**changes)
    folder = run_experiment(small, labelled if not recipe.scheme else sky, out=tmp_path / "run")
    result = read_result(folder)
    assert result.summary.name == path.stem
    assert result.summary.n_validation == len(result.predictions.ids) > 4
    assert result.summary.scores
    assert np.isfinite(result.predictions.p).all()
    if recipe.entry.family == "network":
        assert result.summary.parameters > 0
        assert len(result.curves["loss"]) == 1
    if result.summary.model:
        prediction = Classifier.load(folder / result.summary.model).classify(sky.image(0))
        assert prediction.ok, prediction.failure
    else:
        assert any("no model file" in note for note in result.summary.notes)


def test_a_run_is_a_whole_record(labelled: DataSet, tmp_path: Path):
    folder = run_experiment(
        experiment(epochs=2), labelled, out=tmp_path / "run", command="skyform train x"
    )
    summary = read_result(folder).summary
    manifest = json.loads((folder / "manifest.json").read_text())
    assert summary.dataset["fingerprint"] == manifest["fingerprint"]
    assert summary.command == "skyform train x"
    assert yaml.safe_load((folder / "recipe.yaml").read_text())["epochs"] == 2
    assert "torch" in json.loads((folder / "environment.json").read_text())
    assert {f.file for f in summary.figures} >= {"figures/filters.png", "figures/activations.png"}
    assert all((folder / f.file).stat().st_size > 1000 for f in summary.figures)
    assert not (folder / "cache").exists()
    assert not list(folder.rglob("*.part*"))


def test_what_is_trained_on_is_not_judged_on(labelled: DataSet, tmp_path: Path):
    folder = run_experiment(experiment(epochs=1), labelled, out=tmp_path / "run")
    rows = json.loads((folder / "manifest.json").read_text())["rows"]
    names = {
        r[0] if isinstance(r, list) else r["id"]: (r[3] if isinstance(r, list) else r["split"])
        for r in rows
    }
    judged = read_result(folder).predictions.ids
    assert {names[i] for i in judged} == {"validation"}
    assert len([s for s in names.values() if s == "train"]) == read_result(folder).summary.n_train


def test_the_model_file_says_what_the_run_says(labelled: DataSet, tmp_path: Path):
    folder = run_experiment(experiment(epochs=2), labelled, out=tmp_path / "run")
    result = read_result(folder)
    classifier = Classifier.load(folder / result.summary.model)
    at = {r.id: i for i, r in enumerate(labelled.records)}
    scheme = result.summary.scheme
    assert scheme is not None
    for id, p in zip(result.predictions.ids, result.predictions.p, strict=True):
        estimate = classifier.classify(labelled.image(at[id])).classes[scheme.id]
        np.testing.assert_allclose(estimate.probabilities, p, atol=2e-3)


def test_seventy_and_seventy_epochs_are_a_hundred_and_forty(labelled: DataSet, tmp_path: Path):
    whole = run_experiment(experiment(epochs=4), labelled, out=tmp_path / "whole")
    run_experiment(experiment(epochs=2), labelled, out=tmp_path / "parts")
    parts = run_experiment(experiment(epochs=4), labelled, out=tmp_path / "parts", resume=True)
    assert_same(whole, parts)


def test_a_longer_cosine_is_another_run(labelled: DataSet, tmp_path: Path):
    run_experiment(experiment(epochs=1, schedule="cosine"), labelled, out=tmp_path / "run")
    with pytest.raises(
        RecipeError, match=r"epochs is 2 and was 1, but the schedule 'cosine' depends"
    ):
        run_experiment(
            experiment(epochs=2, schedule="cosine"), labelled, out=tmp_path / "run", resume=True
        )


def test_a_killed_run_ends_like_one_that_was_not(labelled: DataSet, tmp_path: Path):
    from skyform.datasets.convert import convert

    convert(labelled, tmp_path / "sky.parquet", format="parquet")
    settings = {**SMALL, "epochs": 60, "ema": 0.9, "augment": {"zoom": 0.1, "noise": 0.02}}
    settings |= {"split": {"train": 0.7, "validation": 0.3}, "schedule": "cosine"}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(settings))
    arguments = ["train", "x.yaml", "--data", "sky.parquet", "--resume", "--out"]
    start = (
        f"import sys; from skyform.cli import main; sys.exit(main({arguments!r} + sys.argv[1:]))"
    )
    command = [sys.executable, "-c", start]
    kills = 0
    for delay in (0.0, 0.3):
        with subprocess.Popen(
            [*command, "killed"], cwd=tmp_path, stderr=subprocess.PIPE
        ) as process:
            kills += wait_and_kill(process, tmp_path / "killed", delay)
    assert kills == 2
    for out in ("killed", "whole"):
        subprocess.run([*command, out], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    assert_same(tmp_path / "whole", tmp_path / "killed")


def test_two_devices_share_each_batch(labelled: DataSet, tmp_path: Path):
    from skyform.datasets.convert import convert

    convert(labelled, tmp_path / "sky.parquet", format="parquet")
    settings = {**SMALL, "epochs": 2, "devices": 2, "split": {"train": 0.7, "validation": 0.3}}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(settings))
    # Lightning starts the second process with this one's own command line.
    (tmp_path / "go.py").write_text("import sys\nfrom skyform.cli import main\nsys.exit(main())\n")
    command = [sys.executable, "go.py", "train", "x.yaml", "--data", "sky.parquet", "--out", "run"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    result = read_result(tmp_path / "run")
    assert len(result.curves["loss"]) == 2
    assert np.isfinite(result.predictions.p).all()


def wait_and_kill(process: "subprocess.Popen[bytes]", folder: Path, delay: float) -> bool:
    """Kill it `delay` seconds after it next writes a checkpoint; whether it was still running."""
    last = folder / "last.ckpt"
    before = last.stat().st_mtime_ns if last.exists() else 0
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if last.exists() and last.stat().st_mtime_ns > before:
            break
        time.sleep(0.01)
    time.sleep(delay)
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    return running


def assert_same(one: Path, other: Path) -> None:
    """Two runs with the same weights, curves and predictions."""
    a, b = read_result(one), read_result(other)
    for column in ("epoch", "loss", "validation_loss", "validation_accuracy"):
        np.testing.assert_allclose(a.curves[column], b.curves[column], rtol=1e-5, err_msg=column)
    np.testing.assert_allclose(a.predictions.p, b.predictions.p, atol=1e-5)
    assert {k: v.value for k, v in a.summary.scores.items()} == pytest.approx(
        {k: v.value for k, v in b.summary.scores.items()}, abs=1e-5
    )
    weights, others = (torch.load(f / "best.pt", weights_only=True) for f in (one, other))
    for name, value in weights.items():
        torch.testing.assert_close(others[name], value, msg=name)


def test_r5s_rule_stops_the_run(labelled: DataSet, tmp_path: Path):
    settings = {"epochs": 9, "stop": {"validation_loss_below": 100.0}}
    folder = run_experiment(experiment(**settings), labelled, out=tmp_path / "run")
    assert len(read_result(folder).curves["epoch"]) == 1


def test_patience_stops_the_run(labelled: DataSet, tmp_path: Path):
    settings = {"epochs": 30, "learning_rate": 1e-9, "optimizer": "sgd", "stop": {"patience": 2}}
    folder = run_experiment(experiment(**settings), labelled, out=tmp_path / "run")
    curves = read_result(folder).curves
    best = int(np.argmin(curves["validation_loss"]))
    assert len(curves["epoch"]) == best + 3


def test_frozen_weights_stay(labelled: DataSet, tmp_path: Path):
    settings = {"model": "timm/resnet10t", "freeze": "backbone", "epochs": 1, "size": 48}
    folder = run_experiment(experiment(**settings), labelled, out=tmp_path / "run")
    from skyform.models.registry import build_network

    torch.manual_seed(0)
    lightning.seed_everything(0, verbose=False)
    fresh = build_network("timm/resnet10t", outputs=2, size=48).state_dict()
    trained = torch.load(folder / "best.pt", weights_only=True)
    moved = [n for n, v in trained.items() if not torch.equal(v, fresh[n])]
    assert moved
    assert all(n.startswith("head") for n in moved), moved


class Modes(lightning.Callback):
    """Which modules are in evaluation mode at the first step of each epoch."""

    def __init__(self) -> None:
        self.evaluating: list[set[str]] = []

    def on_train_batch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *rest: object
    ) -> None:
        if rest[-1] == 0:
            found = {n for n, m in pl_module.network.named_modules() if not m.training}
            self.evaluating.append(found)


@pytest.mark.parametrize("start", ["scratch", "file", "ours", "frozen"])
def test_training_is_in_training_mode(start: str, labelled: DataSet, tmp_path: Path):
    settings: dict[str, object] = {
        "model": "timm/tf_efficientnet_lite0",
        "size": 64,
        "epochs": 2,
        "weights": {"file": "body.safetensors", "ours": "ours"}.get(start, ""),
        "freeze": "backbone" if start == "frozen" else "none",
    }
    if start == "file":
        body = timm.create_model("tf_efficientnet_lite0", num_classes=1000)
        save_file(body.state_dict(), tmp_path / "body.safetensors")
    modes = Modes()
    run_experiment(
        experiment(**settings),
        labelled,
        out=tmp_path / "run",
        data_folder=tmp_path,
        bundled=bundled_path(),
        callbacks=[modes],
    )
    assert len(modes.evaluating) == 2
    for evaluating in modes.evaluating:
        if start == "frozen":
            assert evaluating
            assert all(name.split(".")[0] == "body" for name in evaluating)
        else:
            assert not evaluating


def test_a_class_weighs_what_the_recipe_says(labelled: DataSet, tmp_path: Path):
    folder = run_experiment(experiment(epochs=1, balance="weights"), labelled, out=tmp_path / "run")
    assert read_result(folder).summary.scores["accuracy"].n > 0


def test_a_model_can_say_that_it_cannot_tell(labelled: DataSet, tmp_path: Path):
    settings = {"model": "random-forest", "options": {"features": "pixels"}, "wanted_accuracy": 1.0}
    folder = run_experiment(experiment(**settings), labelled, out=tmp_path / "run")
    result = read_result(folder)
    sure = result.predictions.p.max(axis=1) >= result.calibration.reject
    assert 0 < result.calibration.reject <= 1
    assert (result.predictions.said == result.predictions.truth)[sure].all()


def test_a_folder_with_a_run_is_not_overwritten(labelled: DataSet, tmp_path: Path):
    run_experiment(experiment(epochs=1), labelled, out=tmp_path / "run")
    with pytest.raises(RecipeError, match=r"holds a finished run already.*--resume"):
        run_experiment(experiment(epochs=1), labelled, out=tmp_path / "run")
    with pytest.raises(RecipeError, match=r"batch_size differ"):
        run_experiment(
            experiment(epochs=1, batch_size=4), labelled, out=tmp_path / "run", resume=True
        )


def test_a_set_without_votes_cannot_teach_votes(labelled: DataSet, tmp_path: Path):
    from dataclasses import replace

    bare = replace(labelled, records=[replace(r, votes=None) for r in labelled.records])
    with pytest.raises(DataError, match=r"has no votes, which the task 'fractions' learns from"):
        run_experiment(experiment(task="fractions"), bare, out=tmp_path / "a")
    with pytest.raises(DataError, match=r"has no votes to derive it from"):
        run_experiment(experiment(scheme="galaxy10_sdss"), bare, out=tmp_path / "b")


@pytest.mark.parametrize("task", ["fractions", "labels"])
def test_a_cap_without_classes_is_one_of_all_pictures(task: str, sky: DataSet, tmp_path: Path):
    capped = experiment(task=task, cap=10)
    parts = [
        prepare_parts(e, sky, folder=tmp_path / name, cache=tmp_path / "cache")
        for name, e in (("few", capped), ("all", capped.with_settings(cap=None)))
    ]
    few, whole = ({r.id for r in p.train.dataset.records} for p in parts)
    assert len(few) == 10
    assert few < whole
    assert len(parts[0].validation) == len(parts[1].validation)


def test_a_set_without_labels_cannot_teach_classes(sky: DataSet, tmp_path: Path):
    with pytest.raises(DataError, match=r"has no labels, which the task 'classes' learns from"):
        run_experiment(experiment(), sky, out=tmp_path / "run")


def test_one_class_is_not_enough(labelled: DataSet, tmp_path: Path):
    scheme = labelled.scheme
    assert scheme is not None
    first = [i for i, r in enumerate(labelled.records) if r.label == scheme.ids[0]]
    with pytest.raises(DataError, match="holds 1 class with labels; a model needs two"):
        run_experiment(experiment(), labelled.subset(first), out=tmp_path / "run")


def test_broken_pictures_are_left_out_and_counted(labelled: DataSet, tmp_path: Path):
    from dataclasses import replace

    from skyform.datasets.stores import ArrayStore

    pictures = [labelled.image(i) for i in range(len(labelled))]
    pictures[int(np.flatnonzero(labelled.labels >= 0)[3])] = (
        b"no picture at all, whatever the name says"
    )
    broken = replace(labelled, store=ArrayStore(tuple(pictures)))
    folder = run_experiment(experiment(epochs=1), broken, out=tmp_path / "run")
    summary = read_result(folder).summary
    total = sum(1 for r in labelled.records if r.label)
    assert summary.n_train + summary.n_validation == total - 1
    assert any("1 pictures or rows could not be read" in n for n in summary.notes)


def test_missing_starting_weights_are_named(labelled: DataSet, tmp_path: Path):
    settings = experiment(weights="none.safetensors", model="timm/resnet10t")
    with pytest.raises(DataError, match=r"none\.safetensors do not exist.*--weights-from"):
        run_experiment(settings, labelled, out=tmp_path / "run", data_folder=tmp_path)
