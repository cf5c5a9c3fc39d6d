import json

import numpy as np
import pytest
from made_up_evidence import made_up_evidence

from skyform.evaluation import Calibration
from skyform.evaluation.fitting import Evidence, fit_calibration
from skyform.schema import GALAXY10_SDSS, KINDS, SKYFORM


@pytest.fixture(scope="module")
def fitted() -> tuple[Evidence, Calibration]:
    evidence = made_up_evidence()
    return evidence, fit_calibration(evidence)


def test_boastful_logits_are_cooled(fitted: tuple[Evidence, Calibration]):
    _, calibration = fitted
    assert calibration.kind_temperature == pytest.approx(2.0, rel=0.25)
    assert calibration.temperatures["smooth-or-features"] == pytest.approx(2.0, rel=0.3)


def test_a_question_without_votes_keeps_its_temperature(fitted: tuple[Evidence, Calibration]):
    _, calibration = fitted
    assert calibration.temperatures["sense"] == pytest.approx(1.0, abs=0.01)


def test_fractions_sum_to_one_and_lie_in_their_bounds(fitted: tuple[Evidence, Calibration]):
    evidence, calibration = fitted
    fractions = calibration.fractions(evidence.answers)
    low, high = calibration.bounds(fractions)
    assert ((low <= fractions) & (fractions <= high)).all()
    for part in SKYFORM.slices.values():
        np.testing.assert_allclose(fractions[:, part].sum(axis=1), 1)


def test_ninety_per_cent_intervals_hold_about_ninety_per_cent(fitted: tuple[Evidence, Calibration]):
    evidence, calibration = fitted
    low, high = calibration.bounds(calibration.fractions(evidence.answers))
    first = evidence.votes[:, :3]
    covered = ((first >= low[:, :3]) & (first <= high[:, :3])).mean()
    assert 0.82 < covered < 0.97


def test_strange_pictures_move_towards_none(fitted: tuple[Evidence, Calibration]):
    _evidence, calibration = fitted
    logits = np.tile(np.array([[6.0, 0, 0, 0, 0]]), (3, 1))
    distance = calibration.familiar * np.array([0.5, 1.0, 3.0])
    p = calibration.kinds(logits, distance)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert p[0, 0] == p[1, 0] > p[2, 0]
    assert p[2].argmax() == [k.id for k in KINDS].index("none")


def test_class_temperature_sharpens_shares_into_chances(fitted: tuple[Evidence, Calibration]):
    evidence, calibration = fitted
    fractions = calibration.fractions(evidence.answers)
    p, coverage = calibration.classes(GALAXY10_SDSS, fractions)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert ((coverage >= 0) & (coverage <= 1)).all()
    assert calibration.class_temperatures["galaxy10_sdss"] < 1


def test_round_trip_through_json(fitted: tuple[Evidence, Calibration]):
    evidence, calibration = fitted
    again = Calibration.from_dict(json.loads(json.dumps(calibration.to_dict())))
    np.testing.assert_allclose(
        again.fractions(evidence.answers), calibration.fractions(evidence.answers)
    )


def test_without_a_fitted_interval_nothing_is_claimed():
    low, high = Calibration().bounds(np.full((1, 39), 0.5))
    assert (low == 0).all()
    assert (high == 1).all()
