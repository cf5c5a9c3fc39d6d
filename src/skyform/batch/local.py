"""The engine for one machine: processes that share nothing but the work, each on a core of its own."""

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from skyform.batch.deaths import Deaths
from skyform.batch.engine import PartResult
from skyform.batch.items import Part
from skyform.batch.work import Job, Work
from skyform.batch.worker import Failed, Ready, work_until_told
from skyform.errors import BatchError

__all__ = ["LocalEngine", "usable_cores"]

_MOST_STILLBORN = 3
_PATIENCE = 5.0  # s, for a process to end that has been told to


class LocalEngine:
    """Runs parts in processes of this machine.

    Each process has its own copy of the model and one thread, and is bound to one core where the system allows it. A process has
    one part at a time, so that memory does not grow with the run. One that dies is replaced.

    Parameters
    ----------
    workers : int, optional
        Processes; by default one for each core that this process may use.
    pin : bool
        Whether to bind processes to cores.

    Raises
    ------
    ValueError
        If `workers` is below 1.
    """

    def __init__(self, *, workers: int | None = None, pin: bool = True) -> None:
        self._cores = usable_cores()
        self._workers = len(self._cores) if workers is None else workers
        if self._workers < 1:
            raise ValueError(f"workers is {workers}; give a number of at least 1.")
        self._pin = pin

    @property
    def workers(self) -> int:
        """How many processes work at once."""
        return self._workers

    def run(self, parts: Iterable[Part], work: Work) -> Iterator[PartResult]:
        """Classify parts; see `Engine.run`.

        Raises
        ------
        BatchError
            If processes die whatever they are given.
        SkyformError
            What went wrong in a process and is no matter of one picture, such as a full disk.
        """
        crew = _Crew(work, size=self.workers, cores=self._cores if self._pin else [])
        try:
            yield from crew.run(parts)
        finally:
            crew.stop()

    def close(self) -> None:
        """Nothing is held between runs."""


def usable_cores() -> list[int]:
    """Numbers of the cores that this process may use; on a shared machine often fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@dataclass(slots=True)
class _Worker:
    """A process, the line to it, and what it is busy with."""

    process: BaseProcess
    line: Connection
    core: int | None
    job: Job | None = None
    ready: bool = False


class _Crew:
    """The processes of one run."""

    def __init__(self, work: Work, *, size: int, cores: list[int]) -> None:
        self._work = work
        self._stillborn = 0
        self._deaths = Deaths()
        self._workers = [self._hired(cores[i % len(cores)] if cores else None) for i in range(size)]

    def run(self, parts: Iterable[Part]) -> Generator[PartResult, None, None]:
        """Keep every process busy until there is nothing left to do."""
        new = iter(parts)
        again: deque[Job] = deque()
        while True:
            for worker in self._workers:
                if worker.job is None:
                    self._give(worker, new, again)
            busy = {w.line: w for w in self._workers if w.job is not None}
            if not busy:
                return
            for line in wait(list(busy)):
                worker = busy[line]  # pyright: ignore[reportArgumentType]
                said = self._heard(worker)
                if isinstance(said, Ready):
                    continue
                job, worker.job = worker.job, None
                if said is not None:
                    yield said
                elif job is not None:
                    again.append(self._after_death(worker, job))

    def stop(self) -> None:
        """End all processes; parts in flight are dropped."""
        for worker in self._workers:
            with suppress(OSError):
                worker.line.close()
            if worker.job is not None:
                worker.process.kill()
        for worker in self._workers:
            _ended(worker.process)

    def _give(self, worker: _Worker, new: Iterator[Part], again: deque[Job]) -> None:
        if again:
            job = again.popleft()
        else:
            part = next(new, None)
            if part is None:
                return
            job = Job(part)
        worker.job = job
        # One that is dead already is found out when it is listened to.
        with suppress(OSError):
            worker.line.send(job)

    def _heard(self, worker: _Worker) -> PartResult | Ready | None:
        """What a process has to say; None if it is dead."""
        try:
            said = worker.line.recv()
        except (EOFError, OSError):
            return None
        if isinstance(said, Failed):
            raise said.error
        worker.ready, self._stillborn = True, 0
        return said

    def _after_death(self, worker: _Worker, job: Job) -> Job:
        """Put a new process in the place of a dead one; the job that is to be done for the one that it had."""
        ready = worker.ready
        self._replace(worker)
        if not ready:
            self._count_stillborn()
            return job
        return self._deaths.next(job, survives=self._survives)

    def _count_stillborn(self) -> None:
        self._stillborn += 1
        if self._stillborn > _MOST_STILLBORN * len(self._workers):
            raise BatchError(
                f"{self._stillborn} processes died one after the other before they had opened the model.",
                remedy="There may be too little memory: take fewer workers (--workers).",
            )

    def _survives(self, job: Job) -> bool:
        """Try a job in a process of its own."""
        while True:
            worker = self._hired(None)
            try:
                with suppress(OSError):
                    worker.line.send(job)
                said = self._heard(worker)
                if isinstance(said, Ready):
                    return self._heard(worker) is not None
            finally:
                with suppress(OSError):
                    worker.line.close()
                _ended(worker.process)
            self._count_stillborn()

    def _replace(self, worker: _Worker) -> None:
        with suppress(OSError):
            worker.line.close()
        _ended(worker.process)
        fresh = self._hired(worker.core)
        worker.process, worker.line, worker.ready = fresh.process, fresh.line, False

    def _hired(self, core: int | None) -> _Worker:
        # A forked copy of a process with threads may hang on their locks.
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=work_until_told, args=(theirs, self._work, core), daemon=True
        )
        process.start()
        # The only copy of that end must be the process's own, or its death would go unheard.
        theirs.close()
        return _Worker(process, ours, core)


def _ended(process: BaseProcess) -> None:
    process.join(_PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
