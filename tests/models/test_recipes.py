import re
from pathlib import Path

import pytest
import torch

from skyform.models.listing import models_page, read_recipes
from skyform.models.registry import MODELS, build_classical, build_network
from skyform.schema import KAGGLE, TAXONOMIES
from skyform.training.experiment import Experiment, is_experiment, read_experiment

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "models.md"
RECIPES = [p for p in sorted((ROOT / "recipes").glob("*.yaml")) if is_experiment(p)]

# What systems.md of the issue states, metric by metric.
REPORTED = {
    "r1-vgg": {"accuracy": 0.70},
    "r2-cnn": {"accuracy": 0.42},
    "r3-logistic-regression": {"accuracy": 0.562},
    "r3-feed-forward": {"label_accuracy": 0.936},
    "r3-eight-layer": {"accuracy": 0.9727},
    "r4-cnn": {"accuracy": 0.84, "macro_f1": 0.83},
    "r4-random-forest": {"accuracy": 0.84},
    "r5-model-1": {"accuracy": 0.89},
    "r5-model-2": {"accuracy": 0.89},
}


@pytest.fixture(params=RECIPES, ids=lambda p: p.stem)
def recipe(request: pytest.FixtureRequest) -> Experiment:
    return read_experiment(request.param)


def test_there_is_a_recipe_for_every_model_of_the_reference_systems():
    used = {read_experiment(p).model for p in RECIPES}
    assert {n for n in MODELS if re.match(r"r\d-", n)} <= used
    systems = {p.stem[:2] for p in RECIPES if re.match(r"r\d-", p.stem)}
    assert systems == {"r1", "r2", "r3", "r4", "r5"}


def test_a_recipe_is_called_as_its_file_and_says_where_it_comes_from(recipe: Experiment):
    assert (ROOT / "recipes" / f"{recipe.name}.yaml").is_file()
    assert recipe.title
    assert recipe.source
    text = (ROOT / "recipes" / f"{recipe.name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# ")


def test_a_recipe_states_what_its_source_reports(recipe: Experiment):
    assert dict(recipe.reported) == REPORTED.get(recipe.name, {})
    assert bool(recipe.reported_on) == bool(recipe.reported)


def test_a_recipes_model_can_be_built(recipe: Experiment):
    if recipe.entry.family == "classical":
        build_classical(recipe.model, seed=recipe.seed, **recipe.options)
        return
    outputs = len(KAGGLE.answers)
    if recipe.task == "classes":
        outputs = len(TAXONOMIES[recipe.scheme].classes) if recipe.scheme else 4
    with torch.device("meta"):
        network = build_network(recipe.model, outputs=outputs, size=recipe.side, **recipe.options)
    assert network.parameter_count > 0


def test_what_tune_may_change_can_be_set(recipe: Experiment):
    for name, span in recipe.search.items():
        value = span.choices[0] if span.choices else span.low
        changed = recipe.with_settings(**{name: value})
        if name.startswith("options__") and recipe.entry.family == "network":
            with torch.device("meta"):
                build_network(recipe.model, outputs=3, size=recipe.side, **changed.options)


def test_relabelling_speaks_of_the_schemes_classes(recipe: Experiment):
    if recipe.relabel:
        assert set(recipe.relabel) <= {c.id for c in TAXONOMIES[recipe.scheme].classes}


def test_the_rules_of_the_systems_that_are_known():
    rules = {p.stem: read_experiment(p) for p in RECIPES}
    r4, r5 = rules["r4-cnn"], rules["r5-model-1"]
    assert (r4.epochs, r4.cap, r4.side, r4.optimizer) == (80, 300, 100, "adam")
    assert rules["r4-random-forest"].options["criterion"] == "entropy"
    assert (r5.epochs, r5.batch_size, r5.side, r5.scheme) == (140, 64, 150, "hubble")
    assert r5.stop.validation_loss_below == 0.25
    assert r5.offline is not None
    assert r5.offline.count == 8000
    assert rules["r3-feed-forward"].learning_rate == 0.001
    assert rules["r2-feed-forward"].epochs == 20
    assert rules["r1-vgg"].side == 69


def test_the_page_on_models_is_not_stale():
    page = models_page(read_recipes(ROOT / "recipes"))
    assert PAGE.read_text(encoding="utf-8") == page, (
        "run python -m skyform.models.listing > docs/models.md"
    )


def test_the_page_names_everything():
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in page for name in MODELS)
    assert all(f"[{p.stem}]" in page for p in RECIPES)
    assert "39,929,674" in page
