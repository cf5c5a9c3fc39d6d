"""Laws of the stretch: never darker for more light, within 0 and 1, colours kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from makers import galaxy_flux

from skyform.images.stretch import (
    _percentile,
    asinh_stretch,
    auto_lupton,
    auto_stretch,
    block_mean,
    bytes_from_16_bit,
    bytes_from_unit,
    lupton_rgb,
    measure_sky,
    usable,
)

brightness = st.floats(-(2.0**100), 2.0**100, width=32)
planes = arrays(np.float32, (4, 5), elements=brightness)


@given(planes, st.floats(1e-6, 1e6), st.floats(-1e6, 1e6), st.floats(1, 1e6))
def test_asinh_is_monotone_and_within_bounds(
    image: np.ndarray, softening: float, black: float, span: float
) -> None:
    shown = asinh_stretch(image, softening=softening, black=black, white=black + span)
    assert shown.shape == image.shape
    assert shown.min() >= 0
    assert shown.max() <= 1
    order = np.argsort(image, axis=None)
    assert np.all(np.diff(shown.reshape(-1)[order]) >= 0)


def test_asinh_ends_and_middle() -> None:
    image = np.array([-5.0, 10.0, 12.0, 40.0, 99.0])
    shown = asinh_stretch(image, softening=2.0, black=10.0, white=40.0)
    assert shown[[0, 1, 3, 4]].tolist() == [0, 0, 1, 1]
    assert shown[2] == pytest.approx(np.arcsinh(1) / np.arcsinh(15))
    assert np.isnan(asinh_stretch(np.array([np.nan]), softening=1.0, black=0.0, white=1.0))[0]


def test_asinh_is_linear_when_soft_and_logarithmic_when_hard() -> None:
    image = np.array([0.0, 0.25, 0.5, 1.0])
    assert np.allclose(asinh_stretch(image, softening=1e3, black=0.0, white=1.0), image, atol=1e-6)
    steps = np.diff(asinh_stretch(10.0 ** np.arange(4), softening=1e-6, black=0.0, white=1e3))
    assert np.allclose(steps, steps[0], rtol=1e-3)


@pytest.mark.parametrize(
    ("softening", "white"), [(0.0, 1.0), (-1.0, 1.0), (np.nan, 1.0), (1.0, 0.0), (1.0, np.nan)]
)
def test_asinh_refuses_nonsense(softening: float, white: float) -> None:
    with pytest.raises(ValueError, match=r"softening is|white .* is not above black"):
        asinh_stretch(np.zeros(3), softening=softening, black=0.0, white=white)


@given(planes)
def test_auto_stretch_is_monotone_and_within_bounds(image: np.ndarray) -> None:
    shown = auto_stretch(image)
    assert shown.min() >= 0
    assert shown.max() <= 1
    assert np.all(np.diff(shown.reshape(-1)[np.argsort(image, axis=None)]) >= 0)


@given(arrays(np.float32, (3, 4, 5), elements=st.floats(width=32)))
def test_anything_at_all_becomes_a_picture(cube: np.ndarray) -> None:
    for shown in (auto_stretch(cube[0]), auto_lupton(cube)):
        assert np.isfinite(shown).all()
        assert shown.min() >= 0
        assert shown.max() <= 1


@given(st.floats(-20, 20), st.floats(-1e3, 1e3))
def test_unit_and_offset_do_not_matter(exponent: float, offset: float) -> None:
    flux = galaxy_flux().astype(np.float64)
    shown = auto_stretch(flux)
    assert np.allclose(auto_stretch((flux + offset) * 10**exponent), shown, atol=1e-6)


def test_images_without_contrast_are_black() -> None:
    assert auto_stretch(np.full((6, 7), 42.0)).max() == 0
    assert auto_stretch(np.full((6, 7), np.nan)).max() == 0
    assert auto_lupton(np.full((3, 6, 7), 42.0)).max() == 0


def test_images_without_noise_are_stretched_too() -> None:
    image = np.zeros((50, 50))
    image[20:30, 20:30] = np.linspace(1, 100, 100).reshape(10, 10)
    shown = auto_stretch(image)
    assert shown[0, 0] == 0
    assert shown[29, 29] == 1
    assert 0.1 < shown[22, 22] < 0.9


def test_pure_noise_stays_dark() -> None:
    noise = np.random.default_rng(5).normal(1000, 3, (200, 200))
    assert auto_stretch(noise).max() < 0.6
    assert np.median(auto_stretch(noise)) < 0.06


def test_sky_of_a_galaxy() -> None:
    sky = measure_sky(galaxy_flux(200, 200))
    assert sky.level == pytest.approx(100, abs=3)
    assert sky.noise == pytest.approx(5, rel=0.3)


def test_sky_of_a_padded_mosaic() -> None:
    flux = galaxy_flux(100, 100)
    padded = np.zeros((200, 200), np.float32)
    padded[:100, :100] = flux
    assert measure_sky(padded).level == pytest.approx(100, abs=5)
    assert measure_sky(np.zeros((4, 4))).noise == 0


def test_sky_of_a_large_image_is_sampled() -> None:
    flux = np.random.default_rng(2).normal(7, 2, (2000, 2048)).astype(np.float32)
    sky = measure_sky(flux)
    assert sky.level == pytest.approx(7, abs=0.02)
    assert sky.noise == pytest.approx(2, rel=0.03)


positive = arrays(np.float64, (3, 4, 5), elements=st.floats(1e-3, 1e6))


@given(positive, st.floats(1e-3, 1e3), st.floats(0.1, 30))
def test_lupton_keeps_colours(bands: np.ndarray, stretch: float, q: float) -> None:
    red, green, blue = bands
    rgb = lupton_rgb(red, green, blue, stretch=stretch, q=q)
    assert rgb.shape == (4, 5, 3)
    assert rgb.max() <= 1 + 1e-12
    assert np.allclose(rgb[..., 0] * green, rgb[..., 1] * red, rtol=1e-9)
    assert np.allclose(rgb[..., 1] * blue, rgb[..., 2] * green, rtol=1e-9)


@given(positive, st.floats(1.001, 100))
def test_lupton_never_darkens_what_is_brighter(bands: np.ndarray, factor: float) -> None:
    once = lupton_rgb(*bands, stretch=2.0, q=8.0)
    brighter = lupton_rgb(*(bands * factor), stretch=2.0, q=8.0)
    assert np.all(brighter >= once - 1e-12)


def test_lupton_follows_the_paper() -> None:
    red, green, blue = (np.full((1, 1), v) for v in (0.4, 0.2, 0.3))
    mean = 0.3
    expected = 0.4 * (np.arcsinh(8 * mean / 2) / 8) / mean
    assert lupton_rgb(red, green, blue, stretch=2.0, q=8.0)[0, 0, 0] == pytest.approx(expected)
    lifted = lupton_rgb(red + 5, green + 5, blue + 5, stretch=2.0, q=8.0, minimum=5.0)
    assert lifted[0, 0, 0] == pytest.approx(expected)


def test_lupton_scales_whole_pixels_down() -> None:
    red, green, blue = (np.full((1, 1), v) for v in (4000.0, 2000.0, 1000.0))
    assert np.allclose(lupton_rgb(red, green, blue, stretch=0.1, q=1.0)[0, 0], [1, 0.5, 0.25])


def test_lupton_is_black_below_the_sky() -> None:
    below = np.full((2, 2), -3.0)
    assert lupton_rgb(below, below, below, stretch=1.0, q=8.0).max() == 0


@pytest.mark.parametrize(("stretch", "q"), [(0.0, 8.0), (1.0, 0.0), (-1.0, 8.0), (1.0, np.nan)])
def test_lupton_refuses_nonsense(stretch: float, q: float) -> None:
    one = np.ones((2, 2))
    with pytest.raises(ValueError, match=r"(stretch|q) is .*above 0"):
        lupton_rgb(one, one, one, stretch=stretch, q=q)


def test_bands_are_balanced_by_their_noise() -> None:
    rng = np.random.default_rng(8)
    cube = rng.normal(0, 1, (3, 80, 80))
    cube[:, 30:50, 30:50] += 200
    scaled = cube * np.array([3.0, 1.0, 0.5])[:, None, None]
    assert np.allclose(auto_lupton(scaled), auto_lupton(cube), atol=0.02)
    pixel = auto_lupton(cube)[40, 40]
    assert np.allclose(pixel, pixel[0], rtol=0.1)


def test_usable_pixels() -> None:
    values = np.array([0, -1e35, np.nan, np.inf, -np.inf, 3e38])
    assert usable(values).tolist() == [True, True, False, False, False, False]
    assert usable(np.arange(3)).all()


@given(arrays(np.uint16, (3, 4)))
def test_16_bits_become_8_in_order(values: np.ndarray) -> None:
    shown = bytes_from_16_bit(values)
    assert np.all(np.diff(shown.reshape(-1)[np.argsort(values, axis=None)].astype(int)) >= 0)
    if values.max() < 2**15 and values.min() < values.max():
        assert (shown.min(), shown.max()) == (0, 255)


def test_bytes_are_rounded_and_clipped() -> None:
    assert bytes_from_unit(np.array([-1, 0, 0.5, 1, 7])).tolist() == [0, 0, 128, 255, 255]


def test_block_means_leave_out_what_is_missing() -> None:
    image = np.arange(35, dtype=">f4").reshape(5, 7)
    image[0, 0] = np.nan
    image[2:4, 2:4] = np.inf
    means, whole = block_mean(image, factor=2)
    assert (means.shape, means.dtype, whole) == ((2, 3), np.float32, False)
    assert means[0, 0] == pytest.approx((1 + 7 + 8) / 3)
    assert means[0, 1] == np.mean([2, 3, 9, 10])
    assert np.isnan(means[1, 1])
    assert usable(means).sum() == 5


@pytest.mark.parametrize(
    ("given", "made"),
    [("u1", "u1"), (">i2", "f4"), ("f4", "f4"), (">f8", "f8"), ("i8", "f8")],
)
def test_block_means_keep_the_kind_of_number(given: str, made: str) -> None:
    means, whole = block_mean(np.full((900, 1200), 7, given), factor=3)
    assert (means.shape, means.dtype, whole) == ((300, 400), np.dtype(made), True)
    assert (means == 7).all()


@given(
    arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e9, 1e9)),
    st.floats(0, 100),
)
def test_percentiles_are_numpys(values: np.ndarray, percent: float) -> None:
    expected = np.percentile(values, percent)
    span = float(np.ptp(values))
    assert _percentile(np.sort(values), percent) == pytest.approx(expected, abs=1e-9 * (1 + span))
