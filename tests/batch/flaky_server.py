"""A web server on this machine for pieces of files, that fails when and how it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["FlakyServer", "flaky_server"]


@dataclass
class FlakyServer:
    """Files by path.

    `every` is how many requests there are to one that fails (0: none does): in turn with 503, 429, a connection that breaks off in the
    middle of the answer, and one that is closed without any. `ranges` is whether pieces of files are given.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    every: int = 0
    ranges: bool = True
    etag: str = '"one"'
    url: str = ""
    requests: list[str] = field(default_factory=list)
    failures: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, path: str) -> int | None:
        """The number of the failure that this request is to meet, or None."""
        with self._lock:
            self.requests.append(path)
            if not self.every or len(self.requests) % self.every:
                return None
            self.failures += 1
            return self.failures % 4


@contextmanager
def flaky_server() -> Iterator[FlakyServer]:
    """A running server."""
    site = FlakyServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, site)

        def do_HEAD(self) -> None:
            _answer(self, site)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, site: FlakyServer) -> None:
    path = handler.path.partition("?")[0]
    fault = site.fault(path)
    if fault == 3:
        handler.close_connection = True
        return
    if fault in (0, 1):
        _send(handler, 503 if fault else 429, b"busy", {"Retry-After": "0"})
        return
    body = site.files.get(path)
    if body is None:
        found = _listing(path, site)
        _send(handler, 200 if found else 404, found, {"Content-Type": "text/html"})
        return
    status, headers, body = _ranged(handler.headers.get("Range", ""), body, site)
    _send(handler, status, body, headers, cut=fault == 2)


def _listing(path: str, site: FlakyServer) -> bytes:
    """The page that a web server makes of a folder."""
    folder = path.rstrip("/") + "/"
    inside = {f[len(folder) :].partition("/") for f in site.files if f.startswith(folder)}
    links = sorted({name + slash for name, slash, _ in inside})
    return "".join(f'<a href="{n}">{n}</a>\n' for n in links).encode()


def _ranged(wanted: str, body: bytes, site: FlakyServer) -> tuple[int, dict[str, str], bytes]:
    headers = {"ETag": site.etag, "Content-Type": "application/octet-stream"}
    if not wanted or not site.ranges:
        return 200, headers, body
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start, stop = int(first), min(int(last or len(body)) + 1, len(body))
    if start >= len(body):
        return 416, headers | {"Content-Range": f"bytes */{len(body)}"}, b""
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
    return 206, headers, body[start:stop]


def _send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes,
    headers: dict[str, str],
    *,
    cut: bool = False,
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command == "HEAD":
        return
    handler.wfile.write(body[: len(body) // 2] if cut else body)
    if cut:
        handler.wfile.flush()
        handler.close_connection = True
