"""The held-out galaxies."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from skyform.server.caching import kept
from skyform.server.contract import ExhibitDetail, ExhibitPage, NamedClass
from skyform.server.problems import RequestError, request_id
from skyform.server.routers.common import (
    Classes,
    Cursor,
    GalleryOrder,
    Limit,
    Shared,
    Surveys,
    add,
)
from skyform.server.service import Service

__all__ = ["gallery_routes"]


def gallery_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["gallery"])
    add(router, "GET", "/gallery", list_exhibits, errors=(422,), summary="The held-out galaxies")
    add(
        router,
        "GET",
        "/gallery/random",
        random_exhibit,
        errors=(404,),
        summary="A random held-out galaxy",
    )
    add(router, "GET", "/gallery/{id}", read_exhibit, errors=(404,), summary="One exhibit")
    add(
        router,
        "GET",
        "/gallery/{id}/picture",
        exhibit_picture,
        errors=(404,),
        produces="image/jpeg",
        summary="Its picture",
    )
    add(
        router,
        "GET",
        "/gallery/{id}/thumbnail",
        exhibit_thumbnail,
        errors=(404,),
        produces="image/jpeg",
        summary="Its picture, small",
    )
    add(
        router,
        "GET",
        "/neighbours/{id}/picture",
        neighbour_picture,
        errors=(404,),
        produces="image/jpeg",
        summary="A look-alike's picture, small",
    )
    return router


async def list_exhibits(
    shared: Shared,
    order: GalleryOrder = "class",
    classes: Classes = (),
    surveys: Surveys = (),
    mistakes: bool = False,
    cursor: Cursor = None,
    limit: Limit = 24,
) -> ExhibitPage:
    """None of them was ever trained on. `order`: by true class, by confidence (falling), or mistakes first, the most confident ones first."""
    return await run_in_threadpool(
        shared.gallery.page,
        order=order,
        classes=classes,
        surveys=surveys,
        mistakes=mistakes,
        start=_start(cursor),
        limit=limit,
    )


async def random_exhibit(
    request: Request, shared: Shared, taxonomy: str = "galaxy10_decals"
) -> ExhibitDetail:
    """Every class of the taxonomy is equally likely."""
    id = await run_in_threadpool(shared.gallery.draw, taxonomy)
    return await read_exhibit(id, request, shared)


async def read_exhibit(id: str, request: Request, shared: Shared) -> ExhibitDetail:
    """With the whole statement of the model, and the lesson about what people say that it is."""
    detail = await run_in_threadpool(
        shared.gallery.detail, id, request_id=request_id(request.scope)
    )
    if detail.truth is not None:
        detail.classification.lesson = await run_in_threadpool(_lesson, shared, detail.truth)
    return detail


async def exhibit_picture(id: str, request: Request, shared: Shared) -> Response:
    """As in its data set."""
    held = await run_in_threadpool(shared.gallery.held, id)
    return _picture(request, held.picture)


async def exhibit_thumbnail(id: str, request: Request, shared: Shared) -> Response:
    """At most 128 px on a side."""
    held = await run_in_threadpool(shared.gallery.held, id)
    return _picture(request, held.thumbnail)


async def neighbour_picture(id: str, request: Request, shared: Shared) -> Response:
    """At most 128 px on a side."""
    picture = await run_in_threadpool(shared.gallery.neighbours.picture, id)
    if picture is None:
        raise RequestError(
            f"There is no look-alike {id[:40]!r}.",
            remedy="Their addresses come with a classification's details.",
            status=404,
            code="not-found",
        )
    return _picture(request, picture)


def _lesson(shared: Service, truth: NamedClass) -> str:
    if truth.taxonomy == "kind":
        return shared.guide.page_of_kind(truth.id)
    of_class = shared.guide.page_of_class(truth.taxonomy, truth.id)
    return of_class or shared.guide.page_of_answer(f"{truth.taxonomy}.{truth.id}")


def _picture(request: Request, picture: bytes) -> Response:
    # Ids of exhibits are made of their pictures.
    return kept(request, picture, media_type="image/jpeg", immutable=True)


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 6:
        raise RequestError(
            f"cursor is {cursor[:40]!r}.",
            remedy="Give `next` of the page before, or leave it out.",
            status=422,
            code="invalid-parameter",
        )
    return int(cursor)
