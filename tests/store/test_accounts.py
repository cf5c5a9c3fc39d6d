from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from skyform.errors import AccountError, CursorError
from skyform.store import AuditRow, SessionRow, Store, TokenRow, UserRow
from skyform.store.accounts import (
    add_account,
    change_account,
    erase_account,
    find_account,
    is_locked,
    join_openid,
    keep_an_admin,
    list_accounts,
    note_failure,
    note_sign_in,
    read_account,
    results_of,
    set_password,
    set_role,
    unlock_account,
)
from skyform.store.sessions import open_session
from skyform.store.tokens import make_token

LOCK = timedelta(minutes=15)


def made(store: Store, now: datetime, email: str = "mira@example.org") -> str:
    with store.database.transaction() as session:
        return add_account(session, email=email, password_hash="h", name=" Mira ", now=now).id


def actions(store: Store) -> list[str]:
    with store.database.transaction() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.id)))


def test_an_account_is_found_in_any_case(store: Store, now: datetime) -> None:
    id = made(store, now, " Mira@Example.ORG ")
    with store.database.transaction() as session:
        row = find_account(session, email="MIRA@example.org")
        assert row is not None
        assert (row.id, row.email, row.name, row.role) == (id, "mira@example.org", "Mira", "member")
        assert row.created_at == now
        assert read_account(session, id) is row
        for wrong in ("", "x", "a" * 32, "\x00" * 32, id.upper() + "x"):
            assert read_account(session, wrong) is None
        assert find_account(session, email="other@example.org") is None


def test_an_address_has_one_account(store: Store, now: datetime) -> None:
    made(store, now)
    with (
        store.database.transaction() as session,
        pytest.raises(AccountError, match="an account with this e-mail address"),
    ):
        add_account(session, email="MIRA@example.org", password_hash="x", now=now)
    assert actions(store) == ["account-made"]
    with store.database.transaction() as session:
        # The transaction of the one who was refused can go on.
        with pytest.raises(AccountError):
            add_account(session, email="mira@example.org", password_hash="x", now=now)
        add_account(session, email="other@example.org", password_hash="x", now=now)
    assert actions(store) == ["account-made", "account-made"]


def test_wrong_passwords_lock_for_a_while(store: Store, now: datetime) -> None:
    id = made(store, now)
    for count in range(1, 4):
        with store.database.transaction() as session:
            note_failure(session, id, most=3, lock=LOCK, now=now)
        with store.database.transaction() as session:
            row = read_account(session, id)
            assert row is not None
            assert is_locked(row, now=now) == (count == 3)
    with store.database.transaction() as session:
        row = read_account(session, id)
        assert row is not None
        assert row.locked_until == now + LOCK
        assert note_sign_in(session, id, now=now) is None
        assert not is_locked(row, now=now + LOCK)
        entered = note_sign_in(session, id, now=now + LOCK)
        assert entered is not None
        assert (entered.failed_sign_ins, entered.locked_until) == (0, None)
        assert note_sign_in(session, "a" * 32, now=now) is None
        note_failure(session, "a" * 32, most=3, lock=LOCK, now=now)
    assert actions(store) == ["account-made", "account-locked"]


def test_unlocking(store: Store, now: datetime) -> None:
    id = made(store, now)
    with store.database.transaction() as session:
        note_failure(session, id, most=1, lock=LOCK, now=now)
    with store.database.transaction() as session:
        row = read_account(session, id)
        assert row is not None
        unlock_account(session, row, now=now, actor="someone")
    with store.database.transaction() as session:
        assert note_sign_in(session, id, now=now) is not None
    assert actions(store)[-1] == "account-unlocked"


def test_changing_what_is_given(store: Store, now: datetime) -> None:
    id = made(store, now)
    with store.database.transaction() as session:
        row = read_account(session, id)
        assert row is not None
        change_account(row, keep_history=False)
        assert (row.name, row.keep_history) == ("Mira", False)
        change_account(row, name=" M ")
        assert (row.name, row.keep_history) == ("M", False)


