"""Object storage: bytes under a name, in a local folder or at any address that fsspec knows."""

import os
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from skyform.errors import MissingExtraError, StoreAwayError, StoreError

__all__ = ["PART", "Objects"]

# How the names end under which a killed process leaves half a file.
PART = ".part"


class Objects:
    """Bytes under names.

    Whatever reads or writes raises `StoreAwayError` where the place gives no answer or is full.

    Parameters
    ----------
    url : str
        A folder, or an address such as `s3://bucket/folder`.

    Attributes
    ----------
    url : str
        As given.

    Raises
    ------
    StoreError
        If the address is of no kind that fsspec knows.
    MissingExtraError
        If what reads such addresses is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            # Other processes write there too, so that nothing may be known from an earlier listing.
            self._fs, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except ImportError as error:
            raise MissingExtraError(
                f"Kept pictures cannot go to {url.partition(':')[0]}: addresses: {error}.",
                remedy="pip install 'skyform[cloud]'.",
            ) from error
        except ValueError as error:
            raise StoreError(
                f"The address for kept pictures cannot be used: {error}.",
                remedy="Give a folder, or an address such as s3://bucket/folder.",
            ) from error
        self._root = root.rstrip("/")
        self.url = url
        self._local = isinstance(self._fs, LocalFileSystem)

    def put(self, key: str, data: bytes) -> None:
        """Write; a reader sees the old bytes or the new ones."""
        with _answered():
            if self._local:
                _put_aside(Path(self._path(key)), data)
            else:
                self._fs.pipe_file(self._path(key), data)

    def get(self, key: str) -> bytes:
        """Read.

        Raises
        ------
        FileNotFoundError
        """
        with _answered():
            return self._fs.cat_file(self._path(key))

    def exists(self, key: str) -> bool:
        """Whether there is something under that name."""
        with _answered():
            return bool(self._fs.exists(self._path(key)))

    def delete(self, key: str) -> None:
        """Remove; what is not there is no error."""
        with suppress(FileNotFoundError), _answered():
            self._fs.rm_file(self._path(key))

    def keys(self, folder: str) -> Iterator[str]:
        """The names below a folder, in no order."""
        with _answered():
            paths = self._fs.find(self._path(folder))
        for path in paths:
            yield path[len(self._root) + 1 :]

    def modified(self, key: str) -> datetime:
        """When it was written.

        Raises
        ------
        FileNotFoundError
        """
        with _answered():
            when: datetime = self._fs.modified(self._path(key))
        return when if when.tzinfo is not None else when.replace(tzinfo=UTC)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}"


def _put_aside(target: Path, data: bytes) -> None:
    """Written beside and moved into place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{uuid.uuid4().hex}{PART}")
    try:
        part.write_bytes(data)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _answered() -> Generator[None]:
    """That there is nothing of that name is an answer; every library has errors of its own for there being none."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        # No name of a folder or a server: this is read by visitors. The log has it all.
        why = getattr(error, "strerror", None) or type(error).__name__
        raise StoreAwayError(
            f"The place for kept pictures cannot be used just now ({why}).",
            remedy="Try again in a minute; whoever runs the server finds the cause in its log.",
        ) from error
