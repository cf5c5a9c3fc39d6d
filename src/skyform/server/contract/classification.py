"""The statement about one picture, as a type.

`Classification` mirrors `Prediction.to_dict(embedding=True)` and adds the request's id and the words for chances.
"""

from pydantic import Field

from skyform.schema import Prediction, chance
from skyform.server.contract.base import Exact

__all__ = [
    "Answer",
    "Classification",
    "Display",
    "FlagNote",
    "Frame",
    "Kind",
    "LookAlike",
    "PictureError",
    "Shape",
    "TaxonomyChoice",
]


class FlagNote(Exact):
    """Something to know before trusting the answer."""

    code: str
    text: str = Field(description="In plain words.")


class PictureError(Exact):
    """Why a picture could not be classified. Over HTTP such a picture gets an `ErrorBody` instead, so this stays null."""

    code: str
    message: str
    remedy: str


class Kind(Exact):
    """What kind of object the picture shows."""

    id: str
    name: str
    confidence: float = Field(ge=0, le=1, description="Calibrated probability.")
    chance: str = Field(description="The words for that probability.")
    probabilities: dict[str, float] = Field(description="Probability of each kind, by id.")
    answer_set: list[str] = Field(
        description="Ids of the kinds that cannot be ruled out, the most probable first; empty where no set was fitted."
    )


class TaxonomyChoice(Exact):
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


class Answer(Exact):
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


class Frame(Exact):
    """The square of the picture that was classified, in pixels of the picture as displayed."""

    x: float
    y: float
    side: float
    width: int = Field(description="Of the whole picture.")
    height: int = Field(description="Of the whole picture.")


class Shape(Exact):
    """The object's shape, measured on the picture and not by the network. Null where it cannot be measured."""

    ellipticity: float | None = Field(description="1 - b/a: 0 is round.")
    position_angle: float | None = Field(
        description="Degrees of the long axis, anticlockwise from the picture's right."
    )
    concentration: float | None = Field(
        description="5 log10(r80 / r20) (Conselice 2003): 2 to 3 for discs, 4 to 5 for ellipticals."
    )
    asymmetry: float | None = Field(
        description="Of the light under half a turn (Conselice 2003), the sky's own subtracted."
    )
    radius: float | None = Field(description="That holds half of the light, in pixels.")
    phrases: list[str] = Field(description="What the figures mean, in plain words.")


class LookAlike(Exact):
    """A labelled galaxy whose embedding is near that of the picture."""

    id: str
    picture: str = Field(description="Address of a small picture.")
    label: str = Field(description="What people said of it, in plain words.")
    likeness: float = Field(ge=-1, le=1, description="Cosine of the angle between the embeddings.")
    credit: str
    licence: str


class Display(Exact):
    """How the picture's values became brightness; for pictures that hold measurements, such as FITS.

    `low` and `high` are places in the range of the values on an asinh scale, so that faint light has room: 0 is well below the sky, 1 the
    brightest value. All three are null where the values are shown in proportion.
    """

    adjustable: bool = Field(description="Whether `low`, `high` and `softening` can be given.")
    low: float | None = Field(description="What became black, 0 to 1.")
    high: float | None = Field(description="What became white, 0 to 1.")
    softening: float | None = Field(
        description="Of the asinh stretch, as a multiple of what the picture itself asks for: the smaller, the more faint light is lifted."
    )


class Classification(Exact):
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
        description="Rows of the evidence map over the frame, 0 to 1; null unless asked for."
    )
    evidence_of: str = Field(
        description="Id of the answer or kind that the evidence is for, or `scheme:class`; empty without evidence."
    )
    embedding: list[float] | None = Field(
        description="The network's features of the picture, to compare pictures by; null unless asked for."
    )
    shape: Shape | None = Field(
        default=None, description="Measured shape; null unless asked for with `details`."
    )
    look_alikes: list[LookAlike] = Field(
        default_factory=list, description="Labelled galaxies like it; empty unless asked for."
    )
    lesson: str = Field(
        default="", description="Page of the guide about this type; empty unless asked for."
    )
    display: Display | None = Field(
        default=None, description="How it was stretched; null unless asked for with `details`."
    )
    result: str | None = Field(
        default=None, description="Id of the kept result; null where nothing was kept."
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
