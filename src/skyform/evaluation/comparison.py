"""Models side by side on the same validation rows: ranks, intervals, and whether a difference is more than luck."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.errors import DataError
from skyform.evaluation.class_scores import score_classes
from skyform.evaluation.metrics import Estimate
from skyform.evaluation.runs import Predictions, RunResult, RunSummary, Task
from skyform.evaluation.significance import Paired, holm, mcnemar, paired_bootstrap
from skyform.evaluation.vote_scores import score_fractions, score_labels
from skyform.evaluation.wording import PRIMARY, metric_of

__all__ = ["Comparison", "Contestant", "compare_runs", "group_runs"]

_SAME = 1e-4  # what a truth stored with single precision may be off


@dataclass(frozen=True, slots=True)
class Contestant:
    """One model of a comparison, with all its seeds.

    Attributes
    ----------
    name, title : str
    seeds : tuple of int
    scores : mapping of name to Estimate
        On the compared rows. With several seeds, values and ends of the intervals are means over them.
    spread : float
        Standard deviation of the primary figure over the seeds; NaN for a single one.
    behind : Paired or None
        How far the primary figure is from the best model's; None for the best one. `p` is corrected for the number of models.
    seconds, images_per_second : float
        Means over the seeds.
    parameters, bytes : int
    n_train : int
    summary : RunSummary
        Of the first seed.
    """

    name: str
    title: str
    seeds: tuple[int, ...]
    scores: Mapping[str, Estimate]
    spread: float
    behind: Paired | None
    seconds: float
    images_per_second: float
    parameters: int
    bytes: int
    n_train: int
    summary: RunSummary


@dataclass(frozen=True, slots=True)
class Comparison:
    """Models in the order of their primary figure, the best first.

    Attributes
    ----------
    task, metric : str
        The task, and the name of the primary figure.
    ids : tuple of str
        The validation rows that all were judged on.
    left_out : int
        Rows that some models have and others lack.
    contestants : tuple of Contestant
    all_wrong : mapping of id to str
        With classes, the rows that no model got right, and the name of their true class.
    any_right : float
        With classes, the share of rows that at least one model got right; NaN otherwise.
    """

    task: Task
    metric: str
    ids: tuple[str, ...]
    left_out: int
    contestants: tuple[Contestant, ...]
    all_wrong: Mapping[str, str]
    any_right: float

    @property
    def unlike(self) -> str:
        """A plain sentence where only some of the models chose anything on the compared pictures; else empty."""
        by_place: dict[str, list[str]] = {"validation": [], "training": []}
        for c in self.contestants:
            by_place[c.summary.chosen_on].append(c.name)
        if not all(by_place.values()):
            return ""
        chose, blind = (", ".join(by_place[place]) for place in ("validation", "training"))
        return (
            f"Not quite like with like: by these same validation pictures {chose} chose the temperature of the probabilities and, if "
            f"trained in epochs, the best epoch (skyform train), which flatters a little; nothing was chosen by them for {blind} (skyform fit)."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "task": self.task,
            "metric": self.metric,
            "n": len(self.ids),
            "left_out": self.left_out,
            "unlike": self.unlike,
            "any_right": None if np.isnan(self.any_right) else round(self.any_right, 4),
            "models": [_plain(rank, c) for rank, c in enumerate(self.contestants, start=1)],
        }


def _plain(rank: int, c: Contestant) -> dict[str, Any]:
    behind = None
    if c.behind is not None:
        behind = c.behind.difference.to_dict() | {"p": float(f"{c.behind.p:.3g}")}
    return {
        "rank": rank,
        "name": c.name,
        "title": c.title,
        "seeds": list(c.seeds),
        "scores": {name: e.to_dict() for name, e in c.scores.items()},
        "spread": None if np.isnan(c.spread) else round(c.spread, 4),
        "behind_best": behind,
        "seconds": round(c.seconds, 1),
        "images_per_second": round(c.images_per_second, 1),
        "parameters": c.parameters,
        "bytes": c.bytes,
        "n_train": c.n_train,
    }


def compare_runs(
    results: Sequence[RunResult], *, names: Sequence[str], common: bool = False
) -> Comparison:
    """Rank runs that were judged on the same pictures.

    Runs of one name with different seeds are one contestant. The p-values are McNemar's for single runs with classes and the
    paired bootstrap's otherwise, each against the best model, with Holm's correction.

    Parameters
    ----------
    results : sequence of RunResult
        At least two.
    names : sequence of str
        What errors call each run, such as its folder; also the name of a run whose own name and seed another one has.
    common : bool
        Compare on the rows that all runs share, where they differ.

    Raises
    ------
    DataError
        If tasks, classes, rows or truths differ.
    """
    if len(results) < 2:
        raise DataError(
            f"A comparison needs at least two runs, not {len(results)}.",
            remedy="Give the folders of several runs.",
        )
    _check_alike(results, names)
    ids, left_out = _shared(results, names, common=common)
    aligned = [_aligned(r.predictions, ids) for r in results]
    _check_truth(aligned, names)
    task = results[0].summary.task
    metric = PRIMARY[task]
    groups = group_runs([r.summary for r in results], names=names)
    rows = {g: [_row_values(task, aligned[i]) for i in at] for g, at in groups.items()}
    scores = {g: [_scores(results[i].summary, aligned[i]) for i in at] for g, at in groups.items()}
    sign = 1.0 if metric_of(metric).less_is_better else -1.0
    order = sorted(
        groups, key=lambda g: sign * float(np.mean([s[metric].value for s in scores[g]]))
    )
    tests = [_against(task, rows[order[0]], rows[g]) for g in order[1:]]
    corrected = holm([t.p for t in tests])
    behind = [None, *(Paired(t.difference, p) for t, p in zip(tests, corrected, strict=True))]
    contestants = tuple(
        _contestant(g, [results[i].summary for i in groups[g]], scores[g], metric, b)
        for g, b in zip(order, behind, strict=True)
    )
    wrong, share = _agreement(results[0].summary, aligned[0], rows)
    return Comparison(task, metric, ids, left_out, contestants, wrong, share)


def group_runs(summaries: Sequence[RunSummary], *, names: Sequence[str]) -> dict[str, list[int]]:
    """Positions of the runs that belong together, by the group's name, in the order given.

    Runs of one recipe (the same name) with different seeds do; where a name comes with the same seed twice, each of its runs stands
    alone under its name from `names`.
    """
    by_name: dict[str, list[int]] = {}
    for i, summary in enumerate(summaries):
        by_name.setdefault(summary.name, []).append(i)
    groups: dict[str, list[int]] = {}
    for name, at in by_name.items():
        if len({summaries[i].seed for i in at}) == len(at):
            groups[name] = sorted(at, key=lambda i: summaries[i].seed)
        else:
            groups |= {names[i]: [i] for i in at}
    return groups


def _check_alike(results: Sequence[RunResult], names: Sequence[str]) -> None:
    first = results[0]
    for result, name in zip(results[1:], names[1:], strict=True):
        if result.summary.task != first.summary.task:
            raise DataError(
                f"{names[0]} says {first.summary.task} and {name} says {result.summary.task}: they cannot be compared.",
                remedy="Compare runs of one task.",
            )
        if result.predictions.columns != first.predictions.columns:
            raise DataError(
                f"{names[0]} and {name} have different classes: {', '.join(first.predictions.columns[:12])} "
                f"and {', '.join(result.predictions.columns[:12])}.",
                remedy="Compare runs with the same classes in the same order.",
            )


def _shared(
    results: Sequence[RunResult], names: Sequence[str], *, common: bool
) -> tuple[tuple[str, ...], int]:
    """Ids that all runs have, in the first one's order, and how many others there are."""
    sets = [set(r.predictions.ids) for r in results]
    shared, every = set.intersection(*sets), set.union(*sets)
    for name, ids in zip(names, sets, strict=True):
        if ids != sets[0] and not common:
            both = len(ids & sets[0])
            raise DataError(
                f"{names[0]} was judged on {len(sets[0])} pictures and {name} on {len(ids)}; {both} are in both.",
                remedy=f"--common compares all runs on the {len(shared)} pictures that they share."
                if shared
                else "Train them on the same split.",
            )
    if not shared:
        raise DataError(
            f"No validation picture is in all of {', '.join(names)}.",
            remedy="Train them on the same split.",
        )
    return tuple(i for i in results[0].predictions.ids if i in shared), len(every - shared)


