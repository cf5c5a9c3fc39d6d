"""`skyform select`: what to label next."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_up_data import drawn_galaxy
from pyarrow import parquet

from skyform.cli import parser_of, select
from skyform.cli.console import Exit
from skyform.errors import DataError

Capture = pytest.CaptureFixture[str]


def chosen(*words: object) -> int:
    """What the command gives; errors are raised."""
    parser = parser_of("select")
    return select.run(parser.parse_intermixed_args([str(w) for w in words]), parser)


def ids_of(path: Path) -> list[str]:
    with path.open() as file:
        return [r["id"] for r in csv.DictReader(file)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Embeddings with the model's classes beside them; every tenth row is uncertain."""
    rng = np.random.default_rng(0)
    p = np.where(np.arange(60) % 10 == 0, 0.5, 0.99)
    rows = {
        "id": [f"g{i:02d}" for i in range(60)],
        "p_disc": p,
        "p_ball": 1 - p,
        "kind_confidence": np.linspace(0.5, 1, 60),
        "embedding": pa.array(list(rng.normal(size=(60, 8))), pa.list_(pa.float32(), 8)),
    }
    path = tmp_path_factory.mktemp("run") / "e.parquet"
    parquet.write_table(pa.table(rows), path)
    return path


def test_the_uncertain_come_first(run: Path, tmp_path: Path, capsys: Capture):
    table = tmp_path / "next.csv"
    assert chosen(run, "--next", 6, "--to", table) == Exit.OK
    assert set(ids_of(table)) == {f"g{i}0" for i in range(6)}
    assert "Uncertainty: the entropy of the classes." in capsys.readouterr().err
    assert table.read_text().splitlines()[0] == "rank,id,label,uncertainty,distance"


def test_what_is_labelled_is_left_out(run: Path, tmp_path: Path, capsys: Capture):
    table = tmp_path / "next.csv"
    (tmp_path / "ids.txt").write_text("g00\ng10\n")
    assert chosen(run, "--next", 4, "--labelled", tmp_path / "ids.txt", "--to", table) == Exit.OK
    assert set(ids_of(table)) == {"g20", "g30", "g40", "g50"}
    # The table that came out, filled in half, is the next list of labels.
    lines = table.read_text().splitlines()
    cells = lines[1].split(",")
    cells[2] = "disc"
    (tmp_path / "l.csv").write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]))
    assert chosen(run, "--next", 5, "--labelled", tmp_path / "l.csv", "--to", table) == Exit.OK
    assert cells[1] not in ids_of(table)
    assert len(set(ids_of(table)) & {"g00", "g10", "g20", "g30", "g40", "g50"}) == 5
    assert "1 of 60 are labelled." in capsys.readouterr().err


def test_any_column_can_say_how_unsure(run: Path, tmp_path: Path, capsys: Capture):
    table = tmp_path / "next.csv"
    words = ("--uncertainty", "kind_confidence", "--next", 10)
    assert chosen(run, *words, "--to", table) == Exit.OK
    assert np.mean([int(i[1:]) for i in ids_of(table)]) < 25
    assert "Uncertainty: the column kind_confidence." in capsys.readouterr().err
    with pytest.raises(DataError, match="no column 'votes'"):
        chosen(run, "--uncertainty", "votes")


def test_without_any_the_set_is_covered(tmp_path: Path, capsys: Capture):
    np.save(tmp_path / "e.npy", np.repeat(np.eye(4, dtype=np.float32), 20, axis=0))
    assert chosen(tmp_path / "e.npy", "--next", 4, "--to", tmp_path / "n.csv") == Exit.OK
    assert {int(i) // 20 for i in ids_of(tmp_path / "n.csv")} == {0, 1, 2, 3}
    assert "covers the set evenly" in capsys.readouterr().err


def test_pictures_are_looked_at_first(tmp_path: Path, capsys: Capture):
    (tmp_path / "night").mkdir()
    for i in range(5):
        drawn_galaxy(i, edge_on=i % 2 == 0).save(tmp_path / "night" / f"g{i}.png")
    words = ("--next", 3, "--gallery", tmp_path / "g.png")
    assert chosen(tmp_path / "night", *words) == Exit.OK
    out, err = capsys.readouterr()
    assert "Uncertainty: the entropy of the answers." in err
    assert len(out.splitlines()) == 4
    assert (tmp_path / "g.png").is_file()


def test_labels_of_something_else_are_told(run: Path, tmp_path: Path):
    (tmp_path / "ids.txt").write_text("m51\nm81\n")
    with pytest.raises(DataError, match="None of the 2 ids"):
        chosen(run, "--labelled", tmp_path / "ids.txt")


def test_positions_and_a_catalogues_numbers_come_along_as_they_are(run: Path, tmp_path: Path):
    table = parquet.read_table(run)
    ra, dec = pa.array(np.linspace(0, 1, 60) / 3), pa.nulls(60, pa.float64())
    mag = pa.field("mag", pa.float64(), metadata={"origin": "catalogue"})
    for field, values in ((pa.field("ra", ra.type), ra), (pa.field("dec", dec.type), dec)):
        table = table.append_column(field, values)
    table = table.append_column(mag, pa.array(np.linspace(15, 20, 60)))
    table = table.append_column("number", pa.array([2**60 + i for i in range(60)]))
    parquet.write_table(table, tmp_path / "e.parquet")
    for name in ("n.parquet", "n.csv"):
        assert chosen(tmp_path / "e.parquet", "--next", 60, "--to", tmp_path / name) == Exit.OK
    found = parquet.read_table(tmp_path / "n.parquet")
    types = {n: found.schema.field(n).type for n in ("ra", "dec", "mag", "number", "distance")}
    assert list(types.values()) == [*[pa.float64()] * 3, pa.int64(), pa.float32()]
    known = {r["id"]: r for r in table.to_pylist()}
    for row in found.to_pylist():
        assert all(row[n] == known[row["id"]][n] for n in ("ra", "dec", "mag", "number"))
    with (tmp_path / "n.csv").open() as file:
        for row in csv.DictReader(file):
            assert float(row["ra"]) == known[row["id"]]["ra"]
            assert (row["dec"], "e" in row["ra"]) == ("", False)
