"""The cookies: how they are named, read, and set on whatever a route answers with."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from skyform.errors import SkyformError

__all__ = ["OPENID", "SESSION", "VISIT", "Cookies", "cookies_to_set"]

# Who the visitor is; that the visitor reads our pages (nothing is kept for it); and a sign-in that is under way elsewhere.
SESSION, VISIT, OPENID = "skyform_session", "skyform_visit", "skyform_openid"

# A browser takes a cookie of this name only over https, from the host itself, for all paths: no neighbour can plant one.
_HOST = "__Host-"
_SAFE_VALUE = re.compile(r"[A-Za-z0-9_-]{1,1500}")


class Cookies:
    """The cookies of one server.

    Parameters
    ----------
    public_url : str or None
        Address that visitors use, where it is known; if it is https, cookies are for https alone.

    Raises
    ------
    SkyformError
        If it is not `http://…` or `https://…` with nothing after the host.
    """

    def __init__(self, public_url: str | None) -> None:
        self.origin = _origin(public_url) if public_url else None

    def origin_of(self, scope: Scope) -> str:
        """The address that the visitor uses, such as `https://skyform.example`."""
        host = HTTPConnection(scope).headers.get("host", "")
        return self.origin or f"{scope['scheme']}://{host}"

    def secure(self, scope: Scope) -> bool:
        """Whether the visitor came over https."""
        return scope["scheme"] == "https" or (self.origin or "").startswith("https://")

    def read(self, scope: Scope, name: str) -> str | None:
        """A cookie's value; None where there is none, or one that was never ours."""
        value = _given(scope).get(self._full(scope, name), "")
        return value if _SAFE_VALUE.fullmatch(value) else None

    def set(self, scope: Scope, name: str, value: str, *, seconds: int | None = None) -> None:
        """Set a cookie on the answer to this request, until the browser closes or for some time."""
        carrier = Response()
        carrier.set_cookie(
            self._full(scope, name),
            value,
            max_age=seconds,
            path="/",
            secure=self.secure(scope),
            httponly=True,
            samesite="lax",
        )
        cookies_to_set(scope)[name] = carrier.headers["set-cookie"]

    def drop(self, scope: Scope, name: str) -> None:
        """Have the browser forget a cookie, if it gave it."""
        if self._full(scope, name) in _given(scope):
            self.set(scope, name, "", seconds=0)
        else:
            cookies_to_set(scope).pop(name, None)

    def _full(self, scope: Scope, name: str) -> str:
        return _HOST + name if self.secure(scope) else name


def cookies_to_set(scope: Scope) -> MutableMapping[str, str]:
    """What the answer to this request will set: `Set-Cookie` values by name. `Envelope` puts them on any answer."""
    state: MutableMapping[str, Any] = scope.setdefault("state", {})
    return state.setdefault("cookies", {})


def _given(scope: Scope) -> Mapping[str, str]:
    return HTTPConnection(scope).cookies


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise SkyformError(
            f"public_url is {url!r}.",
            remedy="Give scheme and host, such as https://skyform.example, and nothing after it.",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"