def _aligned(predictions: Predictions, ids: Sequence[str]) -> Predictions:
    place = {id: i for i, id in enumerate(predictions.ids)}
    return predictions.rows(np.array([place[i] for i in ids], dtype=int))


def _check_truth(aligned: Sequence[Predictions], names: Sequence[str]) -> None:
    first = aligned[0]
    for other, name in zip(aligned[1:], names[1:], strict=True):
        same = np.isclose(first.truth, other.truth, rtol=0, atol=_SAME, equal_nan=True)
        if not same.all():
            rows = same if same.ndim == 1 else same.all(axis=1)
            raise DataError(
                f"{names[0]} and {name} hold different truths for {int((~rows).sum())} pictures, such as "
                f"{first.ids[int(np.argmin(rows))]}.",
                remedy="Compare runs whose labels were made in the same way.",
            )


def _scores(summary: RunSummary, rows: Predictions) -> dict[str, Estimate]:
    if summary.scheme is not None:
        return score_classes(rows.truth, rows.p, scheme=summary.scheme)
    measure = score_labels if summary.task == "labels" else score_fractions
    return measure(rows.truth, rows.p)


def _row_values(task: Task, rows: Predictions) -> Float[ndarray, " n"]:
    """What each row adds to the primary figure: 1 where it is right, its share of right labels, or its mean squared error."""
    if task == "classes":
        return (rows.said == rows.truth).astype(float)
    known = np.isfinite(rows.truth).all(axis=1)
    truth, p = rows.truth[known], rows.p[known]
    if task == "labels":
        return ((truth > 0.5) == (p > 0.5)).mean(axis=1)
    return ((truth - p) ** 2).mean(axis=1)


