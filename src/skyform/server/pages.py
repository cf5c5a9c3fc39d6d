"""The page and what it is made of: files in `page/`, and the sample pictures."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from skyform.server.problems import RequestError
from skyform.server.service import Service, service

__all__ = ["add_pages"]


def add_pages(app: FastAPI) -> None:
    """Serve the page at `/`, its files under `/page/`, and the samples."""
    router = APIRouter(include_in_schema=False)
    for path, endpoint in (
        ("/", _index),
        ("/favicon.ico", _icon),
        ("/samples/{name}", _sample),
    ):
        router.add_api_route(path, endpoint, methods=["GET", "HEAD"], response_model=None)
    app.include_router(router)
    app.mount("/page", StaticFiles(directory=_folder()))


def _folder() -> Path:
    return Path(str(files("skyform.server"))) / "page"


async def _index() -> FileResponse:
    return FileResponse(_folder() / "index.html")


async def _icon() -> FileResponse:
    return FileResponse(_folder() / "icon.svg", media_type="image/svg+xml")


async def _sample(name: str, shared: Annotated[Service, Depends(service)]) -> FileResponse:
    path = shared.samples.path(name)
    if path is None:
        raise RequestError(
            f"There is no sample {name[:80]!r}.",
            remedy="GET /api/v1/samples lists them.",
            status=404,
            code="not-found",
        )
    return FileResponse(path)
