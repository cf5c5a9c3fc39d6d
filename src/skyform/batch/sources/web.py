"""Files on the web by plain HTTP: whole, in pieces, and what a server says of them."""

import io
import weakref

import httpx

from skyform.batch.sources.status import Status
from skyform.images.limits import Limits, check_bytes

__all__ = ["Web"]

_PARTIAL, _NOT_SATISFIABLE = 206, 416
_GONE = (404, 410)
_CHUNK = 2**20


class Web:
    """A client of one process; threads may share it. Errors are those of httpx, to be tried again by the caller."""

    def __init__(self) -> None:
        self.client = httpx.Client(
            follow_redirects=True,
            timeout=httpx.Timeout(30.0, read=60.0),
            # Compressed on the way, a file's bytes would not be where its ranges say.
            headers={"User-Agent": "skyform", "Accept-Encoding": "identity"},
        )
        weakref.finalize(self, self.client.close)

    def read(self, address: str, *, name: str, limits: Limits) -> bytes:
        """The whole file.

        Raises
        ------
        ImageTooLargeError
            If there is more than `limits` allow; no more than that is read.
        """
        data = bytearray()
        with self.client.stream("GET", address) as response:
            response.raise_for_status()
            stated = response.headers.get("Content-Length", "")
            check_bytes(int(stated) if stated.isdigit() else 0, name=name, limits=limits)
            for chunk in response.iter_raw():
                data += chunk
                check_bytes(len(data), name=name, limits=limits)
        return bytes(data)

    def fetch(self, address: str, start: int, stop: int) -> bytes:
        """Bytes `start` to `stop` of a file whose server gives ranges."""
        headers = {"Range": f"bytes={start}-{stop - 1}"}
        with self.client.stream("GET", address, headers=headers) as response:
            response.raise_for_status()
            given = response.headers.get("Content-Range", "")
            if response.status_code != _PARTIAL or not given.startswith(f"bytes {start}-"):
                raise OSError(f"the server gave {given or 'the whole file'}, not bytes {start}-")
            data = b"".join(response.iter_raw())
        if len(data) != stop - start:
            # As a connection that broke: a proxy may have cut the answer.
            raise ConnectionError(f"{len(data)} of {stop - start} bytes came")
        return data

    def status(self, address: str) -> Status | None:
        """What there is, by asking for the first byte: more servers answer that well than a HEAD. None where nothing is."""
        with self.client.stream("GET", address, headers={"Range": "bytes=0-0"}) as response:
            if response.status_code in _GONE:
                return None
            if response.status_code != _NOT_SATISFIABLE:
                response.raise_for_status()
            ranged = response.headers.get("Content-Range", "").rpartition("/")[2]
            ranges = response.status_code in (_PARTIAL, _NOT_SATISFIABLE) and ranged.isdigit()
            size = ranged if ranges else response.headers.get("Content-Length", "")
            stamp = response.headers.get("ETag") or response.headers.get("Last-Modified", "")
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Status(
            "file",
            size=int(size) if size.isdigit() else None,
            stamp=stamp,
            ranges=ranges,
            is_page=kind == "text/html",
        )

    def download(self, address: str, target: io.BufferedIOBase) -> None:
        """The whole file, into an open one."""
        with self.client.stream("GET", address) as response:
            response.raise_for_status()
            for chunk in response.iter_raw(_CHUNK):
                target.write(chunk)
