"""What to do about a part whose process died: try it again, and if it dies again, find the item that kills."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from skyform.batch.work import Job
from skyform.errors import BatchError

__all__ = ["Deaths"]

_MOST_DEATHS = 5
_MOST_KILLERS = 20


@dataclass(slots=True)
class Deaths:
    """The deaths of one run, by part.

    One death says little: the kernel may have needed the memory, or someone pulled a plug. After the second, halves of the part
    are tried until one item is left that kills on its own; it gets a row with an error, and the part is done without it.
    """

    _count: dict[int, int] = field(default_factory=dict[int, int])

    def next(self, job: Job, *, survives: Callable[[Job], bool]) -> Job:
        """The job to do instead of one whose process died.

        Parameters
        ----------
        job : Job
        survives : callable
            Tries a job and tells whether its process lived.

        Raises
        ------
        BatchError
            If the part keeps dying and no item of it does alone, or too many do.
        """
        number = job.part.number
        self._count[number] = self._count.get(number, 0) + 1
        if self._count[number] == 1:
            return job
        killer = _killer(job, survives)
        if killer is None:
            if self._count[number] >= _MOST_DEATHS:
                raise _keeps_dying(job, self._count[number])
            return job
        if killer in job.skip:
            return replace(job, stop=killer)
        if len(job.skip) >= _MOST_KILLERS:
            raise _too_many(job)
        self._count[number] = 1
        return replace(job, skip=(*job.skip, killer))


def _killer(job: Job, survives: Callable[[Job], bool]) -> int | None:
    """Position of the first item that kills its process, by halving; None if none does."""
    low, high = 0, max(1, job.part.count)
    while high - low > 1:
        middle = (low + high) // 2
        if survives(replace(job, within=(low, middle))):
            low = middle
        else:
            high = middle
    return None if survives(replace(job, within=(low, high))) else low


def _keeps_dying(job: Job, deaths: int) -> BatchError:
    return BatchError(
        f"Part {job.part.number} killed its process {deaths} times, although none of its pictures does so alone.",
        remedy="There is probably too little memory: take fewer workers (--workers), or smaller parts with --restart --part-size.",
    )


def _too_many(job: Job) -> BatchError:
    return BatchError(
        f"More than {_MOST_KILLERS} pictures of part {job.part.number} killed the process that worked on them.",
        remedy="There is probably too little memory for any picture: see what `skyform classify` says of one of them.",
    )
