"""Every test of the store runs twice: on SQLite with a folder, and on PostgreSQL with S3."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from made_up_store import empty_database, postgres_server, s3_server
from sqlalchemy import text

from skyform.store import Base, Store


@pytest.fixture(scope="session")
def postgres() -> str:
    """The address of a PostgreSQL server."""
    return postgres_server()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a folder on an S3 server."""
    with s3_server() as address:
        yield address


@pytest.fixture(scope="session")
def _tables(postgres: str) -> Iterator[str]:
    """A PostgreSQL database with the tables, for one test after the other."""
    with empty_database(postgres) as address:
        store = Store(database=address, objects="memory://made-up")
        store.prepare()
        store.close()
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    if request.param == "sqlite":
        made = Store(database=f"sqlite:///{tmp_path}/made-up.db", objects=str(tmp_path / "objects"))
        made.prepare()
    else:
        folder = f"{request.getfixturevalue('s3')}/{uuid4().hex}"
        made = Store(database=request.getfixturevalue("_tables"), objects=folder)
        names = ", ".join(Base.metadata.tables)
        with made.database.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    yield made
    made.close()


@pytest.fixture
def now() -> datetime:
    return datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)


@pytest.fixture
def later(now: datetime) -> datetime:
    return now + timedelta(days=40)
