"""Whether what the server stands on is there."""

import logging
from contextlib import suppress

from sqlalchemy import select

from skyform.server.service import Service
from skyform.store import Store

__all__ = ["missing"]

_LOG = logging.getLogger("skyform.server")


def missing(shared: Service) -> list[str]:
    """What gives no answer, in words."""
    checks = {"the database": _ask_database, "the place for pictures": _ask_objects}
    gone: list[str] = []
    for name, ask in checks.items():
        try:
            ask(shared.store)
        except Exception:
            # Any library's error may come here; which one is for the log, not for whoever asks.
            _LOG.exception("no answer from %s", name)
            gone.append(name)
    return gone


def _ask_database(store: Store) -> None:
    with store.database.reading() as session:
        session.execute(select(1))


def _ask_objects(store: Store) -> None:
    # That there is no such picture is an answer.
    with suppress(FileNotFoundError):
        store.objects.get("readiness")
