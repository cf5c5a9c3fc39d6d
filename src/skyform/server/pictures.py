"""Kept pictures for browsers: drawn once, at two sizes, and kept beside the picture itself."""

import hashlib
from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from skyform.errors import ImageError
from skyform.images import Stretch
from skyform.images.formats import HEAD, sniff
from skyform.schema import Failure
from skyform.server.problems import RequestError
from skyform.server.service import Service
from skyform.server.working import drawn
from skyform.store.images import keep_derived, read_derived, read_image

__all__ = [
    "THUMBNAIL",
    "VIEW",
    "draw_jpeg",
    "media_type_of",
    "original",
    "private_jpeg",
    "small_jpeg",
    "small_name",
]

# Pixels on the longer side.
THUMBNAIL, VIEW = 256, 2048

_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WebP": "image/webp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "FITS": "application/fits",
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
}


def media_type_of(data: bytes) -> str:
    """What a picture's bytes are, seen from themselves: what a client calls them is no evidence."""
    return _MEDIA_TYPES.get(str(sniff(data[:HEAD])), "application/octet-stream")


def small_name(*, side: int, stretch: Stretch | None = None) -> str:
    """The name under which a small picture is kept; another stretch makes another picture."""
    if stretch in (None, Stretch()):
        return f"{side}.jpg"
    return f"{side}-{hashlib.sha256(repr(stretch).encode()).hexdigest()[:16]}.jpg"


async def original(shared: Service, digest: str) -> bytes:
    """A kept picture as it was given.

    Raises
    ------
    RequestError
        404 where it is gone.
    """
    try:
        return await run_in_threadpool(read_image, shared.store.objects, digest)
    except FileNotFoundError:
        raise RequestError(
            "The picture is not there any more.",
            remedy="It may just have been deleted; load the page again.",
            status=404,
            code="not-found",
        ) from None


async def small_jpeg(
    shared: Service, digest: str, *, side: int, stretch: Stretch | None = None
) -> bytes:
    """A kept picture as JPEG, at most `side` pixels on a side; drawn where that was not done before.

    Raises
    ------
    RequestError
        404 where the picture is gone, 422 where it cannot be decoded any more, 503 where too much waits already.
    """
    name, objects = small_name(side=side, stretch=stretch), shared.store.objects
    data = await run_in_threadpool(read_derived, objects, digest, name=name)
    if data is None:
        async with shared.pool.place():
            picture = await original(shared, digest)
            data = await draw_jpeg(shared, picture, side=side, stretch=stretch)
        await run_in_threadpool(keep_derived, objects, digest, data, name=name)
    return data


async def draw_jpeg(
    shared: Service, picture: bytes, *, side: int, stretch: Stretch | None = None
) -> bytes:
    """A picture as JPEG. Nothing that the file says of its maker or place comes along. Hold a place in the pool meanwhile.

    Raises
    ------
    RequestError
        422 where it cannot be decoded.
    """
    try:
        return (await drawn(shared, picture, side=side, format="JPEG", stretch=stretch)).data
    except ImageError as error:
        failure = Failure(error.code, error.message, error.remedy)
        raise RequestError.of_failure(failure) from None


async def private_jpeg(
    request: Request, digest: str, *, name: str, read: Callable[[], Awaitable[bytes]]
) -> Response:
    """A picture that is not for everybody: a browser keeps it, but asks each time whether it still may; 304 where it has the same already."""
    etag = f'"{digest[:32]}-{name}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(await read(), media_type="image/jpeg", headers=headers)
