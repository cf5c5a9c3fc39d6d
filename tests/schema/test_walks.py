"""Walks through the tree, and what they decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.schema import GALAXY10_DECALS, HUBBLE, SKYFORM, TAXONOMIES
from skyform.schema.walks import check_consistent, check_walk, holds, required_answers

BARRED = (
    "smooth-or-features.features",
    "edge-on.no",
    "bar.yes",
    "spiral.yes",
    "arm-winding.medium",
    "arm-number.2",
    "bulge.obvious",
    "odd.no",
)


@st.composite
def walks(draw: st.DrawFn) -> list[str]:
    """What a person could answer, to the end or to somewhere on the way."""
    waiting, answers = [SKYFORM.root], []
    while waiting:
        question = SKYFORM.question[waiting.pop(0)]
        answer = draw(st.sampled_from(question.answers))
        answers.append(answer.id)
        if answer.next is not None:
            waiting.append(answer.next)
        waiting += [q for q, opened in SKYFORM.also_asked.items() if answer.id in opened]
    return answers[: draw(st.integers(1, len(answers)))]


@given(walks())
def test_every_walk_is_accepted_in_its_order_and_as_a_set(answers: list[str]) -> None:
    found = check_walk(SKYFORM, answers)
    assert list(found.values()) == answers
    assert check_consistent(SKYFORM, sorted(answers)) == found


@given(walks())
def test_of_a_taxonomys_classes_at_most_one_holds(answers: list[str]) -> None:
    found = check_walk(SKYFORM, answers)
    for taxonomy in TAXONOMIES.values():
        assert sum(holds(c.rule, found) is True for c in taxonomy.classes) <= 1


@given(walks(), st.data())
def test_more_answers_never_change_what_was_decided(
    answers: list[str], data: st.DataObject
) -> None:
    fewer = check_walk(SKYFORM, answers[: data.draw(st.integers(1, len(answers)))])
    for c in GALAXY10_DECALS.classes:
        before = holds(c.rule, fewer)
        if before is not None:
            assert holds(c.rule, check_walk(SKYFORM, answers)) is before


@given(walks())
def test_a_class_that_holds_has_all_that_it_requires(answers: list[str]) -> None:
    found = check_walk(SKYFORM, answers)
    for c in (c for t in TAXONOMIES.values() for c in t.classes):
        required = required_answers(c.rule)
        if holds(c.rule, found):
            assert required.items() <= found.items()
        if any(found.get(q, a) != a for q, a in required.items()):
            assert holds(c.rule, found) is False


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ((), "no answer"),
        (("edge-on.no",), "without smooth-or-features.features"),
        (("smooth-or-features.smooth", "bar.yes"), "without edge-on.no"),
        (("smooth-or-features.smooth", "smooth-or-features.star"), "answered twice"),
        (("smooth-or-features.spiral",), "no answer of the tree"),
        (("roundness.round", "smooth-or-features.smooth"), "without smooth-or-features.smooth"),
    ],
)
def test_what_is_no_walk_is_refused(answers: tuple[str, ...], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_walk(SKYFORM, answers)


def test_answers_that_contradict_each_other_are_refused() -> None:
    check_consistent(SKYFORM, ("bar.yes", "arm-number.2"))
    with pytest.raises(ValueError, match=r"contradicts 'smooth-or-features\.smooth'"):
        check_consistent(SKYFORM, ("spiral.yes", "smooth-or-features.smooth"))
    with pytest.raises(ValueError, match="answered twice"):
        check_consistent(SKYFORM, ("bar.yes", "bar.no"))


def test_a_walk_decides_the_class_and_an_early_end_does_not() -> None:
    barred = GALAXY10_DECALS.by_id["barred"].rule
    assert holds(barred, check_walk(SKYFORM, BARRED)) is True
    assert holds(barred, check_walk(SKYFORM, BARRED[:3])) is None
    assert holds(barred, check_walk(SKYFORM, [*BARRED[:2], "bar.no"])) is False
    assert holds(HUBBLE.by_id["spiral"].rule, check_walk(SKYFORM, BARRED[:4])) is True


def test_what_several_answers_satisfy_is_not_required() -> None:
    required = required_answers(GALAXY10_DECALS.by_id["edge-on-bulge"].rule)
    assert dict(required) == {
        "smooth-or-features": "smooth-or-features.features",
        "edge-on": "edge-on.yes",
    }
