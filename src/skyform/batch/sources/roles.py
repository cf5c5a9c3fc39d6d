"""Which column of a table is the picture, the id, the position, and which are carried along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from skyform.batch.sources.angles import declination, right_ascension
from skyform.batch.sources.options import SourceOptions
from skyform.batch.sources.tables import unit_of
from skyform.batch.sources.values import carried, guess, is_missing, plain
from skyform.errors import DataError
from skyform.inference.tables import Column

__all__ = ["Roles", "SkyPlace", "roles_of"]

_EVERYTHING = "*"
_SHOWN = 20


class SkyPlace(TypedDict):
    """What an item says of its position: degrees, ICRS, both or neither; and whether there is one that cannot be read."""

    ra: float | None
    dec: float | None
    misplaced: bool


@dataclass(frozen=True, slots=True)
class Roles:
    """Names of columns by what they are for, empty where there is none; `keep` are carried into the results.

    `units` are those that the table states for right ascension and declination.
    """

    path: str = ""
    id: str = ""
    ra: str = ""
    dec: str = ""
    keep: tuple[Column, ...] = ()
    units: tuple[str, str] = ("", "")

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, each once."""
        every = (self.path, self.id, self.ra, self.dec, *(c.name for c in self.keep))
        return tuple(dict.fromkeys(n for n in every if n))

    def path_of(self, values: Mapping[str, Any]) -> str:
        """The path or address in a row; empty where there is none."""
        return _text(values.get(self.path))

    def id_of(self, values: Mapping[str, Any], *, otherwise: str) -> str:
        """The row's id, or the one given where the table has none for it."""
        return (_text(values.get(self.id)).strip() if self.id else "") or otherwise

    def place_of(self, values: Mapping[str, Any]) -> SkyPlace:
        """The position: half of one is none."""
        ra = right_ascension(values.get(self.ra), unit=self.units[0])
        dec = declination(values.get(self.dec), unit=self.units[1])
        if ra is not None and dec is not None:
            return {"ra": ra, "dec": dec, "misplaced": False}
        given = any(_text(values.get(name)) for name in (self.ra, self.dec))
        return {"ra": None, "dec": None, "misplaced": given}

    def extra_of(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What is carried, as the types of its columns."""
        return {c.name: carried(values.get(c.name), c.type) for c in self.keep}


def roles_of(
    columns: Sequence[Column], options: SourceOptions, *, where: str, path: str | None = None
) -> Roles:
    """The columns that `options` name, and those that their names give away where it names none.

    Parameters
    ----------
    columns : sequence of Column
        What the table has.
    options : SourceOptions
    where : str
        What errors call the table.
    path : str, optional
        The column of pictures where it is known already; None to look for one of paths.

    Raises
    ------
    DataError
        If a column that was named is not there, or the ids are floating-point numbers.
    """
    types = {c.name: c.type for c in columns}
    _check_named(options, types, where=where)
    if path is None:
        path = options.path_column or guess("path", [n for n, t in types.items() if t == "text"])
    id = options.id_column
    if id is None:
        id = guess("id", [n for n, t in types.items() if t != "number" and n != path])
    ra, dec = _position(options, types)
    keep = _kept(columns, options.keep, used=(path, id, ra, dec))
    return Roles(path, id, ra, dec, keep, (unit_of(columns, ra), unit_of(columns, dec)))


def _position(options: SourceOptions, types: Mapping[str, str]) -> tuple[str, str]:
    """Columns of numbers, or else of text such as 12:34:56.7; both empty where there is none."""
    for allowed in (("integer", "number"), ("integer", "number", "text")):
        names = [n for n, t in types.items() if t in allowed]
        ra = options.ra_column or guess("ra", names)
        dec = options.dec_column or guess("dec", names)
        if ra and dec:
            return ra, dec
    return "", ""


def _check_named(options: SourceOptions, types: Mapping[str, str], *, where: str) -> None:
    named = {
        "path-column": options.path_column,
        "id-column": options.id_column,
        "ra-column": options.ra_column,
        "dec-column": options.dec_column,
    }
    wanted = [(o, n) for o, n in named.items() if n]
    wanted += [("keep", n) for n in options.keep if n != _EVERYTHING]
    for option, name in wanted:
        if name not in types:
            some = ", ".join(list(types)[:_SHOWN]) + (", …" if len(types) > _SHOWN else "")
            raise DataError(
                f"{where} has no column {name!r}, which --{option} names.",
                remedy=f"It has {some or 'no columns'}.",
            )
    if options.id_column and types[options.id_column] == "number":
        raise DataError(
            f"{options.id_column} of {where} holds floating-point numbers, which drop the last digits of long ids.",
            remedy="Name another column with --id-column, or leave it out.",
        )


def _kept(
    columns: Sequence[Column], keep: Sequence[str], *, used: Sequence[str]
) -> tuple[Column, ...]:
    every = _EVERYTHING in keep
    return tuple(c for c in columns if c.name in keep or (every and c.name not in used))


def _text(value: Any) -> str:
    found = plain(value)
    text = "" if found is None else str(found)
    return "" if is_missing(text) else text
