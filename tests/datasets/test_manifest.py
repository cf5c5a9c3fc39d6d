"""Manifests: what is written is what is read, changes are noticed, and another data set is refused by name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.datasets.dataset import DataSet, Record
from skyform.datasets.manifest import Manifest, apply_manifest, read_manifest, write_manifest
from skyform.errors import DataError, OutputError
from skyform.schema import Scheme


class NoPictures:
    def read(self, index: int) -> bytes:
        raise DataError(f"there is no picture {index}")


def dataset(*ids: str) -> DataSet:
    records = [Record(id, "ab"[i % 2], object=f"o{i // 2}") for i, id in enumerate(ids)]
    return DataSet("m", "Moons", records, NoPictures(), Scheme.from_names("ab", ["a", "b"]))


def manifest(*ids: str) -> Manifest:
    splits = ["train" if i % 3 else "validation" for i in range(len(ids))]
    return Manifest.of(
        dataset(*ids), splits=splits, seed=4, ratios={"train": 0.7, "validation": 0.3}
    )


@given(st.lists(st.text(min_size=1), min_size=1, unique=True))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, ids: list[str]):
    one = manifest(*ids)
    file = write_manifest(one, tmp_path_factory.mktemp("m") / "manifest.json")
    assert read_manifest(file) == one


def test_the_file_is_json_with_one_record_a_line(tmp_path: Path):
    one = manifest("x", "y", "z")
    text = write_manifest(one, tmp_path / "new" / "m.json").read_text(encoding="utf-8")
    values = json.loads(text)
    assert values["format"] == 1
    assert values["sha256"] == one.sha256
    assert values["ratios"] == {"train": 0.7, "validation": 0.3}
    assert values["rows"][0] == {"id": "x", "object": "o0", "label": "a", "split": "validation"}
    assert sum('"id"' in line for line in text.splitlines()) == 3
    assert list(tmp_path.glob("new/*")) == [tmp_path / "new" / "m.json"]


def test_the_sum_changes_with_anything():
    one = manifest("x", "y")
    others = [
        replace(one, seed=5),
        replace(one, title="Stars"),
        replace(one, ratios={"train": 0.6}),
        replace(one, rows=one.rows[::-1]),
        replace(one, rows=(replace(one.rows[0], split="test"), *one.rows[1:])),
    ]
    assert len({m.sha256 for m in (one, *others)}) == 6
    assert manifest("x", "y").sha256 == one.sha256


def test_counts():
    assert manifest("x", "y", "z", "w").counts == {
        "train": {"a": 1, "b": 1},
        "validation": {"a": 1, "b": 1},
    }


def test_a_manifest_applies_in_any_order():
    one = manifest("x", "y", "z")
    assert apply_manifest(dataset("z", "x", "y"), one) == ("train", "validation", "train")


def test_another_data_set_is_refused():
    one = manifest("a1", "a2", "a3", "a4", "a5")
    with pytest.raises(
        DataError, match=r"it lacks 4 records \(a2, a3, a4…\) and it has 1 record \(b\)"
    ):
        apply_manifest(dataset("a1", "b"), one)
    with pytest.raises(DataError, match=rf"fingerprint {one.fingerprint}; this is m with"):
        apply_manifest(dataset("a1"), one)


def test_a_larger_data_set_only_if_allowed():
    one = manifest("x", "y")
    larger = dataset("x", "new", "y")
    with pytest.raises(DataError, match=r"it has 1 record \(new\) that are not listed"):
        apply_manifest(larger, one)
    assert apply_manifest(larger, one, partial=True) == ("validation", "", "train")
    with pytest.raises(DataError, match=r"lacks 1 record \(y\)"):
        apply_manifest(dataset("x", "new"), one, partial=True)


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(DataError, match="splits has 1 names, but Moons has 2 records"):
        Manifest.of(dataset("x", "y"), splits=["train"])
    with pytest.raises(DataError, match="Moons has the id x more than once"):
        Manifest.of(dataset("x", "x"), splits=["train", "train"])


def test_a_changed_file_is_noticed(tmp_path: Path):
    file = write_manifest(manifest("x", "y"), tmp_path / "m.json")
    file.write_text(file.read_text().replace('"validation"}', '"train"}'))
    with pytest.raises(DataError, match="was changed after it was written"):
        read_manifest(file)


def test_another_layout_is_no_change(tmp_path: Path):
    one = manifest("x", "y")
    file = write_manifest(one, tmp_path / "m.json")
    file.write_text(json.dumps(json.loads(file.read_text()), indent=8))
    assert read_manifest(file) == one


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "it is not JSON"),
        ("[1, 2]", 'it has no "format"'),
        ('{"format": 9}', "format 9; this Skyform reads format 1"),
        ('{"format": 1, "dataset": "m"}', 'it has no "title"'),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, says: str):
    file = tmp_path / "m.json"
    file.write_text(content)
    with pytest.raises(DataError, match=says):
        read_manifest(file)


@pytest.mark.parametrize(
    ("key", "value"), [("rows", [{"id": "x"}]), ("rows", 7), ("seed", "four"), ("ratios", [0.7])]
)
def test_values_of_the_wrong_kind_are_refused(tmp_path: Path, key: str, value: object):
    file = write_manifest(manifest("x"), tmp_path / "m.json")
    values = json.loads(file.read_text())
    values[key] = value
    file.write_text(json.dumps(values))
    with pytest.raises(DataError, match="is no manifest of Skyform"):
        read_manifest(file)


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(DataError, match="No such file"):
        read_manifest(tmp_path / "nowhere.json")


def test_a_place_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_manifest(manifest("x"), tmp_path / "file" / "m.json")
