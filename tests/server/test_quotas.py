"""How much one visitor may keep, and have waiting."""

from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from fakes import FakeClassifier, Serve, picture
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import func, select
from visits import CHEAP, csrf, promote, sign_up, store_of

from skyform.server.pool import Places
from skyform.server.problems import RequestError
from skyform.store import ImageRow, JobRow

RESULTS, JOBS = "/api/v1/results", "/api/v1/jobs"


def noisy(seed: int) -> bytes:
    """Half a mebibyte that is a picture still."""
    return picture("BMP") + np.random.default_rng(seed).bytes(2**19)


def keep(client: TestClient, data: bytes) -> Response:
    return client.post(RESULTS, files={"file": ("a.bmp", data)}, headers=csrf(client))


def begin(client: TestClient, *pictures: bytes) -> Response:
    files = [("files", (f"{n}.bmp", data)) for n, data in enumerate(pictures)]
    return client.post(JOBS, files=files, headers=csrf(client))


def code(answer: Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return answer.json()["error"]["code"]


def count(client: TestClient, table: type) -> int:
    with store_of(client).database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_results_and_jobs_fill_the_same_room(serve: Serve) -> None:
    client = serve(most_kept_mib=1)
    first = keep(client, noisy(1))
    assert first.status_code == 201, first.text
    assert code(keep(client, noisy(2)), 409) == "storage-full"
    assert code(begin(client, picture("JPEG"), noisy(3)), 409) == "storage-full"
    assert (count(client, ImageRow), count(client, JobRow)) == (1, 0)
    assert begin(client, picture("JPEG")).status_code == 202
    client.delete(f"{RESULTS}/{first.json()['id']}", headers=csrf(client))
    assert keep(client, noisy(2)).status_code == 201


def test_others_have_room_of_their_own_and_none_is_no_limit(serve: Serve) -> None:
    client = serve(most_kept_mib=1)
    assert keep(client, noisy(1)).status_code == 201
    client.cookies.clear()
    assert keep(client, noisy(1)).status_code == 201
    unlimited = serve(most_kept_mib=0, most_waiting=0)
    assert [keep(unlimited, noisy(n)).status_code for n in range(3)] == [201] * 3


def test_so_many_pictures_wait_but_a_lone_job_is_let_in(serve: Serve) -> None:
    client = serve(FakeClassifier(seconds=0.4), workers=1, most_waiting=4)
    assert begin(client, *[picture("JPEG")] * 5).status_code == 202
    refused = begin(client, picture("JPEG"))
    assert code(refused, 429) == "too-many-waiting"
    assert int(refused.headers["Retry-After"]) > 0
    assert count(client, JobRow) == 1


@pytest.mark.parametrize(
    ("places", "path"),
    [
        ("exports", "/api/v1/account/export"),
        ("catalogues", "/api/v1/catalogue"),
        ("streams", "{job}/events"),
    ],
)
def test_so_many_at_once(serve: Serve, places: str, path: str) -> None:
    client = serve(**CHEAP)
    sign_up(client)
    promote(client, "curator")
    path = path.format(job=f"{JOBS}/{begin(client, picture('JPEG')).json()['id']}")
    app: Any = client.app
    held: Places = getattr(app.state.service, places)
    with ExitStack() as others:
        while True:
            try:
                held.check()
            except RequestError:
                break
            others.enter_context(held.held())
        assert held.taken == (200 if places == "streams" else 2)
        refused = client.get(path)
        assert code(refused, 503) == "busy"
        assert int(refused.headers["Retry-After"]) > 0
    assert client.get(path).status_code == 200
    assert held.taken == 0
