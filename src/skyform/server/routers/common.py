"""What all routers share: how a route is declared, and the types of common parameters."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import SecretStr
from starlette.responses import Response

from skyform.errors import AccountError
from skyform.server.contract import ErrorBody, Exact, Role
from skyform.server.cookies import SESSION, VISIT
from skyform.server.csrf import bearer_token, stranger
from skyform.server.identity import Visitor, admin, anyone, curator, holder, member
from skyform.server.problems import RequestError
from skyform.server.service import Service, service
from skyform.store.passwords import check_password

__all__ = [
    "Admin",
    "Anyone",
    "CatalogueFormat",
    "Classes",
    "Curator",
    "Cursor",
    "GalleryOrder",
    "Holder",
    "Limit",
    "Member",
    "ResultFormat",
    "RoleChange",
    "Shared",
    "Surveys",
    "TableFormat",
    "add",
    "checked_password",
    "needs_our_page",
]

Shared = Annotated[Service, Depends(service)]
Anyone = Annotated[Visitor, Depends(anyone)]
Member = Annotated[Visitor, Depends(member)]
Holder = Annotated[Visitor, Depends(holder)]
Curator = Annotated[Visitor, Depends(curator)]
Admin = Annotated[Visitor, Depends(admin)]

Cursor = Annotated[
    str | None, Query(description="`next` of the page before; none for the first page.")
]
Limit = Annotated[int, Query(ge=1, le=100, description="Most entries of a page.")]
Classes = Annotated[
    tuple[str, ...], Query(description="Only these true classes, as `taxonomy:class`.")
]
Surveys = Annotated[tuple[str, ...], Query(description="Only these surveys.")]
GalleryOrder = Literal["class", "confidence", "mistakes"]
ResultFormat = Literal["json", "csv", "fits", "png"]
TableFormat = Literal["csv", "json", "parquet", "fits", "votable"]
CatalogueFormat = Literal["parquet", "csv"]


class RoleChange(Exact):
    """The role that an account gets."""

    role: Role


_ERRORS = {
    400: "The request cannot be read.",
    401: "One has to sign in first.",
    403: "Not allowed, or the token against cross-site requests is missing.",
    404: "There is nothing with that id, or it is not the visitor's.",
    408: "The upload took too long.",
    409: "It contradicts what is there.",
    410: "It has been used already, or its time is over.",
    413: "The upload or the picture is too large.",
    415: "Not a format that Skyform reads.",
    422: "The picture, the form or a parameter cannot be used.",
    429: "Too many requests; `Retry-After` says when to try again.",
    502: "Another site, which this needs, did not answer as it should.",
    503: "The server is busy; `Retry-After` says when to try again.",
    504: "The work took too long.",
}


def add(
    router: APIRouter,
    method: str,
    path: str,
    endpoint: Callable[..., Any],
    *,
    summary: str,
    status: int = 200,
    errors: tuple[int, ...] = (),
    produces: str | tuple[str, ...] = "",
    body: dict[str, Any] | None = None,
    answers: type[Exact] | None = None,
) -> None:
    """Declare one route, with all of its answers.

    Parameters
    ----------
    endpoint : callable
        Its docstring is the description, its return annotation the type of the answer.
    errors : tuple of int
        Statuses of `ErrorBody` answers.
    produces : str or tuple of str, optional
        Content types, where the answer is not JSON alone.
    body : dict, optional
        OpenAPI's `requestBody`, where the endpoint reads the body itself.
    answers : type, optional
        The type of the answer, where the endpoint writes the response itself.
    """
    # Any request can be garbled, or one too many.
    errors = (*errors, 400, 429)
    # Whatever a visitor gives can be wrong; FastAPI would describe that in another shape than ours.
    errors = (*errors, 422) if _takes_input(endpoint) else errors
    responses: dict[int | str, dict[str, Any]] = {
        s: {"model": ErrorBody, "description": _ERRORS[s]} for s in sorted(set(errors))
    }
    extra: dict[str, Any] = {}
    if produces or status == 204:
        extra = {"response_class": Response, "response_model": None}
    if answers:
        extra = {"response_model": answers}
    if produces:
        types = (produces,) if isinstance(produces, str) else produces
        content: dict[str, Any] = {type: {} for type in types}
        responses[status] = {"content": content, "description": summary + "."}
    router.add_api_route(
        path,
        endpoint,
        methods=[method],
        summary=summary,
        status_code=status,
        responses=responses,
        openapi_extra={"requestBody": body} if body else None,
        # Names in generated clients are the functions' own.
        operation_id=endpoint.__name__,
        **extra,
    )


def needs_our_page(request: Request, shared: Service) -> None:
    """Nobody is signed in, perhaps to another's account, by a page of somebody else's: the token has been looked at if there is a cookie.

    Raises
    ------
    RequestError
        403 without a cookie of ours, or with a token for scripts.
    """
    cookies = shared.accounts.cookies
    has_cookie = any(cookies.read(request.scope, name) for name in (SESSION, VISIT))
    if bearer_token(request.scope) is not None or not has_cookie:
        raise stranger()


def checked_password(password: SecretStr, *, email: str) -> str:
    """A password that may be an account's.

    Raises
    ------
    RequestError
        422 for one that others would try first.
    """
    try:
        check_password(password.get_secret_value(), email=email)
    except AccountError as error:
        raise RequestError(
            error.message, remedy=error.remedy, status=422, code="weak-password"
        ) from None
    return password.get_secret_value()


_OURS = (Request, Shared, Anyone, Member, Holder, Curator, Admin)


def _takes_input(endpoint: Callable[..., Any]) -> bool:
    """Whether the endpoint has parameters that come from the request's address or body."""
    return any(p.annotation not in _OURS for p in inspect.signature(endpoint).parameters.values())
