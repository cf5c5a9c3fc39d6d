"""Connections whose other end dawdles: with a request that never ends, or an answer that is never fetched."""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

__all__ = ["Punctual", "punctual_protocol"]

_LONGEST_HEAD = 2**16
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Punctual(asyncio.Protocol):
    """Closes a connection that makes no progress; to be put before one of uvicorn's protocols, which wait for ever.

    The headers of a request must be there `seconds` after their first byte (the first request's after the connection) and end after
    some kilobytes; and some of an answer must leave in as long. What a body may take is up to the application.
    """

    seconds = 20.0

    # uvloop's transports are not asyncio's.
    def connection_made(self, transport: Any) -> None:
        """Begin to look at it now and then."""
        super().connection_made(transport)
        self._loop = asyncio.get_running_loop()
        self._out = transport
        self._waits_since: float | None = self._loop.time()
        self._head = 0
        self._left = 0
        self._moved = False
        self._next = self._loop.call_later(self.seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        self._next.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note when a request begins, and when its headers are complete."""
        if self._waits_since is None and not self._at_work():
            self._waits_since, self._head = self._loop.time(), 0
        self._head += 0 if self._has_more_body() else len(data)
        super().data_received(data)
        if self._at_work():
            self._waits_since = None
        elif self._head > _LONGEST_HEAD and not self._out.is_closing():
            self._out.write(_TOO_LONG)
            self._out.close()

    def resume_writing(self) -> None:
        """Note that some of an answer has left."""
        self._moved = True
        super().resume_writing()

    def _at_work(self) -> bool:
        """Whether a request has been understood and not yet been answered."""
        cycle: Any = getattr(self, "cycle", None)
        return cycle is not None and not cycle.response_complete

    def _has_more_body(self) -> bool:
        """Whether a request was answered, perhaps refused, before it had all arrived."""
        cycle: Any = getattr(self, "cycle", None)
        return cycle is not None and cycle.more_body

    def _look(self) -> None:
        now = self._loop.time()
        late = self._waits_since is not None and now - self._waits_since >= self.seconds
        left = self._out.get_write_buffer_size()
        stuck = 0 < self._left <= left and not self._moved
        if late or stuck:
            self._out.abort()
            return
        self._left, self._moved = left, False
        since = now if self._waits_since is None else self._waits_since
        self._next = self._loop.call_at(since + self.seconds, self._look)


def punctual_protocol(*, seconds: float = Punctual.seconds) -> type[asyncio.Protocol]:
    """The protocol for `uvicorn.Config(http=…)`: the fastest that is installed, made punctual."""
    return type("PunctualProtocol", (Punctual, AutoHTTPProtocol), {"seconds": seconds})
