import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from fakes import FakeClassifier, Serve, picture

from skyform.inference import Ready
from skyform.schema import Prediction
from skyform.server.pool import Places, Pool
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
    client = serve(FakeClassifier(seconds=0.4), workers=1, queue=2)
    with ThreadPoolExecutor(6) as clients:
        answers = list(clients.map(lambda _: client.post(CLASSIFY, content=picture()), range(6)))
    busy = [a for a in answers if a.status_code == 503]
    assert sorted({a.status_code for a in answers}) == [200, 503]
    assert len(busy) == 4
    assert busy[0].json()["error"]["code"] == "busy"
    assert int(busy[0].headers["Retry-After"]) > 0


def test_bytes_are_counted_and_a_lone_picture_is_let_in(serve: Serve) -> None:
    client = serve(FakeClassifier(seconds=0.4), workers=1, queue_bytes=10)
    with ThreadPoolExecutor(3) as clients:
        answers = list(clients.map(lambda _: client.post(CLASSIFY, content=picture()), range(3)))
    assert sorted(a.status_code for a in answers) == [200, 503, 503]
    assert client.post(CLASSIFY, content=picture()).status_code == 200


def test_over_its_time_is_504_and_keeps_its_place(serve: Serve) -> None:
    client = serve(FakeClassifier(seconds=0.5), workers=1, queue=1, timeout=0.1)
    first = client.post(CLASSIFY, content=picture())
    assert first.status_code == 504
    assert first.json()["error"]["code"] == "classify-timeout"
    assert client.post(CLASSIFY, content=picture()).status_code == 503
    time.sleep(0.6)
    assert client.post(CLASSIFY, content=picture()).status_code == 504


def test_those_that_wait_go_through_the_network_together(serve: Serve) -> None:
    slow = SlowNetwork()
    client = serve(slow, workers=8, batch=5)
    with ThreadPoolExecutor(9) as clients:
        answers = list(clients.map(lambda _: client.post(CLASSIFY, content=picture()), range(9)))
    assert [a.status_code for a in answers] == [200] * 9
    assert sum(slow.batches) == 9
    assert max(slow.batches) > 1
    assert max(slow.batches) <= 5


def test_one_that_breaks_the_network_fails_alone(serve: Serve) -> None:
    slow = SlowNetwork(breaks_at="bad")
    client = serve(slow, workers=8)

    def post(name: str) -> int:
        return client.post(CLASSIFY, files={"file": (f"{name}.png", picture())}).status_code

    with ThreadPoolExecutor(6) as clients:
        statuses = list(clients.map(post, ["a", "b", "bad", "c", "d", "e"]))
    assert statuses == [200, 200, 500, 200, 200, 200]


class SlowNetwork(FakeClassifier):
    """Takes a tenth of a second for a batch, and fails over one picture."""

    def __init__(self, *, breaks_at: str = "") -> None:
        super().__init__()
        self._breaks_at = breaks_at

    def predict(
        self, ready: Sequence[Ready], *, evidence: bool | str = False, average: bool | None = None
    ) -> list[Prediction]:
        time.sleep(0.1)
        if any(r.id == self._breaks_at for r in ready):
            raise RuntimeError("this one")
        return super().predict(ready, evidence=evidence, average=average)


def _with_pool(check: Callable[[Pool], object]) -> None:
    def predict(ready: Sequence[Ready]) -> list[Prediction]:
        return []

    pool = Pool(predict, workers=1, places=1, timeout=0.05)
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


def test_too_few_statements_end_nothing(serve: Serve) -> None:
    class Forgetful(FakeClassifier):
        def predict(self, ready: Sequence[Ready], **options: Any) -> list[Prediction]:
            made = super().predict(ready, **options)
            return [p for p in made if p.id != "bad"]

    client = serve(Forgetful())
    statuses = [
        client.post(CLASSIFY, files={"file": (f"{name}.png", picture())}).status_code
        for name in ("a", "bad", "b")
    ]
    assert statuses == [200, 500, 200]


def test_one_address_leaves_places_to_others() -> None:
    places = Places(places=8, room=80, each=2, busy="Not now.")

    def refused(size: int, address: str) -> bool:
        try:
            places.check(size, address=address)
        except RequestError:
            return True
        return False

    with places.held(5, address="a"), places.held(5, address="b"):
        assert not refused(15, "a")
        with pytest.raises(RequestError, match="Not now") as caught:
            places.check(16, address="a")
        assert caught.value.status == 503
        assert not refused(70, "c")
        with places.held(1, address="a"):
            assert refused(0, "a")
            assert not refused(0, "b")
            assert not refused(0, "")
    assert not refused(79, "a")
    assert places.taken == 0
