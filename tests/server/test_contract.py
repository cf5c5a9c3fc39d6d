import json

import pytest
from fakes import FakeClassifier, picture
from hypothesis import given
from hypothesis import strategies as st

from skyform.schema import KINDS, Failure, Prediction, chance
from skyform.server.contract import Classification

# What the site adds to the model's statement, and what each is where nobody asked for it.
ADDED = {"shape": None, "look_alikes": [], "lesson": "", "display": None, "result": None}


def _without_words(body: dict) -> dict:
    for part in (body["kind"], *body["classes"].values()):
        if part:
            del part["chance"]
    del body["request_id"]
    for name, unasked in ADDED.items():
        assert body.pop(name) == unasked
    return body


@pytest.mark.parametrize("evidence", [False, True])
@pytest.mark.parametrize("kind", [k.id for k in KINDS])
def test_the_contract_mirrors_to_dict(kind: str, evidence: bool) -> None:
    prediction = FakeClassifier(kind=kind).classify(picture(), id="a", evidence=evidence)
    sent = Classification.of(prediction, request_id="r").model_dump(mode="json")
    assert sent["request_id"] == "r"
    assert sent.pop("embedding") is None
    assert _without_words(sent) == json.loads(json.dumps(prediction.to_dict()))
    whole = Classification.of(prediction, request_id="r", embedding=True).model_dump(mode="json")
    expected = json.loads(json.dumps(prediction.to_dict(embedding=True)))
    assert _without_words(whole) == expected


def test_a_failed_prediction_fits_too() -> None:
    failed = Prediction("a", "", "m@1", failure=Failure("empty-file", "Empty.", "Another."))
    sent = Classification.of(failed, request_id="r").model_dump(mode="json")
    assert _without_words(sent) == {**failed.to_dict(), "embedding": None}


def test_the_contract_has_exactly_the_keys_of_to_dict() -> None:
    bare = Prediction("a", "", "m@1").to_dict(embedding=True)
    assert set(Classification.model_fields) == {*bare, *ADDED, "request_id"}


@given(st.floats(0, 1))
def test_the_words_are_those_of_the_schema(confidence: float) -> None:
    from dataclasses import replace

    prediction = FakeClassifier().classify(picture(), id="a")
    assert prediction.kind is not None
    prediction = replace(prediction, kind=replace(prediction.kind, confidence=confidence))
    sent = Classification.of(prediction, request_id="r")
    assert sent.kind is not None
    assert sent.kind.chance == chance(confidence)
    for choice in sent.classes.values():
        assert choice.chance == chance(choice.confidence)
