import importlib.util
from pathlib import Path

import pytest

from skyform.errors import MissingExtraError, OutputError
from skyform.evaluation import pages


def test_a_page_is_written_in_one_step(tmp_path: Path):
    file = tmp_path / "deep" / "page.html"
    pages.write_page("one", file)
    pages.write_page("two", file)
    assert file.read_text() == "two"
    assert [p.name for p in file.parent.iterdir()] == ["page.html"]


def test_where_a_page_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written to"):
        pages.write_page("one", tmp_path / "file" / "page.html")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot be written to"):
        pages.write_page("one", tmp_path / "folder")
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    pages.require_lab("A report")
    monkeypatch.setattr(
        pages, "find_spec", lambda n: None if n == "matplotlib" else importlib.util.find_spec(n)
    )
    with pytest.raises(MissingExtraError, match=r"A report needs matplotlib.*skyform\[lab\]"):
        pages.require_lab("A report")


def test_pictures_become_addresses():
    assert pages.data_uri(b"abc", suffix=".PNG") == "data:image/png;base64,YWJj"
    with pytest.raises(KeyError):
        pages.data_uri(b"abc", suffix=".svg")
