import numpy as np
import pytest
from drawn_galaxies import galaxy

from skyform.errors import DataError, RecipeError
from skyform.models import features
from skyform.models.features import (
    HogFeatures,
    JoinedFeatures,
    MorphologyFeatures,
    PcaFeatures,
    PixelFeatures,
    make_features,
)
from skyform.models.morphology import MEASUREMENTS

PICTURES = np.stack([galaxy(side=48, ratio=r, seed=i) for i, r in enumerate((1.0, 0.6, 0.3))])
BLANK = np.zeros((48, 48, 3), np.uint8)


def test_pixels_are_the_pixels():
    rows = PixelFeatures().fit_transform(PICTURES)
    np.testing.assert_allclose(rows, PICTURES.reshape(3, -1) / 255, atol=1e-6)


def test_pixels_are_averaged_down():
    picture = np.zeros((1, 4, 4, 3), np.uint8)
    picture[0, :2, :2] = 200
    picture[0, 0, 0] = 100
    rows = PixelFeatures(side=2).transform(picture)
    np.testing.assert_allclose(rows[0, :3], 175 / 255, atol=1e-6)
    assert rows.shape == (1, 12)
    assert PixelFeatures(side=2, grey=True).transform(picture).shape == (1, 4)


def test_components_are_few_and_ordered():
    made = PcaFeatures(components=64, side=16)
    rows = made.fit_transform(PICTURES)
    assert rows.shape == (3, 3)
    assert made.names == ("component 1", "component 2", "component 3")
    assert rows[:, 0].var() >= rows[:, 1].var()
    np.testing.assert_allclose(made.transform(PICTURES), rows, atol=1e-4)


def test_gradients():
    made = HogFeatures(side=32, cell=8)
    rows = made.fit_transform(PICTURES)
    assert rows.shape == (3, 3 * 3 * 2 * 2 * 9)
    assert len(made.names) == rows.shape[1]
    brighter = np.minimum(PICTURES.astype(int) * 2, 255).astype(np.uint8)[2:]
    assert np.corrcoef(made.transform(brighter)[0], rows[2])[0, 1] > 0.9


def test_what_could_not_be_measured_takes_the_typical_value():
    made = MorphologyFeatures(method="fast", workers=1)
    rows = made.fit_transform(np.stack([*PICTURES, BLANK]))
    assert made.failures == {"none": 1}
    assert np.isfinite(rows).all()
    gini = [m.name for m in MEASUREMENTS].index("gini")
    assert rows[3, gini] == pytest.approx(np.median(rows[:3, gini]))
    again = made.transform(BLANK[None])
    np.testing.assert_allclose(again[0], rows[3])


def test_failures_of_statmorph_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("skyform.models.morphology._statmorph", lambda light: {})
    made = MorphologyFeatures(workers=1)
    made.fit_transform(np.stack([PICTURES[0], PICTURES[1], BLANK]))
    assert made.failures == {"fast": 2, "none": 1}


def test_several_processes_measure_the_same():
    many = np.stack([galaxy(side=40, ratio=0.4 + i / 40, seed=i) for i in range(18)])
    one = MorphologyFeatures(method="fast", workers=1).fit_transform(many)
    two = MorphologyFeatures(method="fast", workers=2).fit_transform(many)
    np.testing.assert_array_equal(one, two)


def test_a_picture_is_measured_once(tmp_path, monkeypatch: pytest.MonkeyPatch):
    cache = tmp_path / "folder" / "morphology.sqlite"
    first = MorphologyFeatures(method="fast", workers=1, cache=cache).fit_transform(PICTURES)
    measured: list[int] = []
    real = features.measure_morphology

    def count(picture: np.ndarray, *, method: str):
        measured.append(1)
        return real(picture, method=method)

    monkeypatch.setattr(features, "measure_morphology", count)
    again = MorphologyFeatures(method="fast", workers=1, cache=cache)
    twice = np.concatenate([PICTURES, PICTURES, BLANK[None]])
    rows = again.fit_transform(twice)
    np.testing.assert_array_equal(rows[:3], first)
    np.testing.assert_array_equal(rows[3:6], first)
    assert len(measured) == 1
    assert again.failures == {"none": 1}


def test_a_cache_that_is_none(tmp_path):
    cache = tmp_path / "notes.txt"
    cache.write_text("not a database, but long enough to be taken for one" * 40)
    with pytest.raises(DataError, match=r"notes\.txt"):
        MorphologyFeatures(method="fast", cache=cache).fit_transform(PICTURES)


def test_features_side_by_side():
    made = make_features({"pixels": {"side": 2}, "morphology": {"method": "fast", "workers": 1}})
    assert isinstance(made, JoinedFeatures)
    rows = made.fit_transform(PICTURES)
    assert rows.shape == (3, 12 + len(MEASUREMENTS))
    assert len(made.names) == rows.shape[1]
    assert made.names[-1] == "shape_asymmetry"
    assert made.failures == {}


@pytest.mark.parametrize(
    ("kinds", "match"),
    [
        ("colour", "no known features.*pixels, pca"),
        ({}, "no known features"),
        ({"pixels": {"edge": 3}}, "features.pixels is .*edge"),
        ({"pixels": {"side": 0}}, "side is 0"),
        ({"pca": {"components": 0}}, "components is 0"),
        ({"hog": {"side": 8, "cell": 8, "block": 2}}, "more than the side of 8"),
        ({"morphology": {"method": "slow"}}, "features.morphology is .*slow"),
    ],
)
def test_unknown_features_are_one_clear_error(kinds, match: str):
    with pytest.raises(RecipeError, match=match):
        make_features(kinds)
