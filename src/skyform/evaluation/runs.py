"""What a training run leaves behind for evaluation: what was trained on what, its figures, and every validation prediction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from jaxtyping import Float, Int
from numpy import ndarray

from skyform.evaluation.class_calibration import ClassCalibration
from skyform.evaluation.metrics import Estimate
from skyform.schema import Scheme

__all__ = ["FORMAT", "Predictions", "RunFigure", "RunResult", "RunSummary", "Task"]

FORMAT = 1
_TASKS = ("classes", "labels", "fractions", "votes")

Task = Literal["classes", "labels", "fractions", "votes"]


@dataclass(frozen=True, slots=True)
class RunFigure:
    """A picture that the trainer made: its file, relative to the run folder, and what it shows."""

    file: str
    caption: str


@dataclass(frozen=True)
class RunSummary:
    """What `result.json` holds: everything that is known of a run but its predictions.

    Attributes
    ----------
    name : str
        Of the recipe; runs of the same name on the same data are its repetitions with other seeds.
    title, source : str
        Of the model; where it comes from.
    task : str
        `classes`, `labels`, `fractions` or `votes`.
    dataset : mapping
        `id`, `title` and `fingerprint`.
    scores : mapping of name to Estimate
        Measured on validation.
    reported : mapping of metric to figure
        What the source states, measured on `reported_on`.
    scheme : Scheme or None
        The classes, for the task `classes`.
    derived : bool
        Whether the classes were derived from votes, rather than given by the set itself.
    calibration : mapping
        A `ClassCalibration` as a dictionary; empty where there is none.
    chosen_on : str
        `validation`, where calibration and best epoch were chosen on the very pictures that the figures are of; `training`, where
        nothing was.
    seconds : float
        Of training.
    device : str
        What it ran on.
    parameters : int
        0 where the model has none to count.
    bytes : int
        Size of the model file.
    images_per_second : float
        When predicting.
    model : str
        Its file, relative to the run folder.
    command : str
        What makes this run again.
    notes : tuple of str
        What a reader must know.
    figures : tuple of RunFigure
    """

    name: str
    title: str
    task: Task
    dataset: Mapping[str, str]
    scores: Mapping[str, Estimate]
    n_train: int
    n_validation: int
    source: str = ""
    reported: Mapping[str, float] = field(default_factory=dict[str, float])
    reported_on: str = ""
    scheme: Scheme | None = None
    derived: bool = False
    calibration: Mapping[str, Any] = field(default_factory=dict[str, Any])
    chosen_on: Literal["validation", "training"] = "validation"
    seconds: float = 0.0
    device: str = ""
    parameters: int = 0
    bytes: int = 0
    images_per_second: float = 0.0
    seed: int = 0
    model: str = ""
    command: str = ""
    notes: tuple[str, ...] = ()
    figures: tuple[RunFigure, ...] = ()

    def __post_init__(self) -> None:
        if self.task not in _TASKS:
            raise ValueError(f"task is {self.task!r}; it must be one of {', '.join(_TASKS)}")
        if self.chosen_on not in ("validation", "training"):
            raise ValueError(f"chosen_on is {self.chosen_on!r}; it must be validation or training")
        if (self.task == "classes") != (self.scheme is not None):
            raise ValueError(
                f"the task {self.task!r} has scheme {self.scheme!r}; only 'classes' has one"
            )
        if missing := {"id", "title", "fingerprint"} - set(self.dataset):
            raise ValueError(f"dataset lacks {', '.join(sorted(missing))}")
        if self.task == "classes":
            ClassCalibration.from_dict(self.calibration)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        values: dict[str, Any] = {"format": FORMAT}
        values |= {f.name: getattr(self, f.name) for f in fields(self)}
        values["dataset"] = dict(self.dataset)
        values["reported"] = dict(self.reported)
        values["calibration"] = dict(self.calibration)
        values["scheme"] = None if self.scheme is None else self.scheme.to_dict()
        values["scores"] = {name: e.to_dict() for name, e in self.scores.items()}
        values["notes"] = list(self.notes)
        values["figures"] = [asdict(f) for f in self.figures]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RunSummary":
        """The inverse of `to_dict`.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a value is missing, unknown, or of the wrong kind.
        """
        known = {k: v for k, v in values.items() if k != "format"}
        known["scores"] = {k: _estimate(v) for k, v in known["scores"].items()}
        if known.get("scheme") is not None:
            known["scheme"] = Scheme.from_dict(known["scheme"])
        known["reported"] = {k: float(v) for k, v in known.get("reported", {}).items()}
        for name in ("seconds", "images_per_second"):
            known[name] = float(known.get(name, 0.0))
        known["notes"] = tuple(known.get("notes", ()))
        known["figures"] = tuple(RunFigure(**f) for f in known.get("figures", ()))
        return cls(**known)


@dataclass(frozen=True)
class Predictions:
    """The validation rows: what is true, and what the model said.

    Attributes
    ----------
    ids : tuple of str
    columns : tuple of str
        Class ids, or the columns of the answers.
    truth : shape (n,) or (n, columns)
        Position of the true class for the task `classes`; else the value of each column, NaN where unknown.
    p : shape (n, columns)
        Calibrated probabilities, or fractions.
    """

    ids: tuple[str, ...]
    columns: tuple[str, ...]
    truth: Int[ndarray, " n"] | Float[ndarray, "n columns"]
    p: Float[ndarray, "n columns"]

    def __post_init__(self) -> None:
        shapes = {"truth": len(self.truth), "p": len(self.p)}
        if any(n != len(self.ids) for n in shapes.values()) or self.p.shape[1] != len(self.columns):
            raise ValueError(
                f"predictions of {len(self.ids)} ids and {len(self.columns)} columns have truth of shape "
                f"{self.truth.shape} and p of shape {self.p.shape}"
            )
        if len(set(self.ids)) < len(self.ids):
            raise ValueError("predictions hold an id twice")

    @property
    def said(self) -> Int[ndarray, " n"]:
        """Column of the highest value of each row."""
        return self.p.argmax(axis=1)

    def rows(self, at: Int[ndarray, " m"]) -> "Predictions":
        """The rows at these positions, in this order."""
        ids = tuple(self.ids[int(i)] for i in at)
        return replace(self, ids=ids, truth=self.truth[at], p=self.p[at])


@dataclass(frozen=True)
class RunResult:
    """A finished run.

    Attributes
    ----------
    summary : RunSummary
    predictions : Predictions
    curves : mapping of column to array, shape (epochs,)
        `epoch`, `loss`, `validation_loss`, `validation_accuracy`, `learning_rate`, as far as they are known; empty for a model
        that is not trained in epochs.
    thumbnails : mapping of id to bytes
        Small JPEGs of some validation rows.
    """

    summary: RunSummary
    predictions: Predictions
    curves: Mapping[str, Float[ndarray, " epochs"]] = field(default_factory=dict[str, Any])
    thumbnails: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def calibration(self) -> ClassCalibration:
        """Of the classes; the identity where the run has none."""
        return ClassCalibration.from_dict(self.summary.calibration)


def _estimate(values: Mapping[str, Any]) -> Estimate:
    low, high = float(values["low"]), float(values["high"])
    return Estimate(float(values["value"]), low, high, int(values["n"]))
