"""`skyform explore`."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import skyform.cli
import skyform.evaluation.pages
import skyform.explore.exploration
from skyform.cli import main
from skyform.explore import Embedder
from skyform.images import Preprocess

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two class folders of drawn pictures with a broken file and a copy; the folder around them is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setitem(skyform.cli.COMMANDS, "explore", "")
    rng = np.random.default_rng(0)
    for name, tint in (("red", (200, 60, 30)), ("blue", (30, 60, 200))):
        (tmp_path / "sky" / name).mkdir(parents=True)
        for i in range(12):
            pixels = rng.integers(0, 40, (40, 40, 3)) + np.array(tint) * (i + 3) // 15
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(
                tmp_path / "sky" / name / f"{name}-{i}.png"
            )
    (tmp_path / "sky" / "red" / "red-3.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    copy = (tmp_path / "sky" / "red" / "red-5.png").read_bytes()
    (tmp_path / "sky" / "blue" / "stray.png").write_bytes(copy)
    return tmp_path / "sky"


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Embedder]:
    """Colours for features, so that no model is opened."""

    def colours(pixels: np.ndarray) -> np.ndarray:
        return (
            pixels.reshape(len(pixels), -1, 3)[:, ::9].reshape(len(pixels), -1).astype(np.float32)
        )

    def bundled() -> Embedder:
        return Embedder("colours@1", Preprocess(size=24), colours)

    monkeypatch.setattr(skyform.explore.exploration.Embedder, "bundled", bundled)
    return bundled


@pytest.mark.usefixtures("stand_in")
def test_report_numbers_and_summary(folder: Path, capsys: Capture):
    assert (
        main(["explore", "sky", "--to", "out/sky.html", "--json", "sky.json", "--seed", "3"]) == 0
    )
    page = Path("out/sky.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    numbers = json.loads(Path("sky.json").read_text(encoding="utf-8"))
    assert (numbers["pictures"]["count"], numbers["pictures"]["readable"]) == (25, 24)
    assert [g["contradicts"] for g in numbers["duplicates"]["exact"]] == [True]
    assert numbers["seed"] == 3
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert "25 pictures" in lines[0]
    assert lines[1] == "2 classes: blue 52\N{NO-BREAK SPACE}%, red 48\N{NO-BREAK SPACE}%"
    assert "! 1 picture of 25 could not be read: 1 " in printed.out
    assert (
        "! 1 group of identical pictures, 2 pictures in all; 1 with contradicting labels." in lines
    )
    assert len(lines) <= 18
    assert max(map(len, lines)) <= 100
    assert "Report: out/sky.html (" in printed.err


def test_the_real_model_lays_out_the_map(folder: Path, capsys: Capture):
    assert main(["explore", "sky", "--sample", "8"]) == 0
    page = Path("sky-report.html").read_text(encoding="utf-8")
    assert "embeddings by base@" in page
    assert page.count('"id":') == 8


@pytest.mark.usefixtures("stand_in")
def test_quiet_and_without_a_map(folder: Path, capsys: Capture):
    assert main(["explore", "sky", "--no-map", "--quiet", "--format", "folders"]) == 0
    assert capsys.readouterr() == ("", "")
    assert "map-data" not in Path("sky-report.html").read_text(encoding="utf-8")


def test_what_is_not_there(folder: Path, capsys: Capture):
    assert main(["explore", "nowhere"]) == 3
    assert "nowhere" in capsys.readouterr().err
    assert not list(Path().glob("*.html"))


@pytest.mark.parametrize("option", ["--to", "--json"])
def test_a_folder_in_the_place_of_a_file_is_refused_before_the_work(
    folder: Path, capsys: Capture, option: str
):
    assert main(["explore", "nowhere", option, "sky"]) == 3
    assert "skyform: sky is a folder." in capsys.readouterr().err


def test_the_extra_is_asked_for(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(skyform.evaluation.pages, "find_spec", lambda name: None)
    assert main(["explore", "sky"]) == 3
    error = capsys.readouterr().err
    assert "Exploring a data set needs jinja2 and matplotlib" in error
    assert "pip install 'skyform[lab]'" in error


@pytest.mark.parametrize("seed", ["-1", "x", "4294967296"])
def test_a_seed_is_a_whole_number(folder: Path, capsys: Capture, seed: str):
    assert main(["explore", "sky", f"--seed={seed}"]) == 2
    assert "is not a whole number from 0 to 4294967295" in capsys.readouterr().err
