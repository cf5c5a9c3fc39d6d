"""Kept pictures: the bytes in object storage under their SHA-256, a row for each in the database, and small ones drawn from them.

A row is locked before its object is touched and until the transaction ends, both where a picture is kept and where it is dropped. So the
one who keeps a picture that another is just dropping waits, and puts it back.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Insert, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from skyform.store.objects import PART, Objects
from skyform.store.store import Store
from skyform.store.tables import ImageRow, JobItemRow, ResultRow

__all__ = [
    "drop_images",
    "drop_strays",
    "drop_unused_images",
    "keep_derived",
    "keep_image",
    "picture_key",
    "read_derived",
    "read_image",
]

_PICTURES = "pictures"
_DERIVED = "derived"

_BATCH = 200
# Whose an object is; anything else in there was put there by somebody else.
_OWN_KEY = re.compile(r"(?:pictures|derived)/[0-9a-f]{2}/([0-9a-f]{64})(?:[./].*)?")


def keep_image(session: Session, objects: Objects, data: bytes, *, media_type: str) -> str:
    """Keep a picture, once however often it is given.

    What points at it (a result, an item of a job) has to be added in the same transaction: a picture that nothing points at may be
    dropped at any time.

    Parameters
    ----------
    data : bytes
        As uploaded.
    media_type : str
        Such as `image/jpeg`; of the first who gave it.

    Returns
    -------
    str
        Its SHA-256 in hexadecimal digits, which is its key in the table.
    """
    digest = hashlib.sha256(data).hexdigest()
    _take_row(session, digest, media_type=media_type, size=len(data), at=datetime.now(UTC))
    # Before the row is committed: a row without its picture is worse than a picture without a row, which `drop_strays` finds.
    objects.put(picture_key(digest), data)
    return digest


def read_image(objects: Objects, digest: str) -> bytes:
    """A picture's bytes.

    Raises
    ------
    FileNotFoundError
        If it is not there any more.
    """
    return objects.get(picture_key(digest))


def read_derived(objects: Objects, digest: str, *, name: str) -> bytes | None:
    """What was drawn from a picture under that name, such as `thumbnail.jpg`; None where it has to be drawn first."""
    try:
        return objects.get(_derived_key(digest, name))
    except FileNotFoundError:
        return None


def keep_derived(objects: Objects, digest: str, data: bytes, *, name: str) -> None:
    """Keep what was drawn from a picture; it goes with the picture."""
    objects.put(_derived_key(digest, name), data)


def drop_images(session: Session, objects: Objects, digests: Iterable[str | None]) -> int:
    """Delete those of the given pictures that nothing points at; returns how many. To be called in the transaction that deleted what did."""
    return sum(_drop(session, objects, digest) for digest in sorted({d for d in digests if d}))


def drop_unused_images(store: Store, *, older_than: timedelta, now: datetime) -> int:
    """Delete all pictures that nothing points at and that were last given so long ago; returns how many."""
    unused = (
        select(ImageRow.digest)
        .where(
            ImageRow.created_at < now - older_than,
            ~exists().where(ResultRow.image_digest == ImageRow.digest),
            ~exists().where(JobItemRow.image_digest == ImageRow.digest),
        )
        .limit(_BATCH)
    )
    dropped = 0
    while True:
        with store.database.transaction() as session:
            digests = list(session.scalars(unused))
            count = drop_images(session, store.objects, digests)
        dropped += count
        if count == 0:
            return dropped


def drop_strays(store: Store, *, older_than: timedelta, now: datetime) -> int:
    """Delete objects without a row, which a killed process leaves behind; returns of how many pictures.

    Parameters
    ----------
    older_than : timedelta
        Younger ones may be about to get their row.
    """
    with store.database.reading() as session:
        known = set(session.scalars(select(ImageRow.digest)))
    strays = 0
    for key in [*store.objects.keys(_PICTURES), *store.objects.keys(_DERIVED)]:
        named, half = _OWN_KEY.fullmatch(key), key.endswith(PART)
        if named is None or (named[1] in known and not half):
            continue
        if _age(store.objects, key, now=now) < older_than:
            continue
        if half:
            store.objects.delete(key)
            continue
        digest = named[1]
        known.add(digest)
        with store.database.transaction() as session:
            # With a row it is a picture like any other, which nobody else can be keeping at the same time.
            _take_row(session, digest, media_type="", size=0, at=now)
            strays += _drop(session, store.objects, digest)
    return strays


def picture_key(digest: str) -> str:
    """A picture's name in object storage."""
    return f"{_PICTURES}/{digest[:2]}/{digest}"


def _derived_key(digest: str, name: str) -> str:
    return f"{_derived_folder(digest)}/{name}"


def _derived_folder(digest: str) -> str:
    return f"{_DERIVED}/{digest[:2]}/{digest}"


def _take_row(session: Session, digest: str, *, media_type: str, size: int, at: datetime) -> None:
    """Add the row, or lock the one that is there; `created_at` is when the picture was last given."""
    values = {"digest": digest, "media_type": media_type, "size": size, "created_at": at}
    statement: Insert
    if session.get_bind().dialect.name == "sqlite":
        statement = sqlite.insert(ImageRow).values(values)
    else:
        statement = postgresql.insert(ImageRow).values(values)
    session.execute(
        statement.on_conflict_do_update(index_elements=["digest"], set_={"created_at": at})
    )


def _drop(session: Session, objects: Objects, digest: str) -> bool:
    # The lock keeps others from pointing at it between the question and the deletion.
    row = session.scalar(select(ImageRow).where(ImageRow.digest == digest).with_for_update())
    if row is None:
        return False
    for column in (ResultRow.image_digest, JobItemRow.image_digest):
        if session.scalar(select(column).where(column == digest).limit(1)) is not None:
            return False
    session.delete(row)
    session.flush()
    for key in [picture_key(digest), *objects.keys(_derived_folder(digest))]:
        objects.delete(key)
    return True


def _age(objects: Objects, key: str, *, now: datetime) -> timedelta:
    try:
        return now - objects.modified(key)
    except FileNotFoundError:
        # Another process was quicker.
        return timedelta()
