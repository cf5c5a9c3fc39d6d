"""A database becomes one of this version, whatever it was before, and however many processes start at once."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import made_up_rows as rows
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from made_up_store import empty_database
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from skyform.errors import StoreError
from skyform.store import Base, Store
from skyform.store.migrating import draft, migrate, newest, revision_of
from skyform.store.owners import Owner

STEP = '''"""A step."""

import sqlalchemy as sa
from alembic import op

revision = "made_up"
down_revision = "{newest}"


def upgrade() -> None:
    {what}
'''
WIDER = 'with op.batch_alter_table("users") as table:\n        table.alter_column("name", type_=sa.String(300))'


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/made up/a.db"
        return
    with empty_database(request.getfixturevalue("postgres")) as made:
        yield made


@pytest.fixture
def opened(address: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the store as often as one likes."""
    stores: list[Store] = []

    def make() -> Store:
        stores.append(Store(database=address, objects=str(tmp_path / "objects")))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def test_the_steps_make_the_tables_that_the_code_has(opened: Callable[[], Store]):
    store = opened()
    assert store.prepare()
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
        assert revision_of(connection) == newest()


def test_a_second_start_has_nothing_to_do(opened: Callable[[], Store]):
    assert opened().prepare()
    assert not opened().prepare()


def test_a_newer_database_is_left_alone(opened: Callable[[], Store]):
    store = opened()
    store.prepare()
    with store.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="'9999', which this version of Skyform does not know"):
        store.prepare()


def test_a_table_made_anew_takes_nothing_along(opened: Callable[[], Store], tmp_path: Path, now):
    store = opened()
    store.prepare()
    with store.database.transaction() as session:
        rows.result(session, store, rows.user(session, now=now), now=now)
    (tmp_path / "step.py").write_text(STEP.format(newest=newest(), what=WIDER), "utf-8")
    assert migrate(store.database.engine, also=tmp_path)
    with store.database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM results")) == 1
        assert session.scalar(text("SELECT count(*) FROM users")) == 1
    width = {c["name"]: c["type"] for c in inspect(store.database.engine).get_columns("users")}
    assert getattr(width["name"], "length", None) == 300


def test_a_step_that_fails_changes_nothing(opened: Callable[[], Store], tmp_path: Path, now):
    store = opened()
    store.prepare()
    with store.database.transaction() as session:
        rows.user(session, now=now)
    what = f'{WIDER}\n    op.drop_table("reviews")\n    raise RuntimeError("half way")'
    (tmp_path / "step.py").write_text(STEP.format(newest=newest(), what=what), "utf-8")
    with pytest.raises(RuntimeError, match="half way"):
        migrate(store.database.engine, also=tmp_path)
    assert not store.prepare()
    assert "reviews" in inspect(store.database.engine).get_table_names()
    # References are watched again.
    with (
        pytest.raises(IntegrityError, match=r"(?i)foreign key"),
        store.database.transaction() as session,
    ):
        rows.vote(session, Owner(user="0" * 32), subject="exhibit:1", now=now)


def test_processes_that_start_at_once(address: str, tmp_path: Path):
    code = (
        "import sys; from skyform.store import Store; "
        "s = Store(database=sys.argv[1], objects='memory://x'); print(s.prepare())"
    )
    starting = [
        subprocess.Popen([sys.executable, "-c", code, address], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0].strip() for process in starting]
    assert [process.returncode for process in starting] == [0, 0]
    assert sorted(said) == ["False", "True"]


def test_the_next_step_is_drafted_from_what_differs(tmp_path: Path):
    made = draft("nothing at all", folder=tmp_path)
    assert made.parent == tmp_path
    text = made.read_text("utf-8")
    assert f'down_revision = "{newest()}"' in text
    assert text.endswith('"""One step on."""\n    pass\n')


@pytest.mark.parametrize(
    "address", ["sqlite:////proc/nowhere/a.db", "postgresql+psycopg://nobody@127.0.0.1:1/none"]
)
def test_a_database_that_cannot_be_opened(address: str):
    store = Store(database=address, objects="memory://x")
    with pytest.raises(StoreError, match="cannot be opened"):
        store.prepare()
    store.close()


def test_a_password_is_not_told():
    store = Store(database="postgresql+psycopg://me:secret@127.0.0.1:1/none", objects="memory://x")
    with pytest.raises(StoreError) as caught:
        store.prepare()
    assert "secret" not in str(caught.value)
    store.close()


@pytest.mark.parametrize(
    "address", ["mysql://host/name", "nonsense", "oracle+none://x", "sqlite://"]
)
def test_an_address_of_another_kind(address: str):
    with pytest.raises(StoreError, match="begins with"):
        Store(database=address, objects="memory://x")
