"""What an administrator sees and does."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from visits import SESSION, csrf, emptied, promote, sign_in, sign_up, site

ADMIN = "/api/v1/admin"
ROUTES = [
    ("GET", "/overview"),
    ("GET", "/users"),
    ("PUT", "/users/x/role"),
    ("DELETE", "/users/x"),
    ("GET", "/audit"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    app = site(tmp_path_factory.mktemp("site"))
    with TestClient(app):
        yield app


@pytest.fixture
def boss(app: FastAPI) -> TestClient:
    client = emptied(TestClient(app))
    sign_up(client, "boss@example.org", name="The boss")
    promote(client, "admin", "boss@example.org")
    return client


@pytest.fixture
def person(boss: TestClient) -> TestClient:
    client = TestClient(boss.app)
    sign_up(client)
    return client


def id_of(client: TestClient) -> str:
    return client.get(SESSION).json()["user"]["id"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_it_is_for_administrators(person: TestClient, method: str, path: str) -> None:
    body = {"role": "admin"} if method == "PUT" else None
    for role, status, code in (
        (None, 401, "sign-in-needed"),
        ("member", 403, "not-allowed"),
        ("curator", 403, "not-allowed"),
    ):
        client = person if role else TestClient(person.app)
        if role == "curator":
            promote(person, "curator")
        headers = csrf(client)
        response = client.request(method, ADMIN + path, json=body, headers=headers)
        assert (response.status_code, response.json()["error"]["code"]) == (status, code)


def test_the_server_in_numbers(boss: TestClient, person: TestClient) -> None:
    numbers = boss.get(f"{ADMIN}/overview").json()
    assert numbers["users"] == 2
    assert numbers["results"] == numbers["images"] == numbers["image_bytes"] == 0
    assert numbers["model"] == "fake@1"
    assert numbers["started_at"].endswith(("Z", "+00:00"))


def test_the_list_of_accounts(boss: TestClient, person: TestClient) -> None:
    page = boss.get(f"{ADMIN}/users").json()
    assert [u["email"] for u in page["items"]] == ["mira@example.org", "boss@example.org"]
    assert (page["total"], page["next"]) == (2, None)
    assert [u["role"] for u in page["items"]] == ["member", "admin"]
    assert "password_hash" not in str(page)
    first = boss.get(f"{ADMIN}/users?limit=1").json()
    rest = boss.get(f"{ADMIN}/users", params={"limit": 1, "cursor": first["next"]}).json()
    assert [u["email"] for u in rest["items"]] == ["boss@example.org"]
    found = boss.get(f"{ADMIN}/users", params={"search": "THE BOSS"}).json()
    assert [u["name"] for u in found["items"]] == ["The boss"]
    bad = boss.get(f"{ADMIN}/users?cursor=made-up")
    assert (bad.status_code, bad.json()["error"]["code"]) == (422, "invalid-cursor")


def test_a_role_counts_at_once(boss: TestClient, person: TestClient) -> None:
    id = id_of(person)
    changed = boss.put(f"{ADMIN}/users/{id}/role", json={"role": "admin"}, headers=csrf(boss))
    assert changed.json()["role"] == "admin"
    assert person.get(f"{ADMIN}/users").status_code == 200
    boss.put(f"{ADMIN}/users/{id}/role", json={"role": "member"}, headers=csrf(boss))
    assert person.get(f"{ADMIN}/users").status_code == 403


def test_the_last_administrator_stays(boss: TestClient) -> None:
    path = f"{ADMIN}/users/{id_of(boss)}"
    for response in (
        boss.put(f"{path}/role", json={"role": "member"}, headers=csrf(boss)),
        boss.delete(path, headers=csrf(boss)),
        boss.delete("/api/v1/account", headers=csrf(boss)),
    ):
        assert (response.status_code, response.json()["error"]["code"]) == (409, "last-admin")
    assert boss.put(f"{path}/role", json={"role": "king"}, headers=csrf(boss)).status_code == 422


def test_deleting_an_account(boss: TestClient, person: TestClient) -> None:
    id = id_of(person)
    assert boss.delete(f"{ADMIN}/users/{id}", headers=csrf(boss)).status_code == 204
    assert person.get(SESSION).json()["user"] is None
    assert sign_in(person).status_code == 401
    again = boss.delete(f"{ADMIN}/users/{id}", headers=csrf(boss))
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not-found")


def test_what_was_done_is_written_down_without_names(boss: TestClient, person: TestClient) -> None:
    id, own = id_of(person), id_of(boss)
    boss.put(f"{ADMIN}/users/{id}/role", json={"role": "curator"}, headers=csrf(boss))
    boss.delete(f"{ADMIN}/users/{id}", headers=csrf(boss))
    response = boss.get(f"{ADMIN}/audit")
    entries = response.json()["items"]
    assert [(e["action"], e["actor"]) for e in entries[:3]] == [
        ("account-deleted", own),
        ("role-changed", own),
        ("account-made", id),
    ]
    assert entries[1]["subject"] == f"user:{id}"
    assert entries[1]["detail"] == {"from": "member", "to": "curator"}
    assert "example.org" not in response.text
