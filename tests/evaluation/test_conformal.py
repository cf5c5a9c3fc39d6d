"""Sets that hold the right answer as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.evaluation.conformal import fit_set, in_set, pooled_set, set_threshold


def world(n: int, *, seed: int, sharpness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of four answers, too sure by `sharpness`, and right answers."""
    rng = np.random.default_rng(seed)
    honest = rng.dirichlet(np.full(4, 0.7), n)
    truth = (rng.random(n)[:, None] > honest.cumsum(axis=1)).sum(axis=1).clip(max=3)
    p = honest**sharpness
    return p / p.sum(axis=1, keepdims=True), truth


def held(p: np.ndarray, truth: np.ndarray, threshold: float) -> float:
    return float(in_set(p, threshold)[np.arange(len(truth)), truth].mean())


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_hold_what_they_state_however_wrong_the_probabilities(
    sharpness: float, coverage: float
):
    fitted = fit_set(*world(2000, seed=0, sharpness=sharpness), coverage=coverage)
    assert fitted["coverage"] == coverage
    share = held(*world(4000, seed=1, sharpness=sharpness), fitted["threshold"])
    assert share == pytest.approx(coverage, abs=0.02)


def test_small_samples_keep_the_promise_on_average():
    shares = []
    for seed in range(200):
        fitted = fit_set(*world(15, seed=seed), coverage=0.9)
        shares.append(held(*world(200, seed=1000 + seed), fitted["threshold"]))
    assert np.mean(shares) >= 0.89


def test_where_one_answer_does_the_sets_catch_half_of_the_rest():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.7, 1.0, 1000)
    p = np.stack((sure, 1 - sure), axis=1)
    truth = (rng.random(1000) > 0.96).astype(int)
    fitted = fit_set(p, truth)
    first = float((truth == 0).mean())
    assert fitted["coverage"] == pytest.approx((1 + first) / 2, abs=1e-4)
    assert held(p, truth, fitted["threshold"]) >= fitted["coverage"]


def test_no_certainty_is_stated():
    p = np.tile([0.9, 0.1], (50, 1))
    assert fit_set(p, np.zeros(50, int))["coverage"] == pytest.approx(50 / 51, abs=1e-4)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=60), st.floats(0.5, 0.99))
def test_a_threshold_leaves_out_no_more_than_it_may(own: list[float], coverage: float):
    values = np.array(own)
    threshold = set_threshold(values, coverage)
    assert (values < threshold).sum() <= (len(own) + 1) * (1 - coverage)


def test_too_few_pictures_rule_nothing_out():
    assert set_threshold(np.array([0.9] * 8), 0.9) == 0.0
    assert in_set(np.array([[0.9, 0.1]]), 0.0).all()
    assert pooled_set([])["threshold"] == 0.0


def test_several_questions_pool_their_few_answers():
    parts = [world(6, seed=s) for s in range(20)]
    fitted = pooled_set(parts)
    assert fitted["threshold"] > 0
    assert held(*world(4000, seed=99), fitted["threshold"]) == pytest.approx(0.9, abs=0.05)


def test_a_set_is_never_empty():
    assert in_set(np.array([[0.4, 0.35, 0.25]]), 0.9).tolist() == [[True, False, False]]


def test_what_makes_no_set_is_refused():
    with pytest.raises(ValueError, match=r"coverage is 1\.0"):
        set_threshold(np.ones(3), 1.0)
    with pytest.raises(ValueError, match="at least one picture"):
        fit_set(np.zeros((0, 2)), np.zeros(0, int))
