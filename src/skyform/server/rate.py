"""Limits on how often one may ask: a bucket of tokens for each account, session or address."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skyform.server.csrf import bearer_token
from skyform.server.problems import RequestError, problem_response
from skyform.server.sessions import Sessions
from skyform.server.settings import Settings

__all__ = ["Buckets", "RateLimit", "Standing", "address_of", "group_of"]

_MINUTE = 60.0
# A school comes from one address: all its sessions together may do so many times what one may.
_TOGETHER = 10
_ALONE = ("sign_in", "sign_up", "reset")

_GROUPS = {
    ("POST", "/api/v1/classify"): "classify",
    ("POST", "/api/v1/preview"): "classify",
    ("POST", "/api/v1/export"): "classify",
    ("POST", "/api/v1/fetch"): "fetch",
    ("POST", "/api/v1/session"): "sign_in",
    ("PUT", "/api/v1/account/password"): "sign_in",
    ("PUT", "/api/v1/account/password/reset"): "sign_in",
    ("POST", "/api/v1/account/password/reset"): "reset",
    ("GET", "/api/v1/openid/begin"): "sign_in",
    ("GET", "/api/v1/openid/end"): "sign_in",
    ("POST", "/api/v1/account"): "sign_up",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How one stands with a bucket: `remaining` requests at once, whole again after `reset` seconds; `wait` seconds for the next."""

    limit: int
    remaining: int
    reset: int
    wait: int

    @property
    def allowed(self) -> bool:
        """Whether the request was within the limit."""
        return self.wait == 0


class Buckets:
    """Buckets by key. They fill evenly; the one that was not used for longest goes when there are too many.

    Parameters
    ----------
    most : int
        How many there may be.
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, *, most: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str, *, limit: int, seconds: float = _MINUTE, cost: int = 1) -> Standing:
        """Take from a bucket that holds `limit` and fills in `seconds`, if there is anything in it."""
        now = self._clock()
        held, at = self._buckets.get(key, (float(limit), now))
        held = min(float(limit), held + (now - at) * limit / seconds)
        allowed = held >= 1
        if allowed:
            held = max(held - cost, 0.0)
        self._buckets[key] = (held, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        each = seconds / limit
        return Standing(
            limit=limit,
            remaining=int(held),
            reset=math.ceil((limit - held) * each),
            wait=0 if allowed else max(math.ceil((1 - held) * each), 1),
        )

    def forget(self, key: str) -> None:
        """Make a bucket whole."""
        self._buckets.pop(key, None)


class RateLimit:
    """Turn requests away that come too often (429), and say on every answer how one stands.

    Limits hold for one process. Pages and their files are not limited.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions
        self._buckets = Buckets()
        self._limits: dict[str, int] = {
            "classify": settings.rate_classify,
            "fetch": settings.rate_fetch,
            "sign_in": settings.rate_sign_in,
            "sign_up": settings.rate_sign_up,
            "reset": settings.rate_reset,
            "keep": settings.rate_keep,
            "other": settings.rate_other,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        group = group_of(scope["method"], scope["path"]) if scope["type"] == "http" else None
        limit = self._limits[group] if group else 0
        if group is None or not limit:
            await self._app(scope, receive, send)
            return
        standing = self._standing(scope, group, limit)

        async def send_with_standing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Limit"] = str(standing.limit)
                headers["RateLimit-Remaining"] = str(standing.remaining)
                headers["RateLimit-Reset"] = str(standing.reset)
            await send(message)

        if standing.allowed:
            await self._app(scope, receive, send_with_standing)
        else:
            answer = problem_response(_too_many(standing.wait), scope=scope)
            await answer(scope, receive, send_with_standing)

    def _standing(self, scope: Scope, group: str, limit: int) -> Standing:
        address = f"{group} {address_of(scope)}"
        known = None
        if group not in _ALONE:
            known = self._sessions.recall(scope, token=bearer_token(scope))
        if known is None:
            return self._buckets.take(address, limit=limit)
        # Whoever makes himself many sessions has one address all the same.
        together = self._buckets.take(f"{address} together", limit=limit * _TOGETHER)
        if not together.allowed:
            return together
        return self._buckets.take(f"{group} {known.user or known.session}", limit=limit)


def group_of(method: str, path: str) -> str | None:
    """The group of routes that a request is counted with; None where nothing is."""
    if not path.startswith("/api/"):
        return None
    return _GROUPS.get((method, path)) or ("keep" if method == "POST" else "other")


def address_of(scope: Scope) -> str:
    """Whom an address stands for: an IPv6 subscriber has a whole /64 network to choose from."""
    host = (scope.get("client") or ("",))[0]
    if ":" not in host:
        return host
    try:
        return str(ip_network(f"{host.partition('%')[0]}/64", strict=False))
    except ValueError:
        return host


def _too_many(wait: int) -> RequestError:
    return RequestError(
        "Too many requests in a short time.",
        remedy=f"Try again in {wait} seconds.",
        status=429,
        code="too-many-requests",
        retry_after=wait,
    )
