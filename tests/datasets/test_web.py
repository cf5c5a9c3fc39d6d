"""Manners on the web: robots.txt, pauses, limits, redirects, and no way into private networks."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from made_up_server import Answer, MadeUpServer, made_up_server

from skyform.datasets.web import RefusedError, Visitor


@pytest.fixture
def server() -> Iterator[MadeUpServer]:
    with made_up_server() as site:
        yield site


def visitor(**options: Any) -> Visitor:
    return Visitor(**({"delay": 0.0, "allow_local": True} | options))


def get(server: MadeUpServer, path: str = "/page", *, most_bytes: int = 1000, **options: Any):
    with visitor(**options) as opened:
        return opened.get(server.url + path, most_bytes=most_bytes)


def test_a_page_and_who_asks(server: MadeUpServer):
    server.pages["/page"] = Answer(
        "grüß".encode("latin-1"), headers={"Content-Type": "Text/HTML; charset=latin-1"}
    )
    page = get(server, contact="someone@example.org")
    assert (page.kind, page.data.decode(page.charset)) == ("text/html", "grüß")
    for request in server.requests:
        assert request.headers["user-agent"].startswith("skyform")
        assert "someone@example.org" in request.headers["user-agent"]


def test_robots_are_asked_once_and_heeded(server: MadeUpServer):
    server.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /secret")
    server.pages["/page"] = Answer(b"hello")
    with visitor() as opened:
        for _ in range(2):
            assert opened.get(f"{server.url}/page", most_bytes=99).data == b"hello"
        with pytest.raises(RefusedError, match=r"robots\.txt of the site asks to stay away"):
            opened.get(f"{server.url}/secret/a.jpg", most_bytes=99)
    assert len(server.asked("/robots.txt")) == 1
    assert server.asked("/secret/a.jpg") == []


@pytest.mark.parametrize(
    ("status", "open"), [(404, True), (410, True), (401, False), (403, False), (500, False)]
)
def test_robots_that_cannot_be_read(server: MadeUpServer, status: int, open: bool):
    server.pages["/robots.txt"] = Answer(status=status)
    server.pages["/page"] = Answer(b"hello")
    if open:
        assert get(server).data == b"hello"
        return
    with pytest.raises(RefusedError, match=rf"could not be read \(the server answered {status}\)"):
        get(server)
    assert server.asked("/page") == []


def test_pauses_between_requests(server: MadeUpServer):
    server.pages["/page"] = Answer(b"hello")
    now, waits = [0.0], []

    def sleep(seconds: float) -> None:
        waits.append(round(seconds, 6))
        now[0] += seconds

    with visitor(delay=1.5, clock=lambda: now[0], sleep=sleep) as opened:
        opened.get(f"{server.url}/page", most_bytes=99)
        now[0] += 1.0
        opened.get(f"{server.url}/page", most_bytes=99)
    assert waits == [1.5, 0.5]


def test_the_sites_own_pause_counts(server: MadeUpServer):
    server.pages["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 7")
    server.pages["/page"] = Answer(b"hello")
    waits: list[float] = []
    with visitor(delay=1.0, clock=lambda: 0.0, sleep=waits.append) as opened:
        opened.get(f"{server.url}/page", most_bytes=99)
        opened.get(f"{server.url}/page", most_bytes=99)
    assert waits == [1.0, 7.0]
    server.pages["/robots.txt"] = Answer(b"User-agent: *\nCrawl-delay: 600")
    with pytest.raises(RefusedError, match="asks for 600 s between requests"):
        get(server)


def test_sizes_are_limited(server: MadeUpServer):
    server.pages["/page"] = Answer(b"x" * 1001)
    with pytest.raises(RefusedError, match="it has 1,001 bytes, over the limit of 1,000"):
        get(server)
    assert get(server, most_bytes=1001).data == b"x" * 1001


def test_what_unpacks_to_more_is_cut_off(server: MadeUpServer):
    import gzip

    packed = gzip.compress(bytes(1_000_000))
    server.pages["/page"] = Answer(packed, headers={"Content-Encoding": "gzip"})
    with pytest.raises(RefusedError, match="larger than the limit of 2,000 bytes"):
        get(server, most_bytes=2000)


def test_redirects(server: MadeUpServer):
    server.pages["/page"] = Answer(status=302, headers={"Location": "/next"})
    server.pages["/next"] = Answer(status=301, headers={"Location": f"{server.url}/end"})
    server.pages["/end"] = Answer(b"here")
    page = get(server)
    assert (page.url, page.data) == (f"{server.url}/end", b"here")
    server.pages["/end"] = Answer(status=302, headers={"Location": "/page"})
    with pytest.raises(RefusedError, match="more than 5 redirects"):
        get(server)


def test_robots_count_behind_redirects_too(server: MadeUpServer):
    server.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /end")
    server.pages["/page"] = Answer(status=302, headers={"Location": "/end"})
    server.pages["/end"] = Answer(b"here")
    with pytest.raises(RefusedError, match="asks to stay away"):
        get(server)


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.org/a", "example.org/a", "http://", "http://["]
)
def test_only_the_web(server: MadeUpServer, address: str):
    with visitor() as opened, pytest.raises(RefusedError, match=r"only addresses with|no address"):
        opened.get(address, most_bytes=99)
    server.pages["/page"] = Answer(status=302, headers={"Location": address})
    if "://" in address:
        with pytest.raises(RefusedError):
            get(server)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "169.254.169.254", "[::1]"]
)
def test_private_networks_are_closed(host: str):
    with (
        Visitor(delay=0.0) as opened,
        pytest.raises(RefusedError, match="is in a private network"),
    ):
        opened.get(f"http://{host}/a.jpg", most_bytes=99)


def test_a_public_page_does_not_lead_into_a_private_network(monkeypatch: pytest.MonkeyPatch):
    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        place = "93.184.215.14" if host == "example.org" else "10.0.0.7"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, 0))]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        return httpx.Response(302, headers={"Location": "http://router.example/reset"})

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    client = httpx.Client(transport=httpx.MockTransport(answer))
    with (
        Visitor(delay=0.0, client=client) as opened,
        pytest.raises(RefusedError, match=r"router\.example is in a private network"),
    ):
        opened.get("https://example.org/a.jpg", most_bytes=99)


def test_a_server_that_fails_or_hangs_up(server: MadeUpServer):
    server.pages["/page"] = Answer(status=503)
    with pytest.raises(RefusedError, match="the server answered 503") as refused:
        get(server)
    assert refused.value.status == 503
    server.pages["/page"] = Answer(b"x" * 100, drop_after=10)
    with pytest.raises(RefusedError, match="it could not be fetched"):
        get(server)


def test_a_redirect_to_nonsense(server: MadeUpServer):
    server.pages["/page"] = Answer(status=302, headers={"Location": "http://[half"})
    with pytest.raises(RefusedError, match=r"could not be fetched|no address"):
        get(server)
