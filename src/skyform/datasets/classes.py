"""From a column of labels, as people write them, to classes: names, numbers, numbers with names beside them."""

import difflib
from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from skyform.datasets.pictures import first_five
from skyform.errors import DataError
from skyform.schema import TAXONOMIES, ClassName, Scheme

__all__ = ["classes_of", "galaxy10_hint", "relabelled", "split_name"]

_SPLITS: Mapping[str, str] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
_GALAXY10 = ("galaxy10_sdss", "galaxy10_decals")


def split_name(name: str) -> str:
    """A split's name in our words (`train`, `validation`, `test`); empty if it is none that we know."""
    return _SPLITS.get(name.lower(), "")


def galaxy10_hint(*names: str) -> Scheme | None:
    """The Galaxy10 scheme that a file's or data set's name speaks of."""
    for name in names:
        for id in _GALAXY10:
            if id in name.lower():
                return Scheme.of(TAXONOMIES[id])
    return None


def classes_of(
    values: Sequence[Any],
    *,
    where: str,
    name: str,
    names: Sequence[str] = (),
    hint: Scheme | None = None,
) -> tuple[Scheme, list[str]]:
    """Classes, under the scheme's `name`, and the class id of each row; empty for None, an empty text, NaN and -1.

    Text is taken as it is: if exactly the classes of a known taxonomy occur, in its order and with its names, else sorted.
    Numbers mean the classes in `names`, or in `hint`; without either each number is a class of its own.

    Raises
    ------
    DataError
        If a number has no name, numbers are not whole, or there is no label at all.
    """
    plain = [_plain(v, where) for v in values]
    given = {v for v in plain if v is not None}
    if not given:
        raise DataError(
            f"{where} holds no labels.", remedy="Choose another column with label (--label)."
        )
    numbers = sorted(v for v in given if isinstance(v, int))
    if len(numbers) == len(given):
        scheme = _numbered(numbers, name, names, hint)
        by_number: dict[Any, str] = {c.number: c.id for c in scheme.classes}
        wrong = sorted(set(numbers) - set(by_number))
        if wrong:
            raise DataError(
                f"{where} holds labels out of range: {first_five([str(w) for w in wrong])}; "
                f"{scheme.name} has {len(scheme)} classes, {min(by_number)} to {max(by_number)}.",
                remedy="Name all classes, or correct the labels.",
            )
        return scheme, ["" if v is None else by_number[v] for v in plain]
    texts = ["" if v is None else str(v) for v in plain]
    return _named({t for t in texts if t}, name, names), texts


def relabelled(scheme: Scheme, mapping: Mapping[str, str]) -> tuple[Scheme, dict[str, str]]:
    """The classes after a change of names, and the new id of each old one; several may become one, "" drops one.

    Classes that the mapping does not mention stay. The order is that of the old classes.

    Raises
    ------
    DataError
        If the mapping names a class that is not there, or leaves none.
    """
    for id in mapping:
        if id not in scheme.index:
            close = difflib.get_close_matches(id, scheme.ids, n=1)
            hint = (
                f"Did you mean {close[0]!r}?"
                if close
                else f"The classes are {', '.join(scheme.ids)}."
            )
            raise DataError(
                f"The label {id!r} is none of the classes of {scheme.name}.", remedy=hint
            )
    to = {c.id: mapping.get(c.id, c.id) for c in scheme.classes}
    kept = [v for v in dict.fromkeys(to.values()) if v]
    if not kept:
        raise DataError("The mapping drops every class.", remedy="Leave at least one class.")
    old = {c.id: c for c in scheme.classes}
    names = tuple(
        ClassName(i, v, old[v].name if v in old else v, old[v].description if v in old else "")
        for i, v in enumerate(kept)
    )
    if set(kept) == set(scheme.ids):
        return scheme, to
    return Scheme(scheme.id, scheme.name, names), to


def _plain(value: Any, where: str) -> int | str | None:
    """A label as a whole number or text; None where there is none."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if not value.is_integer():
            raise DataError(
                f"{where} holds {value:g}; labels are names or whole numbers.",
                remedy="Choose another column with label (--label).",
            )
        value = int(value)
    if isinstance(value, int):
        return None if value == -1 else value
    if isinstance(value, str):
        return value.strip() or None
    raise DataError(
        f"{where} holds {type(value).__name__} values; labels are names or whole numbers.",
        remedy="Choose another column with label (--label).",
    )


def _numbered(
    numbers: Sequence[Any], name: str, names: Sequence[str], hint: Scheme | None
) -> Scheme:
    if names:
        return Scheme.from_names(name, names)
    if hint is not None:
        return hint
    return Scheme(name, name, tuple(ClassName(n, str(n), str(n)) for n in numbers))


def _named(found: set[str], name: str, names: Sequence[str]) -> Scheme:
    if names and found <= set(names):
        return Scheme.from_names(name, names)
    for taxonomy in TAXONOMIES.values():
        if found == set(taxonomy.by_id):
            return Scheme.of(taxonomy)
    return Scheme.from_names(name, sorted(found))
