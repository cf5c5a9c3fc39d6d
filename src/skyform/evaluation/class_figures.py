"""Figures of a model that says one class for each picture."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from jaxtyping import Bool, Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy import ndarray

from skyform.evaluation.class_calibration import ClassCalibration
from skyform.evaluation.class_scores import ClassRow, confusion_shares
from skyform.evaluation.curves import area_under_roc, coverage_curve, roc_curve
from skyform.evaluation.metrics import calibration_error, reliability
from skyform.evaluation.plotting import (
    FAINT,
    INK,
    PAPER,
    QUIET,
    WIDTH,
    Panel,
    colour,
    draw,
    row_labels,
)
from skyform.schema import Scheme

__all__ = [
    "class_bars",
    "confusion_map",
    "coverage_panel",
    "reliability_diagram",
    "roc_panel",
]

_BLUE, _ORANGE = colour(0), colour(1)
_ROW = 30.0  # px
_NAMED = 5  # up to so many classes have their names on both axes


def confusion_map(counts: Int[ndarray, "k k"], *, scheme: Scheme) -> Panel:
    """True class against said class: the counts, on a ground as strong as their share of the true class."""
    k = len(scheme)
    cell = 44.0 if k <= _NAMED else 40.0
    names = [c.name for c in scheme.classes]
    longest = max(len(n) for n in names)
    few = k <= _NAMED and longest <= 12
    width = max(WIDTH, cell * k + 6.2 * (longest + 3) + 20)
    right = int(np.trace(counts))
    return draw(
        "confusion",
        partial(_paint_confusion, counts=counts, scheme=scheme, few=few),
        height=cell * k + 50,
        width=min(width, 720.0),
        title="Confusion matrix",
        alt=f"Confusion matrix of {k} classes: {right} of {int(counts.sum())} pictures lie on the diagonal.",
        caption="Rows are the true class, columns what the model said. The number is how many pictures; the ground is as strong "
        "as their share of the row.",
    )


def _paint_confusion(
    figure: Figure, *, counts: Int[ndarray, "k k"], scheme: Scheme, few: bool
) -> None:
    axes = figure.add_subplot()
    shares = np.nan_to_num(confusion_shares(counts))
    k = len(scheme)
    for i, j in np.ndindex(k, k):
        share = float(shares[i, j])
        axes.add_patch(Rectangle((j, i), 1, 1, facecolor=_BLUE, alpha=share, linewidth=0))
        ink = PAPER if share > 0.5 else INK if counts[i, j] else QUIET
        axes.text(j + 0.5, i + 0.5, str(counts[i, j]), ha="center", va="center", color=ink)
    axes.set(xlim=(0, k), ylim=(k, 0), xlabel="said", ylabel="true")
    numbers = [str(c.number) for c in scheme.classes]
    names = [c.name for c in scheme.classes]
    axes.set_xticks(np.arange(k) + 0.5, names if few else numbers)
    rows = names if few else [f"{n}  {i}" for n, i in zip(names, numbers, strict=True)]
    axes.set_yticks(np.arange(k) + 0.5, rows)
    axes.grid(False)
    axes.tick_params(length=0)
    axes.hlines(np.arange(k + 1), 0, k, color=FAINT, linewidth=0.7)
    axes.vlines(np.arange(k + 1), 0, k, color=FAINT, linewidth=0.7)
    for side in axes.spines.values():
        side.set_visible(False)


def class_bars(rows: Sequence[ClassRow]) -> Panel:
    """Precision and recall of each class with their intervals; the rows of `class_report` without its averages."""
    worst = min(rows, key=lambda r: r.f1.value)
    return draw(
        "classes",
        partial(_paint_bars, rows=rows),
        height=_ROW * 1.35 * len(rows) + 60,
        title="Precision and recall of each class",
        alt=f"Precision and recall of {len(rows)} classes; the lowest F1 is {worst.f1.value:.2f}, of {worst.name}.",
        caption="Recall: how much of the class was found. Precision: how much of what was given this name is of the class. "
        "Lines are 95 % intervals, the number at the right counts the class's pictures.",
    )


def _paint_bars(figure: Figure, *, rows: Sequence[ClassRow]) -> None:
    axes = figure.add_subplot()
    at = np.arange(len(rows), dtype=float)
    for name, shift, shade in (("recall", 0.0, _BLUE), ("precision", 0.25, _ORANGE)):
        found = [getattr(r, name) for r in rows]
        value = np.array([e.value for e in found])
        ends = np.array([[e.value - e.low, e.high - e.value] for e in found]).T
        axes.barh(at + shift, value, height=0.22, color=shade, label=name)
        axes.errorbar(value, at + shift, xerr=ends, fmt="none", ecolor=INK, elinewidth=1.0)
    row_labels(axes, [r.name for r in rows], [str(r.support) for r in rows])
    axes.set_xlim(0, 1)
    figure.legend(loc="outside lower center", ncols=2)


def roc_panel(
    truth: Int[ndarray, " n"], p: Float[ndarray, "n classes"], *, scheme: Scheme
) -> Panel:
    """One ROC curve for each class that occurs against all others; of many, the hardest three stand out."""
    present = [int(c) for c in np.unique(truth) if not (truth == c).all()]
    areas = {c: area_under_roc(truth == c, p[:, c]) for c in present}
    hardest = sorted(present, key=lambda c: areas[c])
    shown = hardest if len(hardest) <= _NAMED else hardest[:3]
    caption = "Each class against all others, at every threshold. The area under the curve is the chance that a picture of the class "
    caption += "gets a higher probability for it than one of another class; 0.5 is guessing."
    if len(shown) < len(hardest):
        caption += f" The three hardest of {len(hardest)} classes are coloured."
    return draw(
        "roc",
        partial(_paint_roc, truth=truth, p=p, scheme=scheme, areas=areas, shown=shown),
        height=330.0 + 16 * len(shown),
        title="ROC curves",
        alt="; ".join(f"area {areas[c]:.3f} for {scheme.classes[c].name}" for c in hardest) + ".",
        caption=caption,
    )


def _paint_roc(
    figure: Figure,
    *,
    truth: Int[ndarray, " n"],
    p: Float[ndarray, "n classes"],
    scheme: Scheme,
    areas: Mapping[int, float],
    shown: Sequence[int],
) -> None:
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    for c in areas:
        if c not in shown:
            curve = roc_curve(truth == c, p[:, c])
            axes.plot(*_thinned(curve.x, curve.y), color=QUIET, linewidth=0.8, alpha=0.7)
    for i, c in enumerate(shown):
        curve = roc_curve(truth == c, p[:, c])
        label = f"{areas[c]:.3f}  {scheme.classes[c].name}"
        axes.plot(*_thinned(curve.x, curve.y), color=colour(i), label=label)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set(
        xlabel="others given this class (false positives)", ylabel="class found (true positives)"
    )
    figure.legend(loc="outside lower center", title="area under the curve", alignment="left")


def reliability_diagram(
    before: Float[ndarray, "n classes"],
    after: Float[ndarray, "n classes"],
    truth: Int[ndarray, " n"],
    *,
    folds: bool,
) -> Panel:
    """How often the first answer is right against how sure the model is, before and after calibration, with the counts below.

    With `folds`, the probabilities after calibration are those of `cross_fit`; else those of the model file.
    """
    later = "after, in five folds" if folds else "after"
    whose = (
        "Each point after calibration was calibrated on other pictures."
        if folds
        else "After calibration is what the model file says."
    )
    errors = [_expected_error(p, truth) for p in (before, after)]
    return draw(
        "reliability",
        partial(
            _paint_reliability, before=before, after=after, truth=truth, errors=errors, later=later
        ),
        height=400.0,
        title="Reliability",
        alt=f"Reliability diagram: expected calibration error {errors[0]:.3f} before calibration and {errors[1]:.3f} {later}.",
        caption="On the diagonal, a probability of 0.8 means right in 8 of 10 cases; below it the model is too sure. ECE is the mean "
        f"distance from the diagonal. {whose} Bars count the pictures.",
    )


def _expected_error(p: Float[ndarray, "n classes"], truth: Int[ndarray, " n"]) -> float:
    return calibration_error(p.max(axis=1), p.argmax(axis=1) == truth)


def _paint_reliability(
    figure: Figure,
    *,
    before: Float[ndarray, "n classes"],
    after: Float[ndarray, "n classes"],
    truth: Int[ndarray, " n"],
    errors: Sequence[float],
    later: str,
) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3.2, 1))
    upper.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    styles = (("before", before, _ORANGE, "o", PAPER), (later, after, _BLUE, "s", _BLUE))
    for (name, p, shade, marker, face), error in zip(styles, errors, strict=True):
        bins = reliability(p.max(axis=1), p.argmax(axis=1) == truth)
        upper.plot(
            [b.confidence for b in bins],
            [b.accuracy for b in bins],
            color=shade,
            marker=marker,
            markersize=5,
            markerfacecolor=face,
            label=f"{name}, ECE {error:.3f}",
        )
    counts, edges = np.histogram(after.max(axis=1), bins=10, range=(0, 1))
    lower.bar(edges[:-1] + 0.05, counts, width=0.088, color=_BLUE)
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="share right")
    lower.set(xlabel="probability of the first answer", ylabel="pictures")
    upper.legend(loc="upper left")


def coverage_panel(
    confidence: Float[ndarray, " n"], right: Bool[ndarray, " n"], *, calibration: ClassCalibration
) -> Panel:
    """Accuracy on the pictures that are answered, against how many those are, as the least confidence rises."""
    curve = coverage_curve(confidence, right)
    share = float((confidence >= calibration.reject).mean())
    half = float(curve.y[np.searchsorted(curve.x, 0.5)])
    return draw(
        "coverage",
        partial(_paint_coverage, x=curve.x, y=curve.y, share=share),
        height=270.0,
        title="Accuracy against coverage",
        alt=f"Answering every picture gives an accuracy of {curve.y[-1]:.3f}, answering the surest half {half:.3f}.",
        caption="Leave the least sure pictures to people, and the rest is right more often. Left of 2 % there are too few pictures "
        "to draw.",
    )


def _paint_coverage(
    figure: Figure, *, x: Float[ndarray, " m"], y: Float[ndarray, " m"], share: float
) -> None:
    axes = figure.add_subplot()
    enough = x >= 0.02
    axes.plot(*_thinned(x[enough], y[enough]), color=_BLUE)
    if 0.02 < share < 1:
        at = float(np.interp(share, x, y))
        axes.plot([share], [at], color=_ORANGE, marker="o", markersize=6)
        _note(axes, f"reject threshold, {100 * share:.0f} %", (share, at))
    low = float(y[enough].min())
    axes.set(xlim=(0, 1), ylim=(max(0.0, low - 0.05), 1.005))
    axes.set(xlabel="share of pictures answered", ylabel="accuracy on them")


def _note(axes: Axes, text: str, at: tuple[float, float]) -> None:
    side = "right" if at[0] > 0.5 else "left"
    axes.annotate(
        text, at, xytext=(0, -16), textcoords="offset points", ha=side, va="top", color=QUIET
    )


def _thinned(
    x: Float[ndarray, " n"], y: Float[ndarray, " n"], most: int = 400
) -> tuple[Float[ndarray, " m"], Float[ndarray, " m"]]:
    """At most so many points, evenly spaced along the curve; a page needs no more."""
    if len(x) <= most:
        return x, y
    along = np.cumsum(np.hypot(np.diff(x, prepend=x[0]), np.diff(y, prepend=y[0])))
    at = np.unique(np.searchsorted(along, np.linspace(0, along[-1], most)))
    at = np.unique(np.append(np.minimum(at, len(x) - 1), [0, len(x) - 1]))
    return x[at], y[at]
