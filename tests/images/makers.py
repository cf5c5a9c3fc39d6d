"""Seeded generators of pictures: a galaxy as numbers, and files of every format that we read.

`FILES` names them all; the same name always gives the same bytes with the same version of the libraries.
"""

import bz2
import gzip
import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

__all__ = [
    "FILES",
    "fits_file",
    "galaxy",
    "galaxy_flux",
    "image_file",
    "make",
    "mutate",
    "png_16_bit",
    "tiff_16_bit",
    "upwards",
]


def galaxy_flux(
    height: int = 60, width: int = 80, *, seed: int = 0, peak: float = 2000.0, noise: float = 5.0
) -> np.ndarray:
    """A galaxy as a camera measures it, float32: an exponential disc a little off the centre on a sky of 100."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float64)
    radius = np.hypot((x - 0.55 * width) / 1.6, y - 0.4 * height) / (0.05 * min(height, width))
    return (100 + peak * np.exp(-radius) + rng.normal(0, noise, (height, width))).astype(np.float32)


def galaxy(height: int = 60, width: int = 80, *, seed: int = 0) -> np.ndarray:
    """A galaxy as a picture, uint8 RGB, redder in the middle, brighter in the upper left corner."""
    flux = galaxy_flux(height, width, seed=seed)
    grey = np.clip(np.arcsinh((flux - 90) / 20) * 45, 0, 255)
    rgb = np.stack([grey, grey * 0.9, np.clip(grey * 0.7 + 20, 0, 255)], axis=-1)
    # So that no two orientations look alike.
    rgb[: height // 6, : width // 4] = (250, 120, 30)
    return rgb.astype(np.uint8)


def image_file(picture: np.ndarray | Image.Image, format: str, **options: object) -> bytes:
    """A picture as a file in one of Pillow's formats."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def fits_file(*hdus: object) -> bytes:
    """HDUs, or arrays for image HDUs, as a FITS file; an empty primary HDU is put first where it is missing.

    Arrays are turned `upwards`, so that they are shown as they are; HDUs are taken as they are.
    """
    from astropy.io import fits

    made = [
        hdu
        if not isinstance(hdu, np.ndarray)
        else (fits.ImageHDU(upwards(hdu)) if i else fits.PrimaryHDU(upwards(hdu)))
        for i, hdu in enumerate(hdus)
    ]
    if not made or not isinstance(made[0], fits.PrimaryHDU):
        made.insert(0, fits.PrimaryHDU())
    out = io.BytesIO()
    fits.HDUList(made).writeto(out)
    return out.getvalue()


def upwards(planes: np.ndarray) -> np.ndarray:
    """Rows from the bottom up, as FITS has them; shape (..., height, width)."""
    return planes[..., ::-1, :].copy()


def png_16_bit(values: np.ndarray) -> bytes:
    """uint16 values, shape (height, width, 2, 3 or 4), as PNG: grey with alpha, RGB or RGBA; Pillow writes none of them."""
    height, width, channels = values.shape
    rows = values.astype(">u2").reshape(height, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    kind = {2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def tiff_16_bit(values: np.ndarray, *, order: str = "<", deflate: bool = False) -> bytes:
    """uint16 values, shape (height, width, 3), as TIFF in one strip; Pillow does not write it."""
    height, width, channels = values.shape
    pixels = values.astype(f"{order}u2").tobytes()
    pixels = zlib.compress(pixels) if deflate else pixels
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, channels, 0),
        (259, 3, 1, 8 if deflate else 1),
        (262, 3, 1, 2),
        (273, 4, 1, 0),
        (277, 3, 1, channels),
        (278, 4, 1, height),
        (279, 4, 1, len(pixels)),
    ]
    bits_at = 8 + 2 + 12 * len(entries) + 4
    places = {258: bits_at, 273: bits_at + 2 * channels}
    directory = struct.pack(f"{order}H", len(entries))
    for tag, kind, count, value in entries:
        number = places.get(tag, value)
        # A short stands at the left of its four bytes, in either byte order.
        field = struct.pack(
            f"{order}HH" if kind == 3 and count == 1 else f"{order}I",
            number,
            *[0] * (kind == 3 and count == 1),
        )
        directory += struct.pack(f"{order}HHI", tag, kind, count) + field
    mark = b"II*\0" if order == "<" else b"MM\0*"
    bits = struct.pack(f"{order}{channels}H", *[16] * channels)
    return mark + struct.pack(f"{order}I", 8) + directory + b"\0" * 4 + bits + pixels


def _animated(format: str) -> bytes:
    frames = [Image.fromarray(galaxy(seed=i)) for i in range(3)]
    return image_file(frames[0], format, save_all=True, append_images=frames[1:])


def _with_exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return image_file(galaxy(), "JPEG", quality=95, exif=exif)


def _rgba() -> Image.Image:
    alpha = np.full((60, 80, 1), 255, np.uint8)
    alpha[:, 40:] = 100
    return Image.fromarray(np.concatenate([galaxy(), alpha], axis=2))


def _grey16() -> np.ndarray:
    return np.clip(galaxy_flux() * 3, 0, 65535).astype(np.uint16)


