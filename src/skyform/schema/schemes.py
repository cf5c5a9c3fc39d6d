"""Classes that a data set or a model has of its own: names and numbers, without a rule on the tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from skyform.schema.taxonomies import Taxonomy

__all__ = ["ClassName", "Scheme"]


@dataclass(frozen=True, slots=True)
class ClassName:
    """One class: the data set's own number, a short id that is safe in file and column names, and the name that people read."""

    number: int
    id: str
    name: str
    description: str = ""


@dataclass(frozen=True)
class Scheme:
    """The classes of one data set, in its own order.

    Raises
    ------
    ValueError
        If there is no class, or two share an id or a number.
    """

    id: str
    name: str
    classes: tuple[ClassName, ...]

    def __post_init__(self) -> None:
        if not self.classes:
            raise ValueError(f"classes of {self.id!r} is empty; a scheme has at least one")
        for what in ("id", "number"):
            values = [getattr(c, what) for c in self.classes]
            if len(set(values)) < len(values):
                raise ValueError(f"classes of {self.id!r} has two of the same {what}: {values}")

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Class ids, in order."""
        return tuple(c.id for c in self.classes)

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each class by its id."""
        return {c.id: i for i, c in enumerate(self.classes)}

    def __len__(self) -> int:
        return len(self.classes)

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> "Scheme":
        """The classes of a taxonomy, without their rules."""
        names = tuple(ClassName(c.number, c.id, c.name) for c in taxonomy.classes)
        return cls(taxonomy.id, taxonomy.name, names)

    @classmethod
    def from_names(cls, id: str, names: Sequence[str]) -> "Scheme":
        """One class for each name, numbered from 0 in the order given; the names are the ids."""
        return cls(id, id, tuple(ClassName(i, n, n) for i, n in enumerate(names)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        classes = [
            {"number": c.number, "id": c.id, "name": c.name, "description": c.description}
            for c in self.classes
        ]
        return {"id": self.id, "name": self.name, "classes": classes}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Scheme":
        """The inverse of `to_dict`."""
        return cls(values["id"], values["name"], tuple(ClassName(**c) for c in values["classes"]))
