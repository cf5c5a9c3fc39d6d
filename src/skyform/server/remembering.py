"""What was looked up a moment ago."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Recent"]

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key that are known for some seconds; the one that was put in first goes when there are too many.

    Parameters
    ----------
    seconds : float
        How long a value counts.
    most : int
        How many there may be.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self, *, seconds: float, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._values: OrderedDict[str, tuple[float, T]] = OrderedDict()
        # Counts how often something was forgotten, so that what was looked up before does not come back after.
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> T | None:
        """The value, or None where there is none or it is too old."""
        end, value = self._values.get(key, (0.0, None))
        return value if end > self._clock() else None

    def put(self, key: str, value: T, *, epoch: int | None = None) -> None:
        """Keep a value, unless something was forgotten since `epoch`, when it began to be looked up."""
        if epoch is not None and epoch != self.epoch:
            return
        self._values[key] = (self._clock() + self._seconds, value)
        self._values.move_to_end(key)
        while len(self._values) > self._most:
            self._values.popitem(last=False)

    def forget(self, which: Callable[[T], bool]) -> None:
        """Drop all values of which this is true."""
        self.epoch += 1
        for key in [k for k, (_, value) in self._values.items() if which(value)]:
            del self._values[key]
