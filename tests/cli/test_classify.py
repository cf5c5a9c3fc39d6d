import csv
import io
import json
import os
import signal
import sys
import threading
from argparse import Namespace
from pathlib import Path

import pytest
from stand_in import FakeClassifier, picture_file

from skyform.cli import main
from skyform.cli.inputs import count_inputs
from skyform.inference import ModelInfo

Capture = pytest.CaptureFixture[str]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_table_to_read(classifier: FakeClassifier, pictures: Path, capsys: Capture):
    assert main(["classify", "night"]) == 1
    out, err = capsys.readouterr()
    names = [line.split()[0] for line in out.splitlines() if line[:1].strip()]
    assert names == ["PICTURE", "broken", "m51", "tiny-1", "veil-nebula"]
    assert "not classified: " in out
    assert "Very likely a nebula." in out
    assert "galaxy 97 %" in out
    assert "! the object covers very few pixels" in out
    assert "\x1b" not in out
    assert err.startswith("3 classified, 1 failed (1 empty-file) in ")
    assert "images/s" in err


def test_all_fine_is_0_and_nothing_classified_is_3(
    classifier: FakeClassifier, pictures: Path, capsys: Capture
):
    assert main(["classify", "night/m51.jpg"]) == 0
    assert main(["classify", "night/broken.jpg", "gone.jpg", "none/*.jpg"]) == 3
    assert "0 classified, 3 failed (2 unreadable-file, 1 empty-file)" in capsys.readouterr().err


def test_results_file_has_a_row_for_each_input_in_order(
    classifier: FakeClassifier, pictures: Path, capsys: Capture
):
    paths = ["night/sub", "gone.jpg", "night/m51.jpg", "night/broken.jpg", "night/m51.jpg"]
    assert main(["classify", *paths, "--to", "r.csv"]) == 1
    found = rows(Path("r.csv"))
    assert [r["id"] for r in found] == ["tiny-1", "veil-nebula", "gone", "m51", "broken", "m51"]
    assert found[2]["path"] == "gone.jpg"
    assert found[2]["error"].startswith("unreadable-file: ")
    assert found[4]["error"].startswith("empty-file: ")
    assert found[0]["flags"] == "tiny"
    assert capsys.readouterr().err.endswith("Results: r.csv\n")


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet", "fits", "vot"])
def test_every_format(classifier: FakeClassifier, pictures: Path, suffix: str):
    assert main(["classify", "--to", f"r.{suffix}", "night", "--quiet"]) == 1
    assert Path(f"r.{suffix}").stat().st_size > 1000
    assert not Path(f"r.{suffix}.part").exists()


def test_options_may_stand_between_paths(classifier: FakeClassifier, pictures: Path):
    arguments = ["night/m51.jpg", "--average", "night/sub", "--to", "r.json", "gone.jpg", "--quiet"]
    assert main(["classify", *arguments]) == 1
    assert [r["id"] for r in json.loads(Path("r.json").read_text())] == [
        "m51",
        "tiny-1",
        "veil-nebula",
        "gone",
    ]


def test_options_reach_the_classifier(classifier: FakeClassifier, pictures: Path):
    options = "--model m.onnx --threads 2 --workers 3 --batch-size 4 --average"
    main(["classify", "night", *options.split(), "--limit-pixels", "100", "--limit-bytes", "5000"])
    (loaded,) = classifier.loaded
    assert (loaded["model"], loaded["threads"]) == ("m.onnx", 2)
    assert (loaded["limits"].max_pixels, loaded["limits"].max_bytes) == (100, 5000)
    assert classifier.called[0] == {"average": True, "batch_size": 4, "workers": 3}


def test_picture_on_standard_input(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch
):
    standard_input(monkeypatch, (pictures / "m51.jpg").read_bytes())
    assert main(["classify", "-", "--to", "r.csv"]) == 0
    assert [(r["id"], r["path"]) for r in rows(Path("r.csv"))] == [("stdin", "-")]


