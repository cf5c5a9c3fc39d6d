"""The reference systems beside ours, from the results of the training runs."""

import math
import re
from collections.abc import Iterable, Sequence

from skyform.evaluation.metrics import Estimate
from skyform.evaluation.runs import RunSummary
from skyform.evaluation.wording import PRIMARY, estimate_text, metric_of
from skyform.server.contract import ComparisonRow

__all__ = ["comparison_rows"]

_SYSTEM = re.compile(r"\bR[1-5]\b")


def comparison_rows(runs: Iterable[RunSummary]) -> list[ComparisonRow]:
    """A row for each figure of a reference system: as reported, by our recipe, and our best model on the same pictures.

    Parameters
    ----------
    runs : iterable of RunSummary
        All of a bake-off; those whose source names R1 to R5 are theirs, those whose source begins with Skyform are ours.
    """
    kept = list(runs)
    theirs = [r for r in kept if _SYSTEM.search(r.source)]
    own = {(_system(r), _table(r)) for r in theirs if not _is_baseline(r)}
    rows = [
        _row(run, metric, kept)
        for run in theirs
        # The trivial baseline was run on every table; it is its system's only beside the system's other models.
        if (_system(run), _table(run)) in own
        for metric in (run.reported or {PRIMARY[run.task]: None})
    ]
    return sorted(rows, key=lambda r: (r.system, r.task, not r.reported, r.note))


def _row(run: RunSummary, metric: str, runs: Sequence[RunSummary]) -> ComparisonRow:
    same = [r for r in runs if _table(r) == _table(run) and r.source.startswith("Skyform")]
    return ComparisonRow(
        system=_system(run),
        task=_task(run),
        measure=metric_of(metric).title,
        reported=_reported(run, metric),
        reproduced=_text([run], metric),
        ours=_best(same, metric),
        note=f"{run.title}. {_measured_on(run)}",
    )


def _system(run: RunSummary) -> str:
    found = _SYSTEM.search(run.source)
    return found.group() if found else ""


def _is_baseline(run: RunSummary) -> bool:
    return run.name.endswith("-majority")


def _table(run: RunSummary) -> tuple[str, str, str]:
    """What two runs must share for their figures to be compared: the data and the classes."""
    scheme = run.scheme.name if run.scheme is not None else ""
    return run.dataset["id"], run.dataset["fingerprint"], scheme


def _task(run: RunSummary) -> str:
    if run.scheme is None:
        return "The answers to the tree's questions"
    return f"{run.scheme.name}, {len(run.scheme)} classes"


def _reported(run: RunSummary, metric: str) -> str:
    if metric not in run.reported:
        return ""
    figure = f"{run.reported[metric]:.3g}"
    return f"{figure} ({run.reported_on})" if run.reported_on else figure


def _measured_on(run: RunSummary) -> str:
    text = f"Measured on {run.n_validation} held-out pictures of {run.dataset['id']}"
    return f"{text}, classes derived from votes." if run.derived else f"{text}."


def _best(runs: Sequence[RunSummary], metric: str) -> str:
    """The best of our models, named, each over all its seeds."""
    names = dict.fromkeys(r.name for r in runs if metric in r.scores)
    groups = [[r for r in runs if r.name == name] for name in names]
    if not groups:
        return ""
    sign = 1 if metric_of(metric).less_is_better else -1
    best = min(groups, key=lambda g: sign * _mean(g, metric).value)
    return f"{_text(best, metric)}, {best[0].title}"


def _text(runs: Sequence[RunSummary], metric: str) -> str:
    return estimate_text(_mean(runs, metric)) if metric in runs[0].scores else ""


def _mean(runs: Sequence[RunSummary], metric: str) -> Estimate:
    found = [r.scores[metric] for r in runs]
    parts = ((e.value, e.low, e.high) for e in found)
    value, low, high = (math.fsum(column) / len(found) for column in zip(*parts, strict=True))
    return Estimate(value, low, high, found[0].n)
