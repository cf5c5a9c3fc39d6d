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
    workers: int = _setting(1, "Pictures classified at the same time.", least=1)
    threads: int | None = _setting(
        None, "Processor threads for each picture; empty lets the runtime choose.", least=1
    )
    queue: int = _setting(
        32, "Requests that may wait for a worker before others are turned away (503).", least=0
    )
    timeout: float = _setting(
        30.0, "Seconds that receiving, and then classifying, may each take (408, 504).", least=0.001
    )
    max_upload_bytes: int = _setting(32 * _MIB, "Largest upload, in bytes.", least=1)
    max_pixels: int = _setting(
        100_000_000, "Largest picture, in pixels (width times height).", least=1
    )
    samples: str | None = _setting(
        None, "Folder of sample pictures with a credits.json; empty for the bundled ones."
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
        if self.port > 65535:
            raise SkyformError(f"port is {self.port}.", remedy="It must be at most 65535.")

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
