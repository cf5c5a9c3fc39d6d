"""What to label next: unsure, unlike what is known, and never twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_embeddings import clusters

from skyform.errors import DataError
from skyform.search import select_next


def test_without_uncertainty_every_group_is_visited_first():
    chosen = select_next(clusters(300), count=6)
    assert {int(r) % 6 for r in chosen.rows} == set(range(6))
    assert np.isnan(chosen.distance[0])
    assert (chosen.uncertainty == 1).all()


def test_what_is_labelled_is_neither_chosen_nor_approached():
    vectors = clusters(300)
    labelled = np.flatnonzero(np.arange(300) % 6 < 4)[:40]
    chosen = select_next(vectors, count=2, labelled=labelled)
    assert {int(r) % 6 for r in chosen.rows} == {4, 5}
    assert not set(chosen.rows) & set(labelled)


def test_copies_of_an_uncertain_picture_are_not_all_chosen():
    vectors = np.concatenate([np.repeat(clusters(1, seed=4), 20, 0), clusters(200)])
    unsure = np.concatenate([np.full(20, 2.0), np.full(200, 1.0)])
    chosen = select_next(vectors, count=30, uncertainty=unsure)
    assert chosen.rows[0] < 20
    assert (chosen.rows < 20).sum() == 1


def test_where_the_model_is_sure_nothing_is_chosen_before_the_rest():
    unsure = np.zeros(200)
    unsure[::10] = 0.5
    chosen = select_next(clusters(200), count=20, uncertainty=unsure)
    assert set(chosen.rows) == set(range(0, 200, 10))


@settings(max_examples=15)
@given(seed=st.integers(0, 1000), count=st.integers(1, 80), known=st.integers(0, 50))
def test_each_is_chosen_once_and_is_the_best_of_the_moment(seed: int, count: int, known: int):
    rng = np.random.default_rng(seed)
    vectors, unsure = clusters(60, seed=seed), rng.uniform(0.1, 1, 60)
    labelled = rng.permutation(60)[:known]
    chosen = select_next(vectors, count=count, uncertainty=unsure, labelled=labelled)
    assert len(chosen.rows) == min(count, 60 - known)
    assert len({*chosen.rows, *labelled}) == len(chosen.rows) + known
    units = chosen.projected.coordinates
    units = units / np.linalg.norm(units, axis=1, keepdims=True)
    taken = [int(r) for r in labelled]
    for row, distance in zip(chosen.rows, chosen.distance, strict=True):
        if taken:
            far = 1 - (units @ units[taken].T).max(axis=1)
            free = np.setdiff1d(np.arange(60), taken)
            assert unsure[row] * far[row] >= (unsure * far)[free].max() - 1e-5
            assert distance == pytest.approx(far[row], abs=1e-5)
        taken.append(int(row))


def test_what_cannot_be_chosen():
    with pytest.raises(ValueError, match="count is 0"):
        select_next(clusters(5), count=0)
    with pytest.raises(ValueError, match="3 uncertainties for 5 usable rows"):
        select_next(clusters(5), uncertainty=np.ones(3))
    with pytest.raises(DataError, match="All 5 rows are labelled"):
        select_next(clusters(5), labelled=np.arange(5))
