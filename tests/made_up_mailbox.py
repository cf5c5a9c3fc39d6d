"""A mail server on this machine for tests: what it took, and everything that goes wrong on the way."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

USER, PASSWORD = "skyform", "the mail server's own password"


@dataclass
class Mailbox:
    """A running server: where it is, what it took, and with `refusal` what it says instead of taking anything."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    refusal: str = ""

    @property
    def server(self) -> str:
        """Its address, as the settings have it."""
        return "127.0.0.1"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a receiver, or refuse it."""
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a mail."""
        content = cast(bytes, envelope.content)
        self.messages.append(cast(EmailMessage, message_from_bytes(content, policy=policy.default)))
        self.receivers += envelope.rcpt_tos
        return "250 OK"


@contextmanager
def made_up_mailbox(*, certificate: Path | None = None, tls: bool = False) -> Iterator[Mailbox]:
    """A running mail server.

    Parameters
    ----------
    certificate : Path, optional
        Where to put a certificate of its own, which it then uses: it wants STARTTLS, and to be signed in to.
    tls : bool
        Whether it speaks TLS from the first byte on instead, and lets everybody in.
    """
    box = Mailbox(port=free_port())
    options: dict[str, Any] = {"server_hostname": "mailbox.example"}
    if certificate is not None and tls:
        options["ssl_context"] = _certified(certificate)
    elif certificate is not None:
        options["tls_context"] = _certified(certificate)
        options |= {"require_starttls": True, "auth_required": True}
        options["authenticator"] = _authenticate
    controller = Controller(box, hostname=box.server, port=box.port, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _authenticate(server: Any, session: Any, envelope: Any, how: str, data: Any) -> AuthResult:
    right = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=data == right, handled=False)


def _certified(path: Path) -> ssl.SSLContext:
    """With a certificate that it signed itself, for this machine's address; it is put at `path`, with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "made-up mailbox")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context
