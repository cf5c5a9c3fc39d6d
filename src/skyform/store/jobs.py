"""Jobs: many pictures at once, worked off by one or several server processes that may die at any moment.

A process claims some pictures for a while, and says now and then that it is still there. What a dead process had claimed is free again when
that while is over. An outcome counts only from the process that holds the claim, so that no picture is counted twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from skyform.errors import CursorError
from skyform.store.deletion import delete_jobs
from skyform.store.ids import is_id, new_id
from skyform.store.images import keep_image
from skyform.store.objects import Objects
from skyform.store.owners import Owner
from skyform.store.paging import Page, page_of
from skyform.store.tables import JobItemRow, JobRow

__all__ = [
    "MOST_ATTEMPTS",
    "Claim",
    "add_item",
    "add_job",
    "claim_items",
    "count_waiting",
    "delete_job",
    "finish_item",
    "finished_after",
    "give_up_items",
    "is_work_waiting",
    "list_items",
    "list_jobs",
    "own_job",
    "read_item",
    "release_items",
    "renew_claims",
    "start_job",
]

# A job whose pictures are still arriving. Nobody was told of it yet, and nobody sees it.
_ARRIVING = "arriving"
_AT_WORK = ("queued", "running")
_ARRIVES_WITHIN = timedelta(hours=1)
# A picture that a process died of so many times is not tried again.
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Claim:
    """A picture that this process may work on."""

    job_id: str
    position: int
    name: str
    image_digest: str


def add_job(session: Session, owner: Owner, *, title: str, model: str, now: datetime) -> str:
    """Begin a job; returns its id. Until `start_job` nobody sees it, and if that never comes it is swept away."""
    row = JobRow(
        id=new_id(),
        **owner.columns(),
        title=title,
        status=_ARRIVING,
        model=model,
        total=0,
        done=0,
        failed=0,
        created_at=now,
        finished_at=None,
        expires_at=now + _ARRIVES_WITHIN,
    )
    session.add(row)
    session.flush()
    return row.id


def add_item(
    session: Session,
    objects: Objects,
    job_id: str,
    *,
    position: int,
    name: str,
    data: bytes,
    media_type: str,
) -> None:
    """Keep a picture of a job that is arriving."""
    digest = keep_image(session, objects, data, media_type=media_type)
    session.add(
        JobItemRow(
            job_id=job_id,
            position=position,
            name=name,
            image_digest=digest,
            status="queued",
            classification=None,
            error=None,
            attempts=0,
            claimed_by=None,
            claimed_until=None,
            sequence=None,
        )
    )


def start_job(session: Session, job_id: str, *, total: int, expires_at: datetime) -> JobRow:
    """All pictures are there: from now on the job is worked on, and survives whatever happens to the process."""
    row = session.get_one(JobRow, job_id)
    row.status, row.total, row.expires_at = "queued", total, expires_at
    session.flush()
    return row


def own_job(session: Session, job_id: str, *, owner: Owner) -> JobRow | None:
    """One's own job; None for another's, or for none."""
    if not is_id(job_id):
        return None
    return session.scalar(_own(owner).where(JobRow.id == job_id))


def list_jobs(session: Session, owner: Owner, *, cursor: str | None, limit: int) -> Page[JobRow]:
    """One's own jobs, the newest first.

    Raises
    ------
    CursorError
    """
    by = (JobRow.created_at, JobRow.id)
    return page_of(session, _own(owner), by=by, cursor=cursor, limit=limit)


def list_items(
    session: Session, job_id: str, *, status: str | None = None, cursor: str | None, limit: int
) -> Page[JobItemRow]:
    """A job's items in the order of the upload, all or those in one state; the cursor is the position to begin with.

    Raises
    ------
    CursorError
        If it is none.
    """
    first = _position(cursor)
    of_job = select(JobItemRow).where(JobItemRow.job_id == job_id)
    if status is not None:
        of_job = of_job.where(JobItemRow.status == status)
    total = session.scalar(select(func.count()).select_from(of_job.subquery())) or 0
    rows = of_job.where(JobItemRow.position >= first).order_by(JobItemRow.position)
    found = list(session.scalars(rows.limit(limit + 1)))
    more = str(found[limit].position) if len(found) > limit else None
    return Page(found[:limit], more, total)


def read_item(session: Session, job_id: str, position: int) -> JobItemRow | None:
    """One item of a job; None where there is none."""
    if not 0 <= position < 2**31:
        return None
    return session.get(JobItemRow, (job_id, position))


def finished_after(
    session: Session, job_id: str, *, sequence: int, limit: int
) -> Sequence[JobItemRow]:
    """Items that were finished after another, in the order in which they were."""
    rows = select(JobItemRow).where(JobItemRow.job_id == job_id, JobItemRow.sequence > sequence)
    return session.scalars(rows.order_by(JobItemRow.sequence).limit(limit)).all()


def delete_job(session: Session, objects: Objects, job_id: str, *, owner: Owner) -> bool:
    """Delete one's own job with its pictures and answers, at work or not; whether there was one."""
    row = own_job(session, job_id, owner=owner)
    return row is not None and delete_jobs(session, objects, [row]) > 0


