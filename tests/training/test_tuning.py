"""Tuning: a study that is stored, resumed, and ends within its budget."""

from pathlib import Path

import optuna
import pytest
import yaml

from skyform.datasets.dataset import DataSet
from skyform.datasets.derive import derive_labels
from skyform.datasets.synthetic import synthetic_dataset
from skyform.errors import RecipeError
from skyform.schema import HUBBLE
from skyform.training.experiment import Experiment, read_experiment
from skyform.training.tuning import tune

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


@pytest.fixture(scope="module")
def sky() -> DataSet:
    data = synthetic_dataset(40, size=64, mixture={"round": 1.0, "loose": 1.0})
    return derive_labels(data, HUBBLE, majority=0.5)


def experiment(**settings: object) -> Experiment:
    least = {"name": "x", "task": "classes", "split": {"train": 0.7, "validation": 0.3}}
    return Experiment.model_validate({**least, **settings})


NEIGHBOURS = {
    "model": "knn",
    "size": 32,
    "options": {"features": "pixels"},
    "search": {"options.n_neighbors": {"low": 1, "high": 9, "whole": True}},
}


def test_the_best_settings_become_a_recipe(sky: DataSet, tmp_path: Path):
    lines: list[str] = []
    found = tune(experiment(**NEIGHBOURS), sky, out=tmp_path, trials=3, say=lines.append)
    assert (found.complete, found.pruned, found.failed) == (3, 0, 0)
    assert len(lines) == 3
    best = read_experiment(found.recipe)
    assert best.options["n_neighbors"] == found.settings["options.n_neighbors"]
    assert best.options["features"] == "pixels"


def test_a_study_is_gone_on_with(sky: DataSet, tmp_path: Path):
    tune(experiment(**NEIGHBOURS), sky, out=tmp_path, trials=2)
    found = tune(experiment(**NEIGHBOURS), sky, out=tmp_path, trials=1)
    assert found.complete == 3
    study = optuna.load_study(study_name="x", storage=f"sqlite:///{tmp_path / 'study.db'}")
    assert found.loss == pytest.approx(min(t.value for t in study.trials))
    assert {p.name for p in tmp_path.glob("trial-*")} == {f"trial-{i:04}" for i in range(3)}


def test_a_trial_that_was_killed_is_closed(sky: DataSet, tmp_path: Path):
    tune(experiment(**NEIGHBOURS), sky, out=tmp_path, trials=1)
    study = optuna.load_study(study_name="x", storage=f"sqlite:///{tmp_path / 'study.db'}")
    study.ask()
    found = tune(experiment(**NEIGHBOURS), sky, out=tmp_path, trials=1)
    assert (found.complete, found.failed) == (2, 1)


def test_networks_are_tuned_too_and_leave_no_weights(sky: DataSet, tmp_path: Path):
    search = {
        "learning_rate": {"low": 1e-4, "high": 1e-2, "log": True},
        "batch_size": {"choices": [4, 8]},
        "augment": {"choices": [None, {"mirror": True}]},
    }
    settings = {"model": "r4-cnn", "size": 32, "epochs": 2, "search": search}
    found = tune(experiment(**settings), sky, out=tmp_path, trials=2)
    assert found.complete == 2
    assert 1e-4 <= yaml.safe_load(found.recipe.read_text())["learning_rate"] <= 1e-2
    assert not list(tmp_path.rglob("*.pt"))
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.mark.parametrize(
    ("settings", "budget", "says"),
    [
        ({"model": "knn"}, {"trials": 1}, "has no `search`"),
        (NEIGHBOURS, {}, "There is no budget"),
        (NEIGHBOURS, {"minutes": 0.0}, "No trial of 0 was completed"),
    ],
)
def test_what_cannot_be_tuned(
    sky: DataSet, tmp_path: Path, settings: dict[str, object], budget: dict[str, float], says: str
):
    with pytest.raises(RecipeError, match=says):
        tune(experiment(**settings), sky, out=tmp_path, **budget)
