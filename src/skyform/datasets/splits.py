"""Splits into training and validation that keep what belongs together on one side, and shares of classes.

A picture of the validation set tells nothing if the model has seen the same galaxy in training. So records are first joined into
groups (one sky object, one file, near-identical pictures), and whole groups are dealt out, label by label. Who goes where depends on
the ids and the seed alone, never on the order of the records.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, Int, UInt64
from numpy import ndarray

from skyform.datasets.alike import near_identical
from skyform.datasets.dataset import DataSet
from skyform.errors import DataError, SkyformError
from skyform.schema import KAGGLE

__all__ = [
    "RATIOS",
    "cap_classes",
    "class_weights",
    "fold_dataset",
    "group_records",
    "near_identical",
    "split_dataset",
]

RATIOS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        name: MappingProxyType({"train": train, "validation": round(1 - train, 9)})
        for name, train in (
            ("R1", 0.9),
            ("R2", 0.9),
            ("R3", 0.8),
            ("R4", 0.7),
            ("R4-80", 0.8),
            ("R5", 0.9),
        )
    }
)
"""Shares of the five reference systems, by name.

R4 states 70/30, and 80/20 beside it (`R4-80`); R5 states 90/10. R1, R2 and R3 say that they split and not where; taken here are the
90/10 that the Galaxy10 documentation shows for both of its sets (R1, R2), and 80/20 (R3).
"""


def split_dataset(
    dataset: DataSet,
    *,
    ratios: Mapping[str, float],
    seed: int = 0,
    hashes: UInt64[ndarray, "n words"] | None = None,
) -> tuple[str, ...]:
    """Deal the records out to splits.

    Every label is dealt out in the ratios asked for, as closely as whole groups and whole records allow. Records without a label
    count by their most voted answer to the first question, where they have votes. The result depends on the ids, labels, groups
    and seed, and on nothing else.

    Parameters
    ----------
    dataset : DataSet
    ratios : mapping of str to float
        Share of each split, such as {"train": 0.8, "validation": 0.2} or `RATIOS["R4"]`. Shares are taken relative to their sum.
    seed : int
        Another seed gives another split.
    hashes : array of uint64, shape (n, words), optional
        Fingerprints of the pictures, to keep near-identical ones together (see `near_identical`). Without them every picture is
        read once, and identical files are kept together.

    Returns
    -------
    tuple of str, length n
        The name of each record's split.

    Raises
    ------
    DataError
        If two records share an id, or there is not one fingerprint for each record.
    ValueError
        If `ratios` is empty, or has a share that is not above 0.
    """
    names, shares = _shares(ratios)
    dealt = _deal(dataset, shares=shares, seed=seed, hashes=hashes)
    return tuple(names[i] for i in dealt)


def fold_dataset(
    dataset: DataSet,
    *,
    folds: int,
    seed: int = 0,
    hashes: UInt64[ndarray, "n words"] | None = None,
) -> Int[ndarray, " n"]:
    """Deal the records out to equal folds, for cross-validation; the arguments are those of `split_dataset`.

    Returns
    -------
    array of int, shape (n,)
        The fold of each record, from 0 to `folds` - 1.

    Raises
    ------
    DataError
        As `split_dataset`.
    ValueError
        If `folds` is less than 2.
    """
    if folds < 2:
        raise ValueError(f"folds is {folds}; give 2 or more.")
    shares = np.full(folds, 1 / folds)
    return np.array(_deal(dataset, shares=shares, seed=seed, hashes=hashes), dtype=int)


def group_records(
    dataset: DataSet, *, hashes: UInt64[ndarray, "n words"] | None = None
) -> Int[ndarray, " n"]:
    """What must stay together: a number for each record, the same for records of one group.

    Records are joined that show one sky object (`Record.object`, or the id), that have near-identical fingerprints, or, without
    `hashes`, the same bytes or pixels; and through each other.

    Raises
    ------
    DataError
        If two records share an id, or there is not one fingerprint for each record.
    """
    ids = [r.id for r in dataset.records]
    twice = [i for i, count in Counter(ids).items() if count > 1]
    if twice:
        raise DataError(
            f"{len(twice)} ids of {dataset.title} occur more than once, {twice[0]} for one.",
            remedy="Give every record an id of its own; several pictures of one object share `object`.",
        )
    if hashes is not None and len(hashes) != len(ids):
        raise DataError(
            f"hashes has {len(hashes)} rows, but {dataset.title} has {len(ids)} records.",
            remedy="Give one fingerprint for each record, in their order.",
        )
    group = _Groups(len(ids))
    group.join([("object", r.object or r.id) for r in dataset.records])
    group.join(_contents(dataset) if hashes is None else near_identical(hashes).tolist())
    return np.array([group.root(i) for i in range(len(ids))], dtype=int)


def cap_classes(labels: Int[ndarray, " n"], *, cap: int, seed: int = 0) -> Int[ndarray, " m"]:
    """At most `cap` records of each class, such as R4's 300.

    A smaller cap with the same seed keeps some of what a larger one keeps, so growing caps give the sets of a learning curve.

    Parameters
    ----------
    labels : array of int, shape (n,)
        Class of each record, as in `DataSet.labels`; records of class -1 (unknown) are left out.
    cap : int
        The most records of one class.
    seed : int
        Which ones.

    Returns
    -------
    array of int, shape (m,)
        Positions of the kept records, ascending.

    Raises
    ------
    ValueError
        If `cap` is less than 1.
    """
    if cap < 1:
        raise ValueError(f"cap is {cap}; give 1 or more.")
    order = np.random.default_rng(seed).permutation(len(labels))
    kept = [order[labels[order] == label][:cap] for label in np.unique(labels) if label >= 0]
    return np.sort(np.concatenate(kept)) if kept else np.zeros(0, dtype=int)


def class_weights(
    labels: Int[ndarray, " n"], *, classes: int | None = None
) -> Float[ndarray, " classes"]:
    """Weights under which every class counts the same: n / (number of classes present · records of the class).

    Parameters
    ----------
    labels : array of int, shape (n,)
        Class of each record; -1 (unknown) is not counted.
    classes : int, optional
        Number of classes; by default up to the largest that occurs.

    Returns
    -------
    array of float, shape (classes,)
        Averages 1 over the records. A class without records has weight 0.

    Raises
    ------
    ValueError
        If no record has a class, or one is not below `classes`.
    """
    known = labels[labels >= 0]
    if not known.size:
        raise ValueError("labels has no record with a class, so there is nothing to weigh.")
    count = np.bincount(known, minlength=classes or 0)
    if classes is not None and len(count) > classes:
        raise ValueError(f"labels has the class {len(count) - 1}, but classes is {classes}.")
    weights = np.zeros(len(count))
    present = count > 0
    weights[present] = len(known) / (present.sum() * count[present])
    return weights


class _Groups:
    """Disjoint sets of positions."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, i: int) -> int:
        """The position that stands for the group of this one."""
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, keys: Sequence[Hashable]) -> None:
        """Join all positions with equal keys."""
        first: dict[Hashable, int] = {}
        for i, key in enumerate(keys):
            self._parent[self.root(i)] = self.root(first.setdefault(key, i))


