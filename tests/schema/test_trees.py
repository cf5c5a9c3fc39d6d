"""The trees are the published ones: questions, answers, columns, and who leads where."""

import pytest

from skyform.schema import DECALS, GZ2, KAGGLE, SKYFORM, TREES, Answer, Question, Tree

# From the challenge's description: question number, answers, and the question that each answer leads to (0 ends).
KAGGLE_FLOW = {
    1: (7, 2, 0),
    2: (9, 3),
    3: (4, 4),
    4: (10, 5),
    5: (6, 6, 6, 6),
    6: (8, 0),
    7: (6, 6, 6),
    8: (0, 0, 0, 0, 0, 0, 0),
    9: (6, 6, 6),
    10: (11, 11, 11),
    11: (5, 5, 5, 5, 5, 5),
}
KAGGLE_SLICES = (
    *((0, 3), (3, 5), (5, 7), (7, 9), (9, 13), (13, 15)),
    *((15, 18), (18, 25), (25, 28), (28, 31), (31, 37)),
)


def test_kaggle_columns_are_the_challenges():
    expected = [f"Class{q}.{k}" for q, to in KAGGLE_FLOW.items() for k in range(1, len(to) + 1)]
    assert [a.column for a in KAGGLE.answers] == expected
    assert len(expected) == 37


def test_kaggle_slices_are_the_challenges():
    assert tuple((s.start, s.stop) for s in KAGGLE.slices.values()) == KAGGLE_SLICES


def test_kaggle_flow_is_the_challenges():
    numbers = {q.id: i for i, q in enumerate(KAGGLE.questions, start=1)} | {None: 0}
    flow = {numbers[q.id]: tuple(numbers[a.next] for a in q.answers) for q in KAGGLE.questions}
    assert flow == KAGGLE_FLOW


def test_our_tree_begins_with_the_37_columns():
    assert SKYFORM.answers[:37] == KAGGLE.answers == GZ2.answers
    assert [a.id for a in SKYFORM.answers[37:]] == ["sense.clockwise", "sense.anticlockwise"]


def test_decals_has_its_own_questions_and_answers():
    sizes = {q.id: len(q.answers) for q in DECALS.questions}
    assert sizes == {
        "smooth-or-featured": 3,
        "disk-edge-on": 2,
        "has-spiral-arms": 2,
        "bar": 3,
        "bulge-size": 5,
        "how-rounded": 3,
        "edge-on-bulge": 3,
        "spiral-winding": 3,
        "spiral-arm-count": 6,
        "merging": 4,
    }
    assert len(DECALS.answers) == 34
    assert DECALS.answers[DECALS.index["bar.weak"]].column == "bar_weak"


def test_merging_has_two_parents():
    parents = [DECALS.answers[p].id for p in DECALS.parents["merging"]]
    assert parents == ["smooth-or-featured.smooth", "smooth-or-featured.featured-or-disk"]


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())
def test_every_tree_is_sound(tree: Tree):
    ids = [a.id for a in tree.answers]
    assert len(set(ids)) == len(ids)
    assert len({a.column for a in tree.answers}) == len(ids)
    assert all(a.question in tree.question for a in tree.answers)
    assert [q for q in tree.parents if not tree.parents[q]] == [tree.root]
    assert sorted(tree.order) == sorted(tree.question)
    place = {q: i for i, q in enumerate(tree.order)}
    assert all(
        place[tree.answers[p].question] < place[q] for q in tree.order for p in tree.parents[q]
    )


@pytest.mark.parametrize(
    ("answer", "implied"),
    [
        ("smooth-or-features.star", ()),
        ("roundness.cigar", ("smooth-or-features.smooth",)),
        # Both answers to "bar" lead to "spiral", so neither is implied.
        ("spiral.yes", ("smooth-or-features.features", "edge-on.no")),
        ("arm-number.2", ("smooth-or-features.features", "edge-on.no", "spiral.yes")),
        ("bulge.none", ("smooth-or-features.features", "edge-on.no")),
        # Smooth and featured galaxies meet again at "odd".
        ("odd.yes", ()),
        ("odd-feature.ring", ("odd.yes",)),
        ("sense.clockwise", ("smooth-or-features.features", "edge-on.no", "spiral.yes")),
    ],
)
def test_implied_answers(answer: str, implied: tuple[str, ...]):
    assert SKYFORM.implied(answer) == (*implied, answer)


def test_a_cycle_is_refused():
    loop = Question("b", "?", (Answer("b.yes", "yes", "b", "b1"),))
    tree = Tree("loop", "Loop", (Question("a", "?", (Answer("a.yes", "yes", None, "a1"),)), loop))
    with pytest.raises(ValueError, match=r"tree 'loop' has a cycle among \['b'\]"):
        _ = tree.order
