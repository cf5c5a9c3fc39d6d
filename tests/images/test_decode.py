"""Files of every format become RGB bytes, the right way up."""

import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import FILES, galaxy, image_file, make, png_16_bit, tiff_16_bit
from PIL import Image

from skyform.errors import (
    UnsupportedImageError,
)
from skyform.images.decode import decode
from skyform.schema import Flag

FORMATS = {
    "jpg": "JPEG",
    "png": "PNG",
    "webp": "WebP",
    "tif": "TIFF",
    "gif": "GIF",
    "bmp": "BMP",
    "fits": "FITS",
    "gz": "FITS",
    "bz2": "FITS",
}


@pytest.mark.parametrize("name", FILES)
def test_every_format(name: str) -> None:
    picture = decode(make(name))
    turned = name == "turned.jpg"
    assert (picture.width, picture.height) == ((60, 80) if turned else (80, 60))
    assert picture.rgb.shape == (picture.height, picture.width, 3)
    assert picture.rgb.dtype == np.uint8
    assert picture.format == FORMATS[name.rpartition(".")[2]]
    assert (Flag.ANIMATED in picture.flags) == name.startswith(("animated", "pages"))
    assert (Flag.MISSING_PIXELS in picture.flags) == (name == "nan.fits")
    # The galaxy stands where it should, brighter than the sky.
    grey = picture.rgb.astype(float).mean(axis=2)
    if not turned:
        assert grey[20:28, 38:50].mean() > grey[50:, :20].mean() + 25


@pytest.mark.parametrize(
    ("name", "least"), [("rgb.jpg", 4), ("cmyk.jpg", 4), ("rgb.webp", 6), ("jpeg.tif", 6)]
)
def test_lossy_formats_keep_the_colours(name: str, least: float) -> None:
    error = np.abs(decode(make(name)).rgb.astype(float) - galaxy())
    assert error.mean() < least


@pytest.mark.parametrize(
    "name", ["rgb.png", "rgb.tif", "lzw.tif", "deflate.tif", "packbits.tif", "rgb.bmp"]
)
def test_lossless_formats_keep_every_pixel(name: str) -> None:
    assert np.array_equal(decode(make(name)).rgb, galaxy())


@pytest.mark.parametrize("name", ["rgba.png", "lossless.webp"])
def test_transparent_parts_become_black_sky(name: str) -> None:
    rgb = decode(make(name)).rgb
    assert np.array_equal(rgb[:, :40], galaxy()[:, :40])
    assert np.allclose(rgb[:, 40:], galaxy()[:, 40:] * (100 / 255), atol=1)


def test_grey_with_alpha() -> None:
    grey = np.stack([np.full((9, 9), 200, np.uint8), np.full((9, 9), 51, np.uint8)], axis=-1)
    assert np.allclose(decode(image_file(grey, "PNG")).rgb, 40, atol=1)


def test_transparent_palette_colour_becomes_black() -> None:
    image = Image.fromarray(np.tile(np.uint8([0, 1]), (8, 4)), "P")
    image.putpalette([250, 10, 10, 10, 250, 10])
    rgb = decode(image_file(image, "GIF", transparency=0)).rgb
    assert rgb[0, 0].tolist() == [0, 0, 0]
    assert rgb[0, 1].tolist() == [10, 250, 10]


def test_unsupported_colour_system() -> None:
    lab = Image.new("LAB", (8, 8))
    with pytest.raises(UnsupportedImageError, match="LAB"):
        decode(image_file(lab, "TIFF"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WebP", "TIFF"])
def test_exif_orientation(orientation: int, format: str) -> None:
    shown = galaxy(40, 64)
    # How a camera held that way stores the picture.
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    stored = Image.fromarray(shown)
    stored = stored if turn is None else stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if format == "WebP" else {}
    picture = decode(image_file(stored, format, exif=exif, **options))
    assert (picture.width, picture.height) == (64, 40)
    tolerance = 12 if format == "JPEG" else 0
    assert np.abs(picture.rgb.astype(int) - shown).mean() <= tolerance


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*" + b"\xff" * 40]
)
def test_damaged_exif_does_not_spoil_the_picture(exif: bytes) -> None:
    assert decode(image_file(galaxy(), "JPEG", exif=exif)).width == 80


@pytest.mark.parametrize("top", [40000, 3000])
def test_16_bit_grey_is_scaled_to_the_range_in_use(top: int) -> None:
    values = np.linspace(100, top, 300).reshape(15, 20).astype(np.uint16)
    picture = decode(image_file(values, "PNG")).rgb
    expected = values >> 8 if top >= 2**15 else np.round((values - 100) * (255 / (top - 100)))
    assert np.allclose(picture[..., 0], expected, atol=1)
    assert np.array_equal(picture, decode(image_file(values, "TIFF")).rgb)
    assert np.array_equal(picture, decode(values).rgb)


@pytest.mark.parametrize("top", [40000, 3000])
@pytest.mark.parametrize(
    "write",
    [
        png_16_bit,
        tiff_16_bit,
        lambda v: tiff_16_bit(v, order=">"),
        lambda v: tiff_16_bit(v, deflate=True),
        lambda v: tiff_16_bit(v, order=">", deflate=True),
    ],
)
def test_16_bit_colour_keeps_faint_light(write: object, top: int) -> None:
    values = np.random.default_rng(1).integers(50, top, (12, 15, 3)).astype(np.uint16)
    values[0, 0] = top
    rgb = decode(write(values)).rgb  # pyright: ignore
    assert np.array_equal(rgb, decode(values).rgb)
    assert len(np.unique(rgb)) > 100


def test_float_tiff_within_0_and_1_is_a_picture() -> None:
    values = np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)
    assert np.allclose(decode(image_file(values, "TIFF")).rgb[..., 1], values * 255, atol=1)


