"""The classes of a set: how many pictures each has, and what the imbalance means."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from skyform.datasets.dataset import DataSet, Record
from skyform.datasets.derive import derive_labels, fractions_of
from skyform.datasets.splits import class_weights
from skyform.evaluation.wording import count_text
from skyform.schema import FIVE_WAY, ClassName, Scheme

__all__ = [
    "MAJORITY",
    "Balance",
    "ClassCount",
    "Classes",
    "balance_of",
    "class_count",
    "classes_of",
]

MAJORITY = 0.55  # of the votes, as for Galaxy10


@dataclass(frozen=True, eq=False)
class Classes:
    """The classes that the report speaks of.

    Attributes
    ----------
    scheme : Scheme or None
        None where there is nothing to tell pictures apart by.
    index : array of int, shape (n,)
        Class of each record, -1 where it has none.
    derived : bool
        Whether they were derived from the votes because the set has no labels of its own.
    """

    scheme: Scheme | None
    index: Int[ndarray, " n"]
    derived: bool = False

    @property
    def names(self) -> tuple[ClassName, ...]:
        """The classes, in the scheme's order; none without a scheme."""
        return () if self.scheme is None else self.scheme.classes


@dataclass(frozen=True, slots=True)
class ClassCount:
    """One class: pictures in all and in each split, and the weight that would make it count as much as any other."""

    id: str
    name: str
    description: str
    count: int
    share: float
    weight: float
    splits: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Balance:
    """Class counts and what they amount to.

    Attributes
    ----------
    counts : tuple of ClassCount
        In the scheme's order.
    unlabelled : int
        Records without a class.
    ratio : float
        Largest class over smallest one that occurs; NaN without any.
    effective : float
        Effective number of classes: the exponential of the entropy of the shares (Hill number of order 1; Jost 2006, Oikos 113, 363).
        It equals the number of classes where all are equally large.
    """

    counts: tuple[ClassCount, ...]
    unlabelled: int
    ratio: float
    effective: float


def class_count(balance: Balance) -> str:
    """How many classes have a picture, and of how many, where some have none: "4 of 5"."""
    present = sum(c.count > 0 for c in balance.counts)
    every = len(balance.counts)
    return count_text(present) + (f" of {count_text(every)}" if present < every else "")


def classes_of(dataset: DataSet) -> Classes:
    """The set's own classes; without any, five broad ones from the votes."""
    if dataset.scheme is not None:
        return Classes(dataset.scheme, dataset.labels)
    if np.isnan(fractions_of(dataset)).all():
        return Classes(None, np.full(len(dataset), -1))
    named = derive_labels(dataset, FIVE_WAY, majority=MAJORITY)
    return Classes(named.scheme, named.labels, derived=True)


def balance_of(classes: Classes, records: Sequence[Record]) -> Balance:
    """Counts of each class, in the scheme's order."""
    splits = sorted({r.split for r in records})
    split = np.array([r.split for r in records])
    total = np.bincount(classes.index[classes.index >= 0], minlength=len(classes.names))
    labelled = int(total.sum())
    weights = class_weights(classes.index, classes=len(total)) if labelled else np.zeros(len(total))
    counts: list[ClassCount] = []
    for number, (name, count) in enumerate(zip(classes.names, total.tolist(), strict=True)):
        own = classes.index == number
        counts.append(
            ClassCount(
                name.id,
                name.name,
                name.description,
                count,
                count / labelled if labelled else 0.0,
                float(weights[number]),
                {s: int((own & (split == s)).sum()) for s in splits if s},
            )
        )
    present = total[total > 0]
    shares = present / max(labelled, 1)
    return Balance(
        tuple(counts),
        unlabelled=len(records) - labelled,
        ratio=float(present.max() / present.min()) if labelled else float("nan"),
        effective=float(np.exp(-(shares * np.log(shares)).sum())) if labelled else 0.0,
    )
