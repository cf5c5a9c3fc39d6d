import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.evaluation import (
    accuracy,
    balanced_accuracy,
    bootstrap,
    calibration_error,
    reliability,
    rmse,
)


def test_rmse_of_a_worked_example():
    assert rmse(np.array([[0.0, 1.0]]), np.array([[0.0, 0.0]])) == pytest.approx(np.sqrt(0.5))


def test_balanced_accuracy_gives_every_class_the_same_weight():
    truth = np.array([0] * 9 + [1])
    assert accuracy(truth, np.zeros(10, int)) == 0.9
    assert balanced_accuracy(truth, np.zeros(10, int)) == 0.5


def test_bootstrap_interval_holds_the_value_and_narrows_with_more_rows():
    rng = np.random.default_rng(0)
    right = (rng.random(4000) < 0.8).astype(int)
    few = bootstrap(accuracy, np.ones(100, int), right[:100])
    many = bootstrap(accuracy, np.ones(4000, int), right)
    assert few.low <= few.value <= few.high
    assert many.high - many.low < 0.3 * (few.high - few.low)
    assert many.low < 0.8 < many.high
    assert many.n == 4000


@pytest.mark.parametrize("arrays", [(np.zeros(0), np.zeros(0)), (np.zeros(3), np.zeros(2))])
def test_bootstrap_needs_rows_of_one_length(arrays: tuple[np.ndarray, np.ndarray]):
    with pytest.raises(ValueError, match="same number, above 0"):
        bootstrap(accuracy, *arrays)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_reliability_bins_hold_every_picture_once(rows: list[tuple[float, bool]]):
    confidence = np.array([r[0] for r in rows])
    correct = np.array([r[1] for r in rows])
    bins = reliability(confidence, correct)
    assert sum(b.n for b in bins) == len(rows)
    assert 0 <= calibration_error(confidence, correct) <= 1


def test_calibration_error_of_honest_and_of_boastful_confidence():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 20_000)
    honest = rng.random(20_000) < confidence
    assert calibration_error(confidence, honest) < 0.02
    assert calibration_error(np.full(100, 0.99), np.arange(100) < 50) == pytest.approx(0.49)
