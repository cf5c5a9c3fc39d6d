"""`skyform index` from Parquet, arrays and pictures."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_up_data import drawn_galaxy
from pyarrow import parquet

from skyform.cli import index as command
from skyform.cli import parser_of
from skyform.cli.console import Exit
from skyform.errors import DataError, OutputError
from skyform.inference import Classifier
from skyform.search import Index, Origin

Capture = pytest.CaptureFixture[str]


def indexed(*words: object) -> int:
    """What the command gives; errors are raised."""
    parser = parser_of("index")
    return command.run(parser.parse_intermixed_args([str(w) for w in words]), parser)


def vectors(n: int = 40) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 16)).astype(np.float32)


def test_from_parquet(tmp_path: Path, capsys: Capture):
    values = [None, *vectors()[1:]]
    rows = {"id": [f"g{i}" for i in range(40)], "kind": ["galaxy"] * 40, "z": np.arange(40.0)}
    rows["embedding"] = pa.array(values, pa.list_(pa.float32(), 16))
    parquet.write_table(pa.table(rows), tmp_path / "e.parquet")
    assert indexed(tmp_path, "--to", tmp_path / "i", "--dims", 4, "--columns", "z") == Exit.OK
    index = Index(tmp_path / "i")
    assert index.info.columns == ("id", "z")
    assert index.values([0]) == [{"id": "g1", "z": 1.0}]
    said = capsys.readouterr().err
    assert "39 vectors of 4 dimensions" in said
    assert "% of the variance of 16. Model: not known" in said
    assert "Left out, having no usable embedding: 1" in said
    with pytest.raises(OutputError, match="exists"):
        indexed(tmp_path / "e.parquet", "--to", tmp_path / "i")
    assert indexed(tmp_path / "e.parquet", "--to", tmp_path / "i", "--force") == Exit.OK
    with pytest.raises(DataError, match="no column 'votes'"):
        indexed(tmp_path / "e.parquet", "--to", tmp_path / "j", "--columns", "votes")


def test_from_an_array(tmp_path: Path):
    np.save(tmp_path / "e.npy", vectors().astype(np.float16))
    (tmp_path / "ids.txt").write_text("".join(f"object {i}\n" for i in range(40)))
    words = (tmp_path / "e.npy", "--to", tmp_path / "i")
    assert indexed(*words, "--ids", tmp_path / "ids.txt", "--storage", "f16") == Exit.OK
    assert Index(tmp_path / "i").similar_to_id("object 7", k=1)[0].id.startswith("object ")
    assert indexed(*words, "--force") == Exit.OK
    assert Index(tmp_path / "i").values([39]) == [{"id": "39"}]


def test_arrays_that_are_none(tmp_path: Path):
    np.save(tmp_path / "flat.npy", np.zeros(9))
    np.save(tmp_path / "e.npy", vectors(3))
    (tmp_path / "ids.txt").write_text("one\n")
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY cut")
    for words, said in (
        (["flat.npy"], r"float64 of shape \(9,\)"),
        (["e.npy", "--ids", tmp_path / "ids.txt"], "3 embeddings but 1 ids"),
        (["e.npy", "--ids", tmp_path / "gone.txt"], "Cannot read the array or its ids"),
        (["broken.npy"], "Cannot read the array or its ids"),
        (["gone.npy"], "Cannot read the array or its ids"),
    ):
        with pytest.raises(DataError, match=said):
            indexed(tmp_path / words[0], *words[1:], "--to", tmp_path / "i")
    assert not (tmp_path / "i").exists()


def test_from_pictures(tmp_path: Path, capsys: Capture):
    for i in range(6):
        (tmp_path / "night" / "sub").mkdir(parents=True, exist_ok=True)
        drawn_galaxy(i, edge_on=i % 2 == 0).save(tmp_path / "night" / "sub" / f"g{i}.png")
    (tmp_path / "night" / "broken.png").write_bytes(b"")
    assert indexed(tmp_path / "night", "--to", tmp_path / "i", "--threads", 1) == Exit.OK
    index = Index(tmp_path / "i")
    info = Classifier.load("small").info
    assert index.info.origin == Origin(info.id, info.preprocess.fingerprint)
    (row,) = index.values([2])
    assert row["id"] == "sub/g2.png"
    assert row["kind"] in ("galaxy", "none", "lens", "nebula", "cluster")
    assert "1 pictures cannot be read" in capsys.readouterr().err


def test_pictures_that_are_none(tmp_path: Path):
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match="no usable picture"):
        indexed(tmp_path / "night", "--to", tmp_path / "i")
    with pytest.raises(DataError, match="There is nothing at"):
        indexed(tmp_path / "gone", "--to", tmp_path / "i")
    with pytest.raises(DataError, match=r"goes with a \.npy array"):
        indexed(tmp_path / "night", "--ids", "x.txt")
