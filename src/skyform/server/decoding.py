"""Where pictures are decoded: plain formats in the server's own threads, exotic ones in processes that may hang or die.

JPEG, PNG, WebP and BMP have one layout each, and decoders that the whole web tries to break. FITS, TIFF, GIF and compressed files are containers
of many formats, with decoders that few test, and a hop to another process costs them a millisecond or two (docs/decisions/decoding-processes.md).
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, TypeVar, cast

from skyform.images.formats import HEAD, sniff
from skyform.server.problems import RequestError

__all__ = ["Decoders", "is_exotic"]

T = TypeVar("T")

_EXOTIC = ("TIFF", "GIF", "FITS", "gzip", "bzip2")


def is_exotic(data: bytes) -> bool:
    """Whether a file is better decoded in another process."""
    return sniff(data[:HEAD]) in _EXOTIC


class Decoders:
    """Processes to decode in, each started when it is first needed and replaced when it hangs or dies.

    They share nothing with the server but two pipes, so that a crash in a decoder costs one picture. They are no sandbox: a decoder that
    is taken over can do what the server can.

    Parameters
    ----------
    processes : int
        How many, thus how many pictures at once.
    seconds : float
        Time for one picture; then its process is killed.
    """

    def __init__(self, *, processes: int, seconds: float) -> None:
        self._seconds = seconds
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        self._all = [_Process() for _ in range(processes)]
        for process in self._all:
            self._idle.put(process)

    def run(self, work: Callable[[], T]) -> T:
        """Do `work`, which can be pickled, in a process, and wait for it. Call it from a thread.

        Raises
        ------
        RequestError
            422 where the process died of it, or took too long.
        Exception
            What `work` raises.
        """
        with self._borrowed() as process:
            done, value = process.ask(work, seconds=self._seconds)
        if not done:
            raise value
        return cast(T, value)

    def close(self) -> None:
        """End all processes."""
        for process in self._all:
            process.end()

    @contextmanager
    def _borrowed(self) -> Generator["_Process"]:
        process = self._idle.get()
        try:
            yield process
        finally:
            self._idle.put(process)


class _Process:
    """One Python that does what it is asked, started when needed."""

    def __init__(self) -> None:
        self._popen: subprocess.Popen[bytes] | None = None
        self._closed = False

    def ask(self, work: Callable[[], Any], *, seconds: float) -> tuple[bool, Any]:
        """Whether it was done, and the value or the error."""
        popen = self._started()
        assert popen.stdin is not None
        assert popen.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            popen.kill()

        timer = threading.Timer(seconds, give_up)
        timer.daemon = True
        timer.start()
        try:
            pickle.dump(work, popen.stdin, pickle.HIGHEST_PROTOCOL)
            popen.stdin.flush()
            answer = pickle.load(popen.stdout)
        # A pipe that breaks, or ends within a message.
        except (OSError, EOFError, pickle.UnpicklingError):
            self.end(closed=self._closed)
            return False, _too_slow(seconds) if late.is_set() else _died(popen.returncode)
        finally:
            timer.cancel()
            # Once it has ended, it is certain whether the process lives.
            timer.join()
        if late.is_set():
            # Its time was over just as the answer came; the next picture gets another process.
            self.end(closed=self._closed)
        return answer

    def end(self, *, closed: bool = True) -> None:
        """Kill it, if it runs."""
        self._closed = closed
        popen, self._popen = self._popen, None
        if popen is None:
            return
        popen.kill()
        popen.wait()
        for pipe in (popen.stdin, popen.stdout):
            if pipe is not None:
                # What was not written yet has nobody to read it.
                try:
                    pipe.close()
                except OSError:
                    continue

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._popen is None or self._popen.poll() is not None:
            self.end(closed=self._closed)
            if self._closed:
                raise _died(None)
            # Not multiprocessing, which would run the caller's own program again.
            self._popen = subprocess.Popen(
                [sys.executable, "-m", "skyform.inference.decoder"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            )
        return self._popen


def _too_slow(seconds: float) -> RequestError:
    return RequestError(
        f"The picture could not be decoded within {seconds:g} seconds.",
        remedy="Send a smaller cut-out, or save it as PNG or JPEG.",
        status=422,
        code="decoding-timeout",
    )


def _died(status: int | None) -> RequestError:
    return RequestError(
        f"The decoder failed on this picture (status {status}).",
        remedy="The file may be damaged or need too much memory: save it anew, smaller, or as PNG or JPEG.",
        status=422,
        code="decoder-failed",
    )
