"""What people learn."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from skyform.guide import Guide
from skyform.server.caching import kept
from skyform.server.contract import Glossary, GuideList, GuidePage
from skyform.server.guiding import glossary, guide_list, guide_page
from skyform.server.problems import RequestError
from skyform.server.routers.common import Shared, add
from skyform.server.service import Service

__all__ = ["guide_routes"]


def guide_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["guide"])
    add(router, "GET", "/guide", list_pages, summary="The pages of the guide", answers=GuideList)
    add(router, "GET", "/guide/glossary", read_glossary, summary="The glossary", answers=Glossary)
    add(
        router,
        "GET",
        "/guide/pictures/{name}",
        guide_picture,
        errors=(404,),
        produces="image/jpeg",
        summary="A picture of the guide",
    )
    add(
        router,
        "GET",
        "/guide/{id}",
        read_page,
        errors=(404,),
        summary="One page of the guide",
        answers=GuidePage,
    )
    return router


async def list_pages(request: Request, shared: Shared) -> Response:
    """In the order of the guide."""
    return kept(request, guide_list(await _guide(shared)))


async def read_glossary(request: Request, shared: Shared) -> Response:
    """In alphabetical order."""
    return kept(request, glossary(await _guide(shared)))


async def guide_picture(name: str, request: Request, shared: Shared) -> Response:
    """With its credit in the page."""
    picture = (await _guide(shared)).pictures.get(name)
    if picture is None:
        raise _missing(f"There is no picture {name[:80]!r}.")
    body = await run_in_threadpool(picture.path.read_bytes)
    return kept(request, body, media_type="image/jpeg")


async def read_page(id: str, request: Request, shared: Shared) -> Response:
    """What one sees, how it came to be, how common it is, famous members, what it is mistaken for, what nobody knows, references."""
    guide = await _guide(shared)
    page = guide.by_id.get(id)
    if page is None:
        raise _missing(f"There is no page {id[:80]!r} in the guide.")
    return kept(request, guide_page(guide, page))


async def _guide(shared: Service) -> Guide:
    # The first request reads some sixty files.
    return await run_in_threadpool(lambda: shared.guide)


def _missing(message: str) -> RequestError:
    return RequestError(
        message, remedy="GET /api/v1/guide lists the pages.", status=404, code="not-found"
    )
