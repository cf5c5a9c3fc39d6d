"""What is believed of a proxy, and of one who says to be one."""

import anyio
import pytest
from fastapi.testclient import TestClient
from visits import CHEAP, site

from skyform.errors import SkyformError
from skyform.server.cookies import Cookies
from skyform.server.proxies import Proxies

FORWARDED = {
    "X-Forwarded-For": "198.51.100.9, 10.0.0.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "skyform.example",
}


def seen(trusted: str, client: str | None, headers: dict[str, str]) -> tuple[str, str, str]:
    """Address, scheme and host that the application sees."""
    found = []

    async def app(scope, receive, send) -> None:
        named = dict(scope["headers"])
        found.append(
            (scope["client"] and scope["client"][0], scope["scheme"], named[b"host"].decode())
        )

    async def nothing(*_: object) -> dict:
        return {}

    given = {"Host": "inside:8000", **headers}
    scope = {
        "type": "http",
        "scheme": "http",
        "client": client and (client, 1),
        "headers": [(k.lower().encode(), v.encode()) for k, v in given.items()],
    }
    anyio.run(Proxies(app, trusted=trusted), scope, nothing, nothing)
    return found[0]


@pytest.mark.parametrize("trusted", ["10.0.0.7", "10.0.0.0/8", "192.0.2.1, 10.0.0.7", "10.0.0.7/8"])
def test_a_trusted_proxy_is_believed(trusted: str) -> None:
    assert seen(trusted, "10.0.0.7", FORWARDED) == ("198.51.100.9", "https", "skyform.example")


@pytest.mark.parametrize(
    ("trusted", "client"),
    [("", "10.0.0.7"), ("10.0.0.8", "10.0.0.7"), ("10.0.0.0/8", "192.0.2.1"), ("10.0.0.0/8", None)],
)
def test_nobody_else_is(trusted: str, client: str | None) -> None:
    assert seen(trusted, client, FORWARDED) == (client, "http", "inside:8000")


def test_an_address_that_the_visitor_made_up_does_not_count() -> None:
    headers = {"X-Forwarded-For": "127.0.0.1, 203.0.113.5, 198.51.100.9"}
    assert seen("10.0.0.0/8", "10.0.0.7", headers)[0] == "198.51.100.9"


def test_only_known_schemes_count() -> None:
    assert seen("10.0.0.7", "10.0.0.7", {"X-Forwarded-Proto": "javascript"})[1] == "http"


@pytest.mark.parametrize("trusted", ["*", "proxy.example", "10.0.0.0/99", "10.0.0.7;"])
def test_what_is_no_address_is_refused_at_the_start(trusted: str) -> None:
    with pytest.raises(SkyformError, match=r"trusted_proxies names.*10\.0\.0\.0/8"):
        seen(trusted, "10.0.0.7", {})


@pytest.mark.parametrize(
    "url", ["skyform.example", "ftp://skyform.example", "https://skyform.example/site", "https://"]
)
def test_a_public_url_is_scheme_and_host(url: str) -> None:
    with pytest.raises(SkyformError, match=r"public_url is .*https://skyform\.example"):
        Cookies(url)


def test_behind_a_proxy_all_is_https(tmp_path) -> None:
    app = site(tmp_path, trusted_proxies="10.0.0.0/8", **CHEAP)
    inside = TestClient(app, client=("10.0.0.7", 1), headers=FORWARDED)
    response = inside.get("/api/v1/session")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-skyform_visit=")
    assert "; Secure" in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    outside = TestClient(app, client=("203.0.113.5", 1), headers=FORWARDED)
    response = outside.get("/api/v1/session")
    assert response.headers["Set-Cookie"].startswith("skyform_visit=")
    assert "Strict-Transport-Security" not in response.headers


def test_the_proxys_host_is_our_origin(tmp_path) -> None:
    app = site(tmp_path, trusted_proxies="10.0.0.7")
    client = TestClient(app, client=("10.0.0.7", 1), headers=FORWARDED)
    for origin, status in (("https://skyform.example", 404), ("http://testserver", 403)):
        response = client.post("/api/v1/nothing", headers={"Origin": origin})
        assert response.status_code == status
