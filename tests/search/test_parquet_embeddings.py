"""Embeddings read from Parquet: one file, many, and a run's two folders."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from made_up_embeddings import FEATURES, clusters, table, write

from skyform.errors import DataError
from skyform.search import Origin, ParquetEmbeddings
from skyform.search.embeddings import blocks


def everything(embeddings: ParquetEmbeddings) -> tuple[np.ndarray, pa.Table]:
    found = list(blocks(embeddings))
    return np.concatenate([b.vectors for b in found]), pa.concat_tables([b.rows for b in found])


@pytest.mark.parametrize("half", [False, True])
def test_a_file_comes_back_row_for_row(tmp_path: Path, half: bool):
    vectors = clusters(150)
    found = ParquetEmbeddings(write(tmp_path / "a.parquet", table(vectors, half=half)))
    read, rows = everything(found)
    assert found.features == FEATURES
    assert found.pieces == [64, 64, 22]
    assert found.origin == Origin("made-up@1", "abc123")
    assert np.allclose(read, vectors, atol=4e-3 if half else 0)
    assert rows["id"].to_pylist() == [f"g{i:05d}" for i in range(150)]


def test_the_answers_are_left_behind_unless_asked_for(tmp_path: Path):
    file = write(tmp_path / "a.parquet", table(clusters(10)))
    assert ParquetEmbeddings(file).columns == ("path", "ra", "hubble")
    _, rows = everything(ParquetEmbeddings(file, columns=["spiral_yes"]))
    assert rows.column_names == ["id", "spiral_yes"]


def test_a_folder_is_read_in_the_order_of_names_without_what_is_hidden(tmp_path: Path):
    vectors = clusters(60)
    write(tmp_path / "b" / "2.parquet", table(vectors[20:], first=20))
    write(tmp_path / "a" / "1.parquet", table(vectors[:20]))
    (tmp_path / "_work").mkdir()
    (tmp_path / "_work" / "half.parquet").write_bytes(b"PAR1 not yet")
    read, rows = everything(ParquetEmbeddings(tmp_path))
    assert np.array_equal(read, vectors)
    assert rows["id"][-1].as_py() == "g00059"


def test_rows_without_a_usable_embedding_are_left_out(tmp_path: Path):
    vectors = clusters(40)
    vectors[7, 3] = np.nan
    vectors[9, 0] = np.inf
    file = write(tmp_path / "a.parquet", table(vectors, failed=(0, 39)))
    read, rows = everything(ParquetEmbeddings(file))
    assert len(read) == len(rows) == 36
    assert not {"g00000", "g00007", "g00009", "g00039"} & set(rows["id"].to_pylist())


def test_lists_of_open_length_are_read_where_they_agree(tmp_path: Path):
    rows = pa.table({"id": ["a", "b"], "embedding": [[1.0, 2.0, 3.0], None]})
    found = ParquetEmbeddings(write(tmp_path / "a.parquet", rows))
    assert found.features == 3
    assert everything(found)[0].tolist() == [[1, 2, 3]]
    rows = pa.table({"id": ["a", "b"], "embedding": [[1.0, 2.0, 3.0], [1.0]]})
    found = ParquetEmbeddings(write(tmp_path / "b.parquet", rows))
    with pytest.raises(DataError, match="not all 3 numbers long"):
        everything(found)


def run_folder(root: Path) -> Path:
    """What `skyform batch --embeddings` leaves: tables, and embeddings beside them."""
    vectors = clusters(50)
    for part, at in enumerate((slice(0, 30), slice(30, 50))):
        whole = table(vectors[at], first=at.start, failed=(3,))
        name = f"part-{part:06d}.parquet"
        write(root / "parts" / name, whole.drop_columns(["embedding"]), group=7)
        write(root / "embeddings" / name, whole.select(["id", "embedding"]), model="")
    return root


@pytest.mark.parametrize("inside", ["", "embeddings"])
def test_a_run_gives_its_tables_with_its_embeddings(tmp_path: Path, inside: str):
    found = ParquetEmbeddings(run_folder(tmp_path) / inside)
    read, rows = everything(found)
    assert len(read) == 48
    assert rows.column_names == ["id", "path", "ra", "hubble"]
    assert found.origin.model == "made-up@1"
    assert np.array_equal(read[3], clusters(50)[4])


def test_a_part_without_its_table_is_not_done(tmp_path: Path):
    run_folder(tmp_path)
    (tmp_path / "parts" / "part-000001.parquet").unlink()
    assert len(everything(ParquetEmbeddings(tmp_path))[0]) == 29


def test_tables_of_other_rows_are_refused(tmp_path: Path):
    run_folder(tmp_path)
    name = "part-000001.parquet"
    (tmp_path / "embeddings" / "part-000000.parquet").replace(tmp_path / "embeddings" / name)
    with pytest.raises(DataError, match="do not hold the same rows"):
        everything(ParquetEmbeddings(tmp_path))


def test_models_are_not_mixed(tmp_path: Path):
    write(tmp_path / "1.parquet", table(clusters(5)))
    write(tmp_path / "2.parquet", table(clusters(5)), model="other@2")
    with pytest.raises(DataError, match=r"model 'other@2'.*model 'made-up@1'"):
        ParquetEmbeddings(tmp_path)


def test_the_model_may_stand_in_a_column(tmp_path: Path):
    rows = table(clusters(5)).append_column("model", pa.array(["m@3"] * 5))
    found = ParquetEmbeddings(write(tmp_path / "1.parquet", rows, model=""))
    assert found.origin == Origin("m@3", "")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (pa.table({"name": ["a"]}), "no column 'id'"),
        (pa.table({"id": ["a"], "embedding": ["text"]}), "no list of numbers"),
        (pa.table({"id": ["a"], "vector": [[1.0]]}), "no column 'embedding'"),
    ],
)
def test_tables_without_embeddings_are_refused(tmp_path: Path, rows: pa.Table, said: str):
    with pytest.raises(DataError, match=said):
        ParquetEmbeddings(write(tmp_path / "a.parquet", rows))


def test_broken_files_are_named(tmp_path: Path):
    with pytest.raises(DataError, match="no Parquet file"):
        ParquetEmbeddings(tmp_path)
    file = write(tmp_path / "a.parquet", table(clusters(100)))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"a\.parquet is not a readable Parquet file"):
        ParquetEmbeddings(tmp_path)
    # The footer is whole and the pages are not.
    file.write_bytes(whole[:4] + b"\xff" * 3000 + whole[3004:])
    with pytest.raises(DataError, match=r"a\.parquet"):
        everything(ParquetEmbeddings(tmp_path))


def test_the_fingerprint_follows_the_files(tmp_path: Path):
    file = write(tmp_path / "a.parquet", table(clusters(10)))
    first = ParquetEmbeddings(tmp_path).fingerprint
    assert ParquetEmbeddings(tmp_path).fingerprint == first
    assert ParquetEmbeddings(tmp_path, columns=["path"]).fingerprint != first
    write(file, table(clusters(11)))
    assert ParquetEmbeddings(tmp_path).fingerprint != first
