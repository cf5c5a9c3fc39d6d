import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skyform.cli import parser_of
from skyform.cli.users import run
from skyform.errors import AccountError
from skyform.store import Store
from skyform.store.accounts import add_account, find_account, is_locked, note_failure
from skyform.store.passwords import Passwords

EMAIL = "mira@example.org"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SKYFORM_PASSWORD_MEMORY", "8")
    monkeypatch.setenv("SKYFORM_PASSWORD_ROUNDS", "1")
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Store:
    store = Store(database=f"sqlite:///{folder / 'skyform.db'}", objects=str(folder / "objects"))
    store.prepare()
    with store.database.transaction() as session:
        add_account(session, email=EMAIL, password_hash=None, now=datetime.now(UTC))
    return store


def skyform(folder: Path, *words: str) -> int:
    parser = parser_of("users")
    return run(parser.parse_args([*words, "--data", str(folder)]), parser)


def test_an_empty_site_has_no_accounts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert skyform(folder, "list") == 0
    assert "no accounts yet" in capsys.readouterr().err


def test_the_list(folder: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert skyform(folder, "list") == 0
    said = capsys.readouterr()
    assert said.out.split()[:2] == [EMAIL, "member"]
    assert "1 account\n" in said.err


def test_the_first_administrator_is_made_here(folder: Path, store: Store) -> None:
    assert skyform(folder, "role", "MIRA@example.org", "admin") == 0
    with store.database.transaction() as session:
        row = find_account(session, email=EMAIL)
        assert row is not None
        assert row.role == "admin"
    with pytest.raises(AccountError, match="last administrator"):
        skyform(folder, "role", EMAIL, "member")
    with pytest.raises(AccountError, match="last administrator"):
        skyform(folder, "delete", EMAIL, "--yes")
    with pytest.raises(AccountError, match="no role 'king'"):
        skyform(folder, "role", EMAIL, "king")


def test_unlocking_lets_in_again(folder: Path, store: Store) -> None:
    now = datetime.now(UTC)
    with store.database.transaction() as session:
        row = find_account(session, email=EMAIL)
        assert row is not None
        note_failure(session, row.id, most=1, lock=timedelta(hours=1), now=now)
    assert skyform(folder, "unlock", EMAIL) == 0
    with store.database.transaction() as session:
        row = find_account(session, email=EMAIL)
        assert row is not None
        assert not is_locked(row, now=now)


def test_a_password_comes_from_a_pipe_and_never_from_the_line(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("several quiet words\n"))
    assert skyform(folder, "password", EMAIL) == 0
    with store.database.transaction() as session:
        row = find_account(session, email=EMAIL)
        assert row is not None
        assert Passwords(memory=8, rounds=1).verify(row.password_hash, "several quiet words")
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    with pytest.raises(AccountError, match="5 characters"):
        skyform(folder, "password", EMAIL)


def test_deleting_asks_for_the_address(
    folder: Path,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert skyform(folder, "delete", EMAIL) != 0
    assert "Nothing was deleted" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.StringIO(EMAIL + "\n"))
    assert skyform(folder, "delete", EMAIL) == 0
    with store.database.transaction() as session:
        assert find_account(session, email=EMAIL) is None
    with pytest.raises(AccountError, match=r"no account 'mira@example.org'.*users list"):
        skyform(folder, "delete", EMAIL, "--yes")


@pytest.mark.parametrize(
    "words",
    [
        ("list", EMAIL),
        ("role", EMAIL),
        ("role",),
        ("unlock",),
        ("password", EMAIL, "a-password"),
        ("burn", EMAIL),
    ],
)
def test_what_is_not_understood(folder: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        skyform(folder, *words)
    assert end.value.code == 2
