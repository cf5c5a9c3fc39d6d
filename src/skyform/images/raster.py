"""Pictures in the formats of cameras and screens, through Pillow."""

import io
from contextlib import suppress
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Shaped
from numpy import ndarray
from PIL import Image, ImageFile

from skyform.errors import ImageError, UnsupportedImageError
from skyform.images.arrays import Tones, rgb_from_values
from skyform.images.damage import raster_error
from skyform.images.jpeg import plain_jpeg, reduced_scale
from skyform.images.levels import Stretch
from skyform.images.limits import Limits, check_pixels
from skyform.images.orientation import exif_orientation, upright
from skyform.images.picture import Picture
from skyform.images.quiet import quiet
from skyform.images.structure import (
    Outline,
    check_gif,
    check_png,
    check_scans,
    check_webp,
    outline_jpeg,
)
from skyform.schema import Flag

__all__ = ["decode_raster", "picture_from_pil"]

# Made directly rather than through `Image.open`: that tries format after format, warns about sizes with limits of its own, and
# would load fifty plug-ins to find WebP.
_PLUGINS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WebP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "TIFF": ("PIL.TiffImagePlugin", "TiffImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
}
_MANY_PIXELS = 2**22  # from here on, a picture is shrunk to what the caller needs
_ORIENTATION = 0x0112
_SWAPPED = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B"}


def decode_raster(
    data: bytes,
    *,
    format: str,
    name: str,
    limits: Limits,
    min_side: int | None = None,
    stretch: Stretch | None = None,
) -> Picture:
    """Decode JPEG, PNG, WebP, TIFF, GIF or BMP.

    Parameters
    ----------
    data : bytes
        The whole file.
    format : str
        As `sniff` says.
    name : str
        What errors call the file.
    limits : Limits
        Checked against the header, before decoding.
    min_side : int, optional
        Pixels needed on the shorter side.
    stretch : Stretch, optional
        For pictures of more than 8 bits a colour; see `rgb_from_values`.

    Raises
    ------
    TruncatedImageError, CorruptImageError, UnsupportedImageError, ImageTooLargeError, NoImageDataError
    """
    try:
        return _decode(
            data, format=format, name=name, limits=limits, min_side=min_side, stretch=stretch
        )
    except ImageError:
        raise
    # Damaged bytes make Pillow raise almost anything.
    except Exception as error:
        raise raster_error(error, data=data, format=format, name=name) from error


def _decode(
    data: bytes,
    *,
    format: str,
    name: str,
    limits: Limits,
    min_side: int | None,
    stretch: Stretch | None,
) -> Picture:
    outline = None
    if format == "JPEG":
        outline = outline_jpeg(data, name=name)
        picture = _plain(data, outline, name=name, limits=limits, min_side=min_side)
        if picture is not None:
            return picture
    elif format == "PNG":
        check_png(data, name=name)
    elif format == "WebP":
        check_webp(data, name=name, limits=limits)
    elif format == "GIF":
        check_gif(data, name=name, limits=limits)
    with quiet():
        image = _open(data, format=format)
        width, height = image.size
        check_pixels(width, height, name=name, limits=limits)
        animated = format != "JPEG" and _is_animated(image, data=data, format=format)
        swapped = _swapped_rawmode(image)
        if format == "TIFF":
            image.load()
    if outline is not None:
        check_scans(outline, name=name, pixels=width * height, limits=limits)
        if min_side is not None:
            image.draft(None, (min_side, min_side))
    image.load()
    deep = _deep_values(
        image, data=data, format=format, swapped=swapped, all_bits=stretch is not None
    )
    tones = (
        _rgb(image, name=name, min_side=min_side, stretch=stretch)
        if deep is None
        else rgb_from_values(deep, name=name, stretch=stretch)
    )
    if swapped is not None:
        tones = tones._replace(deep=True)
    # Pillow has turned TIFFs already.
    orientation = 1 if format == "TIFF" else exif_orientation(image.info.get("exif") or b"")
    size = image.size if format == "TIFF" else (width, height)
    return _picture(tones, size=size, orientation=orientation, format=format, animated=animated)


def _plain(
    data: bytes, outline: Outline, *, name: str, limits: Limits, min_side: int | None
) -> Picture | None:
    """What the turbo decoder makes of a JPEG; None where it is Pillow's turn."""
    jpeg = plain_jpeg(data, outline, name=name, limits=limits)
    if jpeg is None:
        return None
    rgb = jpeg.decode(scale=reduced_scale(jpeg.width, jpeg.height, min_side=min_side))
    if rgb is None:
        return None
    return _picture(
        Tones(rgb, missing=False, deep=False, levels=None),
        size=(jpeg.width, jpeg.height),
        orientation=jpeg.orientation,
        format="JPEG",
        animated=False,
    )


