"""Measured shapes against galaxies whose shape is known, and against statmorph."""

import math
import warnings
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, label
from scipy.special import gammaincinv

from skyform.images import Levels, Picture, measure_shape
from skyform.images.shape import MeasuredShape, shape_of_light
from skyform.schema import Frame

SIDE = 240


@lru_cache(maxsize=32)
def sersic(n: float, radius: float, ratio: float, angle: float, noise: float = 0.02) -> np.ndarray:
    """A Sersic profile of a half-light radius, axis ratio and angle, off the grid, each pixel the mean of 25 points; sky of 5."""
    b = gammaincinv(2 * n, 0.5)
    points = (np.arange(SIDE * 5) + 0.5) / 5 - 0.5
    x, y = points[None] - 120.3, points[:, None] - 119.6
    turn = math.radians(angle)
    along = x * math.cos(turn) - y * math.sin(turn)
    across = x * math.sin(turn) + y * math.cos(turn)
    r = np.hypot(along * math.sqrt(ratio), across / math.sqrt(ratio)) / radius
    light = np.exp(-b * (r ** (1 / n) - 1)).reshape(SIDE, 5, SIDE, 5).mean(axis=(1, 3))
    return light + np.random.default_rng(0).normal(5, noise, light.shape)


def measured(light: np.ndarray) -> MeasuredShape:
    return shape_of_light(light, centre=(120.0, 120.0))


# Concentrations of pure profiles within 1.5 Petrosian radii: 2.7 for a disc, a little over 4.2 for de Vaucouleurs' law.
@pytest.mark.parametrize(("n", "concentration"), [(1.0, 2.74), (2.0, 3.47), (4.0, 4.27)])
@pytest.mark.parametrize(("ratio", "angle"), [(1.0, 0.0), (0.6, 30.0), (0.6, 150.0)])
def test_analytic_galaxies(n: float, concentration: float, ratio: float, angle: float) -> None:
    shape = measured(sersic(n, 14.0, ratio, angle))
    assert shape.ellipticity == pytest.approx(1 - ratio, abs=0.02)
    if ratio == 1:
        assert shape.position_angle is None
    else:
        assert shape.position_angle == pytest.approx(angle, abs=1)
    assert shape.concentration == pytest.approx(concentration, abs=0.1)
    assert shape.asymmetry == pytest.approx(0, abs=0.06)
    if n == 1:
        assert shape.radius == pytest.approx(14, rel=0.05)


@pytest.mark.parametrize(("n", "ratio"), [(1.0, 0.5), (2.5, 0.8)])
def test_statmorph_says_the_same(n: float, ratio: float) -> None:
    statmorph = pytest.importorskip("statmorph")
    light = sersic(n, 12.0, ratio, 40.0).copy()
    light += 0.5 * np.exp(-np.hypot(*(np.mgrid[:SIDE, :SIDE] - [[[128]], [[135]]])) / 2)
    labels, _ = label(gaussian_filter(light - 5, 1.5) > 0.02)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mask = (labels == labels[120, 120]).astype(int)
        theirs = statmorph.source_morphology(light - 5, mask, gain=1000.0)[0]
    ours = measured(light)
    assert ours.ellipticity == pytest.approx(theirs.ellipticity_centroid, abs=0.03)
    assert ours.concentration == pytest.approx(theirs.concentration, abs=0.1)
    assert ours.asymmetry == pytest.approx(theirs.asymmetry, abs=0.04)
    assert ours.radius == pytest.approx(theirs.r50, rel=0.05)


def test_one_sided_light_is_asymmetric() -> None:
    light = sersic(1.0, 14.0, 1.0, 0.0).copy()
    y, x = np.mgrid[:SIDE, :SIDE]
    light += 6 * np.exp(-np.hypot(x - 140, y - 112) / 4)
    asymmetry = measured(light).asymmetry
    assert asymmetry is not None
    assert asymmetry > 0.25


def test_another_object_beside_it_is_left_out() -> None:
    alone = measured(sersic(1.0, 10.0, 0.7, 60.0))
    light = sersic(1.0, 10.0, 0.7, 60.0).copy()
    y, x = np.mgrid[:SIDE, :SIDE]
    light += 5 * np.exp(-np.hypot(x - 205, y - 60) / 3)
    beside = measured(light)
    assert beside.ellipticity == pytest.approx(alone.ellipticity, abs=0.02)
    assert beside.concentration == pytest.approx(alone.concentration, abs=0.1)
    assert beside.asymmetry == pytest.approx(alone.asymmetry, abs=0.05)


@settings(max_examples=10)
@given(st.floats(0.1, 1000), st.floats(-100, 1e4), st.sampled_from([0, 1, 2, 3]))
def test_units_sky_and_quarter_turns_do_not_matter(unit: float, sky: float, quarters: int) -> None:
    light = sersic(1.0, 14.0, 0.6, 30.0)
    one, other = measured(light), measured(np.rot90(light * unit + sky, quarters).copy())
    assert other.ellipticity == pytest.approx(one.ellipticity, abs=0.01)
    assert other.concentration == pytest.approx(one.concentration, abs=0.02)
    assert other.radius == pytest.approx(one.radius, rel=0.01)
    assert one.position_angle is not None
    assert other.position_angle is not None
    turned = (one.position_angle + 90 * quarters - other.position_angle + 90) % 180 - 90
    assert turned == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    "light",
    [
        np.zeros((60, 60)),
        np.random.default_rng(1).normal(0, 1, (60, 60)),
        np.eye(60),
        np.full((9, 9), 7.0),
        np.add.outer(np.arange(60.0), np.arange(60.0)),
    ],
)
def test_what_is_no_galaxy_has_no_concentration_or_a_number(light: np.ndarray) -> None:
    shape = shape_of_light(light, centre=(light.shape[1] / 2, light.shape[0] / 2))
    for name in ("ellipticity", "concentration", "asymmetry", "radius"):
        value = getattr(shape, name)
        assert value is None or math.isfinite(value)


def test_a_known_stretch_is_undone_and_a_reduced_scale_counts() -> None:
    light = sersic(2.0, 14.0, 0.6, 30.0)
    levels = Levels(5.0, float(light.max()), 0.1, 4.0, float(light.max()), 0.1)
    shown = np.arcsinh((light - 5) / 0.1) / np.arcsinh((light.max() - 5) / 0.1)
    rgb = np.repeat((np.clip(shown, 0, 1) * 255).round().astype(np.uint8)[..., None], 3, axis=2)
    frame = Frame(120.0, 120.0, 240.0, 480, 480)
    picture = Picture(rgb, 480, 480, "FITS", deep=True, levels=levels)
    shape = measure_shape(picture, frame)
    straight = measured(light)
    assert shape.concentration == pytest.approx(straight.concentration, abs=0.2)
    assert straight.radius is not None
    assert shape.radius == pytest.approx(2 * straight.radius, rel=0.1)
    flattened = measure_shape(Picture(rgb, 480, 480, "JPEG"), frame)
    assert (
        flattened.concentration is None
        or shape.concentration is None
        or (flattened.concentration < shape.concentration)
    )


def test_a_frame_at_the_very_edge() -> None:
    rgb = np.zeros((40, 40, 3), np.uint8)
    picture = Picture(rgb, 40, 40, "PNG")
    assert measure_shape(picture, Frame(39.0, 39.0, 2.0, 40, 40)) == MeasuredShape()
