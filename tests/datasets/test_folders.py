from pathlib import Path

import pytest
from official_sets import jpeg, zipped

from skyform.datasets.opening import open_dataset
from skyform.errors import DataError


def fill(root: Path, *names: str) -> Path:
    for k, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(k))
    return root


def test_a_folder_for_each_class(tmp_path: Path):
    root = fill(tmp_path / "set", "spiral/a.jpg", "elliptical/b.jpg", "elliptical/more/c.png")
    data = open_dataset(root)
    assert data.scheme is not None
    assert data.scheme.ids == ("elliptical", "spiral")
    found = {r.id: r.label for r in data.records}
    assert found == {
        "spiral/a.jpg": "spiral",
        "elliptical/b.jpg": "elliptical",
        "elliptical/more/c.png": "elliptical",
    }
    assert data.image([r.id for r in data.records].index("spiral/a.jpg")) == jpeg(0)


def test_a_folder_for_each_split(tmp_path: Path):
    root = fill(tmp_path / "set", "train/x/1.jpg", "train/y/2.jpg", "valid/x/3.jpg", "test/y/4.jpg")
    data = open_dataset(root)
    assert {r.id: (r.split, r.label) for r in data.records} == {
        "train/x/1.jpg": ("train", "x"),
        "train/y/2.jpg": ("train", "y"),
        "valid/x/3.jpg": ("validation", "x"),
        "test/y/4.jpg": ("test", "y"),
    }


def test_a_class_that_is_called_test_beside_others_is_a_class(tmp_path: Path):
    data = open_dataset(fill(tmp_path / "set", "test/1.jpg", "spiral/2.jpg"))
    assert {r.label for r in data.records} == {"test", "spiral"}
    assert {r.split for r in data.records} == {""}


def test_splits_beside_other_folders_are_not_guessed_at(tmp_path: Path):
    root = fill(tmp_path / "set", "train/x/1.jpg", "test/x/2.jpg", "old/x/3.jpg")
    with pytest.raises(DataError, match="holds the splits test, train and, beside them, old"):
        open_dataset(root)


def test_a_class_that_one_split_lacks(tmp_path: Path):
    data = open_dataset(fill(tmp_path / "set", "train/x/1.jpg", "train/y/2.jpg", "test/x/3.jpg"))
    assert {(r.split, r.label) for r in data.records} == {
        ("train", "x"),
        ("train", "y"),
        ("test", "x"),
    }


def test_the_letters_of_the_deep_sky_detector(tmp_path: Path):
    root = fill(tmp_path / "set", "C/C-1.jpg", "G/G-1.jpg", "L/L-1.jpg", "N/N-1.jpg", "N/N-2.jpg")
    data = open_dataset(root)
    assert data.scheme is not None
    assert data.scheme.ids == ("cluster", "galaxy", "lens", "nebula")
    # One more folder, and the letters are letters.
    assert {r.label for r in open_dataset(fill(root, "X/1.jpg")).records} == {
        "C",
        "G",
        "L",
        "N",
        "X",
    }


def test_the_classes_of_a_known_taxonomy_keep_its_order(tmp_path: Path):
    root = fill(tmp_path / "set", "elliptical/1.jpg", "lenticular/1.jpg", "spiral/1.jpg")
    data = open_dataset(root)
    assert data.scheme is not None
    assert data.scheme.id == "hubble"


@pytest.mark.parametrize("wrap", ["", "download/set"])
def test_a_zip_archive_and_folders_around_the_set(tmp_path: Path, wrap: str):
    fill(tmp_path / "set" / wrap, "a/1.jpg", "b/2.jpg")
    (tmp_path / "set" / wrap / "a" / "notes.txt").write_text("seen on a clear night")
    data = open_dataset(zipped(tmp_path / "set", tmp_path / "set.zip"))
    assert [(r.id, r.label) for r in data.records] == [("a/1.jpg", "a"), ("b/2.jpg", "b")]
    assert data.image(1) == jpeg(1)


def test_hidden_files_and_others_are_passed_over(tmp_path: Path):
    root = fill(
        tmp_path / "set", "a/1.jpg", "b/2.jpg", ".cache/3.jpg", "a/.4.jpg", "__MACOSX/a/5.jpg"
    )
    (root / "a" / "Thumbs.db").write_bytes(b"x")
    (root / "read.me").write_text("hello")
    data = open_dataset(root)
    assert [r.id for r in data.records] == ["a/1.jpg", "b/2.jpg"]
    assert data.problems == ()


def test_empty_files_and_strays_are_listed(tmp_path: Path):
    root = fill(tmp_path / "set", "a/1.jpg", "b/2.jpg", "stray.jpg")
    (root / "a" / "0.jpg").write_bytes(b"")
    problems = {p.id: p.what for p in open_dataset(root).problems}
    assert problems == {"stray.jpg": "lies in no class folder", "a/0.jpg": "the file is empty"}


def test_an_empty_class_is_named(tmp_path: Path):
    root = fill(tmp_path / "set", "a/1.jpg", "b/2.jpg")
    (root / "lens").mkdir()
    (root / "lens" / "list.txt").write_text("none yet")
    with pytest.raises(DataError, match="without pictures: lens"):
        open_dataset(root)


def test_an_empty_class_of_a_split_is_named(tmp_path: Path):
    root = fill(tmp_path / "set", "train/a/1.jpg", "test/a/2.jpg")
    (root / "test" / "b").mkdir()
    with pytest.raises(DataError, match="without pictures: test/b"):
        open_dataset(root)


def test_pictures_without_folders_have_no_labels(tmp_path: Path):
    data = open_dataset(fill(tmp_path / "set", "1.jpg", "2.png"))
    assert data.scheme is None
    assert [r.id for r in data.records] == ["1.jpg", "2.png"]
    assert data.title == "set, 2 images without labels"


def test_a_link_that_leads_back_up_does_not_go_round(tmp_path: Path):
    root = fill(tmp_path / "set", "a/1.jpg", "b/2.jpg")
    (root / "a" / "up").symlink_to(root)
    assert len(open_dataset(root)) == 2


def test_a_picture_that_went_away(tmp_path: Path):
    root = fill(tmp_path / "set", "a/1.jpg", "b/2.jpg")
    data = open_dataset(root)
    (root / "a" / "1.jpg").unlink()
    with pytest.raises(DataError, match=r"1\.jpg cannot be read: No such file"):
        data.image(0)


def test_a_damaged_archive(tmp_path: Path):
    archive = zipped(fill(tmp_path / "set", "a/1.jpg", "b/2.jpg"), tmp_path / "set.zip")
    content = archive.read_bytes()
    archive.write_bytes(content[:-40])
    with pytest.raises(DataError, match="zip"):
        open_dataset(archive)
    # Damaged in the middle: the list of members is whole, one picture is not.
    at = content.index(b"\xff\xd8\xff")
    archive.write_bytes(content[: at + 50] + b"\0" * 40 + content[at + 90 :])
    with pytest.raises(DataError, match=r"a/1\.jpg in .*set\.zip cannot be read"):
        open_dataset(archive).image(0)
