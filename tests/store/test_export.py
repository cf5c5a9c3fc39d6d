"""One's own data, all of it, and nobody else's."""

import io
import json
import zipfile
from datetime import datetime

import made_up_rows as rows
import pytest
from test_deletion import everything

from skyform.store import Store
from skyform.store.audit import write_audit
from skyform.store.export import write_export
from skyform.store.owners import Owner
from skyform.store.tables import Base


def exported(store: Store, owner: Owner, *, now: datetime) -> dict[str, bytes]:
    out = io.BytesIO()
    write_export(store, owner, out, now=now)
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def both(store: Store, now: datetime) -> tuple[Owner, Owner]:
    with store.database.transaction() as session:
        owner, other = rows.user(session, now=now), rows.user(session, now=now, name="Edwin")
        for id in (owner.user, other.user):
            write_audit(session, action="signed-up", subject=f"user:{id}", now=now)
    everything(store, owner, now=now)
    return owner, other


def test_all_that_an_account_gave(store: Store, now: datetime, both: tuple[Owner, Owner]):
    files = exported(store, both[0], now=now)
    lists = {n.removesuffix(".json"): json.loads(b) for n, b in files.items() if n.endswith("json")}
    assert {name: len(found) for name, found in lists.items()} == {
        "audit": 1,
        "job_items": 1,
        "jobs": 1,
        "plays": 1,
        "resets": 1,
        "results": 2,
        "reviews": 1,
        "sessions": 1,
        "tokens": 1,
        "users": 1,
        "votes": 1,
    }
    assert lists["results"][0]["classification"]["text"] == "Ærø"
    assert lists["results"][0]["created_at"] == now.isoformat()
    pictures = {data for name, data in files.items() if name.startswith("pictures/")}
    assert pictures == {b"mine", b"shared by two", b"job"}
    assert all(n.endswith(".png") for n in files if n.startswith("pictures/"))


def test_no_secret_and_nobody_else(store: Store, now: datetime, both: tuple[Owner, Owner]):
    whole = b"".join(exported(store, both[0], now=now).values())
    assert b"argon2id" not in whole
    assert b"secret_hash" not in whole
    assert (both[1].user or "").encode() not in whole
    assert b"edwin" not in whole


def test_every_table_about_people_is_in_it(store: Store, now: datetime, both: tuple[Owner, Owner]):
    """A table that is added has to be exported too."""
    about = {
        name
        for name, table in Base.metadata.tables.items()
        if {"user_id", "session_id", "curator_id", "actor"} & set(table.columns.keys())
    }
    names = {n.removesuffix(".json") for n in exported(store, both[0], now=now)}
    assert about <= names


def test_a_visitor_without_an_account(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now)
        rows.result(session, store, owner, now=now, picture=b"mine")
    files = exported(store, owner, now=now)
    assert len(json.loads(files["results.json"])) == 1
    assert len(json.loads(files["sessions.json"])) == 1
    assert "users.json" not in files
    assert exported(store, Owner(), now=now)["results.json"] == b"[\n]\n"


def test_a_picture_that_is_gone_meanwhile(store: Store, now: datetime):
    with store.database.transaction() as session:
        owner = rows.visitor(session, now=now)
        rows.result(session, store, owner, now=now, picture=b"mine")
    for key in list(store.objects.keys("pictures")):
        store.objects.delete(key)
    assert not [n for n in exported(store, owner, now=now) if n.startswith("pictures/")]
