"""A web server on this machine for tests: files with or without ranges, and everything that goes wrong on the way."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What the server says to one request.

    `drop_after` closes the connection after so many bytes of the body; `ranges` is whether parts may be asked for.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drop_after: int | None = None
    ranges: bool = True


@dataclass
class Request:
    """What the server was asked: the path, and the headers."""

    path: str
    headers: dict[str, str]


class MadeUpServer:
    """Pages by path; an answer, or a function of the request that gives one. `requests` is what it was asked so far."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer | Callable[[Request], Answer]] = {}
        self.requests: list[Request] = []
        self.url = ""

    def asked(self, path: str) -> list[Request]:
        """The requests for one path."""
        return [r for r in self.requests if r.path == path]

    def answer(self, request: Request) -> Answer:
        """What is said to a request."""
        self.requests.append(request)
        page = self.pages.get(request.path, Answer(b"not here", 404))
        return page if isinstance(page, Answer) else page(request)


@contextmanager
def made_up_server() -> Iterator[MadeUpServer]:
    """A running server."""
    site = MadeUpServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            request = Request(self.path, {k.lower(): v for k, v in self.headers.items()})
            _send(self, request, site.answer(request))

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


def _send(handler: BaseHTTPRequestHandler, request: Request, answer: Answer) -> None:
    body, status, headers = answer.body, answer.status, dict(answer.headers)
    wanted = request.headers.get("range", "")
    fresh = request.headers.get("if-range") in (
        None,
        headers.get("ETag"),
        headers.get("Last-Modified"),
    )
    if wanted and answer.ranges and fresh and status == 200:
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(body):
            status, headers["Content-Range"], body = 416, f"bytes */{len(body)}", b""
        else:
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body = body[start:]
    handler.send_response(status)
    headers.setdefault("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    if answer.drop_after is not None and answer.drop_after < len(body):
        handler.wfile.write(body[: answer.drop_after])
        handler.wfile.flush()
        handler.close_connection = True
        return
    handler.wfile.write(body)
