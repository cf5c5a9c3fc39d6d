"""Downloads: resumed where they stopped, tried again where the network fails, and checked before a file gets its name.

While a file is on its way it is `NAME.part`, with `NAME.part.json` beside it to know the same file again on the server. A file whose
checksum is wrong becomes `NAME.bad`, to be looked at (often it is a page that says why), and the next download starts afresh.
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from skyform.datasets.published import Published, PublishedFile
from skyform.errors import DataError, OutputError

__all__ = ["Progress", "checksum_of", "download", "fetch_file", "open_client", "verify"]

Progress = Callable[[str, int, int | None], None]
"""Called with the file's name, the bytes there are, and the bytes there will be (None where the server does not say)."""

_ROOM = 50_000_000  # bytes that stay free on the disk
_MOST_WAIT = 60.0  # s
_BUSY = 429
_NOTHING_MORE = 416
_RESUMED = 206
_AGAIN = "Run it again later; what was downloaded is kept, and it goes on from there."


class _AgainError(Exception):
    """Something that may be different next time."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


def open_client() -> httpx.Client:
    """A client that says who it is, follows redirects and never waits for ever."""
    return httpx.Client(
        follow_redirects=True,
        timeout=httpx.Timeout(30.0, read=60.0),
        headers={"User-Agent": "skyform"},
    )


def download(
    published: Published,
    into: Path,
    *,
    names: Sequence[str] = (),
    client: httpx.Client | None = None,
    progress: Progress | None = None,
    tries: int = 6,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Path, ...]:
    """Download the files of a published set.

    A file that is there already and agrees with its checksum is not asked for again.

    Parameters
    ----------
    published : Published
        One of `skyform.datasets.published.PUBLISHED`.
    into : Path
        The folder for the files; made where it does not exist.
    names : sequence of str
        Only these files; by default all.
    client, progress, tries, sleep
        As in `fetch_file`.

    Returns
    -------
    tuple of Path
        The files, in order.

    Raises
    ------
    DataError
        If the set has no address or no such file, or as `fetch_file`.
    OutputError
        As `fetch_file`.
    """
    if not published.files:
        raise DataError(
            f"{published.title} has no address that anyone may download from.",
            remedy=f"Download it with your own account: {published.page}. {published.note}",
        )
    there = {f.name: f for f in published.files}
    unknown = [n for n in names if n not in there]
    if unknown:
        raise DataError(
            f"{published.title} has no file {unknown[0]!r}.",
            remedy=f"It has {', '.join(there)}.",
        )
    with open_client() if client is None else nullcontext(client) as opened:
        files = [there[n] for n in names] or list(published.files)
        if any(not (into / f.name).exists() for f in files):
            files = _with_checksums(files, published.record, opened, tries=tries, sleep=sleep)
        return tuple(
            fetch_file(f, into, client=opened, progress=progress, tries=tries, sleep=sleep)
            for f in files
        )


def verify(
    published: Published,
    into: Path,
    *,
    client: httpx.Client | None = None,
    tries: int = 6,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[str, ...]:
    """What is wrong with the files of a published set on disk: one sentence for each that is missing or not the published one.

    Checksums that only the archive's record states are asked for there; where none is published, being there is enough.

    Raises
    ------
    DataError
        If that record cannot be fetched.
    """
    with open_client() if client is None else nullcontext(client) as opened:
        files = _with_checksums(published.files, published.record, opened, tries=tries, sleep=sleep)
    wrong = [_fault(into / f.name, f) for f in files]
    return tuple(w for w in wrong if w)


def fetch_file(
    file: PublishedFile,
    into: Path,
    *,
    client: httpx.Client,
    progress: Progress | None = None,
    tries: int = 6,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Download one file into a folder.

    Parameters
    ----------
    file : PublishedFile
    into : Path
    client : httpx.Client
        From `open_client`.
    progress : callable, optional
        See `Progress`.
    tries : int
        How often to try without any byte arriving before giving up.
    sleep : callable
        Waits between tries: 1 s, 2 s, 4 s, up to a minute, or what the server asks for.

    Raises
    ------
    DataError
        If the server refuses, keeps failing, or the file does not agree with its checksum.
    OutputError
        If it does not fit on the disk, or cannot be written.
    """
    target = into / file.name
    if target.exists():
        fault = _fault(target, file)
        if fault:
            raise DataError(fault, remedy="Move it away and download it again.")
        return target
    part = target.with_name(target.name + ".part")
    try:
        into.mkdir(parents=True, exist_ok=True)
        _persist(
            lambda: _transfer(file, part, client, progress),
            name=file.name,
            url=file.url,
            tries=tries,
            sleep=sleep,
            arrived=lambda: part.stat().st_size if part.exists() else 0,
        )
        _check_arrived(part, file)
        part.replace(target)
        _validator_file(part).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{file.name} cannot be written to {into}: {error.strerror}.",
            remedy="Choose another folder, or make room.",
        ) from error
    return target


