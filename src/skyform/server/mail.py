"""Mails: short, of plain text, handed to the mail server of the settings."""

import asyncio
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid, parseaddr

from skyform.errors import SkyformError
from skyform.server.settings import Settings

__all__ = ["Letter", "Mail", "reason_of"]

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
# For each step, and for all together: a mail server that hangs holds up those who wait behind.
_STEP_SECONDS, _WHOLE_SECONDS = 20.0, 60.0


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent to one person."""

    to: str
    subject: str
    text: str


class Mail:
    """One mail server, and who the mails come from.

    Parameters
    ----------
    server : str
        Its name or address.
    port : int
    security : str
        `starttls`, `tls` or `none`. With the former two its certificate has to be right.
    user, password : str, optional
        What to sign in with.
    sender : Address
        Whom the mails come from; its domain is what the server is told that we are.
    """

    def __init__(
        self,
        *,
        server: str,
        port: int,
        security: str,
        user: str | None,
        password: str | None,
        sender: Address,
    ) -> None:
        self._server = server
        self._port = port
        self._security = security
        self._user = user
        self._password = password
        self._sender = sender
        self._tls = None if security == "none" else ssl.create_default_context()

    @classmethod
    def of(cls, settings: Settings) -> "Mail | None":
        """The settings' mail server; None without one.

        Raises
        ------
        SkyformError
            If they contradict each other, or something is missing.
        """
        if not settings.mail_server:
            return None
        _check(settings)
        return cls(
            server=settings.mail_server,
            port=settings.mail_port or _PORTS[settings.mail_security],
            security=settings.mail_security,
            user=settings.mail_user,
            password=settings.mail_password,
            sender=_sender(settings.mail_sender or ""),
        )

    async def send(self, letter: Letter) -> None:
        """Hand a letter to the mail server.

        Raises
        ------
        OSError, SMTPException, ValueError
            If it cannot be reached, or does not take it. The text of the error may name the receiver: see `reason_of`.
        """
        import aiosmtplib  # only servers that send mail need it

        message = self._message(letter)
        async with asyncio.timeout(_WHOLE_SECONDS):
            await aiosmtplib.send(
                message,
                hostname=self._server,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._security == "tls",
                start_tls=self._security == "starttls",
                tls_context=self._tls,
                # Otherwise it would be this machine's own name.
                local_hostname=self._sender.domain,
                timeout=_STEP_SECONDS,
            )

    def _message(self, letter: Letter) -> EmailMessage:
        """The letter with its headers; `EmailMessage` refuses a line's end in any of them."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = _address("", letter.to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(localtime())
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        # No answers by machines, such as that somebody is on holiday.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def reason_of(error: Exception) -> str:
    """What may be logged of a mail that was not sent: nothing that names its receiver or what was in it."""
    from aiosmtplib import SMTPRecipientsRefused, SMTPResponseException

    name = type(error).__name__
    if isinstance(error, SMTPRecipientsRefused):
        codes = sorted({refused.code for refused in error.recipients})
        return f"{name} {', '.join(map(str, codes))}"
    if isinstance(error, SMTPResponseException):
        return f"{name} {error.code}"
    # What goes wrong before there is a connection names the mail server alone.
    return f"{name}: {error}" if isinstance(error, OSError) and str(error) else name


def _check(settings: Settings) -> None:
    """Refuse what cannot send a mail with a link that works."""
    server, security = settings.mail_server or "", settings.mail_security
    if server.count(":") == 1 or "/" in server or " " in server:
        raise SkyformError(
            f"mail_server is {server!r}.",
            remedy="Give the name alone, such as smtp.skyform.example; the port goes into mail_port.",
        )
    if security not in _PORTS:
        raise SkyformError(f"mail_security is {security!r}.", remedy=f"Say {', '.join(_PORTS)}.")
    if not settings.mail_sender:
        raise SkyformError(
            "mail_server is set, but mail_sender is not.",
            remedy="Set mail_sender to the address that mails come from.",
        )
    if not settings.public_url:
        raise SkyformError(
            "mail_server is set, but public_url is not.",
            remedy="Set public_url to the address that visitors use: links in mails begin with it.",
        )
    if bool(settings.mail_user) != bool(settings.mail_password):
        raise SkyformError(
            "Of mail_user and mail_password only one is set.", remedy="Set both, or neither."
        )
    if settings.mail_user and security == "none":
        raise SkyformError(
            "mail_security is 'none', so that mail_password would be sent for all to read.",
            remedy="Set mail_security to starttls or tls, or leave out mail_user and mail_password.",
        )


def _sender(text: str) -> Address:
    name, address = parseaddr(text)
    try:
        found = _address(name, address)
    except ValueError:
        found = None
    if found is None or not text.isprintable() or not found.username or not found.domain:
        raise SkyformError(
            f"mail_sender is {text!r}.",
            remedy="Give an address, such as skyform@skyform.example or Skyform <skyform@skyform.example>.",
        )
    return found


def _address(name: str, address: str) -> Address:
    """As headers and servers want it: the domain in ASCII, whatever people write."""
    local, _, domain = address.rpartition("@")
    ascii = domain.encode("idna").decode("ascii")
    # Not as one text, which Python refuses where the part before @ has other letters; servers that take them say so.
    return Address(display_name=name, username=local, domain=ascii)