def _colour16() -> np.ndarray:
    return np.stack([_grey16(), _grey16() // 2, _grey16() // 3], axis=-1)


def _cube(planes: int) -> np.ndarray:
    return np.stack([galaxy_flux(seed=i) * (1 + i / 4) for i in range(planes)])


def _with_nan() -> np.ndarray:
    flux = galaxy_flux()
    flux[5:20, 5:30] = np.nan
    return flux


def _compressed(algorithm: str) -> bytes:
    from astropy.io import fits

    flux = upwards(galaxy_flux())
    data = flux.astype(np.int32) if algorithm == "PLIO_1" else flux
    return fits_file(fits.CompImageHDU(data, name="SCI", compression_type=algorithm))


def _with_table() -> bytes:
    from astropy.io import fits

    table = fits.BinTableHDU.from_columns([fits.Column("flux", "E", array=np.arange(5.0))])
    flux = upwards(galaxy_flux())
    return fits_file(table, fits.ImageHDU(flux, name="SCI"), fits.ImageHDU(flux, name="ERR"))


def _palette() -> Image.Image:
    return Image.fromarray(galaxy()).quantize(64)


FILES: dict[str, Callable[[], bytes]] = {
    "rgb.jpg": lambda: image_file(galaxy(), "JPEG", quality=90),
    "progressive.jpg": lambda: image_file(galaxy(), "JPEG", progressive=True),
    "grey.jpg": lambda: image_file(galaxy()[..., 0], "JPEG"),
    "cmyk.jpg": lambda: image_file(Image.fromarray(galaxy()).convert("CMYK"), "JPEG", quality=95),
    "turned.jpg": lambda: _with_exif(6),
    "rgb.png": lambda: image_file(galaxy(), "PNG"),
    "rgba.png": lambda: image_file(_rgba(), "PNG"),
    "palette.png": lambda: image_file(_palette(), "PNG", transparency=0),
    "one_bit.png": lambda: image_file(Image.fromarray(galaxy()).convert("1"), "PNG"),
    "grey16.png": lambda: image_file(_grey16(), "PNG"),
    "rgb16.png": lambda: png_16_bit(_colour16()),
    "animated.png": lambda: _animated("PNG"),
    "rgb.webp": lambda: image_file(galaxy(), "WebP", quality=90),
    "lossless.webp": lambda: image_file(_rgba(), "WebP", lossless=True),
    "animated.webp": lambda: _animated("WebP"),
    "rgb.tif": lambda: image_file(galaxy(), "TIFF"),
    "lzw.tif": lambda: image_file(galaxy(), "TIFF", compression="tiff_lzw"),
    "deflate.tif": lambda: image_file(galaxy(), "TIFF", compression="tiff_adobe_deflate"),
    "packbits.tif": lambda: image_file(galaxy(), "TIFF", compression="packbits"),
    "jpeg.tif": lambda: image_file(galaxy(), "TIFF", compression="jpeg"),
    "float.tif": lambda: image_file(galaxy_flux(), "TIFF"),
    "grey16.tif": lambda: image_file(_grey16(), "TIFF"),
    "rgb16.tif": lambda: tiff_16_bit(_colour16()),
    "rgb16_deflate.tif": lambda: tiff_16_bit(_colour16(), order=">", deflate=True),
    "pages.tif": lambda: _animated("TIFF"),
    "rgb.gif": lambda: image_file(_palette(), "GIF"),
    "animated.gif": lambda: _animated("GIF"),
    "rgb.bmp": lambda: image_file(galaxy(), "BMP"),
    "palette.bmp": lambda: image_file(_palette(), "BMP"),
    "one.fits": lambda: fits_file(galaxy_flux()),
    "integer.fits": lambda: fits_file(galaxy_flux().astype(np.uint16)),
    "nan.fits": lambda: fits_file(_with_nan()),
    "cube3.fits": lambda: fits_file(_cube(3)),
    "cube5.fits": lambda: fits_file(_cube(5)),
    "display.fits": lambda: fits_file(np.moveaxis(galaxy(), 2, 0)),
    "bands.fits": lambda: fits_file(*_cube(3)),
    "table.fits": _with_table,
    "rice.fits": lambda: _compressed("RICE_1"),
    "gzip.fits": lambda: _compressed("GZIP_2"),
    "hcompress.fits": lambda: _compressed("HCOMPRESS_1"),
    "plio.fits": lambda: _compressed("PLIO_1"),
    "one.fits.gz": lambda: gzip.compress(fits_file(galaxy_flux()), mtime=0),
    "one.fits.bz2": lambda: bz2.compress(fits_file(galaxy_flux())),
}


def make(name: str) -> bytes:
    """The file of that name in `FILES`."""
    return FILES[name]()


def _flip(data: bytearray, rng: np.random.Generator) -> None:
    for at in rng.integers(0, len(data), rng.integers(1, 20)):
        data[at] ^= 1 << int(rng.integers(8))


def _flip_header(data: bytearray, rng: np.random.Generator) -> None:
    for at in rng.integers(0, min(len(data), 400), rng.integers(1, 6)):
        data[at] = int(rng.integers(256))


def _cut(data: bytearray, rng: np.random.Generator) -> None:
    del data[int(rng.integers(len(data))) :]


def _zero(data: bytearray, rng: np.random.Generator) -> None:
    start = int(rng.integers(0, 64))
    length = int(rng.integers(1, 200))
    data[start : start + length] = bytes(len(data[start : start + length]))


def _insert(data: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(0, len(data)))
    data[at:at] = rng.bytes(int(rng.integers(1, 300)))


def _remove(data: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(0, len(data)))
    del data[at : at + int(rng.integers(1, 300))]


def _double(data: bytearray, rng: np.random.Generator) -> None:
    at = int(rng.integers(0, len(data)))
    data[at:at] = data[: int(rng.integers(1, len(data) + 1))]


_MUTATIONS = (_flip, _flip_header, _cut, _zero, _insert, _remove, _double)


def mutate(data: bytes, *, rng: np.random.Generator) -> bytes:
    """The file with one to three kinds of damage: flipped bits, overwritten header, cut, zeroed, inserted, removed, doubled."""
    damaged = bytearray(data)
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        _MUTATIONS[int(rng.integers(len(_MUTATIONS)))](damaged, rng)
        if not damaged:
            break
    return bytes(damaged)
