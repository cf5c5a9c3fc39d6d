"""New passwords by mail: secrets that each work once and for half an hour, of which only the SHA-256 is kept."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from skyform.store.ids import new_id
from skyform.store.sessions import digest_of, new_secret
from skyform.store.tables import ResetRow, UserRow

__all__ = ["RESET_LIFE", "end_resets", "find_reset", "make_reset", "take_reset"]

RESET_LIFE = timedelta(minutes=30)


def make_reset(session: Session, user: UserRow, *, now: datetime) -> str:
    """Let an account have its password set by whoever knows the secret; those of before end.

    Returns
    -------
    str
        The secret, 256 random bits; it is nowhere else.
    """
    # Of several processes that are asked at once, one after the other: the last one's counts.
    session.refresh(user, with_for_update=True)
    end_resets(session, user_id=user.id)
    secret = new_secret()
    row = ResetRow(
        id=new_id(),
        user_id=user.id,
        secret_hash=digest_of(secret),
        created_at=now,
        expires_at=now + RESET_LIFE,
    )
    session.add(row)
    session.flush()
    return secret


def find_reset(session: Session, *, secret: str, now: datetime) -> UserRow | None:
    """Whose password may be set with a secret; None where it was made up, has been used, or is past its time."""
    return session.scalar(
        select(UserRow)
        .join(ResetRow, ResetRow.user_id == UserRow.id)
        .where(ResetRow.secret_hash == digest_of(secret), ResetRow.expires_at > now)
    )


def take_reset(session: Session, *, secret: str, now: datetime) -> UserRow | None:
    """As `find_reset`, and use the secret up: of several who come with it at once, one gets the account."""
    found = find_reset(session, secret=secret, now=now)
    if found is None:
        return None
    # The account first and then its secrets, as everybody does who locks both.
    user = session.get(UserRow, found.id, with_for_update=True, populate_existing=True)
    taking = delete(ResetRow).where(ResetRow.secret_hash == digest_of(secret))
    taken = session.scalar(taking.returning(ResetRow.id))
    return None if taken is None else user


def end_resets(session: Session, *, user_id: str) -> None:
    """Make all secrets of an account worthless."""
    session.execute(delete(ResetRow).where(ResetRow.user_id == user_id))
