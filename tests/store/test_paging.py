"""Pages of a list: nothing twice, nothing left out, and cursors that strangers wrote."""

import base64
import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from skyform.errors import CursorError
from skyform.store import AuditRow, Store
from skyform.store.audit import list_audit, write_audit
from skyform.store.paging import Page, _decoded, page_of

ORDER = (AuditRow.at, AuditRow.id)


def audited(store: Store, moments: list[datetime]) -> None:
    with store.database.transaction() as session:
        for i, moment in enumerate(moments):
            write_audit(session, action="tried", subject=f"user:{i % 2}", now=moment)


def pages(store: Store, *, limit: int, subject: str | None = None) -> list[Page[AuditRow]]:
    found: list[Page[AuditRow]] = []
    with store.database.reading() as session:
        cursor = None
        while not found or cursor is not None:
            found.append(list_audit(session, cursor=cursor, limit=limit, subject=subject))
            cursor = found[-1].next
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_pages_make_up_the_whole_list(store: Store, now: datetime, limit: int):
    """Also where many rows have the same time, and on a page's border."""
    audited(store, [now + timedelta(microseconds=i // 3) for i in range(7)])
    found = pages(store, limit=limit)
    ids = [row.id for page in found for row in page.items]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 7
    assert {page.total for page in found} == {7}
    assert all(len(page.items) == limit for page in found[:-1])
    assert found[-1].items


def test_an_empty_list_has_one_page(store: Store):
    assert pages(store, limit=5) == [Page([], None, 0)]


def test_a_list_of_one_subject(store: Store, now: datetime):
    audited(store, [now] * 5)
    found = pages(store, limit=2, subject="user:0")
    assert [len(page.items) for page in found] == [2, 1]
    assert found[0].total == 3


def test_what_comes_in_between_moves_nothing(store: Store, now: datetime):
    audited(store, [now] * 4)
    with store.database.reading() as session:
        first = list_audit(session, cursor=None, limit=2)
    with store.database.transaction() as session:
        session.delete(session.get_one(AuditRow, first.items[-1].id))
    audited(store, [now + timedelta(days=1)])
    with store.database.reading() as session:
        second = list_audit(session, cursor=first.next, limit=2)
    assert [row.id for row in first.items + second.items] == [4, 3, 2, 1]


def written(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "ü",
        "!!!!",
        written([]),
        written({"at": 1}),
        written(["2024-05-06T07:08:09+00:00"]),
        written(["2024-05-06T07:08:09", 1]),
        written(["0001-01-01T00:00:00+23:00", 1]),
        written(["yesterday", 1]),
        written(["2024-05-06T07:08:09+00:00", "1"]),
        written(["2024-05-06T07:08:09+00:00", 2**70]),
        written(["2024-05-06T07:08:09+00:00", None]),
        written(["2024-05-06T07:08:09+00:00", 1, 2]),
        "W1tb" * 2000,
    ],
)
def test_cursors_from_elsewhere_are_refused(store: Store, cursor: str):
    with store.database.reading() as session, pytest.raises(CursorError, match="does not come"):
        page_of(session, select(AuditRow), by=ORDER, cursor=cursor, limit=5)


@given(st.text() | st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode()))
def test_any_text_is_taken_or_refused(cursor: str):
    try:
        moment, id = _decoded(cursor, ORDER)
    except CursorError:
        return
    assert isinstance(moment, datetime)
    assert isinstance(id, int)
