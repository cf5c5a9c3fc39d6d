"""A backup is the store at one moment, whole, whatever went on meanwhile."""

import json
import stat
import threading
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import made_up_rows as rows
import pytest
from sqlalchemy import func, select, text

from skyform.errors import StoreError
from skyform.store import ImageRow, ResultRow, Store
from skyform.store.backup import back_up, restore
from skyform.store.images import read_image


@pytest.fixture
def made(tmp_path: Path, now: datetime) -> Iterator[Store]:
    """An embedded store with three results and two pictures."""
    made = opened(tmp_path / "first")
    made.prepare()
    with made.database.transaction() as session:
        owner = rows.user(session, now=now)
        for picture in (b"one", b"two", b"two"):
            rows.result(session, made, owner, now=now, picture=picture)
    yield made
    made.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """A place for another one."""
    made = opened(tmp_path / "second")
    yield made
    made.close()


def opened(folder: Path) -> Store:
    return Store(database=f"sqlite:///{folder}/skyform.db", objects=str(folder / "objects"))


def pictures(store: Store) -> list[bytes]:
    with store.database.reading() as session:
        return sorted(
            read_image(store.objects, d) for d in session.scalars(select(ResultRow.image_digest))
        )


def test_there_and_back(made: Store, other: Store, tmp_path: Path, now: datetime):
    path = tmp_path / "backup.zip"
    backed_up = back_up(made, path, now=now)
    assert (backed_up.pictures, backed_up.missing) == (2, 0)
    assert restore(other, path) == backed_up
    assert pictures(other) == [b"one", b"two", b"two"]
    assert not other.prepare()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [f.name for f in tmp_path.iterdir() if f.name.endswith(".part")] == []
    assert {f.name for f in (tmp_path / "second").iterdir()} <= {
        "objects",
        "skyform.db",
        "skyform.db-wal",
        "skyform.db-shm",
    }


def test_while_others_write(made: Store, other: Store, tmp_path: Path, now: datetime):
    """Every result in the backup has its picture, and what was there before is in it."""
    stop = threading.Event()
    given: list[bytes] = []

    def give() -> None:
        while not stop.is_set():
            picture = b"late %d" % len(given)
            with made.database.transaction() as session:
                rows.result(session, made, rows.visitor(session, now=now), now=now, picture=picture)
            given.append(picture)

    giving = threading.Thread(target=give)
    giving.start()
    try:
        while len(given) < 5:
            stop.wait(0.01)
        before = len(given)
        back_up(made, tmp_path / "backup.zip", now=now)
    finally:
        stop.set()
        giving.join()
    restore(other, tmp_path / "backup.zip")
    found = pictures(other)
    assert set(found) >= {b"one", b"two", *given[:before]}
    assert len(found) <= 3 + len(given)


def test_a_picture_that_was_deleted_meanwhile(
    made: Store, other: Store, tmp_path: Path, now: datetime
):
    made.objects.delete(next(iter(made.objects.keys("pictures"))))
    assert back_up(made, tmp_path / "b.zip", now=now).missing == 1
    assert restore(other, tmp_path / "b.zip").pictures == 1
    with other.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ImageRow)) == 2


def test_nothing_is_overwritten(made: Store, tmp_path: Path, now: datetime):
    path = tmp_path / "backup.zip"
    back_up(made, path, now=now)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"something at .*backup\.zip"):
        back_up(made, path, now=now)
    with pytest.raises(StoreError, match=r"something at .*skyform\.db"):
        restore(made, path)
    assert path.read_bytes() == before
    assert len(pictures(made)) == 3


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_what_an_old_database_left_behind_is_not_taken_for_the_new_ones(
    made: Store, other: Store, tmp_path: Path, now: datetime, ending: str
):
    path = tmp_path / "backup.zip"
    back_up(made, path, now=now)
    assert other.file is not None
    other.file.parent.mkdir()
    left = other.file.with_name(other.file.name + ending)
    left.write_bytes(b"changes of another database")
    with pytest.raises(StoreError, match=ending):
        restore(other, path)
    assert not other.file.exists()
    left.unlink()
    restore(other, path)
    assert len(pictures(other)) == 3


def test_a_new_folder_is_nobody_elses(other: Store):
    other.prepare()
    assert other.file is not None
    assert stat.S_IMODE(other.file.parent.stat().st_mode) == 0o700


def rewritten(path: Path, **members: bytes | None) -> Path:
    """The archive with some members replaced, or left out."""
    out = path.with_name("rewritten.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            key = name.partition(".")[0].partition("/")[0]
            data = members.get(key, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return out


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"pictures": b"another"}, "is damaged"),
        ({"skyform": b"no database"}, "not a database"),
        ({"skyform": None}, r"skyform\.db"),
        ({"manifest": None}, r"manifest\.json"),
        ({"manifest": b"{}"}, "format"),
        ({"manifest": b'{"format": 2}'}, "its format is 2"),
    ],
)
def test_damaged_archives_put_nothing_in_place(
    made: Store,
    other: Store,
    tmp_path: Path,
    now: datetime,
    members: dict[str, bytes | None],
    says: str,
):
    back_up(made, tmp_path / "b.zip", now=now)
    with pytest.raises(StoreError, match=says):
        restore(other, rewritten(tmp_path / "b.zip", **members))
    assert not (tmp_path / "second" / "skyform.db").exists()


@pytest.mark.parametrize("data", [b"", b"no archive", b"PK\x03\x04"])
def test_what_is_no_archive(other: Store, tmp_path: Path, data: bytes):
    (tmp_path / "b.zip").write_bytes(data)
    with pytest.raises(StoreError, match="cannot be restored"):
        restore(other, tmp_path / "b.zip")


def test_names_of_members_are_no_paths(made: Store, other: Store, tmp_path: Path, now: datetime):
    path = tmp_path / "b.zip"
    back_up(made, path, now=now)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../escaped", b"x")
        archive.writestr("pictures/../../escaped", b"x")
    restore(other, path)
    assert not list(tmp_path.rglob("escaped"))


def test_a_backup_of_a_newer_version(made: Store, other: Store, tmp_path: Path, now: datetime):
    with made.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    back_up(made, tmp_path / "b.zip", now=now)
    with pytest.raises(StoreError, match="9999"):
        restore(other, tmp_path / "b.zip")
    assert not (tmp_path / "second" / "skyform.db").exists()


def test_only_the_embedded_store(tmp_path: Path, now: datetime):
    far = Store(database="postgresql+psycopg://nobody@127.0.0.1:1/none", objects="memory://x")
    for work in (lambda: back_up(far, tmp_path / "b.zip", now=now), lambda: restore(far, "b.zip")):
        with pytest.raises(StoreError, match="postgresql, not SQLite"):
            work()
    far.close()


def test_no_database_yet(other: Store, tmp_path: Path, now: datetime):
    with pytest.raises(StoreError, match="There is no database"):
        back_up(other, tmp_path / "b.zip", now=now)


def test_no_room(made: Store, tmp_path: Path, now: datetime):
    with pytest.raises(StoreError, match="cannot be written"):
        back_up(made, tmp_path / "nowhere" / "b.zip", now=now)


def test_what_the_archive_says_of_itself(made: Store, tmp_path: Path, now: datetime):
    back_up(made, tmp_path / "b.zip", now=now)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        about = json.loads(archive.read("manifest.json"))
    assert about["format"] == 1
    assert about["created_at"] == "2024-05-06T07:08:09+00:00"
