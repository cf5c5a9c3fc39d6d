"""Pictures from the web, fetched by the server for pages that may not: from public addresses only, whatever the name, the redirect or the
resolver says.

A name is resolved once, every address it has is checked, and the connection goes to the very address that was checked. So a name that
points inside, or points elsewhere a moment later, gains nothing.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

import skyform
from skyform.errors import SkyformError
from skyform.images.formats import HEAD, Other, sniff
from skyform.server.guard import too_large
from skyform.server.problems import RequestError

if TYPE_CHECKING:
    import httpx

__all__ = ["Fetcher", "is_public", "ports_of"]

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {
    "User-Agent": f"Skyform/{skyform.__version__} (fetches a picture for a visitor)",
    "Accept": "image/*, application/fits, application/octet-stream;q=0.9, */*;q=0.1",
    # What unpacks on the way cannot be counted.
    "Accept-Encoding": "identity",
}
# They carry IPv4 addresses inside, which may be anybody's: NAT64, 6to4, Teredo, and the compatible ones.
_WRAPPED = tuple(
    IPv6Network(n) for n in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the whole internet: not private, loopback, link-local, multicast, reserved, nor another one in disguise."""
    if isinstance(address, IPv6Address):
        disguised = address.ipv4_mapped is not None or address.scope_id is not None
        if disguised or address.is_site_local or any(address in n for n in _WRAPPED):
            return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )


def ports_of(text: str) -> frozenset[int]:
    """The ports that a setting names, separated by commas; none for "none".

    Raises
    ------
    SkyformError
        If it names anything else.
    """
    if text.strip() in ("", "none"):
        return frozenset()
    named = [p.strip() for p in text.split(",")]
    if not all(p.isascii() and p.isdigit() and len(p) < 6 and 0 < int(p) < 2**16 for p in named):
        raise SkyformError(
            f"fetch_ports is {text[:80]!r}.",
            remedy="Give ports from 1 to 65535, separated by commas, such as 80,443; or none.",
        )
    return frozenset(map(int, named))


async def _resolved(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(where[0]) for *_, where in found))


class Fetcher:
    """Fetches one picture at a time from where a visitor says.

    Parameters
    ----------
    limit : int
        Most bytes.
    seconds : float
        For all of it: names, redirects, the picture.
    ports : collection of int
        That may be connected to; none switches fetching off.
    resolve : callable
        From a host's name and a port to its addresses.
    permitted : callable
        Whether an address may be connected to.
    """

    def __init__(
        self,
        *,
        limit: int,
        seconds: float,
        ports: frozenset[int],
        resolve: Resolve = _resolved,
        permitted: Callable[[Address], bool] = is_public,
    ) -> None:
        self._limit = limit
        self._seconds = seconds
        self._ports = ports
        self._resolve = resolve
        self._permitted = permitted

    @cached_property
    def _certificates(self) -> ssl.SSLContext:
        """What https addresses are checked against; reading it takes as long as fetching a picture."""
        import httpx

        return httpx.create_ssl_context(trust_env=False)

    async def fetch(self, url: str) -> bytes:
        """The bytes of the picture at an address.

        Raises
        ------
        RequestError
            403 where fetching is switched off, 413 over the limit, 415 for what is no picture, 422 for an address that is refused or
            does not answer as it should, 504 where it takes too long.
        """
        import httpx  # takes a tenth of a second that starting up need not

        if not self._ports:
            raise RequestError(
                "This server does not fetch pictures.",
                remedy="Save the picture and upload it.",
                status=403,
                code="fetching-off",
            )
        try:
            async with (
                asyncio.timeout(self._seconds),
                # Without the environment's proxies, .netrc and cookies.
                httpx.AsyncClient(
                    trust_env=False, timeout=self._seconds, verify=self._certificates
                ) as client,
            ):
                data = await self._followed(client, httpx.URL(url))
        except TimeoutError:
            raise self._too_slow() from None
        except httpx.TimeoutException:
            raise self._too_slow() from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise _failed(f"The address could not be read: {str(error)[:200]}.") from None
        _check_picture(data)
        return data

    async def _followed(self, client: "httpx.AsyncClient", url: "httpx.URL") -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            there = await self._checked(url)
            # The address stands in for the name, which the server and its certificate are still asked for.
            request = client.build_request(
                "GET",
                url.copy_with(host=str(there)),
                headers={**_HEADERS, "Host": url.netloc.decode()},
                extensions={"sni_hostname": url.raw_host.decode()},
            )
            response = await client.send(request, stream=True)
            client.cookies.clear()
            try:
                if response.status_code not in _REDIRECTS:
                    return await self._read(response)
                url = url.join(response.headers.get("location", ""))
            finally:
                await response.aclose()
        raise _failed(f"The address leads on more than {_MOST_REDIRECTS} times.")

    async def _checked(self, url: "httpx.URL") -> Address:
        """An address of the URL's host that may be connected to."""
        port = url.port or {"http": 80, "https": 443}.get(url.scheme)
        if port is None or not url.host:
            raise _refused(f"{str(url)[:200]!r} is no address of the web.")
        if url.userinfo:
            raise _refused("The address holds a user's name or password.")
        if port not in self._ports:
            raise _refused(f"The address has port {port}.")
        try:
            found = await self._resolve(url.host, port)
        except OSError:
            raise _failed(f"There is no host {url.host[:80]!r}.") from None
        # One address inside is enough: whoever answers for this name is not to be trusted with the others.
        if not found or not all(self._permitted(a) for a in found):
            raise _refused(f"{url.host[:80]!r} is not on the public internet.")
        return found[0]

    async def _read(self, response: "httpx.Response") -> bytes:
        if response.status_code != 200:
            raise _failed(f"The address answers with status {response.status_code}.")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _failed("The address answers with a compressed body.")
        length = response.headers.get("content-length", "")
        if length.isdigit() and int(length) > self._limit:
            raise too_large(self._limit)
        data = bytearray()
        async for part in response.aiter_raw():
            data += part
            if len(data) > self._limit:
                raise too_large(self._limit)
        return bytes(data)

    def _too_slow(self) -> RequestError:
        return RequestError(
            f"The picture did not arrive within {self._seconds:g} seconds.",
            remedy="Try again, or save the picture and upload it.",
            status=504,
            code="fetch-timeout",
        )


def _check_picture(data: bytes) -> None:
    kind = sniff(data[:HEAD])
    if isinstance(kind, str):
        return
    known = isinstance(kind, Other)
    raise RequestError(
        f"At that address is {kind.what if known else 'no picture that Skyform reads'}.",
        remedy=kind.remedy if known else "Open the address in a browser and save the picture.",
        status=415,
        code="unknown-format",
    )


def _refused(message: str) -> RequestError:
    return RequestError(
        message,
        remedy="Give the http or https address of a picture that everybody can open.",
        status=422,
        code="address-refused",
    )


def _failed(message: str) -> RequestError:
    return RequestError(
        message,
        remedy="Open the address in a browser to see why, or save the picture and upload it.",
        status=422,
        code="address-failed",
    )
