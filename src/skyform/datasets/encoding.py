"""Pictures from one form into another, for writers: encoded bytes stay as they are wherever they may."""

from io import BytesIO

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image, ImageOps

from skyform.datasets.dataset import Stored
from skyform.errors import DataError

__all__ = ["encoded", "jpeg", "pixels", "suffix_of"]

_MAGIC = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG", ".png"),
    (b"GIF8", ".gif"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"BM", ".bmp"),
    (b"SIMPLE  =", ".fits"),
    (b"\x1f\x8b", ".fits.gz"),
)
_QUALITY = 95


def suffix_of(picture: bytes) -> str:
    """The ending for a file with this content, by its first bytes; empty if it is no picture that we know."""
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return ".webp"
    return next((ending for head, ending in _MAGIC if picture.startswith(head)), "")


def encoded(picture: Stored) -> bytes:
    """Encoded bytes as they are; an array as PNG, which loses nothing."""
    if isinstance(picture, bytes):
        return picture
    out = BytesIO()
    Image.fromarray(picture).save(out, "PNG")
    return out.getvalue()


def jpeg(picture: Stored, *, name: str) -> bytes:
    """JPEG bytes as they are; anything else as JPEG of high quality. `name` is for messages.

    Raises
    ------
    DataError
        If it cannot be decoded.
    """
    if isinstance(picture, bytes) and picture.startswith(b"\xff\xd8\xff"):
        return picture
    out = BytesIO()
    Image.fromarray(pixels(picture, name=name)).save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return out.getvalue()


def pixels(picture: Stored, *, name: str) -> UInt8[ndarray, "height width 3"]:
    """RGB of 8 bits, upright. `name` is for messages.

    Raises
    ------
    DataError
        If it cannot be decoded, or has more than 8 bits for a colour, which would have to be stretched first.
    """
    if not isinstance(picture, bytes):
        return picture
    try:
        with Image.open(BytesIO(picture)) as image:
            if image.mode[0] in "IF":
                raise DataError(
                    f"The picture of {name} has values of type {image.mode}, more than 8 bits can hold.",
                    remedy="Convert such a set to parquet or folders, which keep the files as they are.",
                )
            return np.array(ImageOps.exif_transpose(image).convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"The picture of {name} cannot be decoded: {error}.") from error
