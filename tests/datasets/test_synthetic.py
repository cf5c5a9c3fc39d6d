"""Synthetic galaxies: laws of the light, the same pictures from the same seed, labels that fit the truth."""

import io
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import radians

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from skyform.datasets.synthetic import SyntheticStore, synthetic_dataset
from skyform.datasets.synthetic_draw import MIXTURE, check_mixture, draw_galaxy
from skyform.datasets.synthetic_galaxy import Arms, Bulge, Disc, Galaxy, Warp, sersic_b, size_of
from skyform.datasets.synthetic_labels import (
    cast_votes,
    expected_fractions,
    one_hot,
    true_answers,
)
from skyform.datasets.synthetic_light import edge_on_disc, light, sersic
from skyform.datasets.synthetic_picture import render, signal
from skyform.datasets.synthetic_sky import SURVEYS, blurred, coloured, noise
from skyform.errors import DataError
from skyform.schema import DECALS, KAGGLE, SKYFORM, TAXONOMIES, conditional

KINDS = st.sampled_from(sorted(MIXTURE))
SEEDS = st.integers(0, 2**32 - 1)


def drawn(kind: str, seed: int = 0) -> Galaxy:
    return draw_galaxy(np.random.default_rng(seed), kind)


def grid(reach: float, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Points from -reach to reach: the middles of pixels, so that none is the centre."""
    at = (np.arange(side) + 0.5) / side * 2 * reach - reach
    x, y = np.meshgrid(at.astype(np.float32), at.astype(np.float32)[::-1])
    return x, y


def alone(galaxy: Galaxy, *, side: int = 64) -> np.ndarray:
    return signal(galaxy, SURVEYS["sdss"], side=side, radius=side / 5).mean(axis=0)


def axis_ratio(image: np.ndarray) -> float:
    """From second moments within the picture."""
    side = image.shape[0]
    at = np.arange(side) - (side - 1) / 2
    y, x = np.meshgrid(at, at, indexing="ij")
    weight = image / image.sum()
    cov = np.array([[(weight * a * b).sum() for a in (x, y)] for b in (x, y)])
    small, large = np.linalg.eigvalsh(cov)
    return float(np.sqrt(small / large))


# ---- the light


@given(st.floats(0.5, 10))
def test_the_sersic_constant_agrees_with_the_series_of_ciotti_and_bertin(n: float):
    series = 2 * n - 1 / 3 + 4 / (405 * n) + 46 / (25515 * n**2) + 131 / (1148175 * n**3)
    series -= 2194697 / (30690717750 * n**4)
    assert sersic_b(n) == pytest.approx(series, abs=3e-4)


@given(st.floats(0.5, 6), st.floats(0.3, 3), st.floats(0.2, 1))
def test_sersic_holds_its_flux_half_of_it_within_the_effective_radius(
    n: float, effective: float, q: float
):
    # Rings of equal width in log r; the inmost disc of 1e-6 effective radii holds nothing.
    edges = effective * np.geomspace(1e-6, 3e4, 6001)
    middle = np.sqrt(edges[1:] * edges[:-1])
    area = np.pi * q * np.diff(edges**2)
    flux = sersic(middle, index=n, effective=effective, axis_ratio=q, flux=3.0) * area
    assert flux.sum() == pytest.approx(3.0, rel=2e-3)
    assert flux[middle < effective].sum() == pytest.approx(1.5, rel=5e-3)


def test_the_flux_of_a_sersic_galaxy_survives_pixels():
    for n, q in ((1.0, 0.4), (2.5, 1.0), (4.0, 0.7)):
        galaxy = Galaxy("x", bulge=Bulge(1.0, 1.0, n, q), brightness=1.0)
        unit = size_of(galaxy) / 12
        total = signal(galaxy, SURVEYS["sdss"], side=384, radius=12.0).mean(axis=0).sum()
        reach = 192 * unit
        x, y = grid(reach, 3072)
        within = sersic(np.hypot(x, y / q), index=n, effective=1.0, axis_ratio=q)
        analytic = float(within.sum(dtype=float)) * (2 * reach / 3072) ** 2
        assert total / (np.pi * 12**2 / 0.9) == pytest.approx(analytic, rel=0.01)


def test_an_edge_on_disc_holds_its_flux_and_falls_as_sech_squared():
    x, y = grid(12, 1200)
    disc = edge_on_disc(x, y, scale=1.0, height=0.3)
    assert float(disc.sum(dtype=float)) * (24 / 1200) ** 2 == pytest.approx(1.0, rel=0.01)
    heights = np.array([0.0, 0.3, 0.6])
    column = edge_on_disc(np.full(3, 0.5), heights, scale=1.0, height=0.3)
    np.testing.assert_allclose(column / column[0], 1 / np.cosh(heights / 0.3) ** 2, rtol=1e-4)


def test_a_disc_with_a_bulge_bar_ring_and_arms_keeps_its_total():
    x, y = grid(14, 700)
    for kind in ("lenticular+bar", "tight+no-bar", "medium+bar+2-arm", "loose+flocculent", "ring"):
        for seed in range(3):
            galaxy = replace(drawn(kind, seed), warp=None)
            found = light(galaxy, x, y, step=0.04).populations
            total = float(found.sum(dtype=float)) * (28 / 700) ** 2
            assert total == pytest.approx(1.0, abs=0.3), kind


@given(KINDS, SEEDS, st.floats(-6.0, 6.0))
def test_turning_the_galaxy_turns_the_light(kind: str, seed: int, angle: float):
    galaxy = drawn(kind, seed)
    rng = np.random.default_rng(seed)
    x, y = rng.normal(0, 2, (2, 50)).astype(np.float32)
    c, s = np.cos(angle), np.sin(angle)
    there = light(galaxy.turned(angle), (x * c - y * s), (x * s + y * c), step=0.1)
    here = light(galaxy, x, y, step=0.1)
    # A texture is looked up in cells: at the edge of one, rounding may choose the next.
    close = np.isclose(there.populations, here.populations, rtol=2e-3, atol=1e-6)
    assert close.mean() > 0.85
    scale = here.populations.max(initial=1e-9)
    assert np.median(np.abs(there.populations - here.populations)) < 1e-3 * scale


@given(KINDS, SEEDS)
def test_the_mirrored_galaxy_is_the_mirror_image_and_winds_the_other_way(kind: str, seed: int):
    galaxy = drawn(kind, seed)
    mirrored = galaxy.mirrored()
    x, y = np.random.default_rng(seed).normal(0, 2, (2, 50)).astype(np.float32)
    here, there = light(galaxy, x, y, step=0.1), light(mirrored, -x, y, step=0.1)
    close = np.isclose(there.populations, here.populations, rtol=2e-3, atol=1e-6)
    assert close.mean() > 0.85
    truth, other = true_answers(galaxy), true_answers(mirrored)
    senses = {"sense.clockwise", "sense.anticlockwise"}
    assert truth - senses == other - senses
    if truth & senses:
        assert (truth & senses) | (other & senses) == senses


@given(KINDS, SEEDS)
def test_light_is_finite_and_never_negative(kind: str, seed: int):
    x, y = grid(10, 41)
    found = light(drawn(kind, seed), x, y)
    assert np.isfinite(found.populations).all()
    assert np.isfinite(found.dust).all()
    assert found.populations.min() >= 0
    assert found.dust.min() >= 0


def test_arms_follow_a_logarithmic_spiral():
    """Along r = exp(θ tan pitch) the ridge is bright all the way; across it lie dark gaps."""
    pitch = 0.35
    arms = Arms(2, pitch, 0.7, sharpness=3.0, patchiness=0.0, knots=0.0, inner=0.5, outer=6.0)
    galaxy = Galaxy("medium", disc=Disc(), arms=arms, clockwise=True, texture=5)
    radius = np.linspace(1.5, 3.5, 60)
    ridge = np.log(radius) / np.tan(pitch)

    def at(angle: np.ndarray) -> np.ndarray:
        x, y = (radius * np.cos(angle)).astype("f4"), (radius * np.sin(angle)).astype("f4")
        return light(galaxy, x, y).populations.sum(axis=0)

    assert np.mean(at(ridge)) > 2 * np.mean(at(ridge + np.pi / 2))
    # The mirror image of the spiral is no better than any other curve.
    assert np.mean(at(-ridge)) < 0.8 * np.mean(at(ridge))


def test_size_of_an_exponential_disc_and_of_a_smaller_one():
    assert size_of(Galaxy("x", disc=Disc())) == pytest.approx(3.8, abs=0.15)
    assert size_of(Galaxy("x", disc=Disc(2.0))) == pytest.approx(7.6, abs=0.3)


def test_inclined_discs_look_as_flat_as_hubble_said():
    face_on, tilted = (
        axis_ratio(alone(Galaxy("x", disc=Disc(inclination=i)))) for i in (0.0, radians(70))
    )
    assert face_on == pytest.approx(1.0, abs=0.02)
    assert tilted == pytest.approx(Disc(inclination=radians(70)).axis_ratio, abs=0.05)


def test_round_galaxies_are_rounder_than_cigars_and_discs_from_the_side():
    ratios = {
        kind: [axis_ratio(alone(drawn(kind, s))) for s in range(20)]
        for kind in ("round", "in-between", "cigar", "edge-on-no-bulge")
    }
    assert min(ratios["round"]) > max(ratios["in-between"])
    assert min(ratios["in-between"]) > max(ratios["cigar"])
    assert np.mean(ratios["edge-on-no-bulge"]) < 0.4


# ---- telescope and sky


def test_blurring_keeps_the_light_and_has_the_width_asked_for():
    point = np.zeros((3, 65, 65), np.float32)
    point[:, 32, 32] = 7
    soft = blurred(point, fwhm=5.0, wings=3.0)
    np.testing.assert_allclose(soft.sum(axis=(1, 2)), 7, rtol=1e-4)
    profile = soft[0, 32, 32:] / soft[0, 32, 32]
    assert np.interp(0.5, profile[::-1], np.arange(33)[::-1]) == pytest.approx(2.5, abs=0.05)


def test_shifted_bands_move_by_that_much():
    point = np.zeros((3, 64, 64), np.float32)
    point[:, 30, 20] = 1
    soft = blurred(point, fwhm=3.0, wings=3.0, shifts=np.array([[0.0, 0], [2, 0], [0, -3]]))
    peaks = [np.unravel_index(int(b.argmax()), b.shape) for b in soft]
    assert peaks == [(30, 20), (32, 20), (30, 17)]


@pytest.mark.parametrize("fwhm", [1.5, 3.3, 7.0, 15.0])
def test_noise_has_about_the_surveys_level_and_is_smooth_where_pixels_are_fine(fwhm: float):
    look = SURVEYS["sdss"]
    grain = noise((200, 200), look, fwhm=fwhm, rng=np.random.default_rng(0))
    pixel = fwhm / look.seeing
    assert grain.std(axis=(1, 2)) == pytest.approx(np.array(look.noise) * min(pixel, 0.9), rel=0.2)
    correlation = float(np.corrcoef(grain[0, :, 1:].ravel(), grain[0, :, :-1].ravel())[0, 1])
    assert (correlation > 0.5) == (pixel > 1.5)


def test_the_stretch_is_monotone_keeps_colours_and_never_overflows():
    ramp = np.geomspace(0.5, 1e7, 400).reshape(1, 20, 20) * np.array([1.2, 1.0, 0.8])[:, None, None]
    out = coloured(ramp.astype(np.float32), SURVEYS["hst"]).astype(int)
    assert (np.diff(out.reshape(-1, 3)[:, 0]) >= 0).all()
    bright = out.reshape(-1, 3)[150:]
    np.testing.assert_allclose(bright[:, 2] / bright[:, 0], 0.8 / 1.2, atol=0.03)
    negative = coloured(np.full((3, 4, 4), -50, np.float32), SURVEYS["sdss"])
    assert negative.max() == 0


# ---- pictures


@pytest.mark.parametrize("survey", SURVEYS)
@pytest.mark.parametrize("kind", MIXTURE)
def test_every_kind_is_drawn_in_every_look(kind: str, survey: str):
    picture = render(drawn(kind), rng=np.random.default_rng(1), size=48, survey=survey)
    assert picture.shape == (48, 48, 3)
    middle, edge = picture[16:32, 16:32].mean(), np.median(picture)
    assert middle > edge + 3
    assert picture.std() > 1


def test_pictures_of_odd_size_and_close_framing():
    galaxy = drawn("merger")
    for size, framing in ((16, 0.118), (69, 0.118), (101, 0.5), (64, 0.02)):
        picture = render(galaxy, rng=np.random.default_rng(0), size=size, framing=framing)
        assert picture.shape == (size, size, 3)


def test_framing_sets_the_size_of_the_galaxy():
    galaxy = replace(drawn("round"), brightness=60.0, resolution=8.0)
    extents = []
    for framing in (0.1, 0.2):
        picture = render(galaxy, rng=np.random.default_rng(4), size=128, framing=framing)
        extents.append(np.sqrt((picture.mean(axis=2) > 40).sum()))
    assert extents[1] / extents[0] == pytest.approx(2, rel=0.25)


def test_a_picture_depends_on_seed_and_index_only():
    dataset, longer = synthetic_dataset(6, seed=5, size=48), synthetic_dataset(9, seed=5, size=48)
    forward = [dataset.image(i) for i in range(6)]
    assert [longer.image(i) for i in reversed(range(6))] == forward[::-1]
    again = pickle.loads(pickle.dumps(dataset.store))
    assert again == dataset.store
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(again.read, range(6))) == forward
    assert synthetic_dataset(6, seed=6, size=48).image(0) != forward[0]
    assert len(set(forward)) == 6
    assert dataset.fingerprint == longer.subset(range(6)).fingerprint


def test_jpeg_or_pixels():
    encoded = synthetic_dataset(1, size=64).image(0)
    raw = synthetic_dataset(1, size=64, quality=0).image(0)
    assert isinstance(encoded, bytes)
    assert isinstance(raw, np.ndarray)
    with Image.open(io.BytesIO(encoded)) as picture:
        assert picture.format == "JPEG"
        assert np.abs(np.asarray(picture).astype(int) - raw).mean() < 6


# ---- labels


def test_every_answer_is_true_of_some_galaxy_and_gets_votes():
    dataset = synthetic_dataset(1000)
    found = {a for r in dataset.records for a in r.info["truth"]["answers"]}
    assert found == {a.id for a in SKYFORM.answers}
    decals = {a for r in dataset.records for a in r.info["truth"]["decals_answers"]}
    assert decals == {a.id for a in DECALS.answers}
    assert (dataset.votes.max(axis=0) > 0.3).all()


def test_votes_follow_the_tree():
    votes = synthetic_dataset(300, seed=1, size=64).votes
    assert np.isfinite(votes).all()
    assert ((votes >= 0) & (votes <= 1)).all()
    for question, parents in KAGGLE.parents.items():
        reached = 1.0 if not parents or question == "odd" else votes[:, list(parents)].sum(axis=1)
        np.testing.assert_allclose(
            votes[:, KAGGLE.slices[question]].sum(axis=1), reached, atol=1e-9, err_msg=question
        )


def test_the_crowd_mostly_sees_what_is_there():
    sharp = {"seeing": 0.08, "depth": 3.0}
    for kind, answer in (
        ("round", "roundness.round"),
        ("cigar", "roundness.cigar"),
        ("edge-on-no-bulge", "edge-on-bulge.none"),
        ("medium+bar+2-arm", "bar.yes"),
        ("loose+2-arm", "arm-winding.loose"),
        ("tight+3-arm", "arm-number.3"),
        ("merger", "odd-feature.merger"),
        ("star", "smooth-or-features.star"),
    ):
        shares = [
            expected_fractions(replace(drawn(kind, s), brightness=60.0), **sharp)[
                SKYFORM.index[answer]
            ]
            for s in range(10)
        ]
        assert np.mean(shares) > 0.6, (kind, answer)


def test_blurring_hides_arms_from_the_crowd():
    galaxy = replace(drawn("medium+2-arm"), brightness=30.0)
    spiral = SKYFORM.index["spiral.yes"]
    shares = [expected_fractions(galaxy, seeing=s)[spiral] for s in (0.08, 0.15, 0.3, 0.6)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.6
    assert shares[-1] < 0.2


def test_the_crowd_does_not_see_the_mirror_but_in_the_sense():
    galaxy = drawn("loose+2-arm", 3)
    here = expected_fractions(galaxy, seeing=0.1)
    there = expected_fractions(galaxy.mirrored(), seeing=0.1)
    columns = SKYFORM.slices["sense"]
    np.testing.assert_allclose(here[columns], there[columns][::-1])
    np.testing.assert_allclose(here[: columns.start], there[: columns.start])


def test_votes_of_many_crowds_average_to_the_expected():
    expected = expected_fractions(drawn("medium"), seeing=0.12)
    rng = np.random.default_rng(0)
    first = np.array([cast_votes(expected, volunteers=40, rng=rng)[:3] for _ in range(800)])
    np.testing.assert_allclose(first.mean(axis=0), expected[:3], atol=0.015)
    # Dirichlet-multinomial: wider than a multinomial by 1 + (n - 1) / (agreement + 1).
    variance = expected[1] * (1 - expected[1]) / 40 * (1 + 39 / 61)
    assert first[:, 1].var() == pytest.approx(variance, rel=0.2)


def test_even_one_volunteer_gives_whole_votes():
    votes = synthetic_dataset(40, size=32, volunteers=1).votes
    assert np.isfinite(votes).all()
    assert (np.isin(votes[:, :3], (0, 1))).all()
    known = conditional(KAGGLE, votes)
    assert np.isnan(known).any()


@pytest.mark.parametrize("scheme", TAXONOMIES)
def test_labels_are_classes_whose_rule_the_truth_satisfies(scheme: str):
    taxonomy = TAXONOMIES[scheme]
    dataset = synthetic_dataset(300, size=32, scheme=scheme)
    assert {r.label for r in dataset.records} - {""} == {c.id for c in taxonomy.classes}
    for record in dataset.records[:80]:
        fractions = one_hot(frozenset(record.info["truth"]["answers"]))
        held = [
            c.id for c, s in zip(taxonomy.classes, taxonomy.shares(fractions), strict=True) if s
        ]
        assert held == ([record.label] if record.label else [])


def test_true_answers_are_one_for_each_question_on_the_path():
    for kind in MIXTURE:
        answers = true_answers(drawn(kind))
        questions = [a.partition(".")[0] for a in answers]
        assert len(set(questions)) == len(questions)
        for answer in answers:
            assert set(SKYFORM.implied(answer)) <= answers


def test_the_truth_is_plain_values():
    record = synthetic_dataset(1, size=32, mixture={"merger": 1.0}).records[0]
    truth = json.loads(json.dumps(record.info["truth"]))
    assert truth["galaxy"]["companion"]["galaxy"]["kind"] == ""
    assert truth["galaxy"]["kind"] == record.info["kind"] == "merger"


# ---- mixtures and refusals


def test_a_mixture_draws_what_it_names():
    shares = {"tight+bar+3-arm": 3.0, "lenticular+no-bar": 1.0}
    records = synthetic_dataset(200, size=32, mixture=shares).records
    tight = [r for r in records if r.info["kind"] == "tight+bar+3-arm"]
    assert 120 < len(tight) < 180
    assert all({"bar.yes", "arm-number.3"} <= set(r.info["truth"]["answers"]) for r in tight)
    plain = [r for r in records if r.info["kind"] == "lenticular+no-bar"]
    assert len(plain) == 200 - len(tight)
    assert all({"bar.no", "spiral.no"} <= set(r.info["truth"]["answers"]) for r in plain)


def test_default_shares_sum_to_one():
    assert sum(check_mixture(MIXTURE).values()) == pytest.approx(1)
    assert sum(MIXTURE.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mixture": {"sombrero": 1.0}}, "'sombrero', which is not drawn"),
        ({"mixture": {"round+bar": 1.0}}, "'round' knows no 'bar'"),
        ({"mixture": {"round": -1.0}}, r"the share -1\.0"),
        ({"mixture": {"round": float("nan")}}, "the share nan"),
        ({"mixture": {}}, "no kind with a share above 0"),
        ({"mixture": {"round": 0.0}}, "no kind with a share above 0"),
        ({"survey": "gaia"}, "survey is 'gaia'.*Known are sdss"),
        ({"size": 15}, r"size is 15.*16 to 4096"),
        ({"framing": 0.0}, "framing is 0"),
        ({"quality": 101}, "quality is 101"),
        ({"volunteers": 0}, "volunteers is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"scheme": "linnaeus"}, "scheme is 'linnaeus'"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object], message: str):
    with pytest.raises(DataError, match=message):
        synthetic_dataset(1, **options)  # type: ignore[arg-type]


def test_no_such_galaxy():
    store = SyntheticStore(3, size=32)
    for index in (-1, 3):
        with pytest.raises(DataError, match=f"no synthetic galaxy {index}; the set has 3"):
            store.read(index)


def test_an_empty_set_is_a_set():
    dataset = synthetic_dataset(0, scheme="hubble")
    assert len(dataset) == 0
    assert dataset.votes.shape == (0, 37)


def test_a_lopsided_warp_moves_light_to_one_side():
    plain = Galaxy("x", disc=Disc())
    warped = replace(plain, warp=Warp(lopsided=0.5, angle=0.0))
    left, right = (alone(warped)[:, half].sum() for half in (slice(0, 32), slice(32, 64)))
    assert right > 1.2 * left
    even_left, even_right = (alone(plain)[:, half].sum() for half in (slice(0, 32), slice(32, 64)))
    assert even_left == pytest.approx(even_right, rel=0.01)
