"""`skyform train`, `tune` and `export` on an experiment, as a person types them."""

from pathlib import Path

import pytest
import yaml

from skyform.cli import main
from skyform.cli.console import Exit
from skyform.datasets.convert import convert
from skyform.datasets.synthetic import synthetic_dataset
from skyform.evaluation.run_files import read_result
from skyform.inference import Classifier

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]

RECIPE = {
    "name": "forest",
    "task": "classes",
    "model": "decision-tree",
    "size": 32,
    "search": {"options.min_samples_leaf": {"low": 1, "high": 5, "whole": True}},
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a recipe and a data set, to work in."""
    data = synthetic_dataset(40, size=48, scheme="hubble", mixture={"round": 1.0, "loose": 1.0})
    convert(data, tmp_path / "sky.parquet", format="parquet")
    (tmp_path / "forest.yaml").write_text(yaml.safe_dump(RECIPE))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_train_export_and_classify(here: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", ["skyform", "train", "/somewhere/forest.yaml", "--data", "a b"])
    assert (
        main(["train", "forest.yaml", "--data", "sky.parquet", "--set", "options.max_depth=3"])
        == Exit.OK
    )
    run = here / "runs" / "forest"
    command = read_result(run).summary.command
    assert command == "skyform train /somewhere/forest.yaml --data 'a b'"
    assert main(["export", str(run), "--to", "mine.onnx"]) == Exit.OK
    assert Classifier.load("mine.onnx").info.scheme.id == "hubble"
    assert main(["export", str(run), "--to", "mine.onnx"]) == Exit.FAILED
    assert main(["export", str(run), "--to", "mine.onnx", "--force"]) == Exit.OK


def test_several_seeds_are_several_runs(here: Path):
    assert (
        main(["train", "forest.yaml", "--data", "sky.parquet", "--seeds", "2", "--out", "r"])
        == Exit.OK
    )
    assert [read_result(here / "r" / f"seed-{s}").summary.seed for s in (0, 1)] == [0, 1]
    assert not (here / "r" / "cache").exists()


def test_our_own_encoder_is_a_start(here: Path):
    recipe = {"name": "ours", "task": "classes", "model": "timm/tf_efficientnet_lite0", "size": 48}
    (here / "ours.yaml").write_text(yaml.safe_dump({**recipe, "epochs": 1, "batch_size": 8}))
    arguments = ["train", "ours.yaml", "--data", "sky.parquet", "--from", "ours"]
    assert main(arguments) == Exit.OK
    assert yaml.safe_load((here / "runs/ours/recipe.yaml").read_text())["weights"] == "ours"
    assert main([*arguments[:-1], "nowhere.onnx", "--out", "b"]) == Exit.FAILED


def test_a_finished_run_is_not_overwritten(here: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["train", "forest.yaml", "--data", "sky.parquet"]
    assert main(arguments) == Exit.OK
    assert main(arguments) == Exit.FAILED
    assert "holds a finished run already" in capsys.readouterr().err


def test_tune(here: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["tune", "forest.yaml", "--data", "sky.parquet", "--trials", "2", "--out", "t"]
    assert main(arguments) == Exit.OK
    assert "Best of 2 complete trials" in capsys.readouterr().err
    assert main(["train", "t/best.yaml", "--data", "sky.parquet", "--out", "best"]) == Exit.OK


def test_a_budget_is_needed(here: Path):
    assert main(["tune", "forest.yaml", "--data", "sky.parquet"]) == Exit.USAGE


def test_there_is_nothing_to_export(here: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["train", "forest.yaml", "--data", "sky.parquet", "--set", "model=majority"]
    assert main([*arguments, "--out", "m"]) == Exit.OK
    assert main(["export", "m", "--to", "x.onnx"]) == Exit.FAILED
    assert "there is no model file" in capsys.readouterr().err


def test_broken_data_is_one_clear_error(here: Path, capsys: pytest.CaptureFixture[str]):
    (here / "sky.parquet").write_bytes((here / "sky.parquet").read_bytes()[:500])
    assert main(["train", "forest.yaml", "--data", "sky.parquet"]) == Exit.FAILED
    error = capsys.readouterr().err
    assert "sky.parquet" in error
    assert "Traceback" not in error