def _open(data: bytes, *, format: str) -> ImageFile.ImageFile:
    module, opener = _PLUGINS[format]
    return getattr(import_module(module), opener)(io.BytesIO(data))


def _is_animated(image: ImageFile.ImageFile, *, data: bytes, format: str) -> bool:
    if format != "GIF":
        return bool(getattr(image, "is_animated", False))
    # A GIF looks for the second frame to tell, and a damaged second frame would spoil the first.
    with suppress(Exception):
        return bool(_open(data, format=format).is_animated)  # pyright: ignore[reportAttributeAccessIssue]
    return True


def picture_from_pil(
    image: Image.Image,
    *,
    limits: Limits,
    min_side: int | None = None,
    stretch: Stretch | None = None,
) -> Picture:
    """A PIL image as a picture; its EXIF orientation is applied.

    Raises
    ------
    ImageError
        If it cannot be loaded (PIL reads files late), or is over the limits.
    """
    name = "the given PIL image"
    try:
        check_pixels(*image.size, name=name, limits=limits)
        with quiet():
            image.load()
            orientation = 1
            with suppress(Exception):
                orientation = int(image.getexif().get(_ORIENTATION, 1))
        tones = _rgb(image, name=name, min_side=min_side, stretch=stretch)
    except ImageError:
        raise
    # As above: an image from a damaged file can raise anything here.
    except Exception as error:
        raise raster_error(error, data=b"", format=image.format or "picture", name=name) from error
    return _picture(
        tones,
        size=image.size,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        format=image.format or "PIL",
        animated=False,
    )


def _picture(
    tones: Tones, *, size: tuple[int, int], orientation: int, format: str, animated: bool
) -> Picture:
    width, height = size if orientation < 5 else (size[1], size[0])
    flags = [Flag.ANIMATED] * animated + [Flag.MISSING_PIXELS] * tones.missing
    return Picture(
        rgb=np.ascontiguousarray(upright(tones.rgb, orientation)),
        width=width,
        height=height,
        format=format,
        flags=tuple(flags),
        deep=tones.deep,
        levels=tones.levels,
    )


def _rgb(image: Image.Image, *, name: str, min_side: int | None, stretch: Stretch | None) -> Tones:
    """A loaded image of any mode as RGB bytes."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return rgb_from_values(np.asarray(image), name=name, stretch=stretch)
    if image.mode == "LAB":
        raise UnsupportedImageError(
            f"{name}: the colours are in the LAB system.", remedy="Save it as RGB."
        )
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGB", layer.size)
        image.paste(layer, mask=layer.getchannel("A"))
    elif image.mode != "RGB":
        image = image.convert("RGB")
    if min_side is not None and image.width * image.height > _MANY_PIXELS:
        image = image.reduce(max(1, min(image.size) // min_side))
    return Tones(np.asarray(image), missing=False, deep=False, levels=None)


def _swapped_rawmode(image: ImageFile.ImageFile) -> str | None:
    """For 16 bits a colour, of which Pillow keeps the high byte: the raw mode that makes it keep the low byte instead."""
    if image.mode not in ("RGB", "RGBA") or not image.tile:
        return None
    args: Any = image.tile[0][3]
    rawmode = args if isinstance(args, str) else args[0]
    ending = rawmode[-4:]
    return rawmode[:-4] + _SWAPPED[ending] if ending in _SWAPPED and rawmode[0] != "L" else None


def _deep_values(
    image: ImageFile.ImageFile, *, data: bytes, format: str, swapped: str | None, all_bits: bool
) -> Shaped[ndarray, "rows columns channels"] | None:
    """The full 16 bits of a colour picture that leaves the top bit unused, or if all are wanted; None where the high bytes are enough."""
    if swapped is None:
        return None
    high = np.asarray(image)
    if high[..., :3].max() >= 2**7 and not all_bits:
        return None
    with quiet():
        again = _open(data, format=format)
        again.tile = [tile._replace(args=_with_rawmode(tile.args, swapped)) for tile in again.tile]
        again.load()
    return high.astype(np.uint16) << 8 | np.asarray(again)


def _with_rawmode(args: Any, rawmode: str) -> Any:
    return rawmode if isinstance(args, str) else (rawmode, *args[1:])
