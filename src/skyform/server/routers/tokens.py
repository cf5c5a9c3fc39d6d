"""Tokens for scripts."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter
from sqlalchemy.orm import Session

from skyform.errors import AccountError
from skyform.server.contract import TokenCreate, TokenList, TokenNote, TokenSecret
from skyform.server.problems import RequestError
from skyform.server.routers.common import Holder, Member, Shared, add
from skyform.server.transactions import in_transaction, while_reading
from skyform.store import TokenRow
from skyform.store.audit import write_audit
from skyform.store.tokens import end_token, make_token, tokens_of

__all__ = ["token_routes"]


def token_routes(router: APIRouter) -> None:
    """Add their routes."""
    add(router, "GET", "/account/tokens", list_tokens, errors=(401,), summary="One's tokens")
    add(
        router,
        "POST",
        "/account/tokens",
        create_token,
        status=201,
        errors=(401, 403, 422),
        summary="Make a token for scripts",
    )
    add(
        router,
        "DELETE",
        "/account/tokens/{id}",
        delete_token,
        status=204,
        errors=(401, 403, 404),
        summary="Revoke a token",
    )


async def list_tokens(shared: Shared, visitor: Member) -> TokenList:
    """Without their secrets."""
    user = visitor.user or ""
    rows = await while_reading(shared.store, lambda session: tokens_of(session, user_id=user))
    return TokenList(tokens=[_note(row) for row in rows])


async def create_token(form: TokenCreate, shared: Shared, visitor: Holder) -> TokenSecret:
    """Its secret is shown this once."""
    now, user = datetime.now(UTC), visitor.user or ""
    end = None if form.days is None else now + timedelta(days=form.days)

    def make(session: Session) -> tuple[TokenRow, str]:
        made = make_token(session, user_id=user, name=form.name, expires_at=end, now=now)
        write_audit(session, actor=user, action="token-made", subject=f"user:{user}", now=now)
        return made

    try:
        row, token = await in_transaction(shared.store, make)
    except AccountError as error:
        raise RequestError(
            error.message, remedy=error.remedy, status=422, code="too-many-tokens"
        ) from None
    return TokenSecret(**_note(row).model_dump(), token=token)


async def delete_token(id: str, shared: Shared, visitor: Holder) -> None:
    """At once."""
    user = visitor.user or ""

    def end(session: Session) -> bool:
        return end_token(session, id=id, user_id=user)

    if not await in_transaction(shared.store, end):
        raise RequestError(
            f"You have no token {id[:80]!r}.",
            remedy="GET /api/v1/account/tokens lists them.",
            status=404,
            code="not-found",
        )
    shared.accounts.sessions.forget(user=user)


def _note(row: TokenRow) -> TokenNote:
    return TokenNote(
        id=row.id,
        name=row.name,
        hint=row.hint,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
    )
