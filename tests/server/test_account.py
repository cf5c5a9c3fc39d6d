"""Accounts over HTTP: made, entered, left, changed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fakes import Serve
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from visits import (
    ACCOUNT,
    CHEAP,
    PASSWORD,
    SESSION,
    csrf,
    emptied,
    sign_in,
    sign_out,
    sign_up,
    site,
    store_of,
)

from skyform.store import SessionRow, UserRow

COOKIE = "skyform_session"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    app = site(tmp_path_factory.mktemp("site"))
    with TestClient(app):
        yield app


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return emptied(TestClient(app))


def sessions(client: TestClient) -> list[SessionRow]:
    with store_of(client).database.transaction() as session:
        return list(session.scalars(select(SessionRow)))


def code(response) -> str:
    return response.json()["error"]["code"]


def test_a_visitor_is_nobody_and_nothing_is_kept(visitor: TestClient) -> None:
    note = visitor.get(SESSION).json()
    assert note["user"] is None
    assert re.fullmatch(r"[0-9a-f]{64}", note["csrf"])
    assert note["registration"] is True
    assert note["openid"] is None
    assert visitor.get(SESSION).json()["csrf"] == note["csrf"]
    assert sessions(visitor) == []


def test_signing_up_signs_in(visitor: TestClient) -> None:
    user = sign_up(visitor, "Mira@Example.ORG", name=" Mira ")
    assert (user["email"], user["name"], user["role"]) == ("mira@example.org", "Mira", "member")
    assert user["has_password"] is True
    assert visitor.get(SESSION).json()["user"] == user
    with store_of(visitor).database.transaction() as session:
        row = session.scalars(select(UserRow)).one()
    assert row.password_hash.startswith("$argon2id$")
    assert PASSWORD not in row.password_hash


def test_the_cookie_is_for_the_server_alone(visitor: TestClient) -> None:
    response = visitor.post(
        ACCOUNT,
        json={"email": "mira@example.org", "password": PASSWORD},
        headers=csrf(visitor),
    )
    cookies = response.headers.get_list("set-cookie")
    session = next(c for c in cookies if c.startswith(COOKIE))
    assert "HttpOnly" in session
    assert "samesite=lax" in session.lower()
    assert "Path=/" in session
    assert "Domain" not in session
    assert "Secure" not in session
    secret = visitor.cookies[COOKIE]
    assert len(secret) == 43
    (row,) = sessions(visitor)
    assert secret not in (row.id, row.secret_hash)
    assert response.headers["Cache-Control"] == "no-store"


def test_over_https_the_cookie_is_bound_to_the_host(serve: Serve) -> None:
    client = serve(**CHEAP, public_url="https://skyform.example")
    client.base_url = "https://skyform.example"
    sign_up(client)
    assert set(client.cookies) == {"__Host-skyform_session"}
    client.cookies.set(COOKIE, client.cookies["__Host-skyform_session"])
    client.cookies.delete("__Host-skyform_session")
    assert client.get(SESSION).json()["user"] is None


def test_in_and_out(visitor: TestClient) -> None:
    sign_up(visitor)
    secret = visitor.cookies[COOKIE]
    sign_out(visitor)
    assert COOKIE not in visitor.cookies
    assert sessions(visitor) == []
    visitor.cookies.set(COOKIE, secret)
    assert visitor.get(SESSION).json()["user"] is None
    del visitor.cookies[COOKIE]
    assert sign_in(visitor, " MIRA@example.org ").status_code == 200
    assert visitor.get(SESSION).json()["user"]["email"] == "mira@example.org"


def test_every_sign_in_has_a_new_secret(visitor: TestClient) -> None:
    """Who knew the cookie of before, or planted one, is not signed in with it."""
    sign_up(visitor)
    before = visitor.cookies[COOKIE]
    assert sign_in(visitor).status_code == 200
    assert visitor.cookies[COOKIE] != before
    assert len(sessions(visitor)) == 1
    planted = "A" * 43
    visitor.cookies.clear()
    visitor.cookies.set(COOKIE, planted)
    assert sign_in(visitor).status_code == 200
    visitor.cookies.clear()
    visitor.cookies.set(COOKIE, planted)
    assert visitor.get(SESSION).json()["user"] is None


def test_wrong_passwords_and_unknown_addresses_are_answered_alike(visitor: TestClient) -> None:
    sign_up(visitor)
    wrong = sign_in(visitor, password="another password").json()["error"]
    unknown = sign_in(visitor, "nobody@example.org").json()["error"]
    wrong.pop("request_id")
    unknown.pop("request_id")
    assert wrong == unknown
    assert wrong["code"] == "wrong-password"


def test_an_account_is_locked_after_several_wrong_passwords(serve: Serve) -> None:
    client = serve(**CHEAP, sign_in_failures=3, lock_minutes=7)
    sign_up(client)
    sign_out(client)
    for email in ("mira@example.org", "nobody@example.org"):
        for _ in range(3):
            assert sign_in(client, email, "a wrong password").status_code == 401
        locked = sign_in(client, email)
        assert locked.status_code == 429
        assert code(locked) == "locked"
        assert locked.headers["Retry-After"] == "420"
    past = datetime.now(UTC) - timedelta(seconds=1)
    with store_of(client).database.transaction() as session:
        session.execute(update(UserRow).values(locked_until=past))
    assert sign_in(client).status_code == 200


def test_an_address_is_locked_out_after_many_wrong_passwords(serve: Serve) -> None:
    client = serve(**CHEAP, sign_in_failures=1, rate_sign_in=0)
    sign_up(client)
    for i in range(10):
        assert sign_in(client, f"person{i}@example.org", "a guess").status_code == 401
    assert code(sign_in(client)) == "locked"


def test_the_right_password_begins_the_count_anew(serve: Serve) -> None:
    client = serve(**CHEAP, sign_in_failures=2)
    sign_up(client)
    for _ in range(3):
        assert sign_in(client, password="a wrong password").status_code == 401
        assert sign_in(client).status_code == 200


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"email": "mira@example.org", "password": "short"}, "invalid-parameter"),
        ({"email": "mira@example.org", "password": "password123"}, "weak-password"),
        ({"email": "mira.lind@example.org", "password": "mira.lind99"}, "weak-password"),
        ({"email": "no address", "password": PASSWORD}, "invalid-parameter"),
        ({"email": "a@b.example\r\nBcc: x@y.example", "password": PASSWORD}, "invalid-parameter"),
        ({"email": "mira@example.org", "password": PASSWORD, "role": "admin"}, "invalid-parameter"),
        ({"password": PASSWORD}, "invalid-parameter"),
    ],
)
def test_what_makes_no_account(visitor: TestClient, form: dict, expected: str) -> None:
    response = visitor.post(ACCOUNT, json=form, headers=csrf(visitor))
    assert response.status_code == 422
    assert code(response) == expected
    assert form["password"] not in response.text
    with store_of(visitor).database.transaction() as session:
        assert session.scalars(select(UserRow)).all() == []


def test_one_account_for_one_address(visitor: TestClient) -> None:
    sign_up(visitor)
    response = visitor.post(
        ACCOUNT, json={"email": "MIRA@example.org", "password": PASSWORD}, headers=csrf(visitor)
    )
    assert (response.status_code, code(response)) == (409, "email-taken")


def test_registration_can_be_closed(serve: Serve) -> None:
    client = serve(**CHEAP, registration="closed")
    assert client.get(SESSION).json()["registration"] is False
    response = client.post(
        ACCOUNT, json={"email": "mira@example.org", "password": PASSWORD}, headers=csrf(client)
    )
    assert (response.status_code, code(response)) == (403, "registration-closed")


def test_changing_name_and_history(visitor: TestClient) -> None:
    sign_up(visitor)
    changed = visitor.patch(
        ACCOUNT, json={"keep_history": False, "name": "M."}, headers=csrf(visitor)
    ).json()
    assert (changed["keep_history"], changed["name"]) == (False, "M.")
    again = visitor.patch(ACCOUNT, json={"name": "N."}, headers=csrf(visitor)).json()
    assert (again["keep_history"], again["name"]) == (False, "N.")


def test_a_new_password_ends_the_other_sessions(visitor: TestClient) -> None:
    sign_up(visitor)
    other = TestClient(visitor.app)
    assert sign_in(other).status_code == 200
    change = {"current": PASSWORD, "new": "other quiet words"}
    refused = visitor.put(
        f"{ACCOUNT}/password", json={**change, "current": "no"}, headers=csrf(visitor)
    )
    assert (refused.status_code, code(refused)) == (403, "wrong-password")
    response = visitor.put(f"{ACCOUNT}/password", json=change, headers=csrf(visitor))
    assert response.status_code == 204
    assert visitor.get(SESSION).json()["user"] is not None
    assert other.get(SESSION).json()["user"] is None
    assert sign_in(other).status_code == 401
    assert sign_in(other, password="other quiet words").status_code == 200


def test_guessing_the_current_password_locks_too(serve: Serve) -> None:
    client = serve(**CHEAP, sign_in_failures=2)
    sign_up(client)
    change = {"current": "a guess", "new": "other quiet words"}
    statuses = [
        client.put(f"{ACCOUNT}/password", json=change, headers=csrf(client)).status_code
        for _ in range(3)
    ]
    assert statuses == [403, 403, 429]


def test_a_hash_is_renewed_when_its_cost_has_changed(serve: Serve) -> None:
    sign_up(serve(**CHEAP))
    later = serve(**{**CHEAP, "password_rounds": 2})
    assert sign_in(later).status_code == 200
    with store_of(later).database.transaction() as session:
        assert ",t=2," in session.scalars(select(UserRow.password_hash)).one()
    assert sign_in(later).status_code == 200


def test_an_expired_session_is_nobodys(visitor: TestClient) -> None:
    sign_up(visitor)
    past = datetime.now(UTC) - timedelta(seconds=1)
    with store_of(visitor).database.transaction() as session:
        session.execute(update(SessionRow).values(expires_at=past))
    assert TestClient(visitor.app, cookies=visitor.cookies).get(SESSION).json()["user"] is None


def test_use_moves_the_end_of_a_session_and_its_cookie(visitor: TestClient) -> None:
    sign_up(visitor)
    before = datetime.now(UTC) - timedelta(days=3)
    with store_of(visitor).database.transaction() as session:
        session.execute(
            update(SessionRow).values(
                created_at=before, last_seen_at=before, expires_at=before + timedelta(days=30)
            )
        )
    response = visitor.get(SESSION)
    assert response.headers["Set-Cookie"].startswith(f"{COOKIE}=")
    assert "Max-Age=2592000" in response.headers["Set-Cookie"]
    assert "Set-Cookie" not in visitor.get(SESSION).headers
    (row,) = sessions(visitor)
    assert row.expires_at > datetime.now(UTC) + timedelta(days=29)


@pytest.mark.parametrize(
    "forged",
    ["", "x", "A" * 43, "A" * 4000, "..%2f..", '"', "admin", "sky_" + "A" * 43],
)
def test_forged_cookies_are_nobodys(visitor: TestClient, forged: str) -> None:
    sign_up(visitor)
    visitor.cookies.clear()
    response = visitor.get(SESSION, headers={"Cookie": f"{COOKIE}={forged}"})
    assert response.status_code == 200
    assert response.json()["user"] is None


def test_who_knows_only_the_database_is_not_signed_in(visitor: TestClient) -> None:
    sign_up(visitor)
    (row,) = sessions(visitor)
    for value in (row.id, row.secret_hash, row.secret_hash[:43]):
        visitor.cookies.clear()
        visitor.cookies.set(COOKIE, value)
        assert visitor.get(SESSION).json()["user"] is None


def test_what_needs_an_account_says_so(visitor: TestClient) -> None:
    for method, path in (
        ("PATCH", ACCOUNT),
        ("DELETE", ACCOUNT),
        ("GET", f"{ACCOUNT}/export"),
        ("GET", f"{ACCOUNT}/tokens"),
        ("GET", "/api/v1/admin/users"),
    ):
        response = visitor.request(method, path, json={} if method == "PATCH" else None)
        assert (response.status_code, code(response)) == (401, "sign-in-needed")
        assert response.headers["WWW-Authenticate"] == "Bearer"
