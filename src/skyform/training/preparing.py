"""From a data set to the training and validation samples of one experiment: which rows, which classes, which side."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt64
from numpy import ndarray

from skyform.datasets.dataset import DataSet
from skyform.datasets.derive import derive_labels, relabel
from skyform.datasets.manifest import Manifest, apply_manifest, read_manifest, write_manifest
from skyform.datasets.splits import RATIOS, cap_classes, split_dataset
from skyform.errors import DataError, RecipeError, SkyformError
from skyform.images import decode
from skyform.images.fingerprint import picture_hash
from skyform.schema import TAXONOMIES, Scheme
from skyform.training.experiment import Experiment
from skyform.training.samples import Samples, prepare_samples

__all__ = ["Parts", "prepare_parts"]

_FEWEST = 2
_UNUSED = "not used"
_HASHED = 64  # px; a fingerprint needs no more


@dataclass(frozen=True)
class Parts:
    """What an experiment trains on and what it is judged on. `left_out` counts the rows that had no label, by reason."""

    train: Samples
    validation: Samples
    manifest: Manifest
    left_out: Mapping[str, int]


def prepare_parts(experiment: Experiment, data: DataSet, *, folder: Path, cache: Path) -> Parts:
    """Rows with a target, split by sky object, decoded and framed.

    The split is written to `manifest.json` in the run's folder; where it is there already, it is used.

    Raises
    ------
    DataError
        If there is no target of the task's kind, or a class has fewer than two training pictures.
    RecipeError
        If the split that the recipe wants cannot be made from this data set.
    """
    rows, left_out = _rows_with_targets(experiment, data)
    path = folder / "manifest.json"
    if path.exists():
        made = read_manifest(path)
        splits, ratios = list(apply_manifest(rows, made)), made.ratios
    else:
        splits, ratios = _splits(experiment, rows)
    side = np.array(splits, dtype=object)
    if experiment.task == "classes" and experiment.scheme:
        rows, rare = _without_rare_classes(rows, side)
        side[rows.labels < 0] = _UNUSED
        left_out = {**left_out, **rare}
    wanted = {s: np.flatnonzero(side == s) for s in ("train", "validation")}
    for name, at in wanted.items():
        if not at.size:
            raise RecipeError(
                f"split is {experiment.split!r}, which leaves no row for {name}.",
                remedy="Give shares such as split={train: 0.8, validation: 0.2}.",
            )
    if experiment.cap is not None:
        train = rows.subset(wanted["train"])
        # Without classes all rows count as one: any so many pictures.
        groups = train.labels if experiment.task == "classes" else np.zeros(len(train), dtype=int)
        kept = cap_classes(groups, cap=experiment.cap, seed=experiment.seed)
        side[np.setdiff1d(wanted["train"], wanted["train"][kept])] = _UNUSED
        wanted["train"] = wanted["train"][kept]
    manifest = Manifest.of(rows, splits=[str(s) for s in side], seed=experiment.seed, ratios=ratios)
    train, validation = (
        prepare_samples(rows.subset(at), experiment.preprocess, cache=cache)
        for at in wanted.values()
    )
    if experiment.task == "classes":
        _check_classes(train.dataset)
    if not path.exists():
        write_manifest(manifest, path)
    return Parts(train, validation, manifest, left_out)


def _rows_with_targets(experiment: Experiment, data: DataSet) -> tuple[DataSet, Mapping[str, int]]:
    left_out: Counter[str] = Counter()
    allowed = [
        i
        for i, r in enumerate(data.records)
        if not any(t in str(r.info.get("licence") or "") for t in experiment.exclude_licences)
    ]
    left_out["licence"] = len(data) - len(allowed)
    data = data.subset(allowed)
    if experiment.task != "classes":
        known = [i for i, r in enumerate(data.records) if r.votes is not None]
        if not known:
            raise DataError(
                f"{data.title or data.id} has no votes, which the task {experiment.task!r} learns from.",
                remedy="Give a Galaxy Zoo set with its 37 vote fractions, or a recipe with task: classes.",
            )
        left_out["no votes"] = len(data) - len(known)
        return replace(data.subset(known), scheme=None), +left_out
    if experiment.scheme:
        data = _derived(experiment, data)
    if experiment.relabel:
        data = relabel(data, experiment.relabel)
    if data.scheme is None:
        raise DataError(
            f"{data.title or data.id} has no labels, which the task 'classes' learns from.",
            remedy=f"Name a label column with --label, or derive classes from votes: --set scheme=hubble "
            f"(or {', '.join(TAXONOMIES)}).",
        )
    known = np.flatnonzero(data.labels >= 0)
    left_out["no label"] = len(data) - len(known)
    data = data.subset(known)
    return _without_empty_classes(data), +left_out


def _derived(experiment: Experiment, data: DataSet) -> DataSet:
    """Classes from the votes, unless the set's own labels are of that very taxonomy."""
    if data.scheme is not None and data.scheme.id == experiment.scheme:
        return data
    if not any(r.votes is not None for r in data.records):
        raise DataError(
            f"scheme is {experiment.scheme!r}, but {data.title or data.id} has no votes to derive it from.",
            remedy="Give a Galaxy Zoo set with votes, or --set scheme='' for the set's own labels.",
        )
    return derive_labels(data, TAXONOMIES[experiment.scheme], majority=experiment.majority)


