from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from skyform.errors import AccountError
from skyform.store import SessionRow, Store, TokenRow
from skyform.store.accounts import add_account, read_account
from skyform.store.sessions import (
    Known,
    digest_of,
    end_session,
    end_sessions,
    find_session,
    new_secret,
    note_session,
    open_session,
)
from skyform.store.tokens import (
    end_token,
    end_tokens,
    find_token,
    make_token,
    note_token,
    tokens_of,
)

LIFE = timedelta(days=30)


def account(store: Store, now: datetime, email: str = "mira@example.org") -> str:
    with store.database.transaction() as session:
        return add_account(session, email=email, password_hash=None, now=now).id


def test_a_session_is_found_by_its_secret_alone(store: Store, now: datetime) -> None:
    user, secret = account(store, now), new_secret()
    with store.database.transaction() as session:
        row = open_session(session, secret=secret, user_id=user, life=LIFE, now=now)
        assert row.secret_hash == digest_of(secret) != secret
    with store.database.transaction() as session:
        known = find_session(session, secret=secret, now=now)
        assert known == Known(session=row.id, user=user, role="member")
        for wrong in (row.id, row.secret_hash, secret[:-1], secret.swapcase(), ""):
            assert find_session(session, secret=wrong, now=now) is None


def test_a_visitor_has_a_session_without_an_account(store: Store, now: datetime) -> None:
    with store.database.transaction() as session:
        row = open_session(session, secret="s", user_id=None, life=LIFE, now=now)
        known = find_session(session, secret="s", now=now)
        assert known == Known(session=row.id, user=None, role="visitor")
        end_session(session, row.id)
        end_session(session, row.id)
        assert find_session(session, secret="s", now=now) is None


def test_use_moves_the_end_but_not_for_ever(store: Store, now: datetime) -> None:
    with store.database.transaction() as session:
        open_session(session, secret="s", user_id=None, life=LIFE, now=now)
    at, moved = now, 0
    while True:
        with store.database.transaction() as session:
            known = find_session(session, secret="s", now=at)
            if known is None:
                break
            if known.due:
                note_session(session, known.session, life=LIFE, now=at)
        moved += known.due
        at += timedelta(days=20)
    assert moved == 18
    assert at - now >= timedelta(days=365)


def test_use_is_written_down_once_an_hour(store: Store, now: datetime) -> None:
    user = account(store, now)
    with store.database.transaction() as session:
        id = open_session(session, secret="t", user_id=user, life=LIFE, now=now).id
    for minutes, due in ((0, False), (59, False), (60, True)):
        with store.database.reading() as session:
            at = now + timedelta(minutes=minutes)
            known = find_session(session, secret="t", now=at)
            assert known is not None
            assert known.due == due
            assert find_session(session, secret="t", now=now + LIFE) is None
    with store.database.transaction() as session:
        note_session(session, id, life=LIFE, now=at)
        note_session(session, "a" * 32, life=LIFE, now=at)
    with store.database.reading() as session:
        assert find_session(session, secret="t", now=now + LIFE) is not None
        row = read_account(session, user)
        assert row is not None
        assert row.last_seen_at == at


def test_ending_all_sessions_but_one(store: Store, now: datetime) -> None:
    one, two = account(store, now), account(store, now, "two@example.org")
    with store.database.transaction() as session:
        rows = [
            open_session(session, secret=s, user_id=u, life=LIFE, now=now)
            for s, u in (("a", one), ("b", one), ("c", two), ("d", None))
        ]
        end_sessions(session, user_id=one, but=rows[0].id)
        left = select(SessionRow.id).order_by(SessionRow.secret_hash)
        assert set(session.scalars(left)) == {rows[0].id, rows[2].id, rows[3].id}
        end_sessions(session, user_id=one)
        assert set(session.scalars(left)) == {rows[2].id, rows[3].id}


def test_a_token_is_found_until_it_expires(store: Store, now: datetime) -> None:
    user = account(store, now)
    end = now + timedelta(days=1)
    with store.database.transaction() as session:
        row, token = make_token(session, user_id=user, name="t", expires_at=end, now=now)
        assert token.startswith("sky_")
        assert len(token) == 47
        assert row.hint == token[:8]
        assert row.secret_hash == digest_of(token)
    with store.database.transaction() as session:
        known = find_token(session, token=token, now=now)
        assert known == Known(session="", user=user, role="member", due=True)
        assert find_token(session, token=token, now=end) is None
        assert find_token(session, token=token[4:], now=now) is None


def test_the_last_use_is_noted_once_a_minute(store: Store, now: datetime) -> None:
    user = account(store, now)
    with store.database.transaction() as session:
        row, token = make_token(session, user_id=user, name="t", expires_at=None, now=now)
    for seconds, due in ((0, True), (59, False), (60, True)):
        at = now + timedelta(seconds=seconds)
        with store.database.transaction() as session:
            known = find_token(session, token=token, now=at)
            assert known is not None
            assert known.due == due
            if due:
                note_token(session, token=token, now=at)
    with store.database.reading() as session:
        found = session.get(TokenRow, row.id)
        assert found is not None
        assert found.last_used_at == at


def test_tokens_are_listed_and_revoked_by_their_owner(store: Store, now: datetime) -> None:
    one, two = account(store, now), account(store, now, "two@example.org")
    with store.database.transaction() as session:
        ids = [
            make_token(session, user_id=one, name=f"t{i}", expires_at=None, now=now + timedelta(i))[
                0
            ].id
            for i in range(3)
        ]
        assert [row.name for row in tokens_of(session, user_id=one)] == ["t2", "t1", "t0"]
        assert not end_token(session, id=ids[0], user_id=two)
        assert not end_token(session, id="x", user_id=one)
        assert end_token(session, id=ids[0], user_id=one)
        assert not end_token(session, id=ids[0], user_id=one)
        end_tokens(session, user_id=one)
        assert tokens_of(session, user_id=one) == []


def test_there_are_not_too_many_tokens(store: Store, now: datetime) -> None:
    user = account(store, now)
    with store.database.transaction() as session:
        for _ in range(50):
            make_token(session, user_id=user, name="t", expires_at=None, now=now)
        with pytest.raises(AccountError, match=r"50 tokens.*Revoke"):
            make_token(session, user_id=user, name="t", expires_at=None, now=now)


def test_secrets_differ() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert {len(s) for s in secrets} == {43}
