"""The database: SQLite in a file (the default), or PostgreSQL by address."""

import threading
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session, sessionmaker

from skyform.errors import MissingExtraError, StoreError

__all__ = ["Database"]

_BUSY_SECONDS = 30
# Beyond the five that are kept open: a server has forty threads, and each may be in a transaction while its picture goes to storage.
_MORE_CONNECTIONS = 40


class Database:
    """A database and its sessions.

    Parameters
    ----------
    url : str
        SQLAlchemy's address, such as `sqlite:////var/lib/skyform/skyform.db` or `postgresql+psycopg://user@host/name`.

    Raises
    ------
    StoreError
        If the address is none of a database that Skyform works with.
    MissingExtraError
        If its driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        options: dict[str, Any] = {"postgresql_readonly": True, "reading": True}
        if self.engine.dialect.name == "postgresql":
            # Or else each question would see a state of its own.
            options["isolation_level"] = "REPEATABLE READ"
        reading = self.engine.execution_options(**options)
        self._reading = sessionmaker(reading, expire_on_commit=False, autoflush=False)
        # SQLite lets one write at a time, and those who wait look again only now and then; in one process they queue up here.
        self._turn: AbstractContextManager[Any] = (
            threading.RLock() if self.engine.dialect.name == "sqlite" else nullcontext()
        )

    @contextmanager
    def transaction(self) -> Generator[Session]:
        """A session that is committed at the end, or rolled back where an error leaves it."""
        with self._turn, self._sessions() as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Generator[Session]:
        """A session that sees one state of the database and waits for no writer. What is written in it is lost (an error on PostgreSQL)."""
        with self._reading() as session:
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        name = parsed.get_backend_name()
        # Without a file every thread would have a database of its own.
        if name == "sqlite" and parsed.database not in (None, "", ":memory:"):
            return _sqlite_engine(url)
        # Errors name no parameters (`hide_parameters`): addresses and hashes do not belong into logs.
        if name == "postgresql":
            return create_engine(
                url, pool_pre_ping=True, max_overflow=_MORE_CONNECTIONS, hide_parameters=True
            )
    except (ArgumentError, NoSuchModuleError) as error:
        raise _unknown(url) from error
    except ImportError as error:
        raise MissingExtraError(
            f"The database's driver is not installed: {error}.",
            remedy="pip install 'skyform[postgres]', and begin the address with postgresql+psycopg://.",
        ) from error
    raise _unknown(url)


def _unknown(url: str) -> StoreError:
    # Only how it begins: the rest may hold a password.
    return StoreError(
        f"The database's address begins with {url.partition(':')[0]!r}.",
        remedy="Use sqlite:////path/to/skyform.db or postgresql+psycopg://user@host/name.",
    )


def _sqlite_engine(url: str) -> Engine:
    connect = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(
        url, connect_args=connect, max_overflow=_MORE_CONNECTIONS, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    # Python's driver would begin transactions by itself, and only before the first change; see `_begin_sqlite`.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Readers do not wait for the writer; what was committed survives a killed process.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Who may write takes the lock at once: one who read first and then wants to write is refused instead of kept waiting.
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
