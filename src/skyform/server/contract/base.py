"""What all types of the contract share: exactness, pages, errors."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ErrorBody", "ErrorDetail", "Exact", "Health", "Readiness"]


class Exact(BaseModel):
    """Fields that are not listed are refused."""

    model_config = ConfigDict(extra="forbid")


class ErrorDetail(Exact):
    """What went wrong and what to do about it."""

    code: str = Field(description="Stable name, for programs.")
    message: str = Field(description="What was wrong.")
    remedy: str = Field(description="What to do about it; may be empty.")
    request_id: str = Field(description="The X-Request-ID of this request.")


class ErrorBody(Exact):
    """The body of every response with a status of 400 or more."""

    error: ErrorDetail


class Health(Exact):
    """That the server works, and with which model."""

    status: str
    model: str


class Readiness(Exact):
    """That the server and all that it stands on can be used."""

    status: str
    model: str
