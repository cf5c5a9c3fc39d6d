import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_data import drawn_galaxy
from scipy import ndimage

from skyform.images import find, find_object


def blob(
    height: int, width: int, x: float, y: float, sigma: float, level: float = 200
) -> np.ndarray:
    ys, xs = np.mgrid[0:height, 0:width]
    light = level * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * sigma**2))
    noise = np.random.default_rng(0).normal(5, 1.5, (height, width))
    return np.repeat(np.clip(light + noise, 0, 255)[..., None], 3, axis=2).astype(np.uint8)


@given(st.floats(0.35, 0.65), st.floats(0.35, 0.65), st.floats(0.03, 0.08))
def test_centre_and_size_of_a_gaussian(fx: float, fy: float, size: float):
    picture = blob(200, 200, fx * 200, fy * 200, size * 200)
    found = find_object(picture)
    assert found is not None
    assert found.x == pytest.approx(fx * 200, abs=3)
    assert found.y == pytest.approx(fy * 200, abs=3)
    # 90 % of a Gaussian's light lies within 2.15 sigma; the threshold cuts its wings.
    assert 1.5 * size * 200 < found.radius < 2.6 * size * 200


def test_the_size_scales_with_the_picture():
    small, large = (find_object(blob(s, s, s / 2, s / 2, s / 16)) for s in (120, 960))
    assert small is not None
    assert large is not None
    assert large.radius / 960 == pytest.approx(small.radius / 120, rel=0.15)


def test_the_object_near_the_centre_beats_a_brighter_star_in_the_corner():
    picture = np.maximum(blob(200, 200, 100, 100, 10, 120), blob(200, 200, 20, 20, 8, 250))
    found = find_object(picture)
    assert found is not None
    assert abs(found.x - 100) < 5


def test_a_pair_is_one_object_with_no_rival_and_two_apart_are_rivals():
    pair = np.maximum(blob(200, 200, 92, 100, 8), blob(200, 200, 108, 100, 8))
    apart = np.maximum(blob(200, 200, 75, 100, 6), blob(200, 200, 125, 100, 6))
    together, rivals = find_object(pair), find_object(apart)
    assert together is not None
    assert rivals is not None
    assert (together.rivals, rivals.rivals) == (0, 1)


@pytest.mark.parametrize("level", [0, 7, 255])
def test_nothing_in_an_even_picture(level: int):
    assert find_object(np.full((64, 48, 3), level, np.uint8)) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3, 2), (7, 300)])
def test_odd_shapes_do_not_fail(shape: tuple[int, int]):
    rng = np.random.default_rng(0)
    found = find_object(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
    assert found is None or (0 <= found.x <= shape[1] and 0 <= found.y <= shape[0])


def test_an_object_over_the_edge_is_noticed():
    found = find_object(blob(100, 100, 8, 50, 14))
    inside = find_object(np.asarray(drawn_galaxy(0, side=128)))
    assert found is not None
    assert found.touches_edge
    assert inside is not None
    assert not inside.touches_edge


@given(st.integers(1, 128), st.integers(1, 128))
def test_smoothing_by_matrices_is_scipys(height: int, width: int):
    grey = np.random.default_rng([height, width]).uniform(0, 255, (height, width))
    smooth = find._smoothed(grey.astype(np.float32))
    assert np.allclose(smooth, ndimage.gaussian_filter(grey, find._SMOOTHING), atol=1e-3)


@given(st.integers(1, 60), st.integers(1, 60), st.floats(1, 40))
def test_the_background_is_median_and_spread_of_the_border(height: int, width: int, noise: float):
    rng = np.random.default_rng([height, width])
    grey = rng.normal(100, noise, (height, width)).astype(np.float32)
    edge = max(1, min(height, width) // 8)
    inner = grey[edge:-edge]
    sides = (grey[:edge, ::2], grey[-edge:, ::2], inner[:, :edge:2], inner[:, -edge::2])
    border = np.concatenate([side.ravel() for side in sides])
    level, spread = find._background(grey)
    assert level == pytest.approx(np.median(border))
    below = border[border <= np.float32(level)]
    expected = 1.4826 * np.median(level - below) if below.size else 0.0
    assert spread == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("x", "y", "touches"),
    [
        (50, 50, False),
        (3, 50, True),
        (96, 50, True),
        (50, 3, True),
        (50, 96, True),
        (24, 50, False),
    ],
)
def test_every_edge_is_watched(x: int, y: int, touches: bool):
    found = find_object(blob(100, 100, x, y, 8))
    assert found is not None
    assert found.touches_edge == touches
