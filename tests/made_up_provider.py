"""An OpenID Connect provider on this machine: discovery, keys, tokens signed with RS256, and all that a bad one may say."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "skyform-tests", "made-up-secret"


@dataclass
class MadeUpProvider:
    """`claims` go into the token over the right ones; `asked` is what was asked so far. `key` signs, `shown` is published."""

    url: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    shown: RSAKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    issuer: str | None = None
    algorithm: str = "RS256"
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def visit(self, address: str) -> dict[str, str]:
        """What a browser does there: the person agrees, and comes back with `code` and `state`."""
        query = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def answer(self, path: str, form: dict[str, str], authorization: str) -> Any:
        """What is said to a request; None for 404, a string for 400."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return self._configuration()
        if path == "/keys":
            return {"keys": [(self.shown or self.key).as_dict(private=False)]}
        if path == "/userinfo":
            return {"sub": "person-1", **self.userinfo}
        return self._token(form, authorization) if path == "/token" else None

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorise",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _token(self, form: dict[str, str], authorization: str) -> Any:
        query = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        right = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            query is None
            or query["code_challenge"] != challenge
            or query["code_challenge_method"] != "S256"
            or form["redirect_uri"] != query["redirect_uri"]
            or authorization != f"Basic {right}"
        ):
            return "invalid_grant"
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "person-1",
            "nonce": query["nonce"],
            "iat": now,
            "exp": now + 60,
            "email": "mira@example.org",
            "email_verified": True,
            "name": "Mira",
            **self.claims,
        }
        said = {k: v for k, v in claims.items() if v is not None}
        return {"access_token": "a", "token_type": "Bearer", "id_token": self._signed(said)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.algorithm == "none":
            parts = ({"alg": "none"}, claims)
            coded = (base64.urlsafe_b64encode(json.dumps(p).encode()).decode() for p in parts)
            return ".".join(c.rstrip("=") for c in coded) + "."
        return jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.key)


@contextmanager
def made_up_provider() -> Iterator[MadeUpProvider]:
    """A running provider."""
    provider = MadeUpProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say({k: v[0] for k, v in parse_qs(body).items()})

        def _say(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            answer = provider.answer(path, form, self.headers.get("Authorization", ""))
            status = 404 if answer is None else 400 if isinstance(answer, str) else 200
            body = json.dumps({"error": answer} if status == 400 else answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
