"""Tokens for scripts: `sky_` and a secret, of which only the SHA-256 is kept."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from skyform.errors import AccountError
from skyform.store.ids import is_id, new_id
from skyform.store.sessions import Known, digest_of, new_secret
from skyform.store.tables import TokenRow, UserRow

__all__ = [
    "TOKEN_PREFIX",
    "end_token",
    "end_tokens",
    "find_token",
    "make_token",
    "note_token",
    "tokens_of",
]

TOKEN_PREFIX = "sky_"

_MOST = 50
_HINT_LENGTH = len(TOKEN_PREFIX) + 4
# Its last use is written down no more often than this.
_NOTED_EVERY = timedelta(minutes=1)


def make_token(
    session: Session, *, user_id: str, name: str, expires_at: datetime | None, now: datetime
) -> tuple[TokenRow, str]:
    """Add a token.

    Returns
    -------
    row, token
        The token itself is nowhere else.

    Raises
    ------
    AccountError
        If the account has too many.
    """
    count = session.scalar(select(func.count()).where(TokenRow.user_id == user_id)) or 0
    if count >= _MOST:
        raise AccountError(
            f"This account has {count} tokens, which is the most.",
            remedy="Revoke one that is no longer used.",
        )
    token = TOKEN_PREFIX + new_secret()
    row = TokenRow(
        id=new_id(),
        user_id=user_id,
        name=name,
        hint=token[:_HINT_LENGTH],
        secret_hash=digest_of(token),
        created_at=now,
        last_used_at=None,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row, token


def find_token(session: Session, *, token: str, now: datetime) -> Known | None:
    """Whose token it is, or None where there is none or it has expired."""
    found = session.execute(
        select(TokenRow, UserRow)
        .join(UserRow, UserRow.id == TokenRow.user_id)
        .where(TokenRow.secret_hash == digest_of(token))
    ).one_or_none()
    if found is None:
        return None
    row, user = found
    if row.expires_at is not None and row.expires_at <= now:
        return None
    due = row.last_used_at is None or now - row.last_used_at >= _NOTED_EVERY
    return Known(session="", user=user.id, role=user.role, due=due)


def note_token(session: Session, *, token: str, now: datetime) -> None:
    """Write down that a token is used."""
    using = update(TokenRow).where(TokenRow.secret_hash == digest_of(token))
    session.execute(using.values(last_used_at=now))


def tokens_of(session: Session, *, user_id: str) -> list[TokenRow]:
    """An account's tokens, the newest first."""
    statement = select(TokenRow).where(TokenRow.user_id == user_id)
    return list(session.scalars(statement.order_by(TokenRow.created_at.desc(), TokenRow.id)))


def end_token(session: Session, *, id: str, user_id: str) -> bool:
    """Remove one token of an account; False where it has none with that id."""
    if not is_id(id):
        return False
    statement = delete(TokenRow).where(TokenRow.id == id, TokenRow.user_id == user_id)
    return session.execute(statement.returning(TokenRow.id)).first() is not None


def end_tokens(session: Session, *, user_id: str) -> None:
    """Remove all tokens of an account."""
    session.execute(delete(TokenRow).where(TokenRow.user_id == user_id))
