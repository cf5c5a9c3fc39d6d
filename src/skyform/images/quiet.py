"""Silence for libraries that warn about the broken input that we report as an error anyway."""

import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["quiet"]


class _Silence:
    """Counts who wants silence: the first to come sets the warning filters aside, the last to go puts them back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings(action="ignore")

    def enter(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._filters = warnings.catch_warnings(action="ignore")
                self._filters.__enter__()
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._filters.__exit__(None, None, None)


# Python's warning filters belong to the whole process: two threads that enter and leave `catch_warnings` crosswise would
# leave the filters wrong for good. So the count must belong to the process, too.
_SILENCE = _Silence()


@contextmanager
def quiet() -> Generator[None, None, None]:
    """Ignore all warnings inside, in any number of threads at once.

    Warnings of other threads are ignored meanwhile, and filters that they set are lost.
    """
    _SILENCE.enter()
    try:
        yield
    finally:
        _SILENCE.leave()
