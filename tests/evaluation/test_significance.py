import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from skyform.evaluation.significance import holm, mcnemar, paired_bootstrap

RIGHT = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(RIGHT)
def test_mcnemar_is_symmetric_and_a_binomial_test(rows: list[tuple[bool, bool]]):
    first, second = (np.array(column) for column in zip(*rows, strict=True))
    p = mcnemar(first, second)
    assert p == mcnemar(second, first)
    assert 0 < p <= 1
    b, c = int((first & ~second).sum()), int((second & ~first).sum())
    expected = stats.binomtest(b, b + c, 0.5).pvalue if b + c else 1.0
    assert p == pytest.approx(expected)


def test_mcnemar_finds_differences_and_no_others():
    rng = np.random.default_rng(0)
    first = rng.random(1000) < 0.9
    assert mcnemar(first, rng.random(1000) < 0.7) < 1e-6
    assert mcnemar(first, first) == 1.0
    false = [mcnemar(rng.random(200) < 0.8, rng.random(200) < 0.8) < 0.05 for _ in range(300)]
    assert np.mean(false) < 0.07


@given(RIGHT)
@settings(max_examples=20)
def test_the_paired_bootstrap_turns_with_its_arguments(rows: list[tuple[bool, bool]]):
    first, second = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    one = paired_bootstrap(first, second, resamples=100)
    two = paired_bootstrap(second, first, resamples=100)
    assert one.difference.value == pytest.approx(-two.difference.value)
    assert one.difference.low == pytest.approx(-two.difference.high)
    assert one.p == two.p
    assert one.difference.low <= one.difference.value <= one.difference.high


def test_the_paired_bootstrap_sees_what_separate_intervals_do_not():
    rng = np.random.default_rng(0)
    hard = rng.random(500)
    first = hard + rng.normal(0, 0.01, 500)
    second = hard + 0.01 + rng.normal(0, 0.01, 500)
    found = paired_bootstrap(second, first)
    assert found.p < 0.01
    assert 0.005 < found.difference.low < 0.01 < found.difference.high < 0.015


def test_roots_are_taken_of_the_means():
    first, second = np.full(10, 0.04), np.full(10, 0.01)
    assert paired_bootstrap(first, second, root=True).difference.value == pytest.approx(0.1)


def test_holm_of_a_worked_example():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.6, 0.7]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(values: list[float]):
    corrected = holm(values)
    assert all(c >= v for c, v in zip(corrected, values, strict=True))
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(corrected)[order]) >= 0).all() if values else corrected == ()


def test_there_must_be_rows_to_compare():
    with pytest.raises(ValueError, match="above 0"):
        paired_bootstrap(np.zeros(0), np.zeros(0))


def test_rows_of_one_object_are_no_more_evidence_than_one():
    first = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0])
    second = np.zeros(7)
    once = paired_bootstrap(first, second)
    copies = paired_bootstrap(
        np.repeat(first, 20), np.repeat(second, 20), groups=np.repeat(np.arange(7), 20)
    )
    assert copies.difference.value == once.difference.value
    assert (copies.difference.low, copies.difference.high) == (
        once.difference.low,
        once.difference.high,
    )
    assert copies.p == once.p
