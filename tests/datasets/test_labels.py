import numpy as np
import pytest
from made_up_data import gz2_columns

from skyform.datasets import (
    Labels,
    clean5_rule,
    example_rules,
    galaxy_zoo_1_rule,
    gz2_votes,
    spiral_rule,
    star_rule,
)
from skyform.errors import DataError
from skyform.schema import KAGGLE, SKYFORM, conditional, probability


def fractions(seed: int = 0, tree=SKYFORM) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.dirichlet(np.ones(len(q.answers))) for q in tree.questions])


def test_gz2_votes_are_cumulative_and_in_the_order_of_the_tree():
    given = fractions(tree=KAGGLE)
    votes = gz2_votes(gz2_columns(given))
    assert votes is not None
    np.testing.assert_allclose(conditional(KAGGLE, votes), given, atol=1e-9)
    np.testing.assert_allclose(votes[13:15].sum(), 1.0)


def test_gz2_dust_lane_is_the_last_answer_of_question_8():
    given = np.zeros(37)
    given[KAGGLE.index["smooth-or-features.smooth"]] = 1
    given[KAGGLE.index["roundness.round"]] = 1
    given[KAGGLE.index["odd.yes"]] = 1
    given[KAGGLE.index["odd-feature.dust-lane"]] = 1
    votes = gz2_votes(gz2_columns(given))
    assert votes is not None
    assert votes[24] == 1.0


def test_gz2_row_without_votes_says_nothing():
    assert gz2_votes(dict.fromkeys(gz2_columns(np.zeros(37)), float("nan"))) is None


def test_gz2_row_with_missing_columns_is_an_error():
    columns = gz2_columns(np.zeros(37))
    del columns[next(c for c in columns if c.endswith("weighted_fraction"))]
    with pytest.raises(DataError, match=r"36 columns.*37 answers"):
        gz2_votes(columns)


def test_spiral_and_not_spiral_share_out_all_votes():
    f = fractions(3)
    yes, no = (probability(SKYFORM, spiral_rule(s), f) for s in (True, False))
    assert yes + no == pytest.approx(1.0)


def test_combined_spiral_is_a_spiral_whichever_way():
    f = fractions(4)
    both = sum(
        probability(SKYFORM, galaxy_zoo_1_rule(f"spiral_{s}"), f)
        for s in ("clockwise", "anticlockwise")
    )
    assert probability(SKYFORM, galaxy_zoo_1_rule("combined_spiral"), f) == pytest.approx(both)


@pytest.mark.parametrize("rule", [galaxy_zoo_1_rule, clean5_rule])
def test_an_unknown_class_is_named(rule):
    with pytest.raises(DataError, match="'disc' is not a class"):
        rule("disc")


def test_of_two_answers_to_one_question_of_an_example_the_first_holds():
    odd = "Do you see any of these odd features in the image?"
    shifted = [{"question": odd, "answer": a} for a in ("Lens or arc", "Ring", "Lens or arc")]
    assert example_rules(shifted) == (((SKYFORM.implied("odd-feature.lens"),),),)
    # What the tree has no answer for says nothing, and nor does what came after it.
    unknown = [{"question": odd, "answer": a} for a in ("Overlapping", "Dust lane")]
    assert example_rules(unknown) == ()


def test_examples_imply_what_the_question_implies_and_skip_what_the_tree_does_not_ask():
    rules = example_rules(
        [
            {"question": "Is there any sign of a bar feature through the centre?", "answer": "Bar"},
            {"question": "How many clumps are there?", "answer": "3"},
        ]
    )
    assert rules == (((("smooth-or-features.features", "edge-on.no", "bar.yes"),),),)


def test_labels_reject_an_unknown_kind():
    with pytest.raises(DataError, match="comet"):
        Labels(kinds=frozenset({"comet"}))


def test_star_rule_is_the_third_answer():
    f = fractions(5)
    assert probability(SKYFORM, star_rule(), f) == pytest.approx(f[2])
