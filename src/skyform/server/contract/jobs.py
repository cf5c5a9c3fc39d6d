"""Many pictures at once: a job, its items, its progress."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from skyform.server.contract.base import ErrorDetail, Exact
from skyform.server.contract.classification import Classification

__all__ = ["Job", "JobItem", "JobItemPage", "JobPage"]

JobStatus = Literal["queued", "running", "done", "cancelled", "failed"]


class Job(Exact):
    """A batch of pictures. What was accepted survives a restart of the server."""

    id: str
    title: str
    status: JobStatus
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="When the job and its pictures are deleted.")
    total: int = Field(description="Pictures in the job.")
    done: int = Field(description="Pictures that have an answer or an error.")
    failed: int = Field(description="Pictures that could not be classified.")
    model: str = Field(description="`name@version`.")


class JobItem(Exact):
    """One picture of a job."""

    position: int = Field(description="From 0, in the order of the upload.")
    name: str
    status: Literal["queued", "done", "failed"]
    classification: Classification | None
    error: ErrorDetail | None
    thumbnail: str | None = Field(description="Address of a small picture.")


class JobItemPage(Exact):
    """Items of a job, in order."""

    items: list[JobItem]
    next: str | None
    total: int


class JobPage(Exact):
    """One's own jobs, the newest first."""

    items: list[Job]
    next: str | None
    total: int
