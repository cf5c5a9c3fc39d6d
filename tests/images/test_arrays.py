"""Arrays and PIL images of every shape and type become RGB bytes, or a clear error."""

import io

import numpy as np
import pytest
from makers import galaxy, galaxy_flux, make
from PIL import Image

from skyform.errors import (
    ImageTooLargeError,
    NoImageDataError,
    TruncatedImageError,
    UnsupportedImageError,
)
from skyform.images.decode import decode
from skyform.images.limits import Limits
from skyform.schema import Flag


def test_pil_images() -> None:
    plain = Image.fromarray(galaxy())
    assert np.array_equal(decode(plain).rgb, galaxy())
    assert decode(plain).format == "PIL"
    opened = Image.open(io.BytesIO(make("turned.jpg")))
    assert np.array_equal(decode(opened).rgb, decode(make("turned.jpg")).rgb)
    cut = Image.open(io.BytesIO(make("rgb.jpg")[:-200]))
    with pytest.raises(TruncatedImageError, match="the given PIL image"):
        decode(cut)


def test_arrays_of_every_shape() -> None:
    rgb = galaxy()
    grey = rgb[..., 0]
    for array in (grey, grey[..., None], grey[None]):
        assert np.array_equal(decode(array).rgb, np.stack([grey] * 3, axis=-1))
    assert np.array_equal(decode(rgb).rgb, rgb)
    assert np.array_equal(decode(np.moveaxis(rgb, 2, 0)).rgb, rgb)
    opaque = np.concatenate([rgb, np.full((60, 80, 1), 255, np.uint8)], axis=2)
    assert np.array_equal(decode(opaque).rgb, rgb)
    assert decode(rgb).format == "array"


def test_arrays_of_every_type() -> None:
    rgb = galaxy()
    assert np.array_equal(decode(rgb / 255).rgb, rgb)
    assert np.array_equal(decode((rgb / 255).astype(np.float32)).rgb, rgb)
    assert np.array_equal(decode(rgb.astype(np.float64)).rgb, rgb)
    assert np.array_equal(decode(rgb.astype(np.int64)).rgb, rgb)
    assert np.array_equal(decode(rgb.astype(">u2") * 257).rgb, rgb)
    assert np.array_equal(decode(rgb[..., 0] > 99).rgb[..., 2], (rgb[..., 0] > 99) * 255)
    half = np.concatenate([rgb / 255, np.full((60, 80, 1), 0.5)], axis=2)
    assert np.allclose(decode(half).rgb, rgb / 2, atol=1)
    for flux in (galaxy_flux(), galaxy_flux().astype(">f8"), galaxy_flux().astype(np.int32) - 150):
        shown = decode(flux).rgb
        assert shown.max() > 200
        assert np.median(shown) < 40


def test_missing_pixels_in_arrays_become_background() -> None:
    flux = galaxy_flux()
    flux[:10, :10] = np.nan
    flux[50:, 70:] = np.inf
    picture = decode(flux)
    assert picture.flags == (Flag.MISSING_PIXELS,)
    assert picture.rgb[:10, :10].max() < 40
    assert picture.rgb[50:, 70:].max() < 40
    masked = np.ma.MaskedArray(galaxy(), mask=False)
    masked[:5] = np.ma.masked
    assert decode(masked).flags == (Flag.MISSING_PIXELS,)
    assert np.array_equal(decode(masked).rgb[5:], galaxy()[5:])


@pytest.mark.parametrize(
    ("array", "error", "match"),
    [
        (np.zeros((5,)), UnsupportedImageError, r"shape \(5,\)"),
        (np.zeros((5, 5, 7)), UnsupportedImageError, r"shape \(5, 5, 7\)"),
        (np.zeros((2, 3, 5, 5)), UnsupportedImageError, "no picture"),
        (np.zeros((0, 5)), NoImageDataError, "no pixels"),
        (np.full((5, 5), np.nan), NoImageDataError, "NaN"),
        (np.zeros((5, 5), complex), UnsupportedImageError, "complex128"),
        (np.full((5, 5), "a"), UnsupportedImageError, "no brightness"),
        (np.full((5, 5, 4), 7.5), UnsupportedImageError, "opacity"),
        (np.ma.masked_all((5, 5)), NoImageDataError, "masked"),
    ],
)
def test_arrays_that_are_no_picture(array: np.ndarray, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        decode(array)


def test_other_types_are_refused() -> None:
    # In the test run, the run-time checker is faster than our own message; both are TypeErrors.
    with pytest.raises(TypeError, match="source"):
        decode(7)  # pyright: ignore


def test_arrays_have_the_same_limit() -> None:
    with pytest.raises(ImageTooLargeError, match="80 × 60"):
        decode(galaxy(), limits=Limits(max_pixels=4799))
    with pytest.raises(ImageTooLargeError, match="80 × 60"):
        decode(Image.fromarray(galaxy()), limits=Limits(max_pixels=4799))
