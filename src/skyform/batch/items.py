"""What runs through a survey-scale run: sources give parts, parts give items."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from numpy import ndarray

__all__ = ["Item", "Part", "Source"]


@dataclass(frozen=True, slots=True)
class Item:
    """One picture to classify, or the reason why there is none.

    Attributes
    ----------
    id : str
        Unique within the run.
    path : str
        Where it comes from, for the table: a path, an address, or `file#row`.
    image : bytes or array, or None
        An encoded file; RGB as uint8 of shape (height, width, 3); or flux as float of shape (height, width) or (bands, height, width). None
        where reading failed.
    ra, dec : float, optional
        Position in degrees, ICRS.
    misplaced : bool
        Whether the source has a position that cannot be read.
    error : str
        What went wrong and what to do, empty where nothing did.
    extra : mapping
        Columns of the catalogue that are carried into the table.
    """

    id: str
    path: str
    image: bytes | ndarray | None
    ra: float | None = None
    dec: float | None = None
    error: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    misplaced: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of work: what one process reads, classifies and writes at a time.

    `payload` is plain JSON that means something to the source alone; `count` is the number of items, or an upper bound of it.
    """

    number: int
    count: int
    payload: Mapping[str, Any]


@runtime_checkable
class Source(Protocol):
    """Where pictures come from. Picklable; the same parts with the same items in the same order at every run."""

    @property
    def address(self) -> str:
        """What the user gave, for people and for the manifest."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes when the source does, as far as that can be told without reading all of it (names, sizes, times, ETags)."""
        ...

    @property
    def total(self) -> int | None:
        """Number of items where it is known without reading everything, else None."""
        ...

    def parts(self, size: int) -> Iterator[Part]:
        """Parts of at most `size` items, numbered from 0, lazily."""
        ...

    def read(self, part: Part) -> Iterator[Item]:
        """The items of one part, in order. An unreadable one is an item with an error."""
        ...
