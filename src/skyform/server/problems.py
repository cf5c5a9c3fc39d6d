"""The one shape of every error: `{"error": {"code", "message", "remedy", "request_id"}}`."""

from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Scope

from skyform.errors import SkyformError
from skyform.schema import Failure
from skyform.server.contract import ErrorBody, ErrorDetail

__all__ = ["RequestError", "add_handlers", "problem_response", "request_id", "status_of"]

# What cannot be used at all is 422; these say more precisely what is wrong with the request.
_STATUS_OF_FAILURE = {"unknown-format": 415, "image-too-large": 413}

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
    """

    def __init__(
        self, message: str, *, remedy: str = "", status: int = 400, code: str, close: bool = False
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code
        self.close = close

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
    if problem.status == 503:
        headers["Retry-After"] = "2"
    return JSONResponse(
        ErrorBody(error=detail).model_dump(), status_code=problem.status, headers=headers
    )


def add_handlers(app: FastAPI) -> None:
    """Give every foreseen error of `app` the one shape. (The unforeseen ones are caught outside of it, by `Envelope`.)"""
    app.add_exception_handler(RequestError, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_validation)


def _on_problem(request: Request, error: Exception) -> JSONResponse:
    return problem_response(cast(RequestError, error), scope=request.scope)


def _on_http(request: Request, error: Exception) -> JSONResponse:
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
    return response


def _on_validation(request: Request, error: Exception) -> JSONResponse:
    first = cast(RequestValidationError, error).errors()[0]
    name, given = first["loc"][-1], first.get("input")
    problem = RequestError(
        f"{name} is {str(given)[:80]!r}: {first['msg'][:1].lower()}{first['msg'][1:]}.",
        remedy=f"Correct {name}, or leave it out.",
        status=422,
        code="invalid-parameter",
    )
    return problem_response(problem, scope=request.scope)
