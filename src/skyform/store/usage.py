"""How much of the store one visitor takes up."""

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from skyform.store.owners import Owner
from skyform.store.tables import ImageRow, JobItemRow, JobRow, ResultRow

__all__ = ["ANSWER_BYTES", "bytes_kept", "pictures_waiting"]

# What an answer takes beside its picture: about so much JSON, and a thumbnail.
ANSWER_BYTES = 32 * 1024


def bytes_kept(session: Session, owner: Owner) -> int:
    """The pictures of one's results and jobs, with their answers. One that is kept twice counts twice."""
    sizes = union_all(
        select(ImageRow.size)
        .join(ResultRow, ResultRow.image_digest == ImageRow.digest)
        .where(owner.clause(ResultRow)),
        select(ImageRow.size)
        .join(JobItemRow, JobItemRow.image_digest == ImageRow.digest)
        .join(JobRow, JobRow.id == JobItemRow.job_id)
        .where(owner.clause(JobRow)),
    ).subquery()
    total = func.coalesce(func.sum(sizes.c.size), 0) + ANSWER_BYTES * func.count(sizes.c.size)
    # PostgreSQL sums whole numbers to decimals.
    return int(session.scalar(select(total)) or 0)


def pictures_waiting(session: Session, owner: Owner) -> int:
    """The pictures of one's jobs that have no answer yet."""
    rows = select(func.count()).select_from(JobItemRow)
    rows = rows.join(JobRow, JobRow.id == JobItemRow.job_id)
    return session.scalar(rows.where(owner.clause(JobRow), JobItemRow.status == "queued")) or 0
