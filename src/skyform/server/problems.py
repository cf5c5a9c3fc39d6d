"""The one shape of every error: `{"error": {"code", "message", "remedy", "request_id"}}`."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from skyform.errors import CursorError, SkyformError, StoreAwayError
from skyform.schema import Failure
from skyform.server.contract import ErrorBody, ErrorDetail

__all__ = ["RequestError", "add_handlers", "problem_response", "request_id", "status_of"]

# What cannot be used at all is 422; these say more precisely what is wrong with the request.
_STATUS_OF_FAILURE = {"unknown-format": 415, "image-too-large": 413}

_LOG = logging.getLogger("skyform.server")

_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_BUSY_SECONDS = 2
_AWAY_SECONDS = 30
_SECRETS = frozenset(("password", "current", "new", "token"))

_REMEDIES = {
    400: "Compare the request with the API's description at /api/v1/openapi.json.",
    404: "Compare the address with the API's description at /api/v1/openapi.json.",
    405: "The response's Allow header names the methods that work here.",
}


class RequestError(SkyformError):
    """A request that cannot be answered, with the HTTP status to say so.

    Parameters
    ----------
    message, remedy : str
        What was wrong, and what to do.
    status : int
        HTTP status, 400 to 599.
    code : str
        Stable name of the error.
    close : bool
        Close the connection after the answer, for a body that nobody is going to read.
    retry_after : int
        Seconds after which it may work; 0 where waiting does not help.
    """

    def __init__(
        self,
        message: str,
        *,
        remedy: str = "",
        status: int = 400,
        code: str,
        close: bool = False,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code
        self.close = close
        self.retry_after = retry_after or (_BUSY_SECONDS if status == 503 else 0)

    @classmethod
    def of_failure(cls, failure: Failure) -> "RequestError":
        """The problem that a picture's failure is, over HTTP."""
        # Decoding names what it was given; to the sender those bytes are the upload.
        message = failure.message.replace("the given bytes", "the upload", 1)
        return cls(
            message[:1].upper() + message[1:],
            remedy=failure.remedy,
            status=status_of(failure.code),
            code=failure.code,
        )


def status_of(code: str) -> int:
    """HTTP status for the stable code of an `ImageError`."""
    return _STATUS_OF_FAILURE.get(code, 422)


def request_id(scope: Scope) -> str:
    """The id that the outermost layer gave this request."""
    return str(scope.get("state", {}).get("request_id", ""))


def problem_response(problem: RequestError, *, scope: Scope) -> JSONResponse:
    """The error as a response."""
    detail = ErrorDetail(
        code=problem.code,
        message=problem.message,
        remedy=problem.remedy,
        request_id=request_id(scope),
    )
    headers = {"Connection": "close"} if problem.close else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after:
        headers["Retry-After"] = str(problem.retry_after)
    return JSONResponse(
        ErrorBody(error=detail).model_dump(), status_code=problem.status, headers=headers
    )


def add_handlers(app: FastAPI) -> None:
    """Give every foreseen error of `app` the one shape. (The unforeseen ones are caught outside of it, by `Envelope`.)"""
    app.add_exception_handler(RequestError, _on_problem)
    app.add_exception_handler(CursorError, _on_cursor)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(IntegrityError, _on_integrity)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(StoreAwayError, _on_away)
    for error in (OperationalError, InterfaceError, NoConnectionError):
        app.add_exception_handler(error, _on_away)


def _on_problem(request: Request, error: Exception) -> JSONResponse:
    return problem_response(cast(RequestError, error), scope=request.scope)


def _on_cursor(request: Request, error: Exception) -> JSONResponse:
    error = cast(CursorError, error)
    problem = RequestError(error.message, remedy=error.remedy, status=422, code=error.code)
    return problem_response(problem, scope=request.scope)


def _on_integrity(request: Request, error: Exception) -> JSONResponse:
    """Who asks is known for some seconds: meanwhile the session or the account may have ended, which the database finds out."""
    error = cast(IntegrityError, error)
    if "foreign key" not in str(error.orig).lower():
        raise error
    problem = RequestError(
        "What this belongs to has ended meanwhile: the session, the account, or the result.",
        remedy="Load the page again, and try once more.",
        status=409,
        code="ended-meanwhile",
    )
    return problem_response(problem, scope=request.scope)


def _on_away(request: Request, error: Exception) -> JSONResponse:
    """The server is well, and what it stands on is not: whoever asks may come back."""
    _LOG.error("request %s: the store gives no answer", request_id(request.scope), exc_info=error)
    if not isinstance(error, StoreAwayError):
        error = StoreAwayError(
            "The database gives no answer just now.",
            remedy="Try again in a minute; whoever runs the server finds the cause in its log.",
        )
    problem = RequestError(
        error.message,
        remedy=error.remedy,
        status=503,
        code=error.code,
        retry_after=_AWAY_SECONDS,
    )
    return problem_response(problem, scope=request.scope)


def on_http(request: Request, error: Exception) -> JSONResponse:
    """What the framework itself refuses, in our shape."""
    error = cast(HTTPException, error)
    status = error.status_code
    phrase = HTTPStatus(status).phrase
    messages = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not possible at {request.url.path}.",
    }
    problem = RequestError(
        messages.get(status, f"{error.detail or phrase}"),
        remedy=_REMEDIES.get(status, ""),
        status=status,
        code=phrase.lower().replace(" ", "-"),
    )
    response = problem_response(problem, scope=request.scope)
    response.headers.update(error.headers or {})
    methods = _methods(request) if status == 405 else []
    if methods:
        response.headers["Allow"] = ", ".join(methods)
    return response


def _methods(request: Request) -> list[str]:
    """All that work at an address. (Starlette names those of the first route that it finds there.)"""
    routes: list[BaseRoute] = request.app.routes
    tries = [{**request.scope, "method": method} for method in _METHODS]
    return [t["method"] for t in tries if any(r.matches(t)[0] is Match.FULL for r in routes)]


def _on_validation(request: Request, error: Exception) -> JSONResponse:
    first = cast(RequestValidationError, error).errors()[0]
    if first["type"] == "json_invalid":
        return problem_response(_no_json(first), scope=request.scope)
    name, given = first["loc"][-1], str(first.get("input"))
    what = f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    # What is missing has everything around it as its input, and passwords are not repeated to anybody.
    hidden = first["type"] == "missing" or _SECRETS.intersection(first["loc"])
    problem = RequestError(
        f"{name}: {what}." if hidden else f"{name} is {given[:80]!r}: {what}.",
        remedy=f"Correct {name}, or leave it out.",
        status=422,
        code="invalid-parameter",
    )
    return problem_response(problem, scope=request.scope)


def _no_json(error: Mapping[str, Any]) -> RequestError:
    return RequestError(
        f"The body is no JSON: {error['ctx']['error']} (character {error['loc'][-1]}).",
        remedy="Send one JSON object; the API's description at /api/v1/openapi.json says what is in it.",
        status=422,
        code="invalid-parameter",
    )
