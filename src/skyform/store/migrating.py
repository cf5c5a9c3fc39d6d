"""Bringing a database to the tables of this version: the steps in `migrations/`, run by Alembic, in one transaction."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Engine, create_engine, text

from skyform.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import Script

__all__ = ["draft", "migrate", "newest", "revision_of"]

_FOLDER = Path(__file__).with_name("migrations")
_VERSIONS = _FOLDER / "versions"
# Any number will do, as long as every Skyform takes the same.
_ADVISORY_LOCK = 0x536B79666F726D


def migrate(engine: Engine, *, also: str | os.PathLike[str] | None = None) -> bool:
    """Make the tables, or bring them up to this version.

    Several processes may start at once: one does it, the others wait and find it done.

    Parameters
    ----------
    also : path, optional
        A folder of further steps.

    Returns
    -------
    bool
        Whether there was anything to do.

    Raises
    ------
    StoreError
        If the database is of a newer version than this one.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    with _alone(engine) as connection:
        config = _config(connection, also=also)
        scripts = ScriptDirectory.from_config(config)
        before, goal = revision_of(connection), scripts.get_current_head()
        if before is not None and before not in {s.revision for s in scripts.walk_revisions()}:
            raise StoreError(
                f"The database is at revision {before!r}, which this version of Skyform does not know (its newest is {goal!r}).",
                remedy="Install the version that wrote it, or a newer one.",
            )
        if before != goal:
            command.upgrade(config, "head")
    return before != goal


def newest() -> str:
    """The revision of this version's tables."""
    from alembic.script import ScriptDirectory

    return (
        ScriptDirectory(str(_FOLDER), version_locations=[str(_VERSIONS)]).get_current_head() or ""
    )


def revision_of(connection: Connection) -> str | None:
    """The revision that a database is at; None for an empty one."""
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def draft(message: str, *, folder: str | os.PathLike[str] | None = None) -> Path:
    """Write the next step, from what differs between `tables.py` and the steps so far. For those who change the tables.

    Parameters
    ----------
    message : str
        What changes, in a few words.
    folder : path, optional
        Where the step goes; by default beside the others.

    Returns
    -------
    Path
        The new file, to be read and put right by hand.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        config = _config(connection, also=folder)
        command.upgrade(config, "head")
        before = len(list(ScriptDirectory.from_config(config).walk_revisions()))
        made = command.revision(
            config,
            message,
            autogenerate=True,
            rev_id=f"{before + 1:04}",
            version_path=os.fspath(folder or _VERSIONS),
        )
    engine.dispose()
    path = Path(cast("Script", made).path)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(x for x in lines if "# ###" not in x).rstrip() + "\n", "utf-8")
    return path


def _config(connection: Connection, *, also: str | os.PathLike[str] | None) -> "Config":
    from alembic.config import Config

    folders = {_VERSIONS: None} if also is None else {_VERSIONS: None, Path(also): None}
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations", "\n".join(str(f).replace("%", "%%") for f in folders)
    )
    config.set_main_option("file_template", "r%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(engine: Engine) -> Generator[Connection]:
    """A transaction that no other process has at the same time."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
            yield connection
        return
    with engine.connect() as connection:
        # A table that is made anew would take along what points at it. The switch does nothing inside a transaction.
        driver = cast(Any, connection.connection.driver_connection)
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            # Takes the write lock at once: see `Database`.
            with connection.begin():
                yield connection
                _check_references(connection)
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StoreError(
            f"Rows of the table {broken[0]!r} point at rows of {broken[2]!r} that are not there.",
            remedy="Nothing was changed. Restore a backup, or report it with the version that the database came from.",
        )
