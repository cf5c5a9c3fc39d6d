"""Jobs as their owner sees them: taking one in, and saying how it is doing."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from starlette.concurrency import run_in_threadpool

from skyform.schema import Failure, Prediction
from skyform.server.contract import Classification, ErrorDetail, Job, JobItem, JobItemPage, JobPage
from skyform.server.downloads import prediction_of
from skyform.server.identity import Visitor
from skyform.server.intake import Bounds, pictures_in
from skyform.server.pictures import media_type_of
from skyform.server.problems import RequestError
from skyform.server.quotas import Room, room_for_jobs
from skyform.server.service import Service
from skyform.server.uploads import Upload
from skyform.store import JobItemRow, JobRow
from skyform.store.deletion import delete_jobs
from skyform.store.jobs import (
    add_item,
    add_job,
    delete_job,
    finished_after,
    list_items,
    list_jobs,
    own_job,
    read_item,
    start_job,
)

__all__ = [
    "accept",
    "events",
    "item_picture",
    "own",
    "page_of_items",
    "page_of_own",
    "predictions_of",
    "remove_own",
]

_POLL_SECONDS = 1.0
_BEAT_SECONDS = 15.0
_MOST_EVENTS = 100  # items at a time


def accept(
    shared: Service,
    files: Iterable[tuple[str, IO[bytes]]],
    *,
    title: str,
    visitor: Visitor,
) -> Job:
    """Keep the pictures, then begin the job; once this returns, it is not lost.

    Raises
    ------
    RequestError
        See `pictures_in`; 422 where there is no picture, 409 and 429 where the visitor has no room for them. Nothing is kept then.
    """
    settings, store, now = shared.settings, shared.store, datetime.now(UTC)
    bounds = Bounds(settings.max_files, settings.max_upload_bytes, settings.max_job_bytes)
    with store.database.transaction() as session:
        room = room_for_jobs(session, settings, owner=visitor.as_owner)
        id = add_job(
            session, visitor.as_owner, title=title, model=shared.classifier.info.id, now=now
        )
    try:
        count = _keep_all(shared, id, pictures_in(files, bounds=bounds), room=room)
    except BaseException:
        with store.database.transaction() as session:
            delete_jobs(session, store.objects, [session.get_one(JobRow, id)])
        raise
    with store.database.transaction() as session:
        expires = now + timedelta(days=settings.job_days)
        return _job(start_job(session, id, total=count, expires_at=expires))


def _keep_all(shared: Service, id: str, uploads: Iterable[Upload], *, room: Room) -> int:
    """How many there were. Each has a transaction of its own: others who write do not wait for the whole job."""
    store, count = shared.store, 0
    for upload in uploads:
        room.keep(len(upload.data))
        with store.database.transaction() as session:
            add_item(
                session,
                store.objects,
                id,
                position=count,
                name=upload.id,
                data=upload.data,
                media_type=media_type_of(upload.data),
            )
        count += 1
    if count == 0:
        raise _nothing()
    return count


def own(shared: Service, id: str, *, visitor: Visitor) -> Job:
    """One's own job.

    Raises
    ------
    RequestError
        404 for any other.
    """
    with shared.store.database.reading() as session:
        row = own_job(session, id, owner=visitor.as_owner)
    if row is None:
        raise _no_job()
    return _job(row)


def page_of_own(shared: Service, *, visitor: Visitor, cursor: str | None, limit: int) -> JobPage:
    """A page of one's own jobs."""
    with shared.store.database.reading() as session:
        page = list_jobs(session, visitor.as_owner, cursor=cursor, limit=limit)
    return JobPage(items=[_job(row) for row in page.items], next=page.next, total=page.total)


def page_of_items(
    shared: Service,
    id: str,
    *,
    visitor: Visitor,
    status: str | None,
    cursor: str | None,
    limit: int,
) -> JobItemPage:
    """A page of the items of one's own job, of all or of those in one state."""
    own(shared, id, visitor=visitor)
    with shared.store.database.reading() as session:
        page = list_items(session, id, status=status, cursor=cursor, limit=limit)
    return JobItemPage(items=[_item(row) for row in page.items], next=page.next, total=page.total)


def item_picture(shared: Service, id: str, position: int, *, visitor: Visitor) -> str:
    """The digest of the picture of an item of one's own job.

    Raises
    ------
    RequestError
        404 where there is none.
    """
    own(shared, id, visitor=visitor)
    with shared.store.database.reading() as session:
        row = read_item(session, id, position)
    if row is None or row.image_digest is None:
        raise RequestError(
            f"The job has no picture {position}.",
            remedy="GET /api/v1/jobs/{id}/items lists them.",
            status=404,
            code="not-found",
        )
    return row.image_digest


