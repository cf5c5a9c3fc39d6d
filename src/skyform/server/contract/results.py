"""What was kept, as its owner and those who have its address see it."""

from datetime import datetime

from pydantic import Field

from skyform.server.contract.base import Exact
from skyform.server.contract.classification import Classification

__all__ = ["ResultChange", "ResultDetail", "ResultPage", "ResultSummary"]


class ResultSummary(Exact):
    """One kept result in a list."""

    id: str = Field(description="Random; who knows the address of a shared result can see it.")
    title: str = Field(description="The file's name, or what its owner called it.")
    created_at: datetime
    sentence: str
    kind: str | None = Field(description="Id of the kind of object.")
    confidence: float | None = Field(description="Of the kind.")
    shared: bool = Field(description="Whether others may open its address.")
    thumbnail: str = Field(description="Address of a small picture, at most 256 px on a side.")


class ResultDetail(ResultSummary):
    """One kept result, whole."""

    owned: bool = Field(description="Whether it belongs to the one who asks.")
    picture: str = Field(description="Address of the picture as a browser can show it.")
    expires_at: datetime | None = Field(
        description="When it is deleted; null where it stays until its owner deletes it."
    )
    classification: Classification


class ResultPage(Exact):
    """Kept results, the newest first."""

    items: list[ResultSummary]
    next: str | None = Field(
        description="Give it as `cursor` for the next page; null on the last one."
    )
    total: int


class ResultChange(Exact):
    """What its owner may change; what is left out stays."""

    title: str | None = Field(default=None, min_length=1, max_length=120)
    shared: bool | None = None
