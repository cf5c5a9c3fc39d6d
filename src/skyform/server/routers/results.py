"""Kept results: what a visitor asked to keep, and downloads."""

from functools import partial

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from skyform.server.contract import (
    Classification,
    ResultChange,
    ResultDetail,
    ResultPage,
    Tally,
    VoteSheet,
)
from skyform.server.downloads import MEDIA_TYPES, as_file, attachment
from skyform.server.identity import Visitor, owner
from skyform.server.keeping import (
    change_own,
    detail,
    keep_answer,
    page_of_own,
    remove_own,
    seen,
    stretch_of,
    with_everything,
)
from skyform.server.pictures import (
    THUMBNAIL,
    VIEW,
    draw_jpeg,
    original,
    private_jpeg,
    small_jpeg,
    small_name,
)
from skyform.server.problems import request_id
from skyform.server.routers.choices import Chosen
from skyform.server.routers.common import Anyone, Cursor, Limit, ResultFormat, Shared, add
from skyform.server.service import Service
from skyform.server.uploads import REQUEST_BODY
from skyform.server.voting import tally, vote
from skyform.server.working import classified, received

__all__ = ["results_routes"]

_FILES = tuple(MEDIA_TYPES[format] for format in ("json", "csv", "fits", "png"))


def results_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["results"])
    add(router, "GET", "/results", list_results, summary="What the visitor kept")
    add(
        router,
        "POST",
        "/results",
        keep_result,
        body=REQUEST_BODY,
        status=201,
        errors=(400, 403, 408, 409, 413, 415, 422, 429, 503, 504),
        summary="Classify a picture and keep it",
    )
    add(router, "GET", "/results/{id}", read_result, errors=(404,), summary="One kept result")
    add(
        router,
        "PATCH",
        "/results/{id}",
        change_result,
        errors=(403, 404, 422),
        summary="Rename or share a result",
    )
    add(
        router,
        "DELETE",
        "/results/{id}",
        delete_result,
        status=204,
        errors=(403, 404),
        summary="Delete a result",
    )
    _add_files(router)
    _add_votes(router)
    return router


def _add_files(router: APIRouter) -> None:
    add(
        router,
        "GET",
        "/results/{id}/picture",
        result_picture,
        errors=(404,),
        produces="image/jpeg",
        summary="Its picture",
    )
    add(
        router,
        "GET",
        "/results/{id}/thumbnail",
        result_thumbnail,
        errors=(404,),
        produces="image/jpeg",
        summary="Its picture, small",
    )
    add(
        router,
        "GET",
        "/results/{id}/download",
        download_result,
        errors=(404, 422),
        produces=_FILES,
        summary="Download a result",
    )
    add(
        router,
        "POST",
        "/export",
        export,
        body=REQUEST_BODY,
        errors=(400, 408, 413, 415, 422, 429, 503, 504),
        produces=_FILES,
        summary="Classify a picture and download the answer",
    )


def _add_votes(router: APIRouter) -> None:
    add(
        router,
        "POST",
        "/results/{id}/votes",
        vote_on_result,
        errors=(403, 404, 422),
        summary="Say whether it is right",
    )
    add(
        router,
        "GET",
        "/results/{id}/votes",
        result_votes,
        errors=(404,),
        summary="What people say of it",
    )


async def list_results(
    shared: Shared, visitor: Anyone, cursor: Cursor = None, limit: Limit = 24
) -> ResultPage:
    """The visitor's kept results, the newest first."""
    return await run_in_threadpool(page_of_own, shared, visitor=visitor, cursor=cursor, limit=limit)


async def keep_result(
    request: Request, shared: Shared, visitor: Anyone, options: Chosen
) -> ResultDetail:
    """Classify the picture in the form's field `file`, or in the raw body, and keep picture and answer.

    The evidence map and the details are always kept. A visitor without an account keeps a result for as long as the settings say."""
    async with received(request, shared) as upload:
        made = await classified(
            shared,
            upload,
            options=with_everything(options),
            request_id=request_id(request.scope),
        )
        thumbnail = await draw_jpeg(shared, upload.data, side=THUMBNAIL, stretch=stretch_of(made))
        person = await owner(request, visitor)
        return await run_in_threadpool(
            keep_answer, shared, upload, made, thumbnail=thumbnail, visitor=person
        )


