"""Ids that come more than once: the source's word is taken for them, and whoever joins tables by them should know."""

from collections.abc import Iterable

import numpy as np
from pyarrow import parquet

from skyform.batch.places import Place
from skyform.batch.work import part_name

__all__ = ["repeated_ids"]

_MOST = 10_000_000  # rows; 8 bytes of memory each


def repeated_ids(place: Place, numbers: Iterable[int], *, rows: int) -> int | None:
    """How many rows have the id of an earlier one; None where there are more rows than are looked at (ten million).

    Parameters
    ----------
    place : Place
    numbers : iterable of int
        The parts.
    rows : int
        Of all of them together.
    """
    if rows > _MOST:
        return None
    # Hashes of 64 bits: among ten million, two that only look alike are a matter of one in 300,000.
    hashes, end = np.zeros(rows, np.int64), 0
    for number in numbers:
        with place.open(part_name(number)) as file:
            ids = parquet.read_table(file, columns=["id"])["id"].to_pylist()
        start, end = end, end + len(ids)
        hashes[start:end] = [hash(i) for i in ids]
    hashes.sort()
    return int((hashes[1:] == hashes[:-1]).sum())
