"""The engine for a cluster: Ray tasks, one for each part. Ray runs the parts of a node that is lost on another one."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import Any

from skyform.batch.classifying import PartClassifier
from skyform.batch.deaths import Deaths
from skyform.batch.engine import PartResult, do_job
from skyform.batch.items import Part
from skyform.batch.watchdog import watch
from skyform.batch.work import Job, Work
from skyform.errors import BatchError, MissingExtraError, SkyformError

__all__ = ["RayEngine"]

_RETRIES = 3  # by Ray, of a task whose process or node is lost
_WAITING = 2  # tasks for each core: one works, one is there when it is done


class RayEngine:
    """Runs parts as Ray tasks of one core each.

    Every node needs this version of Skyform, and must see the model file, the source and the destination at the same paths or addresses.

    Parameters
    ----------
    address : str, optional
        Of a running cluster, as `ray.init` takes it: `auto`, `host:6379`, or `ray://host:10001`. By default the one that `RAY_ADDRESS`
        names, or a cluster on this machine that lives as long as the run.
    workers : int, optional
        The most tasks at work at once; by default one for each core of the cluster, also of nodes that join later.

    Raises
    ------
    MissingExtraError
        If Ray is not installed.
    BatchError
        If the cluster cannot be reached.
    ValueError
        If `workers` is below 1.
    """

    def __init__(self, *, address: str | None = None, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise ValueError(f"workers is {workers}; give a number of at least 1.")
        self._ray = _ray()
        self._most = workers
        self._ours = not self._ray.is_initialized()
        if self._ours:
            self._connect(address)
        task = self._ray.remote(num_cpus=1, max_retries=_RETRIES)
        self._task = task(_job)
        self._probe = self._ray.remote(num_cpus=1, max_retries=1)(_job)

    @property
    def workers(self) -> int:
        """How many tasks can work at once."""
        cores = max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        return cores if self._most is None else min(cores, self._most)

    def run(self, parts: Iterable[Part], work: Work) -> Iterator[PartResult]:
        """Classify parts; see `Engine.run`.

        Raises
        ------
        BatchError
            If tasks die whatever they are given.
        SkyformError
            What went wrong in a task and is no matter of one picture, such as a full disk.
        """
        shared = self._ray.put(work)
        deaths, new, again = Deaths(), iter(parts), deque[Job]()
        flying: dict[Any, Job] = {}
        try:
            while True:
                self._fill(flying, shared, new, again)
                if not flying:
                    return
                for ref in self._ray.wait(list(flying), num_returns=1)[0]:
                    job = flying.pop(ref)
                    result = self._result(ref)
                    if result is not None:
                        yield result
                    else:
                        again.append(deaths.next(job, survives=lambda j: self._lives(shared, j)))
        finally:
            for ref in flying:
                with suppress(Exception):
                    self._ray.cancel(ref, force=True)

    def close(self) -> None:
        """Leave the cluster; one that was begun for this run ends."""
        if self._ours:
            self._ray.shutdown()

    def _connect(self, address: str | None) -> None:
        # A cluster of our own must not report to anyone.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            self._ray.init(address=address, logging_level="warning", log_to_driver=False)
        except Exception as error:  # ConnectionError, RuntimeError, ValueError, by version
            raise BatchError(
                f"No Ray cluster at {address or 'this machine'}: {str(error).strip().splitlines()[0]}",
                remedy="Begin one with `ray start --head`, and give its address with --address.",
            ) from error

    def _fill(
        self, flying: dict[Any, Job], shared: Any, new: Iterator[Part], again: deque[Job]
    ) -> None:
        """Keep tasks in flight, as many as the cluster has use for just now."""
        most = self.workers * (_WAITING if self._most is None else 1)
        while len(flying) < most:
            if again:
                job = again.popleft()
            else:
                part = next(new, None)
                if part is None:
                    return
                job = Job(part)
            flying[self._task.remote(shared, job)] = job

    def _result(self, ref: Any) -> PartResult | None:
        """What a task gave; None if its process died as often as Ray tried."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(ref)
        except errors.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, SkyformError):
                raise cause from None
            raise BatchError(
                f"A part failed: {type(cause).__name__}: {cause}.",
                remedy="The same command goes on where it stopped. If it fails again, please report it.",
            ) from error
        except errors.RayError:
            return None

    def _lives(self, shared: Any, job: Job) -> bool:
        return self._result(self._probe.remote(shared, job)) is not None


def _job(work: Work, job: Job) -> PartResult:
    """The task."""
    return do_job(_classifier(work), job, work=work)


@lru_cache(maxsize=1)
def _classifier(work: Work) -> PartClassifier:
    """Opened once in each of Ray's processes, which do many parts of a run."""
    classifier = PartClassifier(work)
    watch(classifier, patience=work.patience)
    return classifier


def _ray() -> Any:
    try:
        return import_module("ray")
    except ImportError as error:
        raise MissingExtraError(
            "The Ray engine needs Ray.", remedy="Install it: pip install 'skyform[ray]'"
        ) from error
