"""Disturbed pictures, and whether the answer stays."""

import numpy as np
import pytest

from skyform.evaluation.stability import DISTURBANCES, Said, changed


def said(columns: list[int], confidence: list[float]) -> Said:
    return Said(np.array(columns), np.array(confidence))


def test_only_confident_pictures_count():
    before = said([0, 1, 2, 2], [0.9, 0.85, 0.5, 0.95])
    after = said([0, 2, 0, 2], [0.4, 0.9, 0.9, 0.9])
    found = changed(before, after)
    assert found is not None
    assert (found.value, found.n) == (pytest.approx(1 / 3), 3)
    assert changed(before, after, least=0.99) is None


def test_a_mirrored_picture_is_expected_to_wind_the_other_way():
    before, after = said([1, 2, 0], [0.9, 0.9, 0.9]), said([2, 1, 0], [0.9, 0.9, 0.9])
    mirrored = changed(before, after, mirrors=(0, 2, 1))
    assert mirrored is not None
    assert mirrored.value == 0
    plain = changed(before, after)
    assert plain is not None
    assert plain.value == pytest.approx(2 / 3)


def test_pictures_must_be_the_same():
    with pytest.raises(ValueError, match="before has 1 pictures, after 2"):
        changed(said([0], [0.9]), said([0, 1], [0.9, 0.9]))


@pytest.mark.parametrize("name", DISTURBANCES)
def test_what_a_picture_shows_is_left(name: str):
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:90, 0:100]
    light = 200 * np.exp(-np.hypot(x - 50, y - 45) / 9)
    picture = np.repeat(light[..., None], 3, axis=2).astype(np.uint8)
    out = DISTURBANCES[name].disturb(picture, rng)
    assert out.dtype == np.uint8
    scale = {"half": 0.5, "double": 2.0}.get(name, 1.0)
    assert sorted(out.shape[:2]) == [90 * scale, 100 * scale]
    peak = np.unravel_index(out[..., 0].argmax(), out.shape[:2])
    np.testing.assert_allclose(np.array(peak) / out.shape[:2], 0.5, atol=0.04)
    assert out.mean() == pytest.approx(picture.mean(), rel=0.08)
