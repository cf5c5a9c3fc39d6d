"""The database from a coroutine."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from skyform.store import Store

__all__ = ["in_transaction", "while_reading"]

T = TypeVar("T")


async def in_transaction(store: Store, work: Callable[[Session], T]) -> T:
    """Do `work` in a thread, in one transaction: all of it is kept, or where it raises none."""

    def run() -> T:
        with store.database.transaction() as session:
            return work(session)

    return await run_in_threadpool(run)


async def while_reading(store: Store, work: Callable[[Session], T]) -> T:
    """Do `work`, which changes nothing, in a thread; it waits for no writer."""

    def run() -> T:
        with store.database.reading() as session:
            return work(session)

    return await run_in_threadpool(run)
