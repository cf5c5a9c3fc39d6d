from pathlib import Path

import pytest

from skyform.errors import RecipeError
from skyform.training import Phase, read_recipe
from skyform.training.experiment import is_experiment

GOOD = """
name: small
version: "1"
backbone: tf_efficientnet_lite0
shares: {gz2: 1.0}
phases: [{epochs: 2, size: 32}, {epochs: 1, size: 64}]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


def test_a_good_recipe(tmp_path: Path):
    recipe = read_recipe(write(tmp_path, GOOD), overrides=["seed=3", "shares={gz1: 2}"])
    assert recipe.phases == (Phase(2, 32), Phase(1, 64))
    assert (recipe.size, recipe.epochs, recipe.seed) == (64, 3, 3)
    assert recipe.shares == {"gz1": 2}


def test_every_recipe_of_the_repository_is_valid():
    every = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
    recipes = [r for r in every if not is_experiment(r)]
    assert [r.stem for r in recipes] == [read_recipe(r).name for r in recipes]
    assert recipes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("colour: red", "unknown setting colour"),
        ("seed: many", "seed is 'many'; it must be of type int"),
        ("seed: true", "seed is True"),
        ("shares: {gz9: 1}", "shares names gz9, which is no data source"),
        ("shares: {gz2: abc}", r"shares\.gz2 is 'abc'; it must be a number"),
        ("augment: {smell: 1}", "augment names smell"),
        ("batch_size: 0", "batch_size is 0; it must be above 0"),
        ("phases: [1, 2]", "phases is"),
        ("phases: [{epochs: 1, size: -3}]", "phases: size is -3; it must be a whole number"),
        ("phases: []", "must not be empty"),
        ("phases: [{epochs: 1, size: 32, shares: {gz1: 1}}]", "draws from gz1, which shares does"),
        ("phases: [{epochs: 1, size: 32, shares: {gz9: 1}}]", "phases names gz9, which is no data"),
        ("phases: [{epochs: 1, size: 32, shares: {gz2: -1}}]", "share of gz2 is -1.0"),
        ("phases: [{epochs: 1, size: 32, shares: 3}]", "shares is 3; it must map sources"),
        ("members: 0", "members is 0; it must be above 0"),
        ("looks: 3", r"looks is 3; it must be one of \(1, 2, 4, 8\)"),
        ("teacher_weight: 1.5", r"teacher_weight is 1\.5"),
        ("name: [", "not valid YAML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, change: str, message: str):
    key = change.split(":")[0]
    lines = [line for line in GOOD.splitlines() if not line.startswith(key + ":")]
    with pytest.raises(RecipeError, match=message):
        read_recipe(write(tmp_path, "\n".join([*lines, change])))


def test_a_missing_setting_is_named(tmp_path: Path):
    with pytest.raises(RecipeError, match="lacks backbone"):
        read_recipe(write(tmp_path, GOOD.replace("backbone: tf_efficientnet_lite0\n", "")))


def test_a_missing_file(tmp_path: Path):
    with pytest.raises(RecipeError, match=r"none\.yaml cannot be read: No such file"):
        read_recipe(tmp_path / "none.yaml")


def test_an_override_that_is_not_yaml(tmp_path: Path):
    with pytest.raises(RecipeError, match="is not valid YAML"):
        read_recipe(write(tmp_path, GOOD), overrides=["shares={gz2: 1"])


def test_cycles(tmp_path: Path):
    text = GOOD.replace(
        "{epochs: 1, size: 64}", "{epochs: 1, size: 64}, {epochs: 3, size: 64, restart: 0.5}"
    )
    assert read_recipe(write(tmp_path, text)).cycles == ((3, 1.0), (3, 0.5))


def test_an_override_without_a_value(tmp_path: Path):
    with pytest.raises(RecipeError, match="'seed' has no '='"):
        read_recipe(write(tmp_path, GOOD), overrides=["seed"])


def test_a_phase_with_shares_changes_them_from_then_on(tmp_path: Path):
    phases = "phases=[{epochs: 1, size: 32}, {epochs: 2, size: 32, shares: {gz2: 0.5}}, {epochs: 1, size: 64}]"
    recipe = read_recipe(write(tmp_path, GOOD), overrides=[phases])
    assert [recipe.shares_of(e) for e in range(4)] == [{"gz2": 1.0}, *[{"gz2": 0.5}] * 3]
    assert [recipe.phase_of(e).size for e in range(4)] == [32, 32, 32, 64]
