"""Levels that a person chooses, from the levels themselves to the formats that have them."""

import io

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from skyform.images import Levels, Stretch, decode
from skyform.images.stretch import auto_stretch, combined, stretched

LEVELS = Levels(black=-2.0, white=500.0, softening=16.0, floor=-40.0, ceiling=9000.0, unit=16.0)
SHARES = st.floats(0, 1)


def sky(*, planes: int = 1) -> np.ndarray:
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:80, :100]
    glow = 800 * np.exp(-np.hypot(x - 50, y - 40) / 6)
    return (glow + rng.normal(100, 4, (planes, 80, 100))).astype(np.float32)


@given(SHARES)
def test_a_share_is_a_brightness_and_back(share: float) -> None:
    assert LEVELS.share(LEVELS.brightness(share)) == pytest.approx(share, abs=1e-9)


@given(SHARES, SHARES)
def test_more_light_is_a_larger_share(one: float, other: float) -> None:
    if one < other - 1e-9:
        assert LEVELS.brightness(one) < LEVELS.brightness(other)


@given(st.none() | SHARES, st.none() | SHARES, st.none() | st.floats(0.01, 10))
def test_white_is_always_above_black(
    low: float | None, high: float | None, f: float | None
) -> None:
    chosen = LEVELS.chosen(Stretch(low, high, f))
    assert chosen.white > chosen.black
    assert chosen.softening > 0


def test_choosing_nothing_or_the_same_changes_nothing() -> None:
    assert LEVELS.chosen(Stretch()) == LEVELS
    same = LEVELS.chosen(LEVELS.stretch)
    assert same.black == pytest.approx(LEVELS.black)
    assert same.white == pytest.approx(LEVELS.white)
    assert same.softening == LEVELS.softening


def test_a_stretch_can_be_undone() -> None:
    image = sky()[0]
    shown, levels = stretched(image)
    assert levels is not None
    inside = (shown > 0) & (shown < 1)
    light = levels.undone(shown)[inside] * levels.softening + levels.black
    assert np.allclose(light, image[inside], rtol=1e-3, atol=0.05)


def test_the_choice_does_what_it_says() -> None:
    image = sky()[0]
    plain, levels = stretched(image)
    assert levels is not None
    assert np.array_equal(plain, auto_stretch(image))
    darker, _ = stretched(image, stretch=Stretch(low=levels.stretch.low + 0.2))
    assert darker.mean() < plain.mean()
    brighter, _ = stretched(image, stretch=Stretch(high=levels.stretch.high - 0.2))
    assert brighter.mean() > plain.mean()
    lifted, _ = stretched(image, stretch=Stretch(softening=0.2))
    assert np.median(lifted) > np.median(plain)
    colour, _ = combined(sky(planes=3))
    lifted, _ = combined(sky(planes=3), stretch=Stretch(softening=0.2))
    assert lifted.mean() > colour.mean()
    assert stretched(np.full((5, 5), 3.0), stretch=Stretch(low=0.5))[1] is None


def fits_bytes(values: np.ndarray) -> bytes:
    out = io.BytesIO()
    fits.PrimaryHDU(values).writeto(out)
    return out.getvalue()


def png_bytes(values: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("planes", [1, 3])
def test_fits_takes_levels(planes: int) -> None:
    data = fits_bytes(np.squeeze(sky(planes=planes)))
    plain = decode(data)
    assert plain.deep
    assert plain.levels is not None
    chosen = decode(data, stretch=Stretch(low=0.6))
    assert chosen.rgb.mean() < plain.rgb.mean()
    assert chosen.levels is not None
    assert chosen.levels.stretch.low == pytest.approx(0.6)


def test_sixteen_bits_are_in_proportion_until_a_stretch_is_chosen() -> None:
    data = png_bytes((sky()[0] * 60).clip(0, 65535).astype(np.uint16))
    plain = decode(data)
    assert (plain.deep, plain.levels) == (True, None)
    chosen = decode(data, stretch=Stretch())
    assert chosen.levels is not None
    assert not np.array_equal(chosen.rgb, plain.rgb)


def test_what_has_256_steps_stays_as_it_is() -> None:
    for values in (sky()[0].clip(0, 255).astype(np.uint8), np.eye(9, dtype=np.uint8)):
        for data in (png_bytes(values), values, fits_bytes(values)):
            plain, chosen = decode(data), decode(data, stretch=Stretch(low=0.5))
            assert (plain.deep, plain.levels) == (False, None)
            assert np.array_equal(plain.rgb, chosen.rgb)


def test_the_array_and_pil_ways_take_levels_too() -> None:
    values = sky()[0]
    darker = Stretch(low=0.7)
    for source in (values, Image.fromarray(values)):
        assert decode(source, stretch=darker).rgb.mean() < decode(source).rgb.mean()