def _contents(dataset: DataSet) -> list[Hashable]:
    """Something equal for equal files; a picture that cannot be read is like no other."""
    keys: list[Hashable] = []
    for i in range(len(dataset)):
        try:
            stored = dataset.image(i)
        except SkyformError:
            keys.append(i)
            continue
        pixels = (
            stored if isinstance(stored, bytes) else str(stored.shape).encode() + stored.tobytes()
        )
        keys.append(hashlib.sha256(pixels).digest())
    return keys


def _shares(ratios: Mapping[str, float]) -> tuple[list[str], Float[ndarray, " splits"]]:
    bad = {name: share for name, share in ratios.items() if not 0 < share < float("inf")}
    if not ratios or bad:
        raise ValueError(
            f"ratios is {dict(ratios)}; give a share above 0 for each split, such as "
            "{'train': 0.8, 'validation': 0.2}."
        )
    shares = np.array([float(s) for s in ratios.values()])
    return list(ratios), shares / shares.sum()


def _deal(
    dataset: DataSet,
    *,
    shares: Float[ndarray, " splits"],
    seed: int,
    hashes: UInt64[ndarray, "n words"] | None,
) -> list[int]:
    """The split of each record, by number."""
    strata = _strata(dataset)
    members: dict[int, list[int]] = defaultdict(list)
    for i, group in enumerate(group_records(dataset, hashes=hashes).tolist()):
        members[group].append(i)
    left = _quotas(Counter(strata), shares)
    total = {label: max(1, sum(quota)) for label, quota in left.items()}
    dealt = [0] * len(strata)
    for group in _shuffled(list(members.values()), dataset, seed):
        count = Counter(strata[i] for i in group)
        to = _best(count, left, total, shares)
        for label, number in count.items():
            left[label][to] -= number
        for i in group:
            dealt[i] = to
    return dealt


