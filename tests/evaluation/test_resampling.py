import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.evaluation import accuracy, bootstrap
from skyform.evaluation.resampling import (
    bootstrap_counts,
    bootstrap_mean,
    bootstrap_sums,
    interval,
    row_weights,
)


def diagonal(tables: np.ndarray) -> np.ndarray:
    return np.trace(tables, axis1=-2, axis2=-1) / tables.sum(axis=(-2, -1))


def test_counts_and_rows_give_the_same_interval():
    rng = np.random.default_rng(0)
    right = (rng.random(400) < 0.8).astype(int)
    by_rows = bootstrap(accuracy, np.ones(400, int), right, resamples=4000)
    table = np.array([[int((right == 1).sum()), int((right == 0).sum())], [0, 0]])
    by_counts = bootstrap_counts(diagonal, table, resamples=4000)
    by_mean = bootstrap_mean(right.astype(float), resamples=4000)
    for other in (by_counts, by_mean):
        assert other.value == pytest.approx(by_rows.value)
        assert other.low == pytest.approx(by_rows.low, abs=0.006)
        assert other.high == pytest.approx(by_rows.high, abs=0.006)
        assert other.n == 400


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=40), st.integers(0, 99))
def test_an_interval_holds_its_figure(values: list[float], seed: int):
    found = bootstrap_mean(np.array(values), resamples=50, seed=seed)
    assert found.low <= found.value <= found.high


def test_intervals_cover_the_true_mean_about_as_often_as_they_say():
    hits = 0
    for seed in range(200):
        values = np.random.default_rng(seed).normal(0.3, 1, 80)
        found = bootstrap_mean(values, resamples=300, seed=seed)
        hits += found.low <= 0.3 <= found.high
    assert 0.9 <= hits / 200 <= 0.98


@given(st.integers(1, 50), st.integers(1, 30))
def test_weights_draw_every_resample_whole(n: int, resamples: int):
    weights = np.concatenate(list(row_weights(n, resamples=resamples)))
    assert weights.shape == (resamples, n)
    assert (weights.sum(axis=1) == n).all()


def test_weights_come_in_parts_that_fit_in_memory():
    parts = list(row_weights(900_000, resamples=5))
    assert [len(p) for p in parts] == [2, 2, 1]


def test_sums_of_several_columns_are_drawn_together():
    columns = np.tile([1.0, 2.0], (30, 1))
    found = bootstrap_sums(lambda sums, n: sums[..., 0] / sums[..., 1], columns, resamples=20)
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_draws_without_a_value_are_left_out():
    found = interval(0.5, np.array([0.4, np.nan, 0.6]), n=3)
    assert 0.4 <= found.low < 0.5 < found.high <= 0.6


def test_there_must_be_rows():
    with pytest.raises(ValueError, match="0 rows"):
        bootstrap_mean(np.zeros(0))
    with pytest.raises(ValueError, match="0 rows"):
        bootstrap_counts(diagonal, np.zeros((2, 2), int))
