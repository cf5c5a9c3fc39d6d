import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_runs import class_run
from sklearn import metrics as reference

from skyform.evaluation.curves import (
    area_under_roc,
    average_precision,
    coverage_curve,
    macro_area_under_roc,
    precision_recall_curve,
    roc_curve,
)

# Scores from a coarse grid, so that ties are common.
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40)


@given(ROWS)
def test_areas_agree_with_scikit_learn(rows: list[tuple[bool, int]]):
    positive = np.array([r[0] for r in rows])
    score = np.array([r[1] / 6 for r in rows])
    if positive.all() or not positive.any():
        with pytest.raises(ValueError, match="both kinds are needed"):
            area_under_roc(positive, score)
        return
    assert area_under_roc(positive, score) == pytest.approx(
        reference.roc_auc_score(positive, score)
    )
    assert average_precision(positive, score) == pytest.approx(
        reference.average_precision_score(positive, score)
    )


@given(ROWS)
def test_a_roc_curve_rises_from_corner_to_corner(rows: list[tuple[bool, int]]):
    positive = np.array([True, False, *(r[0] for r in rows)])
    curve = roc_curve(positive, np.array([0.5, 0.5, *(r[1] / 6 for r in rows)]))
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    assert (np.diff(curve.x) >= 0).all()
    assert (np.diff(curve.y) >= 0).all()
    assert (np.diff(curve.threshold) < 0).all()


def test_precision_and_recall_of_a_worked_example():
    curve = precision_recall_curve(np.array([True, False, True]), np.array([0.9, 0.8, 0.7]))
    np.testing.assert_allclose(curve.x, [0.5, 0.5, 1.0])
    np.testing.assert_allclose(curve.y, [1.0, 0.5, 2 / 3])


def test_the_macro_area_is_the_mean_over_the_classes():
    run = class_run(n=400).predictions
    found = macro_area_under_roc(run.truth, run.p, resamples=100)
    expected = reference.roc_auc_score(run.truth, run.p, multi_class="ovr")
    assert found.value == pytest.approx(expected)
    assert found.low < expected < found.high
    assert found.high - found.low < 0.1


def test_a_rare_class_that_a_resample_lacks_is_left_out_of_it():
    truth = np.array([0] * 30 + [1] * 30 + [2])
    p = np.random.default_rng(0).dirichlet(np.ones(3), 61)
    found = macro_area_under_roc(truth, p, resamples=50)
    assert np.isfinite([found.low, found.value, found.high]).all()


def test_coverage_runs_from_the_surest_to_all():
    run = class_run(n=500, skill=3.0).predictions
    right = run.said == run.truth
    curve = coverage_curve(run.p.max(axis=1), right)
    assert curve.x[-1] == 1.0
    assert curve.y[-1] == pytest.approx(right.mean())
    assert curve.y[np.searchsorted(curve.x, 0.3)] > right.mean()
    assert (np.diff(curve.x) > 0).all()


def test_what_has_no_curve():
    with pytest.raises(ValueError, match="none of 3 rows is positive"):
        precision_recall_curve(np.zeros(3, bool), np.zeros(3))
    with pytest.raises(ValueError, match="1 classes occur"):
        macro_area_under_roc(np.zeros(3, int), np.ones((3, 2)) / 2)
    with pytest.raises(ValueError, match="0 rows"):
        coverage_curve(np.zeros(0), np.zeros(0, bool))