def is_work_waiting(session: Session, *, now: datetime) -> bool:
    """Whether there is anything to claim, or to give up: a question that makes no other writer wait."""
    rows = select(JobItemRow.position).join(JobRow, JobRow.id == JobItemRow.job_id)
    waiting = rows.where(_is_free(now), JobRow.status.in_(_AT_WORK)).limit(1)
    return session.scalar(waiting) is not None


def count_waiting(session: Session) -> int:
    """Pictures of jobs that have no answer yet."""
    rows = select(func.count()).select_from(JobItemRow).where(JobItemRow.status == "queued")
    return session.scalar(rows) or 0


def claim_items(
    session: Session, process: str, *, most: int, now: datetime, until: datetime
) -> list[Claim]:
    """Claim pictures that nobody works on, for `process` and until a moment. Jobs take turns, so that a long one does not keep a short one waiting."""
    free = (
        select(JobItemRow)
        .join(JobRow, JobRow.id == JobItemRow.job_id)
        .where(_is_free(now), JobItemRow.attempts < MOST_ATTEMPTS, JobRow.status.in_(_AT_WORK))
        .order_by(JobItemRow.position, JobItemRow.job_id)
        .limit(most)
        # PostgreSQL: what another process is just claiming is passed over. SQLite lets one write at a time anyway.
        .with_for_update(of=JobItemRow, skip_locked=True)
    )
    rows = session.scalars(free).all()
    for row in rows:
        row.claimed_by, row.claimed_until, row.attempts = process, until, row.attempts + 1
    return [Claim(r.job_id, r.position, r.name, r.image_digest or "") for r in rows]


def give_up_items(session: Session, *, now: datetime, error: dict[str, Any]) -> int:
    """Let those fail that processes died of again and again; returns how many."""
    stuck = (
        select(JobItemRow)
        .where(_is_free(now), JobItemRow.attempts >= MOST_ATTEMPTS)
        # In one order: their jobs are locked one after the other.
        .order_by(JobItemRow.job_id, JobItemRow.position)
        .limit(100)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(stuck).all()
    for row in rows:
        _count(session, row, classification=None, error=error, now=now)
    return len(rows)


def renew_claims(
    session: Session, process: str, *, claims: Iterable[Claim], until: datetime
) -> None:
    """Say that a process is still at work on these. What it does not name runs out."""
    item = tuple_(JobItemRow.job_id, JobItemRow.position)
    named = item.in_([(claim.job_id, claim.position) for claim in claims])
    session.execute(
        update(JobItemRow)
        .where(named, JobItemRow.claimed_by == process, JobItemRow.status == "queued")
        .values(claimed_until=until)
    )


def release_items(session: Session, process: str) -> None:
    """Give back what a process has claimed and not finished; it was no attempt."""
    session.execute(
        update(JobItemRow)
        .where(JobItemRow.claimed_by == process, JobItemRow.status == "queued")
        .values(claimed_by=None, claimed_until=None, attempts=JobItemRow.attempts - 1)
    )


def finish_item(
    session: Session,
    claim: Claim,
    *,
    process: str,
    classification: dict[str, Any] | None,
    error: dict[str, Any] | None,
    now: datetime,
) -> bool:
    """Write the outcome of a picture down; False where the claim is lost, or the job is gone, and the outcome with it."""
    row = session.scalar(
        select(JobItemRow)
        .where(
            JobItemRow.job_id == claim.job_id,
            JobItemRow.position == claim.position,
            JobItemRow.claimed_by == process,
            JobItemRow.status == "queued",
        )
        .with_for_update()
    )
    return row is not None and _count(
        session, row, classification=classification, error=error, now=now
    )


def _count(
    session: Session,
    row: JobItemRow,
    *,
    classification: dict[str, Any] | None,
    error: dict[str, Any] | None,
    now: datetime,
) -> bool:
    job = session.scalar(select(JobRow).where(JobRow.id == row.job_id).with_for_update())
    if job is None:
        return False
    # The row of the job is locked, so that no two items get the same number.
    job.done += 1
    job.failed += error is not None
    job.status = "running"
    if job.done == job.total:
        job.status, job.finished_at = "done", now
    row.status = "done" if error is None else "failed"
    row.classification, row.error, row.sequence = classification, error, job.done
    row.claimed_by = row.claimed_until = None
    session.flush()
    return True


def _is_free(now: datetime) -> ColumnElement[bool]:
    claim_over = or_(JobItemRow.claimed_until.is_(None), JobItemRow.claimed_until < now)
    return and_(JobItemRow.status == "queued", claim_over)


def _own(owner: Owner) -> Select[Any]:
    return select(JobRow).where(owner.clause(JobRow), JobRow.status != _ARRIVING)


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise CursorError(
            f"The cursor {cursor[:80]!r} does not come from this list.",
            remedy="Give `next` of the page before, or no cursor for the first page.",
        )
    return int(cursor)
