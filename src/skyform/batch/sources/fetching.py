"""From addresses to items: files of this machine one after the other, remote ones several at a time and still in order."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from skyform.batch.items import Item
from skyform.batch.sources.addresses import is_remote
from skyform.batch.sources.files import Files
from skyform.batch.sources.pieces import reason
from skyform.errors import ImageError, SkyformError

__all__ = ["Wanted", "fetch"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One picture to read: what its item will say, and the address, or the error that stands in its way."""

    id: str
    path: str
    address: str
    ra: float | None = None
    dec: float | None = None
    error: SkyformError | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    misplaced: bool = False


def fetch(wanted: Iterable[Wanted], *, files: Files, connections: int) -> Iterator[Item]:
    """The items, in order. From the first remote address on, up to `connections` are fetched at once, and twice as many held."""
    each = iter(wanted)
    for one in each:
        if is_remote(one.address):
            yield from _side_by_side(chain([one], each), files, connections)
            return
        yield _item(one, files)


def _side_by_side(each: Iterator[Wanted], files: Files, connections: int) -> Iterator[Item]:
    with ThreadPoolExecutor(connections, thread_name_prefix="skyform-fetch") as pool:
        waiting: deque[Future[Item]] = deque()
        try:
            for one in each:
                waiting.append(pool.submit(_item, one, files))
                if len(waiting) >= 2 * connections:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            # Whoever stops in the middle waits for what is under way, not for all that was to come.
            pool.shutdown(cancel_futures=True)


def _item(one: Wanted, files: Files) -> Item:
    item = Item(one.id, one.path, None, one.ra, one.dec, extra=one.extra, misplaced=one.misplaced)
    if one.error is not None:
        return replace(item, error=reason(one.error))
    try:
        return replace(item, image=files.read(one.address))
    except ImageError as error:
        return replace(item, error=reason(error))
