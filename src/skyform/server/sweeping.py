"""Retention while the server runs: what is past its time is deleted, now and then."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool

from skyform.store import Store
from skyform.store.retention import Swept, sweep

__all__ = ["sweeping"]

_FIRST_SECONDS = 60.0

_LOG = logging.getLogger("skyform.server")


@asynccontextmanager
async def sweeping(store: Store, *, minutes: float) -> AsyncGenerator[None]:
    """Sweep the store as long as this is entered: first a minute after the start, then every so many; 0 for never."""
    if minutes <= 0:
        yield
        return
    task = asyncio.create_task(_sweep_for_ever(store, seconds=60 * minutes))
    try:
        yield
    finally:
        # Waits for a sweep that is under way, which needs the store.
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep_for_ever(store: Store, *, seconds: float) -> None:
    await asyncio.sleep(min(_FIRST_SECONDS, seconds))
    while True:
        try:
            swept = await run_in_threadpool(sweep, store, now=datetime.now(UTC))
            if swept != Swept():
                _LOG.info("retention: %s", swept)
        except Exception:
            # The database may be away for a while; the next round tries again.
            _LOG.exception("retention failed")
        await asyncio.sleep(seconds)
