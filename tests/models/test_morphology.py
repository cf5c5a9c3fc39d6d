import numpy as np
import pytest
from drawn_galaxies import galaxy, pair
from hypothesis import given, settings
from hypothesis import strategies as st

from skyform.errors import MissingExtraError
from skyform.models import morphology
from skyform.models.morphology import MEASUREMENTS, Morphology, find_light, measure_morphology


def fast(picture: np.ndarray) -> Morphology:
    return measure_morphology(picture, method="fast")


def test_every_measurement_is_described_and_measured():
    names = [m.name for m in MEASUREMENTS]
    assert names == [n for n in Morphology.__dataclass_fields__ if n != "method"]
    assert all(m.title and m.description.endswith(".") and m.source for m in MEASUREMENTS)
    measured = measure_morphology(galaxy())
    assert measured.method == "statmorph"
    assert np.isfinite(measured.values).all()
    assert measured.values[names.index("gini")] == measured.gini


@pytest.mark.parametrize("method", ["statmorph", "fast"])
def test_measurements_rank_galaxies_as_eyes_do(method):
    round_one = measure_morphology(galaxy(ratio=0.95), method=method)
    edge_on = measure_morphology(galaxy(ratio=0.25, radius=0.15), method=method)
    flat = measure_morphology(galaxy(index=0.5), method=method)
    large = measure_morphology(galaxy(radius=0.2), method=method)
    two = measure_morphology(pair(), method=method)
    assert round_one.ellipticity < 0.15 < 0.5 < edge_on.ellipticity
    assert round_one.concentration > flat.concentration + 0.3
    assert round_one.gini > flat.gini
    assert abs(round_one.asymmetry) < 0.1
    assert two.asymmetry > round_one.asymmetry + 0.1
    assert two.m20 > round_one.m20 + 0.3
    assert large.half_light_radius > 1.5 * round_one.half_light_radius


def test_the_sersic_index_comes_back():
    assert measure_morphology(galaxy(index=1.0)).sersic_index == pytest.approx(1, abs=0.3)


def test_the_fast_method_agrees_with_statmorph():
    for i, settings_ in enumerate(({}, {"ratio": 0.5}, {"index": 2.0}, {"radius": 0.14})):
        picture = galaxy(seed=i, **settings_)
        ours, theirs = fast(picture), measure_morphology(picture)
        assert theirs.method == "statmorph"
        assert ours.concentration == pytest.approx(theirs.concentration, rel=0.12)
        assert ours.ellipticity == pytest.approx(theirs.ellipticity, abs=0.05)
        assert ours.m20 == pytest.approx(theirs.m20, abs=0.25)
        assert ours.half_light_radius == pytest.approx(theirs.half_light_radius, rel=0.35)
        assert ours.asymmetry == pytest.approx(theirs.asymmetry, abs=0.1)


@settings(max_examples=15)
@given(st.integers(0, 7), st.integers(0, 100))
def test_orientation_changes_nothing(way: int, seed: int):
    picture = galaxy(ratio=0.5, seed=seed, shift=(0.02, -0.01))
    moved = np.rot90(picture[:, ::-1] if way >= 4 else picture, way % 4)
    a, b = fast(picture), fast(moved)
    assert b.ellipticity == pytest.approx(a.ellipticity, abs=1e-6)
    assert b.gini == pytest.approx(a.gini, abs=0.02)
    assert b.concentration == pytest.approx(a.concentration, abs=0.1)


def test_size_changes_little():
    small, large = fast(galaxy(side=96)), fast(galaxy(side=400))
    assert large.half_light_radius == pytest.approx(small.half_light_radius, rel=0.1)
    assert large.concentration == pytest.approx(small.concentration, rel=0.1)


def test_neighbours_are_left_out():
    alone = galaxy(side=128)
    star = galaxy(side=128, radius=0.015, shift=(0.33, 0.33), noise=0.0).astype(int) - 10
    company = np.clip(alone + star, 0, 255).astype(np.uint8)
    light = find_light(company)
    assert light is not None
    assert light.inside[64, 64]
    assert light.others[106, 106]
    assert fast(company).concentration == pytest.approx(fast(alone).concentration, abs=0.1)


@pytest.mark.parametrize("method", ["statmorph", "fast"])
@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((64, 64, 3), np.uint8),
        np.full((64, 64, 3), 255, np.uint8),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((3, 400, 3), np.uint8),
        np.zeros((0, 5, 3), np.uint8),
    ],
)
def test_nothing_to_measure(picture: np.ndarray, method):
    measured = measure_morphology(picture, method=method)
    assert measured.method == "none"
    assert np.isnan(measured.values).all()


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(["noise", "blocks", "edge", "gradient", "half"]))
def test_whatever_the_picture_numbers_or_nan(seed: int, kind: str):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (40, 56, 3), dtype=np.uint8)
    if kind == "blocks":
        picture = np.repeat(np.repeat(picture[:5, :7], 8, 0), 8, 1)
    elif kind == "edge":
        picture[:, 8:] = 0
    elif kind == "gradient":
        picture[:] = (np.arange(56) * 4)[None, :, None].astype(np.uint8)
    elif kind == "half":
        picture[:, 28:] = 255
    values = fast(picture).values
    assert values.shape == (len(MEASUREMENTS),)
    assert not np.isinf(values).any()


def test_where_statmorph_fails_the_fast_method_steps_in(monkeypatch: pytest.MonkeyPatch):
    import statmorph

    def fail(*_args: object, **_settings: object) -> None:
        raise IndexError("a part of it failed")

    monkeypatch.setattr(statmorph, "SourceMorphology", fail)
    measured = measure_morphology(galaxy())
    assert measured.method == "fast"
    assert np.isnan(measured.sersic_index)
    assert measured.gini > 0


def test_without_statmorph_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "statmorph", None)
    with pytest.raises(MissingExtraError, match=r"skyform\[lab\]"):
        measure_morphology(galaxy())
    assert morphology.measure_morphology(galaxy(), method="fast").method == "fast"
