"""The whole of an exploration: planted faults are found, and odd sets do not end it."""

import json
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from planted import DISC, ROUND, SCHEME, Store, blob, colour_embedder, data_set, jpeg, vote_row

from skyform.datasets.dataset import DataSet, Problem, Record
from skyform.errors import DataError
from skyform.explore import Exploration, explore, findings_of, numbers_of
from skyform.explore.reading import read_pictures
from skyform.schema import Flag


def explored(dataset: DataSet, **options: object) -> Exploration:
    return explore(dataset, embedder=colour_embedder(), workers=2, **options)


def texts(exploration: Exploration, level: str = "") -> str:
    return "\n".join(f.text for f in findings_of(exploration) if level in ("", f.level))


def members(groups: Sequence[object]) -> set[tuple[int, ...]]:
    return {g.members for g in groups}


def test_planted_copies_are_found_and_judged():
    one, two = blob(1, side=128), blob(2, DISC, side=128)
    labels = [ROUND, DISC, ROUND, ROUND, DISC, DISC, ROUND]
    pictures = [
        jpeg(one, quality=95),
        jpeg(two, quality=95),
        blob(3),
        # Exactly the same pixels in another container, under another label and on the other side.
        blob(3).copy(),
        # Saved again, and turned.
        jpeg(two, quality=70),
        jpeg(np.rot90(two).copy(), quality=90),
        blob(7),
    ]
    splits = ["train", "train", "train", "test", "train", "test", "train"]
    labels[3] = DISC
    x = explored(data_set(labels, pictures=pictures, splits=splits), map=False)
    (exact,) = x.duplicates.exact
    assert (exact.members, exact.contradicts, exact.straddles) == ((2, 3), True, True)
    assert (exact.labels, exact.splits) == ((DISC, ROUND), ("test", "train"))
    (near,) = x.duplicates.near
    assert (near.members, near.contradicts, near.straddles) == ((1, 4, 5), False, True)
    problems = texts(x, "problem")
    assert (
        "1 group of identical pictures, 2 pictures in all; 1 with contradicting labels" in problems
    )
    assert "1 group of near-identical pictures, 3 pictures in all; 1 on more than one" in problems


def test_several_pictures_of_one_object():
    dataset = data_set(
        [ROUND] * 4, objects=["m31", "m31", "", ""], splits=["train", "test", "train", "test"]
    )
    x = explored(dataset, map=False)
    assert members(x.duplicates.objects) == {(0, 1)}
    assert x.duplicates.objects[0].straddles
    assert not x.duplicates.exact
    assert "several pictures of one object, 2 pictures in all; 1 on more than one side" in texts(x)


