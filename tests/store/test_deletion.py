"""After an account is deleted, nothing of it is anywhere."""

import hashlib
from datetime import datetime

import made_up_rows as rows
import pytest
from sqlalchemy import func, select

from skyform.store import (
    ImageRow,
    JobRow,
    PlayRow,
    ResetRow,
    ResultRow,
    ReviewRow,
    SessionRow,
    Store,
    TokenRow,
    VoteRow,
)
from skyform.store.deletion import Deleted, delete_account, delete_visit
from skyform.store.ids import new_id
from skyform.store.images import picture_key
from skyform.store.owners import Owner
from skyform.store.results import result_subject
from skyform.store.tables import Base


def everything(store: Store, owner: Owner, *, now: datetime) -> str:
    """One row of each kind; returns the result's id."""
    with store.database.transaction() as session:
        row = rows.result(session, store, owner, now=now, picture=b"mine")
        rows.result(session, store, owner, now=now, picture=b"shared by two")
        rows.job(session, store, owner, now=now, picture=b"job")
        rows.vote(session, owner, subject="exhibit:1", now=now)
        play = {
            "exhibit": "1",
            "points": 1,
            "right": None,
            "model_right": None,
            "finished_at": None,
        }
        session.add(PlayRow(id=new_id(), **owner.columns(), created_at=now, **play))
        assert owner.user is not None
        session.add(
            SessionRow(
                id=new_id(),
                secret_hash=new_id(),
                user_id=owner.user,
                created_at=now,
                last_seen_at=now,
                expires_at=now,
            )
        )
        session.add(
            TokenRow(
                id=new_id(),
                user_id=owner.user,
                name="script",
                hint="sky_abcd",
                secret_hash=new_id(),
                created_at=now,
                last_used_at=None,
                expires_at=None,
            )
        )
        session.add(
            ResetRow(
                id=new_id(),
                user_id=owner.user,
                secret_hash=new_id(),
                created_at=now,
                expires_at=now,
            )
        )
        session.add(
            ReviewRow(
                result_id=row.id,
                curator_id=owner.user,
                decision="accept",
                labels={},
                note="",
                created_at=now,
            )
        )
        return row.id


def cells(store: Store) -> list[tuple[str, object]]:
    """Every cell of every table, with the table's name."""
    with store.database.reading() as session:
        return [
            (name, cell)
            for name, table in Base.metadata.tables.items()
            for row in session.execute(select(table))
            for cell in row
        ]


def test_nothing_is_left(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner, other = rows.user(session, now=now), rows.user(session, now=now, name="Edwin")
        rows.result(session, store, other, now=now, picture=b"shared by two")
    id = everything(store, owner, now=now)
    with store.database.transaction() as session:
        rows.vote(session, other, subject=result_subject(id), now=now)
    assert ("votes", owner.user) in cells(store)
    assert owner.user is not None
    assert delete_account(store, user_id=owner.user) == Deleted(results=2, jobs=1)
    left = cells(store)
    assert not [name for name, cell in left if cell == owner.user]
    assert not [name for name, cell in left if isinstance(cell, str) and id in cell]
    there = {key.rpartition("/")[2] for key in store.objects.keys("pictures")}
    assert there == {hashlib.sha256(b"shared by two").hexdigest()}
    # The other one's are whole.
    assert {name for name, cell in left if cell == other.user} == {"users", "results"}


def test_what_a_curator_decided_stays_without_a_name(store: Store, now: datetime):
    with store.database.transaction() as session:
        curator, other = rows.user(session, now=now), rows.user(session, now=now, name="Edwin")
        row = rows.result(session, store, other, now=now)
        review = {"decision": "accept", "labels": {"bar": "bar.yes"}, "note": ""}
        session.add(ReviewRow(result_id=row.id, curator_id=curator.user, created_at=now, **review))
    delete_account(store, user_id=curator.user or "")
    with store.database.reading() as session:
        assert session.scalars(select(ReviewRow)).one().curator_id is None


def test_one_that_is_not_there(store: Store):
    assert delete_account(store, user_id="0" * 32) == Deleted(0, 0)
    assert not store.objects.exists(picture_key("0" * 64))


def test_others_votes_stay(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner, other = rows.user(session, now=now), rows.user(session, now=now, name="Edwin")
        rows.vote(session, other, subject="exhibit:1", now=now)
    delete_account(store, user_id=owner.user or "")
    with store.database.reading() as session:
        assert session.scalars(select(VoteRow)).one().user_id == other.user


def test_a_visit_ends_in_steps_and_whole(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("skyform.store.deletion._BATCH", 2)
    with store.database.transaction() as session:
        visitor, other = rows.visitor(session, now=now), rows.visitor(session, now=now)
        for owner, count in ((visitor, 5), (other, 1)):
            for n in range(count):
                rows.result(session, store, owner, now=now, picture=f"{owner} {n}".encode())
                rows.job(session, store, owner, now=now, picture=f"{owner} {n} job".encode())
            rows.vote(session, owner, subject="exhibit:1", now=now)
    assert visitor.session is not None
    delete_visit(store, session_id=visitor.session)
    delete_visit(store, session_id=visitor.session)
    left = {ResultRow: 1, JobRow: 1, VoteRow: 1, SessionRow: 1, ImageRow: 2}
    with store.database.reading() as session:
        for table, number in left.items():
            assert session.scalar(select(func.count()).select_from(table)) == number, table
    assert len(list(store.objects.keys("pictures"))) == 2
