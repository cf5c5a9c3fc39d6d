"""What the benchmarks of the server share: a server process, its use of the processor and of memory, and clients that keep their connections."""

import http.client
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

__all__ = ["ECHO", "Answered", "Measured", "Server", "measured", "one_each", "running", "upload"]

CLASSIFY = "/api/v1/classify"

# The least that any server does with an upload: read it and say how long it was. Takes an event loop and a parser, if given.
ECHO = """
import socket, sys
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

async def echo(request: Request) -> JSONResponse:
    async with request.form() as form:
        return JSONResponse({"bytes": len(await form["file"].read())})

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(512)
print(f"Echo is at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
app = Starlette(routes=[Route("/api/v1/classify", echo, methods=["POST"])])
loop, http = sys.argv[1:3] if len(sys.argv) > 2 else ("auto", "auto")
config = uvicorn.Config(app, loop=loop, http=http, log_level="warning", access_log=False)
uvicorn.Server(config).run(sockets=[listener])
"""
_SERVE = "from skyform.cli import main; raise SystemExit(main())"


@dataclass(frozen=True)
class Server:
    """A server process that listens."""

    process: psutil.Process
    port: int

    def seconds(self) -> float:
        """Processor time that it and its children have used."""
        used = [self.process, *self.process.children(recursive=True)]
        return sum(sum(p.cpu_times()[:2]) for p in used)

    def memory(self) -> int:
        """Bytes resident, its children's included."""
        return sum(
            p.memory_info().rss for p in [self.process, *self.process.children(recursive=True)]
        )


@contextmanager
def running(*options: str, program: str = _SERVE) -> Generator[Server]:
    """`skyform serve` with these options, or another program that prints its address; on a free port, with a data folder of its own."""
    given = ["serve", "--port", "0", *options] if program == _SERVE else list(options)
    with tempfile.TemporaryDirectory() as data:
        if program == _SERVE:
            given += ["--data", data]
        process = subprocess.Popen(
            [sys.executable, "-c", program, *given], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found is None:
                raise SystemExit(f"The server did not start; it said {line!r}.")
            yield Server(psutil.Process(process.pid), int(found[1]))
        finally:
            process.terminate()
            process.wait(30)


@dataclass
class Answered:
    """What came back for one upload: when, after how long, with which status and body. Status 0 is a connection that broke."""

    at: float
    seconds: float
    status: int
    body: bytes = b""
    kind: int = 0


@dataclass
class Measured:
    """All answers of a run, and what the server used for them."""

    answers: list[Answered] = field(default_factory=list[Answered])
    wall: float = 0.0
    processor: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.answers) / self.wall

    @property
    def each_core(self) -> float:
        """Answers for each second of one core."""
        return len(self.answers) / self.processor if self.processor else 0.0

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the answers took at most."""
        ordered = sorted(a.seconds for a in self.answers)
        return 1e3 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def upload(data: bytes, *, name: str = "galaxy.jpg") -> tuple[bytes, str]:
    """A form with one file: body and content type."""
    mark = "skyform-benchmark"
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return (
        head.encode() + data + f"\r\n--{mark}--\r\n".encode(),
        f"multipart/form-data; boundary={mark}",
    )


def measured(
    server: Server,
    bodies: Sequence[tuple[bytes, str]],
    *,
    clients: int,
    seconds: float,
    keep: Callable[[int], bool] = lambda _: False,
) -> Measured:
    """Clients with kept connections send one upload after the other for so long.

    Parameters
    ----------
    keep : callable
        Whether the body of an answer to this upload is kept.
    """
    out = Measured()
    lock = threading.Lock()
    end = time.perf_counter() + seconds

    def client(number: int) -> None:
        own: list[Answered] = []
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        turn = number
        while time.perf_counter() < end:
            which = turn % len(bodies)
            turn += clients
            answer = _asked(connection, *bodies[which])
            answer.kind = which
            if not keep(which):
                answer.body = b""
            own.append(answer)
        connection.close()
        with lock:
            out.answers += own

    used, begun = server.seconds(), time.perf_counter()
    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.wall, out.processor = time.perf_counter() - begun, server.seconds() - used
    return out


def one_each(server: Server, bodies: Sequence[tuple[bytes, str]]) -> list[Answered]:
    """Every upload once, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        return [_asked(connection, *b) for b in bodies]
    finally:
        connection.close()


def _asked(connection: http.client.HTTPConnection, body: bytes, type: str) -> Answered:
    start = time.perf_counter()
    try:
        connection.request("POST", CLASSIFY, body, {"Content-Type": type})
        response = connection.getresponse()
        said, status = response.read(), response.status
    except (OSError, http.client.HTTPException) as error:
        said, status = repr(error).encode(), 0
        connection.close()
    return Answered(start, time.perf_counter() - start, status, said)
