"""Ends a process whose picture takes for ever: decoders are other people's code, and some files send them round in circles."""

import os
import threading
import time
from typing import Protocol, runtime_checkable

__all__ = ["Busy", "watch"]

_LONGEST_SLEEP = 1.0  # s


@runtime_checkable
class Busy(Protocol):
    """Something that works on one picture after the other."""

    @property
    def since(self) -> float | None:
        """When it began with the present picture, by `time.monotonic`; None between pictures."""
        ...


def watch(busy: Busy, *, patience: float) -> None:
    """End this process as soon as one picture takes longer than `patience` seconds.

    To the engine that is a death like any other: the picture is found, and gets a row with an error. A decoder that does not let other
    threads run is not noticed.
    """
    threading.Thread(target=_watch, args=(busy, patience), daemon=True).start()


def _watch(busy: Busy, patience: float) -> None:
    while True:
        time.sleep(min(_LONGEST_SLEEP, patience / 4))
        since = busy.since
        if since is not None and time.monotonic() - since > patience:
            os._exit(1)
