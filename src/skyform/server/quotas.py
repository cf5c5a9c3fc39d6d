"""How much one visitor may keep, and have waiting."""

import sys
from dataclasses import dataclass

from sqlalchemy.orm import Session

from skyform.server.problems import RequestError
from skyform.server.settings import Settings
from skyform.store.owners import Owner
from skyform.store.usage import ANSWER_BYTES, bytes_kept, pictures_waiting

__all__ = ["Room", "room_for_jobs", "room_for_results"]

_MIB = 2**20
_RETRY_SECONDS = 60


@dataclass(slots=True)
class Room:
    """What an owner may still add. Requests that come at the same moment do not know of each other, and may together add a little more."""

    settings: Settings
    bytes: int
    waiting: int = sys.maxsize

    def keep(self, size: int) -> None:
        """Take the room of one picture and its answer.

        Raises
        ------
        RequestError
            409 where there is none left, 429 where too many pictures wait.
        """
        self.bytes -= size + ANSWER_BYTES
        self.waiting -= 1
        if self.bytes < 0:
            raise RequestError(
                f"With this you would keep more than {self.settings.most_kept_mib} MiB of results and jobs.",
                remedy="Delete some of them, or download and then delete them.",
                status=409,
                code="storage-full",
            )
        if self.waiting < 0:
            raise RequestError(
                f"More than {self.settings.most_waiting} pictures of yours would be waiting.",
                remedy="Try again when your other jobs are done, or delete one of them.",
                status=429,
                code="too-many-waiting",
                retry_after=_RETRY_SECONDS,
            )


def room_for_results(session: Session, settings: Settings, *, owner: Owner) -> Room:
    """What an owner may still keep."""
    most = settings.most_kept_mib * _MIB
    return Room(settings, most - bytes_kept(session, owner) if most else sys.maxsize)


def room_for_jobs(session: Session, settings: Settings, *, owner: Owner) -> Room:
    """The same, and how many pictures may still join the queue. A job that waits alone is let in however long it is: it has a limit of its own."""
    room = room_for_results(session, settings, owner=owner)
    before = pictures_waiting(session, owner) if settings.most_waiting else 0
    if before:
        room.waiting = settings.most_waiting - before
    return room
