"""Measures of one picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageFilter
from planted import blob

from skyform.explore.measures import (
    LEVELS,
    brightness_of,
    contrast_of,
    equalisation,
    equalised,
    grey_of,
    measure_picture,
    moved,
    span_of,
)

histograms = arrays(np.int64, LEVELS, elements=st.integers(0, 1000)).filter(lambda h: h.sum() > 0)


def test_a_flat_grey_picture():
    found = measure_picture(np.full((20, 30, 3), 77, np.uint8))
    assert found.histograms.sum(axis=1).tolist() == [600] * 4
    assert found.histograms[:, 77].tolist() == [600] * 4
    assert (found.sharpness, found.saturation) == (0.0, 0.0)
    assert brightness_of(found.histograms[3]) == 77
    assert contrast_of(found.histograms[3]) == 0
    assert span_of(found.histograms[3]) == 0


def test_half_black_half_white_has_the_greatest_contrast():
    rgb = np.zeros((10, 10, 3), np.uint8)
    rgb[:5] = 255
    grey = measure_picture(rgb).histograms[3]
    assert contrast_of(grey) == pytest.approx(0.5)
    assert span_of(grey) == 1.0


def test_pure_colour_is_saturated_and_black_sky_counts_for_nothing():
    rgb = np.zeros((10, 10, 3), np.uint8)
    rgb[0, 0] = (0, 0, 200)
    assert measure_picture(rgb).saturation == 1.0
    rgb[0, 0] = (100, 150, 200)
    assert measure_picture(rgb).saturation == 0.5
    assert measure_picture(np.zeros((4, 4, 3), np.uint8)).saturation == 0.0


def test_blur_lowers_sharpness():
    image = Image.fromarray(blob(1))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(2)))
    assert measure_picture(soft).sharpness < 0.2 * measure_picture(np.asarray(image)).sharpness


def test_one_pixel_has_no_sharpness():
    assert np.isnan(measure_picture(np.zeros((1, 1, 3), np.uint8)).sharpness)


def test_the_digest_knows_pixels_and_shape():
    rgb = blob(2)
    other = rgb.copy()
    other[0, 0, 0] ^= 1
    flat = np.zeros((2, 8, 3), np.uint8)
    digests = {measure_picture(p).digest for p in (rgb, other, flat, flat.reshape(4, 4, 3))}
    assert len(digests) == 4
    assert measure_picture(rgb.copy()).digest in digests


def test_a_large_picture_is_reduced_but_for_its_digest():
    rgb = np.zeros((3000, 1100, 3), np.uint8)
    rgb[2999, 1099] = 1
    found = measure_picture(rgb)
    assert found.histograms[3].sum() == 1000 * 367
    assert found.digest != measure_picture(np.zeros_like(rgb)).digest


@given(histograms)
def test_equalisation_keeps_order_and_every_pixel(histogram: np.ndarray):
    to = equalisation(histogram)
    occurring = np.flatnonzero(histogram)
    assert (np.diff(to[occurring].astype(int)) >= 0).all()
    assert moved(histogram, to).sum() == histogram.sum()
    if len(occurring) > 1:
        assert (to[occurring[0]], to[occurring[-1]]) == (0, 255)


@given(histograms)
def test_contrast_and_span_are_shares(histogram: np.ndarray):
    assert 0 <= contrast_of(histogram) <= 0.5 + 1e-12
    assert 0 <= span_of(histogram) <= 1


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)))
def test_a_grey_picture_stays_as_it_is(grey: np.ndarray):
    assert np.array_equal(grey_of(np.repeat(grey[..., None], 3, axis=2)), grey)


def test_equalised_spreads_a_dark_picture_over_the_whole_range():
    dark = (blob(3) // 8).astype(np.uint8)
    before, after = (measure_picture(p).histograms[3] for p in (dark, equalised(dark)))
    assert span_of(before) < 0.15
    assert span_of(after) > 0.9
    assert np.array_equal(after, moved(before, equalisation(before)))
