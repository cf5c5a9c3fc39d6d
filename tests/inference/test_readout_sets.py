"""Sets of answers, the path that is sure, and strangeness, from a model file to a prediction and a table."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_models import coloured, made_up_model

from skyform.evaluation import Calibration
from skyform.evaluation.rejection import Rejection
from skyform.inference import Classifier
from skyform.inference.tables import columns_of, row
from skyform.schema import KINDS, SKYFORM, TAXONOMIES, Flag, Prediction

BLUE = coloured(10, 20, 220)


def calibrated(tmp_path: Path, **calibration: Any) -> Classifier:
    """A model of the tree and the kinds with this calibration."""
    path = made_up_model(tmp_path / "m.onnx", scheme=None, tree="skyform", kinds=True)
    classifier = Classifier.load(path)
    classifier.model.info = replace(
        classifier.info, calibration=Calibration(familiar=1e6, **calibration)
    )
    return classifier


def said(tmp_path: Path, **calibration: Any) -> Prediction:
    """What it says of a blue picture."""
    return calibrated(tmp_path, **calibration).classify(BLUE)


@pytest.fixture
def every_set() -> dict[str, dict[str, float]]:
    """Sets that hold two answers or more nearly always."""
    names = [q.id for q in SKYFORM.questions] + list(TAXONOMIES) + ["kind"]
    return {name: {"threshold": 1e-9, "coverage": 0.9} for name in names}


def test_without_a_fit_confidence_is_the_share_and_there_are_no_sets(tmp_path: Path):
    p = said(tmp_path)
    assert all(a.confidence == pytest.approx(a.fraction) for a in p.answers)
    assert not p.answer_sets
    assert p.kind is not None
    assert p.kind.answer_set == ()
    assert p.classes["hubble"].answer_set == ()
    assert p.strangeness == pytest.approx(p.kind.probabilities["none"])


def test_chances_are_sharper_than_shares_and_keep_the_path(tmp_path: Path):
    chances = {q.id: {"temperature": 0.5, "noise": 0.01} for q in SKYFORM.questions}
    before, after = said(tmp_path), said(tmp_path, chances=chances)
    assert after.path_taken == before.path_taken
    for a in before.path_taken:
        sure = after.answer(a).confidence
        assert sure is not None
        assert sure > before.answer(a).fraction - 0.011
    assert sum(a.confidence or 0 for a in after.answers if a.question == "bar") == pytest.approx(1)


def test_sets_name_the_most_probable_first_and_end_the_path(
    tmp_path: Path, every_set: dict[str, dict[str, float]]
):
    p = said(tmp_path, sets=every_set)
    assert p.kind is not None
    assert p.kind.answer_set[0] == p.kind.id
    assert len(p.kind.answer_set) > 1
    for taxonomy, estimate in p.classes.items():
        assert estimate.answer_set[0] == estimate.id, taxonomy
    for question, answers in p.answer_sets.items():
        fractions = [p.answer(a).fraction for a in answers]
        assert fractions == sorted(fractions, reverse=True), question
    assert p.rolled_up == ()
    alone = {q.id: {"threshold": 0.999, "coverage": 0.9} for q in SKYFORM.questions}
    sure = said(tmp_path, sets=alone)
    assert all(len(a) == 1 for a in sure.answer_sets.values())
    assert set(sure.rolled_up) <= set(sure.path_taken)


def test_an_unsure_question_takes_what_hangs_on_it(tmp_path: Path):
    root = {"smooth-or-features": {"threshold": 1e-9, "coverage": 0.9}}
    chances = {q.id: {"temperature": 0.2, "noise": 0.0} for q in SKYFORM.questions}
    sure, unsure = said(tmp_path, chances=chances), said(tmp_path, chances=chances, sets=root)
    assert sure.rolled_up
    assert unsure.rolled_up == ()
    assert unsure.path_taken == sure.path_taken


def test_the_sentence_stops_where_the_path_does(tmp_path: Path):
    path = made_up_model(tmp_path / "v.onnx", scheme=None, tree="kaggle")
    classifier = Classifier.load(path)
    root = {"smooth-or-features": {"threshold": 1e-9, "coverage": 0.9}}
    classifier.model.info = replace(classifier.info, calibration=Calibration(sets=root))
    p = classifier.classify(BLUE)
    assert p.sentence.endswith("a galaxy; we can't tell whether it is smooth or has a disc.")


def test_a_stranger_is_flagged_from_the_threshold_on(tmp_path: Path):
    never = said(tmp_path, rejection=Rejection((0.0, 0.0, 0.0), 0.0, 0.6))
    assert never.strangeness == pytest.approx(0.5)
    always = said(tmp_path, rejection=Rejection((0.0, 0.0, 0.0), 0.0, 0.4))
    assert Flag.NOT_A_GALAXY in always.flags
    assert always.flags.count(Flag.NOT_A_GALAXY) == 1
    assert (Flag.NOT_A_GALAXY in never.flags) == (
        never.kind is not None and never.kind.id != "galaxy" and never.kind.confidence >= 0.66
    )


def test_tables_hold_sets_path_and_strangeness(
    tmp_path: Path, every_set: dict[str, dict[str, float]]
):
    classifier = calibrated(tmp_path, sets=every_set)
    values = row(classifier.classify(BLUE), columns=columns_of(classifier.info))
    assert set(str(values["kind_set"]).split(";")) <= {k.id for k in KINDS}
    assert str(values["hubble_set"]).split(";")[0] in TAXONOMIES["hubble"].by_id
    assert values["rolled_up"] == ""
    assert isinstance(values["strangeness"], float)
    votes = made_up_model(tmp_path / "v.onnx", scheme=None, tree="kaggle")
    names = [c.name for c in columns_of(Classifier.load(votes).info)]
    assert "rolled_up" in names
    assert not {"kind_set", "strangeness", "galaxy_zoo_1_set"} & set(names)


def test_averaged_sets_are_of_the_averaged_answers(
    tmp_path: Path, every_set: dict[str, dict[str, float]]
):
    p = calibrated(tmp_path, sets=every_set).classify(BLUE, average=True)
    sense = [p.answer(a).fraction for a in ("sense.clockwise", "sense.anticlockwise")]
    np.testing.assert_allclose(sense, 0.5, atol=1e-5)
    assert len(p.answer_sets["sense"]) == 2
