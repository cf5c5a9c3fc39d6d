"""Bytes under names, in a folder and on S3."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import s3fs

from skyform.errors import MissingExtraError, StoreAwayError, StoreError
from skyform.store import Objects


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "folder":
        return Objects(str(tmp_path / "deep" / "objects"))
    return Objects(f"{request.getfixturevalue('s3')}/{uuid4().hex}/")


def test_what_was_put_is_there(objects: Objects):
    assert not objects.exists("a/b/c")
    objects.put("a/b/c", b"first")
    objects.put("a/b/c", b"second")
    assert objects.get("a/b/c") == b"second"
    assert objects.exists("a/b/c")


def test_what_was_deleted_is_gone(objects: Objects):
    objects.put("a/b", b"1")
    objects.delete("a/b")
    objects.delete("a/b")
    assert not objects.exists("a/b")
    with pytest.raises(FileNotFoundError):
        objects.get("a/b")


def test_names_below_a_folder(objects: Objects):
    assert list(objects.keys("a")) == []
    for key in ("a/1", "a/deeper/2", "ab/3"):
        objects.put(key, b"x")
    assert sorted(objects.keys("a")) == ["a/1", "a/deeper/2"]


def test_nothing_is_known_from_an_earlier_listing(objects: Objects):
    objects.put("a/1", b"x")
    assert list(objects.keys("a")) == ["a/1"]
    other = Objects(f"{objects._fs.unstrip_protocol(objects._root)}")
    other.put("a/2", b"x")
    assert objects.exists("a/2")
    assert sorted(objects.keys("a")) == ["a/1", "a/2"]


def test_when_it_was_written(objects: Objects):
    objects.put("a/b", b"1")
    age = datetime.now(UTC) - objects.modified("a/b")
    assert abs(age) < timedelta(minutes=1)


def test_nothing_is_left_beside_a_file(tmp_path: Path):
    objects = Objects(str(tmp_path))
    objects.put("a/b", b"1")
    assert [f.name for f in (tmp_path / "a").iterdir()] == ["b"]


def test_a_write_that_fails_leaves_the_old_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    objects = Objects(str(tmp_path))
    objects.put("a/b", b"old")
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(StoreAwayError, match="No space") as error:
        objects.put("a/b", b"new")
    assert str(tmp_path) not in str(error.value)
    assert objects.get("a/b") == b"old"
    assert list(objects.keys("a")) == ["a/b"]


def test_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch):
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    # One that an earlier test opened knows a server that is there.
    s3fs.S3FileSystem.clear_instance_cache()
    objects = Objects("s3://away/objects")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(StoreAwayError, match="cannot be used just now"):
        objects.get("a/b")
    with pytest.raises(StoreAwayError):
        list(objects.keys("a"))


def test_a_kind_of_address_that_nobody_knows():
    with pytest.raises(StoreError, match="nowhere"):
        Objects("nowhere://bucket")


def test_what_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    def missing(*_: object, **__: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.url_to_fs", missing)
    with pytest.raises(MissingExtraError, match="s3"):
        Objects("s3://bucket")
