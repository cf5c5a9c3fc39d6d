"""Rules of taxonomies corrected on data."""

import numpy as np
import pytest

from skyform.evaluation.class_rules import fit_class_rule
from skyform.schema import GALAXY10_DECALS, GALAXY_ZOO_1, HUBBLE


def shifted(n: int, *, by: tuple[float, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Shares of three classes, and classes of people who favour each by so much."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(len(by), 0.6), n)
    z = 2 * np.log(shares + 1e-6) + np.array(by)
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return shares, (rng.random(n)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(max=len(by) - 1)


def right(shares: np.ndarray, truth: np.ndarray, t: float, offsets: list[float]) -> float:
    z = np.log(np.maximum(shares, 1e-6)) / t + np.array(offsets)
    return float((z.argmax(axis=1) == truth).mean())


def test_a_favoured_class_is_found_out():
    by = (1.5, -0.5, -1.0)
    t, offsets = fit_class_rule(HUBBLE, *shifted(700, by=by))
    assert t == pytest.approx(0.5, rel=0.25)
    np.testing.assert_allclose(np.array(offsets) - np.mean(offsets), by, atol=0.5)
    fresh = shifted(4000, by=by, seed=1)
    assert right(*fresh, t, offsets) > right(*fresh, 1.0, [0.0] * 3) + 0.03


def test_a_few_pictures_do_little():
    _, few = fit_class_rule(HUBBLE, *shifted(6, by=(1.5, -0.5, -1.0)))
    assert max(map(abs, few)) < 0.05


def test_without_a_shift_there_is_hardly_an_offset():
    _, offsets = fit_class_rule(HUBBLE, *shifted(700, by=(0.0, 0.0, 0.0)))
    assert max(map(abs, offsets)) < 0.2


def test_nothing_known_changes_nothing():
    t, offsets = fit_class_rule(GALAXY10_DECALS, np.zeros((0, 10)), np.zeros(0, int))
    assert (t, offsets) == (pytest.approx(1.0, abs=1e-3), [0.0] * 10)


def test_mirror_images_share_an_offset_and_rare_shapes_count_like_common_ones():
    rng = np.random.default_rng(0)
    truth = rng.choice(6, 400, p=[0.7, 0.06, 0.04, 0.1, 0.05, 0.05])
    shares = np.full((400, 6), 0.02)
    shares[np.arange(400), truth] = 0.3
    shares[:, 0] += rng.uniform(0, 0.5, 400)
    shares /= shares.sum(axis=1, keepdims=True)
    _, offsets = fit_class_rule(GALAXY_ZOO_1, shares, truth)
    assert offsets[1] == offsets[2]
    assert offsets[0] < min(offsets[1], offsets[3])
