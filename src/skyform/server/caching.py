"""Answers that a browser may keep: with an ETag, and 304 where it has the same already."""

import hashlib

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

__all__ = ["FOR_EVER", "kept"]

# An hour without asking; after it the ETag is compared.
_HOUR = "public, max-age=3600"
FOR_EVER = "public, max-age=31536000, immutable"


def kept(
    request: Request,
    content: BaseModel | bytes,
    *,
    media_type: str = "application/json",
    immutable: bool = False,
) -> Response:
    """The answer with its ETag, or 304 without a body where `If-None-Match` names that ETag.

    Parameters
    ----------
    content : BaseModel or bytes
        A model becomes JSON.
    immutable : bool
        Whether the address is made of the content, so that it never has to be asked for again.
    """
    body = content.model_dump_json().encode() if isinstance(content, BaseModel) else content
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": FOR_EVER if immutable else _HOUR}
    named = {
        t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")
    }
    if etag in named or "*" in named:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
