"""One process of the local engine: takes jobs from a line until it is closed."""

import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait

from skyform.batch.watchdog import watch
from skyform.batch.work import Work
from skyform.errors import BatchError, SkyformError

__all__ = ["Failed", "Ready", "work_until_told"]


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is open."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that failed for a reason that is no matter of one picture."""

    error: SkyformError


def work_until_told(line: Connection, work: Work, core: int | None) -> None:
    """Do the jobs that come along the line; say `Ready` once, then answer each with its `PartResult` or with `Failed`.

    Parameters
    ----------
    line : Connection
    work : Work
    core : int or None
        The core to stay on.
    """
    # Ctrl-C reaches all processes of a terminal; the leading one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    if core is not None and hasattr(os, "sched_setaffinity"):
        # A core may have been taken away since.
        with suppress(OSError):
            os.sched_setaffinity(0, {core})
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    with suppress(EOFError, OSError):
        _serve(line, work)


def _serve(line: Connection, work: Work) -> None:
    # After the threads have been limited: libraries ask once, when they are loaded.
    from skyform.batch.classifying import PartClassifier
    from skyform.batch.engine import do_job

    try:
        classifier = PartClassifier(work)
    except SkyformError as error:
        line.send(Failed(error))
        return
    watch(classifier, patience=work.patience)
    line.send(Ready())
    while True:
        job = line.recv()
        try:
            line.send(do_job(classifier, job, work=work))
        except SkyformError as error:
            line.send(Failed(error))
        except Exception as error:
            line.send(Failed(_fault(job.part.number, error)))


def _die_with_parent() -> None:
    """End at once when the leading process is gone: a later run must not find this one still writing."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _fault(part: int, error: Exception) -> BatchError:
    return BatchError(
        f"Part {part} failed: {type(error).__name__}: {error}.",
        remedy="The same command goes on where it stopped. If it fails again, please report it.",
    )
