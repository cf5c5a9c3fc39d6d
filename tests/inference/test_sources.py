import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.inference.sources import expand, read_list
from skyform.schema import PICTURE_SUFFIXES


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "b.jpg",
        "a.PNG",
        "notes.txt",
        ".hidden.jpg",
        "cube.fits.gz",
        "sub/d.tif",
        "sub/deeper/e.webp",
        "sub/table.csv",
        ".git/f.jpg",
        "z.jpeg",
    ):
        file = tmp_path / "t" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    return tmp_path / "t"


def names(tree: Path, *paths: Path | str, **options: bool) -> list[str]:
    return [os.path.relpath(p, tree) for p in expand(paths, **options)]


def test_folder_gives_its_pictures_sorted(tree: Path):
    assert names(tree, tree) == [
        "a.PNG",
        "b.jpg",
        "cube.fits.gz",
        "sub/d.tif",
        "sub/deeper/e.webp",
        "z.jpeg",
    ]


def test_folder_without_its_subfolders(tree: Path):
    assert names(tree, tree, recursive=False) == ["a.PNG", "b.jpg", "cube.fits.gz", "z.jpeg"]


def test_named_files_are_taken_whatever_they_are_called_in_the_order_given(tree: Path):
    given = [tree / "z.jpeg", tree / "notes.txt", tree / ".hidden.jpg", tree / "z.jpeg"]
    assert list(expand(given)) == given


def test_missing_paths_come_out_as_they_are(tree: Path):
    assert names(tree, tree / "gone.jpg", tree / "b.jpg") == ["gone.jpg", "b.jpg"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["b.jpg"]),
        ("[ab].*", ["a.PNG", "b.jpg"]),
        (".*.jpg", [".hidden.jpg"]),
        ("*.txt", ["notes.txt"]),
        ("sub/*/*.webp", ["sub/deeper/e.webp"]),
        ("**/*.tif", ["sub/d.tif"]),
        ("**/e.*", ["sub/deeper/e.webp"]),
        ("**/*.webp", ["sub/deeper/e.webp"]),
        ("s*", ["sub/d.tif", "sub/deeper/e.webp"]),
        ("sub/**", ["sub/d.tif", "sub/deeper/e.webp"]),
        ("*.gif", ["*.gif"]),
        ("nowhere/*.jpg", ["nowhere/*.jpg"]),
    ],
)
def test_patterns(tree: Path, pattern: str, expected: list[str]):
    assert names(tree, tree / pattern) == expected


def test_relative_patterns(tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tree)
    assert list(expand(["*.jpg", "sub"])) == [
        Path("b.jpg"),
        Path("sub/d.tif"),
        Path("sub/deeper/e.webp"),
    ]


def test_a_file_with_brackets_in_its_name_is_no_pattern(tree: Path):
    odd = tree / "m[51].jpg"
    odd.write_bytes(b"x")
    assert names(tree, odd) == ["m[51].jpg"]
    assert names(tree, tree / "m[*.jpg", patterns=False) == ["m[*.jpg"]


def test_folder_without_pictures_comes_out_itself(tree: Path):
    (tree / "empty").mkdir()
    assert names(tree, tree / "empty", tree / "b.jpg") == ["empty", "b.jpg"]


def test_links_are_followed_but_never_in_circles(tree: Path, tmp_path: Path):
    (tree / "sub" / "deeper" / "up").symlink_to(tree)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "far.jpg").write_bytes(b"x")
    (tree / "sub" / "other").symlink_to(tmp_path / "other")
    found = names(tree, tree / "sub")
    assert "sub/other/far.jpg" in found
    assert len(found) < 20
    assert names(tree, tree / "**" / "far.jpg")[0] == "sub/other/far.jpg"


def test_link_to_itself_and_dangling_link(tree: Path):
    (tree / "loop.jpg").symlink_to(tree / "loop.jpg")
    (tree / "dangling.jpg").symlink_to(tree / "gone.jpg")
    found = names(tree, tree)
    assert "loop.jpg" in found
    assert "dangling.jpg" in found


def test_pipes_in_folders_are_not_opened(tree: Path):
    os.mkfifo(tree / "pipe.jpg")
    assert "pipe.jpg" not in names(tree, tree)


def test_unreadable_folder_comes_out_itself(tree: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    assert names(tree, tree / "sub") == ["sub"]


def test_expansion_is_lazy(tree: Path):
    def paths():
        yield tree
        raise AssertionError("asked for more than was needed")

    found = expand(paths())
    assert next(found).name == "a.PNG"


def test_all_suffixes_are_lower_case_and_sorted():
    assert list(PICTURE_SUFFIXES) == sorted(s.lower() for s in PICTURE_SUFFIXES)


def test_read_list_skips_empty_lines_and_keeps_spaces():
    text = io.StringIO("a.jpg\r\n\n  \n two words.jpg \nlast.png")
    assert list(read_list(text)) == ["a.jpg", " two words.jpg ", "last.png"]


@given(
    st.lists(st.text(st.characters(blacklist_characters="\r\n\0/"), min_size=1).filter(str.strip))
)
def test_read_list_gives_back_what_was_written(paths: list[str]):
    assert list(read_list(io.StringIO("\n".join(paths), newline=""))) == paths