def test_broken_pictures_are_rows_and_never_an_end():
    good = jpeg(blob(1))
    pictures = [
        good,
        good[: len(good) // 2],
        b"",
        b"<html>not found</html>",
        DataError("The file id-4.jpg is missing."),
        RuntimeError("a strange store"),
        np.zeros((5, 5, 3), np.uint8),
    ]
    x = explored(data_set([ROUND] * 7, pictures=pictures))
    found = {u.index: (u.id, u.code) for u in x.readings.unread}
    assert found == {
        1: ("id-1", "truncated-image"),
        2: ("id-2", "empty-file"),
        3: ("id-3", "unknown-format"),
        4: ("id-4", "data"),
        5: ("id-5", "internal-error"),
    }
    assert x.readings.ok.tolist() == [True, False, False, False, False, False, True]
    assert "5 pictures of 7 could not be read" in texts(x, "problem")
    assert "The file id-4.jpg is missing." in [u.reason for u in x.readings.unread]
    assert Flag.BLANK in x.readings.flags[6]
    assert x.map is not None
    assert x.map.records.tolist() == [0, 6]


def test_nothing_but_broken_pictures():
    x = explored(data_set([ROUND, DISC], pictures=[b"", b"x"]))
    assert "None of the 2 pictures could be read" in texts(x, "problem")
    assert x.map is None
    assert numbers_of(x)["pictures"]["readable"] == 0


def test_an_empty_set_is_an_error():
    with pytest.raises(DataError, match="A planted set has no pictures"):
        explored(data_set([]))


def test_planted_label_errors_are_found():
    labels = [ROUND if i % 2 else DISC for i in range(120)]
    pictures = [blob(i, label) for i, label in enumerate(labels)]
    wrong = [5, 40, 77]
    for i in wrong:
        labels[i] = DISC if labels[i] == ROUND else ROUND
    x = explored(data_set(labels, pictures=pictures), map=False)
    assert set(x.errors.records[:3].tolist()) == set(wrong)
    suggested = [SCHEME.ids[s] for s in x.errors.suggested[:3]]
    assert all(s != labels[i] for i, s in zip(x.errors.records, suggested, strict=False))
    assert x.errors.found is not None
    assert x.errors.found.share == pytest.approx(3 / 120, abs=0.02)
    assert f"{len(x.errors.records)} labels of 120 searched look wrong" in texts(x)


def test_small_classes_are_left_out_of_the_search():
    x = explored(data_set([ROUND] * 20 + [DISC] * 3), map=False)
    assert x.errors.found is None
    assert "Fewer than two classes have 10 readable pictures" in x.errors.skipped
    assert "Too few pictures to learn from or to measure on: Flat disc (3)." in texts(x, "problem")


def test_copies_count_once_towards_a_class_that_is_large_enough():
    pictures = [blob(i) for i in range(20)] + [blob(99, DISC)] * 12
    x = explored(data_set([ROUND] * 20 + [DISC] * 12, pictures=pictures), map=False)
    assert x.errors.found is None


def test_balance_in_numbers_and_words():
    x = explored(data_set([ROUND] * 30 + [DISC] * 6 + [""] * 2), map=False)
    counts = {c.id: (c.count, round(c.share, 3), round(c.weight, 3)) for c in x.balance.counts}
    assert counts == {ROUND: (30, 0.833, 0.6), DISC: (6, 0.167, 3.0)}
    assert (x.balance.ratio, x.balance.unlabelled) == (5.0, 2)
    p = np.array([30, 6]) / 36
    assert x.balance.effective == pytest.approx(np.exp(-(p * np.log(p)).sum()))
    assert (
        "The classes are unbalanced: the largest class, Round & red (30), is 5.00 times" in texts(x)
    )
    assert "2 pictures without a label." in texts(x)


def test_equal_classes_are_balanced():
    x = explored(data_set([ROUND] * 5 + [DISC] * 5), map=False)
    assert x.balance.effective == pytest.approx(2)
    assert "The 2 classes are equally large, 5 pictures each." in texts(x, "fine")
    x = explored(data_set([ROUND] * 6 + [DISC] * 5), map=False)
    assert "The classes are balanced: the largest class" in texts(x, "fine")


def test_one_picture():
    x = explored(data_set([ROUND]))
    assert "There is one class only" in texts(x)
    assert x.errors.skipped == "The set has fewer than two classes."
    assert x.map is not None
    assert x.map.places.tolist() == [[0.25, 0.25]]
    assert np.allclose(x.readings.means[0].mean(), blob(0).mean(), atol=3)


def test_equal_pictures_have_a_map_too():
    x = explored(data_set([ROUND] * 9, pictures=[blob(1)] * 9))
    assert x.map is not None
    assert np.isfinite(x.map.places).all()


def test_no_labels_and_no_votes():
    x = explored(data_set([""] * 6, scheme=None))
    assert not x.classes.names
    assert "The set has no labels and no votes" in texts(x)
    assert x.readings.means.shape[0] == 1
    assert x.balance.counts == ()
    assert numbers_of(x)["classes"]["ratio"] is None


def votes_only(n: int = 40) -> DataSet:
    dataset = data_set([""] * n, scheme=None)
    records = [
        replace(r, votes=vote_row(i), volunteers=float(30 + i))
        for i, r in enumerate(dataset.records)
    ]
    return replace(dataset, records=records)


def test_votes_only():
    x = explored(votes_only())
    assert x.classes.derived
    assert x.classes.scheme is not None
    assert x.classes.scheme.id == "five_way"
    assert x.errors.skipped.startswith("The classes were derived from votes")
    assert x.votes is not None
    assert (x.votes.rows, len(x.votes.questions)) == (40, 11)
    first = x.votes.questions[0]
    votes = np.array([r.votes[:3] for r in x.dataset.records])
    assert (first.rows, first.reached) == (40, pytest.approx(1))
    assert first.means == pytest.approx(votes.mean(axis=0))
    assert first.histograms.sum(axis=1).tolist() == [40] * 3
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(votes * np.log(votes), axis=1) / np.log(3)
    assert first.entropy == pytest.approx(entropy)
    assert first.agreement == pytest.approx(votes.max(axis=1).mean())
    assert first.disputed == (votes.max(axis=1) <= 0.5).mean()
    hubble = next(t for t in x.votes.taxonomies if t.id == "hubble")
    assert hubble.share == pytest.approx(sum(hubble.counts.values()) / 40)
    assert np.median(x.votes.volunteers) == 49.5


def test_a_question_counts_only_pictures_that_reach_it():
    votes = np.zeros(37)
    votes[0], votes[14], votes[15] = 1.0, 1.0, 1.0
    dataset = data_set([""], scheme=None)
    x = explored(replace(dataset, records=[Record("a", votes=votes)]), map=False)
    assert x.votes is not None
    rows = {q.question.id: q.rows for q in x.votes.questions}
    assert rows["roundness"] == rows["odd"] == 1
    assert rows["edge-on"] == rows["spiral"] == 0
    assert len(x.votes.volunteers) == 0


def test_every_picture_is_read_once():
    store = Store([jpeg(blob(i)) for i in range(300)])
    x = explored(replace(data_set([ROUND, DISC] * 150), store=store), sample=50)
    assert sorted(store.reads) == list(range(300))
    assert len(x.readings.sampled) == 50
    assert x.errors.found is not None
    assert x.errors.found.searched == 50


def test_subsets_read_their_own_pictures():
    dataset = data_set([ROUND, DISC] * 5).subset([7, 0])
    x = explored(dataset, map=False)
    assert sorted(dataset.store.reads) == [0, 7]
    assert [r.id for r in x.dataset.records] == ["id-7", "id-0"]


def test_the_seed_decides_everything_that_is_drawn():
    dataset = data_set([ROUND, DISC] * 15)
    one, two, other = (numbers_of(explored(dataset, sample=24, seed=s)) for s in (1, 1, 2))
    for numbers in (one, two, other):
        numbers.pop("seconds")
    assert one == two
    assert [m["id"] for m in one["map"]] != [m["id"] for m in other["map"]]


def test_style_that_gives_the_class_away_is_told():
    labels = [ROUND, DISC] * 40
    same = [blob(i) for i in range(80)]
    dark = [p if label == ROUND else p // 3 for p, label in zip(same, labels, strict=True)]
    told = explored(data_set(labels, pictures=dark), map=False)
    assert told.shortcut.balanced > 0.95
    assert "The class shows in the style" in texts(told, "notice")
    fair = explored(data_set(labels, pictures=same), map=False)
    assert fair.shortcut.balanced < 0.7
    assert "The class shows in the style" not in texts(fair)


def test_what_was_left_out_is_told():
    dataset = replace(data_set([ROUND]), problems=(Problem("id-9", "no picture of that name"),))
    assert "1 row of the source were left out, for example id-9" in texts(explored(dataset))


def test_the_numbers_are_plain_json():
    x = explored(data_set([ROUND, DISC] * 15 + [""], pictures=None))
    numbers = json.loads(json.dumps(numbers_of(x), allow_nan=False))
    assert numbers["pictures"]["count"] == 31
    assert numbers["pictures"]["sizes"] == [{"width": 48, "height": 48, "count": 31}]
    assert sum(numbers["light"]["histograms"]["grey"]) == pytest.approx(1, abs=1e-4)
    assert numbers["light"]["measures"]["brightness"]["round"]["n"] == 15
    assert numbers["findings"] == [
        {"level": f.level, "text": f.text, "advice": f.advice} for f in findings_of(x)
    ]


def test_memory_does_not_grow_with_the_pictures():
    class Endless:
        def read(self, index: int) -> np.ndarray:
            return np.full((400, 400, 3), index % 256, np.uint8)

    def peak(n: int) -> int:
        dataset = replace(data_set([ROUND] * n, pictures=[]), store=Endless())
        nothing = np.zeros(0, int)
        tracemalloc.start()
        read_pictures(dataset, groups=dataset.labels, sample=nothing, workers=1)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(20), peak(120)
    # A hundred more pictures are 48 MB of pixels.
    assert large - small < 4e6


def test_ctrl_c_ends_the_reading():
    store = Store([jpeg(blob(0))] * 2000)

    def stop(done: int, failed: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explored(replace(data_set([ROUND] * 2000), store=store), progress=stop)
    assert len(store.reads) < 500
