"""Parts of pictures at another size: the pixels that Pillow would make of the whole picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import galaxy
from PIL import Image

from skyform.images.resize import resize_box


def pillows(rgb: np.ndarray, box: tuple[float, ...], size: tuple[int, int]) -> np.ndarray:
    image = Image.fromarray(rgb)
    return np.asarray(image.resize(size[::-1], Image.Resampling.BICUBIC, box=box))


def resized(rgb: np.ndarray, box: tuple[float, ...], size: tuple[int, int]) -> np.ndarray:
    out = np.zeros((*size, 3), np.uint8)
    resize_box(rgb, box, out=out)
    return out


BOXES = [
    ((0.0, 0.0, 200.0, 150.0), (30, 40)),
    ((20.3, 11.8, 120.9, 112.4), (64, 64)),
    ((20.3, 11.8, 50.1, 41.6), (96, 96)),
    ((0.0, 49.4, 100.6, 150.0), (100, 100)),
    ((99.0, 0.0, 200.0, 101.0), (7, 9)),
    ((10.0, 10.0, 10.4, 10.4), (8, 8)),
]


@pytest.mark.parametrize(("box", "size"), BOXES)
def test_the_pixels_are_those_of_the_whole_picture(
    box: tuple[float, ...], size: tuple[int, int]
) -> None:
    rgb = galaxy(150, 200)
    assert np.array_equal(resized(rgb, box, size), pillows(rgb, box, size))


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.tuples(*[st.floats(0, 1)] * 3),
    st.integers(1, 70),
)
def test_any_box_within_the_picture(
    height: int, width: int, where: tuple[float, float, float], size: int
) -> None:
    rgb = np.random.default_rng([height, width]).integers(40, 200, (height, width, 3), np.uint8)
    side = max(where[2] * min(height, width), 0.01)
    left, top = where[0] * (width - side), where[1] * (height - side)
    box = (left, top, min(left + side, float(width)), min(top + side, float(height)))
    made = resized(rgb, box, (size, size))
    assert np.abs(made.astype(int) - pillows(rgb, box, (size, size))).mean() < 1


def test_only_the_place_given_is_filled() -> None:
    canvas = np.full((20, 20, 3), 7, np.uint8)
    resize_box(galaxy(), (0.0, 0.0, 80.0, 60.0), out=canvas[5:10, 3:13])
    assert np.array_equal(canvas[5:10, 3:13], resized(galaxy(), (0.0, 0.0, 80.0, 60.0), (5, 10)))
    canvas[5:10, 3:13] = 7
    assert (canvas == 7).all()


def test_a_picture_at_its_own_size_is_itself() -> None:
    assert np.array_equal(resized(galaxy(), (0.0, 0.0, 80.0, 60.0), (60, 80)), galaxy())


def test_what_lies_around_the_box_counts() -> None:
    dark, half_bright = np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40, 3), np.uint8)
    half_bright[:, 20:] = 200
    left_half = (0.0, 0.0, 20.0, 40.0)
    for rgb, bright in ((dark, False), (half_bright, True)):
        # At a tenth of the size the filter reaches far over the box's right edge.
        last_column = resized(rgb, left_half, (4, 2))[:, -1]
        assert bool(last_column.any()) == bright
