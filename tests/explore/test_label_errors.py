"""Confident learning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.explore.label_errors import (
    confident_joint,
    find_label_errors,
    out_of_fold_probabilities,
    thresholds,
)


def test_thresholds_and_joint_by_hand():
    # Means over the given classes: class 0 (.9 + .6 + .2) / 3, class 1 (.8 + .9) / 2.
    given_class = np.array([0, 0, 0, 1, 1])
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.1, 0.9], [0.2, 0.8], [0.1, 0.9]])
    assert thresholds(given_class, p).tolist() == pytest.approx([1.6 / 3, 0.85])
    # Row 2 reaches class 1, row 3 reaches neither.
    assert confident_joint(given_class, p).tolist() == [[2, 1], [0, 1]]
    found = find_label_errors(given_class, p)
    assert found.rows.tolist() == [2]
    assert found.suggested.tolist() == [1]
    assert found.margin.tolist() == pytest.approx([-0.8])
    # Each row holds its class's share: 3 of 5 and 2 of 5.
    assert found.joint.tolist() == [pytest.approx([0.4, 0.2]), pytest.approx([0, 0.4])]
    assert found.share == pytest.approx(0.2)
    assert found.accuracy == 0.8


def test_an_example_that_reaches_two_thresholds_counts_once():
    given_class = np.array([0, 1, 0, 1])
    p = np.array([[0.55, 0.45], [0.55, 0.45], [0.4, 0.6], [0.7, 0.3]])
    assert confident_joint(given_class, p).sum() <= 4


def planted(
    n: int, wrong: int, *, seed: int, spread: float = 0.7
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, given labels, true labels, and rows with a planted wrong label; three classes around far-apart centres."""
    rng = np.random.default_rng(seed)
    true = np.arange(n) % 3
    features = rng.normal(0, spread, (n, 8))
    features[np.arange(n), true] += 5
    rows = rng.choice(n, wrong, replace=False)
    labels = true.copy()
    labels[rows] = (true[rows] + rng.integers(1, 3, wrong)) % 3
    return features, labels, true, rows


@pytest.mark.parametrize("wrong", [0, 12, 45])
def test_planted_errors_are_found(wrong: int):
    features, labels, true, rows = planted(450, wrong, seed=3)
    p = out_of_fold_probabilities(features, labels, groups=np.arange(450))
    found = find_label_errors(labels, p)
    hit = set(found.rows.tolist()) & set(rows.tolist())
    assert len(hit) >= 0.75 * wrong
    assert len(found.rows) - len(hit) <= 5
    assert found.share == pytest.approx(wrong / 450, abs=0.02)
    right = np.isin(found.rows, rows)
    assert (found.suggested[right] == true[found.rows[right]]).all()
    assert (np.diff(found.margin) >= 0).all()


def test_a_copy_does_not_vouch_for_its_own_wrong_label():
    features, labels, _, rows = planted(240, 12, seed=5)
    doubled, twice = np.repeat(features, 2, axis=0), np.repeat(labels, 2)
    p = out_of_fold_probabilities(doubled, twice, groups=np.repeat(np.arange(240), 2))
    assert np.allclose(p[::2], p[1::2])
    found = set((find_label_errors(twice, p).rows // 2).tolist())
    assert len(found & set(rows.tolist())) >= 10


def test_probabilities_do_not_depend_on_chance():
    features, labels, _, _ = planted(90, 5, seed=1)
    one, two = (
        out_of_fold_probabilities(features, labels, groups=np.arange(90), seed=7) for _ in range(2)
    )
    assert np.array_equal(one, two)
    assert np.allclose(one.sum(axis=1), 1)


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 40))
def test_the_joint_is_a_distribution_with_the_given_classes_shares(seed: int, k: int, n: int):
    rng = np.random.default_rng(seed)
    labels, p = rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)
    found = find_label_errors(labels, p)
    assert found.joint.sum() == pytest.approx(1)
    assert found.joint.sum(axis=1) == pytest.approx(np.bincount(labels, minlength=k) / n)
    assert -1e-9 <= found.share <= 1
    assert (labels[found.rows] != found.suggested).all()


def test_a_class_without_a_confident_example_is_taken_to_be_right():
    # The only example of class 1 reaches the threshold of class 2 with more.
    labels, p = np.array([0, 1, 2]), np.array([[1.0, 0, 0], [0, 0.4, 0.6], [0, 0.4, 0.6]])
    found = find_label_errors(labels, p)
    assert found.joint.sum() == pytest.approx(1)


@pytest.mark.parametrize("labels", [[], [0, 2], [-1, 0]])
def test_labels_out_of_range_are_refused(labels: list[int]):
    p = np.full((len(labels), 2), 0.5)
    with pytest.raises(ValueError, match="from 0 to 1"):
        find_label_errors(np.array(labels, dtype=int), p)
