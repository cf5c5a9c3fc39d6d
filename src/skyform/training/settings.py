"""Reading YAML settings: one way to find out what is wrong with a recipe, for every kind of recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from skyform.errors import RecipeError

__all__ = ["read_values"]


def read_values(path: Path, *, overrides: Sequence[str] = ()) -> dict[Any, Any]:
    """The mapping in a YAML file, with `key=value` overrides; `part.key=value` reaches into a mapping, and `key=` is empty text.

    Raises
    ------
    RecipeError
        If the file is missing or no YAML mapping, or an override is not of that form.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(
            f"The recipe {path} cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RecipeError(f"The recipe {path} is not valid YAML: {error}.") from error
    if not isinstance(values, dict):
        raise RecipeError(f"The recipe {path} must be a mapping of settings.")
    for text in overrides:
        _override(values, text)
    return values


def _override(values: dict[Any, Any], text: str) -> None:
    key, equals, value = text.partition("=")
    if not equals:
        raise RecipeError(f"The override {text!r} has no '='.", remedy="Write key=value.")
    *parts, last = key.strip().split(".")
    for part in parts:
        inner = values.get(part)
        values[part] = values = dict(inner) if isinstance(inner, dict) else {}
    try:
        values[last] = yaml.safe_load(value) if value.strip() else ""
    except yaml.YAMLError as error:
        raise RecipeError(
            f"The override {text!r} is not valid YAML.", remedy="Write key=value."
        ) from error
