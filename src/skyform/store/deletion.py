"""Deleting whole jobs, sessions and accounts: with everything in them, and the pictures that nothing else points at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from skyform.store.images import drop_images
from skyform.store.objects import Objects
from skyform.store.owners import Owner
from skyform.store.results import delete_results
from skyform.store.store import Store
from skyform.store.tables import JobItemRow, JobRow, ResultRow, SessionRow, UserRow

__all__ = [
    "Deleted",
    "delete_account",
    "delete_jobs",
    "delete_sessions",
    "delete_visit",
    "in_batches",
]

Row = TypeVar("Row")

# Small enough that others who write do not wait long.
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Deleted:
    """How much went."""

    results: int
    jobs: int


def delete_jobs(session: Session, objects: Objects, jobs: Sequence[JobRow]) -> int:
    """Delete jobs with their items and pictures; returns how many."""
    ids = [job.id for job in jobs]
    mine = JobItemRow.job_id.in_(ids)
    pictures = session.scalars(select(JobItemRow.image_digest).where(mine).distinct()).all()
    session.execute(delete(JobItemRow).where(mine))
    session.execute(delete(JobRow).where(JobRow.id.in_(ids)))
    drop_images(session, objects, pictures)
    return len(ids)


def delete_sessions(session: Session, objects: Objects, sessions: Sequence[SessionRow]) -> int:
    """Delete sessions with what is left in them; returns how many."""
    ids = [row.id for row in sessions]
    results = select(ResultRow).where(ResultRow.session_id.in_(ids), ResultRow.user_id.is_(None))
    delete_results(session, objects, session.scalars(results).all())
    jobs = select(JobRow).where(JobRow.session_id.in_(ids), JobRow.user_id.is_(None))
    delete_jobs(session, objects, session.scalars(jobs).all())
    # Votes and rounds go by themselves.
    session.execute(delete(SessionRow).where(SessionRow.id.in_(ids)))
    return len(ids)


def delete_visit(store: Store, *, session_id: str) -> None:
    """Delete one session with all that was kept in it, which may be much: in steps, the session last."""
    owner = Owner(session=session_id)
    in_batches(store, select(ResultRow).where(owner.clause(ResultRow)), delete_results)
    in_batches(store, select(JobRow).where(owner.clause(JobRow)), delete_jobs)
    with store.database.transaction() as session:
        rows = session.scalars(select(SessionRow).where(SessionRow.id == session_id)).all()
        delete_sessions(session, store.objects, rows)


def delete_account(store: Store, *, user_id: str) -> Deleted:
    """Delete an account with everything that it gave: results and the votes on them, pictures, jobs, votes, rounds, sessions, tokens,
    links for a new password.

    A curator's decisions stay, without a name. In steps, the account last, so that one who is interrupted can do it again.
    """
    owner = Owner(user=user_id)
    results = in_batches(store, select(ResultRow).where(owner.clause(ResultRow)), delete_results)
    jobs = in_batches(store, select(JobRow).where(owner.clause(JobRow)), delete_jobs)
    with store.database.transaction() as session:
        # What was added in between.
        left = session.scalars(select(ResultRow).where(owner.clause(ResultRow))).all()
        results += delete_results(session, store.objects, left)
        left = session.scalars(select(JobRow).where(owner.clause(JobRow))).all()
        jobs += delete_jobs(session, store.objects, left)
        session.execute(delete(UserRow).where(UserRow.id == user_id))
    return Deleted(results, jobs)


def in_batches(
    store: Store,
    rows: Select[Row],
    remove: Callable[[Session, Objects, Sequence[Row]], int],
) -> int:
    """Remove rows, some at a time, each time in a transaction of its own; returns how many."""
    removed = 0
    while True:
        with store.database.transaction() as session:
            count = remove(session, store.objects, session.scalars(rows.limit(_BATCH)).all())
        removed += count
        if count < _BATCH:
            return removed
