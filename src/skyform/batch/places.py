"""Where a run writes: a local folder, or a bucket through fsspec. A file is there whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from io import BufferedIOBase
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

from skyform.batch.retry import retrying
from skyform.errors import MissingExtraError, OutputError

__all__ = ["GO_ON", "LocalPlace", "Place", "RemotePlace", "open_place", "unwritable"]

_TEMPORARY = ".tmp-"
GO_ON = "The same command goes on where it stopped."


@runtime_checkable
class Place(Protocol):
    """A folder that files are written into. Names are relative, with `/` between folders. Picklable."""

    @property
    def address(self) -> str:
        """For people."""
        ...

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files in a folder, without the folder; none if it does not exist."""
        ...

    def exists(self, name: str) -> bool:
        """Whether the file is there."""
        ...

    def read(self, name: str) -> bytes:
        """All of a file."""
        ...

    def open(self, name: str) -> Any:
        """A binary file that can be read anywhere in it."""
        ...

    def writing(self, name: str) -> Any:
        """A context with a binary file to write on; the file is in its place when the context ends without an error."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Put a file into its place."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        ...

    def path(self, name: str) -> str:
        """The file's path or address, for people and for other libraries."""
        ...


class LocalPlace:
    """A folder on disk. Files are written aside under `<name>.tmp-<pid>-…`, flushed to the disk, and renamed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def address(self) -> str:
        """The folder."""
        return str(self._root)

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files in a folder."""
        try:
            with os.scandir(self._root / folder) as entries:
                yield from (e.name for e in entries)
        except FileNotFoundError:
            return

    def exists(self, name: str) -> bool:
        """Whether the file is there."""
        return (self._root / name).is_file()

    def read(self, name: str) -> bytes:
        """All of a file."""
        return (self._root / name).read_bytes()

    def open(self, name: str) -> BufferedIOBase:
        """A binary file that can be read anywhere in it."""
        return (self._root / name).open("rb")

    @contextmanager
    def writing(self, name: str) -> Generator[BufferedIOBase, None, None]:
        """A context with a file to write on.

        Raises
        ------
        OutputError
            If the folder or the file cannot be written.
        """
        target = self._root / name
        aside = target.with_name(f"{target.name}{_TEMPORARY}{os.getpid()}-{secrets.token_hex(4)}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with aside.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, target)
            _sync_folder(target.parent)
        except OSError as error:
            raise unwritable(str(target), error) from error
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)

    def write(self, name: str, data: bytes) -> None:
        """Put a file into its place."""
        with self.writing(name) as file:
            file.write(data)

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it."""
        path = self._root / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def path(self, name: str) -> str:
        """The file's path."""
        return str(self._root / name)


class RemotePlace:
    """A folder in a bucket or on another file system that fsspec knows. An object store shows an object when it is complete."""

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    @property
    def address(self) -> str:
        """The address of the folder."""
        return self._address

    @property
    def _files(self) -> Any:
        # Opened anew in every process, and cached there by fsspec itself.
        return _file_system(self._address)

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files in a folder."""
        files = self._files
        files.invalidate_cache()
        try:
            for name in files.ls(self.path(folder), detail=False):
                yield name.rstrip("/").rpartition("/")[2]
        except FileNotFoundError:
            return

    def exists(self, name: str) -> bool:
        """Whether the file is there."""
        files = self._files
        files.invalidate_cache()
        return bool(retrying(lambda: files.isfile(self.path(name))))

    def read(self, name: str) -> bytes:
        """All of a file."""
        return cast(bytes, retrying(lambda: self._files.cat_file(self.path(name))))

    def open(self, name: str) -> Any:
        """A binary file that can be read anywhere in it."""
        return self._files.open(self.path(name), "rb")

    @contextmanager
    def writing(self, name: str) -> Generator[Any, None, None]:
        """A context with a file to write on.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        target = self.path(name)
        try:
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            file = self._files.open(target, "wb")
        except Exception as error:  # each file system has errors of its own
            raise unwritable(target, error) from error
        try:
            yield file
        except BaseException:
            # Closing would complete the upload.
            with suppress(Exception):
                file.discard()
            raise
        try:
            file.close()
        except Exception as error:
            raise unwritable(target, error) from error

    def write(self, name: str, data: bytes) -> None:
        """Put a file into its place.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        target = self.path(name)
        try:
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            retrying(lambda: self._files.pipe_file(target, data))
        except Exception as error:
            raise unwritable(target, error) from error

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is in it."""
        with suppress(FileNotFoundError):
            self._files.rm(self.path(name), recursive=True)

    def path(self, name: str) -> str:
        """The file's address."""
        return f"{self._address}/{name}"


def open_place(to: str) -> Place:
    """The place that a person named: a folder, or an address such as `s3://bucket/folder`.

    Raises
    ------
    OutputError
        If it is a file, or no file system has that protocol.
    MissingExtraError
        If it is an address and fsspec is not installed.
    """
    if "://" in to and not to.startswith("file://"):
        _file_system(to)
        return RemotePlace(to)
    folder = Path(to.removeprefix("file://")).absolute()
    if folder.is_file():
        raise OutputError(
            f"--to is {to!r}, which is a file.",
            remedy="Name a folder; --format fits, votable or csv adds one file with all rows to it.",
        )
    return LocalPlace(folder)


def unwritable(target: str, error: Exception) -> OutputError:
    """The error for a place that cannot be written to."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return OutputError(
        f"Cannot write {target!r}: {reason}.",
        remedy=f"Check that there is room and that it may be written to. {GO_ON}",
    )


def _file_system(address: str) -> Any:
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtraError(
            f"Writing to {address!r} needs fsspec.",
            remedy="Install it: pip install 'skyform[cloud]'",
        ) from error
    try:
        return fsspec.core.url_to_fs(address)[0]
    except (ImportError, ValueError) as error:
        raise OutputError(
            f"Cannot write to {address!r}: {error}",
            remedy="Install what it needs, or name a folder.",
        ) from error


def _sync_folder(folder: Path) -> None:
    # Not every system can open a folder; there the rename is all that can be had.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
