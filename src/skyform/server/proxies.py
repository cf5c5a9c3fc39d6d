"""A proxy in front: whom it speaks for, and only where it is one of ours."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from skyform.errors import SkyformError

__all__ = ["Proxies"]


class Proxies:
    """Believe `X-Forwarded-For`, `-Proto` and `-Host` from trusted proxies, and from nobody else.

    Parameters
    ----------
    trusted : str
        Addresses and networks, separated by commas; empty for none. There is no "all": whoever reaches the server directly
        could choose an address then.

    Raises
    ------
    SkyformError
        If one is neither an address nor a network.
    """

    def __init__(self, app: ASGIApp, *, trusted: str) -> None:
        self._app = app
        self._networks = [_network(name.strip()) for name in trusted.split(",") if name.strip()]
        # Of the addresses that the proxies wrote down one after another, it takes the last one that is no proxy's.
        rewriting: Any = ProxyHeadersMiddleware
        self._rewriting: ASGIApp = rewriting(app, [str(network) for network in self._networks])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not self._trusts(scope.get("client")):
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        host = headers.get("x-forwarded-host", "").rpartition(",")[2].strip()
        if host:
            headers["host"] = host
        await self._rewriting(scope, receive, send)

    def _trusts(self, client: tuple[str, int] | None) -> bool:
        if not client or not self._networks:
            return False
        try:
            address = ip_address(client[0])
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _network(name: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(name, strict=False)
    except ValueError:
        raise SkyformError(
            f"trusted_proxies names {name!r}.",
            remedy="Give addresses such as 10.0.0.5 or networks such as 10.0.0.0/8, separated by commas.",
        ) from None
