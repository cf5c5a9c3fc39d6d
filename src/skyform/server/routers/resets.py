"""Forgotten passwords: a link by mail, and the new password that it lets one set."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from skyform.server.contract import PasswordForgotten, PasswordReset
from skyform.server.problems import RequestError
from skyform.server.resetting import Resets
from skyform.server.routers.common import Shared, add, checked_password, needs_our_page
from skyform.server.service import Service
from skyform.server.transactions import in_transaction, while_reading
from skyform.store import accounts
from skyform.store.resets import find_reset

__all__ = ["reset_routes"]

_PATH = "/account/password/reset"


def reset_routes(router: APIRouter) -> None:
    """Add their routes."""
    add(
        router,
        "POST",
        _PATH,
        forget_password,
        status=204,
        errors=(403, 422, 429, 503),
        summary="Ask for a new password by mail",
    )
    add(
        router,
        "PUT",
        _PATH,
        reset_password,
        status=204,
        errors=(403, 410, 422, 429),
        summary="Set a new password with what the mail said",
    )


async def forget_password(form: PasswordForgotten, request: Request, shared: Shared) -> None:
    """Sends a link that works once and for half an hour. The answer is the same whether an account has the address or not."""
    needs_our_page(request, shared)
    _resets(shared).ask(form.email)


async def reset_password(reset: PasswordReset, request: Request, shared: Shared) -> None:
    """Ends all sessions and tokens of the account, a lock, and its link to a provider. One signs in afterwards."""
    needs_our_page(request, shared)
    _resets(shared)
    secret = reset.token.get_secret_value()
    user = await while_reading(
        shared.store, lambda session: find_reset(session, secret=secret, now=datetime.now(UTC))
    )
    if user is None:
        raise _gone()
    password = checked_password(reset.new, email=user.email)
    hash = await shared.accounts.door.hash(password)
    row = await in_transaction(
        shared.store,
        lambda session: accounts.reset_password(
            session, secret=secret, password_hash=hash, now=datetime.now(UTC)
        ),
    )
    if row is None:
        raise _gone()
    shared.accounts.sessions.forget(user=row.id)


def _resets(shared: Service) -> Resets:
    if shared.accounts.resets is None:
        raise RequestError(
            "This site sends no mail.",
            remedy="Ask an administrator of this site for a new password.",
            status=403,
            code="no-mail",
        )
    return shared.accounts.resets


def _gone() -> RequestError:
    return RequestError(
        "This link has been used already, or its time is over.",
        remedy="Ask for a new one; only the latest works, once and for half an hour.",
        status=410,
        code="reset-gone",
    )
