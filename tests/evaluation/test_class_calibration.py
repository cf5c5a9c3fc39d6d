import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.evaluation.class_calibration import (
    ClassCalibration,
    cross_fit,
    fit_class_calibration,
    fit_temperature,
)


def drawn(n: int, *, seed: int, boast: float = 1.0, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is the true chance of each class, made `boast` times too sure."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.normal(size=(n, k))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (p.cumsum(axis=1) < rng.random(n)[:, None]).sum(axis=1)
    return boast * logits, truth


@pytest.mark.parametrize("boast", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_boasting(boast: float):
    assert fit_temperature(*drawn(4000, seed=0, boast=boast)) == pytest.approx(boast, rel=0.08)


def test_a_few_rows_that_are_all_right_do_not_freeze_the_temperature():
    logits = np.eye(3).repeat(3, axis=0)
    assert fit_temperature(logits, logits.argmax(axis=1)) > 0.2


@given(st.integers(0, 1000), st.floats(0.05, 20))
def test_calibration_never_changes_the_first_answer(seed: int, temperature: float):
    logits = np.random.default_rng(seed).normal(size=(50, 5))
    p = ClassCalibration(temperature=temperature).probabilities(logits)
    assert (p.argmax(axis=1) == logits.argmax(axis=1)).all()
    np.testing.assert_allclose(p.sum(axis=1), 1)


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_hold_the_truth_as_often_as_promised_on_new_rows(coverage: float):
    held = []
    for seed in range(40):
        fitted = fit_class_calibration(*drawn(400, seed=seed, boast=2), coverage=coverage)
        logits, truth = drawn(400, seed=1000 + seed, boast=2)
        sets = fitted.answer_sets(fitted.probabilities(logits))
        held.append(sets[np.arange(400), truth].mean())
    assert np.mean(held) == pytest.approx(coverage, abs=0.012)


@given(st.integers(0, 500), st.floats(0.0, 1.0))
def test_a_set_is_never_empty_and_holds_the_first_answer(seed: int, threshold: float):
    p = np.random.default_rng(seed).dirichlet(np.ones(4), 20)
    sets = ClassCalibration(threshold=threshold).answer_sets(p)
    assert sets[np.arange(20), p.argmax(axis=1)].all()


def test_with_too_few_rows_for_a_promise_the_sets_hold_everything():
    logits, truth = drawn(8, seed=0)
    assert fit_class_calibration(logits, truth, coverage=0.9).threshold == 0.0
    logits, truth = drawn(9, seed=0)
    assert fit_class_calibration(logits, truth, coverage=0.9).threshold > 0.0


def test_the_reject_threshold_reaches_the_wanted_accuracy_and_leaves_no_more_than_needed():
    logits, truth = drawn(3000, seed=1)
    fitted = fit_class_calibration(logits, truth, wanted_accuracy=0.9)
    p = fitted.probabilities(logits)
    kept, right = fitted.answered(p), p.argmax(axis=1) == truth
    assert 0.2 < kept.mean() < 0.9
    assert right[kept].mean() >= 0.9
    confidence = np.sort(p.max(axis=1))
    lower = confidence[np.searchsorted(confidence, fitted.reject) - 60]
    assert right[p.max(axis=1) >= lower].mean() < 0.905


@pytest.mark.parametrize(("wanted", "reject"), [(0.1, 0.0), (1.0, 1.0)])
def test_an_accuracy_that_all_or_none_reach(wanted: float, reject: float):
    logits, truth = drawn(500, seed=2)
    rng = np.random.default_rng(0)
    if wanted == 1.0:
        truth = rng.permutation(truth)
    assert fit_class_calibration(logits, truth, wanted_accuracy=wanted).reject == reject


def test_cross_fitting_judges_each_row_by_the_others():
    logits, truth = drawn(1000, seed=3, boast=3)
    fair = cross_fit(logits, truth, coverage=0.9, wanted_accuracy=0.9)
    assert fair.sets[np.arange(1000), truth].mean() == pytest.approx(0.9, abs=0.03)
    assert (fair.probabilities.argmax(axis=1) == logits.argmax(axis=1)).all()
    right = logits.argmax(axis=1) == truth
    assert right[fair.answered].mean() > right.mean() + 0.1
    other = cross_fit(logits, truth, coverage=0.9, wanted_accuracy=0.9, seed=1)
    assert not np.array_equal(fair.probabilities, other.probabilities)


def test_a_dictionary_brings_it_back():
    fitted = fit_class_calibration(*drawn(200, seed=4), wanted_accuracy=0.9)
    assert ClassCalibration.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted
    assert ClassCalibration.from_dict({}) == ClassCalibration()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"coverage": 1.5}, "coverage is 1.5"),
        ({"reject": -0.1}, "reject is -0.1"),
    ],
)
def test_impossible_values(values: dict[str, float], message: str):
    with pytest.raises(ValueError, match=message):
        ClassCalibration(**values)


@pytest.mark.parametrize(
    ("logits", "truth", "message"),
    [
        (np.zeros((0, 3)), np.zeros(0, int), "need the same number, above 0"),
        (np.full((2, 3), np.nan), np.zeros(2, int), "not finite"),
        (np.zeros((2, 3)), np.array([0, 3]), "truth runs from 0 to 3"),
        (np.zeros((2, 3)), np.array([-1, 0]), "truth runs from -1"),
    ],
)
def test_wrong_rows(logits: np.ndarray, truth: np.ndarray, message: str):
    with pytest.raises(ValueError, match=message):
        fit_class_calibration(logits, truth)


def test_wrong_wishes():
    logits, truth = drawn(20, seed=0)
    with pytest.raises(ValueError, match=r"coverage is 1\.0"):
        fit_class_calibration(logits, truth, coverage=1.0)
    with pytest.raises(ValueError, match=r"wanted_accuracy is 0\.0"):
        fit_class_calibration(logits, truth, wanted_accuracy=0.0)
    with pytest.raises(ValueError, match="folds is 21"):
        cross_fit(logits, truth, folds=21)
