"""Signing in elsewhere: OpenID Connect with PKCE, state and nonce, by authlib."""

import base64
import hmac
import json
import logging
import re
import time
from dataclasses import astuple, dataclass
from typing import Any

from skyform.server.problems import RequestError
from skyform.server.settings import Settings

__all__ = ["ERRAND_SECONDS", "Errand", "OpenId", "Person", "safe_path"]

_LOG = logging.getLogger("skyform.server")
ERRAND_SECONDS = 600
_TIMEOUT_SECONDS = 10
_LONGEST_PATH = 500
# A path of our own: neither `//elsewhere` nor `/\\elsewhere`, and nothing that ends a header.
_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


@dataclass(frozen=True, slots=True)
class Errand:
    """What a browser is sent away with, in a cookie, and has to come back with."""

    state: str
    nonce: str
    verifier: str
    path: str
    began: int

    def packed(self) -> str:
        """As a cookie's value."""
        return base64.urlsafe_b64encode(json.dumps(astuple(self)).encode()).decode().rstrip("=")

    @classmethod
    def unpacked(cls, value: str) -> "Errand | None":
        """From a cookie's value; None where it is none of ours, or too old."""
        try:
            padded = value + "=" * (-len(value) % 4)
            state, nonce, verifier, path, began = json.loads(base64.urlsafe_b64decode(padded))
            errand = cls(str(state), str(nonce), str(verifier), safe_path(str(path)), int(began))
        except (ValueError, TypeError, RecursionError):
            return None
        return errand if 0 <= time.time() - errand.began < ERRAND_SECONDS else None

    def answers(self, state: str) -> bool:
        """Whether the provider's answer belongs to this errand."""
        return bool(self.state) and hmac.compare_digest(self.state.encode(), state.encode())


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider says it is: `subject` is its address and its own name for the person, and never changes."""

    subject: str
    email: str
    verified: bool
    name: str


class OpenId:
    """One provider.

    Parameters
    ----------
    issuer, client_id, client_secret : str
        The provider's address, and what it gave this site.
    name : str
        What visitors call it.
    """

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str | None, name: str
    ) -> None:
        self.name = name
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._app: Any = None

    @classmethod
    def of(cls, settings: Settings) -> "OpenId | None":
        """The settings' provider; None without one."""
        if not settings.openid_issuer or not settings.openid_client_id:
            return None
        return cls(
            issuer=settings.openid_issuer,
            client_id=settings.openid_client_id,
            client_secret=settings.openid_client_secret,
            name=settings.openid_name,
        )

    async def begin(self, *, back: str, path: str) -> tuple[str, Errand]:
        """Where to send the browser, and what with; `back` is the address that it comes back to.

        Raises
        ------
        RequestError
            502 if the provider cannot be reached, or is not the one of the settings.
        """
        try:
            app = self._client()
            await self._check(app)
            going = await app.create_authorization_url(back)
        except Exception as error:
            raise self._failed(error) from error
        errand = Errand(
            state=going["state"],
            nonce=going["nonce"],
            verifier=going["code_verifier"],
            path=safe_path(path),
            began=int(time.time()),
        )
        return going["url"], errand

    async def end(self, *, back: str, code: str, errand: Errand) -> Person:
        """Whom the provider vouches for.

        Raises
        ------
        RequestError
            502 if it cannot be reached, or does not say so in a way that can be checked.
        """
        try:
            app = self._client()
            await self._check(app)
            token = await app.fetch_access_token(
                back, code=code, state=errand.state, code_verifier=errand.verifier
            )
            claims = await app.parse_id_token(
                token, nonce=errand.nonce, claims_options=self._claims(app)
            )
            if claims is None:
                raise ValueError("the provider sent no id_token")
            if "email" not in claims and "userinfo_endpoint" in app.server_metadata:
                more = await app.userinfo(token=token)
                if more.get("sub") != claims["sub"]:
                    raise ValueError("the provider's userinfo is about another person")
                claims = {**more, **claims}
        except Exception as error:
            raise self._failed(error) from error
        return Person(
            subject=f"{self._issuer} {claims['sub']}",
            email=str(claims.get("email") or ""),
            verified=claims.get("email_verified") is True,
            name=str(claims.get("name") or "")[:80],
        )

    def _client(self) -> Any:
        if self._app is None:
            # It takes a third of a second to import, which only those wait for who sign in this way.
            from authlib.integrations.starlette_client import StarletteOAuth2App

            self._app = StarletteOAuth2App(
                None,
                name="openid",
                client_id=self._client_id,
                client_secret=self._client_secret,
                server_metadata_url=f"{self._issuer}/.well-known/openid-configuration",
                client_kwargs={
                    "scope": "openid email profile",
                    "code_challenge_method": "S256",
                    "timeout": _TIMEOUT_SECONDS,
                },
            )
        return self._app

    async def _check(self, app: Any) -> None:
        """Discovery, which is asked for once, must be about the provider that it was asked of."""
        issuer = (await app.load_server_metadata()).get("issuer")
        if not isinstance(issuer, str) or issuer.rstrip("/") != self._issuer:
            self._app = None
            raise ValueError(f"the provider calls itself {issuer!r}")

    def _claims(self, app: Any) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": app.server_metadata["issuer"]},
            "aud": {"essential": True, "value": self._client_id},
        }

    def _failed(self, error: Exception) -> RequestError:
        _LOG.warning("sign-in with %s failed: %s: %s", self._issuer, type(error).__name__, error)
        return RequestError(
            f"Signing in with {self.name} did not work.",
            remedy="Try again in a while, or sign in with a password.",
            status=502,
            code="openid-failed",
        )


def safe_path(path: str) -> str:
    """A path of this site to go to after signing in; anything else becomes `/`, so that nobody is led elsewhere."""
    return path if len(path) <= _LONGEST_PATH and _PATH.fullmatch(path) else "/"
