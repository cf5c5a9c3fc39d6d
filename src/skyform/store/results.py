"""Kept results: a visitor's own, those that others share, and what an account takes over from a session."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session, defer

from skyform.store.ids import is_id, new_id
from skyform.store.images import drop_images
from skyform.store.objects import Objects
from skyform.store.owners import Owner
from skyform.store.paging import Page, page_of
from skyform.store.tables import JobRow, PlayRow, ResultRow, VoteRow

__all__ = [
    "NewResult",
    "add_result",
    "adopt",
    "change_result",
    "count_results",
    "delete_results",
    "list_results",
    "own_result",
    "read_result",
    "result_subject",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResult:
    """A result to keep; the fields are those of `ResultRow`. `expires_at` is None where it stays until its owner deletes it."""

    image_digest: str
    title: str
    model: str
    sentence: str
    classification: dict[str, Any] = field(repr=False)
    kind: str | None = None
    confidence: float | None = None
    uncertainty: float = 0.0
    expires_at: datetime | None = None


def add_result(session: Session, owner: Owner, new: NewResult, *, now: datetime) -> ResultRow:
    """Keep a result, not shared. Its picture has to be kept in the same transaction (`keep_image`)."""
    row = ResultRow(
        id=new_id(),
        **owner.columns(),
        **{name: getattr(new, name) for name in NewResult.__slots__},
        shared=False,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def list_results(
    session: Session, owner: Owner, *, cursor: str | None, limit: int, now: datetime
) -> Page[ResultRow]:
    """One's own results, the newest first, without their `classification`.

    Raises
    ------
    CursorError
        If the cursor does not come from such a list.
    """
    # The whole statements are many times as long as what a list shows.
    rows = _own(owner, now=now).options(defer(ResultRow.classification, raiseload=True))
    order = (ResultRow.created_at, ResultRow.id)
    return page_of(session, rows, by=order, cursor=cursor, limit=limit)


def count_results(session: Session, owner: Owner, *, now: datetime) -> int:
    """How many results one has."""
    return session.scalar(select(func.count()).select_from(_own(owner, now=now).subquery())) or 0


def read_result(session: Session, id: str, *, owner: Owner, now: datetime) -> ResultRow | None:
    """A result of one's own, or one that another shares."""
    return _one(
        session,
        select(ResultRow).where(or_(owner.clause(ResultRow), ResultRow.shared)),
        id,
        now=now,
    )


def own_result(session: Session, id: str, *, owner: Owner, now: datetime) -> ResultRow | None:
    """A result of one's own."""
    return _one(session, select(ResultRow).where(owner.clause(ResultRow)), id, now=now)


def change_result(row: ResultRow, *, title: str | None = None, shared: bool | None = None) -> None:
    """Change what is given of a row of the running transaction."""
    if title is not None:
        row.title = title
    if shared is not None:
        row.shared = shared


def delete_results(session: Session, objects: Objects, rows: Iterable[ResultRow]) -> int:
    """Delete results with the votes on them, and the pictures that nothing else points at; returns how many results."""
    gone = {row.id: row.image_digest for row in rows}
    subjects = [result_subject(id) for id in gone]
    session.execute(delete(VoteRow).where(VoteRow.subject.in_(subjects)))
    session.execute(delete(ResultRow).where(ResultRow.id.in_(list(gone))))
    drop_images(session, objects, gone.values())
    return len(gone)


def result_subject(id: str) -> str:
    """What votes on a result have as their `subject`."""
    return f"result:{id}"


def adopt(session: Session, *, session_id: str, user_id: str) -> int:
    """Give a session's results, jobs, votes and rounds to an account; returns how many results and jobs.

    Results then stay until they are deleted. Where both have voted on the same, the later vote counts, as if one person had voted
    twice, which is what happened. To be called before the session itself ends: what is left in a session goes with it.
    """
    votes = select(VoteRow).where(VoteRow.session_id == session_id, VoteRow.user_id.is_(None))
    for vote in session.scalars(votes).all():
        _adopt_vote(session, vote, user_id=user_id)
    session.execute(_given(PlayRow, session_id, user_id=user_id))
    results = _given(ResultRow, session_id, user_id=user_id, expires_at=None)
    jobs = _given(JobRow, session_id, user_id=user_id)
    return sum(
        len(session.scalars(statement).all())
        for statement in (results.returning(ResultRow.id), jobs.returning(JobRow.id))
    )


def _own(owner: Owner, *, now: datetime) -> Select[ResultRow]:
    return select(ResultRow).where(owner.clause(ResultRow), _alive(now))


def _one(
    session: Session, results: Select[ResultRow], id: str, *, now: datetime
) -> ResultRow | None:
    if not is_id(id):
        return None
    return session.scalar(results.where(ResultRow.id == id, _alive(now)))


def _alive(now: datetime) -> Any:
    # What has expired is gone, whether retention has come round to it yet or not.
    return or_(ResultRow.expires_at.is_(None), ResultRow.expires_at > now)


def _adopt_vote(session: Session, vote: VoteRow, *, user_id: str) -> None:
    same = (
        VoteRow.subject == vote.subject,
        VoteRow.question == vote.question,
        VoteRow.user_id == user_id,
    )
    theirs = session.scalar(select(VoteRow).where(*same))
    if theirs is not None and theirs.created_at > vote.created_at:
        session.execute(delete(VoteRow).where(VoteRow.id == vote.id))
        return
    session.execute(delete(VoteRow).where(*same))
    vote.user_id, vote.session_id = user_id, None
    session.flush()


def _given(table: Any, session_id: str, **values: Any) -> Any:
    mine = (table.session_id == session_id, table.user_id.is_(None))
    return update(table).where(*mine).values(session_id=None, **values)
