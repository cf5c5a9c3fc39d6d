"""What works jobs off: some pictures at a time, beside the visitors' own, for as long as the server runs."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from skyform.errors import SkyformError, StoreAwayError
from skyform.server.problems import RequestError
from skyform.server.service import Service
from skyform.server.transactions import in_transaction
from skyform.server.uploads import Upload
from skyform.server.working import classified
from skyform.store.ids import new_id
from skyform.store.images import read_image
from skyform.store.jobs import (
    Claim,
    claim_items,
    finish_item,
    give_up_items,
    is_work_waiting,
    release_items,
    renew_claims,
)

__all__ = ["JobWorker", "working_off"]

_LOG = logging.getLogger("skyform.server")

# Enough to fill the network's batches, few enough for a visitor's picture to get in between.
_AT_ONCE = 8
_IDLE_SECONDS = 2.0
_GIVEN_UP = {
    "code": "gave-up",
    "message": "The server failed or stopped several times while it worked on this picture.",
    "remedy": "Save it anew as PNG or JPEG and try again.",
}


class JobWorker:
    """Works off the pictures of all jobs in the store, together with any other process that does.

    Parameters
    ----------
    shared : Service
    lease : float
        Seconds that a claim lasts unless it is renewed, which it is three times within.
    """

    def __init__(self, shared: Service, *, lease: float) -> None:
        self._shared = shared
        self._lease = timedelta(seconds=lease)
        self._process = new_id()
        self._news = shared.job_news
        self._tasks: dict[asyncio.Task[None], Claim] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        renewing = asyncio.create_task(self._renew_for_ever())
        try:
            while True:
                try:
                    await self._round()
                except asyncio.CancelledError:
                    raise
                except Exception:
                    # The database may be away for a while; claims run out and come back.
                    _LOG.exception("working on jobs failed")
                    await asyncio.sleep(_IDLE_SECONDS)
        finally:
            renewing.cancel()
            await self._put_back()

    async def _round(self) -> None:
        """Claim as much as there is room for, and wait for something to happen."""
        self._news.clear()
        room = _AT_ONCE - len(self._tasks)
        claims = await self._claim(room) if room > 0 else []
        for claim in claims:
            task = asyncio.create_task(self._work(claim))
            self._tasks[task] = claim
            task.add_done_callback(self._tasks.pop)
        if len(claims) == room > 0:
            return
        news = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait(
                [news, *self._tasks],
                timeout=_IDLE_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            news.cancel()

    async def _claim(self, most: int) -> list[Claim]:
        now = datetime.now(UTC)

        def claim(session: Session) -> list[Claim]:
            give_up_items(session, now=now, error=_GIVEN_UP)
            return claim_items(session, self._process, most=most, now=now, until=now + self._lease)

        if not await run_in_threadpool(self._is_work_waiting, now):
            return []
        return await in_transaction(self._shared.store, claim)

    def _is_work_waiting(self, now: datetime) -> bool:
        with self._shared.store.database.reading() as session:
            return is_work_waiting(session, now=now)

    async def _work(self, claim: Claim) -> None:
        try:
            answer, error = await self._answer(claim)
            await in_transaction(
                self._shared.store,
                lambda session: finish_item(
                    session,
                    claim,
                    process=self._process,
                    classification=answer,
                    error=error,
                    now=datetime.now(UTC),
                ),
            )
        except Exception:
            # Nothing is known of the picture, or it could not be written down. The claim is not renewed any more and runs out, and the
            # picture is tried again, but not for ever.
            _LOG.exception("item %s of job %s failed", claim.position, claim.job_id)

    async def _answer(self, claim: Claim) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
        """The answer, or what is wrong with the picture."""
        try:
            data = await run_in_threadpool(
                read_image, self._shared.store.objects, claim.image_digest
            )
            made = await classified(self._shared, Upload(data, claim.name))
        except FileNotFoundError:
            problem = RequestError("The picture is not there any more.", code="not-found")
            return None, _error(problem)
        except StoreAwayError:
            # It says nothing of the picture, which is tried again.
            raise
        except SkyformError as problem:
            if isinstance(problem, RequestError) and problem.status >= 500:
                # The server was too busy or too slow, which says nothing of the picture.
                raise
            return None, _error(problem)
        return made.model_dump(mode="json"), None

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            claims = list(self._tasks.values())
            if claims:
                with suppress(Exception):
                    await in_transaction(self._shared.store, partial(self._renew, claims))

    def _renew(self, claims: list[Claim], session: Session) -> None:
        until = datetime.now(UTC) + self._lease
        renew_claims(session, self._process, claims=claims, until=until)

    async def _put_back(self) -> None:
        """What is not finished goes back at once, for another process or the next start."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(Exception):
            await in_transaction(
                self._shared.store, lambda session: release_items(session, self._process)
            )


@asynccontextmanager
async def working_off(shared: Service, *, lease: float) -> AsyncGenerator[None]:
    """Work off jobs as long as this is entered."""
    task = asyncio.create_task(JobWorker(shared, lease=lease).run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _error(problem: SkyformError) -> dict[str, Any]:
    return {"code": problem.code, "message": problem.message, "remedy": problem.remedy}
