"""Every file a source needs, wherever it lies: this machine, the web, or what fsspec reaches; tried again where that helps."""

import io
import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from skyform.batch.retry import retrying, status_of
from skyform.batch.sources.addresses import is_remote, is_web, shown
from skyform.batch.sources.cloud import Cloud
from skyform.batch.sources.perprocess import PerProcess
from skyform.batch.sources.ranged import open_ranged
from skyform.batch.sources.status import Listing, Status
from skyform.batch.sources.web import Web
from skyform.errors import DataError, EmptyFileError, SkyformError, UnreadableFileError
from skyform.images.files import read_file
from skyform.images.limits import Limits, check_bytes

__all__ = ["Files"]

_T = TypeVar("_T")
_GONE = (404, 410)
_AGAIN = "Check the network and the address, then run it again; --retry-failed tries rows with errors anew."


@dataclass(frozen=True)
class Files:
    """Reads files and folders by their addresses. Picklable; threads may share it.

    Parameters
    ----------
    attempts : int
        How often a remote call is tried in all, with pauses that double from `wait` seconds on.
    wait : float
    limits : Limits
        The most bytes of a picture.
    """

    attempts: int = 8
    wait: float = 0.5
    limits: Limits = field(default_factory=Limits)
    _web: PerProcess[Web] = field(init=False, repr=False, compare=False)
    _cloud: PerProcess[Cloud] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_web", PerProcess(Web))
        object.__setattr__(self, "_cloud", PerProcess(Cloud))

    def read(self, address: str) -> bytes:
        """The bytes of a picture file.

        Raises
        ------
        UnreadableFileError, EmptyFileError, ImageTooLargeError
            If it is missing, refused, not to be reached, empty or over the limit.
        """
        if not is_remote(address):
            return read_file(address, limits=self.limits)
        name = shown(address)
        try:
            data = self._retrying(lambda: self._read_remote(address, name))
        except SkyformError:
            raise
        # Libraries behind fsspec have errors of their own, without a common base.
        except Exception as error:
            raise _unreadable(name, error) from error
        if not data:
            raise EmptyFileError(f"{name}: the file is empty (0 bytes).")
        return data

    def _read_remote(self, address: str, name: str) -> bytes:
        if is_web(address):
            return self._web.get().read(address, name=name, limits=self.limits)
        data = self._cloud.get().read(address, most_bytes=self.limits.max_bytes)
        check_bytes(len(data), name=name, limits=self.limits)
        return data

    def open(self, address: str) -> io.BufferedIOBase:
        """A file to read anywhere in.

        A remote one is fetched piece by piece as it is read; from a web server that gives no pieces it is downloaded whole, into
        a file that vanishes when it is closed. While it is read, an `OSError` says that the remote failed too often.

        Raises
        ------
        DataError
            If it cannot be opened.
        """
        try:
            if not is_remote(address):
                return open(address, "rb")
            return self._open_remote(address)
        except SkyformError:
            raise
        except Exception as error:
            raise _unusable(shown(address), error) from error

    def _open_remote(self, address: str) -> io.BufferedIOBase:
        status = self._status_remote(address)
        if status is None:
            raise FileNotFoundError
        if status.size is not None and status.ranges:
            fetch = self._web.get().fetch if is_web(address) else self._cloud.get().fetch
            return open_ranged(self._patient(fetch, address), size=status.size)
        return self._retrying(lambda: self._download(address))

    def _download(self, address: str) -> io.BufferedIOBase:
        with tempfile.TemporaryFile() as file:
            self._web.get().download(address, file)
            file.seek(0)
            # Open for reading only, since astropy takes no other.
            return os.fdopen(os.dup(file.fileno()), "rb")

    def _patient(
        self, fetch: Callable[[str, int, int], bytes], address: str
    ) -> Callable[[int, int], bytes]:
        def patient(start: int, stop: int) -> bytes:
            try:
                return self._retrying(lambda: fetch(address, start, stop))
            except Exception as error:
                # What reads archives and tables expects this from an open file, and nothing else.
                raise OSError(f"{shown(address)}: {_why(error)}") from error

        return patient

    def status(self, address: str) -> Status | None:
        """What is there, or None where nothing is.

        Raises
        ------
        DataError
            If that cannot be found out.
        """
        try:
            if is_remote(address):
                return self._status_remote(address)
            found = os.stat(address)
        except FileNotFoundError:
            return None
        except SkyformError:
            raise
        except Exception as error:
            raise _unusable(shown(address), error) from error
        if stat.S_ISDIR(found.st_mode):
            return Status("folder")
        if not stat.S_ISREG(found.st_mode):
            # Opening a pipe could wait for ever, and two processes cannot read the same one.
            raise DataError(
                f"{address} is a pipe or a device, not a file.", remedy="Save it to a file."
            )
        return Status("file", size=found.st_size, stamp=str(found.st_mtime_ns))

    def _status_remote(self, address: str) -> Status | None:
        if is_web(address):
            return self._retrying(lambda: self._web.get().status(address))
        return self._retrying(lambda: self._cloud.get().status(address))

    def list(self, address: str) -> Listing:
        """What lies in a folder.

        Raises
        ------
        UnreadableFileError
            If there is no such folder, or it may not be read.
        DataError
            If listing it fails for another reason: nothing is known then of what is in it.
        """
        name = shown(address)
        try:
            if is_remote(address):
                return self._retrying(lambda: self._cloud.get().list(address))
            return _list_local(address)
        except SkyformError:
            raise
        except (FileNotFoundError, NotADirectoryError, PermissionError) as error:
            raise UnreadableFileError(
                f"{name}: the folder cannot be read: {_why(error)}."
            ) from error
        except Exception as error:
            raise _unusable(name, error) from error

    def _retrying(self, call: Callable[[], _T]) -> _T:
        return retrying(call, attempts=self.attempts, wait=self.wait)


def _list_local(folder: str) -> Listing:
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                (folders if entry.is_dir() else files).append(entry.name)
    files.sort()
    folders.sort()
    return Listing(files, folders)


def _why(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "you have no permission to read it"
    status = status_of(error)
    if status is not None:
        return f"the server answered {status}"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split()).rstrip(".")


def _unreadable(name: str, error: BaseException) -> UnreadableFileError:
    gone = isinstance(error, FileNotFoundError) or status_of(error) in _GONE
    return UnreadableFileError(
        f"{name}: it cannot be fetched: {_why(error)}.",
        remedy="Check the address." if gone else _AGAIN,
    )


def _unusable(name: str, error: BaseException) -> DataError:
    remedy = _AGAIN if is_remote(name) else "Check the path and its permissions."
    return DataError(f"{name} cannot be read: {_why(error)}.", remedy=remedy)
