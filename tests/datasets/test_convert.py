import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from official_sets import jpeg, kaggle_votes

from skyform.datasets.convert import convert
from skyform.datasets.dataset import DataSet, ImageStore, Record, Stored
from skyform.datasets.opening import open_dataset
from skyform.datasets.stores import ArrayStore
from skyform.errors import DataError, OutputError
from skyform.schema import GALAXY10_DECALS, KAGGLE, Scheme

SCHEME = Scheme.from_names("sky", ["cluster", "galaxy", "lens"])


def a_set(
    n: int = 7, *, pictures: tuple[bytes | np.ndarray, ...] | None = None, **fields: Any
) -> DataSet:
    votes = kaggle_votes(n)
    records = [
        Record(
            id=f"p/{k}",
            label=SCHEME.ids[k % 3],
            votes=votes[k],
            volunteers=float(40 + k),
            split=("train", "train", "validation")[k % 3],
            object=f"M{k // 2}",
            info={"ra": 10.0 * k, "answers": [{"question": "odd?", "answer": "yes"}], "n": k},
        )
        for k in range(n)
    ]
    store = ArrayStore(pictures or tuple(jpeg(k) for k in range(n)))
    return DataSet(
        **{"id": "sky", "title": "A sky", "records": records, "store": store, "scheme": SCHEME}
        | fields
    )


def array(seed: int, side: int = 69) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)


def test_parquet_keeps_everything(tmp_path: Path):
    data = a_set(205)
    seen: list[tuple[int, int]] = []
    made = convert(
        data, tmp_path / "s.parquet", format="parquet", progress=lambda *p: seen.append(p)
    )
    assert (made.written, made.left_out) == (205, ())
    assert seen == [(100, 205), (200, 205), (205, 205)]
    again = open_dataset(made.path)
    assert again.fingerprint == data.fingerprint
    assert (again.id, again.title, again.scheme) == (data.id, data.title, data.scheme)
    for k in (0, 99, 100, 204):
        assert again.image(k) == data.image(k)
        one, other = again.records[k], data.records[k]
        assert (one.split, one.volunteers, one.object) == (
            other.split,
            other.volunteers,
            other.object,
        )
        assert dict(one.info) == dict(other.info)
    assert pq.ParquetFile(made.path).metadata.num_row_groups == 3


def test_parquet_follows_hugging_faces_convention(tmp_path: Path):
    path = convert(a_set(), tmp_path / "s.parquet", format="parquet").path
    schema = pq.read_schema(path)
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert set(features) == set(schema.names)
    assert features["image"] == {"_type": "Image"}
    assert features["label"] == {"names": list(SCHEME.ids), "_type": "ClassLabel"}
    assert features["Class1.1"] == {"dtype": "float64", "_type": "Value"}
    row = pq.read_table(path).slice(1, 1).to_pylist()[0]
    assert row["image"] == {"bytes": jpeg(1), "path": "1.jpg"}
    assert row["label"] == 1


def test_parquet_of_a_set_that_says_little(tmp_path: Path):
    records = [
        Record("a"),
        Record("b", info={"label": "x", "mixed": 1}),
        Record("c", info={"mixed": "y"}),
    ]
    data = a_set(records=records, scheme=None, store=ArrayStore((array(0), array(1), jpeg(2))))
    again = open_dataset(convert(data, tmp_path / "s.parquet", format="parquet").path)
    assert again.scheme is None
    assert [dict(r.info) for r in again.records] == [
        {},
        {"info_label": "x", "mixed": "1"},
        {"mixed": '"y"'},
    ]
    picture = again.image(1)
    assert isinstance(picture, bytes)
    assert picture.startswith(b"\x89PNG")


def test_numbers_and_names_of_classes_survive(tmp_path: Path):
    scheme = Scheme.of(GALAXY10_DECALS)
    records = [Record("a", "edge-on-bulge"), Record("b", ""), Record("c", "disturbed")]
    data = a_set(records=records, scheme=scheme, store=ArrayStore((array(0), array(1), array(2))))
    again = open_dataset(convert(data, tmp_path / "s.parquet", format="parquet").path)
    assert again.scheme == scheme
    assert [r.label for r in again.records] == ["edge-on-bulge", "", "disturbed"]


