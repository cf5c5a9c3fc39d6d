"""Accounts: made, found, changed, locked, unlocked."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from skyform.errors import AccountError
from skyform.store.audit import write_audit
from skyform.store.deletion import Deleted, delete_account
from skyform.store.ids import is_id, new_id
from skyform.store.paging import Page, page_of
from skyform.store.resets import end_resets, take_reset
from skyform.store.sessions import end_sessions
from skyform.store.store import Store
from skyform.store.tables import ResultRow, UserRow
from skyform.store.tokens import end_tokens

__all__ = [
    "ROLES",
    "add_account",
    "change_account",
    "erase_account",
    "find_account",
    "is_locked",
    "join_openid",
    "keep_an_admin",
    "list_accounts",
    "note_failure",
    "note_sign_in",
    "read_account",
    "reset_password",
    "results_of",
    "set_password",
    "set_role",
    "unlock_account",
]

ROLES = ("member", "curator", "admin")


def add_account(
    session: Session,
    *,
    email: str,
    password_hash: str | None,
    now: datetime,
    name: str = "",
    openid_subject: str | None = None,
) -> UserRow:
    """Make an account.

    Raises
    ------
    AccountError
        If there is one with that address.
    """
    row = UserRow(
        id=new_id(),
        email=_plain(email),
        name=name.strip(),
        role="member",
        password_hash=password_hash,
        openid_subject=openid_subject,
        keep_history=False,
        failed_sign_ins=0,
        locked_until=None,
        created_at=now,
        last_seen_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise AccountError(
            "There is an account with this e-mail address already.",
            remedy="Sign in, or take another address.",
        ) from None
    write_audit(session, actor=row.id, action="account-made", subject=_subject(row.id), now=now)
    return row


def read_account(session: Session, id: str) -> UserRow | None:
    """The account with that id."""
    return session.get(UserRow, id) if is_id(id) else None


def find_account(session: Session, *, email: str) -> UserRow | None:
    """The account with that address, in whatever case it is written."""
    return session.scalar(select(UserRow).where(UserRow.email == _plain(email)))


def list_accounts(
    session: Session, *, cursor: str | None, limit: int, search: str = ""
) -> Page[UserRow]:
    """Accounts, the newest first; only those whose address or name holds `search`.

    Raises
    ------
    CursorError
        If the cursor does not come from such a list.
    """
    rows = select(UserRow)
    if search:
        held = search.strip().lower()
        rows = rows.where(
            or_(
                UserRow.email.contains(held, autoescape=True),
                func.lower(UserRow.name).contains(held, autoescape=True),
            )
        )
    return page_of(session, rows, by=(UserRow.created_at, UserRow.id), cursor=cursor, limit=limit)


def results_of(session: Session, ids: list[str]) -> dict[str, int]:
    """How many results each of these accounts has kept."""
    counted = (
        select(ResultRow.user_id, func.count())
        .where(ResultRow.user_id.in_(ids))
        .group_by(ResultRow.user_id)
    )
    return {id: count for id, count in session.execute(counted) if id is not None}


def change_account(
    row: UserRow, *, name: str | None = None, keep_history: bool | None = None
) -> None:
    """Change what is given of a row of the running transaction."""
    if name is not None:
        row.name = name.strip()
    if keep_history is not None:
        row.keep_history = keep_history


def is_locked(row: UserRow, *, now: datetime) -> bool:
    """Whether too many wrong passwords were given a short while ago."""
    return row.locked_until is not None and row.locked_until > now


def note_failure(session: Session, id: str, *, most: int, lock: timedelta, now: datetime) -> None:
    """Count a wrong password; with too many in a row the account is locked for a while."""
    counting = (
        update(UserRow)
        .where(UserRow.id == id)
        .values(failed_sign_ins=UserRow.failed_sign_ins + 1)
        .returning(UserRow.failed_sign_ins)
    )
    count = session.execute(counting).scalar_one_or_none()
    if count is not None and count >= most:
        session.execute(
            update(UserRow)
            .where(UserRow.id == id)
            .values(failed_sign_ins=0, locked_until=now + lock)
        )
        write_audit(session, action="account-locked", subject=_subject(id), now=now)


def note_sign_in(session: Session, id: str, *, now: datetime) -> UserRow | None:
    """Begin to count anew after the right password; None where the account has been locked or deleted meanwhile."""
    row = session.get(UserRow, id, with_for_update=True)
    if row is None or is_locked(row, now=now):
        return None
    row.failed_sign_ins, row.locked_until, row.last_seen_at = 0, None, now
    return row


def unlock_account(session: Session, row: UserRow, *, now: datetime, actor: str = "") -> None:
    """End a lock."""
    row.failed_sign_ins, row.locked_until = 0, None
    write_audit(session, actor=actor, action="account-unlocked", subject=_subject(row.id), now=now)


def set_password(
    session: Session,
    row: UserRow,
    *,
    password_hash: str,
    now: datetime,
    actor: str = "",
    session_id: str | None = None,
) -> None:
    """Change a password, and end all sessions but perhaps one."""
    _put_password(session, row, password_hash)
    end_sessions(session, user_id=row.id, but=session_id)
    write_audit(session, actor=actor, action="password-changed", subject=_subject(row.id), now=now)


def reset_password(
    session: Session, *, secret: str, password_hash: str, now: datetime
) -> UserRow | None:
    """Set the password of the account that a mailed secret belongs to, and end every other way into it: who got the mail has proved
    that the address is theirs, which whoever made the account, its tokens or its link to a provider may not have.

    Returns
    -------
    UserRow or None
        The account; None where the secret was made up, has been used, or is past its time.
    """
    row = take_reset(session, secret=secret, now=now)
    if row is None:
        return None
    _put_password(session, row, password_hash)
    row.openid_subject = None
    end_sessions(session, user_id=row.id)
    end_tokens(session, user_id=row.id)
    write_audit(session, actor=row.id, action="password-reset", subject=_subject(row.id), now=now)
    return row


def set_role(session: Session, row: UserRow, role: str, *, now: datetime, actor: str = "") -> None:
    """Give a role.

    Raises
    ------
    AccountError
        If there is no such role, or nobody would be left who can give roles.
    """
    if role not in ROLES:
        raise AccountError(f"There is no role {role!r}.", remedy=f"Choose of {', '.join(ROLES)}.")
    before = row.role
    if before == "admin" and role != "admin":
        keep_an_admin(session, row)
    row.role = role
    write_audit(
        session,
        actor=actor,
        action="role-changed",
        subject=_subject(row.id),
        now=now,
        detail={"from": before, "to": role},
    )


def keep_an_admin(session: Session, leaving: UserRow) -> None:
    """Refuse that the last administrator goes.

    Raises
    ------
    AccountError
        If this is the last one.
    """
    admins = select(UserRow.id).where(UserRow.role == "admin").with_for_update()
    if set(session.scalars(admins)) == {leaving.id}:
        raise AccountError(
            "This is the last administrator.", remedy="Make another account administrator first."
        )


def erase_account(store: Store, *, user_id: str, now: datetime, actor: str = "") -> Deleted:
    """Delete an account with everything that it gave.

    Raises
    ------
    AccountError
        If this is the last administrator.
    """
    with store.database.transaction() as session:
        row = read_account(session, user_id)
        if row is not None:
            keep_an_admin(session, row)
    deleted = delete_account(store, user_id=user_id)
    with store.database.transaction() as session:
        write_audit(
            session, actor=actor, action="account-deleted", subject=_subject(user_id), now=now
        )
    return deleted


def join_openid(
    session: Session, *, subject: str, email: str, verified: bool, name: str, now: datetime
) -> UserRow:
    """The account of someone who signed in elsewhere; it is made, or joined with the one of that address.

    Parameters
    ----------
    subject : str
        Issuer, blank, and the provider's name for the person.
    verified : bool
        Whether the provider vouches for the address.

    Raises
    ------
    AccountError
        If there is an account with that address, and the provider does not vouch for it.
    """
    row = session.scalar(select(UserRow).where(UserRow.openid_subject == subject))
    if row is not None:
        row.last_seen_at = now
        return row
    row = find_account(session, email=email)
    if row is None:
        return add_account(
            session, email=email, password_hash=None, name=name, openid_subject=subject, now=now
        )
    if not verified or row.openid_subject is not None:
        raise AccountError(
            "There is an account with this e-mail address already.",
            remedy="Sign in to it with its password.",
        )
    # We never asked whether the address was the account's own. Whoever made it with another's address loses the way in.
    row.openid_subject, row.password_hash, row.last_seen_at = subject, None, now
    end_sessions(session, user_id=row.id)
    end_tokens(session, user_id=row.id)
    end_resets(session, user_id=row.id)
    write_audit(session, actor=row.id, action="openid-joined", subject=_subject(row.id), now=now)
    return row


def _put_password(session: Session, row: UserRow, password_hash: str) -> None:
    row.password_hash = password_hash
    row.failed_sign_ins, row.locked_until = 0, None
    end_resets(session, user_id=row.id)


def _plain(email: str) -> str:
    return email.strip().lower()


def _subject(id: str) -> str:
    return f"user:{id}"
