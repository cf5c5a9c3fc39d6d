"""Passwords at the door: who may try, how often, and what is done when the right one comes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import anyio
from anyio import to_thread
from starlette.types import Scope

from skyform.server.problems import RequestError
from skyform.server.rate import Buckets, address_of
from skyform.server.settings import Settings
from skyform.store import Store, UserRow
from skyform.store.accounts import find_account, is_locked, note_failure, note_sign_in
from skyform.store.passwords import Passwords

__all__ = ["Doorkeeper"]

# Each takes tens of megabytes, and a processor.
_HASHED_AT_ONCE = 2
# A school comes from one address.
_ADDRESS_TIMES = 10


@dataclass(frozen=True, slots=True)
class _Found:
    id: str
    hash: str | None
    locked: bool


class Doorkeeper:
    """Checks passwords, and locks accounts and addresses that try too many.

    Parameters
    ----------
    settings : Settings
        How many, for how long, and the cost of a hash.
    store : Store
        Where the accounts are.
    """

    def __init__(self, settings: Settings, *, store: Store) -> None:
        self._database = store.database
        self._most = settings.sign_in_failures
        self._lock = timedelta(minutes=settings.lock_minutes)
        self._passwords = Passwords(
            memory=settings.password_memory, rounds=settings.password_rounds
        )
        self._hashing = anyio.CapacityLimiter(_HASHED_AT_ONCE)
        self._failures = Buckets()
        self._forgotten = (
            "a link for a forgotten password can be sent by mail"
            if settings.mail_server
            else "a forgotten password can be set anew by an administrator"
        )

    async def hash(self, password: str) -> str:
        """What to keep of a new password."""
        return await to_thread.run_sync(self._passwords.hash, password, limiter=self._hashing)

    async def open(self, scope: Scope, *, email: str, password: str) -> UserRow:
        """The account that these open.

        Raises
        ------
        RequestError
            401 where they open none; 429 where too many wrong ones came from this address or for this account. An address
            without an account is treated alike in words and in time.
        """
        address, name = f"address {address_of(scope)}", f"email {email.lower()}"
        self._check_address(address)
        found = await to_thread.run_sync(self._find, email)
        locked = found.locked if found else not self._may_try(name, self._most)
        if locked:
            raise self._too_many()
        right = await to_thread.run_sync(
            self._passwords.verify,
            found.hash if found else None,
            password,
            limiter=self._hashing,
        )
        if found is None or not right:
            self._count(address, self._most * _ADDRESS_TIMES)
            if found is None:
                self._count(name, self._most)
            else:
                await to_thread.run_sync(self._note_failure, found.id)
            raise RequestError(
                "No account has this e-mail address and password.",
                remedy=f"Check both; {self._forgotten}.",
                status=401,
                code="wrong-password",
            )
        user = await to_thread.run_sync(
            self._note_sign_in, found.id, await self._renewed(found, password)
        )
        if user is None:
            raise self._too_many()
        return user

    async def is_right(self, user: UserRow, password: str) -> bool:
        """Whether it is the password of an account whose owner is signed in already; wrong ones count all the same.

        Raises
        ------
        RequestError
            429 where the account is locked.
        """
        if is_locked(user, now=datetime.now(UTC)):
            raise self._too_many()
        right = await to_thread.run_sync(
            self._passwords.verify, user.password_hash, password, limiter=self._hashing
        )
        if not right:
            await to_thread.run_sync(self._note_failure, user.id)
        return right

    async def _renewed(self, found: _Found, password: str) -> str | None:
        """The hash with today's parameters, where the kept one has others."""
        if found.hash is None or not self._passwords.outdated(found.hash):
            return None
        return await self.hash(password)

    def _find(self, email: str) -> _Found | None:
        with self._database.reading() as session:
            row = find_account(session, email=email)
            if row is None:
                return None
            return _Found(row.id, row.password_hash, is_locked(row, now=datetime.now(UTC)))

    def _note_failure(self, id: str) -> None:
        with self._database.transaction() as session:
            note_failure(session, id, most=self._most, lock=self._lock, now=datetime.now(UTC))

    def _note_sign_in(self, id: str, renewed: str | None) -> UserRow | None:
        with self._database.transaction() as session:
            row = note_sign_in(session, id, now=datetime.now(UTC))
            if row is not None and renewed is not None:
                row.password_hash = renewed
            return row

    def _check_address(self, address: str) -> None:
        if not self._may_try(address, self._most * _ADDRESS_TIMES):
            raise self._too_many()

    def _may_try(self, key: str, limit: int) -> bool:
        return self._failures.take(key, limit=limit, seconds=self._seconds, cost=0).allowed

    def _count(self, key: str, limit: int) -> None:
        self._failures.take(key, limit=limit, seconds=self._seconds)

    @property
    def _seconds(self) -> float:
        return self._lock.total_seconds()

    def _too_many(self) -> RequestError:
        minutes = int(self._seconds // 60)
        return RequestError(
            "Too many wrong passwords.",
            remedy=f"Try again in {minutes} minutes.",
            status=429,
            code="locked",
            retry_after=int(self._seconds),
        )