def test_folders_hold_the_very_files(tmp_path: Path):
    data = a_set(6, pictures=(*(jpeg(k) for k in range(5)), array(5)))
    made = convert(data, tmp_path / "out" / "set", format="folders")
    again = open_dataset(made.path)
    assert len(again) == 6
    assert again.scheme is not None
    assert again.scheme.ids == SCHEME.ids
    assert (made.path / "train" / "galaxy" / "p_1.jpg").read_bytes() == jpeg(1)
    assert (made.path / "validation" / "lens" / "p_5.png").is_file()
    assert sorted(r.split for r in again.records) == sorted(r.split for r in data.records)


def test_folders_leave_out_what_has_no_place(tmp_path: Path):
    records = [Record("a", "lens"), Record("b"), Record("c", "galaxy")]
    made = convert(a_set(3, records=records), tmp_path / "set", format="folders")
    assert [(p.id, p.what) for p in made.left_out] == [("b", "no label")]
    assert made.written == 2
    records = [Record("a", "lens", split="train"), Record("c", "galaxy")]
    made = convert(a_set(2, records=records), tmp_path / "set2", format="folders")
    assert [(p.id, p.what) for p in made.left_out] == [("c", "no split")]


def test_ids_become_harmless_file_names(tmp_path: Path):
    ids = ["../../etc/passwd", "a b?.jpg", "A_b_.png", ".hidden", "ω", "x" * 400, ""]
    records = [Record(i, "lens") for i in ids]
    made = convert(a_set(7, records=records), tmp_path / "set", format="folders")
    names = sorted(p.name for p in (made.path / "lens").iterdir())
    assert len(names) == 7
    assert {
        "a_b_.jpg",
        "A_b_-2.jpg",
        "etc_passwd.jpg",
        "hidden.jpg",
        "picture.jpg",
        "ω.jpg",
    } <= set(names)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["set"]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=6, unique=True))
def test_any_ids_round_trip_in_number(tmp_path_factory: pytest.TempPathFactory, ids: list[str]):
    folder = tmp_path_factory.mktemp("ids")
    data = a_set(len(ids), records=[Record(i, "lens") for i in ids])
    assert len(open_dataset(convert(data, folder / "s", format="folders").path)) == len(ids)


def test_galaxy10_round_trip(tmp_path: Path):
    scheme = Scheme.of(GALAXY10_DECALS)
    records = [
        Record(str(k), label, info={"ra": 10.0 * k, "dec": 1.0, "redshift": 0.1, "pxscale": 0.262})
        for k, label in enumerate(("barred", "cigar", "disturbed"))
    ]
    pictures = tuple(array(k, 256) for k in range(3))
    data = a_set(records=records, scheme=scheme, store=ArrayStore(pictures))
    path = convert(data, tmp_path / "g.h5", format="galaxy10").path
    with h5py.File(path) as file:
        assert file["images"].shape == (3, 256, 256, 3)
        assert file["images"].dtype == file["ans"].dtype == np.uint8
        assert file["ans"][:].tolist() == [5, 4, 0]
        assert set(file) == {"images", "ans", "ra", "dec", "redshift", "pxscale"}
        # One picture, one chunk.
        assert file["images"].chunks == (1, 256, 256, 3)
    again = open_dataset(path)
    assert again.id == "galaxy10_decals"
    assert [r.label for r in again.records] == ["barred", "cigar", "disturbed"]
    assert all(np.array_equal(again.image(k), pictures[k]) for k in range(3))


def test_galaxy10_layout_for_other_classes_and_sizes(tmp_path: Path):
    made = convert(a_set(3), tmp_path / "g.h5", format="galaxy10")
    again = open_dataset(made.path)
    assert again.id == "sky"
    assert again.scheme == SCHEME
    with pytest.raises(
        DataError, match=r"opened as galaxy10_sdss, but says itself .* those of sky"
    ):
        open_dataset(made.path, format="galaxy10_sdss")


def test_galaxy10_needs_one_size(tmp_path: Path):
    data = a_set(3, pictures=(array(0), array(1, 70), array(2)))
    with pytest.raises(DataError, match="p/1 has 70x70 pixels, the first one 69x69"):
        convert(data, tmp_path / "g.h5", format="galaxy10")
    assert list(tmp_path.iterdir()) == []


