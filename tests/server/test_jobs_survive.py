"""What was accepted is done, whatever happens to the process: asked to stop, killed, or one of two."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes import picture

HERE = Path(__file__).parent
PICTURES = 24
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from fakes import FakeClassifier
from skyform.server import Settings, run
settings = Settings(port=0, data=sys.argv[2], job_lease=1.0, workers=2)
run(settings, classifier=FakeClassifier(seconds=float(sys.argv[3])))
"""


@contextmanager
def server(data: Path, *, seconds: float) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(HERE), str(data), str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1] / "src")},
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


def accepted(client: httpx.Client) -> str:
    files = [("files", (f"{n}.png", picture())) for n in range(PICTURES)]
    response = client.post("/api/v1/jobs", files=files)
    assert response.status_code == 202, response.text
    return response.json()["id"]


def read(client: httpx.Client, id: str) -> dict[str, Any]:
    return client.get(f"/api/v1/jobs/{id}").json()


def wait_until(client: httpx.Client, id: str, *, done: int) -> dict[str, Any]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        job = read(client, id)
        if job["done"] >= done:
            return job
        time.sleep(0.02)
    raise AssertionError(f"not done: {job}")


def check_all(client: httpx.Client, id: str) -> None:
    """Every picture has its answer, once."""
    job = wait_until(client, id, done=PICTURES)
    assert (job["status"], job["done"], job["failed"]) == ("done", PICTURES, 0)
    items = client.get(f"/api/v1/jobs/{id}/items?limit=100").json()["items"]
    assert [i["name"] for i in items] == [str(n) for n in range(PICTURES)]
    assert all(i["classification"]["id"] == i["name"] for i in items)
    told = client.get(f"/api/v1/jobs/{id}/events").text
    assert re.findall(r"event: item\nid: (\d+)", told) == [str(n + 1) for n in range(PICTURES)]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_job_outlives_its_server(tmp_path: Path, how: signal.Signals) -> None:
    with server(tmp_path, seconds=0.1) as (process, url), httpx.Client(base_url=url) as client:
        id = accepted(client)
        done = wait_until(client, id, done=2)["done"]
        assert done < PICTURES
        cookies = client.cookies
        process.send_signal(how)
        process.wait(20)
        assert process.returncode in (0, -how)
    with (
        server(tmp_path, seconds=0.0) as (_, url),
        httpx.Client(base_url=url, cookies=cookies) as client,
    ):
        assert read(client, id)["done"] >= done
        check_all(client, id)


def test_two_servers_share_a_job_and_one_dies(tmp_path: Path) -> None:
    with (
        server(tmp_path, seconds=0.1) as (one, url),
        server(tmp_path, seconds=0.1) as (_, other),
        httpx.Client(base_url=url) as client,
    ):
        id = accepted(client)
        wait_until(client, id, done=3)
        one.kill()
        with httpx.Client(base_url=other, cookies=client.cookies) as left:
            check_all(left, id)
