"""Long lists a page at a time, by keyset: a page begins behind the last row of the one before, whatever was added or deleted since."""

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, TypeDecorator, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from skyform.errors import CursorError

__all__ = ["Page", "page_of"]

Row = TypeVar("Row")

_LARGEST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list: `next` is the cursor of the page behind them (None on the last one), `total` the length of the whole list."""

    items: list[Row]
    next: str | None
    total: int


def page_of(
    session: Session,
    rows: Select[Row],
    *,
    by: Sequence[InstrumentedAttribute[Any]],
    cursor: str | None,
    limit: int,
) -> Page[Row]:
    """One page of a list, the largest first.

    Parameters
    ----------
    rows : select
        The whole list: `select(Table).where(…)`, without an order.
    by : sequence of columns of that table
        What the list is ordered by; the last one must make every row differ, such as `(ResultRow.created_at, ResultRow.id)`. None may
        be null.
    cursor : str or None
        `next` of the page before.
    limit : int
        Most rows of the page.

    Raises
    ------
    CursorError
        If the cursor does not come from a list with this order.
    """
    total = session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    ordered = rows.order_by(*(column.desc() for column in by))
    if cursor is not None:
        last = _decoded(cursor, by)
        behind = tuple_(*(literal(v, c.type) for v, c in zip(last, by, strict=True)))
        ordered = ordered.where(tuple_(*by) < behind)
    found = list(session.scalars(ordered.limit(limit + 1)))
    items = found[:limit]
    more = len(found) > limit
    return Page(items, _encoded(items[-1], by) if more else None, total)


def _encoded(row: Any, by: Sequence[InstrumentedAttribute[Any]]) -> str:
    values = [getattr(row, column.key) for column in by]
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decoded(cursor: str, by: Sequence[InstrumentedAttribute[Any]]) -> list[Any]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(values, list):
            raise TypeError
        return [_value(v, _python_type(c)) for v, c in zip(values, by, strict=True)]
    except (binascii.Error, ValueError, TypeError, RecursionError, OverflowError):
        raise CursorError(
            f"The cursor {cursor[:80]!r} does not come from this list.",
            remedy="Give `next` of the page before, or no cursor for the first page.",
        ) from None


def _python_type(column: InstrumentedAttribute[Any]) -> type[Any]:
    type = column.type
    return (type.impl_instance if isinstance(type, TypeDecorator) else type).python_type


def _value(value: Any, type: type[Any]) -> Any:
    """One value of a cursor, which anybody may have written."""
    if type is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        moment.utctimetuple()  # refuses what leaves the calendar on its way to UTC
        if moment.tzinfo is not None:
            return moment
    elif type is str and isinstance(value, str) and value.isprintable():
        return value
    elif type is float and isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    elif type is int and isinstance(value, int) and abs(value) <= _LARGEST_INTEGER:
        return value
    raise ValueError(value)
