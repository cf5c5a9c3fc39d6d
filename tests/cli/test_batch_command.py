"""`skyform batch` from the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_up_models import coloured, made_up_model

from skyform.batch.progress import Pulse
from skyform.cli import parser_of
from skyform.cli.batch import run
from skyform.cli.batch_progress import JsonLines, ProgressLine
from skyform.cli.console import Exit
from skyform.errors import BatchError, DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(12):
        path = tmp_path / "night" / f"d{i % 3}" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        coloured(20 * i, 100, 255 - 20 * i).save(path)
    return tmp_path / "night"


def batch(*words: object) -> int:
    parser = parser_of("batch")
    return run(parser.parse_intermixed_args([str(w) for w in words]), parser)


def test_a_folder_becomes_tables_and_goes_on_where_it_was(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, to = made_up_model(tmp_path / "m.onnx"), tmp_path / "out"
    (folder / "broken.jpg").write_bytes(b"nothing of the kind")
    words = (folder, "--to", to, "--model", model, "--part-size", 5, "--workers", 1)
    assert batch(*words, "--progress", "json", "--format", "csv") == Exit.SOME_FAILED
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    told = ("stage", "done", "failed", "earlier", "total", "seconds_left")
    assert [lines[-1][k] for k in told] == ["done", 13, 1, 0, 13, 0.0]
    assert {p["total"] for p in lines if p["stage"] != "planning"} == {13}
    assert [p["done"] for p in lines if p["stage"] == "classifying"][-1] == 13
    assert "13 rows" in err
    assert str(to / "predictions.csv") in err
    table = pq.read_table(to / "parts")
    names = [f"d{i % 3}/{i}.png" for i in range(12)]
    assert sorted(table["id"].to_pylist()) == sorted([*names, "broken.jpg"])
    assert batch(*words, "--progress", "json") == Exit.SOME_FAILED
    out, err = capsys.readouterr()
    assert "nothing left to classify" in err
    lines = [json.loads(line) for line in out.splitlines()]
    assert [lines[-1][k] for k in told] == ["done", 0, 0, 13, 13, 0.0]
    assert {p["total"] for p in lines} == {13}
    with pytest.raises(BatchError, match=r"parameters\.schema"):
        batch(*words, "--schema", "full")


def test_a_share_without_parts_says_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, to = made_up_model(tmp_path / "m.onnx"), tmp_path / "out"
    words = (folder, "--to", to, "--model", model, "--workers", 1)
    assert batch(*words, "--part", "2/2") == Exit.OK
    err = capsys.readouterr().err
    assert "This share has no parts: a smaller --part-size makes more of them." in err
    assert str(to) not in err
    assert batch(*words, "--part", "1/2") == Exit.OK
    assert "In all 12 rows, 0 with an error." in capsys.readouterr().err


def test_a_run_of_nothing_but_broken_pictures_has_failed(folder: Path, tmp_path: Path) -> None:
    broken, model = folder / "broken.jpg", made_up_model(tmp_path / "m.onnx")
    broken.write_bytes(b"nothing of the kind")
    words = (broken, "--to", tmp_path / "out", "--model", model, "--workers", 1)
    assert batch(*words) == Exit.FAILED


def test_sigterm_ends_it_cleanly_and_says_how_to_go_on(folder: Path, tmp_path: Path) -> None:
    """A run of a real command that is stopped while it works, and continued."""
    model, to = made_up_model(tmp_path / "m.onnx"), tmp_path / "out"
    for i in range(12, 140):
        os.link(folder / "d0" / "0.png", folder / f"{i}.png")
    code = (
        "import sys\nfrom skyform.cli import COMMANDS, main\nCOMMANDS.setdefault('batch', '')\n"
        "if __name__ == '__main__':\n    sys.exit(main())\n"
    )
    script = tmp_path / "skyform_command.py"
    script.write_text(code)
    words = ["batch", str(folder), "--to", str(to), "--model", str(model), "--part-size", "1"]
    command = [sys.executable, str(script), *words, "--workers", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not list(to.glob("parts/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    done = len(list(to.glob("parts/*.parquet")))
    assert process.returncode == Exit.INTERRUPTED, err
    assert "the same command goes on" in err
    assert 0 < done < 140
    assert not list(to.rglob("*.tmp-*"))
    assert batch(*words[1:], "--workers", 1) == Exit.OK
    assert pq.read_table(to / "parts").num_rows == 140


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x", "--to", "y", "--part", "5/4"], "not i/n"),
        (["x", "--to", "y", "--part", "a"], "not i/n"),
        (["x", "--to", "y", "--address", "auto"], "--engine ray"),
        (["x", "--to", "y", "--cut-from", "a.fits", "--survey", "sdss"], "not from both"),
        (["x"], "--to"),
        (["x", "--to", "y", "--restart", "--resume"], "not allowed with"),
        (["x", "--to", "y", "--restart", "--retry-failed"], "--restart does all parts anew"),
    ],
)
def test_contradictions_are_usage_errors(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        batch(*words)
    assert end.value.code == Exit.USAGE
    assert said in capsys.readouterr().err


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing at"):
        batch(tmp_path / "gone", "--to", tmp_path / "out")


def pulse(done: int, *, stage: str = "classifying", total: int | None = 10) -> Pulse:
    return Pulse(stage, done, 0, 0, total, 1.0)  # type: ignore[arg-type]


def test_json_lines_come_once_a_second_and_at_the_ends() -> None:
    out, times = StringIO(), iter([0.0, 0.5, 1.2, 1.3, 1.4])
    with JsonLines(out, clock=lambda: next(times)) as said:
        for p in (pulse(0), pulse(1), pulse(5), pulse(10), pulse(0, stage="done", total=0)):
            said(p)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(p["stage"], p["done"]) for p in lines] == [
        ("classifying", 0),
        ("classifying", 5),
        ("classifying", 10),
        ("done", 0),
    ]


def test_the_line_is_for_terminals_only() -> None:
    out = StringIO()
    with ProgressLine(out, enabled=True) as said:
        said(pulse(0))
        said(pulse(9))
    assert out.getvalue() == ""
