"""Which pictures of a data set a head is fitted to, under which classes, and on which side of the split."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import UInt64
from numpy import ndarray

from skyform.datasets.dataset import DataSet
from skyform.datasets.derive import derive_labels, relabel
from skyform.datasets.splits import split_dataset
from skyform.errors import DataError
from skyform.evaluation.wording import counted
from skyform.schema import TAXONOMIES, ClassName, Scheme
from skyform.schema.modelfile import RESERVED_COLUMNS, check_scheme, mirror_images

__all__ = [
    "Validation",
    "check_counts",
    "chosen_rows",
    "scheme_of",
    "split_rows",
    "with_classes",
    "without_empty_classes",
]

# A share to measure on, the split that a set was published with, or None: the latter where there is one.
Validation = float | Literal["published"] | None

_FEWEST = 3
_FEWEST_TRAINING = 2
_SHARE = 0.2


def with_classes(dataset: DataSet, *, scheme: str, mapping: Mapping[str, str]) -> DataSet:
    """The set under the classes that are asked for.

    Parameters
    ----------
    dataset : DataSet
    scheme : str
        Taxonomy to derive classes of from the votes; empty for the set's own labels.
    mapping : mapping of label to class
        Empty text drops a label.

    Raises
    ------
    DataError
        If there is no such taxonomy, there are no votes, or the mapping does not fit.
    """
    if scheme and scheme not in TAXONOMIES:
        raise DataError(
            f"There is no taxonomy {scheme!r}.", remedy=f"Choose from {', '.join(TAXONOMIES)}."
        )
    if scheme:
        dataset = derive_labels(dataset, TAXONOMIES[scheme])
    return relabel(dataset, mapping) if mapping else dataset


def chosen_rows(
    dataset: DataSet, *, validation: Validation, average: bool
) -> tuple[DataSet, float | Literal["published"], list[str]]:
    """The rows to learn from and to measure on, how to tell them apart, and what there is to say of the others.

    The rows have labels, under classes that fit into tables. They are told apart by the split that they were published with, or by a
    share for validation.

    Raises
    ------
    DataError
        If there are no labels or fewer than two classes, or `average` would wipe out what the classes say; if the split that is wanted
        is not there, or a class has too few pictures.
    ModelError
        If the classes cannot be told apart in tables.
    ValueError
        If the share is out of range.
    """
    rows, notes = _labelled(dataset)
    scheme = scheme_of(rows)
    if average and mirror_images(scheme) != tuple(range(len(scheme))):
        raise DataError(
            f"The classes of {scheme.name} say which way an object turns, and the average over mirrored pictures does not.",
            remedy="Fit without averaging.",
        )
    if not _is_published(rows, validation):
        check_counts(rows)
        return rows, _share_of(validation), notes
    rows, left = _published(rows)
    check_counts(rows)
    return rows, "published", notes + left


def split_rows(
    rows: DataSet,
    how: float | Literal["published"],
    *,
    seed: int,
    hashes: UInt64[ndarray, "n words"],
) -> tuple[str, ...]:
    """`train` or `validation` for each row.

    Raises
    ------
    DataError
        If a side, or the training part of a class, is left without pictures.
    """
    if how == "published":
        sides = tuple(r.split for r in rows.records)
    else:
        ratios = {"train": 1 - how, "validation": how}
        sides = split_dataset(rows, ratios=ratios, seed=seed, hashes=hashes)
    _check_sides(rows, sides)
    return sides


def _labelled(dataset: DataSet) -> tuple[DataSet, list[str]]:
    if dataset.scheme is None:
        raise DataError(
            f"{dataset.title or dataset.id} has no labels to learn from.",
            remedy="Name the column with --label, or derive classes from its votes with --scheme hubble "
            f"(or {', '.join(t for t in TAXONOMIES if t != 'hubble')}).",
        )
    known = np.flatnonzero(dataset.labels >= 0)
    notes: list[str] = []
    if len(known) < len(dataset):
        notes.append(f"Left out: {counted(len(dataset) - len(known), 'row')} without a label.")
    rows = without_empty_classes(dataset.subset(known))
    scheme = scheme_of(rows)
    taken = scheme.id.lower() in RESERVED_COLUMNS or scheme.id.lower() in TAXONOMIES
    if taken and scheme.id not in TAXONOMIES:
        notes.append(
            f"The classes are called {scheme.id}_class, since tables have a column {scheme.id}."
        )
        scheme = replace(scheme, id=f"{scheme.id}_class")
        rows = replace(rows, scheme=scheme)
    check_scheme(scheme)
    if scheme.id in TAXONOMIES:
        name = TAXONOMIES[scheme.id].name
        notes.append(f"Its own classes take the place of {name}, which would follow from the tree.")
    return rows, notes


def scheme_of(dataset: DataSet) -> Scheme:
    """The classes of a set that is known to have some."""
    if dataset.scheme is None:
        raise DataError(f"{dataset.title or dataset.id} has no labels.")
    return dataset.scheme


def without_empty_classes(dataset: DataSet) -> DataSet:
    """The set under the classes that occur.

    Raises
    ------
    DataError
        If those are fewer than two.
    """
    scheme = scheme_of(dataset)
    used = {r.label for r in dataset.records}
    classes: tuple[ClassName, ...] = tuple(c for c in scheme.classes if c.id in used)
    if len(classes) < 2:
        only = f"one class, {classes[0].name!r}" if classes else "no class"
        raise DataError(
            f"{dataset.title or dataset.id} holds {len(dataset)} labelled pictures of {only}; a model needs two classes at least.",
            remedy="Add pictures of something else, or choose another column with --label.",
        )
    return replace(dataset, scheme=replace(scheme, classes=classes))


def check_counts(rows: DataSet) -> None:
    """Refuse classes with too few pictures to learn from.

    Raises
    ------
    DataError
    """
    count = Counter(r.label for r in rows.records)
    few = [c for c in scheme_of(rows).ids if count[c] < _FEWEST]
    if few:
        named = ", ".join(f"{c!r} ({count[c]})" for c in few[:5])
        raise DataError(
            f"Too few pictures that can be read of {named}; each class needs {_FEWEST} at least.",
            remedy=f"Add pictures, join the class with another (--relabel {few[0]}=OTHER), or drop it (--relabel {few[0]}=).",
        )


def _share_of(validation: Validation) -> float:
    if not isinstance(validation, float):
        return _SHARE
    if not 0 < validation < 1:
        raise ValueError(f"validation is {validation}; give a share above 0 and below 1")
    return validation


def _is_published(rows: DataSet, validation: Validation) -> bool:
    """Whether to split as the set was published; an error if that is wanted, and it was not."""
    splits = {r.split for r in rows.records}
    there = "train" in splits and bool(splits & {"validation", "test"})
    if validation == "published" and not there:
        raise DataError(
            f"{rows.title or rows.id} was not published with a split into train and validation"
            f"{f' (its parts are {sorted(splits)})' if splits - {''} else ''}.",
            remedy="Give a share instead, such as --validation 0.2.",
        )
    return there and not isinstance(validation, float)


def _published(rows: DataSet) -> tuple[DataSet, list[str]]:
    """The rows of the published training and validation parts; a set without the latter is measured on its test part."""
    splits = {r.split for r in rows.records}
    judged = "validation" if "validation" in splits else "test"
    kept = [i for i, r in enumerate(rows.records) if r.split in ("train", judged)]
    notes = [] if judged == "validation" else ["Measured on the part that the set calls test."]
    if len(kept) < len(rows):
        notes.append(f"Left out: {counted(len(rows) - len(kept), 'row')} of other parts.")
    part = rows.subset(kept)
    renamed = [
        replace(r, split="train" if r.split == "train" else "validation") for r in part.records
    ]
    return without_empty_classes(replace(part, records=renamed)), notes


def _check_sides(rows: DataSet, sides: Sequence[str]) -> None:
    missing = {"train", "validation"} - set(sides)
    if missing:
        raise DataError(
            f"No picture is left for {missing.pop()}.",
            remedy="Give another share, such as --validation 0.3; pictures of one object stay on one side.",
        )
    count = Counter(r.label for r, s in zip(rows.records, sides, strict=True) if s == "train")
    few = [c for c in scheme_of(rows).ids if count[c] < _FEWEST_TRAINING]
    if few:
        raise DataError(
            f"The class {few[0]!r} has {count[few[0]]} training pictures; {_FEWEST_TRAINING} are the fewest.",
            remedy="Pictures of one object, and near-identical ones, stay on one side: add others, or drop the class "
            f"(--relabel {few[0]}=).",
        )