def test_min_side_decodes_jpegs_at_reduced_scale() -> None:
    data = image_file(galaxy(400, 600), "JPEG")
    for side, rows in ((400, 400), (201, 400), (200, 200), (100, 100), (20, 50)):
        picture = decode(data, min_side=side)
        assert (picture.width, picture.height) == (600, 400)
        assert picture.rgb.shape == (rows, rows * 3 // 2, 3)


def test_min_side_shrinks_large_pictures_of_any_format() -> None:
    picture = decode(image_file(galaxy(2000, 3000), "PNG", compress_level=1), min_side=300)
    assert (picture.width, picture.height) == (3000, 2000)
    assert picture.rgb.shape == (334, 500, 3)


def test_min_side_must_be_positive() -> None:
    with pytest.raises(ValueError, match="min_side is 0"):
        decode(galaxy(), min_side=0)


def test_very_wide_pictures() -> None:
    rgb = np.zeros((3, 30_000, 3), np.uint8)
    assert decode(image_file(rgb, "PNG")).width == 30_000
    assert decode(image_file(rgb, "JPEG"), min_side=64).width == 30_000


def test_one_pixel() -> None:
    for format in ("JPEG", "PNG", "WebP", "TIFF", "GIF", "BMP"):
        data = image_file(np.full((1, 1, 3), 77, np.uint8), format)
        assert decode(data, min_side=64).rgb.shape == (1, 1, 3)


def test_photos_with_a_second_picture_inside_are_jpegs() -> None:
    frames = [Image.fromarray(galaxy(seed=i)) for i in range(2)]
    data = image_file(frames[0], "MPO", save_all=True, append_images=frames[1:])
    picture = decode(data)
    assert (picture.format, picture.flags) == ("JPEG", ())


def test_content_counts_and_not_the_name(tmp_path: Path) -> None:
    for name in FILES:
        path = tmp_path / f"{name}.txt"
        path.write_bytes(make(name))
        assert np.array_equal(decode(path).rgb, decode(make(name)).rgb)
    (tmp_path / "really.fits").write_bytes(make("rgb.jpg"))
    assert decode(str(tmp_path / "really.fits")).format == "JPEG"


def test_threads_leave_the_warning_filters_as_they_were() -> None:
    before = list(warnings.filters)
    names = ["rgb.jpg", "rgb.tif", "one.fits", "palette.png"] * 5
    data = [make(name) for name in names]
    threads = [threading.Thread(target=decode, args=(d,)) for d in data]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_importing_the_decoder_is_light() -> None:
    code = (
        "import sys, types, importlib.util as u\n"
        "spec = u.find_spec('skyform')\n"
        "room = types.ModuleType('skyform.images')\n"
        "room.__path__ = [spec.submodule_search_locations[0] + '/images']\n"
        "sys.modules['skyform.images'] = room\n"
        "import skyform.images.decode\n"
        "heavy = {'astropy', 'scipy', 'torch', 'onnxruntime', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from(["PNG", "TIFF", "BMP"]), st.integers(0)
)
def test_what_is_written_without_loss_comes_back(
    height: int, width: int, format: str, seed: int
) -> None:
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert np.array_equal(decode(image_file(rgb, format)).rgb, rgb)
    # An array whose last axis has 3 or 4 entries is read as channels last.
    if width not in (1, 3, 4):
        assert np.array_equal(decode(np.moveaxis(rgb, 2, 0)).rgb, rgb)
