"""The site: the built front end in `site/`, and the sample pictures."""

import hashlib
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from skyform.server.caching import FOR_EVER
from skyform.server.problems import RequestError, on_http
from skyform.server.service import Service, service

__all__ = ["add_pages", "sources_stamp"]

# Addresses of the front end's own pages; they are all its one `index.html`. As in `web/src/app.tsx`.
_PAGES = (
    "/",
    "/classify",
    "/r/{id}",
    "/jobs/{id}",
    "/learn",
    "/learn/{id}",
    "/gallery",
    "/gallery/{id}",
    "/play",
    "/models",
    "/programs",
    "/history",
    "/account",
    "/sign-in",
    "/forgot-password",
    "/new-password",
    "/review",
    "/admin",
)
_TOP_FILES = ("icon.svg", "theme.js", "site.webmanifest")
_SOURCE_FILES = (
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "vite.config.ts",
    "stamp.ts",
)
_LEAST_TO_COMPRESS = 1024
_FOR_PROGRAMS = ("/api/", "/assets/", "/samples/")


def add_pages(app: FastAPI) -> None:
    """Serve the front end's pages, its files under `/assets/`, and the samples."""
    router = APIRouter(include_in_schema=False)
    for path in _PAGES:
        router.add_api_route(path, _index, methods=["GET", "HEAD"], response_model=None)
    for path, endpoint in (
        ("/favicon.ico", _icon),
        ("/samples/{name}", _sample),
    ):
        router.add_api_route(path, endpoint, methods=["GET", "HEAD"], response_model=None)
    app.include_router(router)
    app.add_exception_handler(404, _no_page)
    folder = _folder()
    for name in _TOP_FILES:
        app.add_api_route(
            f"/{name}",
            _top_file(folder / name),
            methods=["GET", "HEAD"],
            response_model=None,
            include_in_schema=False,
        )
    assets = _Assets(directory=folder / "assets", check_dir=False)
    app.mount("/assets", GZipMiddleware(assets, minimum_size=_LEAST_TO_COMPRESS))


def sources_stamp(web: Path) -> str:
    """SHA-256 over what the front end is built from; the same as `web/stamp.ts` writes beside a build.

    Parameters
    ----------
    web : Path
        The folder of the front end's sources.
    """
    found = [
        p
        for folder in ("src", "public")
        for p in (web / folder).rglob("*")
        if p.is_file() and ".test." not in p.name
    ]
    names = sorted([*_SOURCE_FILES, *(p.relative_to(web).as_posix() for p in found)])
    whole = hashlib.sha256()
    for name in names:
        one = hashlib.sha256((web / name).read_bytes()).hexdigest()
        whole.update(f"{name}\0{one}\n".encode())
    return whole.hexdigest()


class _Assets(StaticFiles):
    """Files whose names hold a hash of their content, so that they never change."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """A file that need not be asked for again."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = FOR_EVER
        return response


def _folder() -> Path:
    return Path(str(files("skyform.server"))) / "site"


def _top_file(path: Path) -> Callable[[], Awaitable[FileResponse]]:
    async def send() -> FileResponse:
        return FileResponse(path)

    return send


async def _index() -> FileResponse:
    return FileResponse(_folder() / "index.html")


async def _no_page(request: Request, error: Exception) -> Response:
    """To a browser that goes to an address which is none, the page that says so; to a program, the problem."""
    wants_page = "text/html" in request.headers.get("accept", "")
    program = request.url.path.startswith(_FOR_PROGRAMS)
    if request.method not in ("GET", "HEAD") or not wants_page or program:
        return on_http(request, error)
    return FileResponse(_folder() / "index.html", status_code=404)


async def _icon() -> FileResponse:
    return FileResponse(_folder() / "icon.svg", media_type="image/svg+xml")


async def _sample(name: str, shared: Annotated[Service, Depends(service)]) -> FileResponse:
    path = shared.samples.path(name)
    if path is None:
        raise RequestError(
            f"There is no sample {name[:80]!r}.",
            remedy="The page that classifies shows them all; programs find them at /api/v1/samples.",
            status=404,
            code="not-found",
        )
    return FileResponse(path)
