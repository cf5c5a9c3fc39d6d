"""Own classes on frozen features: from labelled pictures to a measured, calibrated head, in seconds and without torch."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt64
from numpy import ndarray

from skyform.datasets.dataset import DataSet, Problem, Stored
from skyform.datasets.splits import fold_dataset
from skyform.errors import DataError, SkyformError
from skyform.evaluation.class_calibration import ClassCalibration, fit_class_calibration
from skyform.evaluation.class_scores import score_classes
from skyform.evaluation.metrics import Estimate
from skyform.evaluation.resampling import bootstrap_mean
from skyform.evaluation.runs import Predictions
from skyform.evaluation.wording import counted
from skyform.images import decode
from skyform.images.fingerprint import picture_hash
from skyform.schema import Failure, Scheme
from skyform.training.fit_rows import (
    Validation,
    check_counts,
    chosen_rows,
    scheme_of,
    split_rows,
    without_empty_classes,
)
from skyform.training.heads import (
    Head,
    HeadName,
    choose_alpha,
    fit_boosted,
    fit_linear,
    held_out_logits,
)

__all__ = ["Embed", "FittedClasses", "fit_classes"]

# Pictures in, features of the frozen network out, in order; a picture that cannot be used gives its failure.
Embed = Callable[[Iterable[Stored]], Iterator[Float[ndarray, " features"] | Failure]]

_FOLDS = 5
_SEARCH_ROWS = 4000
_HASH_SIDE = 64


@dataclass(frozen=True)
class FittedClasses:
    """A head on frozen features, with what it was fitted on and how well it does.

    Attributes
    ----------
    dataset : DataSet
        The pictures that were used, labelled, in the order of `splits`.
    splits : tuple of str
        `train` or `validation`.
    head : Head
        Fitted on the training part alone: it is the head that was measured.
    head_name : str
    calibration : ClassCalibration
        Fitted on cross-validated predictions of the training part.
    scores : mapping of name to Estimate
        On the validation part.
    predictions : Predictions
        On the validation part, calibrated.
    settings : mapping
        What decided the fit: head, regularisation, seed, share of validation, averaging.
    problems : tuple of Problem
        Pictures that could not be read, and rows that the data set left out.
    notes : tuple of str
        What a reader must know.
    seconds, images_per_second : float
    """

    dataset: DataSet
    splits: tuple[str, ...]
    head: Head
    head_name: HeadName
    calibration: ClassCalibration
    scores: dict[str, Estimate]
    predictions: Predictions
    settings: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    images_per_second: float = 0.0

    @property
    def scheme(self) -> Scheme:
        """The classes that were learnt."""
        return scheme_of(self.dataset)

    def part(self, split: str) -> DataSet:
        """The pictures of one split."""
        return self.dataset.subset([i for i, s in enumerate(self.splits) if s == split])


def fit_classes(
    dataset: DataSet,
    *,
    embed: Embed,
    head: HeadName = "linear",
    validation: Validation = None,
    seed: int = 0,
    average: bool = False,
    wanted_accuracy: float | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> FittedClasses:
    """Fit a head to the labels of a data set.

    The set is split so that no object and no near-identical picture is on both sides. Regularisation and calibration come from
    cross-validation within the training part; every figure is measured on the validation part, which nothing was fitted to. The
    head is not fitted again on all pictures afterwards, so that the figures are those of the head that is kept.

    Parameters
    ----------
    dataset : DataSet
        Pictures without a label are left out, and counted.
    embed : callable
        Features of pictures; `skyform.inference.embedding.embeddings` of a classifier.
    head : str
        `linear`: multinomial logistic regression; `boosted`: gradient-boosted trees.
    validation : float or "published", optional
        Share of the pictures to measure on, or the split that the set came with. By default the latter where there is one, and a
        fifth else.
    seed : int
    average : bool
        Whether `embed` averages over the flips and rotations of a picture.
    wanted_accuracy : float, optional
        The model says that it cannot tell where it would be right less often than this.
    on_progress : callable, optional
        Called with the number of pictures looked at and of those that failed.

    Raises
    ------
    DataError
        If the set has no labels, fewer than two classes, or a class has fewer than three pictures that can be read; if the split
        that is wanted is not there.
    ModelError
        If the classes cannot be told apart in tables.
    ValueError
        If `validation` or `wanted_accuracy` is out of range.
    """
    start = time.perf_counter()
    rows, how, notes = chosen_rows(dataset, validation=validation, average=average)
    seen = _look_at(rows, embed, on_progress)
    rows = without_empty_classes(seen.rows)
    check_counts(rows)
    sides = split_rows(rows, how, seed=seed, hashes=seen.hashes)
    train = np.array([s == "train" for s in sides])
    fitted, calibration, settings = _fitted(
        rows.subset(np.flatnonzero(train)), seen, train, head, seed, wanted_accuracy
    )
    scores, predictions = _measured(rows, seen, ~train, fitted, calibration)
    if seen.problems:
        count = counted(len(seen.problems), "picture")
        notes.append(f"Left out: {count} that could not be read.")
    return FittedClasses(
        dataset=rows,
        splits=sides,
        head=fitted,
        head_name=head,
        calibration=calibration,
        scores=scores,
        predictions=predictions,
        settings={"head": head, **settings, "average": average, "validation": how, "seed": seed},
        problems=(*dataset.problems, *seen.problems),
        notes=tuple(notes),
        seconds=time.perf_counter() - start,
        images_per_second=seen.images_per_second,
    )


@dataclass(frozen=True)
class _Seen:
    """What the network made of the pictures that could be read."""

    rows: DataSet
    features: Float[ndarray, "n features"]
    hashes: UInt64[ndarray, "n words"]
    images_per_second: float
    problems: tuple[Problem, ...]


def _look_at(rows: DataSet, embed: Embed, on_progress: Callable[[int, int], None] | None) -> _Seen:
    """Features and fingerprints of all pictures, each read once; what cannot be read is listed and left out."""
    sent: list[int] = []
    hashes: dict[int, UInt64[ndarray, " words"]] = {}
    problems: list[Problem] = []

    def pictures() -> Iterator[Stored]:
        for i, record in enumerate(rows.records):
            try:
                stored = rows.image(i)
                hashes[i] = picture_hash(decode(stored, min_side=_HASH_SIDE).rgb)
            except SkyformError as error:
                problems.append(Problem(record.id, str(error)))
                continue
            sent.append(i)
            yield stored

    start = time.perf_counter()
    kept: list[int] = []
    features: list[Float[ndarray, " features"]] = []
    for done, result in enumerate(embed(pictures()), start=1):
        at = sent[done - 1]
        if isinstance(result, Failure):
            problems.append(Problem(rows.records[at].id, str(result)))
        else:
            kept.append(at)
            features.append(result)
        if on_progress is not None:
            on_progress(done, len(problems))
    if not kept:
        raise DataError(
            f"None of the {len(rows)} labelled pictures can be read; the first: {problems[0].id}: {problems[0].what}",
            remedy="Check the pictures, or their folder (--images).",
        )
    rate = len(kept) / max(time.perf_counter() - start, 1e-9)
    prints = np.stack([hashes[i] for i in kept])
    return _Seen(rows.subset(kept), np.stack(features), prints, rate, tuple(problems))


def _fitted(
    train_rows: DataSet,
    seen: _Seen,
    train: ndarray,
    head: HeadName,
    seed: int,
    wanted_accuracy: float | None,
) -> tuple[Head, ClassCalibration, dict[str, Any]]:
    """The head on the training part, its calibration on held-out folds of it, and what was chosen."""
    features, labels = seen.features[train], train_rows.labels
    classes = len(scheme_of(train_rows))
    folds = fold_dataset(
        train_rows,
        folds=max(2, min(_FOLDS, int(np.bincount(labels).min()))),
        seed=seed,
        hashes=seen.hashes[train],
    )
    fit, settings = _learner(features, labels, classes, folds, head, seed)
    held_out = held_out_logits(features, labels, classes=classes, folds=folds, fit=fit)
    calibration = fit_class_calibration(held_out, labels, wanted_accuracy=wanted_accuracy)
    settings["cross_validated_accuracy"] = round(
        float((held_out.argmax(axis=1) == labels).mean()), 4
    )
    return fit(features, labels), calibration, settings


def _learner(
    features: Float[ndarray, "n features"],
    labels: Int[ndarray, " n"],
    classes: int,
    folds: Int[ndarray, " n"],
    head: HeadName,
    seed: int,
) -> tuple[Callable[[ndarray, ndarray], Head], dict[str, Any]]:
    """What fits a head to features and labels, with its regularisation chosen."""
    if head == "boosted":
        return partial(fit_boosted, classes=classes, seed=seed), {}
    some = np.sort(np.random.default_rng(seed).permutation(len(labels))[:_SEARCH_ROWS])
    alpha = choose_alpha(features[some], labels[some], classes=classes, folds=folds[some])

    def fit(x: ndarray, y: ndarray) -> Head:
        return fit_linear(x, y, classes=classes, alphas=[alpha])[0]

    return fit, {"regularisation": alpha}


def _measured(
    rows: DataSet, seen: _Seen, here: ndarray, head: Head, calibration: ClassCalibration
) -> tuple[dict[str, Estimate], Predictions]:
    at = np.flatnonzero(here)
    scheme, truth = scheme_of(rows), rows.labels[at]
    p = calibration.probabilities(head.logits(seen.features[at]))
    scores = score_classes(truth, p, scheme=scheme)
    sets = calibration.answer_sets(p)
    if calibration.threshold:
        scores["set_coverage"] = bootstrap_mean(sets[np.arange(len(at)), truth].astype(float))
        scores["set_size"] = bootstrap_mean(sets.sum(axis=1).astype(float))
    if calibration.reject:
        answered = calibration.answered(p)
        right = (p.argmax(axis=1) == truth).astype(float)
        scores["answered"] = bootstrap_mean(answered.astype(float))
        if answered.any():
            scores["answered_accuracy"] = bootstrap_mean(right[answered])
    ids = tuple(rows.records[int(i)].id for i in at)
    return scores, Predictions(ids, scheme.ids, truth, p)
