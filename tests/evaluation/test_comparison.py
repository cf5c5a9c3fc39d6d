import dataclasses
import json

import numpy as np
import pytest
from made_up_runs import SCHEME, class_run, label_run, vote_run

from skyform.errors import DataError
from skyform.evaluation.comparison import Comparison, compare_runs, group_runs
from skyform.evaluation.runs import Predictions, RunResult
from skyform.evaluation.significance import mcnemar
from skyform.schema import Scheme


def compared(*results: RunResult, common: bool = False) -> Comparison:
    names = [f"runs/{i}" for i in range(len(results))]
    return compare_runs(list(results), names=names, common=common)


def kept(run: RunResult, at: np.ndarray) -> RunResult:
    return dataclasses.replace(run, predictions=run.predictions.rows(at))


def test_the_better_model_leads_and_the_distance_is_tested():
    weak, strong = class_run("weak", skill=1.5), class_run("strong", skill=3.0)
    found = compared(weak, strong)
    assert [c.name for c in found.contestants] == ["strong", "weak"]
    assert found.contestants[0].behind is None
    behind = found.contestants[1].behind
    assert behind is not None
    right = [r.predictions.said == r.predictions.truth for r in (strong, weak)]
    assert behind.p == mcnemar(*right)
    difference = right[1].mean() - right[0].mean()
    assert behind.difference.value == pytest.approx(difference)
    assert behind.difference.high < 0
    assert found.any_right == pytest.approx((right[0] | right[1]).mean())
    truth = weak.predictions.truth
    beyond = np.flatnonzero(~(right[0] | right[1]))
    assert list(found.all_wrong) == [weak.predictions.ids[i] for i in beyond]
    assert list(found.all_wrong.values()) == [SCHEME.ids[truth[i]] for i in beyond]


def test_scores_are_those_of_the_runs():
    run = class_run()
    found = compared(run, class_run("other", skill=1.0))
    first = found.contestants[0]
    for name, estimate in run.summary.scores.items():
        assert first.scores[name].value == pytest.approx(estimate.value)


def test_p_values_are_corrected_for_their_number():
    best = class_run("best", skill=2.6)
    others = [class_run(f"m{i}", skill=2.2, seed=i) for i in range(4)]
    single = compared(best, others[0]).contestants[-1].behind
    among = {c.name: c.behind for c in compared(best, *others).contestants}["m0"]
    assert single is not None
    assert among is not None
    assert among.p >= single.p


def test_rmse_ranks_the_other_way():
    found = compared(vote_run("far", noise=1.5), vote_run("near", noise=0.2))
    assert [c.name for c in found.contestants] == ["near", "far"]
    behind = found.contestants[1].behind
    assert behind is not None
    assert behind.difference.low > 0
    assert behind.p < 0.01
    assert np.isnan(found.any_right)
    assert found.all_wrong == {}


def test_labels_are_compared_by_the_labels_that_are_right():
    found = compared(label_run("far", noise=1.5), label_run("near", noise=0.2))
    assert found.metric == "label_accuracy"
    assert [c.name for c in found.contestants] == ["near", "far"]


def test_seeds_of_one_recipe_are_one_contestant():
    seeds = [class_run("cnn", seed=s) for s in (2, 0, 1)]
    found = compared(*seeds, class_run("forest", skill=1.0))
    cnn = found.contestants[0]
    values = [r.summary.scores["accuracy"].value for r in seeds]
    assert cnn.seeds == (0, 1, 2)
    assert cnn.scores["accuracy"].value == pytest.approx(np.mean(values))
    assert cnn.spread == pytest.approx(np.std(values, ddof=1))
    assert np.isnan(found.contestants[1].spread)


def test_the_same_seed_twice_is_two_contestants():
    runs = [class_run("cnn", seed=0), class_run("cnn", seed=0, skill=1.0)]
    groups = group_runs([r.summary for r in runs], names=["a", "b"])
    assert groups == {"a": [0], "b": [1]}


def test_the_order_of_rows_does_not_matter():
    one, two = class_run("one"), class_run("two", skill=1.5)
    turned = kept(two, np.arange(300)[::-1])
    assert compared(one, turned).to_dict() == compared(one, two).to_dict()


def test_other_rows_are_refused_unless_the_common_ones_are_asked_for():
    one, two = class_run("one"), kept(class_run("two", skill=1.5), np.arange(50, 250))
    with pytest.raises(DataError, match=r"runs/0 was judged on 300 .* runs/1 on 200; 200 are in"):
        compared(one, two)
    found = compared(one, two, common=True)
    assert (len(found.ids), found.left_out) == (200, 100)
    assert found.contestants[0].scores["accuracy"].n == 200


def test_runs_without_a_common_row():
    one = class_run("one")
    first, second = kept(one, np.arange(150)), kept(one, np.arange(150, 300))
    with pytest.raises(DataError, match="Train them on the same split"):
        compared(first, second)
    with pytest.raises(DataError, match="No validation picture is in all of runs/0, runs/1"):
        compared(first, second, common=True)


def changed_truth(run: RunResult, truth: np.ndarray) -> RunResult:
    old = run.predictions
    return dataclasses.replace(run, predictions=Predictions(old.ids, old.columns, truth, old.p))


def test_other_truths_are_refused():
    one, two = class_run("one"), class_run("two")
    truth = two.predictions.truth.copy()
    truth[[4, 9]] = (truth[[4, 9]] + 1) % 4
    with pytest.raises(DataError, match=r"different truths for 2 pictures, such as row-0004"):
        compared(one, changed_truth(two, truth))
    votes = vote_run()
    other = votes.predictions.truth.copy()
    other[7, 3] += 0.01
    with pytest.raises(DataError, match=r"different truths for 1 pictures, such as row-0007"):
        compared(votes, changed_truth(votes, other))


def test_what_cannot_be_compared():
    run = class_run()
    with pytest.raises(DataError, match="at least two runs, not 1"):
        compared(run)
    with pytest.raises(DataError, match="runs/0 says classes and runs/1 says fractions"):
        compared(run, vote_run())
    letters = Scheme.from_names("letters", ("c", "g", "l", "n"))
    with pytest.raises(DataError, match=r"different classes: cluster, .* and c, g, l, n"):
        compared(run, class_run(scheme=letters))


def test_json_has_everything_and_no_nan():
    found = compared(class_run("a"), class_run("b", skill=1.0), class_run("a", seed=1))
    values = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [m["rank"] for m in values["models"]] == [1, 2]
    assert values["models"][0]["seeds"] == [0, 1]
    assert values["models"][0]["behind_best"] is None
    assert values["models"][1]["behind_best"]["p"] < 0.05
    assert json.dumps(compared(vote_run(), vote_run("b")).to_dict(), allow_nan=False)
