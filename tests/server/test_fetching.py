"""Fetching from the web, and every way that I know of to make a server fetch from itself."""

import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import ClassVar

import anyio
import pytest
from fakes import Serve, picture

from skyform.errors import SkyformError
from skyform.server.fetching import Fetcher, is_public, ports_of
from skyform.server.problems import RequestError

PICTURE = picture("JPEG")


class Site(BaseHTTPRequestHandler):
    """A small web site; remembers what it was asked and how."""

    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
        where = self.path.strip("/")
        if where == "picture.jpg":
            self._say(200, PICTURE)
        elif where == "page":
            self._say(200, b"<!doctype html><html>hello</html>")
        elif where == "packed":
            self._say(200, PICTURE, ("Content-Encoding", "gzip"))
        elif where.startswith("to/"):
            self._say(302, b"", ("Location", where.removeprefix("to/")), ("Set-Cookie", "a=b"))
        elif where.startswith("round/"):
            self._say(302, b"", ("Location", f"/round/{int(where[6:]) + 1}"))
        elif where == "endless":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65_536)
        elif where == "slow":
            threading.Event().wait(5)
        else:
            self._say(404, b"nothing")

    def _say(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, BrokenPipeError):
            return


@pytest.fixture
def site() -> Iterator[int]:
    Site.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


Address = IPv4Address | IPv6Address
LOOPBACK = ip_address("127.0.0.1")


class Names:
    """A resolver: each name has its addresses, or one list after the other."""

    def __init__(self, **names: Sequence[Sequence[str]]) -> None:
        self._names = {k.replace("_", "."): list(v) for k, v in names.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        answers = self._names.get(host)
        if answers is None:
            raise OSError("no such host")
        return [ip_address(a) for a in (answers.pop(0) if len(answers) > 1 else answers[0])]


def fetched(
    url: str, *, port: int, names: Names, limit: int = 10**6, seconds: float = 5.0
) -> bytes:
    """What is at a URL, where the loopback address, and only that, counts as public."""
    fetcher = Fetcher(
        limit=limit,
        seconds=seconds,
        ports=frozenset((port,)),
        resolve=names,
        permitted=lambda a: a == LOOPBACK,
    )
    return anyio.run(fetcher.fetch, url)


def refused(do: Callable[[], object], status: int, code: str) -> str:
    with pytest.raises(RequestError) as caught:
        do()
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.remedy
    return str(caught.value)


def here() -> Names:
    return Names(pictures_example=[["127.0.0.1"]])


def test_a_picture_comes_with_our_name_and_without_secrets(site: int) -> None:
    names = here()
    url = f"http://pictures.example:{site}/picture.jpg"
    assert fetched(url, port=site, names=names) == PICTURE
    ((path, headers),) = Site.asked
    assert path == "/picture.jpg"
    assert headers["host"] == f"pictures.example:{site}"
    assert headers["user-agent"].startswith("Skyform/")
    assert headers["accept-encoding"] == "identity"
    assert not {"cookie", "authorization", "referer"} & set(headers)
    assert names.asked == ["pictures.example"]


def test_redirects_are_followed_without_cookies_and_checked_each_time(site: int) -> None:
    names = here()
    base = f"http://pictures.example:{site}"
    assert fetched(f"{base}/to//picture.jpg", port=site, names=names) == PICTURE
    assert names.asked == ["pictures.example"] * 2
    assert "cookie" not in Site.asked[1][1]
    for target in (
        "http://inside.example/picture.jpg",
        f"http://inside.example:{site}/picture.jpg",
        "file:///etc/passwd",
        "gopher://pictures.example/",
        f"http://user:word@pictures.example:{site}/picture.jpg",
    ):
        names = Names(pictures_example=[["127.0.0.1"]], inside_example=[["10.0.0.1"]])
        refused(
            lambda t=target, n=names: fetched(f"{base}/to/{t}", port=site, names=n),
            422,
            "address-refused",
        )


def test_not_round_and_round(site: int) -> None:
    url = f"http://pictures.example:{site}/round/0"
    assert "more than 3" in refused(
        lambda: fetched(url, port=site, names=here()), 422, "address-failed"
    )
    assert len(Site.asked) == 4


def test_the_address_that_was_checked_is_the_one_that_is_asked(site: int) -> None:
    """A name that points outside when it is looked up, and inside a moment later."""
    names = Names(pictures_example=[["127.0.0.1"], ["169.254.169.254"]])
    url = f"http://pictures.example:{site}/picture.jpg"
    assert fetched(url, port=site, names=names) == PICTURE
    assert names.asked == ["pictures.example"]
    refused(lambda: fetched(url, port=site, names=names), 422, "address-refused")


def test_one_address_inside_is_enough(site: int) -> None:
    names = Names(pictures_example=[["127.0.0.1", "192.168.0.1"]])
    url = f"http://pictures.example:{site}/picture.jpg"
    refused(lambda: fetched(url, port=site, names=names), 422, "address-refused")
    assert Site.asked == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nothing", 422, "address-failed"),
        ("packed", 422, "address-failed"),
        ("page", 415, "unknown-format"),
        ("endless", 413, "upload-too-large"),
        ("slow", 504, "fetch-timeout"),
    ],
)
def test_what_is_no_picture(site: int, path: str, status: int, code: str) -> None:
    url = f"http://pictures.example:{site}/{path}"
    refused(lambda: fetched(url, port=site, names=here(), limit=200_000, seconds=0.5), status, code)


def test_an_announced_length_over_the_limit(site: int) -> None:
    url = f"http://pictures.example:{site}/picture.jpg"
    refused(lambda: fetched(url, port=site, names=here(), limit=100), 413, "upload-too-large")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pictures.example/a.jpg",
        "file:///etc/passwd",
        "//pictures.example/a.jpg",
        "/etc/passwd",
        "",
        "http://",
        "http://pictures.example:22/",
        "https://pictures.example:8443/",
        "http://admin@pictures.example/",
        "javascript:alert(1)",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    fetcher = Fetcher(
        limit=10, seconds=1.0, ports=ports_of("80,443"), resolve=here(), permitted=lambda _: True
    )
    refused(lambda: anyio.run(fetcher.fetch, url), 422, "address-refused")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "192.0.2.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]"],
)
def test_the_real_resolver_and_ways_to_write_loopback(host: str) -> None:
    fetcher = Fetcher(limit=10, seconds=5.0, ports=ports_of("80"))
    with pytest.raises(RequestError) as caught:
        anyio.run(fetcher.fetch, f"http://{host}/")
    assert caught.value.code in ("address-refused", "address-failed")


def test_over_http(serve: Serve, site: int) -> None:
    client = serve()
    answer = client.post("/api/v1/fetch", json={"url": f"http://127.0.0.1:{site}/picture.jpg"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "address-refused"
    assert Site.asked == []
    assert client.post("/api/v1/fetch", json={"url": 3}).status_code == 422
    off = serve(fetch_ports="none").post("/api/v1/fetch", json={"url": "http://x.example/"})
    assert off.status_code == 403
    assert off.json()["error"]["code"] == "fetching-off"


def test_ports() -> None:
    assert ports_of(" 80, 443 ") == {80, 443}
    assert ports_of("none") == ports_of("") == frozenset()
    for text in ("80;443", "80,", "https", "0", "65536", "-1", "١"):
        with pytest.raises(SkyformError, match="fetch_ports is"):
            ports_of(text)
