"""Figures of any run: training curves, questions and labels, and models side by side."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator
from numpy import ndarray

from skyform.evaluation.metrics import Estimate
from skyform.evaluation.plotting import FAINT, INK, QUIET, Panel, colour, draw, row_labels

__all__ = ["bars_panel", "cost_panel", "forest_panel", "training_panel"]

_BLUE, _ORANGE = colour(0), colour(1)
_ROW = 30.0  # px


def training_panel(curves: Mapping[str, Float[ndarray, " epochs"]]) -> Panel | None:
    """Loss, accuracy and learning rate over the epochs, as far as they are known; None where nothing is."""
    parts = [
        (label, names, log)
        for label, names, log in (
            ("loss", ("loss", "validation_loss"), False),
            ("accuracy", ("validation_accuracy",), False),
            ("learning rate", ("learning_rate",), True),
        )
        if any(_drawable(curves, n) for n in names)
    ]
    if not parts or "epoch" not in curves:
        return None
    epochs = int(np.nanmax(curves["epoch"]))
    alt = f"Training over {epochs} epochs."
    if _drawable(curves, "validation_loss"):
        best = int(np.nanargmin(curves["validation_loss"]))
        alt += f" Validation loss is lowest in epoch {curves['epoch'][best]:.0f}: {curves['validation_loss'][best]:.3f}."
    return draw(
        "training",
        partial(_paint_training, curves=curves, parts=parts),
        height=60.0 + 120 * len(parts),
        title="Training curves",
        alt=alt,
        caption="A validation loss that rises while the training loss falls is a sign of overfitting.",
    )


def _drawable(curves: Mapping[str, Float[ndarray, " epochs"]], name: str) -> bool:
    return name in curves and bool(np.isfinite(curves[name]).any())


def _paint_training(
    figure: Figure,
    *,
    curves: Mapping[str, Float[ndarray, " epochs"]],
    parts: Sequence[tuple[str, tuple[str, ...], bool]],
) -> None:
    rows = np.atleast_1d(figure.subplots(len(parts), 1, sharex=True))
    epoch = curves["epoch"]
    for axes, (label, names, log) in zip(rows, parts, strict=True):
        for name in names:
            if not _drawable(curves, name):
                continue
            own = name.startswith("validation")
            known = np.isfinite(curves[name])
            axes.plot(
                epoch[known],
                curves[name][known],
                color=_BLUE if own else QUIET if log else _ORANGE,
                linestyle="-" if own or log else (0, (5, 2)),
                marker="o" if known.sum() < 3 else None,
                label="validation" if own else "training",
            )
        axes.set_ylabel(label)
        if log and np.nanmin(curves[names[0]]) > 0:
            axes.set_yscale("log")
            axes.minorticks_off()
        if len(names) > 1:
            axes.legend(loc="upper right")
    rows[-1].set_xlabel("epoch")


def bars_panel(
    name: str,
    rows: Sequence[tuple[str, Estimate, str]],
    *,
    title: str,
    axis: str,
    caption: str = "",
) -> Panel:
    """One bar with its interval for each figure between 0 and 1; a row is its name, the figure, and a note for the right."""
    lowest = min(rows, key=lambda r: r[1].value)
    return draw(
        name,
        partial(_paint_rows, rows=rows, axis=axis),
        height=_ROW * 1.15 * len(rows) + 50,
        title=title,
        alt=f"{title}: {len(rows)} bars, the lowest {lowest[1].value:.2f}, {lowest[0]}",
        caption=caption,
    )


def _paint_rows(figure: Figure, *, rows: Sequence[tuple[str, Estimate, str]], axis: str) -> None:
    axes = figure.add_subplot()
    at = np.arange(len(rows), dtype=float)
    value = np.array([e.value for _, e, _ in rows])
    ends = _ends([e for _, e, _ in rows])
    axes.barh(at, value, height=0.26, color=_BLUE)
    axes.errorbar(value, at, xerr=ends, fmt="none", ecolor=INK, elinewidth=1)
    row_labels(axes, [n for n, _, _ in rows], [note for _, _, note in rows])
    axes.set(xlim=(0, 1), xlabel=axis)


def forest_panel(
    rows: Sequence[tuple[str, Estimate]],
    *,
    metric: str,
    reported: Mapping[str, float] | None = None,
) -> Panel:
    """Models below each other, each with its figure and interval; a hollow mark is what the source reports on its own data."""
    best = rows[0]
    given = reported or {}
    return draw(
        "forest",
        partial(_paint_forest, rows=rows, metric=metric, given=given),
        height=_ROW * 1.15 * len(rows) + 56,
        title=f"{metric} with 95 % intervals",
        alt=f"{len(rows)} models by {metric}: {best[0]} leads with {best[1].value:.3f}.",
        caption="Hollow marks: what the source reports, on its own data." if given else "",
    )


def _paint_forest(
    figure: Figure,
    *,
    rows: Sequence[tuple[str, Estimate]],
    metric: str,
    given: Mapping[str, float],
) -> None:
    axes = figure.add_subplot()
    at = np.arange(len(rows), dtype=float)
    value = np.array([e.value for _, e in rows])
    best = rows[0][1]
    axes.axvspan(best.low, best.high, color=FAINT, alpha=0.5, linewidth=0)
    axes.errorbar(value, at, xerr=_ends([e for _, e in rows]), fmt="s", color=_BLUE, markersize=5)
    for i, (name, _) in enumerate(rows):
        if name in given:
            axes.plot(
                [given[name]], [i], marker="o", color=_ORANGE, mfc="none", ls="none", markersize=7
            )
    row_labels(axes, [n for n, _ in rows], [f"{v:.3f}" for v in value])
    axes.set_xlabel(metric)


def cost_panel(
    rows: Sequence[tuple[str, Estimate, float]], *, metric: str, cost: str, unit: str
) -> Panel:
    """What a figure costs: one numbered mark for each model, over a logarithmic axis of seconds, parameters or bytes."""
    return draw(
        "cost-" + "".join(c for c in cost if c.isalnum()),
        partial(_paint_cost, rows=rows, metric=metric, label=f"{cost} ({unit})" if unit else cost),
        height=250.0,
        title=f"{metric} against {cost}",
        alt="; ".join(f"{name}: {e.value:.3f} at {c:.3g} {unit}".rstrip() for name, e, c in rows)
        + ".",
        caption="Numbers are the ranks of the table.",
    )


def _paint_cost(
    figure: Figure, *, rows: Sequence[tuple[str, Estimate, float]], metric: str, label: str
) -> None:
    axes: Axes = figure.add_subplot()
    for rank, (_, e, cost) in enumerate(rows, start=1):
        if cost > 0:
            axes.errorbar([cost], [e.value], yerr=_ends([e]), fmt="o", color=_BLUE, elinewidth=1)
            axes.annotate(
                str(rank), (cost, e.value), xytext=(6, 4), textcoords="offset points", color=QUIET
            )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _plain(value)))
    axes.minorticks_off()
    axes.margins(x=0.15)
    axes.set(xlabel=label, ylabel=metric)


def _ends(found: Sequence[Estimate]) -> Float[ndarray, "2 n"]:
    return np.array([[e.value - e.low, e.high - e.value] for e in found]).T


def _plain(value: float) -> str:
    """`300`, `30 k`, `25 M`."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g}"
