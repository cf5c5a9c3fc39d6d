"""Visiting web pages politely: robots.txt, one request at a time with pauses, sizes limited, and no way into private networks."""

import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from skyform.datasets.robots import OPEN, Rules, read_rules

__all__ = ["Page", "RefusedError", "Visitor"]

_NAME = "skyform"
_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_ROBOTS_BYTES = 512_000  # as much as RFC 9309 asks to read
_KEPT_OUT = (401, 403)  # a robots.txt behind these says "stay out"
_MOST_PAUSE = 60.0  # s; a longer Crawl-delay keeps us away altogether


class RefusedError(Exception):
    """An address that will not be visited, or that did not give what was wanted; the text says why.

    `status` is what the server answered, 0 where it was not asked or did not answer.
    """

    def __init__(self, why: str, *, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Page:
    """What came from an address: where it was in the end, its kind in lower case without parameters, and its bytes."""

    url: str
    kind: str
    data: bytes
    charset: str


class Visitor:
    """Fetches pages and pictures, with the same manners everywhere.

    Parameters
    ----------
    delay : float
        Seconds between two requests to one host; a longer `Crawl-delay` in its robots.txt counts instead.
    contact : str
        Who asks, such as an e-mail address or a page, told to the servers.
    allow_local : bool
        Whether addresses of this machine and of private networks may be visited.
    client : httpx.Client, optional
        One that does not follow redirects by itself.
    clock, sleep : callable
        Seconds that only grow, and waiting.
    """

    def __init__(
        self,
        *,
        delay: float = 1.0,
        contact: str = "",
        allow_local: bool = False,
        client: httpx.Client | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        agent = f"{_NAME} (collects pictures for training; {contact or 'one user'})"
        self._headers = {"User-Agent": agent}
        self._client = client or httpx.Client(timeout=httpx.Timeout(20.0))
        self._delay = delay
        self._allow_local = allow_local
        self._clock = clock
        self._sleep = sleep
        self._rules: dict[str, Rules | str] = {}
        self._ready: dict[str, float] = {}

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, url: str, *, most_bytes: int) -> Page:
        """Fetch an address.

        Raises
        ------
        RefusedError
            If it may not be visited, the server refuses, or what comes is larger than `most_bytes`.
        """

        def check(url: str) -> float:
            rules = self._rules_of(url)
            if not rules.allow(url):
                raise RefusedError("robots.txt of the site asks to stay away from it")
            if rules.pause > _MOST_PAUSE:
                raise RefusedError(
                    f"robots.txt of the site asks for {rules.pause:.0f} s between requests"
                )
            return max(self._delay, rules.pause)

        return self._follow(url, most_bytes=most_bytes, check=check)

    def _follow(self, url: str, *, most_bytes: int, check: Callable[[str], float]) -> Page:
        """Go to an address and on from there; `check` gives the pause after a request, or refuses it."""
        for _ in range(_MOST_REDIRECTS + 1):
            self._check_address(url)
            answer = self._request(url, most_bytes=most_bytes, pause=check(url))
            if isinstance(answer, Page):
                return answer
            url = answer
        raise RefusedError(f"more than {_MOST_REDIRECTS} redirects")

    def _request(self, url: str, *, most_bytes: int, pause: float) -> Page | str:
        """One request: a page, or the address to go to instead."""
        self._wait_for(url, pause)
        try:
            with self._client.stream("GET", url, headers=self._headers) as response:
                if response.status_code in _REDIRECTS and "Location" in response.headers:
                    return urljoin(url, response.headers["Location"])
                if not response.is_success:
                    status = response.status_code
                    raise RefusedError(f"the server answered {status}", status=status)
                return _read(response, url, most_bytes)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise RefusedError(
                f"it could not be fetched: {error or type(error).__name__}"
            ) from error

    def _wait_for(self, url: str, pause: float) -> None:
        host = urlsplit(url).netloc
        wait = self._ready.get(host, 0.0) - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._ready[host] = self._clock() + pause

    def _rules_of(self, url: str) -> Rules:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = self._fetch_rules(f"{site}/robots.txt")
        rules = self._rules[site]
        if isinstance(rules, str):
            raise RefusedError(rules)
        return rules

    def _fetch_rules(self, url: str) -> Rules | str:
        """The site's rules, or why there are none: no file allows everything, a failing server nothing (RFC 9309, 2.3.1)."""
        try:
            page = self._follow(url, most_bytes=_ROBOTS_BYTES, check=lambda _: self._delay)
        except RefusedError as refused:
            if 400 <= refused.status < 500 and refused.status not in _KEPT_OUT:
                return OPEN
            return (
                f"robots.txt of the site could not be read ({refused}), so nothing is fetched there"
            )
        return read_rules(page.data.decode("utf-8", "replace"), robot=_NAME)

    def _check_address(self, url: str) -> None:
        """Only the web, and only its public part: a page must not lead into the network of the person who visits it."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise RefusedError(f"this is no address ({error})") from error
        if parts.scheme not in ("http", "https") or not host:
            raise RefusedError("only addresses with http:// or https:// are visited")
        if self._allow_local:
            return
        try:
            found = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return  # a name that cannot be looked up here leads nowhere, or through a proxy
        for *_, place in found:
            if not ipaddress.ip_address(str(place[0]).partition("%")[0]).is_global:
                raise RefusedError(f"{host} is in a private network (see --allow-local)")


def _read(response: httpx.Response, url: str, most_bytes: int) -> Page:
    stated = response.headers.get("Content-Length", "")
    if stated.isdigit() and int(stated) > most_bytes:
        raise RefusedError(f"it has {int(stated):,} bytes, over the limit of {most_bytes:,}")
    data = _head(response, most_bytes + 1)
    if len(data) > most_bytes:
        raise RefusedError(f"it is larger than the limit of {most_bytes:,} bytes")
    kind, _, _ = response.headers.get("Content-Type", "").partition(";")
    return Page(url, kind.strip().lower(), data, response.charset_encoding or "utf-8")


def _head(response: httpx.Response, most_bytes: int) -> bytes:
    """The first bytes of an answer, and no more read than that."""
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) >= most_bytes:
            break
    return bytes(data[:most_bytes])
