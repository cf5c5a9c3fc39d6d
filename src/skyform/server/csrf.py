"""Requests that another site has a visitor's browser send: seen by what browsers say themselves, and by a token that only our pages know."""

import hashlib
import hmac

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from skyform.server.cookies import SESSION, VISIT, Cookies
from skyform.server.problems import RequestError, problem_response

__all__ = ["OwnPages", "bearer_token", "csrf_token", "stranger"]

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
_HEADER = "x-csrf-token"


def csrf_token(secret: str) -> str:
    """The token that belongs to a cookie's secret, which it does not give away."""
    return hmac.new(secret.encode(), b"skyform csrf", hashlib.sha256).hexdigest()


def bearer_token(scope: Scope) -> str | None:
    """The token of `Authorization: Bearer …`, where there is one. (A proxy's own `Basic` is none of ours.)"""
    scheme, _, token = HTTPConnection(scope).headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class OwnPages:
    """Refuse what another site's page has a browser send (403).

    A request that changes something passes when the browser says that it comes from our own pages, or when it comes from no
    browser at all. With one of our cookies it needs `X-CSRF-Token` too; a token for scripts stands for itself.
    """

    def __init__(self, app: ASGIApp, *, cookies: Cookies) -> None:
        self._app = app
        self._cookies = cookies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS:
            problem = self._problem(scope)
            if problem is not None:
                await problem_response(problem, scope=scope)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _problem(self, scope: Scope) -> RequestError | None:
        if not self._is_ours(scope):
            return RequestError(
                "This request comes from another site.",
                remedy="Open Skyform itself and try again there. Programs leave out Origin and Sec-Fetch-Site.",
                status=403,
                code="cross-site",
                close=True,
            )
        if bearer_token(scope) is None and self._lacks_token(scope):
            return stranger()
        return None

    def _is_ours(self, scope: Scope) -> bool:
        headers = HTTPConnection(scope).headers
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        # Browsers send no Sec-Fetch-Site over plain http to other machines, and older ones none at all.
        origin = headers.get("origin")
        return origin is None or origin.lower() == self._cookies.origin_of(scope).lower()

    def _lacks_token(self, scope: Scope) -> bool:
        # A page that was opened before its visitor's first result was kept still has the token of before; both are the visitor's.
        read = (self._cookies.read(scope, name) for name in (SESSION, VISIT))
        secrets = [s for s in read if s is not None]
        given = HTTPConnection(scope).headers.get(_HEADER, "").encode()
        matching = [hmac.compare_digest(csrf_token(s).encode(), given) for s in secrets]
        return bool(secrets) and not any(matching)


def stranger() -> RequestError:
    """The problem of a request without the token that our pages send."""
    return RequestError(
        "The token against cross-site requests is missing or out of date.",
        remedy="Load the page again. Programs take `csrf` from GET /api/v1/session and send it as X-CSRF-Token.",
        status=403,
        code="csrf-token",
        close=True,
    )
