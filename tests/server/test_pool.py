import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from fakes import FakeClassifier, Serve, picture

from skyform.server.pool import Pool
from skyform.server.problems import RequestError

CLASSIFY = "/api/v1/classify"


def test_no_more_at_once_than_workers(serve: Serve) -> None:
    fake = FakeClassifier(seconds=0.05)
    client = serve(fake, workers=2)
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: client.post(CLASSIFY, content=picture()), range(8)))
    assert [a.status_code for a in answers] == [200] * 8
    assert fake.most_at_once == 2


def test_over_the_queue_is_turned_away(serve: Serve) -> None:
    client = serve(FakeClassifier(seconds=0.4), workers=1, queue=1)
    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(lambda _: client.post(CLASSIFY, content=picture()), range(6)))
    busy = [a for a in answers if a.status_code == 503]
    assert sorted({a.status_code for a in answers}) == [200, 503]
    assert len(busy) == 4
    assert busy[0].json()["error"]["code"] == "busy"
    assert int(busy[0].headers["Retry-After"]) > 0


def test_over_its_time_is_504_and_keeps_its_place(serve: Serve) -> None:
    client = serve(FakeClassifier(seconds=0.5), workers=1, queue=0, timeout=0.1)
    first = client.post(CLASSIFY, content=picture())
    assert first.status_code == 504
    assert first.json()["error"]["code"] == "classify-timeout"
    assert client.post(CLASSIFY, content=picture()).status_code == 503
    time.sleep(0.6)
    assert client.post(CLASSIFY, content=picture()).status_code == 504


def _with_pool(check: Callable[[Pool], object]) -> None:
    pool = Pool(workers=1, queue=0, timeout=0.05)
    try:
        anyio.run(check, pool)
    finally:
        pool.close()


def test_a_slow_upload_is_408() -> None:
    async def check(pool: Pool) -> None:
        with pytest.raises(RequestError, match=r"upload took longer than 0.05") as caught:
            await pool.receive(anyio.sleep(5))
        assert caught.value.status == 408

    _with_pool(check)


def test_what_the_work_raises_comes_through_and_frees_the_place() -> None:
    async def check(pool: Pool) -> None:
        for _ in range(3):
            with pytest.raises(TimeoutError, match="its own"):
                async with pool.place():
                    await pool.run(_raise)
        async with pool.place():
            assert await pool.run(lambda: 7) == 7

    _with_pool(check)


def _raise() -> None:
    raise TimeoutError("its own")
