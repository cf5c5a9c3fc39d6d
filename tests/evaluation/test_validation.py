import numpy as np
import pytest

from skyform.evaluation import Answered, Estimate, Truth, pooled_accuracy, validation_scores
from skyform.schema import KAGGLE, cumulative


def votes(*answers: str) -> np.ndarray:
    """Everyone gives these answers, and splits evenly elsewhere."""
    f = np.concatenate([np.full(len(q.answers), 1 / len(q.answers)) for q in KAGGLE.questions])
    for answer in answers:
        f[KAGGLE.slices[answer.partition(".")[0]]] = 0
        f[KAGGLE.index[answer]] = 1
    return cumulative(KAGGLE, f)


def said(cumulative: list[np.ndarray], kinds: list[str], **classes: list[int]) -> Answered:
    return Answered(np.array(cumulative), kinds, {k: np.array(v) for k, v in classes.items()})


def test_gz2_figures():
    smooth = votes("smooth-or-features.smooth", "roundness.round")
    disc = votes("smooth-or-features.features", "edge-on.yes", "edge-on-bulge.none")
    truths = [Truth("gz2", votes=v, debiased=v) for v in (smooth, disc)]
    scores = validation_scores(truths, said([smooth, smooth], ["galaxy"] * 2, galaxy10_sdss=[1, 6]))
    assert scores["gz2_first_question"].value == 0.5
    assert scores["gz2_galaxy10_class"].value == 1.0
    expected = np.sqrt(((smooth - disc) ** 2).sum() / 74)
    assert scores["gz2_rmse"].value == pytest.approx(expected)


def test_galaxy10_sdss_is_judged_by_both_kinds_of_votes():
    smooth = votes("smooth-or-features.smooth", "roundness.cigar")
    disc = votes("smooth-or-features.features", "edge-on.yes", "edge-on-bulge.none")
    near, far = Truth("gz2", votes=disc), Truth("gz2", votes=smooth, debiased=disc)
    answer = said([disc, smooth], ["galaxy"] * 2, galaxy10_sdss=[6, 6])
    scores = validation_scores([near, far], answer)
    assert (scores["gz2_galaxy10_class"].value, scores["gz2_galaxy10_class"].n) == (0.5, 2)
    assert (scores["gz2_galaxy10_debiased"].value, scores["gz2_galaxy10_debiased"].n) == (1, 1)
    without = validation_scores([near], said([disc], ["galaxy"], galaxy10_sdss=[3]))
    assert "gz2_galaxy10_debiased" not in without


def test_gz1_joins_the_spirals_and_leaves_mergers_out():
    labels = ["elliptical", "spiral_clockwise", "spiral_anticlockwise", "edge_on", "merger"]
    truths = [Truth("gz1", label=label) for label in labels]
    blank = [np.zeros(37)] * 5
    scores = validation_scores(truths, said(blank, ["galaxy"] * 5, galaxy_zoo_1=[0, 2, 2, 0, 0]))
    assert scores["gz1_accuracy"].value == 0.75
    assert scores["gz1_accuracy"].n == 4
    assert scores["gz1_balanced"].value == pytest.approx((1 + 1 + 0) / 3)
    assert scores["gz1_sense_of_rotation"].value == 0.5


def test_a_merger_called_where_there_is_none_is_wrong():
    truths = [Truth("gz1", label="elliptical")]
    scores = validation_scores(truths, said([np.zeros(37)], ["galaxy"], galaxy_zoo_1=[4]))
    assert scores["gz1_accuracy"].value == 0


def test_examples_count_each_answer():
    truth = Truth("examples", answers=("bar.yes", "odd.no"))
    answer = votes("smooth-or-features.features", "edge-on.no", "bar.yes", "odd.yes")
    scores = validation_scores([truth], said([answer], ["galaxy"]))
    assert scores["examples_answer"].value == 0.5
    assert scores["examples_answer"].n == 2


def test_a_question_that_a_picture_is_shown_for_twice_counts_once():
    truth = Truth("examples", answers=("odd-feature.lens", "odd-feature.ring", "odd-feature.lens"))
    for said_feature, share in (("lens", 1.0), ("ring", 1.0), ("merger", 0.0)):
        answer = votes("odd.yes", f"odd-feature.{said_feature}")
        scores = validation_scores([truth], said([answer], ["galaxy"]))
        assert scores["examples_answer"].value == share
        assert scores["examples_answer"].n == 1


def test_pictures_of_one_object_are_drawn_together():
    labels = ["nebula"] * 10 + ["cluster"] * 10
    kinds = ["nebula"] * 20
    blank = [np.zeros(37)] * 20
    apart = [Truth("deepsky", label=x) for x in labels]
    together = [Truth("deepsky", label=x, object=x) for x in labels]
    wide, narrow = (
        validation_scores(t, said(blank, kinds))["deepsky_kind"] for t in (together, apart)
    )
    assert wide.value == narrow.value == 0.5
    assert (wide.low, wide.high) == (0.0, 1.0)
    assert 0 < narrow.low < narrow.high < 1


def test_deep_sky_reports_weak_candidates_apart():
    truths = [Truth("deepsky", label=x) for x in ("nebula", "lens", "lens_candidate_low")]
    scores = validation_scores(truths, said([np.zeros(37)] * 3, ["nebula", "galaxy", "lens"]))
    assert scores["deepsky_kind"].value == 0.5
    assert scores["weak_candidates_not_called_lens"].value == 0.0


def test_official_numbers():
    truths = [Truth("galaxy10_decals", label=n) for n in (3, 8)]
    scores = validation_scores(
        truths, said([np.zeros(37)] * 2, ["galaxy"] * 2, galaxy10_decals=[3, 9])
    )
    assert scores["galaxy10_decals_class"].value == 0.5
    assert "gz2_rmse" not in scores


def test_ordinary_galaxies_are_not_to_be_called_odd():
    truths = [Truth("galaxy10_decals", label=n) for n in (0, 1, 5, 5, 5, 6)]
    odd, plain = votes("odd.yes"), votes("odd.no")
    answers = [odd, plain, odd, plain, plain, plain]
    scores = validation_scores(
        truths, said(answers, ["galaxy"] * 6, galaxy10_decals=[0, 1, 5, 5, 5, 6])
    )
    assert scores["galaxy10_decals_class"].value == 1
    assert scores["galaxy10_decals_odd_balanced"].value == pytest.approx((1 / 2 + 3 / 4) / 2)


def test_pooled_accuracy_weighs_by_pictures_and_leaves_other_metrics_out():
    scores = {
        "gz2_rmse": Estimate(0.08, 0.0, 1.0, 50),
        "gz1_balanced": Estimate(0.1, 0.0, 1.0, 50),
        "gz1_accuracy": Estimate(0.9, 0.0, 1.0, 30),
        "deepsky_kind": Estimate(0.5, 0.0, 1.0, 10),
    }
    assert pooled_accuracy(scores) == pytest.approx((27 + 5) / 40)