def test_list_of_paths(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    text = "night/m51.jpg\n\nnight/sub\nno*.jpg\n"
    Path("list.txt").write_text(text)
    assert main(["classify", "--from-list", "list.txt", "--to", "a.csv"]) == 1
    expected = ["m51", "tiny-1", "veil-nebula", "no*"]
    assert [r["id"] for r in rows(Path("a.csv"))] == expected
    standard_input(monkeypatch, text.encode())
    assert main(["classify", "--from-list", "-", "--to", "b.csv"]) == 1
    assert [r["id"] for r in rows(Path("b.csv"))] == expected
    assert main(["classify", "--from-list", "none.txt"]) == 3
    assert "Cannot read the list 'none.txt': No such file" in capsys.readouterr().err


class Terminal(io.StringIO):
    """Standard error that shows progress."""

    def isatty(self) -> bool:
        return True


def test_list_from_a_pipe_loses_no_row(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch
):
    os.mkfifo("list")
    options = Namespace(paths=[], from_list="list", no_recursive=False, to=None)
    assert count_inputs(options) is None
    text = "night/m51.jpg\n" * 200
    sender = threading.Thread(target=Path("list").write_text, args=(text,), daemon=True)
    sender.start()
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert main(["classify", "--from-list", "list", "--to", "r.csv"]) == 0
    sender.join(10)
    assert len(rows(Path("r.csv"))) == 200


def test_only_lists_that_can_be_read_twice_are_counted(pictures: Path):
    Path("list.txt").write_text("night/m51.jpg\nnight/sub\n")
    options = Namespace(paths=["night"], from_list="list.txt", no_recursive=False, to=None)
    assert count_inputs(options) == 7
    for path in ("-", "/dev/stdin", "none.txt"):
        options.from_list = path
        assert count_inputs(options) is None


def test_list_on_standard_input_may_hold_names_of_any_bytes(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch
):
    name = b"night/caf\xe9.jpg"
    (pictures / "m51.jpg").rename(os.fsdecode(name))
    standard_input(monkeypatch, name + b"\r\nnight/sub/tiny-1.png")
    assert main(["classify", "--from-list", "-", "--to", "r.csv"]) == 0
    assert [r["id"] for r in rows(Path("r.csv"))] == ["caf\\xe9", "tiny-1"]


def test_results_of_an_earlier_run_are_no_picture(
    classifier: FakeClassifier, pictures: Path, capsys: Capture
):
    for _ in range(2):
        assert main(["classify", ".", "--to", "results.fits"]) == 1
        assert "3 classified, 1 failed (1 empty-file)" in capsys.readouterr().err
    assert main(["classify", "*.fits", "night/m51.jpg", "--to", "./results.fits"]) == 1
    assert "1 classified, 1 failed (1 unreadable-file)" in capsys.readouterr().err
    main(["classify", "results.fits", "--to", "results.fits"])
    assert "1 failed (1 no-image-data)" in capsys.readouterr().err


def test_empty_list_is_told(classifier: FakeClassifier, pictures: Path, capsys: Capture):
    Path("list.txt").write_text("\n")
    assert main(["classify", "--from-list", "list.txt"]) == 3
    assert "the list of pictures is empty" in capsys.readouterr().err


def test_many_pictures_with_a_file_give_only_the_summary(
    classifier: FakeClassifier, pictures: Path, capsys: Capture
):
    many = ["night/m51.jpg"] * 31
    assert main(["classify", *many, "--to", "r.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("31 classified in ")
    main(["classify", *many])
    assert capsys.readouterr().out.count("m51") == 31
    main(["classify", *many[1:], "--to", "r.jsonl"])
    assert capsys.readouterr().out.count("m51") == 30


def test_quiet_prints_nothing(classifier: FakeClassifier, pictures: Path, capsys: Capture):
    assert main(["classify", "night", "--quiet", "--to", "r.csv"]) == 1
    assert capsys.readouterr() == ("", "")


def test_results_to_standard_output(classifier: FakeClassifier, pictures: Path, capsys: Capture):
    assert main(["classify", "night/m51.jpg", "--to", "-", "--format", "jsonl"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["id"] == "m51"
    assert "Results" not in err


def test_kaggle_leaves_failures_out_and_says_so(
    classifier: FakeClassifier, pictures: Path, capsys: Capture
):
    assert main(["classify", "night", "--to", "sub.csv", "--format", "kaggle"]) == 1
    assert [r["GalaxyID"] for r in rows(Path("sub.csv"))] == ["m51", "tiny-1", "veil-nebula"]
    assert "Not in the file: 1 failed." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to classify"),
        (["-", "-"], "standard input can be read once"),
        (["-", "--from-list", "-"], "standard input can be read once"),
        (["a.jpg", "--format", "csv"], "--format csv needs --to"),
        (["a.jpg", "--to", "-"], "--to - needs --format"),
        (["a.jpg", "--batch-size", "0"], "'0' is not a whole number of at least 1"),
        (["a.jpg", "--workers", "many"], "'many' is not a whole number of at least 1"),
        (["a.jpg", "--nonsense"], "--nonsense"),
    ],
)
def test_usage_errors_are_2(
    classifier: FakeClassifier, arguments: list[str], message: str, capsys: Capture
):
    assert main(["classify", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert classifier.loaded == []


def test_fatal_errors_are_3_and_leave_nothing(
    classifier: FakeClassifier, pictures: Path, capsys: Capture
):
    assert main(["classify", "night", "--model", "gone", "--to", "r.csv"]) == 3
    assert (
        capsys.readouterr().err == "skyform: The model gone does not exist.\n  Leave --model out.\n"
    )
    assert not list(Path().glob("r.*"))
    assert main(["classify", "night", "--to", "r.doc"]) == 3
    assert ".parquet" in capsys.readouterr().err
    assert main(["classify", "night", "--to", "none/r.csv"]) == 3
    assert "Cannot write 'none/r.csv'" in capsys.readouterr().err


def test_interruption_keeps_the_rows(classifier: FakeClassifier, pictures: Path, capsys: Capture):
    classifier.interrupt_after = 3
    assert main(["classify", "night", "--to", "r.csv"]) == 130
    assert "Stopped after 3 pictures. The 3 rows so far are in " in capsys.readouterr().err
    assert [r["id"] for r in rows(Path("r.csv.part"))] == ["broken", "m51", "tiny-1"]
    assert not Path("r.csv").exists()


def test_sigterm_keeps_the_rows(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch
):
    real = classifier.classify

    def classify(image: Path) -> object:
        if image.stem == "tiny-1":
            os.kill(os.getpid(), signal.SIGTERM)
        return real(image)

    monkeypatch.setattr(classifier, "classify", classify)
    before = signal.getsignal(signal.SIGTERM)
    assert main(["classify", "night", "--to", "r.jsonl"]) == 130
    assert len(Path("r.jsonl.part").read_text().splitlines()) == 2
    assert signal.getsignal(signal.SIGTERM) == before


class ClosedPipe(io.StringIO):
    """Standard output whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def fileno(self) -> int:
        raise OSError


def test_closed_pipe_ends_quietly(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
):
    monkeypatch.setattr(sys, "stdout", ClosedPipe())
    assert main(["classify", "night"]) == 141
    assert capsys.readouterr().err == ""


def test_file_is_completed_though_nobody_reads_the_table(
    classifier: FakeClassifier, pictures: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdout", ClosedPipe())
    assert main(["classify", "night", "--to", "r.csv"]) == 1
    assert len(rows(Path("r.csv"))) == 4


def test_odd_names_reach_neither_the_terminal_nor_the_table_raw(
    classifier: FakeClassifier, tmp_path: Path, capsys: Capture
):
    name = os.fsdecode(b"caf\xe9\x1b[31m\nred.jpg")
    picture_file(tmp_path / "plain.jpg").rename(tmp_path / name)
    assert main(["classify", str(tmp_path / name), "--to", str(tmp_path / "r.csv")]) == 0
    assert "\x1b" not in capsys.readouterr().out
    assert rows(tmp_path / "r.csv")[0]["id"] == "caf\\xe9\\x1b[31m\\x0ared"


def test_no_recursive(classifier: FakeClassifier, pictures: Path):
    assert main(["classify", "night", "--no-recursive", "--to", "r.csv", "--quiet"]) == 1
    assert [r["id"] for r in rows(Path("r.csv"))] == ["broken", "m51"]


def test_fake_looks_like_the_real_one(classifier: FakeClassifier):
    assert isinstance(classifier.info, ModelInfo)
    assert classifier.info.id == f"{classifier.info.name}@{classifier.info.version}"
