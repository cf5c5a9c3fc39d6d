"""Look after the accounts of the site.

  skyform users list                   who has an account, the newest first
  skyform users role EMAIL ROLE        make somebody member, curator or admin; the first admin is made so
  skyform users unlock EMAIL           let somebody in again who typed too many wrong passwords
  skyform users password EMAIL         set a password, which is asked for (or read from a pipe), and end all sessions
  skyform users delete EMAIL           delete an account with everything that it gave; --yes does not ask

The accounts are where `skyform serve` has them: --data and --database, or the same settings in the environment.
"""

import getpass
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from skyform.cli.console import Exit, say
from skyform.errors import AccountError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from skyform.server import Settings
    from skyform.store import Store, UserRow

__all__ = ["arguments", "run"]

_ACTIONS = ("list", "role", "unlock", "password", "delete")
_PLACES = ("data", "database", "objects")
_PAGE = 200


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    from skyform.server import Settings

    parser.add_argument("action", choices=_ACTIONS, help="what to do")
    parser.add_argument("email", nargs="?", metavar="EMAIL", help="whose account")
    parser.add_argument("role", nargs="?", metavar="ROLE", help="member, curator or admin")
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    helps = {f.name: f.metadata["help"] for f in fields(Settings)}
    for name in _PLACES:
        parser.add_argument(f"--{name}", metavar=name.upper(), help=helps[name])


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    if (options.action == "list") != (options.email is None):
        parser.error(f"{options.action} {'needs' if options.email is None else 'takes no'} EMAIL")
    if (options.action == "role") != (options.role is not None):
        parser.error(f"{options.action} {'needs' if options.role is None else 'takes no'} ROLE")
    from skyform.server import Settings
    from skyform.server.service import opened_store

    given = {name: getattr(options, name) for name in _PLACES if getattr(options, name)}
    settings = replace(Settings.from_env(), **given)
    store = opened_store(settings)
    try:
        store.prepare()
        return _RUN[options.action](store, options, settings)
    finally:
        store.close()


def _list(store: "Store", options: Namespace, settings: "Settings") -> Exit:
    from skyform.store.accounts import is_locked, list_accounts

    cursor = None
    while True:
        with store.database.reading() as session:
            page = list_accounts(session, cursor=cursor, limit=_PAGE)
        for row in page.items:
            locked = "  locked" if is_locked(row, now=datetime.now(UTC)) else ""
            sys.stdout.write(f"{row.email:<40}  {row.role:<8}  {row.created_at:%Y-%m-%d}{locked}\n")
        cursor = page.next
        if cursor is None:
            count = "1 account" if page.total == 1 else f"{page.total} accounts"
            say(count if page.total else "There are no accounts yet.")
            return Exit.OK


def _role(store: "Store", options: Namespace, settings: "Settings") -> Exit:
    from skyform.store.accounts import set_role

    with store.database.transaction() as session:
        row = _account(session, options.email)
        set_role(session, row, options.role, now=datetime.now(UTC))
    say(f"{row.email} is {row.role} now.")
    return Exit.OK


def _unlock(store: "Store", options: Namespace, settings: "Settings") -> Exit:
    from skyform.store.accounts import unlock_account

    with store.database.transaction() as session:
        row = _account(session, options.email)
        unlock_account(session, row, now=datetime.now(UTC))
    say(f"{row.email} can sign in.")
    return Exit.OK


def _password(store: "Store", options: Namespace, settings: "Settings") -> Exit:
    from skyform.store.accounts import set_password
    from skyform.store.passwords import Passwords, check_password

    with store.database.reading() as session:
        email = _account(session, options.email).email
    password = _asked("New password: ")
    check_password(password, email=email)
    hashing = Passwords(memory=settings.password_memory, rounds=settings.password_rounds)
    hash = hashing.hash(password)
    with store.database.transaction() as session:
        row = _account(session, email)
        set_password(session, row, password_hash=hash, now=datetime.now(UTC))
    say(f"{email} signs in with the new password.")
    return Exit.OK


def _delete(store: "Store", options: Namespace, settings: "Settings") -> Exit:
    from skyform.store.accounts import erase_account, keep_an_admin

    with store.database.transaction() as session:
        row = _account(session, options.email)
        keep_an_admin(session, row)
    if not options.yes:
        say(f"This deletes {row.email} with all results, pictures, jobs and votes.")
        if _answered("Type the address to go on: ") != row.email:
            say("Nothing was deleted.")
            return Exit.FAILED
    deleted = erase_account(store, user_id=row.id, now=datetime.now(UTC))
    say(f"{row.email} is gone, with {deleted.results} results and {deleted.jobs} jobs.")
    return Exit.OK


def _account(session: "Session", email: str) -> "UserRow":
    from skyform.store.accounts import find_account

    row = find_account(session, email=email)
    if row is None:
        raise AccountError(
            f"There is no account {email!r}.", remedy="`skyform users list` shows all."
        )
    return row


def _asked(prompt: str) -> str:
    """A password: typed twice without being shown, or the first line of a pipe; never an argument, which others on the machine see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(prompt)
    if getpass.getpass("Once more: ") != password:
        raise AccountError("The two passwords differ.", remedy="Try again.")
    return password


def _answered(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower()


_RUN = {
    "list": _list,
    "role": _role,
    "unlock": _unlock,
    "password": _password,
    "delete": _delete,
}
