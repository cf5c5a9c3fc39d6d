import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_data import drawn_galaxy

from skyform.errors import ModelError
from skyform.images import Picture, Preprocess
from skyform.schema import Flag


def picture(rgb: np.ndarray, **more: int) -> Picture:
    return Picture(
        rgb, more.get("width", rgb.shape[1]), more.get("height", rgb.shape[0]), "array", ()
    )


def sky(height: int, width: int, *, x: float, y: float, sigma: float) -> np.ndarray:
    ys, xs = np.mgrid[0:height, 0:width]
    light = 200 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (2 * sigma**2))
    noise = np.random.default_rng(0).normal(5, 1.5, (height, width))
    return np.repeat(np.clip(light + noise, 0, 255)[..., None], 3, axis=2).astype(np.uint8)


@given(
    st.integers(20, 300),
    st.integers(20, 300),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.02, 0.5),
)
def test_the_crop_is_a_square_inside_the_picture(h: int, w: int, fx: float, fy: float, size: float):
    prepared = Preprocess(size=32)(picture(sky(h, w, x=fx * w, y=fy * h, sigma=size * min(h, w))))
    frame = prepared.frame
    assert prepared.pixels.shape == (32, 32, 3)
    assert 0 < frame.side <= min(h, w) + 1e-6
    assert -1e-6 <= frame.x <= w - frame.side + 1e-6
    assert -1e-6 <= frame.y <= h - frame.side + 1e-6


def test_the_same_galaxy_is_framed_alike_whatever_the_picture_around_it():
    small = Preprocess(size=64)(picture(sky(200, 200, x=100, y=100, sigma=10)))
    large = Preprocess(size=64)(picture(sky(250, 400, x=200, y=125, sigma=10)))
    assert small.frame.side == pytest.approx(large.frame.side, rel=0.25)
    difference = small.pixels.astype(float) - large.pixels
    assert np.abs(difference).mean() < 12


def test_a_cut_out_is_left_as_it_is():
    prepared = Preprocess(size=64)(picture(sky(100, 100, x=50, y=50, sigma=17)))
    assert prepared.frame.side == 100
    assert (prepared.frame.x, prepared.frame.y) == (0, 0)


def test_an_object_off_the_centre_is_centred_and_flagged():
    prepared = Preprocess(size=64)(picture(sky(300, 300, x=70, y=70, sigma=8)))
    centre = prepared.frame.x + prepared.frame.side / 2
    assert centre == pytest.approx(70, abs=4)
    assert Flag.OFF_CENTRE in prepared.flags


def test_the_frame_is_in_pixels_of_the_whole_picture():
    rgb = sky(200, 200, x=100, y=100, sigma=8)
    full = Preprocess(size=64)(picture(rgb))
    reduced = Preprocess(size=64)(picture(rgb, width=800, height=800))
    assert reduced.frame.side == pytest.approx(4 * full.frame.side)
    assert reduced.frame.width == 800


def test_the_margin_shows_more_at_the_same_scale():
    rgb = sky(300, 300, x=150, y=150, sigma=10)
    plain, wide = (
        Preprocess(size=64)(picture(rgb)),
        Preprocess(size=64).with_margin(1.5)(picture(rgb)),
    )
    assert wide.pixels.shape == (96, 96, 3)
    inner = wide.pixels[16:80, 16:80].astype(float)
    assert np.abs(inner - plain.pixels).mean() < 2


def test_margin_beyond_the_picture_is_filled_with_its_border():
    rgb = np.full((50, 50, 3), 30, np.uint8)
    rgb[15:35, 15:35] = 220
    wide = Preprocess(size=50, framing=9.0).with_margin(2.0)(picture(rgb))
    assert (wide.pixels[0, 0] == 30).all()


@pytest.mark.parametrize(
    ("rgb", "flag"),
    [
        (np.full((60, 60, 3), 9, np.uint8), Flag.BLANK),
        (np.full((60, 60, 3), 9, np.uint8), Flag.NOTHING_FOUND),
        (sky(60, 60, x=30, y=30, sigma=1.5), Flag.TINY),
        (np.full((60, 60, 3), 255, np.uint8), Flag.SATURATED),
        (sky(100, 100, x=5, y=50, sigma=14), Flag.CUT_BY_EDGE),
    ],
)
def test_flags(rgb: np.ndarray, flag: Flag):
    assert flag in Preprocess(size=32)(picture(rgb)).flags


def test_a_good_picture_has_no_flags():
    assert Preprocess(size=64)(picture(np.asarray(drawn_galaxy(1, side=200)))).flags == ()


def test_round_trip_and_fingerprint():
    preprocess = Preprocess(size=96, framing=2.5)
    again = Preprocess.from_dict(json.loads(json.dumps(preprocess.to_dict())))
    assert again == preprocess
    assert again.fingerprint == preprocess.fingerprint != Preprocess().fingerprint


@pytest.mark.parametrize("values", [{"version": 2}, {"version": 1, "colour": "red"}, {}])
def test_another_version_is_refused(values: dict[str, object]):
    with pytest.raises(ModelError, match="another preprocessing"):
        Preprocess.from_dict(values)


@pytest.mark.parametrize("name", ["framing", "least_crop", "whole", "margin"])
def test_settings_are_checked(name: str):
    with pytest.raises(ValueError, match=rf"{name} is 0\.0; it must be above 0"):
        Preprocess(**{name: 0.0})
