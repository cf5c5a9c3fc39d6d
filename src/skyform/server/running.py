"""Serving the application until Ctrl-C."""

import asyncio
import gc
import socket
import sys
from contextlib import suppress

import uvicorn
from fastapi import FastAPI

from skyform.errors import SkyformError
from skyform.server.app import create_app
from skyform.server.connections import punctual_protocol
from skyform.server.logs import configure_logs
from skyform.server.service import Classifies, Service
from skyform.server.settings import Settings

__all__ = ["run"]

_TURN_SECONDS = 0.001
_OPEN_FILES = 8192


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
    configure_logs(level=settings.log_level, format=settings.log_format)
    # The thread that talks to visitors gets its turn sooner among those that decode (Python's own is 5 ms).
    sys.setswitchinterval(_TURN_SECONDS)
    _allow_many_files()
    # First, so that a taken port is known before the model is loaded.
    with _listener(settings) as listener:
        app = create_app(settings, classifier=classifier)
        # uvicorn hands Ctrl-C on after its own orderly end.
        with suppress(KeyboardInterrupt):
            _Announcing(
                _config(app, settings),
                address=_address(settings, listener),
                shared=app.state.service,
                drain=settings.drain_seconds,
            ).run(sockets=[listener])


class _Announcing(uvicorn.Server):
    """A server that says where it is once it listens, and that it is closing before it does."""

    def __init__(
        self, config: uvicorn.Config, *, address: str, shared: Service, drain: float
    ) -> None:
        super().__init__(config)
        self._address = address
        self._shared = shared
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            # What was loaded stays until the end: the collector need not look through it again, which takes 100 ms each time.
            gc.collect()
            gc.freeze()
            sys.stdout.write(f"Skyform is at {self._address} (Ctrl-C stops it)\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say on /readyz that no more visitors should be sent, and end what never ends by itself; then close."""
        self._shared.closing.set()
        if self._drain and not self.force_exit:
            await asyncio.sleep(self._drain)
        await super().shutdown(sockets)


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        http=punctual_protocol(),
        # `Proxies` does it, by our own setting; uvicorn would believe anything that runs on this machine.
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=settings.grace_seconds,
    )


def _allow_many_files() -> None:
    """Raise the system's limit of open files, as far as it lets us: the parts of a large form each lie in one."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


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
