"""A picture as a browser can show it, whatever format it came in."""

import io

from PIL import Image

from skyform.errors import ImageError
from skyform.images import Limits, decode
from skyform.schema import Failure

__all__ = ["SIDE", "preview_png"]

SIDE = 1024


def preview_png(data: bytes, *, limits: Limits) -> bytes | Failure:
    """Decode a picture and write it as PNG.

    Parameters
    ----------
    data : bytes
        A file's content.
    limits : Limits
        What may be decoded.

    Returns
    -------
    bytes or Failure
        A PNG of at most `SIDE` pixels on a side, in displayed orientation; or why there is none.
    """
    try:
        picture = decode(data, limits=limits, min_side=SIDE)
    except ImageError as error:
        return Failure(code=error.code, message=error.message, remedy=error.remedy)
    image = Image.fromarray(picture.rgb)
    image.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
