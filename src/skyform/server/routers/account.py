"""Sessions and accounts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from skyform.errors import AccountError
from skyform.server.contract import (
    Credentials,
    OpenIdNote,
    PasswordChange,
    Role,
    SessionNote,
    SignUp,
    User,
    UserChange,
)
from skyform.server.cookies import SESSION, VISIT
from skyform.server.csrf import csrf_token
from skyform.server.identity import Visitor, sign_in_needed
from skyform.server.problems import RequestError
from skyform.server.routers.common import (
    Anyone,
    Holder,
    Member,
    Shared,
    add,
    checked_password,
    needs_our_page,
)
from skyform.server.routers.openid import OPENID_BEGIN, openid_routes
from skyform.server.routers.resets import reset_routes
from skyform.server.routers.tokens import token_routes
from skyform.server.service import Service
from skyform.server.transactions import in_transaction, while_reading
from skyform.store import UserRow, accounts
from skyform.store.deletion import delete_visit
from skyform.store.export import write_export
from skyform.store.sessions import new_secret

__all__ = ["account_routes", "erase", "last_admin", "user_note"]

_CHUNK = 2**16


def account_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["account"])
    add(router, "GET", "/session", read_session, summary="Who the visitor is")
    add(router, "POST", "/session", sign_in, errors=(401, 403, 422, 429), summary="Sign in")
    add(router, "DELETE", "/session", sign_out, status=204, errors=(403,), summary="Sign out")
    add(
        router,
        "POST",
        "/account",
        sign_up,
        status=201,
        errors=(403, 409, 422, 429),
        summary="Make an account",
    )
    add(
        router,
        "PATCH",
        "/account",
        change_account,
        errors=(401, 403, 422),
        summary="Change one's account",
    )
    add(
        router,
        "DELETE",
        "/account",
        delete_account,
        status=204,
        errors=(401, 403, 409),
        summary="Delete one's account",
    )
    add(
        router,
        "PUT",
        "/account/password",
        change_password,
        status=204,
        errors=(401, 403, 422),
        summary="Change one's password",
    )
    add(
        router,
        "GET",
        "/account/export",
        export_account,
        errors=(401, 503),
        produces="application/zip",
        summary="All of one's data",
    )
    reset_routes(router)
    token_routes(router)
    openid_routes(router)
    return router


async def read_session(request: Request, shared: Shared, visitor: Anyone) -> SessionNote:
    """With the token that changes need, and the ways to sign in."""
    user = None if visitor.user is None else await _own(shared, visitor)
    cookies = shared.accounts.cookies
    secret = cookies.read(request.scope, SESSION) if visitor.session else None
    if secret is None:
        secret = cookies.read(request.scope, VISIT) or new_secret()
        cookies.set(request.scope, VISIT, secret)
    return _note(shared, user=user, secret=secret)


async def sign_in(credentials: Credentials, request: Request, shared: Shared) -> SessionNote:
    """Sets the session's cookie. After several wrong passwords the account is locked for a while."""
    needs_our_page(request, shared)
    user = await shared.accounts.door.open(
        request.scope, email=credentials.email, password=credentials.password.get_secret_value()
    )
    secret = await shared.accounts.sessions.sign_in(request.scope, user_id=user.id, role=user.role)
    return _note(shared, user=user, secret=secret)


async def sign_out(request: Request, shared: Shared) -> None:
    """Ends this session. What a visitor without an account kept in it goes with it."""
    sessions = shared.accounts.sessions
    known = await sessions.of_cookie(request.scope)
    if known is not None:
        await run_in_threadpool(delete_visit, shared.store, session_id=known.session)
        sessions.forget(session=known.session)
    shared.accounts.cookies.drop(request.scope, SESSION)


async def sign_up(form: SignUp, request: Request, shared: Shared) -> SessionNote:
    """Signs in, and takes over what the visitor had kept."""
    needs_our_page(request, shared)
    if not shared.accounts.registration:
        raise RequestError(
            "Visitors cannot make accounts here themselves.",
            remedy="Ask an administrator of this site.",
            status=403,
            code="registration-closed",
        )
    hash = await shared.accounts.door.hash(checked_password(form.password, email=form.email))

    def make(session: Session) -> UserRow:
        return accounts.add_account(
            session,
            email=form.email,
            password_hash=hash,
            name=form.name,
            now=datetime.now(UTC),
        )

    try:
        user = await in_transaction(shared.store, make)
    except AccountError as error:
        raise RequestError(
            error.message, remedy=error.remedy, status=409, code="email-taken"
        ) from None
    secret = await shared.accounts.sessions.sign_in(request.scope, user_id=user.id, role=user.role)
    return _note(shared, user=user, secret=secret)


