from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_up_data import write_data

from skyform.datasets import SOURCES, read_source
from skyform.errors import DataError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


def test_rows_come_in_order_with_labels_and_split(data: Path):
    rows = list(read_source(SOURCES["gz1"], data))
    assert [r.id for r in rows[:3]] == ["gz1-0", "gz1-1", "gz1-2"]
    assert {r.split for r in rows} == {"train", "validation"}
    assert rows[0].labels.rules[0][1] == SOURCES["gz1"].agreement
    assert rows[0].labels.kinds == {"galaxy"}


def test_agreement_can_be_overridden(data: Path):
    row = next(read_source(SOURCES["gz1"], data, agreement=0.7))
    assert row.labels.rules[0][1] == 0.7


def test_votes_and_kinds(data: Path):
    labels = next(read_source(SOURCES["gz2"], data)).labels
    assert labels.votes is not None
    assert labels.debiased is not None
    assert labels.votes[:3].sum() == pytest.approx(1.0)
    assert labels.debiased[:3].sum() == pytest.approx(1.0)
    kinds = ["/".join(sorted(r.labels.kinds)) for r in read_source(SOURCES["deepsky"], data)]
    assert kinds[:5] == ["cluster", "galaxy", "nebula", "lens", "galaxy/lens"]


def test_a_catalogue_without_debiased_votes(data: Path, tmp_path: Path):
    table = pq.read_table(data / SOURCES["gz2"].file)
    kept = [c for c in table.column_names if not c.endswith("_debiased")]
    (tmp_path / "galaxies").mkdir()
    pq.write_table(table.select(kept), tmp_path / SOURCES["gz2"].file)
    labels = next(read_source(SOURCES["gz2"], tmp_path)).labels
    assert labels.votes is not None
    assert labels.debiased is None


def test_missing_file_says_where_it_should_be(tmp_path: Path):
    with pytest.raises(DataError, match=r"gz2\.parquet does not exist.*--data"):
        next(read_source(SOURCES["gz2"], tmp_path))


def test_a_file_that_is_not_parquet(tmp_path: Path):
    (tmp_path / "deepsky.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        next(read_source(SOURCES["deepsky"], tmp_path))


def test_a_missing_column_is_named(tmp_path: Path):
    pq.write_table(pa.table({"image_id": ["a"], "label": ["x"]}), tmp_path / "deepsky.parquet")
    with pytest.raises(DataError, match="no column image, split"):
        next(read_source(SOURCES["deepsky"], tmp_path))


def test_an_unknown_label_is_named(tmp_path: Path):
    row = {"image_id": "a", "image": {"bytes": b"", "path": ""}, "split": "train", "label": "disc"}
    (tmp_path / "galaxies").mkdir()
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "galaxies/gz1.parquet")
    with pytest.raises(DataError, match="'disc' is not a class of Galaxy Zoo 1"):
        next(read_source(SOURCES["gz1"], tmp_path))
