"""What is taken to hold of teaching examples that were chosen for something else."""

import numpy as np
import pytest

from skyform.datasets import Row
from skyform.datasets.labels import Labels, example_rules
from skyform.errors import RecipeError
from skyform.schema import SKYFORM, cumulative
from skyform.training.assumed import taught_with_assumed, taught_with_labels, with_assumed
from skyform.training.prepared import Taught
from skyform.training.recipe import Phase, Recipe

ASSUMED = {"odd.no": 0.8}
NOT_ODD = ((("odd.no",),),)


def example(question: str, answer: str, *, source: str = "examples") -> Row:
    rules = example_rules([{"question": question, "answer": answer}])
    labels = Labels(rules=tuple((rule, 0.9) for rule in rules))
    return Row("a", source, "train", "decals", b"", labels, {})


BARRED = example("Is there a sign of a bar feature?", "Bar")
RINGED = example("What are the odd features?", "Ring")
PLAIN = example("Is there anything odd?", "No")


def test_an_example_of_something_else_is_taken_to_be_ordinary():
    assert with_assumed(BARRED, ASSUMED).labels.rules == (*BARRED.labels.rules, (NOT_ODD, 0.8))


@pytest.mark.parametrize("row", [RINGED, PLAIN, example("bar feature", "Bar", source="gz2")])
def test_what_is_said_stays_as_it_is_and_so_do_other_sources(row: Row):
    assert row.labels.rules
    assert with_assumed(row, ASSUMED) is row


def taught(rows: int) -> Taught:
    rng = np.random.default_rng(3)
    fractions = np.hstack(
        [rng.dirichlet(np.ones(s.stop - s.start), rows) for s in SKYFORM.slices.values()]
    )
    return Taught(cumulative(SKYFORM, fractions), np.full((rows, 5), 0.2))


def test_the_teacher_may_be_surer_of_it_but_not_less_sure():
    said = taught(40)
    told = taught_with_assumed(said, [BARRED] * 40, ASSUMED)
    odd, no = SKYFORM.slices["odd"], SKYFORM.index["odd.no"]
    asked = said.answers[:, odd].sum(axis=1)
    before, after = said.answers[:, no] / asked, told.answers[:, no] / asked
    assert before.min() < 0.8 < before.max()
    assert np.allclose(after, np.maximum(before, 0.8))
    assert np.allclose(told.answers[:, odd].sum(axis=1), asked)
    # Odd features are asked of those who say yes, and of no other.
    feature = SKYFORM.slices["odd-feature"]
    yes = told.answers[:, SKYFORM.index["odd.yes"]]
    assert np.allclose(told.answers[:, feature].sum(axis=1), yes)
    others = np.ones(len(SKYFORM.answers), bool)
    others[odd], others[feature] = False, False
    assert np.array_equal(told.answers[:, others], said.answers[:, others])


def test_the_teacher_keeps_its_word_where_the_label_speaks():
    said = taught(4)
    told = taught_with_assumed(said, [RINGED] * 4, ASSUMED)
    assert np.array_equal(told.answers, said.answers)


def test_the_teacher_may_not_gainsay_a_label_that_names_one_answer():
    said = taught(40)
    three = example("How many spiral arms are there?", "3")
    told = taught_with_labels(said, [three] * 40, ["examples"])
    for answer in SKYFORM.implied("arm-number.3"):
        part = SKYFORM.slices[SKYFORM.answers[SKYFORM.index[answer]].question]
        at = SKYFORM.index[answer]
        before, after = (t.answers[:, at] / t.answers[:, part].sum(axis=1) for t in (said, told))
        assert before.min() < 0.9, answer
        assert np.allclose(after, np.maximum(before, 0.9)), answer
    # The questions that are always asked still have answers that sum to 1.
    for question in ("smooth-or-features", "odd"):
        assert np.allclose(told.answers[:, SKYFORM.slices[question]].sum(axis=1), 1)


def test_the_teacher_may_gainsay_other_sources_and_labels_that_allow_several_ways():
    said = taught(2)
    either: Row = Row(
        "b",
        "examples",
        "train",
        "decals",
        b"",
        Labels(rules=((((("odd.yes",), ("bar.yes",)),), 0.9),)),
        {},
    )
    told = taught_with_labels(said, [BARRED, either], ["examples"])
    assert not np.array_equal(told.answers[0], said.answers[0])
    assert np.array_equal(told.answers[1], said.answers[1])
    other = taught_with_labels(said, [BARRED, either], ["gz1"])
    assert np.array_equal(other.answers, said.answers)


def recipe(**settings: object) -> Recipe:
    plain = {"name": "r", "version": "1", "backbone": "b", "phases": (Phase(1, 32),)}
    return Recipe(**plain, shares={"examples": 1.0}, **settings)


def test_a_recipe_heeds_sources_that_there_are():
    with pytest.raises(RecipeError, match="heeded names example"):
        recipe(heeded=("example",))


@pytest.mark.parametrize("assumed", [{"odd.never": 0.8}, {"odd.no": 1.2}])
def test_a_recipe_assumes_answers_of_the_tree(assumed: dict[str, float]):
    with pytest.raises(RecipeError, match="assumed says"):
        recipe(assumed=assumed)
