"""The command synthesise, called as the command line calls it."""

import csv
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skyform.cli import synthesise
from skyform.cli.console import Exit
from skyform.datasets.opening import open_dataset
from skyform.datasets.synthetic import synthetic_dataset
from skyform.errors import DataError, OutputError
from skyform.schema import KAGGLE

Capture = pytest.CaptureFixture[str]


def _run(*arguments: str) -> Exit:
    parser = ArgumentParser(prog="skyform synthesise")
    synthesise.arguments(parser)
    return synthesise.run(parser.parse_args(arguments), parser)


def test_parquet_opens_again_with_the_same_labels_votes_and_pictures(
    tmp_path: Path, capsys: Capture
):
    out = tmp_path / "made.parquet"
    assert _run(str(out), "--count", "12", "--seed", "3", "--size", "32") is Exit.OK
    assert capsys.readouterr().err == f"Synthetic galaxies: 12 in {out}.\n"
    made = synthetic_dataset(12, seed=3, size=32, scheme="galaxy10_sdss")
    back = open_dataset(str(out))
    assert [r.id for r in back.records] == [r.id for r in made.records]
    assert [r.label for r in back.records] == [r.label for r in made.records]
    np.testing.assert_allclose(back.votes, made.votes)
    assert bytes(back.image(5)) == made.image(5)
    assert back.records[0].info["truth"]["answers"] == made.records[0].info["truth"]["answers"]


def test_kaggle_has_a_table_of_the_votes(tmp_path: Path):
    assert _run(str(tmp_path / "k"), "--count", "3", "--format", "kaggle", "--quiet") is Exit.OK
    with (tmp_path / "k" / "training_solutions_rev1.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    assert all(abs(sum(float(r[f"Class1.{k}"]) for k in (1, 2, 3)) - 1) < 1e-5 for r in rows)
    assert set(rows[0]) == {"GalaxyID", *(a.column for a in KAGGLE.answers)}


def test_folders_have_a_folder_for_each_class(tmp_path: Path):
    out = tmp_path / "f"
    kinds = ("--mixture", "round=1", "--mixture", "loose+2-arm=1")
    _run(str(out), "--count", "20", "--format", "folders", "--scheme", "hubble", *kinds, "--quiet")
    assert sorted(p.name for p in out.iterdir()) == ["elliptical", "spiral"]
    assert len(list(out.rglob("*.jpg"))) == 20


def test_galaxy10_has_the_size_and_numbers_that_were_asked_for(tmp_path: Path, capsys: Capture):
    out = tmp_path / "g.h5"
    kinds = ("--mixture", "star=1", "--mixture", "cigar=1")
    _run(str(out), "--count", "10", "--format", "galaxy10", "--size", "69", *kinds)
    back = open_dataset(str(out), format="galaxy10_sdss")
    assert {r.label for r in back.records} == {"cigar"}
    assert np.asarray(back.image(0)).shape == (69, 69, 3)
    assert f"Left out: {10 - len(back)}" in capsys.readouterr().err


def test_the_survey_changes_the_look(tmp_path: Path):
    for survey in ("sdss", "grey"):
        _run(str(tmp_path / survey), "--count", "1", "--survey", survey, "--format", "kaggle")
    sdss, grey = (
        np.asarray(Image.open(next((tmp_path / s).rglob("*.jpg"))), dtype=float)
        for s in ("sdss", "grey")
    )
    assert np.median(grey) > np.median(sdss) + 20
    assert np.ptp(grey, axis=2).max() == 0


def test_what_is_there_is_kept_unless_overwriting_is_allowed(tmp_path: Path):
    out = tmp_path / "made.parquet"
    out.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        _run(str(out), "--count", "1")
    assert out.read_text() == "mine"
    assert _run(str(out), "--count", "1", "--overwrite", "--quiet") is Exit.OK
    assert out.stat().st_size > 1000


def test_wrong_options_are_named(tmp_path: Path, capsys: Capture):
    with pytest.raises(DataError, match="'sombrero', which is not drawn"):
        _run(str(tmp_path / "x"), "--mixture", "sombrero=1")
    with pytest.raises(SystemExit):
        _run(str(tmp_path / "x"), "--mixture", "medium")
    assert "write it as KIND=SHARE" in capsys.readouterr().err
    with pytest.raises(DataError, match="size is 8"):
        _run(str(tmp_path / "x"), "--size", "8")
    with pytest.raises(DataError, match="seed is -1"):
        _run(str(tmp_path / "x"), "--seed", "-1")
    assert list(tmp_path.iterdir()) == []