def _strata(dataset: DataSet) -> list[str]:
    """What is dealt out evenly: labels, or the most voted answer to the first question."""
    first = KAGGLE.slices[KAGGLE.root]
    answers = KAGGLE.answers[first]
    strata: list[str] = []
    for record in dataset.records:
        label = record.label
        if not label and record.votes is not None and np.isfinite(record.votes[first]).all():
            label = answers[int(np.argmax(record.votes[first]))].id
        strata.append(label)
    return strata


def _quotas(counts: Mapping[str, int], shares: Float[ndarray, " splits"]) -> dict[str, list[int]]:
    """Whole records for each label and split, next to the exact shares, and so that the splits' totals are right too.

    One split after another is divided from the rest. Rounding the running total over the labels, rather than each label, keeps
    the sum from drifting: ten labels of four records at 90/10 give four records to validation, not none.
    """
    quotas: dict[str, list[int]] = {label: [] for label in sorted(counts)}
    rest = np.array([counts[label] for label in quotas], dtype=float)
    for i, share in enumerate(shares):
        part = 1.0 if i == len(shares) - 1 else float(share / shares[i:].sum())
        running = np.concatenate([[0.0], np.cumsum(rest) * part])
        # Half a record goes to the later splits, which are the smaller ones.
        whole = np.ceil(np.round(running, 6) - 0.5)
        for label, (before, after) in zip(quotas, pairwise(whole), strict=True):
            quotas[label].append(int(after - before))
        rest -= np.diff(whole)
    return quotas


def _shuffled(groups: list[list[int]], dataset: DataSet, seed: int) -> list[list[int]]:
    """Large groups first, as they are the hardest to place; else in an order that only ids and seed decide."""

    def key(group: list[int]) -> tuple[int, bytes]:
        name = min(dataset.records[i].id for i in group)
        return -len(group), hashlib.sha256(f"{seed}\0{name}".encode()).digest()

    return sorted(groups, key=key)


def _best(
    count: Mapping[str, int],
    left: Mapping[str, Sequence[int]],
    total: Mapping[str, int],
    shares: Float[ndarray, " splits"],
) -> int:
    """The split with the largest part of its quota left; where the group fits into none, the one that it overfills least."""

    def overfull(split: int) -> int:
        return sum(max(0, number - left[label][split]) for label, number in count.items())

    def emptiness(split: int) -> float:
        wanted = sum(n * left[label][split] / total[label] for label, n in count.items())
        return wanted / float(shares[split])

    return min(range(len(shares)), key=lambda s: (overfull(s), -emptiness(s), s))
