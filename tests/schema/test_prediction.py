"""A prediction says everything in plain JSON types."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from skyform.schema import (
    AnswerEstimate,
    ClassEstimate,
    Failure,
    Flag,
    Frame,
    KindEstimate,
    Prediction,
)


@pytest.fixture
def prediction() -> Prediction:
    """A prediction with every field set."""
    return Prediction(
        id="m51",
        path="pictures/m51.jpg",
        model="base@1",
        flags=(Flag.CUT_BY_EDGE, Flag.OFF_CENTRE),
        kind=KindEstimate("galaxy", "galaxy", 0.9, {"galaxy": 0.9, "nebula": 0.1}),
        answers=(
            AnswerEstimate("spiral.yes", "spiral", "spiral arms", "Class4.1", 0.9, 0.8, 0.95, 0.7),
        ),
        asked={"spiral": 0.8},
        path_taken=("smooth-or-features.features", "edge-on.no", "spiral.yes"),
        sentence="Very likely a spiral galaxy.",
        classes={
            "hubble": ClassEstimate("hubble", 2, "spiral", "Spiral", 0.9, 0.95, (0.05, 0.05, 0.9))
        },
        frame=Frame(10.0, 12.0, 200.0, 424, 424),
        embedding=np.arange(4, dtype=np.float32),
        evidence=np.array([[0.0, 0.1], [0.12343, 1.0]], np.float32),
    )


def test_everything_is_json(prediction: Prediction):
    record = prediction.to_dict(embedding=True)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["embedding"] == [0.0, 1.0, 2.0, 3.0]
    assert record["evidence"] == [[0.0, 0.1], [0.1234, 1.0]]
    assert record["flags"][0] == {
        "code": "cut-by-edge",
        "text": "the object is cut by the edge of the picture",
    }


def test_the_embedding_is_left_out_unless_asked_for(prediction: Prediction):
    assert "embedding" not in prediction.to_dict()


def test_a_failed_picture_is_json():
    failure = Failure("empty-file", "m51.jpg has zero bytes.", "Download it again.")
    failed = Prediction(id="m51", path="m51.jpg", model="base@1", failure=failure)
    record = json.loads(json.dumps(failed.to_dict(), allow_nan=False))
    assert not failed.ok
    assert record["error"] == {
        "code": "empty-file",
        "message": "m51.jpg has zero bytes.",
        "remedy": "Download it again.",
    }
    assert record["kind"] is None
    assert record["classes"] == {}
    assert str(failure) == "m51.jpg has zero bytes. Download it again."


def test_answers_are_found_by_id(prediction: Prediction):
    assert prediction.ok
    assert prediction.answer("spiral.yes").fraction == 0.9
    with pytest.raises(KeyError, match=r"spiral\.maybe"):
        prediction.answer("spiral.maybe")


def test_predictions_compare_and_cross_process_borders(prediction: Prediction):
    copy = pickle.loads(pickle.dumps(prediction))
    assert copy == prediction
    np.testing.assert_array_equal(copy.embedding, prediction.embedding)
    assert replace(prediction, sentence="Likely a nebula.") != prediction


@pytest.mark.parametrize("flag", Flag)
def test_every_flag_has_words(flag: Flag):
    assert len(flag.text) > 20
