"""What the server can be told, as data: each setting with its default and its help text."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from skyform.errors import SkyformError

__all__ = ["PREFIX", "Settings"]

PREFIX = "SKYFORM_"

_MIB = 2**20


def _setting(default: Any, help: str, *, least: int | float | None = None) -> Any:
    return field(default=default, metadata={"help": help, "least": least})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of one server.

    Every field carries its help text in `field.metadata["help"]`; the CLI's options and the table in the documentation are
    made from it.

    Raises
    ------
    SkyformError
        If a value is out of its range; names the setting, the value and the remedy.
    """

    host: str = _setting(
        "127.0.0.1", "Address to listen on; 0.0.0.0 lets other machines in your network reach it."
    )
    port: int = _setting(8000, "Port to listen on; 0 takes any free one.", least=0)
    model: str | None = _setting(None, "base, small, or a model file; empty for base.")
    workers: int | None = _setting(
        None,
        "Pictures decoded at the same time; empty for as many as there are processor cores.",
        least=1,
    )
    decoders: int = _setting(
        1, "Processes for FITS, TIFF and GIF, each started when it is first needed.", least=1
    )
    threads: int | None = _setting(
        None, "Processor threads for the network; empty for as many as there are cores.", least=1
    )
    batch: int = _setting(
        32, "Most pictures that go through the network together, if so many wait.", least=1
    )
    queue: int = _setting(
        256, "Pictures that may be on their way before others are turned away (503).", least=1
    )
    queue_bytes: int = _setting(
        512 * _MIB, "Bytes that these may have together; a lone picture is always let in.", least=1
    )
    timeout: float = _setting(
        30.0, "Seconds that receiving, and then classifying, may each take (408, 504).", least=0.001
    )
    max_upload_bytes: int = _setting(32 * _MIB, "Largest upload, in bytes.", least=1)
    max_pixels: int = _setting(
        100_000_000, "Largest picture, in pixels (width times height).", least=1
    )
    max_files: int = _setting(500, "Most pictures in one job.", least=1)
    max_job_bytes: int = _setting(
        1024 * _MIB,
        "Largest upload of a job, in bytes; also what its archives may unpack to.",
        least=1,
    )
    job_days: float = _setting(
        7.0, "Days until a job is deleted, with its pictures and answers.", least=0.001
    )
    job_upload_seconds: float = _setting(
        900.0, "Seconds that receiving the pictures of a job may take (408).", least=0.001
    )
    job_lease: float = _setting(
        20.0,
        "Seconds until another process takes over the pictures of one that died.",
        least=0.1,
    )
    log_level: str = _setting(
        "warning", "debug, info, warning or error; info has a line for each request."
    )
    log_format: str = _setting("console", "console, or json for whoever collects logs.")
    log_addresses: int = _setting(
        0, "1 to note the address that each request came from; 0 not to.", least=0
    )
    metrics: str = _setting(
        "off",
        "What /metrics asks for: off for no figures, open for no token, or the token that Prometheus sends.",
    )
    drain_seconds: float = _setting(
        0.0,
        "Seconds between saying on /readyz that the server is closing, and closing it.",
        least=0,
    )
    grace_seconds: int = _setting(
        10, "Seconds that requests under way may take to end when the server closes.", least=0
    )
    fetch_ports: str = _setting(
        "80,443", "Ports that pictures may be fetched from, or none to fetch none."
    )
    fetch_seconds: float = _setting(
        20.0, "Seconds that fetching a picture from the web may take.", least=0.001
    )
    data: str | None = _setting(
        None, "Folder of the database and of kept pictures; empty for the user's own data folder."
    )
    database: str | None = _setting(
        None,
        "Address of the database, such as postgresql+psycopg://user@host/name; empty for SQLite in the data folder.",
    )
    objects: str | None = _setting(
        None, "Address for kept pictures, such as s3://bucket/folder; empty for the data folder."
    )
    samples: str | None = _setting(
        None, "Folder of sample pictures with a credits.json; empty for the bundled ones."
    )
    public_url: str | None = _setting(
        None,
        "Address that visitors use, such as https://skyform.example; empty for whichever they asked for.",
    )
    trusted_proxies: str = _setting(
        "",
        "Addresses or networks of your proxies, separated by commas: only their X-Forwarded-For, -Proto and -Host are believed.",
    )
    session_days: int = _setting(
        30, "Days after its last use until a session ends, and what it kept with it.", least=1
    )
    registration: str = _setting(
        "open", "open: visitors can make accounts; closed: only those of the OpenID provider."
    )
    sign_in_failures: int = _setting(
        10,
        "Wrong passwords in a row until an account is locked; ten times as many lock an address out.",
        least=1,
    )
    lock_minutes: int = _setting(15, "Minutes that a lock lasts.", least=1)
    password_memory: int = _setting(
        65_536, "Memory that hashing a password takes, in KiB (argon2id).", least=8
    )
    password_rounds: int = _setting(3, "Rounds of hashing a password (argon2id).", least=1)
    openid_issuer: str | None = _setting(
        None, "Address of an OpenID Connect provider to sign in with; empty for none."
    )
    openid_client_id: str | None = _setting(None, "The id that the provider gave this site.")
    openid_client_secret: str | None = _setting(
        None, "The secret that it gave; better set in the environment than on the command line."
    )
    openid_name: str = _setting("OpenID", "What the button to sign in there calls it.")
    mail_server: str | None = _setting(
        None,
        "Mail server (SMTP) that sends links for a forgotten password, such as smtp.skyform.example; empty for no mail.",
    )
    mail_port: int | None = _setting(
        None, "Its port; empty for 587, with mail_security tls 465, with none 25.", least=1
    )
    mail_security: str = _setting(
        "starttls", "starttls, tls, or none for a mail server on the same machine or network."
    )
    mail_user: str | None = _setting(None, "The name to sign in to it with; empty for none.")
    mail_password: str | None = _setting(
        None, "The password for that; better set in the environment than on the command line."
    )
    mail_sender: str | None = _setting(
        None, "The address that mails come from, such as skyform@skyform.example."
    )
    rate_classify: int = _setting(
        600,
        "Pictures a minute that one account, session or address may have classified at once; 0 for no limit.",
        least=0,
    )
    rate_fetch: int = _setting(
        30, "Addresses a minute that one may have pictures fetched from; 0 for no limit.", least=0
    )
    rate_sign_in: int = _setting(60, "Sign-ins a minute from one address; 0 for no limit.", least=0)
    rate_sign_up: int = _setting(
        30, "New accounts a minute from one address; 0 for no limit.", least=0
    )
    rate_reset: int = _setting(
        10, "Links for a forgotten password a minute from one address; 0 for no limit.", least=0
    )
    rate_keep: int = _setting(
        300, "Results, jobs, votes and rounds a minute that one may add; 0 for no limit.", least=0
    )
    rate_other: int = _setting(
        1200, "All other requests of the API a minute; 0 for no limit.", least=0
    )

    keep_days: int = _setting(
        30, "Days that a result of a visitor without an account is kept.", least=1
    )
    sweep_minutes: float = _setting(
        60.0,
        "Minutes between two rounds of deleting what is past its time; 0 for never.",
        least=0,
    )
    most_kept_mib: int = _setting(
        2048,
        "MiB that one account or session may keep, in results and jobs together; 0 for no limit.",
        least=0,
    )
    most_waiting: int = _setting(
        2000,
        "Pictures of jobs that one account or session may have waiting; 0 for no limit.",
        least=0,
    )

    def __post_init__(self) -> None:
        """Refuse values that cannot work."""
        for f in fields(self):
            value, least = getattr(self, f.name), f.metadata["least"]
            # Not `value < least`, which NaN would pass.
            if least is not None and value is not None and not value >= least:
                raise SkyformError(
                    f"{f.name} is {value}.", remedy=f"It must be at least {least:g}."
                )
        for name in ("port", "mail_port"):
            value = getattr(self, name) or 0
            if value > 65535:
                raise SkyformError(f"{name} is {value}.", remedy="It must be at most 65535.")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `SKYFORM_<FIELD>` variables; what is unset or empty keeps its default.

        Parameters
        ----------
        environ : mapping, optional
            Names and values; by default the process's environment.

        Raises
        ------
        SkyformError
            If a value is not of the setting's type, or out of its range.
        """
        found = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        for f in fields(cls):
            text = found.get(PREFIX + f.name.upper(), "").strip()
            if text:
                values[f.name] = _parsed(PREFIX + f.name.upper(), text, type=str(f.type))
        return cls(**values)


def _parsed(name: str, text: str, *, type: str) -> Any:
    number = {"int": int, "float": float}.get(_plain(type))
    if number is None:
        return text
    try:
        return number(text)
    except ValueError:
        raise SkyformError(
            f"{name} is {text!r}.", remedy=f"Set it to a {_WORDS[_plain(type)]}, or leave it out."
        ) from None


_WORDS = {"int": "whole number", "float": "number"}


def _plain(type: str) -> str:
    """`<class 'int'>`, `int` and `int | None` all mean int."""
    for name in _WORDS:
        if name in type:
            return name
    return "str"