def test_a_new_password_ends_sessions_but_one(store: Store, now: datetime) -> None:
    id = made(store, now)
    with store.database.transaction() as session:
        rows = [
            open_session(session, secret=f"s{i}", user_id=id, life=LOCK, now=now) for i in range(3)
        ]
        row = read_account(session, id)
        assert row is not None
        set_password(session, row, password_hash="new", now=now, session_id=rows[1].id)
        assert session.scalars(select(SessionRow.id)).all() == [rows[1].id]
        set_password(session, row, password_hash="new", now=now)
        assert session.scalars(select(SessionRow.id)).all() == []
        assert row.password_hash == "new"


def test_there_is_always_an_administrator(store: Store, now: datetime) -> None:
    one, two = made(store, now), made(store, now, "two@example.org")
    with store.database.transaction() as session:
        first, second = read_account(session, one), read_account(session, two)
        assert first is not None
        assert second is not None
        set_role(session, first, "admin", now=now)
        for role in ("member", "curator"):
            with pytest.raises(AccountError, match=r"last administrator.*another account"):
                set_role(session, first, role, now=now)
        with pytest.raises(AccountError, match="last administrator"):
            keep_an_admin(session, first)
        keep_an_admin(session, second)
        set_role(session, second, "admin", now=now)
        set_role(session, first, "curator", now=now, actor=two)
        with pytest.raises(AccountError, match=r"no role 'king'.*member, curator, admin"):
            set_role(session, first, "king", now=now)
    with store.database.transaction() as session:
        last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
        assert last is not None
        assert (last.actor, last.subject) == (two, f"user:{one}")
        assert last.detail == {"from": "admin", "to": "curator"}


def test_the_list_is_in_pages_and_can_be_searched(store: Store, now: datetime) -> None:
    for i in range(5):
        made(store, now + timedelta(seconds=i), f"person{i}@example.org")
    with store.database.transaction() as session:
        page = list_accounts(session, cursor=None, limit=3)
        assert [r.email[6] for r in page.items] == ["4", "3", "2"]
        assert page.total == 5
        rest = list_accounts(session, cursor=page.next, limit=3)
        assert [r.email[6] for r in rest.items] == ["1", "0"]
        assert rest.next is None
        for held, count in (("SON3@", 1), ("mira", 5), ("%", 0), ("_", 0), ("nobody", 0)):
            assert list_accounts(session, cursor=None, limit=9, search=held).total == count, held
        with pytest.raises(CursorError):
            list_accounts(session, cursor="x", limit=3)
        assert results_of(session, [r.id for r in page.items]) == {}


def test_an_account_that_is_deleted_takes_everything_along(store: Store, now: datetime) -> None:
    id = made(store, now)
    with store.database.transaction() as session:
        open_session(session, secret="s", user_id=id, life=LOCK, now=now)
        make_token(session, user_id=id, name="t", expires_at=None, now=now)
    erase_account(store, user_id=id, now=now, actor="someone")
    with store.database.transaction() as session:
        for table in (UserRow, SessionRow, TokenRow):
            assert session.scalars(select(table)).all() == []
    assert actions(store) == ["account-made", "account-deleted"]


def join(store: Store, now: datetime, subject: str = "i s", verified: bool = True) -> str:
    with store.database.transaction() as session:
        return join_openid(
            session,
            subject=subject,
            email="Mira@example.org",
            verified=verified,
            name="Elsewhere",
            now=now,
        ).id


def test_signing_in_elsewhere_makes_one_account(store: Store, now: datetime) -> None:
    id = join(store, now, verified=False)
    assert join(store, now) == id
    with pytest.raises(AccountError, match="with its password"):
        join(store, now, subject="i other")


def test_joining_shuts_the_old_way_in(store: Store, now: datetime) -> None:
    id = made(store, now)
    with store.database.transaction() as session:
        open_session(session, secret="s", user_id=id, life=LOCK, now=now)
        make_token(session, user_id=id, name="t", expires_at=None, now=now)
    with pytest.raises(AccountError, match="already"):
        join(store, now, verified=False)
    assert join(store, now) == id
    with store.database.transaction() as session:
        row = read_account(session, id)
        assert row is not None
        assert (row.password_hash, row.openid_subject, row.name) == (None, "i s", "Mira")
        assert session.scalars(select(SessionRow)).all() == []
        assert session.scalars(select(TokenRow)).all() == []
