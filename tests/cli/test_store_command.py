"""`skyform store` on an embedded store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skyform.cli import parser_of
from skyform.cli import store as command
from skyform.cli.console import Exit
from skyform.errors import StoreError
from skyform.store import SessionRow, Store
from skyform.store.migrating import newest

Capture = pytest.CaptureFixture[str]


def ran(*words: object) -> int:
    """What the command gives; errors are raised."""
    parser = parser_of("store")
    return command.run(parser.parse_intermixed_args([str(w) for w in words]), parser)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SKYFORM_DATA", "SKYFORM_DATABASE", "SKYFORM_OBJECTS"):
        monkeypatch.delenv(name, raising=False)


def test_from_nothing_to_a_backup_and_back(tmp_path: Path, capsys: Capture):
    here = ("--data", tmp_path / "a")
    assert ran("info", *here) == Exit.OK
    assert "There is no database" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
    for said in ("The tables are those of this version now", "There was nothing to do"):
        assert ran("migrate", *here) == Exit.OK
        assert said in capsys.readouterr().err
    backup = tmp_path / "a.zip"
    assert ran("backup", backup, *here) == Exit.OK
    assert ran("restore", backup, "--data", tmp_path / "b") == Exit.OK
    assert "the database and 0 pictures, as they were at 20" in capsys.readouterr().err
    assert (tmp_path / "b" / "skyform.db").is_file()
    with pytest.raises(StoreError, match="already"):
        ran("restore", backup, *here)


def test_what_is_past_its_time(tmp_path: Path, capsys: Capture):
    store = Store(database=f"sqlite:///{tmp_path}/skyform.db", objects=str(tmp_path / "objects"))
    store.prepare()
    old = datetime.now(UTC) - timedelta(days=1)
    row = SessionRow(
        id="0" * 32, secret_hash="0", user_id=None, created_at=old, last_seen_at=old, expires_at=old
    )
    with store.database.transaction() as session:
        session.add(row)
    store.close()
    assert ran("info", "--data", tmp_path) == Exit.OK
    told = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert told["image bytes"].strip() == "0"
    assert told["revision"].strip() == f"{newest()} (this version's is {newest()})"
    assert told["database"].endswith("skyform.db")
    assert ran("retention", "--data", tmp_path) == Exit.OK
    assert "0 jobs, 1 sessions" in capsys.readouterr().err


def test_the_environment_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SKYFORM_DATA", str(tmp_path / "there"))
    assert ran("migrate") == Exit.OK
    assert (tmp_path / "there" / "skyform.db").is_file()


@pytest.mark.parametrize("words", [("backup",), ("restore",), ("info", "a.zip"), ("shred",)])
def test_what_cannot_be_meant(words: tuple[str, ...]):
    with pytest.raises(SystemExit):
        ran(*words)