def remove_own(shared: Service, id: str, *, visitor: Visitor) -> None:
    """Delete one's own job; what is at work on it finds it gone.

    Raises
    ------
    RequestError
        404 for any other.
    """
    with shared.store.database.transaction() as session:
        if not delete_job(session, shared.store.objects, id, owner=visitor.as_owner):
            raise _no_job()


def predictions_of(shared: Service, id: str, *, visitor: Visitor) -> Iterable[Prediction]:
    """What is said of each picture of one's own job, in order, failures included.

    Raises
    ------
    RequestError
        409 while there are pictures without an answer.
    """
    job = own(shared, id, visitor=visitor)
    if job.done < job.total:
        raise RequestError(
            f"The job is not done yet: {job.done} of {job.total} pictures.",
            remedy="Wait for it to end; /events says when.",
            status=409,
            code="not-done",
        )
    return _predictions(shared, job)


def _predictions(shared: Service, job: Job) -> Iterable[Prediction]:
    cursor: str | None = "0"
    while cursor is not None:
        with shared.store.database.reading() as session:
            page = list_items(session, job.id, cursor=cursor, limit=200)
        yield from (_prediction(row, job.model) for row in page.items)
        cursor = page.next


def _prediction(row: JobItemRow, model: str) -> Prediction:
    if row.classification is not None:
        return prediction_of(Classification.model_validate(row.classification))
    error = row.error or {}
    failure = Failure(error.get("code", ""), error.get("message", ""), error.get("remedy", ""))
    return Prediction(id=row.name, path="", model=model, failure=failure)


async def events(
    shared: Service, id: str, *, visitor: Visitor, after: int
) -> AsyncGenerator[bytes]:
    """Server-sent events of a job: what was finished after event `after`, and then whatever is, until the end, or the server's.

    Ask `streams.check` before: this only counts itself, since an answer that has begun cannot be refused.
    """
    with shared.streams.held():
        yield b"retry: 2000\n\n"
        beat = time.monotonic()
        first = True
        while True:
            try:
                job, items = await run_in_threadpool(
                    _news, shared, id, visitor=visitor, after=after
                )
            except RequestError:
                # Deleted meanwhile.
                yield _event("end", after, "{}")
                return
            for item, sequence in items:
                after = sequence
                yield _event("item", after, item.model_dump_json())
            if items or first:
                yield _event("progress", after, job.model_dump_json())
                beat, first = time.monotonic(), False
            if job.finished_at is not None and after >= job.total:
                yield _event("end", after, job.model_dump_json())
                return
            if shared.closing.is_set():
                return
            if time.monotonic() - beat > _BEAT_SECONDS:
                yield b": still here\n\n"
                beat = time.monotonic()
            if not items:
                await asyncio.sleep(_POLL_SECONDS)


def _news(
    shared: Service, id: str, *, visitor: Visitor, after: int
) -> tuple[Job, list[tuple[JobItem, int]]]:
    with shared.store.database.reading() as session:
        row = own_job(session, id, owner=visitor.as_owner)
        if row is None:
            raise _no_job()
        found = finished_after(session, id, sequence=after, limit=_MOST_EVENTS)
        return _job(row), [(_item(item), item.sequence or 0) for item in found]


def _event(name: str, id: int, data: str) -> bytes:
    return f"event: {name}\nid: {id}\ndata: {data}\n\n".encode()


def _job(row: JobRow) -> Job:
    return Job.model_validate({name: getattr(row, name) for name in Job.model_fields})


def _item(row: JobItemRow) -> JobItem:
    kept = row.image_digest is not None
    return JobItem(
        position=row.position,
        name=row.name,
        status=row.status,  # type: ignore[arg-type]
        classification=None
        if row.classification is None
        else Classification.model_validate(row.classification),
        error=None if row.error is None else _detail(row.error),
        thumbnail=f"/api/v1/jobs/{row.job_id}/items/{row.position}/thumbnail" if kept else None,
    )


def _detail(error: dict[str, Any]) -> ErrorDetail:
    return ErrorDetail(**error, request_id="")


def _nothing() -> RequestError:
    return RequestError(
        "There is no picture in the field 'files'.",
        remedy="Send pictures, or zip archives of pictures, as the field 'files' of a multipart form.",
        status=422,
        code="missing-file",
    )


def _no_job() -> RequestError:
    return RequestError(
        "There is no such job any more.",
        remedy="Jobs are deleted after a while, and each is shown to its owner alone. Send the pictures again.",
        status=404,
        code="not-found",
    )
