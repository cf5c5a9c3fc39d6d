"""What is past its time goes: results, jobs, sessions and links for new passwords that have expired, and pictures that nothing points at."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select

from skyform.store.deletion import delete_jobs, delete_sessions, in_batches
from skyform.store.images import drop_strays, drop_unused_images
from skyform.store.results import delete_results, result_subject
from skyform.store.store import Store
from skyform.store.tables import JobRow, ResetRow, ResultRow, SessionRow, VoteRow

__all__ = ["Swept", "sweep"]

# Pictures younger than this may belong to a request that is still at work.
_GRACE = timedelta(hours=1)
# A job that is at work is left alone however old it is.
_AT_WORK = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Swept:
    """How much went: results, jobs, sessions and links for new passwords that had expired, votes on results that are gone, pictures that
    nothing pointed at."""

    results: int = 0
    jobs: int = 0
    sessions: int = 0
    resets: int = 0
    votes: int = 0
    pictures: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, f.name)} {f.name}" for f in fields(self))


def sweep(store: Store, *, now: datetime) -> Swept:
    """Delete what is past its time. It may run in several processes at once, and be interrupted anywhere."""
    sessions = select(SessionRow).where(SessionRow.expires_at <= now)
    ended = select(SessionRow.id).where(SessionRow.expires_at <= now)
    # With what was kept in sessions that go: it may be much, and is better not deleted in one transaction.
    results = select(ResultRow).where(
        or_(ResultRow.expires_at <= now, _of_visitors(ResultRow, ended))
    )
    over = and_(JobRow.expires_at <= now, JobRow.status.not_in(_AT_WORK))
    jobs = select(JobRow).where(or_(over, _of_visitors(JobRow, ended)))
    return Swept(
        results=in_batches(store, results, delete_results),
        jobs=in_batches(store, jobs, delete_jobs),
        sessions=in_batches(store, sessions, delete_sessions),
        resets=_drop_resets(store, now=now),
        votes=_drop_votes(store),
        pictures=drop_unused_images(store, older_than=_GRACE, now=now)
        + drop_strays(store, older_than=_GRACE, now=now),
    )


def _of_visitors(table: type[ResultRow | JobRow], sessions: Select[str]) -> ColumnElement[bool]:
    return and_(table.user_id.is_(None), table.session_id.in_(sessions))


def _drop_resets(store: Store, *, now: datetime) -> int:
    statement = delete(ResetRow).where(ResetRow.expires_at <= now)
    with store.database.transaction() as session:
        return len(session.scalars(statement.returning(ResetRow.id)).all())


def _drop_votes(store: Store) -> int:
    """Votes on results that went with their session or account."""
    prefix = result_subject("")
    gone = ~exists().where(ResultRow.id == func.substr(VoteRow.subject, len(prefix) + 1))
    statement = delete(VoteRow).where(VoteRow.subject.startswith(prefix), gone)
    with store.database.transaction() as session:
        return len(session.scalars(statement.returning(VoteRow.id)).all())
