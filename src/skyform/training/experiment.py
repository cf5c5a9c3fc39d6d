"""An experiment: one model of the registry on one data set, as a YAML file that is checked before anything is read or computed."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from skyform.errors import RecipeError, SkyformError
from skyform.images import Preprocess
from skyform.models.registry import ModelEntry, find_model
from skyform.schema import TAXONOMIES
from skyform.training.augment import Augment
from skyform.training.settings import read_values

__all__ = [
    "OURS",
    "Experiment",
    "Offline",
    "SearchRange",
    "Stop",
    "is_experiment",
    "read_experiment",
]

OURS = "ours"

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Stop(_Exact):
    """When to stop before the last epoch: R5's rule, validation loss below a value, or no better for `patience` epochs."""

    validation_loss_below: float | None = None
    patience: Count | None = None


class Offline(_Exact):
    """Pictures made from each class's own before training, up to so many (R5: turns by 90 and 270 degrees, flips)."""

    count: Count


class SearchRange(_Exact):
    """What `skyform tune` may choose for one setting: one of `choices`, or a number from `low` to `high`."""

    low: float | None = None
    high: float | None = None
    log: bool = False
    whole: bool = False
    choices: list[Any] | None = None

    @model_validator(mode="after")
    def _either(self) -> "SearchRange":
        numbers = self.low is not None and self.high is not None and self.low < self.high
        if numbers == (self.choices is not None and len(self.choices) > 0):
            raise ValueError("give either low and high, with low below high, or choices")
        return self


class Experiment(_Exact):
    """Everything that decides what a run gives, but for the data.

    Attributes
    ----------
    name, title, source : str
        Of the model; where it comes from.
    reported : mapping of metric to figure
        What the source states, on its own data.
    task : str
        `classes` (one of them), `labels` (each of the 37 answers held by more than half of all, or not), `fractions` (37 vote fractions
        through the tree), `votes` (the same with Dirichlet-multinomial uncertainty).
    model : str
        Name in the registry, or `timm/<backbone>`; `options` are its own settings.
    size : int, optional
        Side of the input, px; the model's own by default.
    framing : str
        `whole` picture, or a crop at the `object` that is found, as the bundled model sees it.
    scheme : str
        Taxonomy whose classes are derived from the votes; empty for the set's own labels. A class counts where more than `majority`
        of the votes agree.
    relabel : mapping of label to class
        Empty text drops a label.
    cap : int, optional
        At most so many training pictures of a class; for tasks without classes, of all.
    balance : str
        `weights` weighs classes in the loss so that all count alike.
    split : str or mapping
        `published`, R1 to R5, or shares such as {train: 0.8, validation: 0.2}.
    exclude_licences : sequence of str
        Rows whose licence contains one of these texts are left out.
    freeze : str
        `backbone` trains the head alone.
    weights : str
        Starting weights: a path below the data folder (safetensors, a run's best.pt, or an exported fp32 model), or `ours` for the
        bundled model's.
    average : bool
        Judge with the average over the eight flips and turns of a picture.
    wanted_accuracy : float, optional
        The model says that it cannot tell below the least confidence for which validation pictures reach this accuracy.
    augment : mapping, optional
        Strengths, see `skyform.training.augment.Augment`; None for none at all.
    search : mapping of setting to range
        What `skyform tune` may change.
    """

    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    title: str = ""
    version: str = "1"
    source: str = ""
    reported: Mapping[str, float] = {}
    reported_on: str = ""
    task: Literal["classes", "labels", "fractions", "votes"]
    model: str
    options: Mapping[str, Any] = {}
    size: Count | None = None
    framing: Literal["whole", "object"] = "whole"
    scheme: str = ""
    majority: Share = 0.55
    relabel: Mapping[str, str] = {}
    cap: Count | None = None
    balance: Literal["none", "weights"] = "none"
    split: str | Mapping[str, Positive] = "published"
    exclude_licences: Sequence[str] = ()
    epochs: Count = 20
    batch_size: Count = 64
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: Positive = 1e-3
    head_learning_rate: Positive | None = None
    momentum: Share = 0.9
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: Share = 0.0
    label_smoothing: Share = 0.0
    ema: Share = 0.0
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true"
    freeze: Literal["none", "backbone"] = "none"
    weights: str = ""
    stop: Stop = Stop()
    augment: Mapping[str, float | bool] | None = None
    offline: Offline | None = None
    average: bool = False
    wanted_accuracy: Share | None = None
    devices: Count = 1
    seed: Annotated[int, Field(ge=0)] = 0
    search: Mapping[str, SearchRange] = {}

    @model_validator(mode="after")
    def _known_names(self) -> "Experiment":
        if self.scheme and self.scheme not in TAXONOMIES:
            raise ValueError(
                f"scheme is {self.scheme!r}; the taxonomies are {', '.join(TAXONOMIES)}"
            )
        if unknown := set(self.augment or {}) - {f.name for f in fields(Augment)}:
            known = ", ".join(f.name for f in fields(Augment))
            raise ValueError(f"augment names {', '.join(sorted(unknown))}; those are {known}")
        if self.entry.family == "classical" and self.task != "classes":
            raise ValueError(
                f"task is {self.task!r}; the model {self.model} can learn classes only"
            )
        return self

    @property
    def entry(self) -> ModelEntry:
        """The model's entry in the registry."""
        return find_model(self.model)

    @property
    def side(self) -> int:
        """Side of the input, px."""
        return self.size or self.entry.size

    @property
    def preprocess(self) -> Preprocess:
        """From a decoded picture to the network's input."""
        if self.framing == "whole":
            return Preprocess(size=self.side, least_crop=1.0)
        return Preprocess(size=self.side)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for YAML and JSON."""
        return self.model_dump(mode="json")

    def with_settings(self, **settings: Any) -> "Experiment":
        """A copy with other settings, checked again; `part__key` reaches into a mapping."""
        values = self.to_dict()
        for name, value in settings.items():
            part, _, key = name.partition("__")
            if key:
                values[part] = {**(values[part] or {}), key: value}
            else:
                values[name] = value
        return _checked(values, "the settings")


def is_experiment(path: Path) -> bool:
    """Whether a recipe is an experiment: it names a task."""
    return "task" in read_values(path)


def read_experiment(path: Path, *, overrides: Sequence[str] = ()) -> Experiment:
    """Read and check a recipe.

    Raises
    ------
    RecipeError
        If the file cannot be read, or a setting is unknown, missing, or has a value that it cannot have.
    """
    return _checked(read_values(path, overrides=overrides), f"the recipe {path}")


def _checked(values: Mapping[Any, Any], what: str) -> Experiment:
    try:
        return Experiment.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(_fault(e) for e in error.errors())
        raise RecipeError(
            f"In {what}: {faults}.",
            remedy=f"The settings are {', '.join(Experiment.model_fields)}.",
        ) from error
    except SkyformError as error:
        raise RecipeError(f"In {what}: {error.message}", remedy=error.remedy) from error


def _fault(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    given = "" if error["type"] in ("missing", "value_error") else f" (it is {error['input']!r})"
    return f"{where}: {message}{given}" if where else f"{message}{given}"
