"""How unsure the model is of a kept result."""

import numpy as np
import pytest
from fakes import FakeClassifier, picture
from hypothesis import given
from hypothesis import strategies as st

from skyform.server.contract import Classification
from skyform.server.keeping import uncertainty

MADE = Classification.of(FakeClassifier().classify(picture()), request_id="")


def answered(fractions: dict[str, list[float]], kind: list[float]) -> Classification:
    """A classification with these shares, each question asked of all."""
    made = MADE.model_copy(deep=True)
    assert made.kind is not None
    made.kind.probabilities = {str(i): p for i, p in enumerate(kind)}
    made.asked = dict.fromkeys(fractions, 1.0)
    made.answers = [
        made.answers[0].model_copy(update={"question": q, "fraction": f})
        for q, shares in fractions.items()
        for f in shares
    ]
    return made


def test_certain_and_clueless():
    assert uncertainty(answered({"bar": [1.0, 0.0]}, [1.0, 0.0])) == 0
    assert uncertainty(answered({"bar": [0.5, 0.5]}, [0.25] * 4)) == pytest.approx(1)
    assert uncertainty(answered({"bar": [0.5, 0.5]}, [1.0, 0.0])) == pytest.approx(0.5)


def test_a_question_counts_as_often_as_it_is_asked():
    made = answered({"bar": [0.5, 0.5], "spiral": [1.0, 0.0]}, [1.0, 0.0])
    often, seldom = made.model_copy(deep=True), made.model_copy(deep=True)
    often.asked["bar"], seldom.asked["bar"] = 0.9, 0.1
    assert uncertainty(seldom) < uncertainty(often)


def test_a_model_with_classes_of_its_own():
    made = MADE.model_copy(deep=True, update={"kind": None, "asked": {}, "answers": []})
    made.classes["galaxy10_sdss"].probabilities = [0.5, 0.5, *[0.0] * 8]
    own = {"galaxy10_sdss": made.classes["galaxy10_sdss"]}
    assert uncertainty(made.model_copy(update={"classes": own})) == pytest.approx(np.log10(2))
    assert uncertainty(made.model_copy(update={"classes": {}})) == 0


shares = st.lists(st.floats(0, 1), min_size=2, max_size=7).filter(lambda p: sum(p) > 0.01)


@given(shares, shares)
def test_it_is_a_share(bar: list[float], kind: list[float]):
    normal = [[x / sum(p) for x in p] for p in (bar, kind)]
    assert 0 <= uncertainty(answered({"bar": normal[0]}, normal[1])) <= 1
