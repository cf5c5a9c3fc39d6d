"""Pictures that wait go through the network together; a lone one does not wait for company."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from skyform.inference import Ready
from skyform.schema import Prediction

__all__ = ["Batching"]

# Seconds that a prepared picture waits for others that are being prepared already.
_PATIENCE = 0.005


class Batching:
    """A thread that sends through the network what others have prepared.

    When the network is free it takes all pictures that are ready, up to `most`, and those that will be in a moment. So batches grow with
    the load by themselves; a picture that comes alone goes alone, at once.

    Parameters
    ----------
    predict : callable
        From prepared pictures to one statement each, in order.
    most : int
        Pictures in one batch.
    """

    def __init__(
        self,
        predict: Callable[[Sequence[Ready]], list[Prediction]],
        *,
        most: int,
    ) -> None:
        self._predict = predict
        self._most = most
        self._waiting: deque[tuple[Ready, Future[Prediction]]] = deque()
        self._coming = 0
        self._news = threading.Condition()
        self._closed = False
        self._network: threading.Thread | None = None

    def submit(
        self, prepare: Callable[[], Ready], *, threads: ThreadPoolExecutor
    ) -> Future[Prediction]:
        """Prepare a picture in one of `threads`, then classify it with whichever others are ready.

        The future fails with what `prepare` or the network raises.
        """
        future: Future[Prediction] = Future()

        def work() -> None:
            ready = None
            try:
                if future.set_running_or_notify_cancel():
                    ready = prepare()
            except BaseException as error:
                future.set_exception(error)
            self._came(ready, future)

        with self._news:
            self._coming += 1
        threads.submit(work)
        return future

    def close(self) -> None:
        """End the network's thread after what it is doing; what waits fails."""
        with self._news:
            self._closed = True
            self._news.notify()

    def _came(self, ready: Ready | None, future: Future[Prediction]) -> None:
        """A picture is ready, or will never be."""
        with self._news:
            self._coming -= 1
            if ready is not None and self._closed:
                future.set_exception(RuntimeError("the server is closing"))
            elif ready is not None:
                self._waiting.append((ready, future))
                self._start()
            # The network is woken when it has something to begin with, and when there is nothing more to wait for.
            if len(self._waiting) == 1 or not self._has_company():
                self._news.notify()

    def _start(self) -> None:
        # By the first picture: an application that only describes itself needs no thread.
        if self._network is None:
            self._network = threading.Thread(
                target=self._serve, name="skyform-network", daemon=True
            )
            self._network.start()

    def _serve(self) -> None:
        while batch := self._take():
            try:
                made = self._predicted([ready for ready, _ in batch])
            except Exception:
                # One that the network cannot bear must not take the others with it.
                for ready, future in batch:
                    self._answer_alone(ready, future)
            else:
                for (_, future), prediction in zip(batch, made, strict=True):
                    future.set_result(prediction)

    def _answer_alone(self, ready: Ready, future: Future[Prediction]) -> None:
        try:
            future.set_result(self._predicted([ready])[0])
        except Exception as error:
            future.set_exception(error)

    def _predicted(self, ready: Sequence[Ready]) -> list[Prediction]:
        made = self._predict(ready)
        if len(made) != len(ready):
            raise RuntimeError(f"{len(made)} statements about {len(ready)} pictures")
        return made

    def _has_company(self) -> bool:
        """Whether more pictures are about to be ready than are."""
        return not self._closed and self._coming > 0 and len(self._waiting) < self._most

    def _take(self) -> list[tuple[Ready, Future[Prediction]]]:
        """All that waits, up to `most`; nothing once the server closes."""
        with self._news:
            while not self._waiting and not self._closed:
                self._news.wait()
            end = time.monotonic() + _PATIENCE
            while self._has_company() and self._news.wait(end - time.monotonic()):
                continue
            if self._closed:
                for _, future in self._waiting:
                    future.set_exception(RuntimeError("the server is closing"))
                self._waiting.clear()
                return []
            count = min(len(self._waiting), self._most)
            return [self._waiting.popleft() for _ in range(count)]
