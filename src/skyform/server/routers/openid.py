"""Signing in elsewhere."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from skyform.errors import AccountError
from skyform.server.cookies import OPENID
from skyform.server.openid import ERRAND_SECONDS, Errand, OpenId, Person
from skyform.server.problems import RequestError
from skyform.server.routers.common import Shared, add
from skyform.server.service import Service
from skyform.server.transactions import in_transaction
from skyform.store import UserRow
from skyform.store.accounts import join_openid

__all__ = ["OPENID_BEGIN", "openid_routes"]

OPENID_BEGIN = "/api/v1/openid/begin"
_END = "/api/v1/openid/end"
# The page that says what went wrong, in words of its own for each code.
_PROBLEM_PAGE = "/sign-in?problem="

_TEXT = r"^[^\x00]*$"

Next = Annotated[str, Query(pattern=_TEXT, description="Path of this site to go to afterwards.")]
Given = Annotated[str, Query(max_length=4000, pattern=_TEXT, description="From the provider.")]


def openid_routes(router: APIRouter) -> None:
    """Add their routes."""
    add(
        router,
        "GET",
        "/openid/begin",
        begin_openid,
        status=302,
        errors=(404, 502),
        produces="text/html",
        summary="Sign in elsewhere",
    )
    add(
        router,
        "GET",
        "/openid/end",
        end_openid,
        status=302,
        errors=(404,),
        produces="text/html",
        summary="Come back from there",
    )


async def begin_openid(request: Request, shared: Shared, next: Next = "/") -> Response:
    """Redirects to the provider."""
    url, errand = await _provider(shared).begin(back=_back(request, shared), path=next)
    shared.accounts.cookies.set(request.scope, OPENID, errand.packed(), seconds=ERRAND_SECONDS)
    return _redirect(url)


async def end_openid(
    request: Request, shared: Shared, state: Given = "", code: Given = "", error: Given = ""
) -> Response:
    """Where the provider sends the visitor back to. Redirects to the page where signing in began, or to `/sign-in?problem=…`."""
    provider, cookies = _provider(shared), shared.accounts.cookies
    errand = Errand.unpacked(cookies.read(request.scope, OPENID) or "")
    cookies.drop(request.scope, OPENID)
    if errand is None or not errand.answers(state):
        return _problem("openid-expired")
    if error or not code:
        return _problem("openid-refused")
    try:
        person = await provider.end(back=_back(request, shared), code=code, errand=errand)
    except RequestError as problem:
        return _problem(problem.code)
    if not person.email:
        return _problem("openid-without-email")
    try:
        user = await in_transaction(shared.store, lambda session: _joined(session, person))
    except AccountError:
        return _problem("openid-email-taken")
    shared.accounts.sessions.forget(user=user.id)
    await shared.accounts.sessions.sign_in(request.scope, user_id=user.id, role=user.role)
    return _redirect(errand.path)


def _joined(session: Session, person: Person) -> UserRow:
    return join_openid(
        session,
        subject=person.subject,
        email=person.email,
        verified=person.verified,
        name=person.name,
        now=datetime.now(UTC),
    )


def _provider(shared: Service) -> OpenId:
    if shared.accounts.openid is None:
        raise RequestError(
            "This site has no provider to sign in with.",
            remedy="Sign in with e-mail address and password.",
            status=404,
            code="not-found",
        )
    return shared.accounts.openid


def _back(request: Request, shared: Service) -> str:
    return shared.accounts.cookies.origin_of(request.scope) + _END


def _redirect(url: str) -> Response:
    return RedirectResponse(url, status_code=302)


def _problem(code: str) -> Response:
    return _redirect(_PROBLEM_PAGE + code)
