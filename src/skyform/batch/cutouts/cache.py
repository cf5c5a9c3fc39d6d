"""Answers of cut-out services on disk: each in a file that is named by what was asked, so that nothing is asked twice."""

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from skyform.errors import OutputError

__all__ = ["CacheReport", "CutoutCache", "default_cache"]

_DAY = 86_400.0  # s
_PART = ".part"


def default_cache() -> Path:
    """`skyform/cutouts` in the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "skyform" / "cutouts"


@dataclass(frozen=True, slots=True)
class CacheReport:
    """How many answers of how many bytes are kept, and when the oldest and the newest came (None where there is none)."""

    files: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None


class CutoutCache:
    """A folder of answers.

    The name of an answer is a hash of the whole address that was asked: service, release, layer, position, size. So what another release or
    another setting gave is never taken for it. Files are written aside and moved into place, so that several processes may share the folder
    and a killed one leaves nothing half-written.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    most_days : float, optional
        Answers that are older are asked for again. By default they are kept for ever: surveys are released once.
    """

    def __init__(self, folder: Path, *, most_days: float | None = None) -> None:
        self.folder = folder
        self._most_days = most_days

    def get(self, address: str, *, service: str, kind: str) -> bytes | None:
        """The answer to an address, of a kind such as `jpg`; None where it is not there, empty, or too old."""
        path = self._path(address, service, kind)
        try:
            status = path.stat()
            if not status.st_size or self._is_old(status.st_mtime):
                return None
            return path.read_bytes()
        except OSError:
            return None

    def put(self, address: str, data: bytes, *, service: str, kind: str) -> None:
        """Keep an answer.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        path = self._path(address, service, kind)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=path.parent, suffix=_PART)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(data)
                os.replace(name, path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise OutputError(
                f"The cache {self.folder} cannot be written: {error.strerror or error}.",
                remedy="Make room, or choose another folder with --cache.",
            ) from error

    def report(self) -> CacheReport:
        """What is in the folder."""
        count, size, times = 0, 0, list[float]()
        for path in self._answers():
            status = path.stat()
            count, size = count + 1, size + status.st_size
            times = [min([status.st_mtime, *times]), max([status.st_mtime, *times])]
        oldest, newest = (datetime.fromtimestamp(t, UTC) for t in times) if times else (None, None)
        return CacheReport(count, size, oldest, newest)

    def _answers(self) -> Iterator[Path]:
        return (p for p in self.folder.glob("*/??/*") if p.suffix != _PART)

    def _path(self, address: str, service: str, kind: str) -> Path:
        key = hashlib.sha256(address.encode()).hexdigest()[:32]
        return self.folder / re.sub(r"\W", "_", service) / key[:2] / f"{key}.{kind}"

    def _is_old(self, modified: float) -> bool:
        return self._most_days is not None and time.time() - modified > self._most_days * _DAY