def checksum_of(path: Path, algorithm: str = "sha256") -> str:
    """The checksum of a file in hexadecimal digits, by `sha256` or `md5`.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def _fault(path: Path, file: PublishedFile) -> str:
    """Why a file is not the published one; empty where it is, as far as its checksum is known."""
    if not path.exists():
        return f"{path} is not there."
    algorithm, _, wanted = file.checksum.partition(":")
    found = checksum_of(path, algorithm) if wanted else ""
    if found == wanted.lower():
        return ""
    return (
        f"{path} is not the published file: its {algorithm.upper()} is {found}, "
        f"and {wanted.lower()} is published."
    )


def _check_arrived(part: Path, file: PublishedFile) -> None:
    fault = _fault(part, file)
    if not fault:
        return
    bad = part.with_name(file.name + ".bad")
    part.replace(bad)
    _validator_file(part).unlink(missing_ok=True)
    raise DataError(
        fault,
        remedy=f"It was kept as {bad.name}: look into it, then try again. It came from {file.url}.",
    )


def _with_checksums(
    files: Sequence[PublishedFile],
    record: str,
    client: httpx.Client,
    *,
    tries: int,
    sleep: Callable[[float], None],
) -> list[PublishedFile]:
    """The files, with the checksums that the archive states for those that have none of their own."""
    if not record or all(f.checksum for f in files):
        return list(files)
    stated = _stated_checksums(record, client, tries=tries, sleep=sleep)
    return [f if f.checksum else replace(f, checksum=stated.get(f.name, "")) for f in files]


def _persist(
    action: Callable[[], Any],
    *,
    name: str,
    url: str,
    tries: int,
    sleep: Callable[[float], None],
    arrived: Callable[[], int] = lambda: 0,
) -> Any:
    """Try until it works, or fails `tries` times in a row without anything having arrived."""
    failed = 0
    before = arrived()
    while True:
        try:
            return action()
        except (_AgainError, httpx.TransportError) as error:
            failed = 1 if arrived() > before else failed + 1
            before = arrived()
            if failed >= tries:
                why = str(error) or type(error).__name__
                raise DataError(
                    f"{name} could not be downloaded from {url}: {why} ({failed} tries).",
                    remedy=_AGAIN,
                ) from error
            wait = getattr(error, "wait", None)
            sleep(min(_MOST_WAIT, 2.0 ** (failed - 1) if wait is None else wait))


def _transfer(
    file: PublishedFile, part: Path, client: httpx.Client, progress: Progress | None
) -> None:
    """Fetch what is missing of a file."""
    done = part.stat().st_size if part.exists() else 0
    validator = _read_validator(part, file.url)
    # Bytes are the same bytes only on the way without compression.
    headers = {"Accept-Encoding": "identity"}
    if done and (validator or file.checksum):
        headers |= {"Range": f"bytes={done}-"} | ({"If-Range": validator} if validator else {})
    else:
        done = 0
    with client.stream("GET", file.url, headers=headers) as response:
        if response.status_code == _NOTHING_MORE and "Range" in headers:
            if _total(response) == done:
                return
            part.unlink()
            raise _AgainError("the file on the server is another one now", 0.0)
        _check_status(response, file)
        if response.status_code != _RESUMED:
            done = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            part.unlink()
            raise _AgainError("the server sent another range than was asked for", 0.0)
        total = _total(response)
        _check_room(part.parent, (total or file.bytes or done) - done, file.name)
        _write_validator(part, file.url, response)
        with part.open("ab" if done else "wb") as stream:
            # As they come: a fixed size of chunk would be lost when the connection breaks within it.
            for chunk in response.iter_raw():
                stream.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(file.name, done, total)
    if total is not None and done != total:
        raise _AgainError(f"{done:,} of {total:,} bytes came")


def _check_status(response: httpx.Response, file: PublishedFile) -> None:
    status = response.status_code
    if status == _BUSY or response.is_server_error:
        raise _AgainError(f"the server answered {status}", _retry_after(response))
    if not response.is_success:
        raise DataError(
            f"{file.name} cannot be downloaded: the server answered {status} for {file.url}.",
            remedy="The address may have changed: look at the set's page, or report it.",
        )


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None


def _total(response: httpx.Response) -> int | None:
    """Size of the whole file, as far as the answer tells."""
    _, _, ranged = response.headers.get("Content-Range", "").rpartition("/")
    size = ranged or response.headers.get("Content-Length", "")
    return int(size) if size.isdigit() else None


def _check_room(folder: Path, missing: int, name: str) -> None:
    free = shutil.disk_usage(folder).free
    if missing + _ROOM > free:
        raise OutputError(
            f"{name} needs {missing / 1e9:.1f} GB more, but {folder} has {free / 1e9:.1f} GB left.",
            remedy="Make room, or choose a folder on another disk.",
        )


def _validator_file(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _write_validator(part: Path, url: str, response: httpx.Response) -> None:
    """What tells the file on the server from a later one; a weak ETag is no proof of equal bytes."""
    etag = response.headers.get("ETag", "")
    validator = response.headers.get("Last-Modified", "") if etag.startswith("W/") else etag
    validator = validator or response.headers.get("Last-Modified", "")
    _validator_file(part).write_text(json.dumps({"url": url, "validator": validator}))


def _read_validator(part: Path, url: str) -> str:
    try:
        values = json.loads(_validator_file(part).read_text())
        return str(values["validator"]) if values["url"] == url else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _stated_checksums(
    record: str, client: httpx.Client, *, tries: int, sleep: Callable[[float], None]
) -> dict[str, str]:
    """Checksums that an archive's record states, by file name."""

    def ask() -> dict[str, str]:
        response = client.get(record)
        _check_status(response, PublishedFile("the list of checksums", record))
        try:
            return {str(f["key"]): str(f["checksum"]) for f in response.json()["files"]}
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"The archive's record {record} does not state its files' checksums as it used to.",
                remedy="Download the files by hand, or report it.",
            ) from error

    return _persist(ask, name="the list of checksums", url=record, tries=tries, sleep=sleep)
