"""Forgotten passwords: who asks gets a link by mail, and nobody else learns whether there is an account."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool

from skyform.server.mail import Letter, Mail, reason_of
from skyform.server.metrics import Metrics
from skyform.server.problems import RequestError
from skyform.server.rate import Buckets
from skyform.store import Store
from skyform.store.accounts import find_account
from skyform.store.resets import RESET_LIFE, make_reset

__all__ = ["Resets", "resetting"]

_LOG = logging.getLogger("skyform.server")

# Links for one e-mail address, whether it has an account or not.
_MOST, _IN_SECONDS = 5, 3600.0
_WAITING, _AT_ONCE = 200, 2
_CLOSING_SECONDS = 5.0

# As in `web/src/app.tsx`. Browsers send nothing of what follows # to anybody.
_PAGE = "/new-password#"

_LINK = """\
Somebody, perhaps you, asked for a new password for your account at
{home}

To set it, open this address. It works once, until {minutes} minutes from now:

{home}{page}{secret}

If it was not you, do nothing: your password stays as it is.
"""
_ELSEWHERE = """\
Somebody, perhaps you, asked for a new password for your account at
{home}

This account has no password: you sign in with {provider}, on the page
{home}/sign-in

If it was not you, do nothing: nothing has changed.
"""


class Resets:
    """Sends links to set a new password with.

    Asking only puts the address on a list. All that differs between one with an account and one without happens afterwards, so that
    the answer says nothing, by its words or by its time.

    Parameters
    ----------
    mail : Mail
        How they are sent.
    store : Store
        Where the accounts are.
    home : str
        The site's address, which links begin with. Never the one that a request names.
    provider : str or None
        What visitors can sign in with elsewhere.
    metrics : Metrics, optional
        Where to count.
    """

    def __init__(
        self,
        mail: Mail,
        *,
        store: Store,
        home: str,
        provider: str | None,
        metrics: Metrics | None = None,
    ) -> None:
        self._mail = mail
        self._database = store.database
        self._home = home
        self._provider = provider
        self._metrics = metrics
        self._asked = Buckets()
        self._waiting: asyncio.Queue[str] = asyncio.Queue(_WAITING)

    def ask(self, email: str) -> None:
        """Send a link soon, if an account has this address.

        Raises
        ------
        RequestError
            429 where it was asked for several times within the hour; 503 where too many others wait.
        """
        key = email.strip().lower()
        standing = self._asked.take(key, limit=_MOST, seconds=_IN_SECONDS)
        if not standing.allowed:
            raise RequestError(
                "A new password for this address was asked for several times within the hour.",
                remedy="Look for the latest mail, also among the unwanted; or try again in "
                f"{-(-standing.wait // 60)} minutes.",
                status=429,
                code="too-many-requests",
                retry_after=standing.wait,
            )
        try:
            self._waiting.put_nowait(key)
        except asyncio.QueueFull:
            self._asked.forget(key)
            raise RequestError(
                "Too many mails are waiting to be sent.",
                remedy="Try again in some minutes.",
                status=503,
                code="busy",
            ) from None

    async def run(self) -> None:
        """Answer those who asked, one after the other, until cancelled."""
        while True:
            email = await self._waiting.get()
            try:
                await self._answer(email)
            finally:
                self._waiting.task_done()

    async def answered(self) -> None:
        """Wait until everybody who asked has been answered."""
        await self._waiting.join()

    async def _answer(self, email: str) -> None:
        try:
            letter = await run_in_threadpool(self._letter, email)
        except Exception:
            # The database may be away for a while; who asked will ask again.
            _LOG.exception("mail: no link for a new password could be made")
            return
        if letter is None:
            return
        outcome = "sent"
        try:
            await self._mail.send(letter)
        except Exception as error:
            outcome = "failed"
            _LOG.error("mail: a link for a new password was not sent: %s", reason_of(error))
        if self._metrics is not None:
            self._metrics.mailed(outcome)

    def _letter(self, email: str) -> Letter | None:
        """What to send to whom; to the account's own address, however the one that was typed looks."""
        # Not in the transaction: nobody waits for a writer because of addresses that were made up.
        with self._database.reading() as session:
            if find_account(session, email=email) is None:
                return None
        with self._database.transaction() as session:
            user = find_account(session, email=email)
            if user is None:
                return None
            host = urlsplit(self._home).netloc
            if user.password_hash is None and self._provider is not None:
                text = _ELSEWHERE.format(home=self._home, provider=self._provider)
                return Letter(user.email, f"Signing in to {host}", text)
            secret = make_reset(session, user, now=datetime.now(UTC))
            minutes = int(RESET_LIFE.total_seconds() // 60)
            text = _LINK.format(home=self._home, minutes=minutes, page=_PAGE, secret=secret)
            return Letter(user.email, f"A new password for {host}", text)


@asynccontextmanager
async def resetting(resets: Resets | None) -> AsyncGenerator[None]:
    """Send mails as long as this is entered; those that wait at the end have a few seconds to go."""
    if resets is None:
        yield
        return
    tasks = [asyncio.create_task(resets.run()) for _ in range(_AT_ONCE)]
    try:
        yield
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(resets.answered(), _CLOSING_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
