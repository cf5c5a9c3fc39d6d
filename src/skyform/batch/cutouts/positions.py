"""A catalogue as rows: where each object is, how large, and what it is called."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.batch.cutouts.columns import (
    PIXELS_FROM_ONE,
    PlaceColumns,
    choose_columns,
)
from skyform.batch.items import Part
from skyform.batch.sources.angles import declination, factor, right_ascension
from skyform.batch.sources.files import Files
from skyform.batch.sources.options import SourceOptions
from skyform.batch.sources.pieces import Located, numbered, stamp
from skyform.batch.sources.roles import Roles, roles_of
from skyform.batch.sources.tables import Row, Table, unit_of
from skyform.batch.sources.values import carried
from skyform.inference.tables import Column

__all__ = ["Positions", "Rows"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a catalogue, one element each.

    Attributes
    ----------
    numbers : tuple of int
        Their numbers in the catalogue, from 0.
    ids : tuple of str
        Their names.
    a, b : array, shape (rows,)
        Right ascension (0 to 360) and declination in degrees, or x and y in pixels from 0; NaN where the catalogue has no such number.
    sizes : array, shape (rows,)
        The size column, in arcsec where it states a unit; NaN where there is none.
    extras : tuple of dict
        The columns that are carried into the table.
    """

    numbers: tuple[int, ...]
    ids: tuple[str, ...]
    a: Float[ndarray, " rows"]
    b: Float[ndarray, " rows"]
    sizes: Float[ndarray, " rows"]
    extras: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Positions:
    """A table of positions, read some rows at a time by whichever process needs them.

    Parameters
    ----------
    file : Located
        The table's file.
    files : Files
        What reads it.
    table : Table
        Its rows.
    columns : PlaceColumns
        The columns of position and size.
    roles : Roles
        The columns of ids, and those that are carried.
    from_one : bool
        Whether pixel positions count the first pixel as 1 rather than 0.
    """

    file: Located
    files: Files
    table: Table
    columns: PlaceColumns
    roles: Roles
    from_one: bool = False

    @classmethod
    def of(
        cls,
        table: Table,
        *,
        file: Located,
        files: Files,
        options: SourceOptions,
        columns: PlaceColumns,
        from_one: bool | None = None,
    ) -> "Positions":
        """The positions in a table, its columns found by name where they are not given.

        Parameters
        ----------
        from_one : bool, optional
            As above; None for 1 in SExtractor's own columns, and 0 in all others.

        Raises
        ------
        DataError
            If a column is not there, or there are no positions.
        """
        chosen = choose_columns(table.columns, given=columns, catalogue=file.path)
        roles = roles_of(table.columns, options, where=file.path, path="")
        if from_one is None:
            from_one = chosen.x.lower() in PIXELS_FROM_ONE
        return cls(file, files, table, chosen, roles, from_one)

    @property
    def total(self) -> int | None:
        """How many rows there are, where the table knows."""
        return self.table.rows

    @property
    def kept(self) -> tuple[Column, ...]:
        """The columns that are carried."""
        return self.roles.keep

    @property
    def identity(self) -> Any:
        """What changes when the catalogue does, or what is read of it: name, size and time, and the columns."""
        return [*stamp([self.file], self.files), self._names, self.columns.pair, self.from_one]

    def parts(self, size: int) -> Iterator[Part]:
        """Parts of at most `size` rows."""
        return numbered(self.table.pieces(size), size=size)

    def rows(self, part: Part) -> Rows:
        """The rows of a part."""
        rows = list(self.table.read(part.payload, self._names))
        place, other = self.columns.pair
        if self.columns.on_sky:
            a, b = (
                self._angles(rows, place, right_ascension),
                self._angles(rows, other, declination),
            )
        else:
            a, b = (_numbers(rows, c) - float(self.from_one) for c in (place, other))
        return Rows(
            tuple(r.number for r in rows),
            tuple(self._id(r) for r in rows),
            a,
            b,
            self._sizes(rows),
            tuple(self.roles.extra_of(r.values or {}) for r in rows),
        )

    @property
    def _names(self) -> tuple[str, ...]:
        keep = (c.name for c in self.roles.keep)
        return tuple(dict.fromkeys(n for n in (*self.columns.names, self.roles.id, *keep) if n))

    def _id(self, row: Row) -> str:
        return self.roles.id_of(row.values or {}, otherwise=f"{self.file.name}#{row.number}")

    def _angles(
        self, rows: Sequence[Row], name: str, read: Callable[..., float | None]
    ) -> Float[ndarray, " rows"]:
        """In degrees; NaN for what cannot be read."""
        unit = unit_of(self.table.columns, name)
        found = (read((r.values or {}).get(name), unit=unit) for r in rows)
        return np.array([math.nan if v is None else v for v in found], dtype=np.float64)

    def _sizes(self, rows: Sequence[Row]) -> Float[ndarray, " rows"]:
        name = self.columns.size
        if not name:
            return np.full(len(rows), np.nan)
        values = _numbers(rows, name) * factor(unit_of(self.table.columns, name), to="arcsec")
        return np.where(values > 0, values, np.nan)


def _numbers(rows: Sequence[Row], name: str) -> Float[ndarray, " rows"]:
    found = (carried((r.values or {}).get(name), "number") for r in rows)
    return np.array([math.nan if v is None else float(v) for v in found], dtype=np.float64)
