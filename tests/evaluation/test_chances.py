"""Shares of the vote as chances of being right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skyform.evaluation.chances import fit_chances, sharpened
from skyform.schema import SKYFORM

SHARES = arrays(np.float64, (4, 3), elements=st.floats(0.01, 1.0)).map(
    lambda a: a / a.sum(axis=1, keepdims=True)
)


@given(SHARES, st.floats(0.2, 3.0), st.floats(0.0, 0.2))
def test_chances_sum_to_one_and_keep_the_order(shares: np.ndarray, t: float, noise: float):
    p = sharpened(shares, temperature=t, noise=noise)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert (p >= noise / 3 - 1e-12).all()
    # The order of shares that a rounding error cannot swap.
    gap = shares[:, :, None] - shares[:, None, :]
    assert ((p[:, :, None] - p[:, None, :])[gap > 1e-6] >= -1e-12).all()


def test_temperature_one_without_noise_changes_nothing():
    shares = np.array([[0.5, 0.3, 0.2]])
    np.testing.assert_allclose(sharpened(shares, temperature=1.0, noise=0.0), shares)


def known_world(n: int, *, temperature: float) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the first question, and right answers drawn with the chances that this temperature gives."""
    rng = np.random.default_rng(1)
    fractions = np.hstack([rng.dirichlet(np.ones(len(q.answers)), n) for q in SKYFORM.questions])
    first = SKYFORM.slices["smooth-or-features"]
    p = sharpened(fractions[:, first], temperature=temperature, noise=0.02)
    settled = np.full((n, len(SKYFORM.questions)), -1)
    settled[:, 0] = (rng.random(n)[:, None] > p.cumsum(axis=1)).sum(axis=1).clip(max=2)
    return fractions, settled


def test_the_fit_finds_how_much_shares_must_be_sharpened():
    fitted = fit_chances(*known_world(2000, temperature=0.4))
    assert fitted["smooth-or-features"]["temperature"] == pytest.approx(0.4, rel=0.15)
    assert 0.0 < fitted["smooth-or-features"]["noise"] < 0.06


def test_a_question_without_right_answers_shares_the_common_fit():
    fitted = fit_chances(*known_world(2000, temperature=0.4))
    assert set(fitted) == {q.id for q in SKYFORM.questions}
    assert fitted["bar"] == pytest.approx(fitted["odd"])
    assert fitted["bar"]["temperature"] < 0.65


def test_without_any_right_answer_the_prior_speaks():
    fractions, settled = known_world(20, temperature=0.4)
    fitted = fit_chances(fractions, np.full_like(settled, -1))
    assert fitted["bar"]["temperature"] == pytest.approx(np.exp(-0.5), rel=1e-3)
