"""Curators: disagreements, and the catalogue that comes of them."""

import os
import tempfile
from pathlib import Path

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response

from skyform.server.contract import ReviewDecision, ReviewItem, ReviewPage
from skyform.server.reviewing import decide_on, review_page
from skyform.server.routers.common import (
    CatalogueFormat,
    Curator,
    Cursor,
    Limit,
    Shared,
    add,
)

__all__ = ["review_routes"]

_MEDIA_TYPES = {"parquet": "application/vnd.apache.parquet", "csv": "text/csv"}


def review_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["review"])
    add(
        router,
        "GET",
        "/reviews",
        list_reviews,
        errors=(401, 403, 422),
        summary="What waits for a curator",
    )
    add(
        router,
        "PUT",
        "/reviews/{id}",
        decide,
        errors=(401, 403, 404, 422),
        summary="Decide on a result",
    )
    add(
        router,
        "GET",
        "/catalogue",
        export_catalogue,
        errors=(401, 403, 422, 503),
        produces=tuple(_MEDIA_TYPES.values()),
        summary="The labels that people gave",
    )
    return router


async def list_reviews(
    shared: Shared,
    visitor: Curator,
    decided: bool = False,
    cursor: Cursor = None,
    limit: Limit = 24,
) -> ReviewPage:
    """Results that were voted on, where people and the model disagree most, or the model is least sure, first."""
    return await run_in_threadpool(
        review_page, shared.store, visitor=visitor, decided=decided, cursor=cursor, limit=limit
    )


async def decide(id: str, decision: ReviewDecision, shared: Shared, visitor: Curator) -> ReviewItem:
    """A later decision replaces an earlier one; both stay in the audit."""
    return await run_in_threadpool(
        decide_on, shared.store, id=id, decision=decision, visitor=visitor
    )


async def export_catalogue(
    shared: Shared, visitor: Curator, format: CatalogueFormat = "parquet"
) -> Response:
    """A catalogue that `skyform train` and `skyform fit` read: pictures, vote fractions and counts, curators' decisions."""
    # The readers of data sets, which no other route needs, take a fifth of a second to import.
    from skyform.server.catalogue import write_catalogue

    async with shared.catalogues.place():
        handle, name = tempfile.mkstemp(suffix=f".{format}")
        os.close(handle)
        gone = BackgroundTask(Path(name).unlink, missing_ok=True)
        try:
            await run_in_threadpool(write_catalogue, shared.store, Path(name), format=format)
        except BaseException:
            await gone()
            raise
    return FileResponse(
        name,
        media_type=_MEDIA_TYPES[format],
        filename=f"catalogue.{format}",
        background=gone,
    )
