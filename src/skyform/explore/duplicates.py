"""Pictures that are in the set more than once: identical ones, near-identical ones, and several of one object."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from skyform.datasets.alike import near_identical
from skyform.datasets.dataset import DataSet, Record
from skyform.explore.reading import Readings
from skyform.images.fingerprint import turned_hashes

__all__ = ["Duplicates", "Group", "find_duplicates", "groups_of"]


@dataclass(frozen=True, slots=True)
class Group:
    """Records that belong together, by position.

    `splits` and `labels` are the different ones that occur among them, leaving out "" (not known).
    """

    members: tuple[int, ...]
    splits: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def straddles(self) -> bool:
        """Whether it is on more than one side of a split: what is learnt on one side is known on the other."""
        return len(self.splits) > 1

    @property
    def contradicts(self) -> bool:
        """Whether it carries more than one label, of which at most one can be right."""
        return len(self.labels) > 1


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Groups of two or more: of identical pixels; of near-identical pictures, also turned by quarters or mirrored, that are not all
    identical; of one sky object."""

    exact: tuple[Group, ...]
    near: tuple[Group, ...]
    objects: tuple[Group, ...]


def find_duplicates(records: Sequence[Record], readings: Readings) -> Duplicates:
    """All groups; those that straddle splits or contradict each other come first."""
    at: list[int] = np.flatnonzero(readings.ok).tolist()
    exact = _gathered(at, [readings.digest[i] for i in at])
    near: list[tuple[int, ...]] = []
    if len(at) > 1:
        hashes = readings.hashes[at]
        alike = near_identical(hashes, also=turned_hashes(hashes))
        near = [
            g for g in _gathered(at, alike.tolist()) if len({readings.digest[i] for i in g}) > 1
        ]
    named = [i for i, r in enumerate(records) if r.object]
    objects = _gathered(named, [records[i].object for i in named])
    return Duplicates(*(_described(records, groups) for groups in (exact, near, objects)))


def groups_of(dataset: DataSet, duplicates: Duplicates) -> Int[ndarray, " n"]:
    """A number for each record, the same for records that any group joins, directly or through others."""
    parent = list(range(len(dataset)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for group in (*duplicates.exact, *duplicates.near, *duplicates.objects):
        for member in group.members[1:]:
            parent[root(member)] = root(group.members[0])
    return np.array([root(i) for i in range(len(dataset))], dtype=int)


def _gathered(positions: Iterable[int], keys: Iterable[Hashable]) -> list[tuple[int, ...]]:
    """Positions that share a key, where at least two do."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for position, key in zip(positions, keys, strict=True):
        groups[key].append(position)
    return [tuple(g) for g in groups.values() if len(g) > 1]


def _described(records: Sequence[Record], groups: list[tuple[int, ...]]) -> tuple[Group, ...]:
    made = [
        Group(
            g,
            splits=tuple(sorted({records[i].split for i in g} - {""})),
            labels=tuple(sorted({records[i].label for i in g} - {""})),
        )
        for g in groups
    ]
    # Stable: within each rank they stay in the set's order.
    return tuple(sorted(made, key=lambda g: (not g.contradicts, not g.straddles)))
