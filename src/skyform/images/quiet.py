"""Silence for libraries that warn about the broken input that we report as an error anyway."""

import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["quiet"]

# Python's warning filters belong to the whole process: two threads that enter and leave `catch_warnings` crosswise would
# leave the filters wrong for good.
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def quiet() -> Generator[None, None, None]:
    """Ignore all warnings inside; one thread at a time, and not to be nested."""
    with _ONE_AT_A_TIME, warnings.catch_warnings(action="ignore"):
        yield
