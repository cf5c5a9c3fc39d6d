"""Signing in elsewhere, against a real provider on this machine."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey
from made_up_provider import CLIENT, SECRET, MadeUpProvider, made_up_provider
from sqlalchemy import select
from visits import ACCOUNT, SESSION, csrf, emptied, sign_in, sign_up, site, store_of

from skyform.server.openid import Errand, safe_path
from skyform.store import TokenRow, UserRow

BEGIN, END = "/api/v1/openid/begin", "/api/v1/openid/end"


@pytest.fixture(scope="module")
def running() -> Iterator[MadeUpProvider]:
    with made_up_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: MadeUpProvider) -> Iterator[MadeUpProvider]:
    fresh = MadeUpProvider(url=running.url, key=running.key)
    vars(running).update(vars(fresh))
    yield running
    running.key = fresh.key


@pytest.fixture(scope="module")
def app(running: MadeUpProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    app = site(
        tmp_path_factory.mktemp("site"),
        openid_issuer=running.url,
        openid_client_id=CLIENT,
        openid_client_secret=SECRET,
        openid_name="School",
    )
    with TestClient(app):
        yield app


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return emptied(TestClient(app, follow_redirects=False))


def go(client: TestClient, provider: MadeUpProvider, path: str = "/history") -> str:
    """Sign in there and come back; gives where one ends."""
    begun = client.get(BEGIN, params={"next": path})
    assert begun.status_code == 302, begun.text
    return back(client, provider.visit(begun.headers["Location"]))


def back(client: TestClient, answer: dict[str, str]) -> str:
    ended = client.get(END, params=answer)
    assert ended.status_code == 302, ended.text
    return ended.headers["Location"]


def user_of(client: TestClient) -> dict | None:
    return client.get(SESSION).json()["user"]


def test_it_is_offered(visitor: TestClient) -> None:
    assert visitor.get(SESSION).json()["openid"] == {"name": "School", "url": BEGIN}


def test_there_and_back(visitor: TestClient, provider: MadeUpProvider) -> None:
    assert go(visitor, provider) == "/history"
    user = user_of(visitor)
    assert (user["email"], user["name"]) == ("mira@example.org", "Mira")
    assert user["has_password"] is False
    assert "skyform_openid" not in visitor.cookies
    provider.claims = {"email": "new@example.org"}
    again = TestClient(visitor.app, follow_redirects=False)
    assert go(again, provider) == "/history"
    assert user_of(again) == user


def test_what_the_provider_is_asked(visitor: TestClient, provider: MadeUpProvider) -> None:
    address = visitor.get(BEGIN).headers["Location"]
    query = parse_qs(urlsplit(address).query)
    assert address.startswith(f"{provider.url}/authorise?")
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [f"http://testserver{END}"]
    assert query["scope"] == ["openid email profile"]
    assert len(query["nonce"][0]) >= 20
    assert len(query["state"][0]) >= 20
    assert "code_verifier" not in query


def test_discovery_is_asked_for_once(visitor: TestClient, provider: MadeUpProvider) -> None:
    for _ in range(3):
        go(visitor, provider)
    assert provider.asked.count("/.well-known/openid-configuration") <= 1
    assert provider.asked.count("/keys") <= 1
    assert provider.asked.count("/token") == 3


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-site"},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"azp": "another-site"},
    ],
)
def test_a_token_that_is_not_for_us_is_refused(
    visitor: TestClient, provider: MadeUpProvider, claims: dict
) -> None:
    provider.claims = claims
    assert go(visitor, provider) == "/sign-in?problem=openid-failed"
    assert user_of(visitor) is None


@pytest.mark.parametrize("algorithm", ["none", "PS256", "RS512"])
def test_only_the_announced_signature_counts(
    visitor: TestClient, provider: MadeUpProvider, algorithm: str
) -> None:
    provider.algorithm = algorithm
    assert go(visitor, provider) == "/sign-in?problem=openid-failed"


def test_a_signature_by_an_unknown_key_is_refused(
    visitor: TestClient, provider: MadeUpProvider
) -> None:
    provider.shown = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "one"})
    assert go(visitor, provider) == "/sign-in?problem=openid-failed"


def test_a_new_key_of_the_provider_is_fetched(
    visitor: TestClient, provider: MadeUpProvider
) -> None:
    assert go(visitor, provider) == "/history"
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})
    assert go(visitor, provider) == "/history"


def test_state_code_and_cookie_belong_together(
    visitor: TestClient, provider: MadeUpProvider
) -> None:
    expired = "/sign-in?problem=openid-expired"
    answer = provider.visit(visitor.get(BEGIN).headers["Location"])
    stranger = TestClient(visitor.app, follow_redirects=False)
    assert back(stranger, answer) == expired
    stranger.get(BEGIN)
    assert back(stranger, answer) == expired
    assert back(visitor, {**answer, "state": ""}) == expired
    assert back(visitor, answer) == expired  # the cookie was for one try
    assert user_of(stranger) is user_of(visitor) is None


def test_who_refuses_there_comes_back(visitor: TestClient, provider: MadeUpProvider) -> None:
    state = provider.visit(visitor.get(BEGIN).headers["Location"])["state"]
    answer = {"state": state, "error": "access_denied"}
    assert back(visitor, answer) == "/sign-in?problem=openid-refused"


def test_an_errand_ends_after_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    errand = Errand("s", "n", "v", "/", int(time.time()))
    packed = errand.packed()
    assert Errand.unpacked(packed) == errand
    now = time.time()
    monkeypatch.setattr("skyform.server.openid.time.time", lambda: now + 601)
    assert Errand.unpacked(packed) is None


@given(st.text(max_size=60))
def test_no_cookie_breaks_the_way_back(value: str) -> None:
    assert Errand.unpacked(value) is None


def test_a_verified_address_joins_the_account_and_takes_it_over(
    visitor: TestClient, provider: MadeUpProvider
) -> None:
    """Whoever made the account before, perhaps with an address that was not theirs, does not keep a way in."""
    other = TestClient(visitor.app)
    made = sign_up(other)
    token = other.post(f"{ACCOUNT}/tokens", json={"name": "t"}, headers=csrf(other)).json()["token"]
    assert go(visitor, provider) == "/history"
    user = user_of(visitor)
    assert user["id"] == made["id"]
    assert user["has_password"] is False
    assert user_of(other) is None
    assert sign_in(other).status_code == 401
    script = TestClient(visitor.app, headers={"Authorization": f"Bearer {token}"})
    assert script.get(SESSION).status_code == 401
    with store_of(visitor).database.transaction() as session:
        assert session.scalars(select(TokenRow)).all() == []
    new = {"new": "other quiet words"}
    response = visitor.put(f"{ACCOUNT}/password", json=new, headers=csrf(visitor))
    assert response.status_code == 204
    assert sign_in(other, password="other quiet words").status_code == 200


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_unverified_address_joins_nothing(
    visitor: TestClient, provider: MadeUpProvider, verified: object
) -> None:
    provider.claims = {"sub": "person-2"}
    assert go(visitor, provider) == "/history"
    provider.claims = {"sub": "person-3", "email_verified": verified}
    stranger = TestClient(visitor.app, follow_redirects=False)
    assert go(stranger, provider) == "/sign-in?problem=openid-email-taken"
    provider.claims = {"sub": "person-3"}
    assert go(stranger, provider) == "/sign-in?problem=openid-email-taken"
    with store_of(visitor).database.transaction() as session:
        assert session.scalars(select(UserRow.openid_subject)).all() == [f"{provider.url} person-2"]


def test_the_address_may_come_from_userinfo(visitor: TestClient, provider: MadeUpProvider) -> None:
    provider.claims = {"email": None, "email_verified": None}
    provider.userinfo = {"email": "u@example.org", "email_verified": True}
    assert go(visitor, provider) == "/history"
    assert user_of(visitor)["email"] == "u@example.org"


def test_anothers_userinfo_does_not_count(visitor: TestClient, provider: MadeUpProvider) -> None:
    provider.claims = {"email": None}
    provider.userinfo = {"email": "u@example.org", "sub": "person-9"}
    assert go(visitor, provider) == "/sign-in?problem=openid-failed"


def test_without_an_address_there_is_no_account(
    visitor: TestClient, provider: MadeUpProvider
) -> None:
    provider.claims = {"email": None}
    assert go(visitor, provider) == "/sign-in?problem=openid-without-email"


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "\\\\elsewhere.example",
        "/\t/elsewhere.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: skyform_session=planted",
        "",
        "/" + "a" * 600,
    ],
)
def test_nobody_is_led_elsewhere_afterwards(
    visitor: TestClient, provider: MadeUpProvider, path: str
) -> None:
    assert go(visitor, provider, path) == "/"


@given(st.text(alphabet=st.sampled_from("/\\:.?#@ax \r\n\t%2f"), max_size=12))
def test_a_safe_path_stays_on_this_site(path: str) -> None:
    base = "https://skyform.example"
    parts = urlsplit(base + safe_path(path))
    assert (parts.scheme, parts.netloc) == ("https", "skyform.example")
    assert not set(safe_path(path)) & set("\\\r\n\t ")
    assert not safe_path(path).startswith("//")


def test_a_provider_of_another_name_is_not_trusted(
    running: MadeUpProvider, provider: MadeUpProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    provider.issuer = "https://elsewhere.example"
    folder = tmp_path_factory.mktemp("other")
    app = site(folder, openid_issuer=running.url, openid_client_id=CLIENT)
    client = TestClient(app, follow_redirects=False)
    assert client.get(BEGIN).json()["error"]["code"] == "openid-failed"
    provider.issuer = None
    assert client.get(BEGIN).status_code == 302


def test_the_providers_people_may_come_where_registration_is_closed(
    provider: MadeUpProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    given = {"openid_issuer": provider.url, "openid_client_id": CLIENT}
    given |= {"openid_client_secret": SECRET, "registration": "closed"}
    with TestClient(site(tmp_path_factory.mktemp("closed"), **given)) as client:
        client.follow_redirects = False
        assert go(client, provider) == "/history"


def test_a_provider_that_is_down(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("down")
    app = site(folder, openid_issuer="http://127.0.0.1:9", openid_client_id=CLIENT)
    response = TestClient(app).get(BEGIN)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "openid-failed")


def test_a_site_without_a_provider(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = TestClient(site(tmp_path_factory.mktemp("none")), follow_redirects=False)
    assert client.get(BEGIN).status_code == client.get(END).status_code == 404
