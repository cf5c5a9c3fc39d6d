"""What stands around the whole application: request ids, security headers, the limit on bodies, and the last catch."""

import asyncio
import json
import logging
import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skyform.server.cookies import Cookies, cookies_to_set
from skyform.server.problems import RequestError, problem_response

__all__ = ["JOBS", "UPLOADS", "BodyLimit", "Envelope", "too_large"]

# Where pictures are sent to.
UPLOADS = frozenset(
    f"/api/v1/{name}" for name in ("classify", "export", "jobs", "preview", "results")
)
JOBS = "/api/v1/jobs"
_SMALL = 2**20
_NUL_IN_JSON = rb"\u0000"
_SURROGATE_IN_JSON = re.compile(rb"\\u[dD][89a-fA-F]")

_LOG = logging.getLogger("skyform.server")
_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}


class Envelope:
    """Outermost layer: every response gets an `X-Request-ID`, the security headers and its cookies, and no error is without the one shape.

    A request may bring its own id (letters, digits, `.`, `_` and `-`, at most 64); any other is replaced.
    """

    def __init__(self, app: ASGIApp, *, cookies: Cookies) -> None:
        self._app = app
        self._cookies = cookies

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
                _add_headers(message, id=id, scope=scope, https=self._cookies.secure(scope))
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            # In the middle of an upload: nobody is left to be answered.
            return
        except Exception:
            # Not the address itself, which may be the key to somebody's result, or hold what looks like another record.
            route = getattr(scope.get("route"), "path", "none")
            _LOG.exception("request %s: %s %s failed", id, scope["method"], route)
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


def _add_headers(message: Message, *, id: str, scope: Scope, https: bool) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = id
    for name, value in _SECURITY.items():
        headers[name] = value
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    for cookie in cookies_to_set(scope).values():
        headers.append("Set-Cookie", cookie)
    private = scope["path"].startswith("/api/") or "Set-Cookie" in headers
    headers.setdefault("Cache-Control", "no-store" if private else "no-cache")


class BodyLimit:
    """Cut a request's body off at `limit` bytes, whether it announces its length or not.

    Nothing behind this layer, such as a parser that spools to disk, ever sees more. Only pictures may be long: any other body ends
    at a megabyte, and has to be there within some seconds. (Pictures have a time limit of their own, in `Pool`.)

    Parameters
    ----------
    limit, shown : int
        Bytes of an upload with its form around it, and what the visitor is told.
    job : int
        Bytes of an upload of many pictures.
    seconds : float
        For a body that is no upload.
    """

    def __init__(self, app: ASGIApp, *, limit: int, shown: int, job: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._shown = shown
        self._job = job
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            await problem_response(_no_text(), scope=scope)(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        uploads = scope["path"] in UPLOADS
        limit, shown = self._limits(scope["path"])
        if length.isdigit() and int(length) > limit:
            problem = too_large(shown, close=True)
            await problem_response(problem, scope=scope)(scope, receive, send)
        elif uploads:
            await self._app(scope, _counted(receive, limit, shown), send)
        elif length or "transfer-encoding" in headers:
            await self._small(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _limits(self, path: str) -> tuple[int, int]:
        """Bytes of a body, and what the visitor is told."""
        if path == JOBS:
            return self._job, self._job
        return (self._limit, self._shown) if path in UPLOADS else (_SMALL, _SMALL)

    async def _small(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read it here: an error that FastAPI meets while it reads becomes "cannot be parsed"."""
        try:
            async with asyncio.timeout(self._seconds):
                body = await _read(receive)
        except TimeoutError:
            await problem_response(_too_slow(self._seconds), scope=scope)(scope, receive, send)
            return
        except RequestError as problem:
            await problem_response(problem, scope=scope)(scope, receive, send)
            return
        if body is None:
            return
        if _holds_no_text(body):
            await problem_response(_no_text(), scope=scope)(scope, receive, send)
            return
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed() -> Message:
            return waiting.pop() if waiting else await receive()

        await self._app(scope, replayed, send)


def _counted(receive: Receive, limit: int, shown: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise too_large(shown, close=True)
        return message

    return counted


async def _read(receive: Receive) -> bytes | None:
    """A whole body; None where the sender went away."""
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _SMALL:
            raise too_large(_SMALL, close=True)
    return bytes(body)


def _holds_no_text(body: bytes) -> bool:
    """Whether JSON holds NUL, or half of a character, which no database stores and no hash takes."""
    if _NUL_IN_JSON in body:
        return True
    if not _SURROGATE_IN_JSON.search(body):
        return False
    try:
        json.dumps(json.loads(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        # Whoever reads it properly says what is wrong.
        return False
    return False


def _no_text() -> RequestError:
    return RequestError(
        "The request holds a NUL, or half of a character.",
        remedy="Leave it out.",
        status=400,
        code="bad-request",
    )


def _too_slow(seconds: float) -> RequestError:
    return RequestError(
        f"The request took longer than {seconds:g} seconds.",
        remedy="Try again with a faster connection.",
        status=408,
        code="upload-timeout",
        close=True,
    )


def too_large(limit: int, *, close: bool = False) -> RequestError:
    """The problem of an upload over `limit` bytes."""
    return RequestError(
        f"The upload is larger than {limit / 2**20:g} MiB.",
        remedy="Send a smaller version of the picture, or a cut-out around the object.",
        status=413,
        code="upload-too-large",
        close=close,
    )
