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
    done, failed : int
        Rows of this stage so far, and those of them with an error.
    earlier : int
        Items that were done before this process began.
    total : int or None
        Items of this process; None while it is not known.
    seconds : float
        Since the stage began.
    """

    stage: Stage
    done: int
    failed: int
    earlier: int
    total: int | None
    seconds: float

    @property
    def rate(self) -> float:
        """Images per second since the stage began."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time until the stage is over, at the same rate."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.done) / self.rate

    def to_json(self) -> str:
        """One line of JSON."""
        left = self.seconds_left
        values = {
            **asdict(self),
            "seconds": round(self.seconds, 3),
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
        self.seconds = 0.0

    def begin(self, stage: Stage, *, total: int | None, earlier: int = 0) -> None:
        """Start a stage."""
        self._stage, self._total, self._earlier = stage, total, earlier
        self._start = self._clock()
        self.tell(0)

    def tell(self, done: int, *, failed: int = 0) -> None:
        """Say how far the stage is."""
        self.seconds = self._clock() - self._start
        pulse = Pulse(self._stage, done, failed, self._earlier, self._total, self.seconds)
        self._said(pulse)
