"""Look after what the site keeps: accounts, results, jobs, votes, pictures.

  skyform store info                where it is, and how much is in it
  skyform store migrate             make the tables, or bring them up to this version; `skyform serve` does so by itself
  skyform store backup FILE.zip     save the embedded store to one file, while the site goes on
  skyform store restore FILE.zip    bring a backup back into a store that has no database yet
  skyform store retention           delete what is past its time; `skyform serve` does so by itself

The store is where `skyform serve` has it: --data, --database and --objects, or the same settings in the environment.
"""

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from skyform.cli.console import Exit, say

if TYPE_CHECKING:
    from skyform.store import Store

__all__ = ["arguments", "run"]

_ACTIONS = ("info", "migrate", "backup", "restore", "retention")
_WITH_FILE = ("backup", "restore")
_PLACES = ("data", "database", "objects")


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    from skyform.server import Settings

    parser.add_argument("action", choices=_ACTIONS, help="what to do")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE.zip", help="the backup to write, or to restore"
    )
    helps = {f.name: f.metadata["help"] for f in fields(Settings)}
    for name in _PLACES:
        parser.add_argument(f"--{name}", metavar=name.upper(), help=helps[name])


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    if (options.action in _WITH_FILE) != (options.file is not None):
        wanted = "needs FILE.zip" if options.file is None else "takes no file"
        parser.error(f"{options.action} {wanted}")
    from skyform.server import Settings
    from skyform.server.service import opened_store

    given = {name: getattr(options, name) for name in _PLACES if getattr(options, name)}
    store = opened_store(replace(Settings.from_env(), **given))
    try:
        _RUN[options.action](store, options)
    finally:
        store.close()
    return Exit.OK


def _info(store: "Store", options: Namespace) -> None:
    from skyform.store.migrating import newest, revision_of
    from skyform.store.overview import numbers_of

    if store.file is not None and not store.file.exists():
        say(f"There is no database at {store.file} yet; `skyform serve` makes it.")
        return
    engine = store.database.engine
    with engine.connect() as connection:
        revision = revision_of(connection)
    told = {
        "database": engine.url.render_as_string(),
        "objects": store.objects.url,
        "revision": f"{revision or 'none'} (this version's is {newest()})",
    }
    if revision == newest():
        with store.database.reading() as session:
            told |= {
                k: f"{v:,}" for k, v in asdict(numbers_of(session, now=datetime.now(UTC))).items()
            }
    width = max(map(len, told))
    for name, value in told.items():
        sys.stdout.write(f"{name.replace('_', ' '):<{width}}  {value}\n")


def _migrate(store: "Store", options: Namespace) -> None:
    done = store.prepare()
    say("The tables are those of this version now." if done else "There was nothing to do.")


def _backup(store: "Store", options: Namespace) -> None:
    from skyform.store.backup import back_up

    made = back_up(store, options.file, now=datetime.now(UTC))
    say(f"{options.file}: the database and {made.pictures} pictures")


def _restore(store: "Store", options: Namespace) -> None:
    from skyform.store.backup import restore

    made = restore(store, options.file)
    say(f"Restored: the database and {made.pictures} pictures, as they were at {made.created_at}")


def _retention(store: "Store", options: Namespace) -> None:
    from skyform.store.retention import sweep

    store.prepare()
    say(f"Deleted: {sweep(store, now=datetime.now(UTC))}")


_RUN = {
    "info": _info,
    "migrate": _migrate,
    "backup": _backup,
    "restore": _restore,
    "retention": _retention,
}
