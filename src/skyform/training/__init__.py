"""Recipes in, calibrated and exported models out. Needs the `train` extra."""

from skyform.training.augment import Augment
from skyform.training.recipe import Phase, Recipe, read_recipe
from skyform.training.run import train_recipe

__all__ = ["Augment", "Phase", "Recipe", "read_recipe", "train_recipe"]
