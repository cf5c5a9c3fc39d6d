"""What a cut-out service answered: a picture, nothing (outside the survey), something that may pass, or a refusal."""

import httpx
import numpy as np

from skyform.batch.cutouts.services import CutoutService
from skyform.errors import (
    CorruptImageError,
    EmptyFileError,
    NoImageDataError,
    SkyformError,
    TruncatedImageError,
    UnknownFormatError,
    UnreadableFileError,
)
from skyform.images import decode
from skyform.images.limits import DEFAULT_LIMITS

__all__ = ["DamagedAnswerError", "files_listed", "outside", "picture_width", "received", "refused"]

_BLANK_RANGE = 6  # grey levels: JPEG makes a few of one colour
_SAYS_OUTSIDE = ("footprint", "no overlap", "outside", "not covered")
_REASON = 120  # characters of a refusal that are worth showing


class DamagedAnswerError(ConnectionError):
    """An answer that broke off or is not what was asked for: the next may be whole. A `ConnectionError`, so that `retrying` tries again."""


def received(response: httpx.Response) -> bytes:
    """The body of a streamed answer.

    Raises
    ------
    DamagedAnswerError
        If there is more than any picture has.
    """
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > DEFAULT_LIMITS.max_bytes:
            raise DamagedAnswerError(f"it sent more than {DEFAULT_LIMITS.max_bytes:,} bytes")
    return bytes(data)


def outside(service: CutoutService, *, why: str = "") -> NoImageDataError:
    """The error for a position that the survey does not cover."""
    return NoImageDataError(
        f"The position is outside the footprint of {service.title}{f' ({why})' if why else ''}.",
        remedy="Try another survey.",
    )


def refused(service: CutoutService, response: httpx.Response, data: bytes) -> SkyformError:
    """The error for an answer that is no success and will not become one."""
    said = f"{response.reason_phrase} {data[:2000].decode('utf-8', 'replace')}"
    if any(word in said.lower() for word in _SAYS_OUTSIDE):
        return outside(service)
    text = " ".join(said.split())[:_REASON]
    return UnreadableFileError(
        f"{service.title} refused the request: {response.status_code} {text}.",
        remedy=f"Check the layer, bands and size: {service.page}",
    )


def picture_width(service: CutoutService, data: bytes, *, format: str) -> int:
    """The width in px of the picture that came, which is checked to its last byte.

    Raises
    ------
    NoImageDataError
        If there is nothing in it, which is how services show where they have no data.
    DamagedAnswerError
        If it is broken, or no picture of the format asked for.
    """
    if not data:
        raise outside(service, why="the answer is empty")
    start = b"SIMPLE  =" if format == "fits" else b"\xff\xd8\xff"
    if not data.startswith(start):
        raise DamagedAnswerError(f"it sent no {format.upper()}: {_start_of(data)}")
    try:
        picture = decode(data)
    except NoImageDataError as error:
        raise outside(service, why="no pixel has a value") from error
    except (TruncatedImageError, CorruptImageError, UnknownFormatError, EmptyFileError) as error:
        raise DamagedAnswerError(f"it sent a broken picture: {error.message}") from error
    rgb = picture.rgb
    if int(rgb.max()) - int(rgb.min()) <= _BLANK_RANGE:
        raise outside(service, why="the picture is blank")
    if np.mean(rgb.max(axis=2) == 0) > service.black_share:
        raise outside(service, why="the picture is black")
    return picture.width


def files_listed(service: CutoutService, data: bytes, *, bands: str) -> tuple[str, str, str]:
    """The files of the red, green and blue filter in a service's list, which is text with one file on a line below the columns' names.

    Raises
    ------
    NoImageDataError
        If a filter is missing.
    DamagedAnswerError
        If it is no such list.
    """
    lines = [line.split() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines or not {"filter", "filename"} <= set(lines[0]):
        raise DamagedAnswerError(f"it sent no list of files: {_start_of(data)}")
    rows = [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]
    by_filter = {row["filter"]: row["filename"] for row in reversed(rows) if "filename" in row}
    missing = [band for band in bands if band not in by_filter]
    if missing:
        raise outside(service, why=f"no image in {', '.join(missing)}")
    blue, green, red = (by_filter[band] for band in bands)
    return red, green, blue


def _start_of(data: bytes) -> str:
    return repr(" ".join(data[:_REASON].decode("utf-8", "replace").split())[:60])
