"""Serving the application until Ctrl-C."""

import socket
import sys
from contextlib import suppress

import uvicorn

from skyform.errors import SkyformError
from skyform.server.app import create_app
from skyform.server.service import Classifies
from skyform.server.settings import Settings

__all__ = ["run"]

_GRACE_SECONDS = 5


def run(settings: Settings, *, classifier: Classifies | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM; print the address once the server listens.

    Parameters
    ----------
    settings : Settings
        Address, limits, model.
    classifier : optional
        As for `create_app`.

    Raises
    ------
    SkyformError
        If the address cannot be listened on.
    ModelError
        If the model cannot be loaded.
    """
    # First, so that a taken port is known before the model is loaded.
    with _listener(settings) as listener:
        config = uvicorn.Config(
            create_app(settings, classifier=classifier),
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        # uvicorn hands Ctrl-C on after its own orderly end.
        with suppress(KeyboardInterrupt):
            _Announcing(config, address=_address(settings, listener)).run(sockets=[listener])


class _Announcing(uvicorn.Server):
    """A server that says where it is once it listens."""

    def __init__(self, config: uvicorn.Config, *, address: str) -> None:
        super().__init__(config)
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"Skyform is at {self._address} (Ctrl-C stops it)\n")
            sys.stdout.flush()


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise SkyformError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror or error}.",
            remedy="Stop the program that uses it, or choose another port, such as "
            f"{settings.port % 65535 + 1}.",
        ) from None
    return listener


def _address(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listener.getsockname()[1]}"
