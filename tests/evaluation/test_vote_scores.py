import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_runs import vote_run
from sklearn import metrics as reference

from skyform.evaluation import rmse
from skyform.evaluation.vote_scores import (
    label_rows,
    question_scores,
    score_fractions,
    score_labels,
)
from skyform.schema import KAGGLE


def test_perfect_fractions_are_perfect_everywhere():
    truth = vote_run().predictions.truth
    scores = score_fractions(truth, truth)
    assert scores["rmse"].value == 0.0
    assert all(e.value == 1.0 for name, e in scores.items() if name != "rmse")
    for q in question_scores(truth, truth):
        assert q.correlation == pytest.approx(1.0)


def test_figures_follow_their_definitions():
    run = vote_run(noise=1.0).predictions
    scores = score_fractions(run.truth, run.p)
    assert scores["rmse"].value == pytest.approx(rmse(run.truth, run.p))
    first = KAGGLE.slices["smooth-or-features"]
    right = run.truth[:, first].argmax(axis=1) == run.p[:, first].argmax(axis=1)
    assert scores["first_question"].value == pytest.approx(right.mean())
    assert scores["first_question"] == scores["question.smooth-or-features"]
    bar = KAGGLE.slices["bar"]
    asked = run.truth[:, bar].sum(axis=1) >= 0.5
    assert scores["question.bar"].n == asked.sum() < len(run.ids)


def test_a_question_that_nobody_was_asked_has_no_accuracy():
    truth = vote_run(n=5).predictions.truth
    truth[:, KAGGLE.slices["arm-number"]] = 0.0
    scores = score_fractions(truth, truth)
    assert "question.arm-number" not in scores
    found = {q.id: q for q in question_scores(truth, truth)}["arm-number"]
    assert found.accuracy is None
    assert np.isnan(found.correlation)


def test_more_noise_gives_worse_figures():
    near, far = (vote_run(noise=n).summary.scores for n in (0.2, 2.0))
    assert near["rmse"].high < far["rmse"].low
    assert near["first_question"].low > far["first_question"].high


@given(st.integers(0, 200))
@settings(max_examples=20)
def test_labels_agree_with_scikit_learn(seed: int):
    rng = np.random.default_rng(seed)
    truth = (rng.random((30, 5)) < 0.4).astype(float)
    p = rng.random((30, 5))
    real, said = truth > 0.5, p > 0.5
    scores = score_labels(truth, p)
    assert scores["label_accuracy"].value == pytest.approx((real == said).mean())
    assert scores["exact"].value == pytest.approx(reference.accuracy_score(real, said))
    assert scores["rmse"].value == pytest.approx(rmse(truth, p))
    for average in ("micro", "macro"):
        theirs = reference.f1_score(real, said, average=average, zero_division=0)
        assert scores[f"{average}_f1"].value == pytest.approx(theirs)
    for i, row in enumerate(label_rows(truth, p, names=tuple("abcde"))):
        assert row.name == "abcde"[i]
        assert row.support == real[:, i].sum()
        assert row.recall.value == pytest.approx(
            reference.recall_score(real[:, i], said[:, i], zero_division=0)
        )


def test_the_baseline_of_rare_labels_is_high():
    truth = np.zeros((100, 4))
    truth[:10, 0] = 1
    scores = score_labels(truth, np.zeros((100, 4)))
    assert scores["baseline"].value == scores["label_accuracy"].value == pytest.approx(0.975)


@pytest.mark.parametrize("measure", [score_fractions, score_labels])
def test_unknown_rows_are_left_out(measure: object):
    run = vote_run(n=20).predictions
    truth = run.truth.copy()
    truth[3, 5] = np.nan
    known = np.delete(np.arange(20), 3)
    assert measure(truth, run.p)["rmse"] == measure(truth[known], run.p[known])["rmse"]


def test_rows_that_do_not_fit():
    with pytest.raises(ValueError, match="both need 37 columns"):
        score_fractions(np.zeros((2, 36)), np.zeros((2, 36)))
    with pytest.raises(ValueError, match="none of the 2 rows"):
        score_labels(np.full((2, 3), np.nan), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="not finite"):
        score_labels(np.zeros((2, 3)), np.full((2, 3), np.inf))
