"""Figures of light: histograms of the channels, and brightness against what equalisation would make of it."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy import ndarray

from skyform.evaluation.plotting import QUIET, Panel, colour, draw
from skyform.explore.measures import LEVELS
from skyform.explore.words import percent

__all__ = ["brightness_panel", "channel_panel"]

# Vermillion, green and blue of the palette stand for red, green and blue.
_CHANNELS = (("red", 1), ("green", 2), ("blue", 0))
_LEAST = 1e-5  # share of pixels below which a logarithmic axis ends
_STEP = 64
_BIN = 4  # levels in one bar


def channel_panel(
    name: str, shares: Float[ndarray, "4 levels"], *, title: str, together: int = 1
) -> Panel:
    """Share of pixels at each level of red, green, blue (lines) and grey (area).

    A single picture has few pixels at most levels: neighbouring ones are averaged `together`, or noise would hide the lines.
    """
    means = [float(np.average(np.arange(LEVELS), weights=s)) for s in shares]
    levels = np.arange(LEVELS).reshape(-1, together).mean(axis=1)
    shares = shares.reshape(4, -1, together).mean(axis=2)

    def paint(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        grey = np.maximum(shares[3], _LEAST)
        axes.fill_between(
            levels, grey, _LEAST, step="mid", color=QUIET, alpha=0.28, linewidth=0, label="grey"
        )
        for row, (channel, shade) in enumerate(_CHANNELS):
            axes.step(
                levels,
                np.maximum(shares[row], _LEAST),
                where="mid",
                color=colour(shade),
                linewidth=1.1,
                label=channel,
            )
        axes.set_yscale("log")
        axes.set_ylim(_LEAST, min(1.6, 3 * float(shares.max())))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:g} %"))
        axes.minorticks_off()
        _level_axis(axes)
        axes.set_ylabel("pixels at each level")
        figure.legend(loc="outside upper left", ncols=4, columnspacing=1.1)

    return draw(
        f"channels-{name}",
        paint,
        height=230.0,
        title=title,
        alt=f"Histogram of levels from 0 to 255: mean red {means[0]:.0f}, green {means[1]:.0f}, blue {means[2]:.0f}, "
        f"grey {means[3]:.0f}.",
    )


def brightness_panel(
    name: str,
    *,
    before: Float[ndarray, " levels"],
    after: Float[ndarray, " levels"],
    title: str,
    caption: str = "",
) -> Panel:
    """Grey levels and their cumulative distribution, as they are and after histogram equalisation."""
    levels = np.arange(LEVELS)
    grouped = before.reshape(-1, _BIN).sum(axis=1)

    def paint(figure: Figure) -> None:
        top, bottom = figure.subplots(2, sharex=True, height_ratios=(3, 5))
        edges = np.arange(0, LEVELS + 1, _BIN)
        top.stairs(grouped, edges, color=colour(0), fill=True, alpha=0.8)
        _cut_off(top, grouped)
        top.set_ylabel("pixels")
        for own, shade, label in ((before, 0, "as it is"), (after, 1, "equalised")):
            bottom.step(levels, np.cumsum(own), where="post", color=colour(shade), label=label)
        bottom.plot([0, LEVELS - 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
        bottom.set_ylabel("pixels at or below")
        bottom.set_ylim(0, 1.02)
        for axes in (top, bottom):
            axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{100 * v:g} %"))
        _level_axis(bottom)
        bottom.legend(loc="lower right")

    half = int(np.searchsorted(np.cumsum(before), 0.5))
    return draw(
        f"brightness-{name}",
        paint,
        height=300.0,
        title=title,
        alt=f"Histogram and cumulative distribution of grey levels before and after equalisation. Half of the pixels are at or "
        f"below level {half} of 255 before; {percent(float(before[LEVELS // 2 :].sum()))} are in the upper half of the range.",
        caption=caption,
    )


def _cut_off(axes: Axes, bars: Float[ndarray, " bars"]) -> None:
    """End the axis where the second highest bar does, and write the highest one's share beside it.

    A black sky alone would fill the axis; what matters is how the rest is spread.
    """
    highest, ceiling = float(bars.max()), 1.15 * float(np.sort(bars)[-2])
    if not 0 < ceiling < highest:
        return
    axes.set_ylim(0, ceiling)
    at = _BIN * int(bars.argmax())
    right = at < LEVELS / 2
    axes.annotate(
        f"↑ {percent(highest)}",
        (at + _BIN if right else at, ceiling),
        xytext=(4 if right else -4, -1),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
        color=QUIET,
    )


def _level_axis(axes: Axes) -> None:
    axes.set_xlim(0, LEVELS - 1)
    axes.set_xticks([*range(0, LEVELS, _STEP), LEVELS - 1])
    axes.set_xlabel("level (0 black, 255 white)")
