"""Backups of the embedded store, while it is in use: one zip archive with the SQLite database and the pictures that it names."""

import hashlib
import json
import os
import re
import sqlite3
import tempfile
import zipfile
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from skyform.errors import StoreError
from skyform.store.database import Database
from skyform.store.images import picture_key, read_image
from skyform.store.migrating import migrate
from skyform.store.store import Store

__all__ = ["BackedUp", "back_up", "restore"]

_FORMAT = 1
_MANIFEST, _DATABASE = "manifest.json", "skyform.db"
# The database, and what SQLite writes beside it: of another database, that would be taken for this one's latest changes.
_DATABASE_FILES = ("", "-wal", "-shm", "-journal")
_PICTURE = re.compile(r"pictures/([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What is in a backup: pictures, those of them that were deleted while it was made, and when that was."""

    pictures: int
    missing: int
    created_at: str


def back_up(store: Store, path: str | os.PathLike[str], *, now: datetime) -> BackedUp:
    """Write a backup. The database is as it was at one moment; others may go on writing.

    Thumbnails are left out: they are drawn again. Only the owner of the file may read it.

    Parameters
    ----------
    path : path
        The archive to write, such as `skyform-2024-05-06.zip`.

    Raises
    ------
    StoreError
        If there is something at that path, the database is not SQLite, or the archive cannot be written.
    """
    source, target = _database_file(store), Path(path)
    if not source.exists():
        raise StoreError(
            f"There is no database at {str(source)!r}.",
            remedy="Say where the store is with --data, --database and --objects.",
        )
    _refuse(target, remedy="Choose another name, or move the old backup away.")
    part = target.with_name(f"{target.name}.part")
    try:
        with (
            os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            made = _write(archive, store, source, now=now)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink()
        raise StoreError(
            f"The backup {str(target)!r} cannot be written: {error}.",
            remedy="Check that its folder exists and has room for the database and all pictures.",
        ) from error
    return made


def restore(store: Store, path: str | os.PathLike[str]) -> BackedUp:
    """Bring a backup back into a store that has no database yet, at this version's tables.

    Raises
    ------
    StoreError
        If there is a database already, the archive is none or damaged, or a newer version wrote it.
    """
    target = _database_file(store)
    for ending in _DATABASE_FILES:
        file = target.with_name(target.name + ending)
        _refuse(file, remedy="Move it away first, or restore with --data into another folder.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            zipfile.ZipFile(path) as archive,
            tempfile.TemporaryDirectory(dir=target.parent) as folder,
        ):
            made = _manifest(archive)
            database = _extracted(archive, Path(folder))
            for member in archive.namelist():
                _restore_picture(store, archive, member)
            # Last: with its database, a restored store is whole.
            os.replace(database, target)
    except (OSError, zipfile.BadZipFile, sqlite3.Error, KeyError, ValueError) as error:
        raise StoreError(
            f"{os.fspath(path)!r} cannot be restored: {error}.",
            remedy="Give an archive that `skyform store backup` wrote. Nothing was put in place.",
        ) from error
    return made


def _write(archive: zipfile.ZipFile, store: Store, source: Path, *, now: datetime) -> BackedUp:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / _DATABASE
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(copy)) as still:
            live.backup(still)
            digests = [d for (d,) in still.execute("SELECT digest FROM images ORDER BY digest")]
        archive.write(copy, _DATABASE)
    missing = 0
    for digest in digests:
        try:
            data = read_image(store.objects, digest)
        except FileNotFoundError:
            missing += 1
            continue
        archive.writestr(f"pictures/{digest}", data, zipfile.ZIP_STORED)
    made = BackedUp(len(digests) - missing, missing, now.isoformat(timespec="seconds"))
    about = {"format": _FORMAT, **asdict(made)}
    archive.writestr(_MANIFEST, json.dumps(about, indent=2))
    return made


def _manifest(archive: zipfile.ZipFile) -> BackedUp:
    about: dict[str, Any] = json.loads(archive.read(_MANIFEST))
    if about["format"] != _FORMAT:
        raise ValueError(
            f"its format is {about['format']}, and this version of Skyform reads format {_FORMAT}"
        )
    return BackedUp(int(about["pictures"]), int(about["missing"]), str(about["created_at"]))


def _extracted(archive: zipfile.ZipFile, folder: Path) -> Path:
    """The database, checked and brought to this version's tables."""
    path = Path(archive.extract(_DATABASE, folder))
    with closing(sqlite3.connect(path)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    if said != "ok":
        raise ValueError(f"its database is damaged ({said})")
    database = Database(f"sqlite:///{path}")
    try:
        migrate(database.engine)
    finally:
        database.close()
    return path


def _restore_picture(store: Store, archive: zipfile.ZipFile, member: str) -> None:
    named = _PICTURE.fullmatch(member)
    if named is None:
        return
    data = archive.read(member)
    if hashlib.sha256(data).hexdigest() != named[1]:
        raise ValueError(f"{member} is damaged")
    store.objects.put(picture_key(named[1]), data)


def _database_file(store: Store) -> Path:
    if store.file is None:
        raise StoreError(
            f"The database is {store.database.engine.dialect.name}, not SQLite.",
            remedy="Use its own tools, such as pg_dump, and copy the pictures with those of their storage.",
        )
    return store.file


def _refuse(path: Path, *, remedy: str) -> None:
    if path.exists():
        raise StoreError(f"There is something at {str(path)!r} already.", remedy=remedy)
