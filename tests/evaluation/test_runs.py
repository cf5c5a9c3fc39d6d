import json

import numpy as np
import pytest
from made_up_runs import SCHEME, class_run, label_run, vote_run

from skyform.evaluation.class_calibration import ClassCalibration
from skyform.evaluation.runs import Predictions, RunResult, RunSummary


@pytest.mark.parametrize("make", [class_run, label_run, vote_run])
def test_a_summary_survives_json(make: object):
    summary = make().summary
    values = json.loads(json.dumps(summary.to_dict()))
    back = RunSummary.from_dict(values)
    assert back.to_dict() == summary.to_dict()
    assert back.scheme == summary.scheme
    assert back.figures == summary.figures


def test_the_calibration_of_a_run():
    run = class_run()
    assert run.calibration.to_dict() == run.summary.calibration
    assert RunResult(vote_run().summary, vote_run().predictions).calibration == ClassCalibration()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"task": "fractions"}, "only 'classes' has one"),
        ({"dataset": {"id": "x"}}, "dataset lacks fingerprint, title"),
        ({"calibration": {"temperature": -1}}, "temperature is -1"),
    ],
)
def test_impossible_summaries(changed: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        RunSummary.from_dict(class_run(n=30).summary.to_dict() | changed)


def test_rows_keep_ids_truth_and_p_together():
    run = class_run(n=50).predictions
    some = run.rows(np.array([7, 3]))
    assert some.ids == (run.ids[7], run.ids[3])
    np.testing.assert_array_equal(some.truth, run.truth[[7, 3]])
    np.testing.assert_array_equal(some.p, run.p[[7, 3]])
    np.testing.assert_array_equal(some.said, run.p[[7, 3]].argmax(axis=1))


def test_predictions_that_do_not_fit_each_other():
    p = np.full((2, 4), 0.25)
    with pytest.raises(ValueError, match="3 ids and 4 columns"):
        Predictions(("a", "b", "c"), SCHEME.ids, np.zeros(2, int), p)
    with pytest.raises(ValueError, match="2 ids and 3 columns"):
        Predictions(("a", "b"), SCHEME.ids[:3], np.zeros(2, int), p)
    with pytest.raises(ValueError, match="an id twice"):
        Predictions(("a", "a"), SCHEME.ids, np.zeros(2, int), p)
