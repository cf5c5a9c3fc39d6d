"""Browsers that the server knows again, by a secret of which only the SHA-256 is kept."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from skyform.store.ids import new_id
from skyform.store.tables import SessionRow, UserRow

__all__ = [
    "Known",
    "digest_of",
    "end_session",
    "end_sessions",
    "find_session",
    "new_secret",
    "note_session",
    "open_session",
]

# Using a session moves its end, but is written down no more often than this.
_SLIDES_AFTER = timedelta(hours=1)
# However often it is used, it ends then.
_LONGEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Known:
    """Who a secret belongs to.

    `session` is the session's id (empty for a token for scripts), `user` and `role` the account's (None and "visitor" without
    one). `due` says that its use has to be written down again.
    """

    session: str
    user: str | None
    role: str
    due: bool = False


def new_secret() -> str:
    """A random secret, 256 bits, of letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is too long to be guessed, so that a fast hash does."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_session(
    session: Session, *, secret: str, user_id: str | None, life: timedelta, now: datetime
) -> SessionRow:
    """Add a session, for an account or for a visitor without one."""
    row = SessionRow(
        id=new_id(),
        secret_hash=digest_of(secret),
        user_id=user_id,
        created_at=now,
        last_seen_at=now,
        expires_at=now + life,
    )
    session.add(row)
    session.flush()
    return row


def find_session(session: Session, *, secret: str, now: datetime) -> Known | None:
    """Whose session it is, or None where there is none or it has ended."""
    row = session.scalar(
        select(SessionRow).where(
            SessionRow.secret_hash == digest_of(secret), SessionRow.expires_at > now
        )
    )
    if row is None:
        return None
    user = None if row.user_id is None else session.get(UserRow, row.user_id)
    return Known(
        session=row.id,
        user=row.user_id,
        role="visitor" if user is None else user.role,
        due=now - row.last_seen_at >= _SLIDES_AFTER,
    )


def note_session(session: Session, id: str, *, life: timedelta, now: datetime) -> None:
    """Write down that a session is used, which moves its end."""
    row = session.get(SessionRow, id)
    if row is None:
        return
    row.last_seen_at = now
    row.expires_at = min(now + life, row.created_at + _LONGEST)
    user = None if row.user_id is None else session.get(UserRow, row.user_id)
    if user is not None:
        user.last_seen_at = now


def end_session(session: Session, id: str) -> None:
    """Remove a session; what is not there is no error. What a visitor without an account kept in it goes with it."""
    session.execute(delete(SessionRow).where(SessionRow.id == id))


def end_sessions(session: Session, *, user_id: str, but: str | None = None) -> None:
    """Remove all sessions of an account, but perhaps one."""
    statement = delete(SessionRow).where(SessionRow.user_id == user_id)
    session.execute(statement if but is None else statement.where(SessionRow.id != but))
