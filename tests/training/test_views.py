"""Orders, orientations, and the enlargement of a training set."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.training.views import Batches, enlarged, oriented, plain_views

PICTURE = np.arange(2 * 5 * 5 * 3, dtype=np.uint8).reshape(2, 5, 5, 3)


def test_the_eight_orientations_differ_and_keep_every_pixel():
    seen = {oriented(PICTURE, o).tobytes() for o in range(8)}
    assert len(seen) == 8
    for o in range(8):
        np.testing.assert_array_equal(
            np.sort(oriented(PICTURE, o).ravel()), np.sort(PICTURE.ravel())
        )


@pytest.mark.parametrize("o", range(8))
def test_a_batch_is_turned_like_each_of_its_pictures(o: int):
    np.testing.assert_array_equal(oriented(PICTURE, o)[1], oriented(PICTURE[1], o))


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=60), st.integers(1, 40))
def test_classes_are_filled_up_to_the_count(labels: list[int], count: int):
    given_labels = np.array(labels)
    if (given_labels < 0).all():
        return
    views = enlarged(given_labels, count=count, seed=1)
    for label in np.unique(given_labels[given_labels >= 0]):
        own = views.at[given_labels[views.at] == label]
        assert len(own) == count
        # Every picture of a class that is not full is there as it is, before any copy.
        if (given_labels == label).sum() <= count:
            assert set(own) == set(np.flatnonzero(given_labels == label))
    assert (given_labels[views.at] >= 0).all()


def test_copies_are_turned_as_r5_turns_them():
    views = enlarged(np.zeros(1, dtype=int), count=40_001, seed=0)
    share = np.bincount(views.orientation[1:], minlength=8) / 40_000
    # Turn by 0 (1/2), 90 or 270 (1/4 each), then two independent flips: all eight orientations, each with 1/8.
    np.testing.assert_allclose(share, 1 / 8, atol=0.01)


def test_an_epoch_has_one_order_whenever_it_is_drawn():
    first, second = Batches(50, 8, seed=3), Batches(50, 8, seed=3)
    for batches in (first, second):
        batches.set_epoch(4)
    assert list(first) == list(second)
    second.set_epoch(5)
    assert list(first) != list(second)


def test_shuffled_batches_are_full_and_plain_ones_are_complete():
    assert [len(b) for b in Batches(50, 8, seed=0)] == [8] * 6
    plain = [i for b in Batches(50, 8, seed=None) for i in b]
    assert plain == list(range(50))
    assert len(list(Batches(3, 8, seed=0))) == 1, "a set smaller than a batch is one batch"


def test_plain_views_are_upright():
    views = plain_views(4)
    assert views.at.tolist() == [0, 1, 2, 3]
    assert not views.orientation.any()
