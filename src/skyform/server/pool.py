"""A bounded room to work in: so much at once, so much waiting, so long."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from skyform.inference import Ready
from skyform.schema import Prediction
from skyform.server.batching import Batching
from skyform.server.problems import RequestError

__all__ = ["Places", "Pool"]

T = TypeVar("T")


class Places:
    """So many at once, with so many bytes between them.

    Parameters
    ----------
    places : int
        Requests that may be received, wait or be worked on; further ones are turned away with 503.
    room : int
        Bytes that they may have together.
    each : int, optional
        Places that one address may take; its share of the bytes is the same as of the places. By default all.
    busy : str
        What those are told who are turned away.
    """

    def __init__(
        self,
        *,
        places: int,
        room: int = 2**30,
        each: int | None = None,
        busy: str = "Too many pictures are waiting.",
    ) -> None:
        self._places = places
        self._room = room
        self._each = places if each is None else min(each, places)
        self._busy = busy
        self._held = 0
        # By address: places, and bytes.
        self._of: dict[str, tuple[int, int]] = {}
        self.taken = 0

    @asynccontextmanager
    async def place(self, size: int = 0, *, address: str = "") -> AsyncGenerator[None]:
        """Hold a place from the first byte received to the answer, so that memory is bounded too.

        Parameters
        ----------
        size : int
            Bytes that will be received.
        address : str
            Whose place it is; empty where that does not matter.

        Raises
        ------
        RequestError
            503 when all places are taken, or too many bytes are held.
        """
        self.check(size, address=address)
        with self.held(size, address=address):
            yield

    def check(self, size: int = 0, *, address: str = "") -> None:
        """Whether there is a place.

        Raises
        ------
        RequestError
            See `place`.
        """
        # A lone one is always let in, however large it is.
        full = self.taken >= self._places or (self.taken and self._held + size > self._room)
        places, held = self._of.get(address, (0, 0))
        share = self._room * self._each // self._places
        if full or places >= self._each or (places and held + size > share):
            raise RequestError(
                self._busy,
                remedy="Try again in a few seconds.",
                status=503,
                code="busy",
                close=True,
            )

    @contextmanager
    def held(self, size: int = 0, *, address: str = "") -> Generator[None]:
        """Hold a place without asking whether there is one; for answers that have begun, and cannot be refused any more."""
        self.taken += 1
        self._held += size
        self._count(address, places=1, size=size)
        try:
            yield
        finally:
            self.taken -= 1
            self._held -= size
            self._count(address, places=-1, size=-size)

    def _count(self, address: str, *, places: int, size: int) -> None:
        if not address:
            return
        before, held = self._of.pop(address, (0, 0))
        # Who has left is forgotten.
        if before + places:
            self._of[address] = (before + places, held + size)


class Pool(Places):
    """Threads for the classifier, and places in front of them.

    Work that runs over its time is answered with 504, but its thread keeps its place until it ends: a place that is not free is not
    given away twice.

    Parameters
    ----------
    predict : callable
        From prepared pictures to one statement each; called by one thread, with as many pictures as wait.
    workers : int, optional
        Pictures prepared at the same time; by default as many as there are cores.
    decoders : int
        Pictures of exotic formats prepared at the same time, besides.
    batch : int
        Most pictures that go through the network together.
    places, room, each : int
        See `Places`.
    timeout : float
        Seconds for each step.
    """

    def __init__(
        self,
        predict: Callable[[Sequence[Ready]], list[Prediction]],
        *,
        workers: int | None = None,
        decoders: int = 1,
        batch: int = 32,
        places: int = 256,
        room: int = 2**30,
        each: int | None = None,
        timeout: float = 30.0,
    ) -> None:
        super().__init__(places=places, room=room, each=each)
        count = _cores() if workers is None else workers
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="skyform")
        # Of their own, so that slow formats do not keep quick ones waiting.
        self._exotic = ThreadPoolExecutor(decoders, thread_name_prefix="skyform-exotic")
        self._plain = Batching(predict, most=batch)
        self._timeout = timeout

    async def receive(self, upload: Awaitable[T]) -> T:
        """Wait for an upload, but not for ever (408)."""
        try:
            async with asyncio.timeout(self._timeout):
                return await upload
        except TimeoutError:
            raise RequestError(
                f"The upload took longer than {self._timeout:g} seconds.",
                remedy="Try again with a smaller picture or a faster connection.",
                status=408,
                code="upload-timeout",
                close=True,
            ) from None

    async def run(self, work: Callable[[], T], *, exotic: bool = False) -> T:
        """Do `work` in a thread, and wait for it; see `finished`."""
        threads = self._exotic if exotic else self._threads
        return await self.finished(threads.submit(work))

    def batched(self, prepare: Callable[[], Ready], *, exotic: bool = False) -> Future[Prediction]:
        """Prepare a picture in a thread, and classify it with whichever others are ready."""
        return self._plain.submit(prepare, threads=self._exotic if exotic else self._threads)

    async def finished(self, work: Future[T]) -> T:
        """Wait for work, but not for ever (504)."""
        result = asyncio.wrap_future(work)
        await asyncio.wait([result], timeout=self._timeout)
        if result.done():
            return result.result()
        result.cancel()
        self._keep_place_until_done(work)
        raise RequestError(
            f"The picture could not be classified within {self._timeout:g} seconds.",
            remedy="Try a smaller picture, or try again when the server is less busy.",
            status=504,
            code="classify-timeout",
        )

    def close(self) -> None:
        """Let running calls end, and forget the waiting ones."""
        for threads in (self._threads, self._exotic):
            threads.shutdown(wait=False, cancel_futures=True)
        self._plain.close()

    def _keep_place_until_done(self, job: Future[Any]) -> None:
        loop = asyncio.get_running_loop()
        self.taken += 1

        def leave() -> None:
            self.taken -= 1

        def done(_: object) -> None:
            # The server may have ended before a late thread does.
            if not loop.is_closed():
                loop.call_soon_threadsafe(leave)

        job.add_done_callback(done)


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
