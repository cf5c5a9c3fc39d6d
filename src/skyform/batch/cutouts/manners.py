"""Manners towards a host, kept by all processes on a machine together: one request at a time, with pauses, and as robots.txt asks."""

import json
import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from skyform.errors import OutputError

__all__ = ["Turn", "Turns"]

_LONGEST_WAIT = 3600.0  # s; a clock that was set back must not stop us for a day
_DAY = 86_400.0  # s: how long robots.txt may be remembered (RFC 9309, section 2.4)


class Turn:
    """One's turn to ask a host: while it lasts, nobody else asks."""

    def __init__(self, state: dict[str, Any], clock: Callable[[], float]) -> None:
        self.state = state
        self._clock = clock

    def wait(self, seconds: float) -> None:
        """Leave the host alone for at least so long from now, whoever comes next."""
        self.state["ready"] = max(self.state.get("ready", 0.0), self._clock() + seconds)

    @property
    def robots(self) -> str | None:
        """The host's robots.txt, if it was read within a day."""
        text, at = self.state.get("robots", ("", float("-inf")))
        return text if 0 <= self._clock() - at <= _DAY else None

    @robots.setter
    def robots(self, text: str) -> None:
        self.state["robots"] = (text, self._clock())


class Turns:
    """Turns at one host, for every process that is given the same folder.

    A lock file is the turn; the system takes it back from a process that was killed. A file beside it holds when the next turn may begin.

    Parameters
    ----------
    folder : Path
        Where the files lie; made where it does not exist.
    host : str
        Whom the turns are for.
    interval : float
        Least time between the starts of two turns, s.
    clock, sleep : callable
        Seconds since 1970, and waiting.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str,
        interval: float,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        name = re.sub(r"[^a-z0-9.-]", "_", host.lower())
        self._lock = folder / f"{name}.lock"
        self._state = folder / f"{name}.json"
        self._interval = interval
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def take(self) -> Generator[Turn, None, None]:
        """Wait for one's turn, and keep it until the end of the block.

        Raises
        ------
        OutputError
            If the folder cannot be written.
        """
        from filelock import FileLock

        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            held = FileLock(self._lock)
            held.acquire()
        except OSError as error:
            raise self._unusable(error) from error
        try:
            turn = Turn(self._read(), self._clock)
            ahead = turn.state.get("ready", 0.0) - self._clock()
            if 0 < ahead <= _LONGEST_WAIT:
                self._sleep(ahead)
            turn.state["ready"] = self._clock() + self._interval
            # Before the request as well: one who is killed in the middle has asked too.
            self._write(turn.state)
            try:
                yield turn
            finally:
                self._write(turn.state)
        finally:
            held.release()

    def _read(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            state = json.loads(self._state.read_text(encoding="utf-8"))
            if isinstance(state, dict):
                return state
        return {}

    def _write(self, state: dict[str, Any]) -> None:
        try:
            self._state.write_text(json.dumps(state), encoding="utf-8")
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._lock.parent} cannot be used to take turns: {error.strerror or error}.",
            remedy="Choose another folder with --cache.",
        )
