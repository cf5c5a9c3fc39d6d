"""A visitor's kept results, and what an account takes over."""

from datetime import datetime, timedelta

import made_up_rows as rows
import pytest
from sqlalchemy import func, select

from skyform.errors import CursorError
from skyform.store import JobRow, PlayRow, ResultRow, SessionRow, Store, VoteRow
from skyform.store.ids import new_id
from skyform.store.owners import Owner
from skyform.store.results import (
    adopt,
    change_result,
    count_results,
    delete_results,
    list_results,
    own_result,
    read_result,
    result_subject,
)
from skyform.store.tables import Base

DAY = timedelta(days=1)
STRANGER = Owner(session="f" * 32)


def test_what_is_kept_comes_back_whole(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now)
        id = rows.result(session, store, owner, now=now).id
    with store.database.reading() as session:
        row = own_result(session, id, owner=owner, now=now)
        assert row is not None
        assert row.classification == {"id": "NGC 1", "answers": [0.25, None], "text": "Ærø"}
        assert row.created_at == now
        assert (row.user_id, row.session_id) == (None, owner.session)
        assert not row.shared


def test_the_newest_come_first_and_nobody_elses(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner, other = rows.visitor(session, now=now), rows.user(session, now=now)
        for i in range(5):
            rows.result(session, store, owner, now=now + i * DAY, title=str(i))
            rows.result(session, store, other, now=now + i * DAY, title="other")
    with store.database.reading() as session:
        first = list_results(session, owner, cursor=None, limit=3, now=now)
        second = list_results(session, owner, cursor=first.next, limit=3, now=now)
        assert [r.title for r in first.items + second.items] == list("43210")
        assert (first.total, second.next) == (5, None)
        assert count_results(session, other, now=now) == 5
        assert count_results(session, Owner(), now=now) == 0
        with pytest.raises(CursorError):
            list_results(session, owner, cursor="nonsense", limit=3, now=now)


def test_others_see_only_what_is_shared(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.user(session, now=now)
        id = rows.result(session, store, owner, now=now).id
    with store.database.reading() as session:
        assert read_result(session, id, owner=STRANGER, now=now) is None
        assert read_result(session, id, owner=Owner(), now=now) is None
        assert read_result(session, id, owner=owner, now=now) is not None
    with store.database.transaction() as session:
        row = own_result(session, id, owner=owner, now=now)
        assert row is not None
        change_result(row, title="M 51", shared=True)
    with store.database.reading() as session:
        row = read_result(session, id, owner=STRANGER, now=now)
        assert row is not None
        assert row.title == "M 51"
        assert own_result(session, id, owner=STRANGER, now=now) is None


@pytest.mark.parametrize("id", ["", "x", "\x00", "0" * 32, "../../etc/passwd", "ü" * 32, "'" * 32])
def test_ids_that_are_none(store: Store, now: datetime, id: str):
    with store.database.reading() as session:
        assert read_result(session, id, owner=Owner(), now=now) is None


def test_what_has_expired_is_gone_at_once(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now)
        row = rows.result(session, store, owner, now=now, expires_at=now + DAY)
        change_result(row, shared=True)
    with store.database.reading() as session:
        assert read_result(session, row.id, owner=owner, now=now + DAY - DAY / 24) is not None
        for someone in (owner, STRANGER):
            assert read_result(session, row.id, owner=someone, now=now + DAY) is None
        assert list_results(session, owner, cursor=None, limit=9, now=now + DAY).total == 0


def test_votes_go_with_their_result(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner, other = rows.visitor(session, now=now), rows.user(session, now=now)
        mine = rows.result(session, store, owner, now=now)
        kept = rows.result(session, store, owner, now=now)
        for row in (mine, kept):
            rows.vote(session, other, subject=result_subject(row.id), now=now)
        delete_results(session, store.objects, [mine])
    with store.database.reading() as session:
        assert list(session.scalars(select(VoteRow.subject))) == [result_subject(kept.id)]


def test_an_account_takes_over_what_the_session_kept(store: Store, now: datetime):
    with store.database.transaction() as session:
        before, account = rows.visitor(session, now=now), rows.user(session, now=now)
        other = rows.visitor(session, now=now)
        for owner in (before, other):
            rows.result(session, store, owner, now=now, expires_at=now + DAY)
            rows.job(session, store, owner, now=now, picture=b"j")
            rows.vote(session, owner, subject="exhibit:1", now=now)
            session.add(
                PlayRow(
                    id=new_id(),
                    **owner.columns(),
                    exhibit="1",
                    points=3,
                    right=True,
                    model_right=None,
                    created_at=now,
                    finished_at=now,
                )
            )
    assert before.session is not None
    assert account.user is not None
    with store.database.transaction() as session:
        assert adopt(session, session_id=before.session, user_id=account.user) == 2
        assert adopt(session, session_id=before.session, user_id=account.user) == 0
        session.delete(session.get_one(SessionRow, before.session))
    with store.database.reading() as session:
        for table in (ResultRow, JobRow, VoteRow, PlayRow):
            assert [account.owns(r) for r in session.scalars(mine(table, account))] == [True]
            assert session.scalar(select(func.count()).select_from(table)) == 2
        # An account's results stay.
        assert count_results(session, account, now=now + 99 * DAY) == 1


def mine(table: type[Base], owner: Owner):
    return select(table).where(owner.clause(table))


@pytest.mark.parametrize("session_first", [True, False])
def test_of_two_votes_on_the_same_the_later_counts(
    store: Store, now: datetime, session_first: bool
):
    with store.database.transaction() as session:
        before, account = rows.visitor(session, now=now), rows.user(session, now=now)
        times = (now, now + DAY) if session_first else (now + DAY, now)
        rows.vote(session, before, subject="exhibit:1", now=times[0], answer="bar.no")
        rows.vote(session, account, subject="exhibit:1", now=times[1], answer="bar.yes")
        adopt(session, session_id=before.session or "", user_id=account.user or "")
    with store.database.reading() as session:
        votes = session.scalars(select(VoteRow)).all()
    assert [(v.user_id, v.session_id) for v in votes] == [(account.user, None)]
    assert votes[0].answer == ("bar.yes" if session_first else "bar.no")


def test_one_that_is_nobody_owns_nothing(store: Store, now: datetime):
    with store.database.transaction() as session:
        row = rows.result(session, store, rows.visitor(session, now=now), now=now)
    assert not Owner().owns(row)
    assert not Owner(user="f" * 32, session=row.session_id).owns(row)
    with pytest.raises(ValueError, match="needs an account or a session"):
        Owner().columns()
