import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_runs import SCHEME, class_run
from sklearn import metrics as reference

from skyform.evaluation import calibration_error
from skyform.evaluation.class_scores import (
    class_report,
    confusion,
    confusion_shares,
    in_top,
    score_classes,
    score_sets,
)


def rows(seed: int, *, n: int = 60, k: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    p = rng.dirichlet(np.ones(k), n)
    return truth, p


@given(st.integers(0, 300), st.integers(1, 60))
@settings(max_examples=20)
def test_figures_agree_with_scikit_learn(seed: int, n: int):
    truth, p = rows(seed, n=n)
    said = p.argmax(axis=1)
    scores = score_classes(truth, p, scheme=SCHEME)
    labels = np.arange(4)
    expected = {
        "accuracy": reference.accuracy_score(truth, said),
        "macro_f1": reference.f1_score(truth, said, average="macro", zero_division=0),
        "weighted_f1": reference.f1_score(truth, said, average="weighted", zero_division=0),
        "log_loss": reference.log_loss(truth, p, labels=labels),
        "brier": float(((p - np.eye(4)[truth]) ** 2).sum(axis=1).mean()),
        "ece": calibration_error(p.max(axis=1), said == truth),
        "top_2": reference.top_k_accuracy_score(truth, p, k=2, labels=labels),
        "balanced_accuracy": np.mean([(said[truth == c] == c).mean() for c in set(truth)]),
        "baseline": np.bincount(truth).max() / n,
    }
    assert set(scores) == set(expected)
    for name, value in expected.items():
        assert scores[name].value == pytest.approx(value, abs=1e-9), name
        assert scores[name].low <= scores[name].value <= scores[name].high
        assert scores[name].n == n


@given(st.integers(0, 300))
@settings(max_examples=20)
def test_the_report_agrees_with_scikit_learn(seed: int):
    truth, p = rows(seed, n=40)
    said = p.argmax(axis=1)
    counts = confusion(truth, said, classes=4)
    np.testing.assert_array_equal(
        counts, reference.confusion_matrix(truth, said, labels=np.arange(4))
    )
    expected = reference.classification_report(
        truth, said, labels=np.arange(4), output_dict=True, zero_division=0
    )
    for i, row in enumerate(class_report(counts, names=SCHEME.ids)[:4]):
        theirs = expected[str(i)]
        assert row.name == SCHEME.ids[i]
        assert row.support == theirs["support"]
        assert row.precision.value == pytest.approx(theirs["precision"])
        assert row.recall.value == pytest.approx(theirs["recall"])
        assert row.f1.value == pytest.approx(theirs["f1-score"])


def test_the_report_ends_with_its_averages():
    truth, p = rows(1, n=200)
    counts = confusion(truth, p.argmax(axis=1), classes=4)
    macro, weighted = class_report(counts, names=SCHEME.ids)[4:]
    expected = reference.classification_report(truth, p.argmax(axis=1), output_dict=True)
    assert (macro.name, weighted.name) == ("macro average", "weighted average")
    assert macro.f1.value == pytest.approx(expected["macro avg"]["f1-score"])
    assert weighted.precision.value == pytest.approx(expected["weighted avg"]["precision"])
    assert macro.support == weighted.support == 200


def test_a_class_without_pictures_does_not_count():
    truth, p = np.array([0, 0, 1]), np.eye(4)[[0, 0, 1]]
    scores = score_classes(truth, p, scheme=SCHEME)
    assert scores["balanced_accuracy"].value == scores["macro_f1"].value == 1.0
    assert np.isnan(confusion_shares(confusion(truth, truth, classes=4))[3]).all()
    assert confusion_shares(confusion(truth, truth, classes=4))[0, 0] == 1.0


def test_more_skill_gives_better_figures():
    weak, strong = (class_run(skill=s).summary.scores for s in (1.0, 3.0))
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "top_2"):
        assert strong[name].low > weak[name].high
    for name in ("log_loss", "brier"):
        assert strong[name].high < weak[name].low


def test_ties_rank_by_their_order():
    p = np.full((1, 4), 0.25)
    assert in_top(np.array([1]), p, k=2).all()
    assert not in_top(np.array([2]), p, k=2).any()


def test_sets_are_measured_by_coverage_and_size():
    sets = np.array([[True, True], [True, False], [False, True], [True, False]])
    scores = score_sets(np.array([0, 1, 1, 0]), sets)
    assert scores["set_coverage"].value == 0.75
    assert scores["set_size"].value == 1.25


@pytest.mark.parametrize(
    ("truth", "p", "message"),
    [
        (np.zeros(0, int), np.zeros((0, 4)), "above 0"),
        (np.array([0]), np.ones((1, 3)) / 3, "3 columns; deepsky has 4"),
        (np.array([4]), np.eye(4)[:1], "runs from 4 to 4"),
        (np.array([0]), np.full((1, 4), 0.5), "sum to 1"),
        (np.array([0]), np.array([[np.nan, 0, 0, 1]]), "no probabilities"),
    ],
)
def test_rows_that_are_no_predictions(truth: np.ndarray, p: np.ndarray, message: str):
    with pytest.raises(ValueError, match=message):
        score_classes(truth, p, scheme=SCHEME)


def test_confusions_of_what_is_not_there():
    with pytest.raises(ValueError, match="said runs from 0 to 4"):
        confusion(np.array([0, 1]), np.array([0, 4]), classes=4)
