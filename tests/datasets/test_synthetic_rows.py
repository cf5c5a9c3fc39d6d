"""Synthetic galaxies as rows that a network learns from."""

import numpy as np

from skyform.datasets import spiral_rows, synthetic_rows
from skyform.schema import KAGGLE, SKYFORM


def test_rows_are_the_same_again_and_in_every_look():
    first, second = (list(synthetic_rows(8, seed=3, size=48)) for _ in range(2))
    assert [r.image for r in first] == [r.image for r in second]
    assert {r.survey for r in first} == {"sdss", "decals", "grey", "hst"}
    assert len({r.id + r.survey for r in first}) == 8
    assert [r.image for r in synthetic_rows(8, seed=4, size=48)] != [r.image for r in first]


def test_every_answer_is_known():
    rows = list(synthetic_rows(120, seed=1, size=32))
    for row in rows:
        assert row.split == "train"
        assert row.labels.votes is not None
        assert np.isclose(row.labels.votes[KAGGLE.slices[KAGGLE.root]].sum(), 1)
    senses = [rule for row in rows for rule, _ in row.labels.rules]
    assert {answer for rule in senses for (product,) in rule for answer in product} == {
        a.id for a in SKYFORM.question["sense"].answers
    }
    none = {"star", "artefact"}
    for row in rows:
        drawn = row.raw["label"]
        wanted = (
            {"none"} if drawn in none else {"galaxy", "lens"} if drawn == "lens" else {"galaxy"}
        )
        assert row.labels.kinds == wanted, drawn
    assert {row.raw["label"] for row in rows} & none


def test_spirals_say_how_many_arms_were_drawn_and_nothing_else():
    rows = list(spiral_rows(60, seed=2, size=48))
    assert len(rows) == 60
    assert {r.source for r in rows} == {"spirals"}
    assert {r.survey for r in rows} == {"sdss", "decals", "grey", "hst"}
    for row in rows:
        (number, share), (sense, _) = row.labels.rules
        assert number == (((row.raw["label"],),),)
        assert 0.6 < share <= 1
        assert sense[0][0][0].startswith("sense.")
        assert row.labels.votes is None
        assert row.labels.kinds == {"galaxy"}
    drawn = {row.raw["label"] for row in rows}
    assert {f"arm-number.{n}" for n in ("1", "2", "3", "4", "more")} <= drawn


def test_spirals_are_the_same_again():
    first, second, other = (
        [r.image for r in spiral_rows(4, seed=seed, size=48)] for seed in (5, 5, 6)
    )
    assert first == second != other
