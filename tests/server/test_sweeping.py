"""Retention while the server runs."""

import asyncio
import logging
from pathlib import Path

import pytest

from skyform.server import sweeping as room
from skyform.server.sweeping import sweeping
from skyform.store import Store
from skyform.store.retention import Swept


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(database=f"sqlite:///{tmp_path}/a.db", objects=str(tmp_path))


def swept(store: Store, *, minutes: float, seconds: float) -> None:
    async def main() -> None:
        async with sweeping(store, minutes=minutes):
            await asyncio.sleep(seconds)

    asyncio.run(main())


def test_it_comes_round_again_after_a_failure(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    rounds: list[Store] = []

    def sweep(store: Store, **_: object) -> Swept:
        rounds.append(store)
        if len(rounds) == 1:
            raise OSError("the database is away")
        return Swept(results=len(rounds) - 2)

    monkeypatch.setattr(room, "sweep", sweep)
    with caplog.at_level(logging.INFO, "skyform.server"):
        swept(store, minutes=0.01 / 60, seconds=0.5)
    assert len(rounds) > 2
    said = [record.getMessage() for record in caplog.records]
    assert said[:2] == ["retention failed", f"retention: {Swept(results=1)}"]


def test_never(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "sweep", lambda *_, **__: pytest.fail("swept"))
    swept(store, minutes=0, seconds=0.05)


def test_it_leaves_a_server_that_starts_alone(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "sweep", lambda *_, **__: pytest.fail("swept"))
    swept(store, minutes=60, seconds=0.05)
