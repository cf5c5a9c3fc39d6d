"""Recipes in, calibrated and exported models out. Networks need the `train` extra."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skyform.training.augment import Augment
    from skyform.training.experiment import Experiment, read_experiment
    from skyform.training.experiment_run import run_experiment
    from skyform.training.fit import FittedClasses, fit_classes
    from skyform.training.fit_run import write_fitted
    from skyform.training.join import join_runs
    from skyform.training.recipe import Phase, Recipe, read_recipe
    from skyform.training.run import train_recipe
    from skyform.training.tuning import Tuned, tune

__all__ = [
    "Augment",
    "Experiment",
    "FittedClasses",
    "Phase",
    "Recipe",
    "Tuned",
    "fit_classes",
    "join_runs",
    "read_experiment",
    "read_recipe",
    "run_experiment",
    "train_recipe",
    "tune",
    "write_fitted",
]

# A part without torch must not wait for torch: each name is imported when it is first asked for.
_HOMES = {
    "FittedClasses": "fit",
    "Tuned": "tuning",
    "fit_classes": "fit",
    "tune": "tuning",
    "write_fitted": "fit_run",
    "Augment": "augment",
    "Experiment": "experiment",
    "Phase": "recipe",
    "Recipe": "recipe",
    "join_runs": "join",
    "read_experiment": "experiment",
    "read_recipe": "recipe",
    "run_experiment": "experiment_run",
    "train_recipe": "run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
