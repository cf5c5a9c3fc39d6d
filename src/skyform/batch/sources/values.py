"""Values of catalogues as plain Python, and what their columns are called."""

import json
import math
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import numpy as np

__all__ = [
    "ColumnType",
    "carried",
    "guess",
    "is_missing",
    "plain",
    "type_of_texts",
]

ColumnType = Literal["text", "integer", "number"]
_MISSING = frozenset(("", "-", "--", "n/a", "na", "nan", "none", "null"))
_INTEGER = re.compile(r"^[+-]?(0|[1-9]\d*)$")
_LARGEST = 2**63

# What columns are called, the surest name first, without `_` and `-`: `file_name` and `image_url` are found too.
_GUESSES = {
    "path": (
        "path",
        "file",
        "filename",
        "image",
        "url",
        "address",
        "filepath",
        "imagepath",
        "imagefile",
        "imageurl",
        "imagefilename",
        "fileloc",
        "location",
        "accessurl",
    ),
    "id": (
        "imageid",
        "id",
        "idstr",
        "objid",
        "objectid",
        "sourceid",
        "galaxyid",
        "iauname",
        "designation",
        "dr7objid",
        "dr8objid",
    ),
    "ra": ("ra", "radeg", "ramean", "raj2000", "rajdeg", "raicrs", "alphaj2000", "rightascension"),
    "dec": ("dec", "decdeg", "decmean", "dej2000", "decj2000", "deicrs", "decicrs", "deltaj2000", "declination", "de"),
}  # fmt: skip


def guess(what: Literal["path", "id", "ra", "dec"], names: Iterable[str]) -> str:
    """The column that by its name is what is sought, case, `_` and `-` aside; empty if there is none."""
    plain_names = {re.sub(r"[_\-\s.]", "", n.lower()): n for n in reversed(list(names))}
    return next((plain_names[g] for g in _GUESSES[what] if g in plain_names), "")


def plain(value: Any) -> str | int | float | None:
    """A value as text, a whole number or a number; None where it is missing, NaN or infinite. Anything else becomes text."""
    if value is None or value is np.ma.masked:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int):
        number = int(value)
        return number if -_LARGEST <= number < _LARGEST else str(number)
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace").rstrip("\0 ")
    if isinstance(value, str):
        return value
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    listed = value.tolist() if isinstance(value, np.ndarray) else value
    return json.dumps(listed, default=str)


def carried(value: Any, type: ColumnType) -> str | int | float | None:
    """A value as one of its column's type; None where it is not one."""
    found = plain(value)
    if found is None or type == "text":
        return None if found is None else str(found)
    try:
        if type == "integer" and not isinstance(found, float):
            return int(found)
        number = float(found)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return number if type == "number" else int(number) if number.is_integer() else None


def is_missing(text: str) -> bool:
    """Whether a text says that there is no value, as `nan` and `null` do."""
    return text.strip().lower() in _MISSING


def type_of_texts(texts: Iterable[str]) -> ColumnType:
    """What a column of text holds. Numbers with leading zeros or too many digits are ids, thus text."""
    found: set[str] = set()
    for text in texts:
        if is_missing(text):
            # Whole numbers have no NaN; a column with gaps still may hold them.
            continue
        if _INTEGER.match(text.strip()) and abs(int(text)) < _LARGEST:
            found.add("integer")
        else:
            found.add("number" if _is_number(text) else "text")
    if not found or "text" in found:
        return "text"
    return "number" if "number" in found else "integer"


def _is_number(text: str) -> bool:
    stripped = text.strip().lstrip("+-")
    if stripped[:1] == "0" and stripped[1:2].isdigit():
        return False
    try:
        float(text)
    except ValueError:
        return False
    # Python reads 1_000 as a number, and whole numbers too long for a column as floats.
    return "_" not in text and not _INTEGER.match(text.strip())
