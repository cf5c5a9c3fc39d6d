"""What another site has a browser send is refused; what our pages and scripts send is not."""

from collections.abc import Iterator

import pytest
from fakes import picture
from fastapi import FastAPI
from fastapi.testclient import TestClient
from visits import ACCOUNT, PASSWORD, SESSION, csrf, emptied, sign_up, site, store_of

from skyform.server.csrf import csrf_token
from skyform.store import UserRow

CLASSIFY = "/api/v1/classify"
PREVIEW = "/api/v1/preview"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    app = site(tmp_path_factory.mktemp("site"))
    with TestClient(app):
        yield app


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return emptied(TestClient(app))


def code(response) -> str:
    return response.json()["error"]["code"]


@pytest.mark.parametrize("path", [CLASSIFY, PREVIEW])
def test_a_program_without_cookies_needs_nothing(visitor: TestClient, path: str) -> None:
    assert visitor.post(path, content=picture()).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "http://testserver.elsewhere.example"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver:81"},
        {"Origin": "null"},
        {"Origin": ""},
    ],
)
@pytest.mark.parametrize("signed_in", [False, True])
def test_another_sites_page_is_refused(visitor: TestClient, headers: dict, signed_in: bool) -> None:
    if signed_in:
        sign_up(visitor)
        headers = {**headers, **csrf(visitor)}
    for method, path in (("POST", CLASSIFY), ("PATCH", ACCOUNT), ("DELETE", SESSION)):
        response = visitor.request(method, path, content=picture(), headers=headers)
        assert (response.status_code, code(response)) == (403, "cross-site")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
        {"Origin": "HTTP://TestServer", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_our_own_page_passes(visitor: TestClient, headers: dict) -> None:
    response = visitor.post(CLASSIFY, content=picture(), headers={**headers, **csrf(visitor)})
    assert response.status_code == 200


def test_reading_is_open_to_links_from_elsewhere(visitor: TestClient) -> None:
    assert visitor.get("/api/v1/models", headers={"Sec-Fetch-Site": "cross-site"}).is_success


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é" * 64])
def test_with_a_cookie_the_token_is_needed(visitor: TestClient, token: str | None) -> None:
    sign_up(visitor)
    headers = {} if token is None else {"X-CSRF-Token": token.encode("utf-8")}
    for method, path in (
        ("PATCH", ACCOUNT),
        ("DELETE", ACCOUNT),
        ("PUT", f"{ACCOUNT}/password"),
        ("POST", f"{ACCOUNT}/tokens"),
        ("DELETE", SESSION),
        ("POST", CLASSIFY),
    ):
        response = visitor.request(method, path, headers=headers)
        assert (response.status_code, code(response)) == (403, "csrf-token"), path
    with store_of(visitor).database.transaction() as session:
        assert session.query(UserRow).count() == 1


def test_anothers_token_does_not_do(visitor: TestClient, app: FastAPI) -> None:
    sign_up(visitor)
    other = TestClient(app)
    sign_up(other, "other@example.org")
    response = visitor.patch(ACCOUNT, json={"name": "x"}, headers=csrf(other))
    assert code(response) == "csrf-token"


def test_the_token_of_before_signing_in_does_not_do_after(visitor: TestClient) -> None:
    before = csrf(visitor)
    sign_up(visitor)
    assert code(visitor.patch(ACCOUNT, json={"name": "x"}, headers=before)) == "csrf-token"


@pytest.mark.parametrize("path", [SESSION, ACCOUNT])
def test_nobody_is_signed_in_by_a_page_that_has_no_token(visitor: TestClient, path: str) -> None:
    """Otherwise another site could sign a visitor in to an account of its own, and read what is uploaded there."""
    sign_up(visitor)
    visitor.cookies.clear()
    form = {"email": "mira@example.org", "password": PASSWORD}
    for headers in ({}, {"Authorization": "Bearer x"}, {"X-CSRF-Token": "x"}):
        response = visitor.post(path, json=form, headers=headers)
        assert (response.status_code, code(response)) == (403, "csrf-token")


def test_a_page_from_before_the_first_kept_result_still_works(visitor: TestClient) -> None:
    headers = csrf(visitor)
    visit = visitor.cookies["skyform_visit"]
    visitor.cookies.set("skyform_session", "A" * 43)
    assert visitor.post(CLASSIFY, content=picture(), headers=headers).status_code == 200
    headers = {"X-CSRF-Token": csrf_token("A" * 43)}
    assert visitor.post(CLASSIFY, content=picture(), headers=headers).status_code == 200
    assert visitor.cookies["skyform_visit"] == visit


def test_a_token_does_not_give_the_cookie_away() -> None:
    secret = "s" * 43
    assert secret not in csrf_token(secret)
    assert csrf_token(secret) != csrf_token("t" * 43)
