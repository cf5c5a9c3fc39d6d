"""`skyform anomalies`: a ranking, and the scores that a person gives back."""

import csv
from pathlib import Path

import numpy as np
import pytest
from made_up_data import drawn_galaxy

from skyform.cli import anomalies, parser_of
from skyform.cli.console import Exit
from skyform.errors import DataError

Capture = pytest.CaptureFixture[str]


def ranked(*words: object) -> int:
    """What the command gives; errors are raised."""
    parser = parser_of("anomalies")
    return anomalies.run(parser.parse_intermixed_args([str(w) for w in words]), parser)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def array(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred usual points and three odd ones, at the end."""
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(100, 8)), rng.normal(size=(3, 8)) + 15])
    path = tmp_path_factory.mktemp("array") / "e.npy"
    np.save(path, points.astype(np.float32))
    return path


def test_the_odd_ones_come_first_and_sink_when_they_bore(
    array: Path, tmp_path: Path, capsys: Capture
):
    table = tmp_path / "a.csv"
    assert ranked(array, "--to", table) == Exit.OK
    rows = rows_of(table)
    assert [r["rank"] for r in rows] == [str(i) for i in range(1, 104)]
    assert {r["id"] for r in rows[:3]} == {"100", "101", "102"}
    assert all(r["human_score"] == "" for r in rows)
    assert float(rows[0]["score"]) == 5
    text = table.read_text().splitlines()
    # The person finds the first dull and another fascinating, in the very file that came out.
    for line, score in ((1, "0"), (5, "5")):
        cells = text[line].split(",")
        cells[2] = score
        text[line] = ",".join(cells)
    (tmp_path / "scored.csv").write_text("\n".join(text))
    again = tmp_path / "b.csv"
    assert ranked(array, "--scores", tmp_path / "scored.csv", "--to", again, "--top", 50) == Exit.OK
    assert "2 of your scores are learnt from." in capsys.readouterr().err
    told = rows_of(again)
    assert len(told) == 50
    bored = [r for r in told if r["id"] == rows[0]["id"]]
    assert not bored or float(bored[0]["score"]) < 0.5 * float(bored[0]["score_before"])
    kept = next(r for r in told if r["id"] == rows[4]["id"])
    assert float(kept["human_score"]) == 5
    assert told[0]["id"] != rows[0]["id"]


def test_on_the_terminal(array: Path, capsys: Capture):
    assert ranked(array) == Exit.OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["rank", "id", "score"]
    assert lines[-1] == "… 83 more"


def test_pictures_and_their_gallery(tmp_path: Path, capsys: Capture):
    (tmp_path / "night").mkdir()
    for i in range(5):
        drawn_galaxy(i, edge_on=i == 4).save(tmp_path / "night" / f"g{i}.png")
    gallery = tmp_path / "g.html"
    assert ranked(tmp_path / "night", "--gallery", gallery, "--to", tmp_path / "a.jsonl") == Exit.OK
    assert gallery.read_text().count("data:image/webp") == 5
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,human_score\n1,9\n", "score of '1' is '9'; it must be 0 to 5"),
        ("id,score\n1,nice\n", "score of '1' is 'nice'"),
        ("id,human_score\nm51,3\n", "1 scores, none of them for a row"),
        ("id,human_score\n1,\n", "0 scores"),
        ("name,score\n1,3\n", "has no column 'id'"),
    ],
)
def test_scores_that_cannot_be_used(array: Path, tmp_path: Path, text: str, said: str):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        ranked(array, "--scores", tmp_path / "s.csv")


def test_wrong_words(array: Path, tmp_path: Path, capsys: Capture):
    with pytest.raises(SystemExit):
        ranked(array, "--fading", "0")
    assert "'0' is not a number above 0" in capsys.readouterr().err
    with pytest.raises(DataError, match="Cannot read"):
        ranked(array, "--scores", tmp_path / "gone.csv")
