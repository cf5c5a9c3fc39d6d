"""What is noted of every request: a log record, and the figures."""

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skyform.server.logs import ACCESS
from skyform.server.metrics import Metrics

__all__ = ["Observed"]

_LOG = logging.getLogger(ACCESS)
# Asked every few seconds, by machines.
_DULL = ("/healthz", "/readyz", "/metrics")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Observed:
    """Notes each request with its id, method, route, status, time and bytes.

    The route is the template, such as `/api/v1/results/{id}`: ids, names and queries are nobody's business, and neither is who asked, unless
    the settings say so.

    Parameters
    ----------
    metrics : Metrics, optional
        Where to count.
    addresses : bool
        Whether records name the address that a request came from.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics | None, addresses: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status, size = 0, 0

        async def counted(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counted)
        finally:
            self._note(scope, status=status, size=size, seconds=time.perf_counter() - begun)

    def _note(self, scope: Scope, *, status: int, size: int, seconds: float) -> None:
        route = _template(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        if self._metrics is not None:
            self._metrics.answered(method=method, route=route, status=status, seconds=seconds)
        level = logging.DEBUG if route in _DULL else logging.INFO
        if not _LOG.isEnabledFor(level):
            return
        facts: dict[str, Any] = {
            "request_id": scope.get("state", {}).get("request_id", ""),
            "method": method,
            "route": route,
            # 0: the client went away before there was an answer.
            "status": status,
            "ms": round(1e3 * seconds, 1),
            "bytes": size,
        }
        if self._addresses and scope.get("client"):
            facts["address"] = scope["client"][0]
        _LOG.log(level, "request", extra=facts)


def _template(scope: Scope) -> str:
    """The route's template; what matches none is all the same."""
    return str(getattr(scope.get("route"), "path", "")) or "none"
