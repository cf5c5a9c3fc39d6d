"""The shape of everything that the API sends, as types; `openapi.json` is made from them.

`Classification` mirrors `Prediction.to_dict(embedding=True)` and adds the request's id and the words for chances.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from skyform.schema import Prediction, chance

__all__ = [
    "Answer",
    "Classification",
    "ErrorBody",
    "ErrorDetail",
    "FlagNote",
    "Frame",
    "Health",
    "Kind",
    "LimitsNote",
    "ModelEntry",
    "ModelList",
    "PictureError",
    "Sample",
    "SampleList",
    "TaxonomyChoice",
    "TaxonomyClassEntry",
    "TaxonomyEntry",
    "TreeAnswer",
    "TreeEntry",
    "TreeQuestion",
]


class _Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ErrorDetail(_Exact):
    """What went wrong and what to do about it."""

    code: str = Field(description="Stable name, for programs.")
    message: str = Field(description="What was wrong.")
    remedy: str = Field(description="What to do about it; may be empty.")
    request_id: str = Field(description="The X-Request-ID of this request.")


class ErrorBody(_Exact):
    """The body of every response with a status of 400 or more."""

    error: ErrorDetail


class FlagNote(_Exact):
    """Something to know before trusting the answer."""

    code: str
    text: str = Field(description="In plain words.")


class PictureError(_Exact):
    """Why a picture could not be classified. Over HTTP such a picture gets an `ErrorBody` instead, so this stays null."""

    code: str
    message: str
    remedy: str


class Kind(_Exact):
    """What kind of object the picture shows."""

    id: str
    name: str
    confidence: float = Field(ge=0, le=1, description="Calibrated probability.")
    chance: str = Field(description="The words for that probability.")
    probabilities: dict[str, float] = Field(description="Probability of each kind, by id.")
    answer_set: list[str] = Field(
        description="Ids of the kinds that cannot be ruled out, the most probable first; empty where no set was fitted."
    )


class TaxonomyChoice(_Exact):
    """The most probable class in one taxonomy, or among the model's own classes."""

    taxonomy: str
    number: int = Field(description="The data set's own number of the class.")
    id: str
    name: str
    confidence: float = Field(ge=0, le=1)
    chance: str = Field(description="The words for that probability.")
    coverage: float = Field(description="Share of the vote that the taxonomy's classes speak for.")
    probabilities: list[float] = Field(description="Of every class, in the taxonomy's order.")
    answer_set: list[str] = Field(
        description="Ids of the classes that cannot be ruled out, the most probable first; empty where no set was fitted."
    )


class Answer(_Exact):
    """One answer of the decision tree."""

    id: str = Field(description="`question.answer`.")
    question: str
    text: str
    column: str = Field(description="Its column in the data set that the tree comes from.")
    fraction: float = Field(description="Expected share of those who are asked.")
    low: float = Field(description="Lower end of the central 90 % of that share.")
    high: float = Field(description="Upper end of the central 90 % of that share.")
    cumulative: float = Field(description="Expected share of everyone.")
    confidence: float | None = Field(
        description="Calibrated probability that it is the answer which most of those asked give."
    )


class Frame(_Exact):
    """The square of the picture that was classified, in pixels of the picture as displayed."""

    x: float
    y: float
    side: float
    width: int = Field(description="Of the whole picture.")
    height: int = Field(description="Of the whole picture.")


class Classification(_Exact):
    """The statement about one picture."""

    request_id: str
    id: str = Field(description="From the file's name, for display.")
    path: str = Field(description="Always empty over HTTP.")
    model: str = Field(description="`name@version`.")
    flags: list[FlagNote]
    error: PictureError | None
    kind: Kind | None = Field(description="Null where the model names no kinds.")
    sentence: str = Field(description="The answer in one plain sentence.")
    path_taken: list[str] = Field(description="Most probable answers from the root, as answer ids.")
    rolled_up: list[str] = Field(description="The part of that path that is sure enough to say.")
    answer_sets: dict[str, list[str]] = Field(
        description="By question id, the answers that cannot be ruled out, the most probable first."
    )
    strangeness: float | None = Field(
        description="0 to 1: how much speaks for a picture of nothing that the model knows."
    )
    classes: dict[str, TaxonomyChoice] = Field(
        description="By taxonomy id; the model's own classes first."
    )
    asked: dict[str, float] = Field(description="Probability that each question is asked.")
    answers: list[Answer]
    frame: Frame | None
    evidence: list[list[float]] | None = Field(
        description="Rows of the class-activation map over the frame, 0 to 1; null unless asked for."
    )
    evidence_of: str = Field(
        description="Id of the answer or kind that the evidence is for, or `scheme:class`; empty without evidence."
    )
    embedding: list[float] | None = Field(
        description="The network's features of the picture, to compare pictures by; null unless asked for."
    )

    @classmethod
    def of(
        cls, prediction: Prediction, *, request_id: str, embedding: bool = False
    ) -> "Classification":
        """The statement with its words for chances, and with the embedding if asked for."""
        body = prediction.to_dict(embedding=embedding)
        body.setdefault("embedding", None)
        for part in (body["kind"], *body["classes"].values()):
            if part is not None:
                part["chance"] = chance(part["confidence"])
        return cls.model_validate({**body, "request_id": request_id})


class TaxonomyClassEntry(_Exact):
    """One class of a taxonomy."""

    number: int
    id: str
    name: str


class TaxonomyEntry(_Exact):
    """A classification scheme and its classes, in the data set's own order."""

    id: str
    name: str
    learned: bool = Field(
        description="Whether the model learnt these classes itself; others are views on the tree."
    )
    classes: list[TaxonomyClassEntry]


class TreeAnswer(_Exact):
    """An answer, and the question that it leads to (null at an end of the tree)."""

    id: str
    text: str
    next: str | None
    column: str


class TreeQuestion(_Exact):
    """A question and its answers."""

    id: str
    text: str
    answers: list[TreeAnswer]


class TreeEntry(_Exact):
    """The decision tree that the model answers."""

    id: str
    name: str
    questions: list[TreeQuestion]
    also_asked: dict[str, list[str]] = Field(
        description="Questions asked beside the flow of `next`, whenever one of these answers is given."
    )


class LimitsNote(_Exact):
    """What this server accepts."""

    max_upload_bytes: int
    max_pixels: int


class ModelEntry(_Exact):
    """A model: what it answers, what it was trained on, how good it is."""

    id: str = Field(description="`name@version`.")
    name: str
    version: str
    tree: TreeEntry | None = Field(
        description="Null for a model that knows only classes of its own."
    )
    taxonomies: list[TaxonomyEntry] = Field(description="The model's own classes first.")
    card: dict[str, Any] = Field(description="The model card: data, licences, results, limits.")


class ModelList(_Exact):
    """The models of this server, and its limits."""

    models: list[ModelEntry]
    limits: LimitsNote


class Sample(_Exact):
    """A picture to try, with the credit that must be shown beside it."""

    file: str
    title: str
    credit: str
    licence: str
    url: str = Field(description="Address of the picture, relative to the page.")


class SampleList(_Exact):
    """The pictures to try; may be empty."""

    samples: list[Sample]


class Health(_Exact):
    """That the server works, and with which model."""

    status: str
    model: str