def _against(
    task: Task, best: Sequence[Float[ndarray, " n"]], other: Sequence[Float[ndarray, " n"]]
) -> Paired:
    root = task in ("fractions", "votes")
    first, second = np.mean(best, axis=0), np.mean(other, axis=0)
    paired = paired_bootstrap(second, first, root=root)
    if task == "classes" and len(best) == len(other) == 1:
        return Paired(paired.difference, mcnemar(best[0] > 0, other[0] > 0))
    return paired


def _contestant(
    name: str,
    runs: Sequence[RunSummary],
    scores: Sequence[Mapping[str, Estimate]],
    metric: str,
    behind: Paired | None,
) -> Contestant:
    values = [s[metric].value for s in scores]
    return Contestant(
        name=name,
        title=runs[0].title,
        seeds=tuple(r.seed for r in runs),
        scores={k: _mean([s[k] for s in scores]) for k in scores[0]},
        spread=float(np.std(values, ddof=1)) if len(values) > 1 else float("nan"),
        behind=behind,
        seconds=float(np.mean([r.seconds for r in runs])),
        images_per_second=float(np.mean([r.images_per_second for r in runs])),
        parameters=runs[0].parameters,
        bytes=runs[0].bytes,
        n_train=runs[0].n_train,
        summary=runs[0],
    )


def _mean(estimates: Sequence[Estimate]) -> Estimate:
    value, low, high = np.mean([(e.value, e.low, e.high) for e in estimates], axis=0)
    return Estimate(float(value), float(low), float(high), estimates[0].n)


def _agreement(
    summary: RunSummary,
    truth: Predictions,
    rows: Mapping[str, Sequence[Float[ndarray, " n"]]],
) -> tuple[dict[str, str], float]:
    """The rows that every run got wrong, with the names of their classes, and the share of the others."""
    if summary.scheme is None:
        return {}, float("nan")
    right = np.max([row for group in rows.values() for row in group], axis=0) > 0
    wrong = np.flatnonzero(~right)
    classes = summary.scheme.classes
    names = {truth.ids[int(i)]: classes[int(truth.truth[i])].name for i in wrong}
    return names, float(right.mean())
