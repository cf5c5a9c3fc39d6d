"""Visitors of the site: with a cookie, an account, a token."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fakes import FakeClassifier
from fastapi import FastAPI
from fastapi.testclient import TestClient

from skyform.server import Settings, create_app
from skyform.store import Base, Store
from skyform.store.accounts import find_account, set_role

PASSWORD = "several quiet words"
SESSION = "/api/v1/session"
ACCOUNT = "/api/v1/account"
# So that hashing takes a millisecond.
CHEAP = {"password_memory": 8, "password_rounds": 1}


def site(folder: Path, **settings: Any) -> FastAPI:
    """An application for the tests of a module, which has no limits on how often one may ask; it keeps things in a folder."""
    limits = {name: 0 for name in vars(Settings()) if name.startswith("rate_")}
    given = {"data": str(folder), **CHEAP, **limits, **settings}
    return create_app(Settings(**given), classifier=FakeClassifier())


def emptied(client: TestClient) -> TestClient:
    """The client, once all that its application keeps is gone."""
    with store_of(client).database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    return client


def csrf(client: TestClient) -> dict[str, str]:
    """The header that changes need."""
    return {"X-CSRF-Token": client.get(SESSION).json()["csrf"]}


def sign_up(client: TestClient, email: str = "mira@example.org", **form: Any) -> dict[str, Any]:
    """Make an account and stay signed in; gives the user."""
    response = client.post(
        ACCOUNT, json={"email": email, "password": PASSWORD, **form}, headers=csrf(client)
    )
    assert response.status_code == 201, response.text
    return response.json()["user"]


def sign_in(client: TestClient, email: str = "mira@example.org", password: str = PASSWORD) -> Any:
    """Try to sign in."""
    return client.post(SESSION, json={"email": email, "password": password}, headers=csrf(client))


def sign_out(client: TestClient) -> None:
    """End the session."""
    assert client.delete(SESSION, headers=csrf(client)).status_code == 204


def store_of(client: TestClient) -> Store:
    """What the application keeps."""
    app: Any = client.app
    return app.state.service.store


def promote(client: TestClient, role: str, email: str = "mira@example.org") -> None:
    """Give a role, as the command line does, and sign in anew."""
    with store_of(client).database.transaction() as session:
        row = find_account(session, email=email)
        assert row is not None
        set_role(session, row, role, now=datetime.now(UTC))
    sign_out(client)
    assert sign_in(client, email).status_code == 200
