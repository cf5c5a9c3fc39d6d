"""Splits: nothing on two sides, shares as asked for, and the same result whatever the order of the records."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyform.datasets.alike import find_copies
from skyform.datasets.dataset import DataSet, Record
from skyform.datasets.splits import (
    RATIOS,
    cap_classes,
    class_weights,
    fold_dataset,
    group_records,
    near_identical,
    split_dataset,
)
from skyform.errors import DataError
from skyform.schema import KAGGLE, Scheme

SHARES = {"train": 0.8, "validation": 0.2}


class Pictures:
    """A store of made-up bytes."""

    def __init__(self, contents: list[bytes]) -> None:
        self._contents = contents

    def read(self, index: int) -> bytes:
        if not self._contents[index]:
            raise DataError(f"picture {index} is not there")
        return self._contents[index]


def dataset(records: list[Record], contents: list[bytes] | None = None) -> DataSet:
    names = sorted({r.label for r in records} - {""})
    return DataSet(
        "made-up",
        "Made up",
        records,
        Pictures(contents or [r.id.encode() for r in records]),
        scheme=Scheme.from_names("made-up", names) if names else None,
    )


def labelled(**counts: int) -> DataSet:
    return dataset([Record(f"{label}-{i}", label) for label, n in counts.items() for i in range(n)])


def tally(data: DataSet, splits: tuple[str, ...]) -> dict[tuple[str, str], int]:
    return dict(Counter((r.label, s) for r, s in zip(data.records, splits, strict=True)))


# Label, object (from 20 on, none is known) and content of each record.
rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.integers(0, 200)), min_size=1
)


def from_rows(rows: list[tuple[str, int, int]]) -> DataSet:
    records = [
        Record(f"id{i}", label, object=f"o{o}" if o < 20 else "")
        for i, (label, o, _) in enumerate(rows)
    ]
    return dataset(records, [b"picture %d" % content for *_, content in rows])


ratios = st.dictionaries(
    st.sampled_from(["train", "validation", "test"]), st.floats(0.05, 1), min_size=1
)


@settings(max_examples=40)
@given(rows, ratios, st.integers(0, 9))
def test_groups_stay_whole_and_every_record_has_a_split(
    rows: list[tuple[str, int, int]], shares: dict[str, float], seed: int
):
    data = from_rows(rows)
    splits = split_dataset(data, ratios=shares, seed=seed)
    assert len(splits) == len(data)
    assert set(splits) <= set(shares)
    for key in ("object", "content"):
        sides: dict[object, set[str]] = {}
        for i, (record, split) in enumerate(zip(data.records, splits, strict=True)):
            name = (record.object or record.id) if key == "object" else data.image(i)
            sides.setdefault(name, set()).add(split)
        assert all(len(s) == 1 for s in sides.values())


@settings(max_examples=40)
@given(rows, ratios, st.integers(0, 9))
def test_the_order_of_the_records_does_not_matter(
    rows: list[tuple[str, int, int]], shares: dict[str, float], seed: int
):
    data = from_rows(rows)
    order = np.random.default_rng(seed).permutation(len(data))
    straight = split_dataset(data, ratios=shares, seed=seed)
    shuffled = split_dataset(data.subset(order), ratios=shares, seed=seed)
    assert shuffled == tuple(straight[i] for i in order)


@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 15), min_size=1),
    st.floats(0.05, 0.95),
    st.integers(0, 9),
)
def test_without_groups_the_shares_are_exact(counts: dict[str, int], share: float, seed: int):
    data = labelled(**counts)
    splits = split_dataset(data, ratios={"train": share, "validation": 1 - share}, seed=seed)
    count = tally(data, splits)
    for label, n in counts.items():
        assert abs(count.get((label, "train"), 0) - n * share) < 1 + 1e-6
    total = sum(n for (_, split), n in count.items() if split == "train")
    assert abs(total - len(data) * share) <= 0.5 + 1e-6


def test_small_classes_add_up():
    data = labelled(**dict.fromkeys("abcdefghij", 4))
    splits = split_dataset(data, ratios=RATIOS["R1"])
    assert Counter(splits) == {"train": 36, "validation": 4}


def test_three_splits():
    data = labelled(a=100, b=50)
    splits = split_dataset(data, ratios={"train": 7.0, "validation": 2.0, "test": 1.0})
    assert tally(data, splits) == {
        ("a", "train"): 70,
        ("a", "validation"): 20,
        ("a", "test"): 10,
        ("b", "train"): 35,
        ("b", "validation"): 10,
        ("b", "test"): 5,
    }


def test_large_groups_do_not_all_go_to_one_side():
    records = [Record(f"{o}-{i}", "a", object=f"o{o}") for o in range(50) for i in range(4)]
    splits = split_dataset(dataset(records), ratios={"train": 0.7, "validation": 0.3})
    assert Counter(splits) == {"train": 140, "validation": 60}


def test_an_object_with_two_labels_stays_whole():
    records = [Record(f"{o}-{label}", label, object=f"o{o}") for o in range(20) for label in "ab"]
    data = dataset(records)
    count = tally(data, split_dataset(data, ratios=SHARES))
    assert count == {
        ("a", "train"): 16,
        ("b", "train"): 16,
        ("a", "validation"): 4,
        ("b", "validation"): 4,
    }


def test_seeds_give_different_splits_of_the_same_size():
    data = labelled(a=50, b=30)
    one, two = (split_dataset(data, ratios=SHARES, seed=s) for s in (1, 2))
    assert one != two
    assert tally(data, one) == tally(data, two)
    assert one == split_dataset(data, ratios=SHARES, seed=1)


def test_votes_take_the_place_of_labels():
    votes = np.zeros((40, len(KAGGLE.answers)))
    votes[:30, 0], votes[30:, 1] = 0.9, 0.8
    records = [Record(f"g{i:02}", votes=v) for i, v in enumerate(votes)]
    splits = split_dataset(dataset(records), ratios={"train": 0.9, "validation": 0.1})
    validation = [i for i, s in enumerate(splits) if s == "validation"]
    assert sorted(i < 30 for i in validation) == [False, True, True, True]


def test_near_identical_pictures_are_kept_together():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, (30, 96), dtype=np.uint64)
    hashes[20:] = hashes[:10]
    data = labelled(a=30)
    groups = group_records(data, hashes=hashes)
    assert (groups[20:] == groups[:10]).all()
    splits = split_dataset(data, ratios={"train": 0.5, "validation": 0.5}, hashes=hashes)
    assert splits[20:] == splits[:10]
    assert Counter(splits) == {"train": 15, "validation": 15}


def test_groups_join_through_each_other():
    records = [Record("1", object="x"), Record("2", object="x"), Record("3"), Record("4")]
    data = dataset(records, [b"p", b"q", b"q", b"r"])
    assert len(set(group_records(data)[:3].tolist())) == 1
    assert group_records(data)[3] not in group_records(data)[:3]


def test_pictures_that_cannot_be_read_are_not_alike():
    data = dataset([Record("1"), Record("2")], [b"", b""])
    assert len(set(group_records(data).tolist())) == 2


def test_folds_are_even_and_hold_every_class():
    data = labelled(a=50, b=25)
    folds = fold_dataset(data, folds=5, seed=3)
    for fold in range(5):
        at = np.flatnonzero(folds == fold)
        assert Counter(data.records[i].label for i in at) == {"a": 10, "b": 5}


def test_the_reference_systems_have_their_shares():
    assert set(RATIOS) >= {"R1", "R2", "R3", "R4", "R4-80", "R5"}
    assert RATIOS["R4"] == {"train": 0.7, "validation": 0.3}
    assert RATIOS["R4-80"] == {"train": 0.8, "validation": 0.2}
    assert RATIOS["R5"] == {"train": 0.9, "validation": 0.1}
    assert all(sum(shares.values()) == pytest.approx(1) for shares in RATIOS.values())


@pytest.mark.parametrize(
    "shares", [{}, {"train": 1.0, "validation": 0.0}, {"train": -1.0}, {"train": float("nan")}]
)
def test_bad_shares_are_refused(shares: dict[str, float]):
    with pytest.raises(ValueError, match="ratios is"):
        split_dataset(labelled(a=3), ratios=shares)


def test_ids_that_occur_twice_are_refused():
    data = dataset([Record("x"), Record("y"), Record("x")])
    with pytest.raises(DataError, match=r"1 ids of Made up occur more than once, x for one"):
        split_dataset(data, ratios=SHARES)


def test_a_wrong_number_of_fingerprints_is_refused():
    with pytest.raises(DataError, match="hashes has 2 rows, but Made up has 3 records"):
        split_dataset(labelled(a=3), ratios=SHARES, hashes=np.ones((2, 96), np.uint64))


def test_one_fold_is_refused():
    with pytest.raises(ValueError, match="folds is 1"):
        fold_dataset(labelled(a=3), folds=1)


def test_an_empty_set_splits_into_nothing():
    assert split_dataset(replace(labelled(a=1), records=[]), ratios=SHARES) == ()


def test_a_cap_keeps_small_classes_whole():
    labels = np.repeat([0, 1, 2, -1], [900, 300, 40, 5])
    kept = cap_classes(labels, cap=300, seed=1)
    assert np.bincount(labels[kept]).tolist() == [300, 300, 40]
    assert (np.diff(kept) > 0).all()


@given(st.lists(st.integers(-1, 4)), st.integers(1, 9), st.integers(1, 9), st.integers(0, 3))
def test_growing_caps_are_nested(labels: list[int], small: int, more: int, seed: int):
    array = np.array(labels, dtype=int)
    few = cap_classes(array, cap=small, seed=seed)
    many = cap_classes(array, cap=small + more, seed=seed)
    assert set(few.tolist()) <= set(many.tolist())
    assert (array[many] >= 0).all()


def test_a_cap_of_nothing_is_refused():
    with pytest.raises(ValueError, match="cap is 0"):
        cap_classes(np.zeros(3, dtype=int), cap=0)


@given(st.lists(st.integers(-1, 5), min_size=1).filter(lambda v: max(v) >= 0))
def test_weights_make_classes_equal(labels: list[int]):
    array = np.array(labels, dtype=int)
    weights = class_weights(array, classes=6)
    known = array[array >= 0]
    assert weights.shape == (6,)
    assert weights[known].mean() == pytest.approx(1)
    sums = {round(float(weights[c] * (known == c).sum()), 9) for c in set(known.tolist())}
    assert len(sums) == 1
    assert all(weights[c] == 0 for c in range(6) if c not in known)


def test_weights_of_nothing_are_refused():
    with pytest.raises(ValueError, match="nothing to weigh"):
        class_weights(np.array([-1, -1]))
    with pytest.raises(ValueError, match="has the class 3, but classes is 2"):
        class_weights(np.array([0, 3]), classes=2)


def test_the_shortcut_finds_what_all_pairs_find():
    rng = np.random.default_rng(5)
    base = rng.normal(0, 25, (60, 768))
    moved = base[:40] + rng.normal(0, 1, (40, 768)) * rng.uniform(0, 8, (40, 1))
    levels = np.clip(np.concatenate([base, moved]) + 128, 1, 255).astype(np.uint8)
    groups = near_identical(levels.view(np.uint64), distance=0.15)
    v = levels.astype(float) - 128
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    near = np.linalg.norm(v[:, None] - v[None], axis=2) <= 0.15
    assert ((groups[:, None] == groups[None]) == near).all()
    assert 5 < near[:60, 60:].sum() < 40


def test_equal_levels_with_other_detail_are_not_alike():
    rng = np.random.default_rng(6)
    levels = rng.integers(90, 160, (10, 768), dtype=np.uint8)
    detail = rng.integers(90, 160, (20, 1024), dtype=np.uint8)
    rows = np.concatenate([np.concatenate([levels, levels]), detail], axis=1)
    assert near_identical(rows.view(np.uint64)).tolist() == list(range(20))
    assert near_identical(rows.view(np.uint64), agreement=-1.0).tolist() == [*range(10)] * 2


def test_rows_of_zeros_are_like_no_other():
    hashes = np.zeros((4, 96), np.uint64)
    hashes[1] = hashes[3] = 7
    assert near_identical(hashes).tolist() == [0, 1, 2, 1]


def test_nothing_has_no_groups():
    assert near_identical(np.zeros((0, 96), np.uint64)).tolist() == []


def test_what_near_identical_cannot_use_is_refused():
    hashes = np.ones((3, 96), np.uint64)
    with pytest.raises(ValueError, match=r"distance is -0\.1"):
        near_identical(hashes, distance=-0.1)
    with pytest.raises(DataError, match=r"shape \(2, 96\), but hashes has \(3, 96\)"):
        near_identical(hashes, also=[hashes[:2]])


def test_copies_of_one_picture():
    rng = np.random.default_rng(7)
    rows = rng.integers(60, 196, (6, 1792), dtype=np.uint8)
    rows[4] = np.clip(rows[1].astype(int) + rng.integers(-3, 4, 1792), 1, 255)
    rows[5] = 0
    hashes = rows.view(np.uint64)
    assert find_copies(hashes[1], hashes).tolist() == [1, 4]
    assert find_copies(hashes[1], hashes, distance=0.001).tolist() == [1]
    assert find_copies(hashes[5], hashes).tolist() == []
    blank = np.full((2, 224), 0x8080808080808080, np.uint64)
    assert find_copies(blank[0], blank).tolist() == [0, 1]
