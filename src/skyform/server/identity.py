"""Who asks: an account, or a visitor without one; and what they may do."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from skyform.server.csrf import bearer_token
from skyform.server.problems import RequestError
from skyform.server.service import service_of
from skyform.store.owners import Owner

__all__ = ["Visitor", "admin", "anyone", "curator", "holder", "member", "owner", "sign_in_needed"]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a request comes from.

    `user` is the account's id, None without one; `session` the id of the session (not its secret), None before anything was kept
    and for requests with a token; `role` is "visitor", "member", "curator" or "admin".
    """

    user: str | None = None
    session: str | None = None
    role: str = "visitor"

    @property
    def as_owner(self) -> Owner:
        """Whose the visitor's things are in the store."""
        return Owner(user=self.user, session=self.session)


async def anyone(request: Request) -> Visitor:
    """Whoever asks: by token, by cookie, or nobody in particular. Costs no query without either, and seldom one with them."""
    sessions = service_of(request).accounts.sessions
    token = bearer_token(request.scope)
    if token is None:
        known = await sessions.of_cookie(request.scope)
        return Visitor() if known is None else Visitor(known.user, known.session, known.role)
    known = await sessions.of_token(token)
    if known is None:
        raise RequestError(
            "The token is unknown, or it has expired or been revoked.",
            remedy="Make a new one on the account's page.",
            status=401,
            code="bad-token",
        )
    return Visitor(user=known.user, role=known.role)


async def owner(request: Request, visitor: Annotated[Visitor, Depends(anyone)]) -> Visitor:
    """One who can own things: with an account, or with a session, which is made if there is none.

    Call it once it is certain that something will be kept; the answer to the request, whatever it is, then sets the cookie.
    """
    if visitor.user is not None or visitor.session is not None:
        return visitor
    known = await service_of(request).accounts.sessions.open(request.scope)
    return Visitor(session=known.session)


async def member(visitor: Annotated[Visitor, Depends(anyone)]) -> Visitor:
    """One with an account (401 otherwise)."""
    if visitor.user is None:
        raise sign_in_needed()
    return visitor


async def holder(visitor: Annotated[Visitor, Depends(member)]) -> Visitor:
    """One who has signed in: a token for scripts, which is easily lost, does not open this (403)."""
    if visitor.session is None:
        raise RequestError(
            "A token for scripts cannot do this.",
            remedy="Sign in on the site and do it there.",
            status=403,
            code="session-needed",
        )
    return visitor


async def curator(visitor: Annotated[Visitor, Depends(member)]) -> Visitor:
    """A curator or administrator (403 otherwise)."""
    if visitor.role not in ("curator", "admin"):
        raise RequestError(
            "Only curators may do this.",
            remedy="An administrator can give the role.",
            status=403,
            code="not-allowed",
        )
    return visitor


async def admin(visitor: Annotated[Visitor, Depends(holder)]) -> Visitor:
    """An administrator who has signed in (403 otherwise)."""
    if visitor.role != "admin":
        raise RequestError(
            "Only administrators may do this.",
            remedy="Another administrator can give the role.",
            status=403,
            code="not-allowed",
        )
    return visitor


def sign_in_needed() -> RequestError:
    """The problem of a visitor without an account where one is needed."""
    return RequestError(
        "One has to sign in first.",
        remedy="Sign in, or send a token as `Authorization: Bearer sky_…`.",
        status=401,
        code="sign-in-needed",
    )
