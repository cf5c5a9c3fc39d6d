"""All that the report says of a set, computed: one pass over the pictures, then what follows from the numbers."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from skyform.datasets.dataset import DataSet
from skyform.errors import DataError
from skyform.explore.balance import Balance, Classes, balance_of, classes_of
from skyform.explore.duplicates import Duplicates, find_duplicates, groups_of
from skyform.explore.label_errors import (
    LabelErrors,
    find_label_errors,
    out_of_fold_probabilities,
)
from skyform.explore.landscape import MOST_POINTS, landscape, principal
from skyform.explore.reading import Embedder, Readings, read_pictures
from skyform.explore.shortcuts import Shortcut, find_shortcut
from skyform.explore.voting import VoteSummary, votes_of

__all__ = ["SAMPLE", "ErrorSearch", "Exploration", "SetMap", "explore"]

SAMPLE = 5000
_LEAST_EXAMPLES = 10  # of a class, below which a classifier can say nothing of it
_NOTHING = np.zeros((0, 1))


@dataclass(frozen=True, eq=False)
class SetMap:
    """Records on the map: positions in the set, places (each axis 0 to 1), and thumbnails as the network sees them."""

    records: Int[ndarray, " m"]
    places: Float[ndarray, "m 2"]
    stamps: UInt8[ndarray, "m side side 3"]


@dataclass(frozen=True, eq=False)
class ErrorSearch:
    """The search for wrong labels.

    Attributes
    ----------
    records : array of int, shape (k,)
        Likely wrong ones, as positions in the set, the likeliest first.
    suggested : array of int, shape (k,)
        The class each of them looks like, as a position in the scheme.
    classes : tuple of int
        Classes that were searched: rows and columns of `found.joint`.
    found : LabelErrors or None
        None where nothing could be searched.
    skipped : str
        Why not; or which classes were left out.
    """

    records: Int[ndarray, " k"]
    suggested: Int[ndarray, " k"]
    classes: tuple[int, ...] = ()
    found: LabelErrors | None = None
    skipped: str = ""


@dataclass(frozen=True, eq=False)
class Exploration:
    """A data set, measured. `map` is None where none was asked for; `votes` where the set has none."""

    dataset: DataSet
    classes: Classes
    readings: Readings
    balance: Balance
    duplicates: Duplicates
    votes: VoteSummary | None
    map: SetMap | None
    errors: ErrorSearch
    shortcut: Shortcut
    model: str
    seed: int
    seconds: float


def explore(
    dataset: DataSet,
    *,
    sample: int = SAMPLE,
    map: bool = True,
    seed: int = 0,
    embedder: Embedder | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], object] = lambda done, failed: None,
    tell: Callable[[str], object] = lambda step: None,
) -> Exploration:
    """Measure a data set. Every picture is read once; memory holds a few numbers for each, and features of a sample.

    Parameters
    ----------
    dataset : DataSet
    sample : int
        Pictures drawn at random for the map (at most 2,000 of them) and the search for wrong labels.
    map : bool
        Whether to lay out the map.
    seed : int
        Of everything that is drawn.
    embedder : Embedder, optional
        By default the bundled model's; it is opened only if something needs it.
    workers : int, optional
        Threads that read and decode; the number of cores by default.
    progress : callable
        Told after each picture how many were read, and how many of these could not be.
    tell : callable
        Told what is being done after the pictures were read.

    Raises
    ------
    DataError
        If the set has no records.
    """
    start = time.perf_counter()
    if len(dataset) == 0:
        raise DataError(
            f"{dataset.title or dataset.id} has no pictures.",
            remedy="Check the path, and that --label and --images name what you mean.",
        )
    classes = classes_of(dataset)
    if not map and not _searchable(classes):
        embedder = None
    elif embedder is None:
        embedder = Embedder.bundled()
    rng = np.random.default_rng(seed)
    readings = read_pictures(
        dataset,
        # A set without labels is one group; what has no label among labels belongs to none.
        groups=classes.index if (classes.index >= 0).any() else np.zeros(len(dataset), int),
        sample=np.sort(rng.permutation(len(dataset))[:sample]),
        embedder=embedder,
        progress=progress,
        workers=workers,
    )
    tell("Looking for copies")
    duplicates = find_duplicates(dataset.records, readings)
    tell("Looking for wrong labels")
    components = principal(readings.embeddings, seed=seed) if len(readings.sampled) else _NOTHING
    joined = groups_of(dataset, duplicates)
    errors = _search(
        classes, sampled=readings.sampled, components=components, groups=joined, seed=seed
    )
    tell("Laying out the map" if map else "Counting")
    laid = _map(readings, components, rng=rng, seed=seed) if map else None
    return Exploration(
        dataset=dataset,
        classes=classes,
        readings=readings,
        balance=balance_of(classes, dataset.records),
        duplicates=duplicates,
        votes=votes_of(dataset),
        map=laid,
        errors=errors,
        shortcut=find_shortcut(readings, classes.index, seed=seed),
        model="" if embedder is None else embedder.name,
        seed=seed,
        seconds=time.perf_counter() - start,
    )


def _map(
    readings: Readings,
    components: Float[ndarray, "m k"],
    *,
    rng: np.random.Generator,
    seed: int,
) -> SetMap | None:
    count = len(readings.sampled)
    if count == 0:
        return None
    at = np.sort(rng.permutation(count)[:MOST_POINTS])
    places = landscape(components[at], seed=seed)
    return SetMap(readings.sampled[at], places, readings.stamps[at])


def _searchable(classes: Classes) -> bool:
    """Whether there are labels that could be wrong: votes are not, and with one class there is no other."""
    return not classes.derived and len(np.unique(classes.index[classes.index >= 0])) > 1


def _not_searched(why: str) -> ErrorSearch:
    nothing = np.zeros(0, int)
    return ErrorSearch(nothing, nothing, skipped=why)


def _search(
    classes: Classes,
    *,
    sampled: Int[ndarray, " m"],
    components: Float[ndarray, "m k"],
    groups: Int[ndarray, " n"],
    seed: int,
) -> ErrorSearch:
    """Confident learning on the sampled pictures of classes that are large enough."""
    if classes.derived:
        return _not_searched("The classes were derived from votes, which are not right or wrong.")
    if not _searchable(classes):
        return _not_searched("The set has fewer than two classes.")
    given = classes.index[sampled]
    own = groups[sampled]
    large = [c for c in range(len(classes.names)) if _enough(own[given == c])]
    if len(large) < 2:
        return _not_searched(
            f"Fewer than two classes have {_LEAST_EXAMPLES} readable pictures in the sample.",
        )
    at = np.flatnonzero(np.isin(given, large))
    records = sampled[at]
    found = _found(components[at], np.searchsorted(large, given[at]), own[at], seed=seed)
    small = [
        c.name for i, c in enumerate(classes.names) if i not in large and (classes.index == i).any()
    ]
    left_out = f"Left out, too small to judge: {', '.join(small)}." if small else ""
    return ErrorSearch(
        records[found.rows],
        np.array(large)[found.suggested],
        classes=tuple(large),
        found=replace(found, rows=records[found.rows]),
        skipped=left_out,
    )


def _found(features: ndarray, given: ndarray, groups: ndarray, *, seed: int) -> LabelErrors:
    p = out_of_fold_probabilities(features, given, groups=groups, seed=seed)
    return find_label_errors(given, p)


def _enough(groups: Sequence[int] | ndarray) -> bool:
    return len(np.unique(groups)) >= _LEAST_EXAMPLES
