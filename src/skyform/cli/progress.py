"""A progress line for long work, on terminals only."""

import shutil
import threading
import time
from collections.abc import Callable
from types import TracebackType

from skyform.cli.console import Stream
from skyform.evaluation.wording import duration_text

__all__ = ["Progress"]

_BAR = 24
_FIRST_AFTER = 0.7  # s; shorter work needs none
_EVERY = 0.1  # s


class Progress:
    """Shows how much is done, how fast, and how long it will take. Writes nothing unless the stream is a terminal.

    Parameters
    ----------
    stream : text file
        Usually standard error.
    count : callable
        Finds out how many inputs there are, which may take a while; it runs beside the work. Until it is done, or where it
        gives None, the number done is shown without a bar.
    enabled : bool
        False keeps it silent on a terminal too.
    clock : callable
        Seconds that only ever grow.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        count: Callable[[], int | None],
        enabled: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._on = enabled and stream.isatty()
        self._clock = clock
        self._count = count
        self.total: int | None = None
        self._start = clock()
        self._shown_at = self._start + _FIRST_AFTER - _EVERY
        self._shown = False

    def __enter__(self) -> "Progress":
        if self._on:
            threading.Thread(target=self._find_total, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def update(self, done: int, *, failed: int) -> None:
        """Tell how many inputs are done, and how many of them failed."""
        now = self._clock()
        if not self._on or now < self._shown_at + _EVERY:
            return
        self._shown_at, self._shown = now, True
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r" + self._line(done, failed, now - self._start)[:width] + "\x1b[K")
        self._stream.flush()

    def _line(self, done: int, failed: int, seconds: float) -> str:
        rate = done / seconds if seconds > 0 else 0.0
        notes = [f"{rate:,.0f} images/s"]
        if failed:
            notes.append(f"{failed:,} failed")
        total = self.total
        if not total or total < done:
            return f"{done:,} images · " + " · ".join(notes)
        full = _BAR * done // total
        bar = "█" * full + "░" * (_BAR - full)
        if done:
            notes.append(f"{duration_text((total - done) * seconds / done)} left")
        return f"{bar} {100 * done // total:>3} %  {done:,} of {total:,} · " + " · ".join(notes)

    def _find_total(self) -> None:
        self.total = self._count()
