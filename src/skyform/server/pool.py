"""A bounded room to work in: so many at once, so many waiting, so long."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from skyform.server.problems import RequestError

__all__ = ["Pool"]

T = TypeVar("T")


class Pool:
    """Threads for the classifier.

    A call that runs over its time is answered with 504, but its thread keeps its place until it ends: a place that is not
    free is not given away twice.

    Parameters
    ----------
    workers : int
        Calls at the same time.
    queue : int
        Requests that may be received or wait besides; further ones are turned away with 503.
    timeout : float
        Seconds for each step.
    """

    def __init__(self, *, workers: int, queue: int, timeout: float) -> None:
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="skyform")
        self._places = workers + queue
        self._timeout = timeout
        self._taken = 0

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[None]:
        """Hold a place from the first byte received to the answer, so that memory is bounded too.

        Raises
        ------
        RequestError
            503 when all places are taken.
        """
        if self._taken >= self._places:
            raise RequestError(
                "Too many pictures are waiting.",
                remedy="Try again in a few seconds.",
                status=503,
                code="busy",
                close=True,
            )
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    async def receive(self, upload: Awaitable[T]) -> T:
        """Wait for an upload, but not for ever (408)."""
        try:
            return await asyncio.wait_for(upload, self._timeout)
        except TimeoutError:
            raise RequestError(
                f"The upload took longer than {self._timeout:g} seconds.",
                remedy="Try again with a smaller picture or a faster connection.",
                status=408,
                code="upload-timeout",
                close=True,
            ) from None

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread, and wait for it, but not for ever (504)."""
        job = self._threads.submit(work)
        result = asyncio.wrap_future(job)
        await asyncio.wait([result], timeout=self._timeout)
        if result.done():
            return result.result()
        result.cancel()
        self._keep_place_until_done(job)
        raise RequestError(
            f"The picture could not be classified within {self._timeout:g} seconds.",
            remedy="Try a smaller picture, or try again when the server is less busy.",
            status=504,
            code="classify-timeout",
        )

    def close(self) -> None:
        """Let running calls end, and forget the waiting ones."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _keep_place_until_done(self, job: Future[Any]) -> None:
        loop = asyncio.get_running_loop()
        self._taken += 1

        def leave() -> None:
            self._taken -= 1

        def done(_: object) -> None:
            # The server may have ended before a late thread does.
            if not loop.is_closed():
                loop.call_soon_threadsafe(leave)

        job.add_done_callback(done)
