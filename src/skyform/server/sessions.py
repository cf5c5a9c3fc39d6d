"""Who a cookie or a token belongs to, without asking the database at every request."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from skyform.server.cookies import SESSION, VISIT, Cookies
from skyform.server.remembering import Recent
from skyform.store import Store
from skyform.store.results import adopt
from skyform.store.sessions import (
    Known,
    digest_of,
    end_session,
    find_session,
    new_secret,
    note_session,
    open_session,
)
from skyform.store.tokens import TOKEN_PREFIX, find_token, note_token

__all__ = ["Sessions"]

# What ends in one process of several goes on in the others for as long.
_KNOWN_SECONDS = 10.0
_MOST_KNOWN = 20_000
# Requests of a browser that come together before it has its cookie get one session together.
_TOGETHER_SECONDS = 30.0

# Where a request notes the session that was opened for it.
_OPENED = "opened_session"

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_TOKEN = re.compile(TOKEN_PREFIX + _SECRET.pattern)
_NOBODY = Known(session="", user=None, role="visitor")


class Sessions:
    """The sessions and tokens of one server.

    Parameters
    ----------
    store : Store
        Where they are kept.
    cookies : Cookies
        How their secrets travel.
    days : int
        A session that is not used for so long ends.
    """

    def __init__(self, store: Store, *, cookies: Cookies, days: int) -> None:
        self._database = store.database
        self._cookies = cookies
        self._life = timedelta(days=days)
        self._known: Recent[Known] = Recent(seconds=_KNOWN_SECONDS, most=_MOST_KNOWN)
        self._opened: Recent[tuple[str, Known]] = Recent(seconds=_TOGETHER_SECONDS, most=1000)
        self._opening = asyncio.Lock()

    async def of_cookie(self, scope: Scope) -> Known | None:
        """Whose session the request's cookie is; None without a cookie, or with one that is forged or has ended."""
        secret = self._cookies.read(scope, SESSION)
        if secret is None or not _SECRET.fullmatch(secret):
            return None
        known = await self._look_up(secret)
        if known is not None and known.due:
            self._give(scope, secret)
        return known

    async def of_token(self, token: str) -> Known | None:
        """Whose token it is."""
        return await self._look_up(token) if _TOKEN.fullmatch(token) else None

    def recall(self, scope: Scope, *, token: str | None) -> Known | None:
        """Who asks, as far as that is known without asking the database."""
        secret = token or self._cookies.read(scope, SESSION)
        known = None if secret is None else self._known.get(digest_of(secret))
        return None if known is None or _is_nobody(known) else known

    async def open(self, scope: Scope) -> Known:
        """A session for a visitor without an account: its cookie goes out with the answer to this request."""
        state = scope.setdefault("state", {})
        if _OPENED in state:
            return state[_OPENED]
        async with self._opening:
            visit = self._cookies.read(scope, VISIT)
            key = f"{visit} {(scope.get('client') or ('',))[0]}"
            opened = self._opened.get(key) if visit else None
            if opened is None:
                opened = await self._begin(user_id=None, role="visitor", previous=None)
                self._opened.put(key, opened)
        secret, known = opened
        self._give(scope, secret)
        state[_OPENED] = known
        return known

    async def sign_in(self, scope: Scope, *, user_id: str, role: str) -> str:
        """A session of an account, under a secret that nobody could know before.

        What the visitor kept without an account goes to the account.

        Returns
        -------
        str
            The session's secret.
        """
        before = await self.of_cookie(scope)
        secret, _ = await self._begin(
            user_id=user_id, role=role, previous=None if before is None else before.session
        )
        if before is not None:
            self.forget(session=before.session)
        self._give(scope, secret)
        self._cookies.drop(scope, VISIT)
        return secret

    def forget(self, *, session: str | None = None, user: str | None = None) -> None:
        """Ask the database again: a session or an account has changed or ended."""

        def concerned(known: Known) -> bool:
            return known.session == session or (user is not None and known.user == user)

        self._known.forget(concerned)
        self._opened.forget(lambda opened: concerned(opened[1]))

    def _give(self, scope: Scope, secret: str) -> None:
        self._cookies.set(scope, SESSION, secret, seconds=int(self._life.total_seconds()))

    async def _begin(
        self, *, user_id: str | None, role: str, previous: str | None
    ) -> tuple[str, Known]:
        secret = new_secret()

        def add() -> Known:
            with self._database.transaction() as session:
                row = open_session(
                    session,
                    secret=secret,
                    user_id=user_id,
                    life=self._life,
                    now=datetime.now(UTC),
                )
                if previous is not None:
                    if user_id is not None:
                        adopt(session, session_id=previous, user_id=user_id)
                    end_session(session, previous)
                return Known(session=row.id, user=user_id, role=role)

        return secret, await run_in_threadpool(add)

    async def _look_up(self, secret: str) -> Known | None:
        key = digest_of(secret)
        known = self._known.get(key)
        if known is None:
            epoch = self._known.epoch
            known = await run_in_threadpool(self._find, secret) or _NOBODY
            # The cookie's end moves once, not at every request for as long as this is known.
            self._known.put(key, replace(known, due=False), epoch=epoch)
        return None if _is_nobody(known) else known

    def _find(self, secret: str) -> Known | None:
        now, is_token = datetime.now(UTC), bool(_TOKEN.fullmatch(secret))
        with self._database.reading() as session:
            if is_token:
                known = find_token(session, token=secret, now=now)
            else:
                known = find_session(session, secret=secret, now=now)
        if known is not None and known.due:
            # Apart, so that those who only look wait for no writer.
            with self._database.transaction() as session:
                if is_token:
                    note_token(session, token=secret, now=now)
                else:
                    note_session(session, known.session, life=self._life, now=now)
        return known


def _is_nobody(known: Known) -> bool:
    return known.user is None and not known.session
