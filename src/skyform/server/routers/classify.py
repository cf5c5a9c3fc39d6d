"""One picture: classify it, show it."""

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from skyform.errors import ImageError
from skyform.schema import Failure
from skyform.server.contract import Classification, Exact
from skyform.server.problems import RequestError, request_id
from skyform.server.rate import address_of
from skyform.server.routers.choices import Chosen, ChosenStretch
from skyform.server.routers.common import Shared, add
from skyform.server.uploads import REQUEST_BODY
from skyform.server.working import classified, drawn, received

__all__ = ["classify_routes"]

_PREVIEW_SIDE = 1024  # px
_UPLOAD_ERRORS = (400, 403, 408, 413, 415, 422, 429, 503, 504)


class Address(Exact):
    """A picture on the web."""

    url: str = Field(
        max_length=2000,
        description="http or https; addresses inside the server's network are refused.",
    )


def classify_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["classify"])
    add(
        router,
        "POST",
        "/classify",
        classify,
        errors=_UPLOAD_ERRORS,
        body=REQUEST_BODY,
        answers=Classification,
        summary="Classify one picture",
    )
    add(
        router,
        "POST",
        "/fetch",
        fetch,
        errors=_UPLOAD_ERRORS,
        produces="application/octet-stream",
        summary="A picture from the web",
    )
    add(
        router,
        "POST",
        "/preview",
        preview,
        errors=_UPLOAD_ERRORS,
        produces="image/png",
        body=REQUEST_BODY,
        summary="One picture as PNG",
    )
    return router


async def classify(request: Request, shared: Shared, options: Chosen) -> Response:
    """Classify the picture in the form's field `file`, or in the raw body.

    A picture that cannot be used is an error: 413 too large, 415 unknown format, 422 anything else.
    """
    async with received(request, shared) as upload:
        id = request_id(request.scope)
        made = await classified(shared, upload, options=options, request_id=id)
    # FastAPI would check once more what has just been checked.
    return Response(made.model_dump_json(), media_type="application/json")


async def fetch(address: Address, request: Request, shared: Shared) -> Response:
    """Fetch a picture from the web, for a page that may not do so itself: the bytes, to be classified like any other upload."""
    most = shared.settings.max_upload_bytes
    async with shared.pool.place(most, address=address_of(request.scope)):
        data = await shared.fetcher.fetch(address.url)
    return Response(data, media_type="application/octet-stream")


async def preview(request: Request, shared: Shared, stretch: ChosenStretch) -> Response:
    """Show the picture in the form's field `file`, or in the raw body, as Skyform reads it.

    For formats that browsers do not show, such as FITS: the same decoding and stretch that is classified, at most 1024 pixels
    on a side. The header `X-Picture-Size` has the whole picture's width and height.
    """
    async with received(request, shared) as upload:
        try:
            made = await drawn(shared, upload.data, side=_PREVIEW_SIDE, stretch=stretch)
        except ImageError as error:
            raise RequestError.of_failure(
                Failure(error.code, error.message, error.remedy)
            ) from None
    size = {"X-Picture-Size": f"{made.width} {made.height}"}
    return Response(made.data, media_type="image/png", headers=size)
