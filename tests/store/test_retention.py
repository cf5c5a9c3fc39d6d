"""What is past its time goes, and nothing else."""

import hashlib
from datetime import UTC, datetime, timedelta

import made_up_rows as rows
import pytest
from sqlalchemy import func, select

from skyform.store import ImageRow, JobRow, ResetRow, ResultRow, SessionRow, Store, UserRow, VoteRow
from skyform.store.images import keep_image, picture_key
from skyform.store.resets import RESET_LIFE, make_reset
from skyform.store.results import result_subject
from skyform.store.retention import Swept, sweep
from skyform.store.tables import Base

DAY = timedelta(days=1)


def count(store: Store, table: type[Base]) -> int:
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_expired_results_go_with_their_pictures(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now, days=99)
        for i, days in enumerate((1, 2, 3)):
            picture, end = str(i).encode(), now + days * DAY
            row = rows.result(session, store, owner, now=now, picture=picture, expires_at=end)
            rows.vote(session, owner, subject=result_subject(row.id), now=now)
        rows.result(session, store, owner, now=now, picture=b"stays")
    assert sweep(store, now=now + 2 * DAY) == Swept(results=2)
    assert sweep(store, now=now + 2 * DAY) == Swept()
    assert (count(store, ResultRow), count(store, VoteRow), count(store, ImageRow)) == (2, 1, 2)
    assert not store.objects.exists(picture_key(hashlib.sha256(b"0").hexdigest()))
    assert store.objects.exists(picture_key(hashlib.sha256(b"stays").hexdigest()))


@pytest.mark.parametrize(("status", "left"), [("done", 0), ("cancelled", 0), ("running", 1)])
def test_expired_jobs_go_unless_they_are_at_work(
    store: Store, now: datetime, status: str, left: int
):
    with store.database.transaction() as session:
        owner = rows.user(session, now=now)
        end = now + DAY
        rows.job(session, store, owner, now=now, picture=b"j", status=status, expires_at=end)
        rows.job(session, store, owner, now=now, picture=b"stays")
    assert sweep(store, now=end) == Swept(jobs=1 - left)
    assert (count(store, JobRow), count(store, ImageRow)) == (1 + left, 1 + left)


def test_old_sessions_go_with_what_was_kept_in_them(store: Store, now: datetime):
    with store.database.transaction() as session:
        old, new = rows.visitor(session, now=now, days=1), rows.visitor(session, now=now, days=9)
        account = rows.user(session, now=now)
        for owner in (old, new):
            row = rows.result(session, store, owner, now=now, picture=b"r")
            rows.job(session, store, owner, now=now, picture=b"j")
            rows.vote(session, account, subject=result_subject(row.id), now=now)
            rows.vote(session, owner, subject="exhibit:1", now=now)
    assert sweep(store, now=now + DAY) == Swept(results=1, jobs=1, sessions=1)
    for table, left in ((SessionRow, 1), (ResultRow, 1), (JobRow, 1), (VoteRow, 2), (ImageRow, 2)):
        assert count(store, table) == left, table


def test_links_for_a_new_password_that_nobody_used(store: Store, now: datetime):
    with store.database.transaction() as session:
        for name, at in (("Vera", now), ("Edwin", now + DAY)):
            row = session.get(UserRow, rows.user(session, now=now, name=name).user)
            assert row is not None
            make_reset(session, row, now=at)
    assert sweep(store, now=now + RESET_LIFE) == Swept(resets=1)
    assert count(store, ResetRow) == 1


def test_votes_on_results_that_are_gone(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.user(session, now=now)
        for subject in ("result:" + "0" * 32, "exhibit:" + "0" * 32):
            rows.vote(session, owner, subject=subject, now=now)
    assert sweep(store, now=now) == Swept(votes=1)


def test_pictures_that_nothing_points_at(store: Store):
    today = datetime.now(UTC)
    with store.database.transaction() as session:
        keep_image(session, store.objects, b"unused", media_type="image/png")
    store.objects.put(picture_key("0" * 64), b"stray")
    assert sweep(store, now=today) == Swept()
    assert sweep(store, now=today + DAY) == Swept(pictures=2)
    assert list(store.objects.keys("pictures")) == []


def test_more_than_one_batch(store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("skyform.store.deletion._BATCH", 2)
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now)
        for _ in range(5):
            rows.result(session, store, owner, now=now, expires_at=now)
    assert sweep(store, now=now).results == 5


def test_it_says_what_it_did():
    assert str(Swept(results=2)) == "2 results, 0 jobs, 0 sessions, 0 resets, 0 votes, 0 pictures"
