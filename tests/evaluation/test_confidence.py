"""Is the model as sure as it is right: measured on worlds of which the truth is known."""

import json

import numpy as np
import pytest
from test_calibration import made_up_evidence

from skyform.evaluation import Calibration, calibration_error
from skyform.evaluation.confidence import Measured, calibration_floor, measure_confidence
from skyform.evaluation.fitting import fit_calibration, strangers_and_known
from skyform.schema import KINDS, SKYFORM


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure_confidence(made_up_evidence(240), folds=2)


def test_the_floor_is_what_honest_confidence_shows():
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.4, 1.0, 500)
    worlds = calibration_floor(sure)
    seen = [calibration_error(sure, rng.random(500) < sure) for _ in range(100)]
    assert worlds.mean() == pytest.approx(np.mean(seen), abs=0.004)
    assert calibration_error(np.full(500, 0.95), rng.random(500) < 0.7) > worlds.max()


def test_more_pictures_lower_the_floor():
    sure = np.random.default_rng(0).uniform(0.4, 1.0, 4000)
    assert calibration_floor(sure).mean() < 0.5 * calibration_floor(sure[:400]).mean()


def test_every_question_with_enough_answers_has_a_record(measured: Measured):
    names = {r.name: r for r in measured.records}
    first = names["smooth-or-features"]
    asked = int((made_up_evidence(240).kind != [k.id for k in KINDS].index("none")).sum())
    assert (first.group, first.n) == ("question", asked)
    assert first.counts.sum() == asked
    assert first.accuracy.value == pytest.approx(np.trace(first.counts) / asked)
    assert names["kind"].group == "kind"
    assert names["galaxy10_sdss"].group == "taxonomy"
    assert "sense" not in names, "nobody was asked"
    assert "hubble" not in names


def test_calibration_helps_boastful_logits_and_sets_hold_what_they_state(measured: Measured):
    names = {r.name: r for r in measured.records}
    kind = names["kind"]
    assert kind.before > 0.12
    assert kind.error < 0.75 * kind.before
    assert kind.sets is not None
    assert kind.sets.held == pytest.approx(kind.sets.stated, abs=0.06)
    assert measured.intervals is not None
    assert 0.82 < measured.intervals < 0.97


def test_records_are_plain_values(measured: Measured):
    values = json.loads(json.dumps(measured.to_dict()))
    assert values["kind"]["answers"] == [k.id for k in KINDS]
    assert values["kind"]["n"] == 240
    assert values["interval_coverage"] == pytest.approx(measured.intervals, abs=1e-4)


def test_one_fold_judges_nothing():
    with pytest.raises(ValueError, match="folds is 1"):
        measure_confidence(made_up_evidence(10), folds=1)


def test_a_fitted_calibration_survives_json_and_an_old_one_still_loads():
    evidence = made_up_evidence(60)
    fitted = fit_calibration(evidence)
    values = json.loads(json.dumps(fitted.to_dict()))
    again = Calibration.from_dict(values)
    fractions = fitted.fractions(evidence.answers)
    np.testing.assert_allclose(again.answer_chances(fractions), fitted.answer_chances(fractions))
    assert again.rejection == fitted.rejection
    old = Calibration.from_dict({k: values[k] for k in ("temperatures", "kind_temperature")})
    np.testing.assert_allclose(old.answer_chances(fractions), fractions)
    assert old.answer_set("kind", np.full((1, 5), 0.2)) is None
    none = [k.id for k in KINDS].index("none")
    np.testing.assert_allclose(
        old.strangeness(evidence.kinds, evidence.distance, fractions),
        old.kinds(evidence.kinds, evidence.distance)[:, none],
    )


def test_photographs_and_stars_are_strangers_and_weigh_alike():
    evidence = made_up_evidence(120)
    strange, known = strangers_and_known(evidence)
    none = evidence.kind == [k.id for k in KINDS].index("none")
    assert strange[none].sum() == pytest.approx(1)
    assert strange[~none].sum() == pytest.approx(1)
    assert not (known & (strange > 0)).any()
    stars = evidence.settled[:, 0] == SKYFORM.index["smooth-or-features.star"]
    assert not (stars & none).any(), "nothing is asked of a photograph"
    assert ((strange > 0) == (none | stars)).all()
