"""The whole store in numbers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from skyform.store.reviews import count_reviews
from skyform.store.tables import ImageRow, JobRow, ResultRow, UserRow, VoteRow

__all__ = ["Numbers", "numbers_of"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """How much there is of everything; `image_bytes` is the size of all kept pictures."""

    users: int
    results: int
    images: int
    image_bytes: int
    jobs_waiting: int
    votes: int
    reviews_waiting: int


def numbers_of(session: Session, *, now: datetime) -> Numbers:
    """Count everything."""

    def count(table: type[UserRow | ResultRow | ImageRow | VoteRow]) -> int:
        return session.scalar(select(func.count()).select_from(table)) or 0

    waiting = select(func.count()).where(JobRow.status.in_(("queued", "running")))
    return Numbers(
        users=count(UserRow),
        results=count(ResultRow),
        images=count(ImageRow),
        image_bytes=int(session.scalar(select(func.sum(ImageRow.size))) or 0),
        jobs_waiting=session.scalar(waiting) or 0,
        votes=count(VoteRow),
        reviews_waiting=count_reviews(session, now=now),
    )
