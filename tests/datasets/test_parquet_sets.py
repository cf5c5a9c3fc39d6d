import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from official_sets import gz2_rows, jpeg, kaggle_votes

from skyform.datasets.kaggle import KAGGLE_COLUMNS
from skyform.datasets.labels import gz2_votes
from skyform.datasets.opening import open_dataset
from skyform.errors import DataError


def image(k: int) -> dict[str, Any]:
    return {"bytes": jpeg(k), "path": f"{k}.jpg"}


def write(
    path: Path, rows: int = 5, *, features: Any = None, group: int = 2, **columns: Any
) -> Path:
    """Write a file with pictures and other columns by name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"image": [image(k) for k in range(rows)], **columns})
    if features is not None:
        info = {"info": {"features": {"image": {"_type": "Image"}, **features}}}
        table = table.replace_schema_metadata({"huggingface": json.dumps(info)})
    pq.write_table(table, path, row_group_size=group)
    return path


def test_the_layout_of_our_own_sets(tmp_path: Path):
    path = write(
        tmp_path / "deepsky.parquet",
        image_id=list("abcde"),
        object=["M1", "M1", "M2", None, "M4"],
        label=["nebula", "galaxy", "galaxy", None, "lens"],
        split=["train", "train", "validation", "train", "validation"],
        licence=["MIT"] * 5,
    )
    data = open_dataset(path)
    assert data.id == "deepsky"
    assert data.scheme is not None
    assert data.scheme.ids == ("galaxy", "lens", "nebula")
    assert data.labels.tolist() == [2, 0, 0, -1, 1]
    assert [r.object for r in data.records] == ["M1", "M1", "M2", "", "M4"]
    assert [r.split for r in data.records].count("validation") == 2
    assert data.records[0].info == {"licence": "MIT"}
    assert [data.image(i) for i in (4, 0, 3, 1, 2)] == [jpeg(i) for i in (4, 0, 3, 1, 2)]


def test_class_names_in_the_metadata(tmp_path: Path):
    features = {"label": {"names": ["smooth", "disc", "star"], "_type": "ClassLabel"}}
    path = write(tmp_path / "t.parquet", label=[0, 2, -1, 0, 2], features=features)
    data = open_dataset(path)
    assert data.scheme is not None
    # The class that does not occur is a class all the same.
    assert data.scheme.ids == ("smooth", "disc", "star")
    assert [r.label for r in data.records] == ["smooth", "star", "", "smooth", "star"]


def test_a_declared_class_column_of_another_name(tmp_path: Path):
    features = {"morphology": {"names": ["a", "b"], "_type": "ClassLabel"}}
    data = open_dataset(
        write(tmp_path / "t.parquet", morphology=[0, 1, 1, 0, 0], features=features)
    )
    assert [r.label for r in data.records] == list("abbaa")


def test_labels_out_of_range(tmp_path: Path):
    features = {"label": {"names": ["a", "b"], "_type": "ClassLabel"}}
    path = write(tmp_path / "t.parquet", label=[0, 1, 7, 0, 2], features=features)
    with pytest.raises(DataError, match=r"labels out of range: 2, 7; .* 2 classes, 0 to 1"):
        open_dataset(path)


def test_galaxy10_numbers_by_the_name_of_the_file(tmp_path: Path):
    data = open_dataset(write(tmp_path / "galaxy10_decals.parquet", label=[0, 1, 2, 3, 9]))
    assert data.scheme is not None
    assert data.scheme.id == "galaxy10_decals"
    assert data.records[4].label == "edge-on-bulge"
    other = open_dataset(write(tmp_path / "numbers.parquet", label=[0, 1, 2, 3, 9]))
    assert other.scheme is not None
    assert [c.number for c in other.scheme.classes] == [0, 1, 2, 3, 9]


def test_another_label_column(tmp_path: Path):
    clean = ["spiral", "edge_on", None, "cigar_shaped", "in_between_round"]
    path = write(tmp_path / "t.parquet", label=["x", "y", "x", "y", "x"], clean5=clean)
    data = open_dataset(path, label="clean5")
    assert [r.label for r in data.records] == [
        "spiral",
        "edge_on",
        "",
        "cigar_shaped",
        "in_between_round",
    ]
    assert data.records[0].info == {"label": "x"}
    with pytest.raises(DataError, match="has no column clean6"):
        open_dataset(path, label="clean6")


def test_labels_that_are_no_labels(tmp_path: Path):
    path = write(
        tmp_path / "t.parquet",
        halves=[0.5] * 5,
        lists=[[1]] * 5,
        nothing=[None] * 5,
        whole=[1.0] * 5,
    )
    for column, said in (
        ("halves", "holds 0.5; labels are names or whole numbers"),
        ("lists", "holds list values"),
        ("nothing", "holds no labels"),
    ):
        with pytest.raises(DataError, match=said):
            open_dataset(path, label=column)
    assert open_dataset(path, label="whole").records[0].label == "1"


def test_kaggle_votes(tmp_path: Path):
    votes = kaggle_votes(5)
    votes[2] = np.nan
    columns = {c: pa.array(votes[:, k], from_pandas=True) for k, c in enumerate(KAGGLE_COLUMNS)}
    data = open_dataset(write(tmp_path / "t.parquet", **columns, volunteers=[40, 41, 42, 43, 44]))
    assert data.records[2].votes is None
    assert np.array_equal(data.votes, votes, equal_nan=True)
    assert data.records[1].volunteers == 41
    assert data.records[0].info == {}


def test_gz2_votes_and_objects_by_position(tmp_path: Path):
    rows = gz2_rows(5)
    columns = {c: [r[c] for r in rows] for c in rows[0]}
    columns["ra"] = [10.0, 20.0, 10.0, 30.0, 40.0]
    columns["dec"] = [1.0, 1.0, 1.0, 1.0, 1.0]
    data = open_dataset(write(tmp_path / "t.parquet", **columns))
    assert np.allclose(data.votes[1], gz2_votes(rows[1]))
    assert data.records[4].volunteers == 44
    assert data.records[2].object == data.records[0].id
    assert not any(k.startswith("t01") for k in data.records[0].info)


def test_a_folder_of_files_in_hugging_faces_manner(tmp_path: Path):
    features = {"label": {"names": ["a", "b"], "_type": "ClassLabel"}}
    for name, label in (
        ("train-00000-of-00002", [0, 1]),
        ("train-00001-of-00002", [1, 1]),
        ("test-00000-of-00001", [0, 0]),
    ):
        write(tmp_path / f"data/{name}.parquet", 2, label=label, features=features)
    data = open_dataset(tmp_path)
    assert len(data) == 6
    assert [r.split for r in data.records] == ["test", "test", "train", "train", "train", "train"]
    assert "".join(r.label for r in data.records) == "aaabbb"
    assert len({r.id for r in data.records}) == 6
    train = open_dataset(str(tmp_path / "data" / "train-*.parquet"))
    assert len(train) == 4
    assert train.image(3) == jpeg(1)


def test_folders_as_splits(tmp_path: Path):
    write(tmp_path / "test" / "set" / "validation" / "0000.parquet", 2, label=["a", "b"])
    assert {r.split for r in open_dataset(tmp_path / "test" / "set").records} == {"validation"}
    one = tmp_path / "test" / "set" / "validation" / "0000.parquet"
    assert {r.split for r in open_dataset(one).records} == {""}


def test_pictures_as_plain_bytes(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"image": [jpeg(0), jpeg(1)], "label": ["a", "b"]}), path)
    assert open_dataset(path).image(1) == jpeg(1)


def test_a_column_of_pictures_under_another_name(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"img": [image(0)], "label": ["a"]}), path)
    assert open_dataset(path).image(0) == jpeg(0)


def test_only_pictures(tmp_path: Path):
    data = open_dataset(write(tmp_path / "bare.parquet"))
    assert data.scheme is None
    assert [r.id for r in data.records][:2] == ["bare-0", "bare-1"]
    assert data.records[0].info == {}


def test_a_row_without_its_picture(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pictures = [image(0), {"bytes": None, "path": "elsewhere.jpg"}, None]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array(pictures, kind), "label": list("abc")}), path)
    data = open_dataset(path)
    assert data.image(0) == jpeg(0)
    for row in (1, 2):
        with pytest.raises(DataError, match=f"Row {row} of .* holds no picture in 'image'"):
            data.image(row)


def test_the_same_id_twice(tmp_path: Path):
    path = write(tmp_path / "t.parquet", image_id=["a", "b", "a", "c", "b"])
    with pytest.raises(DataError, match="ids more than once: a, b"):
        open_dataset(path)


def test_files_that_do_not_fit_together(tmp_path: Path):
    write(tmp_path / "a.parquet", 2, label=[0, 1])
    write(tmp_path / "b.parquet", 2, label=["x", "y"])
    with pytest.raises(DataError, match=r"do not fit together: .*label.*one at a time"):
        open_dataset(tmp_path)


def test_a_table_without_pictures(tmp_path: Path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"label": ["a"]}), path)
    with pytest.raises(DataError, match="no data set that Skyform knows"):
        open_dataset(path)
    with pytest.raises(DataError, match="has no column of embedded pictures"):
        open_dataset(path, format="parquet")


def test_a_cut_off_file(tmp_path: Path):
    path = write(tmp_path / "t.parquet", label=list("abcde"))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="not a readable"):
        open_dataset(path)


def test_a_store_can_be_pickled(tmp_path: Path):
    data = open_dataset(write(tmp_path / "t.parquet", label=list("abcde")))
    data.image(0)
    assert pickle.loads(pickle.dumps(data)).image(4) == jpeg(4)
    assert data.subset([3, 1]).image(0) == jpeg(3)
