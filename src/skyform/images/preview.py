"""A picture as a browser can show it, whatever format it came in."""

import io
from dataclasses import dataclass

from PIL import Image

from skyform.images.decode import decode
from skyform.images.levels import Stretch
from skyform.images.limits import DEFAULT_LIMITS, Limits

__all__ = ["Preview", "draw_preview"]

_JPEG_QUALITY = 90  # less shows as blocks in faint outskirts


@dataclass(frozen=True, slots=True)
class Preview:
    """A small picture in a browser's format.

    Attributes
    ----------
    data : bytes
        PNG or JPEG.
    width, height : int
        Of the whole picture, in pixels.
    deep : bool
        Whether a stretch can be chosen; see `Picture`.
    stretch : Stretch or None
        The one that was used; None where values are shown in proportion.
    """

    data: bytes
    width: int
    height: int
    deep: bool
    stretch: Stretch | None


def draw_preview(
    data: bytes,
    *,
    side: int,
    format: str = "PNG",
    limits: Limits = DEFAULT_LIMITS,
    stretch: Stretch | None = None,
) -> Preview:
    """Decode a picture and draw it small.

    Parameters
    ----------
    data : bytes
        A file's content.
    side : int
        Most pixels on a side.
    format : str
        `PNG` or `JPEG`.
    limits : Limits
        What may be decoded.
    stretch : Stretch, optional
        See `decode`.

    Raises
    ------
    ImageError
    """
    picture = decode(data, limits=limits, min_side=side, stretch=stretch)
    image = Image.fromarray(picture.rgb)
    image.thumbnail((side, side))
    out = io.BytesIO()
    image.save(out, format, quality=_JPEG_QUALITY)
    levels = picture.levels
    return Preview(
        out.getvalue(),
        picture.width,
        picture.height,
        picture.deep,
        None if levels is None else levels.stretch,
    )
