"""What a source holds open: opened on first use, never carried into another process."""

import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

__all__ = ["OneOpen", "PerProcess", "Streams"]

_T = TypeVar("_T")


class PerProcess(Generic[_T]):
    """Something that belongs to one process: made on first use, and anew after a fork or unpickling.

    Files and connections that a forked worker inherits would share their position, or their answers, with its parent.
    """

    def __init__(self, make: Callable[[], _T]) -> None:
        self._make = make
        self._mine: tuple[int, _T] | None = None

    def get(self) -> _T:
        """The thing, of this process."""
        mine = self._mine
        if mine is None or mine[0] != os.getpid():
            mine = self._mine = (os.getpid(), self._make())
        return mine[1]

    def __reduce__(self) -> tuple[Any, ...]:
        return (PerProcess, (self._make,))


class OneOpen(Generic[_T]):
    """Numbered files of which the one that was read last stays open."""

    def __init__(self, opened: Callable[[int], AbstractContextManager[_T]]) -> None:
        self._opened = opened
        self._open: tuple[int, _T] | None = None
        self._closing = ExitStack()

    def __del__(self) -> None:
        self._closing.close()

    def file(self, number: int) -> _T:
        """One of them; the one before is closed."""
        if self._open is None or self._open[0] != number:
            self._open = None
            self._closing.close()
            self._open = (number, self._closing.enter_context(self._opened(number)))
        return self._open[1]


@dataclass
class _Stream(Generic[_T]):
    items: Iterator[_T]
    position: int


class Streams(Generic[_T]):
    """The stream read last, which can only go forward: a compressed file, or the rows of one row group.

    Whoever reads one part after the other goes on from where the stream stands; whoever begins in the middle skips there. A
    stream is taken out while it is read, so that two threads never share one.
    """

    def __init__(self) -> None:
        self._held: tuple[Hashable, _Stream[_T]] | None = None

    def slice(
        self,
        key: Hashable,
        start: int,
        stop: int,
        *,
        opened: Callable[[], Iterator[_T]],
        base: int = 0,
    ) -> Iterator[_T]:
        """Items `start` to `stop` of the stream known by `key`; `opened` begins it anew, at item `base`."""
        stream = self._take(key, start) or _Stream(opened(), base)
        for _ in islice(stream.items, start - stream.position):
            stream.position += 1
        for item in islice(stream.items, stop - max(start, stream.position)):
            stream.position += 1
            yield item
        self._held = (key, stream)

    def _take(self, key: Hashable, start: int) -> _Stream[_T] | None:
        held, self._held = self._held, None
        if held is not None and held[0] == key and held[1].position <= start:
            return held[1]
        return None
