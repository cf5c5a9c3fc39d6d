"""Dawdling clients, against uvicorn itself."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn

from skyform.server.connections import punctual_protocol

SECONDS = 0.3
LARGE = 30_000_000
HEAD = b"Host: made-up\r\n"


class MadeUpApp:
    """Answers by path; `ended` counts the requests that are over, one way or another."""

    def __init__(self) -> None:
        self.ended = 0

    async def __call__(self, scope, receive, send) -> None:
        assert scope["type"] == "http"
        try:
            await self._answer(scope["path"], receive, send)
        finally:
            self.ended += 1

    async def _answer(self, path: str, receive, send) -> None:
        if path == "/slow":
            await asyncio.sleep(3 * SECONDS)
        more = path != "/refused"
        while more:
            more = (await receive()).get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        size = LARGE if path == "/large" else 2
        chunk = b"x" * min(size, 1_000_000)
        for _ in range(max(size // 1_000_000, 1)):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture(scope="module")
def app() -> MadeUpApp:
    return MadeUpApp()


@pytest.fixture(scope="module")
def port(app: MadeUpApp) -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app,
            http=punctual_protocol(seconds=SECONDS),
            lifespan="off",
            log_level="critical",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        yield client


def closed_after(client: socket.socket) -> float:
    """Seconds until the other end closes, whatever it sends before."""
    start = time.monotonic()
    try:
        while client.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - start


def drip(client: socket.socket, data: bytes, *, seconds: float) -> int:
    """Send byte by byte; gives how many were taken."""
    for i in range(len(data)):
        try:
            client.sendall(data[i : i + 1])
        except OSError:
            return i
        time.sleep(seconds / len(data))
    return len(data)


@pytest.mark.parametrize("start", [b"", b"G", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n" + HEAD])
def test_headers_that_never_end(client: socket.socket, start: bytes) -> None:
    client.sendall(start)
    assert SECONDS / 2 < closed_after(client) < 6 * SECONDS


def test_headers_that_come_byte_by_byte(client: socket.socket) -> None:
    endless = b"GET / HTTP/1.1\r\n" + b"X-Filler: x\r\n" * 12
    assert drip(client, endless, seconds=8 * SECONDS) < len(endless)


def test_headers_that_are_too_long(client: socket.socket) -> None:
    client.sendall(b"GET / HTTP/1.1\r\n" + HEAD)
    said = b""
    try:
        for _ in range(100):
            client.sendall(b"X-Filler: " + b"x" * 10_000 + b"\r\n")
            time.sleep(0.001)
        while data := client.recv(1000):
            said += data
    except OSError:
        pass
    assert said[:12] in (b"", b"HTTP/1.1 431", b"HTTP/1.1 400")
    assert b"200" not in said


def test_headers_of_a_second_request_that_never_end(client: socket.socket) -> None:
    client.sendall(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
    assert client.recv(1000).startswith(b"HTTP/1.1 200")
    time.sleep(SECONDS / 2)
    client.sendall(b"GET / HT")
    assert closed_after(client) < 6 * SECONDS


def test_who_thinks_for_long_is_not_hurried(client: socket.socket) -> None:
    for _ in range(2):
        client.sendall(b"GET /slow HTTP/1.1\r\n" + HEAD + b"\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_body_is_the_applications_matter(client: socket.socket) -> None:
    client.sendall(b"POST / HTTP/1.1\r\n" + HEAD + b"Content-Length: 20\r\n\r\n")
    assert drip(client, b"x" * 20, seconds=4 * SECONDS) == 20
    assert client.recv(1000).startswith(b"HTTP/1.1 200")


def test_an_upload_that_is_refused_early_can_end_in_peace(client: socket.socket) -> None:
    client.sendall(b"POST /refused HTTP/1.1\r\n" + HEAD + b"Content-Length: 900000\r\n\r\n")
    assert client.recv(1000).startswith(b"HTTP/1.1 200")
    for _ in range(9):
        client.sendall(b"x" * 100_000)
        time.sleep(0.01)
    client.sendall(b"GET / HTTP/1.1\r\n" + HEAD + b"\r\n")
    assert client.recv(1000).startswith(b"HTTP/1.1 200")
    client.sendall(b"POST /refused HTTP/1.1\r\n" + HEAD + b"Content-Length: 900000\r\n\r\n")
    assert client.recv(1000).startswith(b"HTTP/1.1 200")
    assert drip(client, b"x" * 100, seconds=8 * SECONDS) < 100


def test_an_answer_that_is_never_fetched(client: socket.socket, app: MadeUpApp) -> None:
    before = app.ended
    client.sendall(b"GET /large HTTP/1.1\r\n" + HEAD + b"\r\n")
    end = time.monotonic() + 20 * SECONDS
    while app.ended == before and time.monotonic() < end:
        time.sleep(0.02)
    assert app.ended == before + 1


def test_a_slow_but_steady_reader_gets_everything(client: socket.socket) -> None:
    client.sendall(b"GET /large HTTP/1.1\r\nConnection: close\r\n" + HEAD + b"\r\n")
    got, start = 0, time.monotonic()
    while data := client.recv(1_000_000):
        got += len(data)
        if time.monotonic() - start < 5 * SECONDS:
            time.sleep(SECONDS / 4)
    assert got > LARGE
