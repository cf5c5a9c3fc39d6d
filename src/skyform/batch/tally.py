"""What a part's rows amount to: counts that add up to the summary of a run. Kept in the part's own file, so that none is lost."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import ndarray

from skyform.batch.estimates import Estimates
from skyform.batch.tables import Rows
from skyform.inference.modelfile import ModelInfo
from skyform.schema import KINDS, Flag, Taxonomy

__all__ = ["DISTANCE_STEP", "ErrorKind", "Tally", "tally_of"]

# Bins of the distance to the training data, in units of `familiar`; the last one is open.
DISTANCE_STEP = 0.1
_DISTANCE_BINS = 31
_EXAMPLES = 3


@dataclass(slots=True)
class ErrorKind:
    """How often an error came up, and the first pictures that had it, as (id, message)."""

    count: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def add(self, other: "ErrorKind") -> None:
        """Add another part's."""
        self.count += other.count
        self.examples = (self.examples + other.examples)[:_EXAMPLES]


@dataclass(slots=True)
class Tally:
    """Counts over rows.

    Attributes
    ----------
    rows : int
    errors : mapping of error code to ErrorKind
    flags, kinds : Counter by id
    classes : mapping of taxonomy or scheme id to Counter by class id
        Of a taxonomy, those pictures that are not probably of another kind than a galaxy.
    distance : list of int
        Histogram of the distance to the training data, in steps of `DISTANCE_STEP`.
    beyond : int
        Classified pictures beyond the distance that 99 % of the validation pictures stay below.
    misplaced : int
        Rows whose position cannot be read.
    """

    rows: int = 0
    errors: dict[str, ErrorKind] = field(default_factory=dict[str, ErrorKind])
    flags: Counter[str] = field(default_factory=Counter[str])
    kinds: Counter[str] = field(default_factory=Counter[str])
    classes: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    distance: list[int] = field(default_factory=list[int])
    beyond: int = 0
    misplaced: int = 0

    @property
    def failed(self) -> int:
        """Rows with an error."""
        return sum(e.count for e in self.errors.values())

    def add(self, other: "Tally") -> None:
        """Add another part's counts."""
        self.rows += other.rows
        for code, kind in other.errors.items():
            self.errors.setdefault(code, ErrorKind()).add(kind)
        self.flags.update(other.flags)
        self.kinds.update(other.kinds)
        for id, counts in other.classes.items():
            self.classes.setdefault(id, Counter()).update(counts)
        if other.distance:
            mine_bins = self.distance or [0] * _DISTANCE_BINS
            self.distance = [a + b for a, b in zip(mine_bins, other.distance, strict=True)]
        self.beyond += other.beyond
        self.misplaced += other.misplaced

    def to_json(self) -> str:
        """As one line of JSON."""
        values = {
            "rows": self.rows,
            "errors": {
                c: {"count": e.count, "examples": e.examples} for c, e in self.errors.items()
            },
            "flags": self.flags,
            "kinds": self.kinds,
            "classes": self.classes,
            "distance": self.distance,
            "beyond": self.beyond,
            "misplaced": self.misplaced,
        }
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Tally":
        """The inverse of `to_json`."""
        values: dict[str, Any] = json.loads(text)
        return cls(
            rows=values["rows"],
            errors={c: _error_kind(e) for c, e in values["errors"].items()},
            flags=Counter(values["flags"]),
            kinds=Counter(values["kinds"]),
            classes={id: Counter(c) for id, c in values["classes"].items()},
            distance=values["distance"],
            beyond=values["beyond"],
            misplaced=values.get("misplaced", 0),
        )


def tally_of(
    rows: Rows,
    numbers: Estimates,
    *,
    flags: Sequence[tuple[Flag, ...]],
    info: ModelInfo,
    taxonomies: Sequence[Taxonomy],
) -> Tally:
    """The counts of one part."""
    tally = Tally(rows=len(rows), misplaced=rows.misplaced)
    for id, error in zip(rows.ids, rows.errors, strict=True):
        if error:
            code = error.partition(":")[0]
            tally.errors.setdefault(code, ErrorKind()).add(ErrorKind(1, [(id, error)]))
    tally.flags.update(f.value for row in flags for f in row)
    if numbers.kinds is not None:
        tally.kinds = _counts(numbers.kinds.best, [k.id for k in KINDS])
    galaxies = ~numbers.no_galaxy(info)
    for taxonomy in taxonomies:
        ids = [c.id for c in taxonomy.classes]
        best = numbers.classes[taxonomy.id].best
        tally.classes[taxonomy.id] = _counts(best[galaxies], ids)
    if info.scheme is not None and numbers.own is not None:
        tally.classes[info.scheme.id] = _counts(numbers.own.best, info.scheme.ids)
    if numbers.distance is not None:
        bins = np.nan_to_num(numbers.distance / DISTANCE_STEP, nan=np.inf, posinf=1e9)
        index = np.clip(bins, 0, _DISTANCE_BINS - 1).astype(int)
        tally.distance = np.bincount(index, minlength=_DISTANCE_BINS).tolist()
        tally.beyond = int(numbers.unfamiliar().sum())
    return tally


def _counts(best: ndarray, ids: Sequence[str]) -> Counter[str]:
    counts = np.bincount(best, minlength=len(ids))
    return Counter({id: int(n) for id, n in zip(ids, counts, strict=True) if n})


def _error_kind(values: Mapping[str, Any]) -> ErrorKind:
    return ErrorKind(values["count"], [(id, text) for id, text in values["examples"]])
