"""How far a run is, for whoever watches it: people through the command line, programs as lines of JSON."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Pace", "Pulse", "Stage"]

Stage = Literal["planning", "classifying", "merging", "done"]


@dataclass(frozen=True, slots=True)
class Pulse:
    """How far a run is.

    Attributes
    ----------
    stage : str
        When it is "done", the counts are those of "classifying".
    done, failed : int
        Rows of this process in this stage so far, and those of them with an error.
    earlier : int
        Items that were done before this process began.
    total : int or None
        All items of the run, or of its share: those done earlier, and those that this process does. None while it is not known.
    seconds : float
        Since the stage began.
    starting : float
        How many of them went by before the first item was begun.
    """

    stage: Stage
    done: int
    failed: int
    earlier: int
    total: int | None
    seconds: float
    starting: float = 0.0

    @property
    def rate(self) -> float:
        """Images per second since the first was begun."""
        seconds = self.seconds - self.starting
        return self.done / seconds if seconds > 0 else 0.0

    @property
    def left(self) -> int | None:
        """Items that are not done yet; None where that is not known."""
        return None if self.total is None else max(0, self.total - self.earlier - self.done)

    @property
    def seconds_left(self) -> float | None:
        """Time until the stage is over, at the same rate."""
        if self.left == 0:
            return 0.0
        return self.left / self.rate if self.left is not None and self.rate else None

    def to_json(self) -> str:
        """One line of JSON."""
        left = self.seconds_left
        values = {
            **asdict(self),
            "seconds": round(self.seconds, 3),
            "starting": round(self.starting, 3),
            "rate": round(self.rate, 2),
            "seconds_left": None if left is None else round(left, 1),
        }
        return json.dumps(values)


class Pace:
    """Turns counts into pulses.

    Parameters
    ----------
    said : callable
        Gets each pulse.
    clock : callable
        Seconds that only ever grow.
    """

    def __init__(
        self, said: Callable[[Pulse], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._said = said
        self._clock = clock
        self._stage: Stage = "planning"
        self._start = clock()
        self._earlier, self._total = 0, None
        self._starting = 0.0
        self.seconds = 0.0

    def begin(self, stage: Stage, *, total: int | None, earlier: int = 0) -> None:
        """Start a stage."""
        self._stage, self._total, self._earlier = stage, total, earlier
        self._start, self._starting = self._clock(), 0.0
        self.tell(0)

    def first_took(self, seconds: float) -> None:
        """Say how long the first results took; the time before was spent on starting, and is left out of the rate."""
        self._starting = max(0.0, self._clock() - self._start - seconds)

    def tell(self, done: int, *, failed: int = 0) -> None:
        """Say how far the stage is."""
        self.seconds = self._clock() - self._start
        self._said(self._pulse(done, failed))

    def end(self, done: int, *, failed: int, earlier: int, seconds: float) -> None:
        """Say that all is over, and how it went: `seconds` for what was done."""
        self._stage, self._earlier, self._total = "done", earlier, done + earlier
        self.seconds = seconds
        self._said(self._pulse(done, failed))

    def _pulse(self, done: int, failed: int) -> Pulse:
        return Pulse(
            self._stage,
            done,
            failed,
            self._earlier,
            self._total,
            self.seconds,
            self._starting,
        )
