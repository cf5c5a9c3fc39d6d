"""A remote file as an open one that can be read anywhere."""

import io
from collections.abc import Callable
from typing import Any

__all__ = ["open_ranged"]

_BUFFER = 2**20  # bytes fetched at once


def open_ranged(fetch: Callable[[int, int], bytes], *, size: int) -> io.BufferedReader:
    """An open file of `size` bytes; `fetch` gives those from its first to before its second argument."""
    return io.BufferedReader(_Ranged(fetch, size), _BUFFER)


class _Ranged(io.RawIOBase):
    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        stop = min(self._at + len(buffer), self._size)
        if stop <= self._at:
            return 0
        data = self._fetch(self._at, stop)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
