"""What a session of the database sees, and what its errors say."""

from datetime import datetime

import made_up_rows as rows
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from skyform.store import Store, UserRow


def test_who_reads_sees_one_state(store: Store, now: datetime):
    count = select(func.count()).select_from(UserRow)
    with store.database.reading() as session:
        assert session.scalar(count) == 0
        with store.database.transaction() as other:
            rows.user(other, now=now)
        assert session.scalar(count) == 0
    with store.database.reading() as session:
        assert session.scalar(count) == 1


def test_errors_name_no_values(store: Store, now: datetime):
    with store.database.transaction() as session:
        rows.user(session, now=now)
        row = session.scalars(select(UserRow)).one()
        again = {c.key: getattr(row, c.key) for c in UserRow.__table__.columns}
    twice = insert(UserRow).values(again | {"email": "somebody@example.org"})
    with store.database.transaction() as session, pytest.raises(IntegrityError) as caught:
        session.execute(twice)
    assert "somebody@example.org" not in str(caught.value)
