"""Experiment recipes: what is wrong with one is said before anything is read."""

from pathlib import Path

import pytest
import yaml

from skyform.errors import RecipeError
from skyform.training.experiment import is_experiment, read_experiment

RECIPES = sorted(
    p for p in (Path(__file__).resolve().parents[2] / "recipes").glob("*.yaml") if is_experiment(p)
)
LEAST = {"name": "x", "task": "classes", "model": "r4-cnn"}


def write(folder: Path, values: dict[str, object]) -> Path:
    path = folder / "x.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_recipe_that_ships_is_sound(path: Path):
    experiment = read_experiment(path)
    assert experiment.name == path.stem
    assert experiment.source, "a recipe states its source"
    assert experiment.title
    assert experiment.side > 0


def test_there_is_a_recipe_for_every_system():
    systems = {p.stem.split("-")[0] for p in RECIPES}
    assert {"r1", "r2", "r3", "r4", "r5"} <= systems


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"modell": "r4-cnn"}, r"modell: Extra inputs"),
        ({"model": "r4-ccn"}, r"There is no model 'r4-ccn'.*r4-cnn"),
        (
            {"task": "guess"},
            r"task: .*'classes', 'labels', 'fractions' or 'votes' \(it is 'guess'\)",
        ),
        ({"epochs": 0}, r"epochs: .*greater than or equal to 1 \(it is 0\)"),
        ({"learning_rate": -1}, r"learning_rate: .*greater than 0"),
        ({"scheme": "hubbel"}, r"scheme is 'hubbel'; the taxonomies are .*hubble"),
        ({"augment": {"spin": 1}}, r"augment names spin"),
        (
            {"search": {"learning_rate": {"low": 1.0, "high": 0.1}}},
            r"either low and high, with low below high",
        ),
        ({"task": "fractions", "model": "random-forest"}, r"random-forest can learn classes only"),
        ({"name": "a/b"}, r"name: "),
        ({"precision": "fp4"}, r"precision"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: dict[str, object], says: str):
    with pytest.raises(RecipeError, match=says):
        read_experiment(write(tmp_path, {**LEAST, **change}))


def test_a_missing_setting_is_named(tmp_path: Path):
    with pytest.raises(RecipeError, match=r"task: Field required"):
        read_experiment(write(tmp_path, {"name": "x", "model": "r4-cnn"}))


def test_overrides_reach_into_mappings(tmp_path: Path):
    path = write(tmp_path, {**LEAST, "options": {"dropout": 0.5}})
    experiment = read_experiment(path, overrides=("options.dropout=0.1", "epochs=3"))
    assert experiment.options == {"dropout": 0.1}
    assert experiment.epochs == 3
    assert read_experiment(path, overrides=("scheme=",)).scheme == ""


def test_settings_are_checked_again_when_they_change(tmp_path: Path):
    experiment = read_experiment(write(tmp_path, LEAST))
    assert experiment.with_settings(options__dropout=0.3).options == {"dropout": 0.3}
    with pytest.raises(RecipeError, match="epochs"):
        experiment.with_settings(epochs=0)


def test_the_tree_recipe_is_no_experiment():
    assert not is_experiment(RECIPES[0].parent / "base.yaml")