def _without_rare_classes(rows: DataSet, side: ndarray) -> tuple[DataSet, Mapping[str, int]]:
    """Derived classes that training hardly sees lose their labels: nobody chose them, the votes did."""
    if rows.scheme is None:
        return rows, {}
    count = Counter(r.label for r, s in zip(rows.records, side, strict=True) if s == "train")
    rare = {c.id for c in rows.scheme.classes if count[c.id] < _FEWEST}
    if not rare:
        return rows, {}
    labels = ["" if r.label in rare else r.label for r in rows.records]
    classes = tuple(c for c in rows.scheme.classes if c.id not in rare)
    lost = Counter(r.label for r in rows.records if r.label in rare)
    kept = rows.with_labels(Scheme(rows.scheme.id, rows.scheme.name, classes), labels)
    return kept, {f"of the class {c!r}, too few to learn from": n for c, n in lost.items()}


def _without_empty_classes(data: DataSet) -> DataSet:
    if data.scheme is None:
        return data
    occurring = {r.label for r in data.records}
    classes = tuple(c for c in data.scheme.classes if c.id in occurring)
    if len(classes) < _FEWEST:
        raise DataError(
            f"{data.title or data.id} holds {len(classes)} class with labels; a model needs two at least.",
            remedy="Check the label column, or the majority that derived classes need.",
        )
    scheme = Scheme(data.scheme.id, data.scheme.name, classes)
    return replace(data, scheme=scheme)


def _splits(experiment: Experiment, rows: DataSet) -> tuple[list[str], Mapping[str, float]]:
    """The side of every row, and the shares that it was dealt out in; none where the set was published with its parts."""
    if experiment.split == "published":
        splits = [r.split for r in rows.records]
        if {"train", "validation"} <= set(splits):
            return splits, {}
        if {"train", "test"} <= set(splits):
            # A set that calls the part it is judged on a test set.
            return ["validation" if s == "test" else s for s in splits], {}
        if any(splits):
            raise RecipeError(
                f"split is 'published', but the set's parts are {sorted(set(splits))}.",
                remedy="Give shares: --set 'split={train: 0.8, validation: 0.2}'.",
            )
    hashes = np.stack([_hash(rows, i) for i in range(len(rows))])
    ratios = _ratios(experiment)
    return list(split_dataset(rows, ratios=ratios, seed=experiment.seed, hashes=hashes)), ratios


def _ratios(experiment: Experiment) -> dict[str, float]:
    """The shares that the recipe asks for; for a set that was published whole, four fifths and one."""
    if isinstance(experiment.split, Mapping):
        return dict(experiment.split)
    if experiment.split == "published":
        return {"train": 0.8, "validation": 0.2}
    if experiment.split not in RATIOS:
        raise RecipeError(
            f"split is {experiment.split!r}, which is no split.",
            remedy=f"Give 'published', one of {', '.join(RATIOS)}, or shares.",
        )
    return dict(RATIOS[experiment.split])


def _hash(rows: DataSet, index: int) -> UInt64[ndarray, " words"]:
    try:
        return picture_hash(decode(rows.image(index), min_side=_HASHED).rgb)
    except SkyformError:
        # Like no picture's; it is left out and reported when the pixels are prepared.
        return np.zeros_like(picture_hash(np.zeros((8, 8, 3), np.uint8)))


def _check_classes(train: DataSet) -> None:
    if train.scheme is None:
        return
    count = Counter(r.label for r in train.records)
    few = [c.id for c in train.scheme.classes if count[c.id] < _FEWEST]
    if few:
        raise DataError(
            f"The class {few[0]!r} has {count[few[0]]} training pictures; {_FEWEST} are the fewest.",
            remedy="Add pictures, drop the class (--set 'relabel={"
            + few[0]
            + ': ""}'
            + "'), or join it with another.",
        )
