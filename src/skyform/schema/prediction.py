"""What Skyform says of one picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

__all__ = [
    "AnswerEstimate",
    "ClassEstimate",
    "Failure",
    "Flag",
    "Frame",
    "KindEstimate",
    "Prediction",
]


class Flag(StrEnum):
    """What a person should know about a picture before trusting the answer."""

    TINY = "tiny"
    SATURATED = "saturated"
    BLANK = "blank"
    CUT_BY_EDGE = "cut-by-edge"
    NOTHING_FOUND = "nothing-found"
    LOW_SIGNAL = "low-signal"
    OFF_CENTRE = "off-centre"
    SEVERAL_OBJECTS = "several-objects"
    ANIMATED = "animated"
    MISSING_PIXELS = "missing-pixels"
    UNFAMILIAR = "unfamiliar"
    NOT_A_GALAXY = "not-a-galaxy"
    UNSURE = "unsure"
    NEGATIVE = "negative"

    @property
    def text(self) -> str:
        """The flag in plain words."""
        return _FLAG_TEXTS[self]


_FLAG_TEXTS = {
    Flag.TINY: "the object covers very few pixels; fine structure cannot be seen",
    Flag.SATURATED: "a large part of the picture is overexposed",
    Flag.BLANK: "the picture has no contrast",
    Flag.CUT_BY_EDGE: "the object is cut by the edge of the picture",
    Flag.NOTHING_FOUND: "no object stands out; the whole picture was used",
    Flag.LOW_SIGNAL: "the object hardly stands out from the noise",
    Flag.OFF_CENTRE: "the object was far from the centre of the picture",
    Flag.SEVERAL_OBJECTS: "several objects of like brightness; the one nearest the centre was used",
    Flag.ANIMATED: "the file holds several pictures; the first was used",
    Flag.MISSING_PIXELS: "some pixels are missing (NaN) and were filled with background",
    Flag.UNFAMILIAR: "unlike anything the model was trained on; do not trust the answer",
    Flag.NOT_A_GALAXY: "probably not a galaxy; the galaxy answers mean little",
    Flag.UNSURE: "the model cannot tell which kind of object this is",
    Flag.NEGATIVE: "a negative, dark on bright: it was turned into a positive",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a picture could not be classified: the error's stable code, what was wrong, what to do."""

    code: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


