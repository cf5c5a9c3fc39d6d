"""Pictures are kept once, and go with the last thing that points at them."""

import hashlib
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import made_up_rows as rows
import pytest
from sqlalchemy import select

from skyform.store import ImageRow, Store
from skyform.store.images import (
    drop_images,
    drop_strays,
    drop_unused_images,
    keep_derived,
    keep_image,
    picture_key,
    read_derived,
    read_image,
)
from skyform.store.results import delete_results

PICTURE = b"\x89PNG of a galaxy"
DIGEST = hashlib.sha256(PICTURE).hexdigest()
HOUR = timedelta(hours=1)


def kept(store: Store) -> list[str]:
    """The digests in the table."""
    with store.database.reading() as session:
        return sorted(session.scalars(select(ImageRow.digest)))


def test_a_picture_is_kept_once(store: Store):
    for media_type in ("image/png", "image/jpeg"):
        with store.database.transaction() as session:
            assert keep_image(session, store.objects, PICTURE, media_type=media_type) == DIGEST
    with store.database.reading() as session:
        row = session.get_one(ImageRow, DIGEST)
    assert (row.media_type, row.size) == ("image/png", len(PICTURE))
    assert read_image(store.objects, DIGEST) == PICTURE
    assert len(list(store.objects.keys("pictures"))) == 1


def test_nothing_is_kept_where_the_transaction_fails(store: Store):
    with suppress(RuntimeError), store.database.transaction() as session:
        keep_image(session, store.objects, PICTURE, media_type="image/png")
        raise RuntimeError
    assert kept(store) == []
    # The bytes are a stray now.
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert drop_strays(store, older_than=timedelta(days=2), now=tomorrow) == 0
    assert drop_strays(store, older_than=HOUR, now=tomorrow) == 1
    assert list(store.objects.keys("pictures")) == []
    assert kept(store) == []


def test_what_is_drawn_from_a_picture_goes_with_it(store: Store):
    with store.database.transaction() as session:
        keep_image(session, store.objects, PICTURE, media_type="image/png")
    assert read_derived(store.objects, DIGEST, name="thumbnail.jpg") is None
    keep_derived(store.objects, DIGEST, b"small", name="thumbnail.jpg")
    assert read_derived(store.objects, DIGEST, name="thumbnail.jpg") == b"small"
    with store.database.transaction() as session:
        assert drop_images(session, store.objects, [DIGEST, None, DIGEST, "0" * 64]) == 1
    assert read_derived(store.objects, DIGEST, name="thumbnail.jpg") is None
    with pytest.raises(FileNotFoundError):
        read_image(store.objects, DIGEST)


def test_a_picture_stays_until_the_last_thing_that_points_at_it(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now)
        mine = rows.result(session, store, owner, now=now, picture=PICTURE)
        other = rows.result(session, store, owner, now=now, picture=PICTURE)
        job = rows.job(session, store, owner, now=now, picture=PICTURE)
    with store.database.transaction() as session:
        assert delete_results(session, store.objects, [mine, other]) == 2
    assert read_image(store.objects, DIGEST) == PICTURE
    with store.database.transaction() as session:
        session.delete(session.get_one(type(job), job.id))
        session.flush()
        assert drop_images(session, store.objects, [DIGEST]) == 1
    assert kept(store) == []


def test_unused_pictures_are_dropped_when_they_are_old_enough(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now)
        rows.result(session, store, owner, now=now, picture=b"used")
        keep_image(session, store.objects, PICTURE, media_type="image/png")
    today = datetime.now(UTC)
    assert drop_unused_images(store, older_than=HOUR, now=today) == 0
    assert drop_unused_images(store, older_than=HOUR, now=today + 2 * HOUR) == 1
    assert kept(store) == [hashlib.sha256(b"used").hexdigest()]


def test_strays_of_what_was_drawn_too(store: Store):
    keep_derived(store.objects, DIGEST, b"small", name="thumbnail.jpg")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert drop_strays(store, older_than=HOUR, now=tomorrow) == 1
    assert list(store.objects.keys("derived")) == []


def test_what_others_put_there_stays(store: Store):
    foreign = ["pictures/.DS_Store", "pictures/ab/notes.txt", "derived/readme"]
    for key in foreign:
        store.objects.put(key, b"not ours")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert drop_strays(store, older_than=HOUR, now=tomorrow) == 0
    assert all(map(store.objects.exists, foreign))


def test_half_files_of_a_picture_that_is_there_go_alone(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.user(session, now=now)
        rows.result(session, store, owner, now=now, picture=PICTURE)
    store.objects.put(f"{picture_key(DIGEST)}.0123.part", b"half")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert drop_strays(store, older_than=HOUR, now=tomorrow) == 0
    assert list(store.objects.keys("pictures")) == [picture_key(DIGEST)]


def test_half_files_go_too(store: Store):
    store.objects.put(f"{picture_key(DIGEST)}.0123.part", b"half")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert drop_strays(store, older_than=HOUR, now=tomorrow) == 0
    assert list(store.objects.keys("pictures")) == []


def test_a_picture_that_is_dropped_and_given_at_once_is_never_half_there(
    store: Store, now: datetime
):
    """Whoever comes last decides; a row without its bytes would be a result without its picture."""
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now)

    def give() -> None:
        for _ in range(8):
            with store.database.transaction() as session:
                rows.result(session, store, owner, now=now, picture=PICTURE)

    def drop() -> None:
        for _ in range(8):
            with store.database.transaction() as session:
                found = session.scalars(select(rows.ResultRow)).all()
                delete_results(session, store.objects, found)

    threads = [threading.Thread(target=work) for work in (give, drop, give, drop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for digest in kept(store):
        assert read_image(store.objects, digest) == PICTURE
