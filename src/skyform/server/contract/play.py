"""Votes: of those who play, of those who correct an answer, of curators."""

from typing import Literal

from pydantic import Field

from skyform.server.contract.base import Exact
from skyform.server.contract.classification import Classification
from skyform.server.contract.results import ResultSummary

__all__ = [
    "Guess",
    "Outcome",
    "ReviewDecision",
    "ReviewItem",
    "ReviewPage",
    "Round",
    "Score",
    "Tally",
    "Verdict",
    "VoteSheet",
]


class Round(Exact):
    """A galaxy to classify. What people and the model say of it comes with the outcome."""

    id: str = Field(description="Give it back with the guess.")
    picture: str
    credit: str
    licence: str
    first_question: str = Field(description="Where in the tree to begin.")


class Guess(Exact):
    """The answers of one who plays, in the order of the tree."""

    answers: list[str] = Field(min_length=1, max_length=12, description="Answer ids.")


class Verdict(Exact):
    """One of the given answers beside what the others say."""

    question: str
    answer: str = Field(description="The given one.")
    model: float = Field(description="The model's fraction for that answer.")
    model_answer: str = Field(description="The model's most likely answer.")
    crowd: float | None = Field(
        description="Share of the votes for that answer; null while too few people answered."
    )
    crowd_votes: int
    truth: str | None = Field(description="The answer of the data set, where it gives one.")
    points: int


class Score(Exact):
    """How the visitor is doing."""

    rounds: int
    points: int
    streak: int = Field(description="Rounds in a row that agreed with the truth.")
    best_streak: int
    agreement: float | None = Field(
        description="Share of rounds that agreed with the truth; null before the first."
    )
    model_agreement: float | None = Field(description="The model's share on the same rounds.")


class Outcome(Exact):
    """How a round went."""

    exhibit: str = Field(description="Id of the exhibit in the gallery.")
    truth_text: str
    right: bool | None
    model_right: bool | None
    verdicts: list[Verdict]
    points: int
    score: Score


class VoteSheet(Exact):
    """What a person says of a kept result: answers by question id, or the kind of object, or both."""

    answers: dict[str, str] = Field(default_factory=dict, max_length=12)
    kind: str | None = None
    comment: str = Field(default="", max_length=500)


class Tally(Exact):
    """The votes on one picture."""

    votes: int = Field(description="People who voted.")
    questions: dict[str, dict[str, int]] = Field(
        description="By question id, votes by answer id; `kind` for the kind of object."
    )
    mine: dict[str, str] = Field(description="What the one who asks has answered.")


class ReviewItem(Exact):
    """A result on which people and the model disagree, or of which the model is unsure."""

    result: ResultSummary
    classification: Classification
    tally: Tally
    uncertainty: float = Field(
        ge=0, le=1, description="What the list is ordered by, the largest first."
    )
    decided: bool


class ReviewPage(Exact):
    """What waits for a curator."""

    items: list[ReviewItem]
    next: str | None
    total: int


class ReviewDecision(Exact):
    """What a curator decides: `accept` the model's answer, `correct` it, or `discard` the picture."""

    decision: Literal["accept", "correct", "discard"]
    answers: dict[str, str] = Field(default_factory=dict, max_length=12)
    kind: str | None = None
    note: str = Field(default="", max_length=500)
