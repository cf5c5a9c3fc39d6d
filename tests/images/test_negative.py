"""A galaxy printed dark on bright is classified as the galaxy that it is, and nothing else is turned round."""

import io

import numpy as np
import pytest
from made_up_data import drawn_galaxy
from makers import galaxy_flux, image_file
from PIL import Image

from skyform.datasets.strangers import stranger_pictures
from skyform.images import Preparer, Preprocess, Stretch, decode
from skyform.images.negative import is_negative
from skyform.schema import Flag


def grey(seed: int, *, side: int = 424) -> np.ndarray:
    mean = np.asarray(drawn_galaxy(seed, side=side).convert("L"))
    return np.repeat(mean[..., None], 3, axis=2)


@pytest.mark.parametrize("side", [424, 106])
def test_a_galaxy_is_no_negative_and_its_negative_is_one(side: int):
    for seed in range(8):
        rgb = grey(seed, side=side)
        assert not is_negative(rgb)
        assert is_negative(255 - rgb)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "array", "PIL"])
def test_decoding_turns_it_into_a_positive_and_says_so(format: str):
    rgb = grey(1)
    source = {
        "array": 255 - rgb,
        "PIL": Image.fromarray(255 - rgb),
    }.get(format)
    data = image_file(255 - rgb, format) if source is None else source
    picture = decode(data)
    assert picture.flags == (Flag.NEGATIVE,)
    assert np.abs(picture.rgb.astype(int) - rgb).mean() < 2.0
    assert decode(rgb).flags == ()


@pytest.mark.parametrize("side", [1600, 424, 80])
def test_the_short_way_into_a_batch_sees_the_same(side: int):
    data = image_file(255 - grey(2, side=side), "JPEG", quality=95)
    preprocess = Preprocess(size=80)
    long = preprocess(decode(data, min_side=preprocess.min_side))
    out = np.zeros((80, 80, 3), np.uint8)
    frame, flags = Preparer(preprocess).into(data, out=out)
    assert Flag.NEGATIVE in flags
    assert flags == long.flags
    near = pytest.approx((long.frame.x, long.frame.y, long.frame.side), abs=0.02 * side)
    assert (frame.x, frame.y, frame.side) == near
    assert np.abs(out.astype(int) - long.pixels).mean() < 2.0


def test_a_colour_picture_with_a_bright_border_is_left_alone():
    rgb = 255 - grey(3)
    rgb[..., 2] //= 2
    assert not is_negative(rgb)
    assert decode(rgb).flags == ()


def test_measured_values_are_left_as_they_are():
    flux = -galaxy_flux()
    assert Flag.NEGATIVE not in decode(flux.astype(np.float32), stretch=Stretch()).flags


def test_one_that_is_dark_at_its_edge_or_even_all_over_is_left_alone():
    y, x = np.mgrid[:200, :200]
    ramp = np.repeat((x + y)[..., None] // 2, 3, axis=2).astype(np.uint8)
    assert not is_negative(255 - ramp)
    assert not is_negative(np.full((200, 200, 3), 250, np.uint8))


def test_photographs_and_charts_are_left_alone():
    for sort in ("photograph", "chart", "screenshot", "checkerboard"):
        pictures = [decode(p) for p in stranger_pictures(sort, 10)]
        assert not any(Flag.NEGATIVE in p.flags for p in pictures), sort


def test_a_reader_of_the_file_gets_the_upright_positive():
    rgb = 255 - grey(4, side=300)[:, :240]
    image = Image.fromarray(rgb)
    exif = image.getexif()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, exif=exif)
    picture = decode(out.getvalue())
    assert Flag.NEGATIVE in picture.flags
    assert (picture.width, picture.height) == (300, 240)
