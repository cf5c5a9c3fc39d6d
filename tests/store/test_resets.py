"""Secrets to set a new password with: each once, for half an hour, the latest alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from skyform.store import AuditRow, ResetRow, SessionRow, Store, TokenRow, UserRow
from skyform.store.accounts import (
    add_account,
    erase_account,
    join_openid,
    note_failure,
    read_account,
    reset_password,
    set_password,
)
from skyform.store.resets import RESET_LIFE, find_reset, make_reset
from skyform.store.sessions import digest_of, open_session
from skyform.store.tokens import make_token

LIFE = timedelta(days=30)


def account(store: Store, now: datetime, email: str = "mira@example.org") -> str:
    with store.database.transaction() as session:
        return add_account(session, email=email, password_hash="old", now=now).id


def asked(store: Store, id: str, *, now: datetime) -> str:
    with store.database.transaction() as session:
        row = read_account(session, id)
        assert row is not None
        return make_reset(session, row, now=now)


def came(store: Store, secret: str, *, now: datetime) -> str | None:
    """Whose password was set with the secret."""
    with store.database.transaction() as session:
        row = reset_password(session, secret=secret, password_hash="new", now=now)
        return None if row is None else row.id


def count(store: Store, table: type) -> int:
    with store.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_only_the_hash_is_kept(store: Store, now: datetime) -> None:
    id = account(store, now)
    secret = asked(store, id, now=now)
    assert len(secret) == 43
    with store.database.reading() as session:
        row = session.scalars(select(ResetRow)).one()
        assert (row.user_id, row.expires_at) == (id, now + timedelta(minutes=30))
        assert row.secret_hash == digest_of(secret)
        assert secret not in (row.id, row.secret_hash)
        for wrong in (row.id, row.secret_hash, secret[:-1], secret.swapcase(), ""):
            assert find_reset(session, secret=wrong, now=now) is None
        found = find_reset(session, secret=secret, now=now)
        assert found is not None
        assert found.id == id


def test_it_works_once(store: Store, now: datetime) -> None:
    id = account(store, now)
    secret = asked(store, id, now=now)
    assert came(store, secret, now=now) == id
    assert came(store, secret, now=now) is None
    assert count(store, ResetRow) == 0


def test_it_ends_after_half_an_hour(store: Store, now: datetime) -> None:
    id = account(store, now)
    secret = asked(store, id, now=now)
    assert came(store, secret, now=now + RESET_LIFE) is None
    assert came(store, secret, now=now + RESET_LIFE - timedelta(seconds=1)) == id


def test_only_the_latest_counts(store: Store, now: datetime) -> None:
    one, two = account(store, now), account(store, now, "two@example.org")
    first, other, second = (asked(store, id, now=now) for id in (one, two, one))
    assert came(store, first, now=now) is None
    assert came(store, second, now=now) == one
    assert came(store, other, now=now) == two


def test_of_several_at_once_one_gets_in(store: Store, now: datetime) -> None:
    id = account(store, now)
    secret = asked(store, id, now=now)
    with ThreadPoolExecutor(4) as threads:
        got = list(threads.map(lambda _: came(store, secret, now=now), range(4)))
    assert [who for who in got if who] == [id]


def test_every_other_way_in_ends(store: Store, now: datetime) -> None:
    id, other = account(store, now), account(store, now, "two@example.org")
    with store.database.transaction() as session:
        for secret, user in (("a", id), ("b", id), ("c", other)):
            open_session(session, secret=secret, user_id=user, life=LIFE, now=now)
            make_token(session, user_id=user, name="t", expires_at=None, now=now)
        note_failure(session, id, most=1, lock=LIFE, now=now)
        row = session.get_one(UserRow, id)
        row.openid_subject = "https://school.example 7"
    assert came(store, asked(store, id, now=now), now=now) == id
    with store.database.reading() as session:
        row = session.get_one(UserRow, id)
        assert (row.password_hash, row.locked_until, row.openid_subject) == ("new", None, None)
        assert set(session.scalars(select(SessionRow.user_id))) == {other}
        assert set(session.scalars(select(TokenRow.user_id))) == {other}
        last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
        assert last is not None
        assert (last.actor, last.action, last.subject) == (id, "password-reset", f"user:{id}")


@pytest.mark.parametrize("how", ["password", "openid", "erased"])
def test_it_ends_with_what_it_was_made_for(store: Store, now: datetime, how: str) -> None:
    id = account(store, now)
    secret = asked(store, id, now=now)
    with store.database.transaction() as session:
        row = session.get_one(UserRow, id)
        if how == "password":
            set_password(session, row, password_hash="x", now=now)
        elif how == "openid":
            email, name = row.email, row.name
            join_openid(session, subject="s", email=email, verified=True, name=name, now=now)
    if how == "erased":
        erase_account(store, user_id=id, now=now)
    assert count(store, ResetRow) == 0
    assert came(store, secret, now=now) is None
