"""Vote algebra: the published worked example, and laws that hold for any votes."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyform.schema import (
    DECALS,
    GZ2,
    KAGGLE,
    SKYFORM,
    TREES,
    Tree,
    conditional,
    cumulative,
    most_probable_path,
    probability_asked,
    rolled_up,
)

Votes = Callable[..., st.SearchStrategy[np.ndarray]]

every_tree = pytest.mark.parametrize("tree", TREES.values(), ids=TREES.keys())


def sums(tree: Tree, shares: np.ndarray) -> dict[str, float]:
    """Sum of the cumulative answers of each question; a missing one counts as 0."""
    return {q: float(np.nansum(shares[s])) for q, s in tree.slices.items()}


def test_worked_example():
    fractions = np.full(37, np.nan)
    fractions[0:3] = 0.8, 0.2, 0.0
    fractions[15:18] = 0.5, 0.25, 0.25
    shares = cumulative(KAGGLE, fractions)
    np.testing.assert_allclose(shares[15:18], [0.40, 0.20, 0.20])
    np.testing.assert_allclose(conditional(KAGGLE, shares)[15:18], [0.5, 0.25, 0.25])


@given(data=st.data())
def test_kaggle_sums(data: st.DataObject, conditional_votes: Votes):
    shares = cumulative(KAGGLE, data.draw(conditional_votes(KAGGLE)))
    column = {
        a.column.removeprefix("Class"): v for a, v in zip(KAGGLE.answers, shares, strict=True)
    }
    expected = [
        1.0,
        column["1.2"],
        *[column["2.2"]] * 3,
        1.0,
        column["1.1"],
        column["6.1"],
        column["2.1"],
        *[column["4.1"]] * 2,
    ]
    np.testing.assert_allclose(list(sums(KAGGLE, shares).values()), expected, atol=1e-12)


@given(data=st.data())
def test_odd_is_asked_of_all_but_stars_in_the_tree(data: st.DataObject, conditional_votes: Votes):
    fractions = data.draw(conditional_votes(GZ2))
    total = sums(GZ2, cumulative(GZ2, fractions))
    assert total["odd"] == pytest.approx(
        total["bulge"] + total["roundness"] + total["edge-on-bulge"]
    )
    assert total["odd"] == pytest.approx(1 - fractions[GZ2.index["smooth-or-features.star"]])


@given(data=st.data())
def test_sense_is_asked_of_spirals(data: st.DataObject, conditional_votes: Votes):
    fractions = data.draw(conditional_votes(SKYFORM))
    asked = probability_asked(SKYFORM, fractions)
    assert asked["sense"] == asked["arm-winding"]


@given(data=st.data())
def test_decals_questions_with_several_parents(data: st.DataObject, conditional_votes: Votes):
    fractions = data.draw(conditional_votes(DECALS))
    asked = probability_asked(DECALS, fractions)
    shares = cumulative(DECALS, fractions)
    assert asked["merging"] == pytest.approx(
        1 - shares[DECALS.index["smooth-or-featured.artifact"]]
    )
    face_on = shares[DECALS.index["disk-edge-on.no"]]
    for question in ("bar", "bulge-size", "has-spiral-arms"):
        assert asked[question] == pytest.approx(face_on)
    assert asked["spiral-arm-count"] == pytest.approx(asked["spiral-winding"])


@every_tree
@given(data=st.data())
def test_shares_of_a_question_sum_to_the_probability_asked(
    data: st.DataObject, conditional_votes: Votes, tree: Tree
):
    fractions = data.draw(conditional_votes(tree, unanswered=True))
    asked = probability_asked(tree, fractions)
    total = sums(tree, cumulative(tree, fractions))
    for question, columns in tree.slices.items():
        assert -1e-12 <= asked[question] <= 1 + 1e-12
        if not np.isnan(fractions[columns]).any():
            assert total[question] == pytest.approx(float(asked[question]))


@every_tree
@given(data=st.data())
def test_conditional_undoes_cumulative(data: st.DataObject, conditional_votes: Votes, tree: Tree):
    fractions = data.draw(conditional_votes(tree, unanswered=True))
    asked = probability_asked(tree, fractions)
    back = conditional(tree, cumulative(tree, fractions))
    for question, columns in tree.slices.items():
        if asked[question] > 0:
            np.testing.assert_allclose(back[columns], fractions[columns], atol=1e-12)
        else:
            assert np.isnan(back[columns]).all()


@every_tree
@given(data=st.data())
def test_cumulative_undoes_conditional(data: st.DataObject, conditional_votes: Votes, tree: Tree):
    shares = cumulative(tree, data.draw(conditional_votes(tree)))
    np.testing.assert_allclose(cumulative(tree, conditional(tree, shares)), shares, atol=1e-12)


def test_unknown_stays_unknown_only_where_it_is_reached():
    fractions = np.full(37, np.nan)
    fractions[0:3] = 1.0, 0.0, 0.0
    shares = cumulative(GZ2, fractions)
    assert np.isnan(shares[GZ2.slices["roundness"]]).all()
    assert (shares[GZ2.slices["edge-on"]] == 0).all()
    assert (shares[GZ2.slices["odd"]] == 0).all()


@every_tree
@settings(max_examples=25)
@given(data=st.data())
def test_leading_axes_do_not_mix(data: st.DataObject, conditional_votes: Votes, tree: Tree):
    rows = [data.draw(conditional_votes(tree, unanswered=True)) for _ in range(4)]
    batch = np.stack(rows).reshape(2, 2, -1)
    for function in (cumulative, conditional):
        alone = np.stack([function(tree, row) for row in rows]).reshape(batch.shape)
        np.testing.assert_array_equal(function(tree, batch), alone)
    asked = probability_asked(tree, batch)
    for question in tree.question:
        alone = [probability_asked(tree, row)[question] for row in rows]
        np.testing.assert_array_equal(asked[question].ravel(), alone)


@every_tree
@given(data=st.data())
def test_the_path_is_one_through_the_tree(
    data: st.DataObject, conditional_votes: Votes, tree: Tree
):
    fractions = data.draw(conditional_votes(tree))
    path = most_probable_path(tree, fractions)
    assert path[0] in {a.id for a in tree.question[tree.root].answers}
    opened = {q for q in tree.question if _opened_by(path, tree=tree, question=q)}
    answered = [a.partition(".")[0] for a in path]
    assert len(set(answered)) == len(answered)
    assert set(answered) == opened | {tree.root}
    for answer in path:
        question = tree.question[answer.partition(".")[0]]
        best = max(fractions[tree.index[a.id]] for a in question.answers)
        assert fractions[tree.index[answer]] == best


@every_tree
@given(data=st.data())
def test_the_path_never_names_the_unknown(
    data: st.DataObject, conditional_votes: Votes, tree: Tree
):
    fractions = data.draw(conditional_votes(tree, unanswered=True))
    for answer in most_probable_path(tree, fractions):
        assert not np.isnan(fractions[tree.index[answer]])


@every_tree
@given(data=st.data(), threshold=st.floats(0, 1))
def test_rolling_up_keeps_whole_branches(
    data: st.DataObject, conditional_votes: Votes, tree: Tree, threshold: float
):
    fractions = data.draw(conditional_votes(tree, unanswered=True))
    path = most_probable_path(tree, fractions)
    kept = rolled_up(tree, fractions, threshold=threshold)
    assert kept == tuple(a for a in path if a in kept)
    assert all(fractions[tree.index[a]] >= threshold for a in kept)
    assert all(set(tree.implied(a)) <= set(kept) for a in kept)
    assert not kept or kept[0].startswith(f"{tree.root}.")
    assert set(rolled_up(tree, fractions, threshold=min(threshold + 0.1, 1.0))) <= set(kept)


def test_rolling_up_stops_at_the_ancestor(galaxy: np.ndarray):
    galaxy[SKYFORM.slices["smooth-or-features"]] = 0.05, 0.9, 0.05
    kept = rolled_up(SKYFORM, galaxy)
    assert kept == (
        "smooth-or-features.features",
        "edge-on.no",
        "spiral.yes",
        "sense.clockwise",
        "arm-number.2",
    )
    assert rolled_up(SKYFORM, galaxy, thresholds={"edge-on": 0.8}) == kept[:1]
    assert rolled_up(SKYFORM, galaxy, threshold=0.95) == ()


def test_the_majority_decides_even_where_a_short_branch_has_more_votes():
    # 49 % for round and smooth beats every joint probability among the discs, yet most called it a disc.
    fractions = np.concatenate([np.full(len(q.answers), 1 / len(q.answers)) for q in GZ2.questions])
    fractions[GZ2.slices["smooth-or-features"]] = 0.49, 0.51, 0.0
    fractions[GZ2.slices["roundness"]] = 1.0, 0.0, 0.0
    assert most_probable_path(GZ2, fractions)[0] == "smooth-or-features.features"


@pytest.mark.parametrize(
    "function", [conditional, cumulative, most_probable_path, probability_asked, rolled_up]
)
def test_a_wrong_width_is_named(function: Callable[..., object]):
    with pytest.raises(ValueError, match=r"shape \(36,\); its last axis must hold the 37 answers"):
        function(KAGGLE, np.zeros(36))


def _opened_by(path: tuple[str, ...], *, tree: Tree, question: str) -> bool:
    return any(tree.answers[p].id in path for p in tree.parents[question])
