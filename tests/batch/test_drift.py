"""The report says what a model file lets it say, and no more."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from made_up_models import made_up_model

from skyform.batch.drift import drift_of, wilson_interval
from skyform.batch.manifest import Manifest
from skyform.batch.places import LocalPlace
from skyform.batch.summary import LastProcess, Summary, write_summary
from skyform.batch.tally import ErrorKind, Tally
from skyform.inference import ModelFile, ModelInfo


def info_of(tmp_path: Path, **more: object) -> ModelInfo:
    return ModelFile(made_up_model(tmp_path / "m.onnx", **more), threads=1).info  # type: ignore[arg-type]


def far(rows: int, beyond: int) -> Tally:
    bins = [0] * 31
    bins[5], bins[30] = rows - beyond, beyond
    return Tally(rows=rows, distance=bins, beyond=beyond)


def test_the_share_beyond_has_an_interval(tmp_path: Path) -> None:
    info = info_of(tmp_path, tree="skyform", kinds=True)
    assert info.calibration.familiar < math.inf
    near = drift_of(far(1000, 9), info)
    assert near.beyond == 0.009
    assert near.low < 0.009 < near.high
    assert "would give about 1 %" in "".join(near.lines())
    drifted = "".join(drift_of(far(1000, 200), info).lines())
    assert "20.00 %" in drifted
    assert "look at some of them" in drifted
    assert "█" in drifted


def test_without_a_distance_nothing_is_said(tmp_path: Path) -> None:
    lines = drift_of(Tally(rows=10), info_of(tmp_path)).lines()
    assert "holds no distance" in "".join(lines)
    assert "does not say how many pictures of each class" in "".join(lines)


def test_the_mix_is_compared_where_the_card_counts_classes(tmp_path: Path) -> None:
    card = {"data": {"pictures": {c: {"train": n} for c, n in (("red", 50), ("green", 50))}}}
    info = info_of(tmp_path, card=card)
    tally = Tally(rows=10, classes={"colours": Counter(red=8, green=2)})
    drift = drift_of(tally, info)
    mix = drift.mixes["colours"]
    assert mix.shares["red"] == (0.8, 0.5)
    assert mix.distance == pytest.approx(0.3)
    said = "".join(drift.lines())
    assert "| 30.0 % |" in said
    assert "| Red, like M 42 | 80.0 % | 50.0 % |" in said


def test_the_mix_of_a_taxonomy_is_compared_with_what_the_model_said_of_its_own_data(
    tmp_path: Path,
) -> None:
    card = {"mix": {"galaxy_zoo_1": {"elliptical": 60, "spiral-other": 40}, "unheard-of": {"a": 1}}}
    info = info_of(tmp_path, tree="skyform", kinds=True, card=card)
    tally = Tally(
        rows=100,
        classes={
            "hubble": Counter(E0=100),
            "galaxy_zoo_1": Counter({"elliptical": 30, "merger": 70}),
        },
    )
    mixes = drift_of(tally, info).mixes
    assert set(mixes) == {"galaxy_zoo_1"}
    mix = mixes["galaxy_zoo_1"]
    assert mix.shares == {
        "elliptical": (0.3, 0.6),
        "spiral-other": (0.0, 0.4),
        "merger": (0.7, 0.0),
    }
    assert mix.distance == pytest.approx(0.7)


def test_what_chance_makes_of_a_mix_is_what_drawing_from_one_makes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    p = {"elliptical": 0.5, "merger": 0.3, "edge-on": 0.2}
    found: list[float] = []
    expected: list[float] = []
    for draw in range(40):
        there, here = (rng.multinomial(n, [*p.values()]).tolist() for n in (300, 200))
        card = {"mix": {"galaxy_zoo_1": dict(zip(p, there, strict=True))}}
        folder = tmp_path / str(draw)
        folder.mkdir()
        info = info_of(folder, tree="skyform", kinds=True, card=card)
        tally = Tally(rows=200, classes={"galaxy_zoo_1": Counter(dict(zip(p, here, strict=True)))})
        mix = drift_of(tally, info).mixes["galaxy_zoo_1"]
        found.append(mix.distance)
        expected.append(mix.by_chance)
    assert np.mean(found) == pytest.approx(np.mean(expected), rel=0.2)


def test_wilson_interval_is_that_of_the_books() -> None:
    # Newcombe 1998, Statistics in Medicine 17, 857, table I, method 3: 15 of 148.
    low, high = wilson_interval(15, 148)
    assert (round(low, 4), round(high, 4)) == (0.0624, 0.1605)
    assert wilson_interval(0, 20)[0] == 0.0
    assert wilson_interval(20, 20)[1] == 1.0


def test_names_and_messages_cannot_break_the_report(tmp_path: Path) -> None:
    tally = Tally(rows=1, errors={"bad": ErrorKind(1, [("a|b`c", "<script> | boo")])})
    manifest = Manifest(
        {"address": "x|y", "fingerprint": "1"}, {"id": "m@1", "preprocessing": "p"}, {}
    )
    summary = Summary(manifest, tally, LastProcess(1, 2.0, 1))
    write_summary(summary, place=LocalPlace(tmp_path), info=info_of(tmp_path))
    text = (tmp_path / "summary.md").read_text()
    assert "`a\\|b'c`: &lt;script> \\| boo" in text
