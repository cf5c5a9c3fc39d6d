"""The models: what they answer, how good they are, what they are compared with."""

from typing import Any

from pydantic import Field

from skyform.server.contract.base import Exact

__all__ = [
    "Comparison",
    "ComparisonRow",
    "ConfusionTable",
    "LimitsNote",
    "ModelEntry",
    "ModelFigures",
    "ModelList",
    "ReliabilityBin",
    "Sample",
    "SampleList",
    "TaxonomyClassEntry",
    "TaxonomyEntry",
    "TreeAnswer",
    "TreeEntry",
    "TreeQuestion",
]


class TaxonomyClassEntry(Exact):
    """One class of a taxonomy."""

    number: int
    id: str
    name: str


class TaxonomyEntry(Exact):
    """A classification scheme and its classes, in the data set's own order."""

    id: str
    name: str
    learned: bool = Field(
        description="Whether the model learnt these classes itself; others are views on the tree."
    )
    classes: list[TaxonomyClassEntry]


class TreeAnswer(Exact):
    """An answer, and the question that it leads to (null at an end of the tree)."""

    id: str
    text: str
    next: str | None
    column: str


class TreeQuestion(Exact):
    """A question and its answers."""

    id: str
    text: str
    answers: list[TreeAnswer]


class TreeEntry(Exact):
    """The decision tree that the model answers."""

    id: str
    name: str
    questions: list[TreeQuestion]
    also_asked: dict[str, list[str]] = Field(
        description="Questions asked beside the flow of `next`, whenever one of these answers is given."
    )


class LimitsNote(Exact):
    """What this server accepts."""

    max_upload_bytes: int
    max_pixels: int
    max_files: int = Field(description="Pictures in one job.")


class ModelEntry(Exact):
    """A model: what it answers, what it was trained on, how good it is."""

    id: str = Field(description="`name@version`.")
    name: str
    version: str
    tree: TreeEntry | None = Field(
        description="Null for a model that knows only classes of its own."
    )
    taxonomies: list[TaxonomyEntry] = Field(description="The model's own classes first.")
    card: dict[str, Any] = Field(description="The model card: data, licences, results, limits.")


class ModelList(Exact):
    """The models of this server, and its limits."""

    models: list[ModelEntry]
    limits: LimitsNote


class ReliabilityBin(Exact):
    """Predictions of about the same confidence, and how many of them were right."""

    confidence: float
    right: float
    count: int


class ConfusionTable(Exact):
    """Rows are the truth, columns the prediction."""

    taxonomy: str
    classes: list[str]
    counts: list[list[int]]


class ModelFigures(Exact):
    """Figures measured on the gallery's held-out galaxies, by this server's own model."""

    model: str
    exhibits: int
    reliability: list[ReliabilityBin]
    confusion: list[ConfusionTable]


class ComparisonRow(Exact):
    """A reference system's figure beside ours."""

    system: str = Field(description="R1 to R5.")
    task: str
    measure: str
    reported: str = Field(description="As its authors gave it.")
    reproduced: str = Field(description="By our recipe, with its interval; empty where not run.")
    ours: str = Field(description="By our own model on the same split; empty where not run.")
    note: str


class Comparison(Exact):
    """R1 to R5 and ours."""

    rows: list[ComparisonRow]


class Sample(Exact):
    """A picture to try, with the credit that must be shown beside it."""

    file: str
    title: str
    credit: str
    licence: str
    url: str = Field(description="Address of the picture, relative to the page.")


class SampleList(Exact):
    """The pictures to try; may be empty."""

    samples: list[Sample]
