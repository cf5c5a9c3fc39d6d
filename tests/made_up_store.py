"""Real servers for tests of the store: PostgreSQL and S3, on this machine, for as long as the tests run."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from tempfile import mkdtemp
from unittest import mock
from uuid import uuid4

from sqlalchemy import create_engine, make_url, text

BUCKET = "skyform-tests"

# What `aws configure` would ask for.
_AWS = {
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@cache
def postgres_server() -> str:
    """SQLAlchemy's address of a PostgreSQL server: one for all tests of this process, gone with it."""
    with warnings.catch_warnings():
        # When it is imported it looks for a place for its lock, and warns where the system names none.
        warnings.simplefilter("ignore")
        import pgserver

    # Not in pytest's own folder, which another pytest may clear away.
    server = pgserver.get_server(mkdtemp(prefix="skyform-postgres-"), cleanup_mode="delete")
    address = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    _execute(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    return address


@contextmanager
def empty_database(server: str) -> Iterator[str]:
    """The address of a database of its own, which is gone in the end."""
    name = f"made_up_{uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a folder on an S3 server; the environment leads every client there meanwhile."""
    with mock.patch.dict(os.environ, {**_AWS, "AWS_ENDPOINT_URL": _moto()}):
        import s3fs

        s3fs.S3FileSystem().makedirs(BUCKET, exist_ok=True)
        yield f"s3://{BUCKET}/made-up"


@cache
def _moto() -> str:
    """One server for all tests of this process: clients are kept, and know their server's address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}"


def _execute(address: str, *statements: str) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
