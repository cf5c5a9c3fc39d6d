"""Right answers from votes and labels."""

import numpy as np
import pytest

from skyform.datasets.labels import clean5_rule, galaxy_zoo_1_rule, spiral_rule, star_rule
from skyform.evaluation.settled import settled_answers
from skyform.schema import KAGGLE, SKYFORM, Rule

QUESTIONS = [q.id for q in SKYFORM.questions]
NOTHING = np.full((1, 37), np.nan)


def settled(rules: list[Rule], *, reached: bool) -> dict[str, str]:
    """Question → answer id, without what is not settled."""
    asked = np.full((1, len(QUESTIONS)), reached)
    found = settled_answers(NOTHING, np.zeros(1), [rules], reached=asked)[0]
    return {
        q: SKYFORM.answers[SKYFORM.slices[q].start + k].id
        for q, k in zip(QUESTIONS, found.tolist(), strict=True)
        if k >= 0
    }


def test_a_spiral_settles_all_on_its_way():
    assert settled([galaxy_zoo_1_rule("spiral_clockwise")], reached=False) == {
        "smooth-or-features": "smooth-or-features.features",
        "edge-on": "edge-on.no",
        "spiral": "spiral.yes",
        "sense": "sense.clockwise",
    }


@pytest.mark.parametrize(
    ("rule", "always", "where_asked"),
    [
        (
            galaxy_zoo_1_rule("elliptical"),
            {"smooth-or-features.smooth"},
            {"edge-on.no", "spiral.no"},
        ),
        (galaxy_zoo_1_rule("edge_on"), set(), {"edge-on.yes", "roundness.cigar"}),
        (spiral_rule(False), set(), {"spiral.no"}),
        (star_rule(), {"smooth-or-features.star"}, set()),
        (clean5_rule("edge_on"), {"smooth-or-features.features", "edge-on.yes"}, set()),
    ],
)
def test_what_only_some_ways_come_to_is_settled_where_the_model_asks_it(
    rule: Rule, always: set[str], where_asked: set[str]
):
    assert set(settled([rule], reached=False).values()) == always
    assert set(settled([rule], reached=True).values()) == always | where_asked


def test_votes_settle_by_majority_from_ten_people_on():
    votes = np.zeros((2, 37))
    votes[:, KAGGLE.index["smooth-or-features.smooth"]] = 0.6
    votes[:, KAGGLE.index["smooth-or-features.features"]] = 0.4
    votes[:, KAGGLE.index["bar.yes"]] = 0.3
    votes[:, KAGGLE.index["bar.no"]] = 0.1
    reached = np.zeros((2, len(QUESTIONS)), bool)
    found = settled_answers(votes, np.array([40.0, 20.0]), [(), ()], reached=reached)
    bar, first = QUESTIONS.index("bar"), QUESTIONS.index("smooth-or-features")
    assert found[:, first].tolist() == [0, 0]
    assert found[:, bar].tolist() == [0, -1], "eight people are too few"
    assert (found[:, QUESTIONS.index("sense")] == -1).all()