@dataclass(frozen=True, slots=True)
class Frame:
    """The square of the picture that the network saw, in pixels of the picture as displayed (EXIF applied).

    `x`, `y` is the left upper corner, `side` the length; `width`, `height` the whole picture's size.
    """

    x: float
    y: float
    side: float
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class KindEstimate:
    """What kind of object it is: the id, the calibrated confidence, and the probability of each kind.

    `answer_set` holds the ids of the kinds that cannot be ruled out (conformal, the most probable first); empty where no set was fitted.
    """

    id: str
    name: str
    confidence: float
    probabilities: Mapping[str, float]
    answer_set: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerEstimate:
    """One answer of the tree.

    `fraction` is the expected share of those asked, `low` and `high` bound the central 90 % of it (see the model card for the
    measured coverage); `cumulative` is the share of everyone. `confidence` is the calibrated chance that this is the answer which most
    of those asked give: where 60 % see a bar, "a bar" is the right answer nearly always. None where nobody worked it out.
    """

    id: str
    question: str
    text: str
    column: str
    fraction: float
    low: float
    high: float
    cumulative: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ClassEstimate:
    """The class in one taxonomy, or among the classes that a model learnt of its own.

    `coverage` is the share of the vote that the taxonomy's classes speak for, 1 for own classes. `answer_set` holds the ids of the
    classes that cannot be ruled out (conformal, the most probable first); empty where no set was fitted.
    """

    taxonomy: str
    number: int
    id: str
    name: str
    confidence: float
    coverage: float
    probabilities: tuple[float, ...]
    answer_set: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """The statement about one picture.

    A picture that failed has `failure` set and nothing else but `id`, `path`, `flags` and `model`; test `ok` first.

    Attributes
    ----------
    id : str
        File stem, or `image-<n>` for pictures without a file.
    path : str
        As given; empty for bytes and arrays.
    model : str
        `name@version`.
    asked : mapping
        Probability that each question is asked.
    kind : KindEstimate or None
        None where the model names no kinds; in the same way `answers`, `asked` and `path_taken` are empty where it answers no tree.
    path_taken : tuple of str
        The most probable path, as answer ids from the root.
    rolled_up : tuple of str
        The part of that path that is sure enough to say: where a question's answer set holds several answers, or the confidence is below
        "likely", it stops at the ancestor that is still sure.
    answer_sets : mapping of question id to answer ids
        The answers to each question that cannot be ruled out (conformal, the most probable first), as if it were asked; questions without
        a fitted set are left out.
    strangeness : float or None
        From 0 to 1, how much speaks for a picture of nothing that the model knows; None where the model cannot tell.
    sentence : str
        One plain sentence, rolled up to what is sure enough to say; of the model's own classes where it has any.
    classes : mapping
        By id of the taxonomy or scheme; the model's own classes first.
    embedding : array of float32, shape (features,)
        Left out, like `evidence`, when two predictions are compared.
    evidence : array of float32, shape (rows, columns), or None
        Evidence map of the decisive answer over the `frame`, 0 to 1; None unless asked for.
    evidence_of : str
        What the evidence is for: an answer id, a kind id, or `scheme:class`; empty without evidence.
    """

    id: str
    path: str
    model: str
    flags: tuple[Flag, ...] = ()
    failure: Failure | None = None
    kind: KindEstimate | None = None
    answers: tuple[AnswerEstimate, ...] = ()
    asked: Mapping[str, float] = field(default_factory=dict[str, float])
    path_taken: tuple[str, ...] = ()
    rolled_up: tuple[str, ...] = ()
    answer_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    strangeness: float | None = None
    sentence: str = ""
    classes: Mapping[str, ClassEstimate] = field(default_factory=dict[str, ClassEstimate])
    frame: Frame | None = None
    embedding: Float[ndarray, " features"] = field(
        default_factory=lambda: np.zeros(0, np.float32), repr=False, compare=False
    )
    evidence: Float[ndarray, "rows columns"] | None = field(default=None, repr=False, compare=False)
    evidence_of: str = ""

    @property
    def ok(self) -> bool:
        """Whether the picture was classified."""
        return self.failure is None

    def answer(self, id: str) -> AnswerEstimate:
        """The estimate for one answer id, such as `spiral.yes`.

        Raises
        ------
        KeyError
            If the tree has no such answer, or the picture failed.
        """
        for a in self.answers:
            if a.id == id:
                return a
        raise KeyError(id)

    def to_dict(self, *, embedding: bool = False) -> dict[str, Any]:
        """Everything as plain JSON types: the shape of the API's answer."""
        out: dict[str, Any] = {
            "id": self.id,
            "path": self.path,
            "model": self.model,
            "flags": [{"code": f.value, "text": f.text} for f in self.flags],
            "error": _fields_of(self.failure) if self.failure else None,
            "kind": _kind_dict(self.kind) if self.kind else None,
            "sentence": self.sentence,
            "path_taken": list(self.path_taken),
            "rolled_up": list(self.rolled_up),
            "answer_sets": {q: list(ids) for q, ids in self.answer_sets.items()},
            "strangeness": self.strangeness,
            "classes": {k: _class_dict(c) for k, c in self.classes.items()},
            "asked": dict(self.asked),
            "answers": [_fields_of(a) for a in self.answers],
            "frame": _fields_of(self.frame) if self.frame else None,
            "evidence": None
            if self.evidence is None
            else np.round(self.evidence.astype(float), 4).tolist(),
            "evidence_of": self.evidence_of,
        }
        if embedding:
            out["embedding"] = self.embedding.tolist()
        return out

    def _repr_html_(self) -> str:
        # Notebooks call it; what classifies a million pictures does not load it.
        from skyform.schema.display import prediction_html

        return prediction_html(self)


def _fields_of(estimate: Any) -> dict[str, Any]:
    # `asdict` copies every value anew, at ten times the time.
    return {name: getattr(estimate, name) for name in estimate.__slots__}


def _kind_dict(kind: KindEstimate) -> dict[str, Any]:
    lists = {"probabilities": dict(kind.probabilities), "answer_set": list(kind.answer_set)}
    return {**_fields_of(kind), **lists}


def _class_dict(estimate: ClassEstimate) -> dict[str, Any]:
    lists = {
        "probabilities": list(estimate.probabilities),
        "answer_set": list(estimate.answer_set),
    }
    return {**_fields_of(estimate), **lists}
