"""Many pictures at once."""

from functools import partial
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from skyform.server.contract import Job, JobItemPage, JobPage
from skyform.server.downloads import MEDIA_TYPES, attachment, table
from skyform.server.identity import owner
from skyform.server.jobbing import (
    accept,
    events,
    item_picture,
    own,
    page_of_items,
    page_of_own,
    predictions_of,
    remove_own,
)
from skyform.server.pictures import THUMBNAIL, private_jpeg, small_jpeg, small_name
from skyform.server.rate import address_of
from skyform.server.routers.common import Anyone, Cursor, Limit, Shared, TableFormat, add
from skyform.server.uploads import REQUEST_BODY_MANY
from skyform.server.working import received_many

__all__ = ["jobs_routes"]

_TABLES = tuple(MEDIA_TYPES[f] for f in get_args(TableFormat))

LastEvent = Annotated[
    str | None, Header(description="Id of the last event that arrived, to go on from there.")
]
ItemStatus = Annotated[
    Literal["queued", "done", "failed"] | None, Query(description="Only items in this state.")
]


def jobs_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["jobs"])
    add(
        router,
        "POST",
        "/jobs",
        create_job,
        body=REQUEST_BODY_MANY,
        status=202,
        errors=(400, 403, 408, 409, 413, 415, 422, 429, 503),
        summary="Classify many pictures",
    )
    add(router, "GET", "/jobs", list_own_jobs, summary="One's own jobs")
    add(router, "GET", "/jobs/{id}", read_job, errors=(404,), summary="How a job is doing")
    add(
        router,
        "GET",
        "/jobs/{id}/events",
        job_events,
        errors=(404, 503),
        produces="text/event-stream",
        summary="The progress of a job",
    )
    add(router, "GET", "/jobs/{id}/items", job_items, errors=(404,), summary="The items of a job")
    add(
        router,
        "GET",
        "/jobs/{id}/items/{position}/thumbnail",
        job_thumbnail,
        errors=(404,),
        produces="image/jpeg",
        summary="A picture of a job, small",
    )
    add(
        router,
        "GET",
        "/jobs/{id}/download",
        download_job,
        errors=(404, 409, 422),
        produces=_TABLES,
        summary="Download the table of a job",
    )
    add(
        router,
        "DELETE",
        "/jobs/{id}",
        delete_own_job,
        status=204,
        errors=(403, 404),
        summary="Cancel and delete a job",
    )
    return router


async def create_job(request: Request, shared: Shared, visitor: Anyone) -> Job:
    """Accept the pictures in the form's fields `files` (zip archives are unpacked). What is answered with 202 is not lost, whatever happens to the server."""
    place = shared.intake.place(address=address_of(request.scope))
    async with place, received_many(request, shared) as (files, title):
        person = await owner(request, visitor)
        job = await run_in_threadpool(accept, shared, files, title=title, visitor=person)
    shared.job_news.set()
    return job


async def list_own_jobs(
    shared: Shared, visitor: Anyone, cursor: Cursor = None, limit: Limit = 24
) -> JobPage:
    """The newest first."""
    return await run_in_threadpool(page_of_own, shared, visitor=visitor, cursor=cursor, limit=limit)


async def read_job(id: str, shared: Shared, visitor: Anyone) -> Job:
    """Only for the one who began it."""
    return await run_in_threadpool(own, shared, id, visitor=visitor)


async def job_events(
    id: str, shared: Shared, visitor: Anyone, last_event_id: LastEvent = None
) -> Response:
    """Server-sent events: `item` with each finished item, `progress` with the job, `end` at the end. `Last-Event-ID` goes on from there."""
    await run_in_threadpool(own, shared, id, visitor=visitor)
    shared.streams.check()
    given = last_event_id or ""
    after = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    # Proxies are asked not to collect it first.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    stream = events(shared, id, visitor=visitor, after=after)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def job_items(
    id: str,
    shared: Shared,
    visitor: Anyone,
    status: ItemStatus = None,
    cursor: Cursor = None,
    limit: Limit = 24,
) -> JobItemPage:
    """In the order of the upload."""
    return await run_in_threadpool(
        page_of_items, shared, id, visitor=visitor, status=status, cursor=cursor, limit=limit
    )


async def job_thumbnail(
    id: str, position: int, request: Request, shared: Shared, visitor: Anyone
) -> Response:
    """At most 256 px on a side."""
    digest = await run_in_threadpool(item_picture, shared, id, position, visitor=visitor)
    return await private_jpeg(
        request,
        digest,
        name=small_name(side=THUMBNAIL),
        read=partial(small_jpeg, shared, digest, side=THUMBNAIL),
    )


async def download_job(
    id: str, shared: Shared, visitor: Anyone, format: TableFormat = "csv"
) -> Response:
    """As CSV, JSON, Parquet, a FITS table or VOTable."""
    job = await run_in_threadpool(own, shared, id, visitor=visitor)
    found = await run_in_threadpool(predictions_of, shared, id, visitor=visitor)
    work = partial(table, found, format=format, model=shared.classifier.info)
    data = await run_in_threadpool(work)
    headers = attachment(job.title, suffix="vot" if format == "votable" else format)
    return Response(data, media_type=MEDIA_TYPES[format], headers=headers)


async def delete_own_job(id: str, shared: Shared, visitor: Anyone) -> None:
    """With its pictures and answers."""
    await run_in_threadpool(remove_own, shared, id, visitor=visitor)
