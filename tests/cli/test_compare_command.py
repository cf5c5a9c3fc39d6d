import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from made_up_runs import class_run

from skyform.cli import compare, parser_of
from skyform.cli.console import Exit
from skyform.errors import DataError, MissingExtraError
from skyform.evaluation import pages
from skyform.evaluation.run_files import write_result
from skyform.evaluation.runs import RunResult


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for s in range(3):
        write_result(class_run("cnn", skill=3.0, seed=s), tmp_path / f"cnn/seed-{s}")
    write_result(class_run("forest", skill=1.0, parameters=0), tmp_path / "forest")
    write_result(class_run("small", n=100), tmp_path / "small")
    return tmp_path


def call(*arguments: object) -> int:
    parser = parser_of("compare")
    return compare.run(parser.parse_intermixed_args([str(a) for a in arguments]), parser)


def seeds(runs: Path) -> list[Path]:
    return [runs / f"cnn/seed-{s}" for s in range(3)]


def test_a_table_to_read(runs: Path, capsys: pytest.CaptureFixture[str]):
    assert call(runs / "forest", *seeds(runs)) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "model",
        "accuracy",
        "behind",
        "p",
        "images/s",
        "parameters",
        "size",
    ]
    assert lines[1].split()[:4] == ["1", "cnn", "(3", "seeds)"]
    assert "±" in lines[1]
    assert lines[2].split()[:2] == ["2", "forest"]
    assert "< 0.001" in lines[2]
    assert "300 validation pictures" in lines[-1]
    assert "\x1b[" not in "".join(lines)


def test_the_table_says_who_chose_on_validation(runs: Path, capsys: pytest.CaptureFixture[str]):
    write_result(class_run("head", skill=2.0, chosen_on="training"), runs / "head")
    assert call(runs / "forest", runs / "head") == Exit.OK
    assert capsys.readouterr().out.splitlines()[-1].startswith("Not quite like with like")


@pytest.mark.parametrize(("width", "columns"), [(170, 8), (50, 4)])
def test_a_narrow_terminal_has_fewer_columns(
    width: int,
    columns: int,
    runs: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("COLUMNS", str(width))
    call(runs / "forest", seeds(runs)[0])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines[0].split()) == columns
    assert max(map(len, lines[:3])) <= width


def test_json_and_a_page(runs: Path, capsys: pytest.CaptureFixture[str]):
    page = runs / "page.html"
    assert call(*seeds(runs), runs / "forest", "--json", "--to", page) == Exit.OK
    out = capsys.readouterr()
    assert [m["name"] for m in json.loads(out.out)["models"]] == ["cnn", "forest"]
    assert str(page) in out.err
    assert "2 models on Made-up sky" in page.read_text("utf-8")


def test_a_folder_given_twice_is_one_run(runs: Path):
    with pytest.raises(DataError, match="at least two runs, not 1"):
        call(runs / "forest", runs / "cnn" / ".." / "forest")


def test_other_rows(runs: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(DataError, match="--common compares all runs on the 100 pictures"):
        call(runs / "small", runs / "forest")
    run = class_run("half", skill=2.0)
    summary = dataclasses.replace(run.summary, n_validation=150)
    half = RunResult(summary, run.predictions.rows(np.arange(150)))
    write_result(half, runs / "half")
    assert call(runs / "half", runs / "forest", "--common") == Exit.OK
    assert "150 pictures that not all runs share are left out" in capsys.readouterr().out


def test_the_table_needs_no_extra_but_the_page_does(runs: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pages, "find_spec", lambda _: None)
    assert call(*seeds(runs)[:1], runs / "forest") == Exit.OK
    with pytest.raises(MissingExtraError, match=r"skyform\[lab\]"):
        call(*seeds(runs)[:1], runs / "forest", "--to", runs / "page.html")
