"""Files in object stores and on other remote systems, through fsspec."""

from collections.abc import Mapping
from typing import Any

from skyform.batch.retry import status_of
from skyform.batch.sources.addresses import shown
from skyform.batch.sources.status import Listing, Status
from skyform.errors import DataError, MissingExtraError

__all__ = ["Cloud"]

_NOT_SATISFIABLE = 416
# What the file systems call the thing that changes with a file's content, the most telling first.
_STAMPS = ("ETag", "etag", "md5Hash", "md5", "mtime", "LastModified", "last_modified", "updated")


class Cloud:
    """fsspec's file systems, one for each protocol, of one process. Errors are those of the libraries behind it."""

    def read(self, address: str, *, most_bytes: int) -> bytes:
        """The file's bytes, at most `most_bytes` and one more, by a single request."""
        system, path = _system(address)
        try:
            return system.cat_file(path, start=0, end=most_bytes + 1)
        except OSError as error:
            if status_of(error) == _NOT_SATISFIABLE:
                # So S3 answers where there is not one byte.
                return b""
            raise

    def fetch(self, address: str, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop`."""
        system, path = _system(address)
        data: bytes = system.cat_file(path, start=start, end=stop)
        if len(data) != stop - start:
            raise ConnectionError(f"{len(data)} of {stop - start} bytes came")
        return data

    def status(self, address: str) -> Status | None:
        """What there is; None where nothing is."""
        system, path = _system(address)
        try:
            info = system.info(path)
        except FileNotFoundError:
            return None
        if info.get("type") == "directory":
            return Status("folder")
        return Status("file", size=info.get("size"), stamp=_stamp(info))

    def list(self, address: str) -> Listing:
        """One folder."""
        system, path = _system(address)
        here = system._strip_protocol(path).rstrip("/")
        files: dict[str, str] = {}
        folders: set[str] = set()
        for info in system.ls(path, detail=True):
            full = str(info["name"]).rstrip("/")
            name = full.rpartition("/")[2]
            # Object stores mark a folder by an empty object of its own name.
            if not name or name.startswith(".") or full == here:
                continue
            if info.get("type") == "directory":
                folders.add(name)
            else:
                files[name] = f"{info.get('size')} {_stamp(info)}"
        return Listing(sorted(files), sorted(folders), files)


def _stamp(info: Mapping[str, Any]) -> str:
    return next((str(info[k]) for k in _STAMPS if info.get(k)), "")


def _system(address: str) -> tuple[Any, str]:
    """The file system of an address, and its path there. fsspec keeps one of each for the process."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtraError(
            f"{shown(address)} needs fsspec.", remedy="Install it: pip install 'skyform[cloud]'"
        ) from error
    try:
        # Listings of millions of files are not to be kept.
        return url_to_fs(address, use_listings_cache=False)
    except ImportError as error:
        raise MissingExtraError(
            f"{shown(address)} needs a library that is not installed ({error}).",
            remedy="Install what it names; S3 comes with pip install 'skyform[cloud]'.",
        ) from error
    except ValueError as error:
        raise DataError(
            f"{shown(address)} is no address that can be read: {error}.",
            remedy="Use a path, http://, https:// or s3://, or another protocol of fsspec's.",
        ) from error