async def read_result(id: str, shared: Shared, visitor: Anyone) -> ResultDetail:
    """A kept result: one's own, or one that its owner shares."""
    row = await run_in_threadpool(seen, shared, id, visitor=visitor)
    return detail(row, visitor=visitor)


async def change_result(
    id: str, change: ResultChange, shared: Shared, visitor: Anyone
) -> ResultDetail:
    """Change the title of a result of one's own, or whether others may see it."""
    return await run_in_threadpool(
        change_own, shared, id, visitor=visitor, title=change.title, public=change.shared
    )


async def delete_result(id: str, shared: Shared, visitor: Anyone) -> None:
    """Delete a result of one's own, with its picture and the votes on it."""
    await run_in_threadpool(remove_own, shared, id, visitor=visitor)


async def result_picture(id: str, request: Request, shared: Shared, visitor: Anyone) -> Response:
    """The picture as a browser can show it, at most 2048 px on a side. Nothing that the file says of camera or place comes along."""
    return await _jpeg(id, request, shared, visitor, side=VIEW)


async def result_thumbnail(id: str, request: Request, shared: Shared, visitor: Anyone) -> Response:
    """At most 256 px on a side."""
    return await _jpeg(id, request, shared, visitor, side=THUMBNAIL)


async def download_result(
    id: str, shared: Shared, visitor: Anyone, format: ResultFormat = "json"
) -> Response:
    """As JSON, CSV, a FITS table, or a card to show around (PNG)."""
    row = await run_in_threadpool(seen, shared, id, visitor=visitor)
    made = detail(row, visitor=visitor).classification
    async with shared.pool.place():
        picture = await original(shared, row.image_digest) if format == "png" else b""
        stretch = stretch_of(made)
        data = await as_file(shared, made, format=format, picture=picture, stretch=stretch)
    return _file(data, name=row.title, format=format)


async def export(
    request: Request, shared: Shared, options: Chosen, format: ResultFormat = "json"
) -> Response:
    """Like the download of a kept result, and nothing is kept."""
    async with received(request, shared) as upload:
        id = request_id(request.scope)
        made = await classified(shared, upload, options=options, request_id=id)
        data = await as_file(
            shared, made, format=format, picture=upload.data, stretch=options.stretch
        )
    return _file(data, name=upload.id, format=format)


async def vote_on_result(
    id: str, sheet: VoteSheet, request: Request, shared: Shared, visitor: Anyone
) -> Tally:
    """Store the visitor's answers; a second vote of the same person replaces the first, and an empty one takes it back.

    Curators see results that were voted on, and what people said of them can become training data."""
    # Before a session is made for it.
    await run_in_threadpool(seen, shared, id, visitor=visitor)
    person = await owner(request, visitor)
    return await run_in_threadpool(vote, shared.store, id=id, sheet=sheet, visitor=person)


async def result_votes(id: str, shared: Shared, visitor: Anyone) -> Tally:
    """The votes on a result."""
    return await run_in_threadpool(tally, shared.store, id=id, visitor=visitor)


async def _jpeg(
    id: str, request: Request, shared: Service, visitor: Visitor, *, side: int
) -> Response:
    row = await run_in_threadpool(seen, shared, id, visitor=visitor)
    stretch = stretch_of(Classification.model_validate(row.classification))
    return await private_jpeg(
        request,
        row.image_digest,
        name=small_name(side=side, stretch=stretch),
        read=partial(small_jpeg, shared, row.image_digest, side=side, stretch=stretch),
    )


def _file(data: bytes, *, name: str, format: str) -> Response:
    headers = attachment(name, suffix=format)
    return Response(data, media_type=MEDIA_TYPES[format], headers=headers)
