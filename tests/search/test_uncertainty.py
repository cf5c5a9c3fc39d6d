"""Uncertainty told from whatever columns there are."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, dirichlet

from skyform.errors import DataError
from skyform.schema import KAGGLE, SKYFORM
from skyform.search import uncertainty_of
from skyform.search.uncertainty import disagreement, entropy, uncertainty_columns


def test_entropy_of_known_shares():
    shares = np.array([[0.5, 0.5], [1.0, 0.0], [np.nan, np.nan]])
    assert entropy(shares) == pytest.approx([np.log(2), 0, 0])


def bounds(p: np.ndarray, strength: float) -> tuple[np.ndarray, np.ndarray]:
    a, b = strength * p, strength * (1 - p)
    return beta.ppf(0.05, a, b), beta.ppf(0.95, a, b)


@pytest.mark.parametrize("strength", [4.0, 12.0, 60.0])
def test_disagreement_is_the_mutual_information(strength: float):
    p = np.array([[0.5, 0.3, 0.2]])
    drawn = dirichlet.rvs(strength * p[0], size=200_000, random_state=0)
    known = entropy(p)[0] - entropy(drawn).mean()
    assert disagreement(p, *bounds(p, strength))[0] == pytest.approx(known, rel=0.12)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.floats(2, 200))
def test_disagreement_lies_between_nothing_and_the_entropy(weights: list[float], strength: float):
    p = np.array([weights]) / sum(weights)
    told = disagreement(p, *bounds(p, strength))[0]
    assert -1e-12 <= told <= entropy(p)[0] + 1e-9


def test_certain_rows_and_empty_intervals_tell_nothing():
    p = np.array([[1.0, 0.0], [0.5, 0.5], [np.nan, np.nan]])
    assert disagreement(p, p, p) == pytest.approx([0, 0, 0], abs=1e-9)


def columns_of(share: float, *, ends: tuple[str, ...] = ("",)) -> dict[str, list[float]]:
    """Columns of a survey-scale run for one row: the first answer of each question has the share."""
    out: dict[str, list[float]] = {}
    for question in SKYFORM.questions:
        rest = (1 - share) / (len(question.answers) - 1)
        for i, answer in enumerate(question.answers):
            name = answer.id.replace(".", "_").replace("-", "_")
            value = rest if i else share
            low, high = bounds(np.array(value), 12.0)
            values = {"": value, "_low": float(low), "_high": float(high)}
            out |= {name + end: [values[end]] for end in ends}
    return out


def joined(*rows: dict[str, list[float]]) -> pa.Table:
    return pa.table({name: [v for r in rows for v in r[name]] for name in rows[0]})


def test_intervals_are_used_where_there_are_any():
    ends = ("", "_low", "_high")
    rows = joined(columns_of(0.98, ends=ends), columns_of(0.4, ends=ends))
    told = uncertainty_of(rows)
    assert told.means == "what one more vote would tell (BALD)"
    assert told.values[1] > told.values[0] > 0


def test_fractions_alone_give_entropies_as_often_as_asked():
    rows = joined(columns_of(0.9), columns_of(0.5))
    told = uncertainty_of(rows)
    assert told.means == "the entropy of the answers"
    assert told.values[1] > told.values[0]
    never = pa.array([0.0, 0.0])
    for question in SKYFORM.questions[1:]:
        rows = rows.append_column(f"{question.id.replace('-', '_')}_asked", never)
    first = [
        rows[a.id.replace(".", "_").replace("-", "_")].to_numpy()
        for a in SKYFORM.questions[0].answers
    ]
    assert uncertainty_of(rows).values == pytest.approx(entropy(np.stack(first, axis=1)))


def test_the_challenges_columns_give_entropies_too():
    shares = {a.column: [0.0, 0.0] for a in KAGGLE.answers}
    shares |= {
        "Class1.1": [1.0, 0.5],
        "Class1.2": [0.0, 0.5],
        "Class7.1": [0.5, 0.5],
        "Class7.2": [0.5, 0.0],
    }
    told = uncertainty_of(pa.table(shares))
    assert told.values == pytest.approx([np.log(2), np.log(2)], abs=1e-6)


def test_own_classes_and_any_column():
    rows = pa.table({"p_disc": [0.5, 1.0], "p_ball": [0.5, 0.0], "kind_confidence": [0.9, None]})
    assert uncertainty_of(rows).values == pytest.approx([np.log(2), 0])
    assert uncertainty_of(rows, column="kind_confidence").values == pytest.approx([0.1, 0])
    assert uncertainty_of(rows, column="p_ball").values.tolist() == [0.5, 0.0]
    assert uncertainty_of(pa.table({"p_only": [0.5], "id": ["a"]})) is None


def test_columns_that_tell_nothing_are_told():
    rows = pa.table({"kind": ["galaxy"]})
    with pytest.raises(DataError, match="no column 'votes'"):
        uncertainty_of(rows, column="votes")
    with pytest.raises(DataError, match="does not hold numbers"):
        uncertainty_of(rows, column="kind")


def test_the_columns_to_carry_are_those_that_are_used():
    whole = joined(columns_of(0.5, ends=("", "_low", "_high")))
    names = [*whole.column_names, "spiral_asked", "flags"]
    assert set(uncertainty_columns(names)) == {*whole.column_names, "spiral_asked"}
    assert uncertainty_columns(["id", "p_a", "p_b"]) == ("p_a", "p_b")
    assert uncertainty_columns(["id"]) == ()
