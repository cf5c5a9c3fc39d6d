"""How `skyform batch` shows its progress: one line on a terminal, or lines of JSON for programs."""

import time
from collections.abc import Callable
from types import TracebackType

from skyform.batch.progress import Pulse, Stage
from skyform.cli.console import Stream
from skyform.cli.progress import Progress

__all__ = ["JsonLines", "ProgressLine"]

_EVERY = 1.0  # s


class JsonLines:
    """A line of JSON when a stage begins, at most once a second while it goes on, and when it is complete.

    Parameters
    ----------
    stream : text file
    clock : callable
        Seconds that only ever grow.
    """

    def __init__(self, stream: Stream, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._stage: Stage | None = None
        self._next = 0.0

    def __enter__(self) -> Callable[[Pulse], None]:
        return self._show

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held back."""

    def _show(self, pulse: Pulse) -> None:
        now = self._clock()
        if pulse.stage == self._stage and now < self._next and pulse.left != 0:
            return
        self._stage, self._next = pulse.stage, now + _EVERY
        self._stream.write(pulse.to_json() + "\n")
        self._stream.flush()


class ProgressLine:
    """The progress line of `skyform classify`, anew for each stage. Writes nothing unless the stream is a terminal.

    Parameters
    ----------
    stream : text file
    enabled : bool
    """

    def __init__(self, stream: Stream, *, enabled: bool) -> None:
        self._stream = stream
        self._enabled = enabled
        self._stage: Stage | None = None
        self._line: Progress | None = None

    def __enter__(self) -> Callable[[Pulse], None]:
        return self._show

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()

    def _show(self, pulse: Pulse) -> None:
        if pulse.stage != self._stage or self._line is None:
            self._clear()
            self._stage = pulse.stage
            total = None if pulse.total is None else pulse.total - pulse.earlier
            self._line = Progress(
                self._stream, count=lambda: total, enabled=self._enabled
            ).__enter__()
        self._line.update(pulse.done, failed=pulse.failed)

    def _clear(self) -> None:
        if self._line is not None:
            self._line.__exit__(None, None, None)
            self._line = None
