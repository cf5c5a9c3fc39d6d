"""The columns of a run's table: what each is called, what it holds, its unit and its UCD, on every Arrow field.

Names are made of letters, digits and underscores, so that SQL, ADQL and TOPCAT take them without quotes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa

from skyform.batch.sources.values import carried
from skyform.inference.tables import Column, plain_text

__all__ = ["Schema", "catalogue_fields", "catalogue_values", "column_name", "field"]

Schema = Literal["friendly", "full"]

_TYPES = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64()}


def field(
    name: str,
    type: pa.DataType,
    *,
    description: str,
    ucd: str = "",
    unit: str = "",
    origin: str = "",
) -> pa.Field:
    """An Arrow field that says what it holds. It may always be null."""
    words = {"description": description, "ucd": ucd, "unit": unit, "origin": origin}
    return pa.field(name, type, metadata={k: v for k, v in words.items() if v})


def column_name(*parts: str) -> str:
    """Ids joined to one name that needs no quotes anywhere."""
    return re.sub(r"[^A-Za-z0-9_]", "_", "_".join(parts))


def catalogue_fields(columns: Sequence[Column], *, taken: Iterable[str]) -> tuple[pa.Field, ...]:
    """The fields of the catalogue's columns, under names that no other column has; capitals do not count.

    Parameters
    ----------
    columns : sequence of Column
        As the source tells them.
    taken : iterable of str
        Names of the table's other columns.
    """
    used = {name.lower() for name in taken}
    out: list[pa.Field] = []
    for column in columns:
        name = column_name(column.name)
        while name.lower() in used:
            name = f"catalogue_{name}"
        used.add(name.lower())
        said = plain_text(column.description or f"{column.name}, from the catalogue")
        type = _TYPES[column.type]
        words = {"description": said, "ucd": column.ucd, "unit": column.unit}
        # By this word, search tells a catalogue's numbers from the network's.
        out.append(field(name, type, origin="catalogue", **words))
    return tuple(out)


def catalogue_values(column: Column, extras: Sequence[Mapping[str, Any]]) -> pa.Array:
    """One column of the catalogue; null where the catalogue has no value, or none of the column's type."""
    values = [carried(extra.get(column.name), column.type) for extra in extras]
    if column.type == "text":
        values = [None if v is None else plain_text(str(v)) for v in values]
    if column.type == "integer":
        values = [v if isinstance(v, int) and -(2**63) <= v < 2**63 else None for v in values]
    return pa.array(values, _TYPES[column.type])
