"""Who did what to accounts and to others' things. Ids only, so that nothing personal outlives an account."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from skyform.store.paging import Page, page_of
from skyform.store.tables import AuditRow

__all__ = ["list_audit", "write_audit"]


def write_audit(
    session: Session,
    *,
    action: str,
    subject: str,
    now: datetime,
    actor: str | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditRow:
    """Write down that something was done, in the transaction that did it.

    Parameters
    ----------
    action : str
        Such as `role-changed` or `review-decided`.
    subject : str
        What it was done to, such as `user:<id>` or `result:<id>`.
    actor : str, optional
        Id of the account that did it; none for the server itself.
    detail : dict, optional
        Plain JSON values; no names, addresses or texts of people.
    """
    row = AuditRow(at=now, actor=actor or "", action=action, subject=subject, detail=detail or {})
    session.add(row)
    session.flush()
    return row


def list_audit(
    session: Session, *, cursor: str | None, limit: int, subject: str | None = None
) -> Page[AuditRow]:
    """What was done, the latest first; perhaps only to one subject.

    Raises
    ------
    CursorError
        If the cursor does not come from such a list.
    """
    rows = select(AuditRow)
    if subject is not None:
        rows = rows.where(AuditRow.subject == subject)
    return page_of(session, rows, by=(AuditRow.at, AuditRow.id), cursor=cursor, limit=limit)
