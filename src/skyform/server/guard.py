"""What stands around the whole application: request ids, security headers, the limit on bodies, and the last catch."""

import logging
import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skyform.server.problems import RequestError, problem_response

__all__ = ["BodyLimit", "Envelope", "too_large"]

_LOG = logging.getLogger("skyform.server")
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Envelope:
    """Outermost layer: every response gets an `X-Request-ID` and the security headers, and no error is without the one shape.

    A request may bring its own id (letters, digits, `.`, `_` and `-`, at most 64); any other is replaced.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        id = given if _SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = id
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message, id=id, path=scope["path"])
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            _LOG.exception("request %s: %s %s failed", id, scope["method"], scope["path"])
            if started:
                raise
            await problem_response(_unforeseen(), scope=scope)(scope, receive, send_with_headers)


def _unforeseen() -> RequestError:
    return RequestError(
        "Something went wrong on the server.",
        remedy="Try again; if it happens again, report it with the request id.",
        status=500,
        code="internal-error",
    )


def _add_headers(message: Message, *, id: str, path: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = id
    for name, value in _SECURITY.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store" if path.startswith("/api/") else "no-cache")


class BodyLimit:
    """Cut a request's body off at `limit` bytes, whether it announces its length or not.

    Nothing behind this layer, such as a parser that spools to disk, ever sees more.
    """

    def __init__(self, app: ASGIApp, *, limit: int, shown: int) -> None:
        self._app = app
        self._limit = limit
        self._shown = shown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if length.isdigit() and int(length) > self._limit:
            await problem_response(self._too_large(), scope=scope)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise self._too_large()
            return message

        await self._app(scope, counted, send)

    def _too_large(self) -> RequestError:
        return too_large(self._shown, close=True)


def too_large(limit: int, *, close: bool = False) -> RequestError:
    """The problem of an upload over `limit` bytes."""
    return RequestError(
        f"The upload is larger than {limit / 2**20:g} MiB.",
        remedy="Send a smaller version of the picture, or a cut-out around the object.",
        status=413,
        code="upload-too-large",
        close=close,
    )
