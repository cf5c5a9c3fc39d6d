"""Folders, patterns and lists of picture files."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_makers import all_items, cold_items, opened, picture, pictures_in

from skyform.batch.sources.addresses import braces, has_pattern, join, last_name, shown
from skyform.batch.sources.folders import FolderSource
from skyform.batch.sources.named import ManySources, NamedFiles
from skyform.errors import DataError
from skyform.images import decode

DEEP = ("b.png", "a.JPG", "x/2.png", "x/y/z/1.fits", "x/10.png", "w/0.jpeg", "c.tif")
IN_ORDER = ["a.JPG", "b.png", "c.tif", "w/0.jpeg", "x/10.png", "x/2.png", "x/y/z/1.fits"]


def ids(items: list) -> list[str]:
    return [i.id for i in items]


def test_a_folder_is_read_depth_first_files_before_folders(tmp_path: Path):
    made = pictures_in(tmp_path, *DEEP)
    items = all_items(opened(tmp_path))
    assert ids(items) == IN_ORDER
    assert [i.image for i in items] == [made[n] for n in IN_ORDER]
    assert [i.path for i in items] == [f"{tmp_path}/{n}" for n in IN_ORDER]
    assert {i.error for i in items} == {""}


def test_hidden_files_and_what_is_no_picture_are_skipped(tmp_path: Path):
    pictures_in(tmp_path, "a.png", ".b.png", ".hidden/c.png", "notes.txt", "x/d.csv")
    assert ids(all_items(opened(tmp_path))) == ["a.png"]


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_parts_are_the_same_cold(tmp_path: Path, size: int):
    pictures_in(tmp_path, *DEEP)
    source = opened(tmp_path)
    assert cold_items(source, size=size) == all_items(source, size=size)
    assert source.total is None


def test_parts_can_be_read_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pictures_in(tmp_path / "stamps", "a.png")
    (tmp_path / "cat.csv").write_text("file\nstamps/a.png\n")
    monkeypatch.chdir(tmp_path)
    sources = [opened("stamps"), opened("stamps/*.png"), opened("cat.csv")]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for source in sources:
        (item,) = cold_items(source)
        assert (item.path, item.error) == ("stamps/a.png", "")


def test_bad_files_are_items_with_an_error(tmp_path: Path):
    pictures_in(tmp_path, "a.png", "b.png", "c.png", "d.png")
    (tmp_path / "b.png").write_bytes(b"")
    (tmp_path / "c.png").unlink()
    (tmp_path / "c.png").symlink_to("nowhere.png")
    (tmp_path / "d.png").unlink()
    os.mkfifo(tmp_path / "d.png")
    errors = {i.id: i.error for i in all_items(opened(tmp_path))}
    assert errors["a.png"] == ""
    assert errors["b.png"].startswith("empty-file: ")
    assert errors["c.png"].startswith("unreadable-file: ")
    assert "there is no such file" in errors["c.png"]
    assert "pipe" in errors["d.png"]


def test_a_file_that_vanishes_after_planning_is_a_row(tmp_path: Path):
    pictures_in(tmp_path, "a.png", "b.png")
    source = opened(tmp_path)
    parts = list(source.parts(9))
    (tmp_path / "a.png").unlink()
    first, second = source.read(parts[0])
    assert first.error
    assert first.image is None
    assert second.image is not None


def test_links_that_lead_back_end(tmp_path: Path):
    pictures_in(tmp_path, "a.png", "x/b.png")
    (tmp_path / "x" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "x")
    assert ids(all_items(opened(tmp_path))) == ["a.png", "again/b.png", "x/b.png"]
    deep = ids(all_items(opened(f"{tmp_path}/**/*.png")))
    assert deep == ["a.png", "again/b.png", "x/b.png"]


def test_a_folder_that_may_not_be_read_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pictures_in(tmp_path, "a.png", "locked/b.png", "z/c.png")
    listed = os.scandir

    def refused(path: str) -> object:
        if str(path).rstrip("/").endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)
    source = opened(tmp_path)
    items = all_items(source)
    assert ids(items) == ["a.png", "locked/", "z/c.png"]
    assert "could not be read" in items[1].error
    assert cold_items(source) == items


def test_results_inside_the_source_are_left_out(tmp_path: Path):
    pictures_in(tmp_path, "a.png", "results/b.png", "results-old/c.png")
    found = all_items(opened(tmp_path, skip=(str(tmp_path / "results"),)))
    assert ids(found) == ["a.png", "results-old/c.png"]


def test_the_fingerprint_knows_names_sizes_and_times(tmp_path: Path):
    pictures_in(tmp_path, *DEEP)
    before = opened(tmp_path).fingerprint
    assert opened(tmp_path).fingerprint == before
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "results").mkdir()
    assert opened(tmp_path).fingerprint == before
    (tmp_path / "x" / "2.png").write_bytes(picture(99, side=9))
    changed = opened(tmp_path).fingerprint
    assert changed != before
    (tmp_path / "x" / "2.png").rename(tmp_path / "x" / "3.png")
    assert opened(tmp_path).fingerprint not in (before, changed)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.png", ["a.png", "b.png"]),
        ("*/*.png", ["x/c.png", "y/d.png"]),
        ("**/*.png", ["a.png", "b.png", "x/c.png", "x/deep/e.png", "y/d.png"]),
        ("**/**/*.png", ["a.png", "b.png", "x/c.png", "x/deep/e.png", "y/d.png"]),
        ("**", ["a.png", "b.png", "x/c.png", "x/deep/e.png", "y/d.png"]),
        ("**/*", ["a.png", "b.png", "x/c.png", "x/deep/e.png", "y/d.png"]),
        ("*", ["a.png", "b.png", "x/c.png", "x/deep/e.png", "y/d.png"]),
        ("**/deep/*.png", ["x/deep/e.png"]),
        ("[xy]", ["x/c.png", "x/deep/e.png", "y/d.png"]),
        ("?.png", ["a.png", "b.png"]),
        ("*.dat", ["f.dat"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, found: list[str]):
    pictures_in(tmp_path, "a.png", "b.png", "x/c.png", "x/deep/e.png", "y/d.png", "f.dat", "n.txt")
    source = opened(f"{tmp_path}/{pattern}")
    items = all_items(source)
    assert ids(items) == found
    assert [i.path for i in items] == [f"{tmp_path}/{n}" for n in found]
    assert cold_items(source) == items


def test_a_file_named_like_a_pattern_is_a_file(tmp_path: Path):
    pictures_in(tmp_path, "m[31].png", "m3.png")
    assert ids(all_items(opened(tmp_path / "m[31].png"))) == ["m[31].png"]


def test_a_pattern_that_matches_nothing_is_an_error(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    with pytest.raises(DataError, match=r"Nothing matches .*\*\.jpg"):
        opened(f"{tmp_path}/*.jpg")
    with pytest.raises(DataError, match="Nothing matches"):
        opened(f"{tmp_path}/*.tar")


def test_several_files_are_one_source(tmp_path: Path):
    made = pictures_in(tmp_path, "b/1.png", "a/1.png", "a/2.png")
    source = opened(*(tmp_path / n for n in made), tmp_path / "a" / "gone.png")
    assert isinstance(source, NamedFiles)
    assert source.total == 4
    items = all_items(source)
    assert [i.image for i in items[:3]] == list(made.values())
    # Two files have the same name, so that ids are what was given.
    assert ids(items) == [str(tmp_path / n) for n in (*made, "a/gone.png")]
    assert "no such file" in items[3].error
    assert cold_items(source) == items


def test_several_folders_keep_their_ids_apart(tmp_path: Path):
    pictures_in(tmp_path, "a/1.png", "b/1.png")
    source = opened(tmp_path / "a", tmp_path / "b")
    assert isinstance(source, ManySources)
    items = all_items(source)
    assert ids(items) == [f"{tmp_path}/a/1.png", f"{tmp_path}/b/1.png"]
    assert cold_items(source) == items


def test_braces_stand_for_numbers_and_words(tmp_path: Path):
    pictures_in(tmp_path, "m08.png", "m09.png", "m10.png", "m11.png")
    assert ids(all_items(opened(f"{tmp_path}/m{{08..10}}.png"))) == [
        "m08.png",
        "m09.png",
        "m10.png",
    ]
    assert list(braces("a{x,y}-{1..2}")) == ["ax-1", "ax-2", "ay-1", "ay-2"]
    assert list(braces("a{b}c")) == ["a{b}c"]


@given(st.integers(0, 300), st.integers(0, 40))
def test_brace_ranges_count_both_ends(first: int, more: int):
    found = list(braces(f"s-{{{first:04}..{first + more:04}}}.tar"))
    assert found == [f"s-{i:04}.tar" for i in range(first, first + more + 1)]


def test_a_list_of_paths(tmp_path: Path):
    made = pictures_in(tmp_path, "one.png", "x/two words.png")
    (tmp_path / "list.txt").write_text("one.png\n\nx/two words.png\r\ngone.png\n")
    source = opened(tmp_path / "list.txt")
    items = all_items(source, size=2)
    assert ids(items) == ["one.png", "x/two words.png", "gone.png"]
    assert [i.image for i in items[:2]] == list(made.values())
    assert "no such file" in items[2].error
    assert cold_items(source, size=1) == items


def test_a_list_with_a_folder_of_its_own(tmp_path: Path):
    pictures_in(tmp_path / "stamps", "one.png")
    (tmp_path / "list.txt").write_text("one.png\n")
    (item,) = all_items(opened(tmp_path / "list.txt", images=str(tmp_path / "stamps")))
    assert item.error == ""


def test_names_that_are_not_utf8_survive(tmp_path: Path):
    name = os.fsdecode(b"caf\xe9.png")
    try:
        pictures_in(tmp_path, name)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (tmp_path / "list.txt").write_bytes(b"caf\xe9.png\n")
    for source in (opened(tmp_path), opened(tmp_path / "list.txt")):
        (item,) = cold_items(source)
        assert (item.id, item.error) == (name, "")


def test_folders_without_pictures_are_errors(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(DataError, match="no pictures in"):
        opened(tmp_path)
    with pytest.raises(DataError, match="There is nothing at"):
        opened(tmp_path / "gone")


def test_only_one_listing_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The first part comes before the folders behind it are looked at."""
    pictures_in(tmp_path, *(f"{d}/{n}.png" for d in "abcdef" for n in range(3)))
    source = opened(tmp_path)
    assert isinstance(source, FolderSource)
    seen: list[str] = []
    listed = os.scandir
    monkeypatch.setattr(os, "scandir", lambda p: seen.append(Path(p).name) or listed(p))
    next(source.parts(3))
    assert seen == [tmp_path.name, "a"]


def test_what_comes_out_is_what_decode_takes(tmp_path: Path):
    pictures_in(tmp_path, "a.png")
    (item,) = all_items(opened(tmp_path))
    assert isinstance(item.image, bytes)
    assert decode(item.image).rgb.shape == (8, 8, 3)
    assert np.array_equal(decode(item.image).rgb[0, 0], (0, 7, 9))


def test_addresses():
    assert shown("https://me:secret@sky.example/a.jpg") == "https://sky.example/a.jpg"
    assert last_name("https://sky.example/x/a.jpg?size=3") == "a.jpg"
    assert join("s3://bucket/x/", "./y.jpg") == "s3://bucket/x/y.jpg"
    assert join("stamps", "http://sky.example/a.jpg") == "http://sky.example/a.jpg"
    assert not has_pattern("https://sky.example/cutout?ra=1")
    assert has_pattern("s3://bucket/*.tar")
