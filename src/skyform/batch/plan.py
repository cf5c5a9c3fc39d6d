"""The plan of a run: its parts, written down before the first is begun.

A folder may grow while a run goes on, so the listing is made once. Whoever continues the run, and every job of an array, reads it.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from skyform.batch.items import Part, Source
from skyform.batch.locks import Share
from skyform.batch.places import Place
from skyform.batch.work import PARTS
from skyform.errors import BatchError

__all__ = ["PLAN", "done_parts", "planned_parts", "write_plan"]

PLAN = ".skyform/plan.jsonl"


def write_plan(
    source: Source,
    *,
    place: Place,
    size: int,
    said: Callable[[int], None],
) -> tuple[int, int]:
    """List the source's parts of at most `size` items into the plan.

    `said` is told the number of items so far after each part.

    Returns
    -------
    (int, int)
        Parts, and items (an upper bound where the source knows no better).

    Raises
    ------
    BatchError
        If there is nothing in the source.
    """
    parts, items = 0, 0
    with place.writing(PLAN) as file:
        for part in source.parts(size):
            line = {"number": part.number, "count": part.count, "payload": dict(part.payload)}
            file.write(json.dumps(line).encode("ascii") + b"\n")
            parts, items = parts + 1, items + part.count
            said(items)
        if not parts:
            raise BatchError(
                f"There is nothing to classify in {source.address!r}.",
                remedy="`skyform batch --help` lists what a source can be.",
            )
    return parts, items


def planned_parts(place: Place, *, share: Share | None = None) -> Iterator[Part]:
    """The parts of the plan, in order; those of one share if that is given."""
    with place.open(PLAN) as file:
        for line in file:
            values: dict[str, Any] = json.loads(line)
            if share is None or share.has(values["number"]):
                yield Part(values["number"], values["count"], values["payload"])


def done_parts(place: Place) -> set[int]:
    """Numbers of the parts whose tables are in their place."""
    return {
        int(name[len("part-") : -len(".parquet")])
        for name in place.names(PARTS)
        if name.startswith("part-") and name.endswith(".parquet")
    }
