"""From a request to the bytes of one picture and a name to show: a multipart form or a raw body."""

import re
from contextlib import aclosing
from dataclasses import dataclass
from typing import IO

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from skyform.server.guard import too_large
from skyform.server.problems import RequestError

__all__ = [
    "FORM_OVERHEAD",
    "REQUEST_BODY",
    "REQUEST_BODY_MANY",
    "Files",
    "Upload",
    "display_id",
    "display_title",
    "read_form",
    "read_upload",
]

# What boundaries, headers and small extra fields of a form may add to the file itself.
FORM_OVERHEAD = 64 * 1024

_RAW_TYPES = ("application/octet-stream", "application/fits")
_ID_LENGTH = 80
_TITLE_LENGTH = 120

_BINARY = {"schema": {"type": "string", "format": "binary"}}
# For OpenAPI: the body is read here and not by FastAPI, which would spool it before any limit of ours.
REQUEST_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "The picture: JPEG, PNG, WebP, TIFF, GIF, BMP or FITS.",
                    }
                },
            }
        },
        "image/*": _BINARY,
        "application/octet-stream": _BINARY,
        "application/fits": _BINARY,
    },
}
REQUEST_BODY_MANY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["files"],
                "properties": {
                    "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    "title": {"type": "string", "maxLength": 120},
                },
            }
        }
    },
}


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of one picture, and the id to show for it."""

    data: bytes
    id: str


async def read_upload(request: Request, *, limit: int) -> Upload:
    """Read the picture of a request.

    Parameters
    ----------
    request : Request
        A multipart form with the field `file`, or the bytes themselves.
    limit : int
        Largest picture, in bytes.

    Raises
    ------
    RequestError
        415 for a body of another type, 422 for a form without `file`, 413 over the limit.
    """
    type = request.headers.get("content-type", "application/octet-stream")
    type = type.partition(";")[0].strip().lower()
    if type == "multipart/form-data":
        upload = await _from_form(request)
    elif type.startswith("image/") or type in _RAW_TYPES:
        upload = Upload(await request.body(), "upload")
    else:
        raise RequestError(
            f"The body's content type is {type!r}.",
            remedy="Send a multipart form with the field 'file', or the picture's bytes with the "
            "content type image/* or application/octet-stream.",
            status=415,
            code="unsupported-media-type",
        )
    if len(upload.data) > limit:
        raise too_large(limit)
    return upload


class _Spooling(MultiPartParser):
    """Keeps less of a file in memory than Starlette's mebibyte: there may be hundreds in one form, and several forms at once."""

    spool_max_size = 64 * 1024


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a form with their names, and its title."""

    files: list[tuple[str, IO[bytes]]]
    title: str
    form: FormData

    async def close(self) -> None:
        """Give back what lies on disk."""
        await self.form.close()


async def read_form(request: Request, *, most: int) -> Files:
    """Read a form with many files.

    Parameters
    ----------
    request : Request
        A multipart form with the fields `files` and, perhaps, `title`.
    most : int
        Files that it may have.

    Raises
    ------
    RequestError
        415 for a body of another type, 400 for a form that cannot be read.
    """
    type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if type != "multipart/form-data":
        raise RequestError(
            f"The body's content type is {type!r}.",
            remedy="Send a multipart form with the pictures in its field 'files'.",
            status=415,
            code="unsupported-media-type",
        )
    try:
        async with aclosing(request.stream()) as stream:
            form = await _Spooling(request.headers, stream, max_files=most, max_fields=16).parse()
    except MultiPartException as error:
        remedy = f"Send at most {most} files, in the field 'files'."
        raise _bad_form(error.message, remedy) from None
    sent = [f for f in form.getlist("files") if isinstance(f, UploadFile)]
    files: list[tuple[str, IO[bytes]]] = [(f.filename or "", f.file) for f in sent]
    title = form.get("title")
    words = display_title(title) if isinstance(title, str) else ""
    return Files(files, words or _title_of(files), form)


def _title_of(files: list[tuple[str, IO[bytes]]]) -> str:
    if len(files) == 1:
        return display_id(files[0][0])
    return f"{len(files)} files"


def display_title(title: str) -> str:
    """A title on one line of letters that can be shown, at most 120 long."""
    return " ".join("".join(c if c.isprintable() else " " for c in title).split())[:_TITLE_LENGTH]


def _bad_form(why: str, remedy: str) -> RequestError:
    return RequestError(
        f"The multipart form cannot be read: {why}",
        remedy=remedy,
        status=400,
        code="bad-form",
    )


async def _from_form(request: Request) -> Upload:
    try:
        async with request.form(max_files=1, max_fields=16) as form:
            file = form.get("file")
            if isinstance(file, UploadFile):
                return Upload(await file.read(), display_id(file.filename or ""))
    except HTTPException as error:
        raise _bad_form(error.detail, "Send one file, in the field 'file'.") from None
    raise RequestError(
        "The form has no file in the field 'file'.",
        remedy="Send the picture as the field 'file' of a multipart form.",
        status=422,
        code="missing-file",
    )


def display_id(filename: str) -> str:
    """A name to show, from a name that a stranger chose: no folders, no ending, no control characters, at most 80 long."""
    name = re.split(r"[/\\]", filename)[-1]
    name = "".join(c if c.isprintable() else " " for c in name)
    stem = re.sub(r"(\.[A-Za-z0-9]{1,5}){1,2}$", "", name.strip())
    return " ".join(stem.strip(". ").split())[:_ID_LENGTH].strip() or "upload"
