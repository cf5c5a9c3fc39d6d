"""`skyform similar` with the bundled model: lists, files and galleries."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_up_data import drawn_galaxy
from PIL import Image
from pyarrow import parquet

from skyform.cli import parser_of, similar
from skyform.cli.console import Exit
from skyform.cli.embedded import open_embeddings
from skyform.errors import DataError, ModelError, OutputError, SkyformError
from skyform.search import ArrayEmbeddings, Index, Origin, build_index
from skyform.search.embeddings import blocks

Capture = pytest.CaptureFixture[str]


def found(*words: object) -> int:
    """What the command gives; errors are raised."""
    parser = parser_of("similar")
    return similar.run(parser.parse_intermixed_args([str(w) for w in words]), parser)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six discs from the side, six from above, and their index."""
    root = tmp_path_factory.mktemp("night")
    (root / "pictures").mkdir()
    for i in range(12):
        name = f"{'side' if i % 2 else 'above'}{i:02d}.png"
        drawn_galaxy(i, edge_on=i % 2 == 1).save(root / "pictures" / name)
    parser = parser_of("index")
    options = parser.parse_args([str(root / "pictures")])
    build_index(open_embeddings(options), root / "index")
    return root


def test_a_picture_finds_itself_and_its_like(night: Path, tmp_path: Path, capsys: Capture):
    picture = night / "pictures" / "side03.png"
    words = (picture, "--index", night / "index", "-k", 4)
    assert found(*words) == Exit.OK
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["rank", "id", "distance"]
    assert lines[1].split()[:3] == ["1", "side03.png", "0.000"]
    assert len(lines) == 5
    assert err.startswith("side03: ")
    assert found(*words, "--to", tmp_path / "n.csv", "--gallery", tmp_path / "n.html") == Exit.OK
    with (tmp_path / "n.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [r["rank"] for r in rows] == list("1234")
    assert all(r["id"].startswith("side") for r in rows[:3])
    assert rows[0]["path"] == str(picture)
    page = (tmp_path / "n.html").read_text()
    assert page.count("data:image/webp") == 5
    assert "the picture" in page


def test_an_id_in_the_place_of_a_picture(night: Path, tmp_path: Path, capsys: Capture):
    words = ("--id", "above04.png", "--index", night / "index", "-k", 3)
    assert found(*words, "--to", tmp_path / "n.json", "--gallery", tmp_path / "n.png") == Exit.OK
    rows = json.loads((tmp_path / "n.json").read_text())
    assert len(rows) == 3
    assert "above04.png" not in {r["id"] for r in rows}
    assert rows[0]["distance"] <= rows[1]["distance"] <= rows[2]["distance"]
    with Image.open(tmp_path / "n.png") as sheet:
        assert sheet.size == (3 * 170 + 10, 160 + 2 * 15 + 20 + 45)
        assert sheet.getpixel((90, 130)) != sheet.getpixel((2, 2))
    assert "Gallery" in capsys.readouterr().err
    with pytest.raises(DataError, match="no row with the id 'm51'"):
        found("--id", "m51", "--index", night / "index")


def test_pictures_that_are_not_there_are_said_to_be_missing(
    night: Path, tmp_path: Path, capsys: Capture
):
    (part,) = blocks(open_embeddings(parser_of("index").parse_args([str(night / "pictures")])))
    # No paths, and ids that lead nowhere unless --pictures does.
    build_index(ArrayEmbeddings(part.vectors, ids=part.rows["id"].to_pylist()), tmp_path / "i")
    words = ("--id", "side01.png", "--index", tmp_path / "i", "--gallery", tmp_path / "g.html")
    assert found(*words) == Exit.OK
    assert "10 of 10 pictures cannot be reached; --pictures DIR" in capsys.readouterr().err
    assert "no picture" in (tmp_path / "g.html").read_text()
    assert found(*words, "--pictures", night / "pictures") == Exit.OK
    assert "cannot be reached" not in capsys.readouterr().err


def test_an_index_of_another_model_is_refused(night: Path, tmp_path: Path):
    (part,) = blocks(open_embeddings(parser_of("index").parse_args([str(night / "pictures")])))
    build_index(ArrayEmbeddings(part.vectors, origin=Origin("other@2", "x")), tmp_path / "i")
    with pytest.raises(ModelError, match=r"other@2.*Give the model other@2 with --model"):
        found(night / "pictures" / "side01.png", "--index", tmp_path / "i")


def test_what_cannot_be_found(night: Path, tmp_path: Path, capsys: Capture):
    index = ("--index", night / "index")
    for words in ((), ("a.png", "--id", "b")):
        with pytest.raises(SystemExit):
            found(*words, *index)
        assert "give a picture, or --id ID" in capsys.readouterr().err
    with pytest.raises(SkyformError, match="there is no such file"):
        found(tmp_path / "gone.png", *index)
    with pytest.raises(DataError, match="is not there"):
        found(night / "pictures" / "side01.png", "--index", tmp_path / "gone")
    with pytest.raises(OutputError, match="neither a page nor a picture"):
        found("a.png", *index, "--gallery", "g.pdf")
    with pytest.raises(OutputError, match="names a format for predictions"):
        found("a.png", *index, "--to", "n.fits")
    assert len(Index(night / "index")) == 12


def test_empty_columns_keep_their_types_and_names_stand_for_numbers(
    tmp_path: Path, capsys: Capture
):
    vectors = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    columns = pa.table(
        {
            "ra": pa.nulls(20, pa.float64()),
            "hubble": pa.array([2] * 20, pa.int32()),
            "hubble_name": ["Spiral"] * 20,
        }
    )
    build_index(ArrayEmbeddings(vectors, columns=columns), tmp_path / "i")
    words = ("--id", "3", "--index", tmp_path / "i", "-k", 2)
    assert found(*words, "--to", tmp_path / "n.parquet") == Exit.OK
    schema = parquet.read_schema(tmp_path / "n.parquet")
    assert (schema.field("ra").type, schema.field("hubble").type) == (pa.float64(), pa.int32())
    assert found(*words) == Exit.OK
    assert capsys.readouterr().out.split()[:4] == ["rank", "id", "distance", "hubble_name"]