async def change_account(change: UserChange, shared: Shared, visitor: Member) -> User:
    """Name, and whether a history is kept."""

    def save(session: Session) -> UserRow:
        row = _row(session, visitor)
        accounts.change_account(row, name=change.name, keep_history=change.keep_history)
        return row

    return user_note(await in_transaction(shared.store, save))


async def delete_account(request: Request, shared: Shared, visitor: Holder) -> None:
    """With everything that one gave: results, pictures, jobs, votes, scores, tokens. The last administrator stays."""
    user = visitor.user or ""
    await erase(shared, user, actor=user)
    shared.accounts.cookies.drop(request.scope, SESSION)


async def change_password(change: PasswordChange, shared: Shared, visitor: Holder) -> None:
    """Ends all other sessions."""
    door = shared.accounts.door
    user = await _own(shared, visitor)
    if user.password_hash is not None:
        current = "" if change.current is None else change.current.get_secret_value()
        if not await door.is_right(user, current):
            raise RequestError(
                "The current password is another one.",
                remedy="It is the one that you sign in with now.",
                status=403,
                code="wrong-password",
            )
    hash = await door.hash(checked_password(change.new, email=user.email))

    def save(session: Session) -> None:
        accounts.set_password(
            session,
            _row(session, visitor),
            password_hash=hash,
            now=datetime.now(UTC),
            actor=user.id,
            session_id=visitor.session,
        )

    await in_transaction(shared.store, save)
    shared.accounts.sessions.forget(user=user.id)


async def export_account(shared: Shared, visitor: Member) -> Response:
    """A zip archive: pictures, and JSON for everything else."""
    async with shared.exports.place():
        # On disk, since a history may be larger than memory; it goes when it has been sent, or the receiver has gone.
        folder = TemporaryDirectory(prefix="skyform-export-", ignore_cleanup_errors=True)
        path = Path(folder.name) / "skyform.zip"
        await run_in_threadpool(_archive, shared, visitor, path)
    return StreamingResponse(
        _chunks(folder, path),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{path.name}"'},
    )


def _archive(shared: Service, visitor: Visitor, path: Path) -> None:
    with path.open("wb") as file:
        write_export(shared.store, visitor.as_owner, file, now=datetime.now(UTC))


def _chunks(folder: "TemporaryDirectory[str]", path: Path) -> Iterator[bytes]:
    with folder, path.open("rb") as file:
        yield from iter(partial(file.read, _CHUNK), b"")


async def erase(shared: Service, id: str, *, actor: str) -> None:
    """Delete an account.

    Raises
    ------
    RequestError
        409 for the last administrator's.
    """
    try:
        await run_in_threadpool(
            accounts.erase_account, shared.store, user_id=id, actor=actor, now=datetime.now(UTC)
        )
    except AccountError as error:
        raise last_admin(error) from None
    shared.accounts.sessions.forget(user=id)


def last_admin(error: AccountError) -> RequestError:
    """The problem of a site that would have no administrator."""
    return RequestError(error.message, remedy=error.remedy, status=409, code="last-admin")


def user_note(row: UserRow) -> User:
    """An account as its owner sees it."""
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        role=cast(Role, row.role),
        created_at=row.created_at,
        keep_history=row.keep_history,
        has_password=row.password_hash is not None,
    )


def _note(shared: Service, *, user: UserRow | None, secret: str) -> SessionNote:
    openid = shared.accounts.openid
    return SessionNote(
        user=None if user is None else user_note(user),
        csrf=csrf_token(secret),
        registration=shared.accounts.registration,
        openid=None if openid is None else OpenIdNote(name=openid.name, url=OPENID_BEGIN),
        password_reset=shared.accounts.resets is not None,
    )


async def _own(shared: Service, visitor: Visitor) -> UserRow:
    return await while_reading(shared.store, lambda session: _row(session, visitor))


def _row(session: Session, visitor: Visitor) -> UserRow:
    row = accounts.read_account(session, visitor.user or "")
    if row is None:
        # Deleted in another process, which this one has not heard of yet.
        raise sign_in_needed()
    return row
