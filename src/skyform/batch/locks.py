"""Two runs never work in one destination, but the jobs of one array (`--part i/n`) do."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from skyform.batch.places import LocalPlace, Place, unwritable
from skyform.errors import BatchError

__all__ = ["LOCKS", "Share", "claimed", "setting_up"]

LOCKS = ".skyform/locks"
_SETUP = "setup.lock"
_WHOLE = "1-of-1.lock"


@dataclass(frozen=True, slots=True)
class Share:
    """Which of a run's parts one job does: those whose number leaves `number - 1` when divided by `of`.

    Raises
    ------
    ValueError
        If the number is not from 1 to `of`.
    """

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise ValueError(f"part is {self.number}/{self.of}; give i/n with i from 1 to n.")

    def has(self, part: int) -> bool:
        """Whether the part of that number is of this share."""
        return part % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@contextmanager
def setting_up(place: Place) -> Generator[None, None, None]:
    """Alone in looking at, starting or finishing a run; waits until another job of the array has done so.

    Locks are for folders: an object store has none, and there the user must see to it.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to.
    """
    folder = _folder(place)
    if folder is None:
        yield
        return
    with ExitStack() as stack:
        _taken(folder / _SETUP, stack, patience=-1.0)
        yield


@contextmanager
def claimed(place: Place, share: Share, *, alone: bool = False) -> Generator[None, None, None]:
    """Hold the share for as long as the context lasts. Enter it while setting up.

    Parameters
    ----------
    place : Place
    share : Share
    alone : bool
        Whether no other share may be at work, as is so for a whole run.

    Raises
    ------
    BatchError
        If another process is at work on the same share, or on any where `alone` is given.
    OutputError
        If the folder cannot be made or written to.
    """
    folder = _folder(place)
    if folder is None:
        yield
        return
    own = f"{share.number}-of-{share.of}.lock"
    with ExitStack() as stack:
        if not _taken(folder / own, stack):
            raise _busy(place, f"share {share}" if share.of > 1 else "the run")
        alone = alone or share.of == 1
        for name in sorted(p.name for p in folder.glob("*.lock")):
            if name not in (own, _SETUP) and (alone or name == _WHOLE):
                with ExitStack() as briefly:
                    if not _taken(folder / name, briefly):
                        raise _busy(place, name.removesuffix(".lock").replace("-", " "))
        yield


def _folder(place: Place) -> Path | None:
    if not isinstance(place, LocalPlace):
        return None
    folder = Path(place.path(LOCKS))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(str(folder), error) from error
    return folder


def _taken(path: Path, stack: ExitStack, *, patience: float = 0.0) -> bool:
    """Take a lock for as long as the stack lasts, waiting for so many seconds, -1 for ever; whether it was free."""
    from filelock import FileLock, Timeout

    try:
        stack.enter_context(FileLock(path, timeout=patience))
    except Timeout:
        return False
    except OSError as error:
        raise unwritable(str(path), error) from error
    return True


def _busy(place: Place, what: str) -> BatchError:
    return BatchError(
        f"Another process is at work in {place.address!r} ({what}).",
        remedy="Wait for it or stop it; jobs of one array need shares of their own: --part 1/4, --part 2/4, …",
    )
