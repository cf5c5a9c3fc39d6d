"""Figures of classes: how many pictures each has, how large pictures are, and how a measure spreads within each class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy import ndarray

from skyform.evaluation.plotting import INK, PAPER, QUIET, Panel, colour, draw, row_labels
from skyform.evaluation.wording import count_text
from skyform.explore.balance import Balance, ClassCount
from skyform.explore.words import number, percent, shortened

__all__ = ["class_panel", "size_panel", "spread_panel"]

_ROW = 36.0  # px for a class: its name, and the bar below it
_AXIS = 62.0  # px for the axis and its title
_VIOLIN_FROM = 20  # pictures; with fewer, a density is guesswork
_TICKS = 3
_SHADES = (0.95, 0.6, 0.3)  # of the splits: colours stand for classes everywhere else
_NAME = 34  # characters that fit above a bar beside a number


def class_panel(balance: Balance, *, most: int) -> Panel:
    """Pictures of each class as bars, split into the published splits."""
    shown = balance.counts if len(balance.counts) <= most else _largest(balance, most)
    splits = list(shown[0].splits)

    def paint(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        _stacked(axes, shown)
        notes = [f"{count_text(c.count)} · {percent(c.share)}" for c in shown]
        row_labels(axes, [shortened(c.name, _NAME) for c in shown], notes)
        axes.set_xlabel("pictures")
        axes.set_xlim(0, max(1, max(c.count for c in shown)))
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
        if splits:
            figure.legend(loc="outside upper left", ncols=3)

    listed = ", ".join(f"{c.name} {count_text(c.count)}" for c in shown)
    caption = "Counts, and shares of all labelled pictures."
    if shown is not balance.counts:
        caption += f" The {count_text(most)} largest of {count_text(len(balance.counts))} classes."
    return draw(
        "classes",
        paint,
        height=_AXIS + 22 * bool(splits) + _ROW * len(shown),
        title="Pictures in each class",
        alt=f"Bar chart of pictures in each class: {listed}.",
        caption=caption,
    )


def size_panel(width: Int[ndarray, " n"], height: Int[ndarray, " n"]) -> Panel:
    """Width against height, a circle for each size whose area grows with the number of pictures."""
    sizes, counts = np.unique(np.stack([width, height], axis=1), axis=0, return_counts=True)

    def paint(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        area = 10 + 240 * counts / counts.max()
        axes.scatter(sizes[:, 0], sizes[:, 1], s=area, color=colour(0), alpha=0.55, linewidths=0)
        top = 1.08 * sizes.max()
        axes.plot([0, top], [0, top], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set(xlim=(0, top), ylim=(0, top), xlabel="width (px)", ylabel="height (px)")
        axes.set_aspect("equal")

    return draw(
        "sizes",
        paint,
        height=300.0,
        title="Sizes of the pictures",
        alt=f"Scatter plot of width against height: {count_text(len(sizes))} different sizes, widths from "
        f"{width.min()} to {width.max()} px, heights from {height.min()} to {height.max()} px.",
        caption="One circle for each size, its area growing with the number of pictures; square pictures lie on the dashed line.",
    )


def spread_panel(
    name: str,
    values: Sequence[Float[ndarray, " _"]],
    *,
    title: str,
    unit: str,
    classes: Sequence[str],
    colours: Sequence[int],
    logarithmic: bool = False,
) -> Panel:
    """A measure in each class: density, quartiles and median; single pictures where there are few."""
    values = [v[np.isfinite(v)] for v in values]
    least = min((v[v > 0].min() for v in values if (v > 0).any()), default=1.0)

    def scaled(v: ndarray) -> ndarray:
        return np.log10(np.maximum(v, least)) if logarithmic else v

    def paint(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        for row, (own, shade) in enumerate(zip(values, colours, strict=True)):
            if len(own):
                _spread(axes, scaled(own), row + 0.1, colour(shade))
        medians = [f"median {number(float(np.median(v)))}" if len(v) else "none" for v in values]
        row_labels(axes, [shortened(c, _NAME - 4) for c in classes], medians)
        axes.set_xlabel(unit)
        if logarithmic:
            axes.set_xticks(*_logarithmic_ticks(*axes.get_xlim()))
        else:
            axes.xaxis.set_major_locator(MaxNLocator(5))

    listed = ", ".join(
        f"{c} {number(float(np.median(v)))}" for c, v in zip(classes, values, strict=True) if len(v)
    )
    return draw(
        f"spread-{name}",
        paint,
        height=_AXIS + _ROW * len(classes),
        title=title,
        alt=f"{title}: {unit} in each class. Medians: {listed}.",
    )


def _stacked(axes: Axes, shown: Sequence[ClassCount]) -> None:
    """A bar for each class, its splits one after the other in shades of grey."""
    at, left = np.arange(len(shown)) + 0.08, np.zeros(len(shown))
    splits = list(shown[0].splits)
    parts = [[c.splits[s] for c in shown] for s in splits]
    rest = [c.count - sum(c.splits.values()) for c in shown]
    named = [*zip(splits, parts, strict=True), ("no split" if splits else "", rest)]
    for place, (name, part) in enumerate(p for p in named if sum(p[1])):
        shade = _SHADES[place % len(_SHADES)]
        axes.barh(at, part, 0.34, left, color=QUIET, alpha=shade, linewidth=0, label=name)
        left += part


def _spread(axes: Axes, values: ndarray, at: float, ink: str) -> None:
    spread = float(np.ptp(values))
    if len(values) >= _VIOLIN_FROM and spread > 1e-6 * max(1.0, abs(float(values.mean()))):
        low, high = np.quantile(values, [0.005, 0.995])
        inner = values[(values >= low) & (values <= high)]
        if np.ptp(inner) > 0:
            parts: dict[str, Any] = axes.violinplot(
                inner, [at], orientation="horizontal", widths=0.46, showextrema=False
            )
            for body in parts["bodies"]:
                body.set(facecolor=ink, alpha=0.45, linewidth=0)
    else:
        axes.plot(values, np.full(len(values), at), "o", color=ink, markersize=3, alpha=0.6)
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    axes.plot([low, high], [at, at], color=INK, linewidth=3.2, solid_capstyle="butt")
    axes.plot([middle], [at], "o", color=PAPER, markeredgecolor=INK, markersize=5)


def _logarithmic_ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Powers of ten between two logarithms, and twice and five times those where they are few; with their labels."""
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    for digits in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        values = [d * 10.0**p for p in powers for d in digits]
        shown = [v for v in values if low <= np.log10(v) <= high]
        if len(shown) >= _TICKS:
            break
    return [float(np.log10(v)) for v in shown], [f"{v:,g}" for v in shown]


def _largest(balance: Balance, most: int) -> tuple[ClassCount, ...]:
    return tuple(sorted(balance.counts, key=lambda c: -c.count)[:most])