def test_kaggle_round_trip(tmp_path: Path):
    data = a_set(4, pictures=(jpeg(0), jpeg(1), array(2), jpeg(3, format="PNG")))
    again = open_dataset(convert(data, tmp_path / "k", format="kaggle").path)
    assert again.id == "kaggle"
    assert np.allclose(again.votes, data.votes, atol=1e-6)
    assert again.image(0) == jpeg(0)
    picture = again.image(2)
    assert isinstance(picture, bytes)
    assert picture.startswith(b"\xff\xd8\xff")
    header = (tmp_path / "k" / "training_solutions_rev1.csv").read_text().splitlines()[0]
    assert header.split(",") == ["GalaxyID", *(a.column for a in KAGGLE.answers)]


def test_layouts_that_need_more(tmp_path: Path):
    bare = a_set(2, records=[Record("a"), Record("b")], scheme=None)
    for layout in ("folders", "galaxy10"):
        with pytest.raises(DataError, match=f"no labels, which the layout {layout} needs"):
            convert(bare, tmp_path / "x", format=layout)
    with pytest.raises(DataError, match="no place in the layout kaggle: no votes"):
        convert(bare, tmp_path / "x", format="kaggle")
    with pytest.raises(DataError, match="no records"):
        convert(a_set(0), tmp_path / "x", format="parquet")
    with pytest.raises(ValueError, match="format is 'csv'"):
        convert(bare, tmp_path / "x", format="csv")


def test_what_is_there_is_not_touched_unless_told(tmp_path: Path):
    path = tmp_path / "s.parquet"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        convert(a_set(), path, format="parquet")
    assert path.read_text() == "mine"
    convert(a_set(), path, format="parquet", overwrite=True)
    assert len(open_dataset(path)) == 7


class Failing(ArrayStore):
    """Fails at the third picture."""

    def read(self, index: int) -> Stored:
        if index == 2:
            raise DataError("the disk said no")
        return super().read(index)


@pytest.mark.parametrize("layout", ["parquet", "folders", "galaxy10", "kaggle"])
def test_nothing_is_left_behind_when_it_fails(tmp_path: Path, layout: str):
    store: ImageStore = Failing(tuple(jpeg(k) for k in range(7)))
    (tmp_path / "out").write_text("old")
    with pytest.raises(DataError, match="the disk said no"):
        convert(a_set(store=store), tmp_path / "out", format=layout, overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_text() == "old"


def test_a_folder_with_something_in_it_is_never_replaced(tmp_path: Path):
    (tmp_path / "out").mkdir()
    assert convert(a_set(), tmp_path / "out", format="folders").written == 7
    for layout in ("folders", "kaggle", "parquet", "galaxy10"):
        with pytest.raises(OutputError, match="is a folder with something in it"):
            convert(a_set(), tmp_path / "out", format=layout, overwrite=True)
    assert len(open_dataset(tmp_path / "out")) == 7


def test_classes_and_splits_never_lead_out_of_the_folder(tmp_path: Path):
    scheme = Scheme.from_names("odd", ["..", "a/b", ".git"])
    records = [Record(str(k), label, split="../x") for k, label in enumerate(scheme.ids)]
    made = convert(a_set(3, records=records, scheme=scheme), tmp_path / "out", format="folders")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    names = sorted(p.relative_to(made.path).as_posix() for p in made.path.rglob("*.jpg"))
    assert names == ["_..-x/_../0.jpg", "_..-x/_.git/2.jpg", "_..-x/a-b/1.jpg"]


def test_pictures_that_cannot_be_decoded(tmp_path: Path):
    data = a_set(2, pictures=(jpeg(0), b"\xff\xd8\xff broken"))
    with pytest.raises(DataError, match="picture of p/1 cannot be decoded"):
        convert(data, tmp_path / "g.h5", format="galaxy10")
    with pytest.raises(DataError, match="p/1 is in no format that we know"):
        convert(a_set(2, pictures=(jpeg(0), b"nothing")), tmp_path / "f", format="folders")
