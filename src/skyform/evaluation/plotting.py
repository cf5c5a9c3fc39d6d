"""How every figure looks: one size, one type scale, one palette, and colours that follow the page's light or dark scheme.

A figure is inline SVG, 340 px wide like a telephone's page, so that its letters are as large as the text around it; the page
sets several side by side where there is room. Colours are written as CSS variables, letters as text in the page's own typeface.
"""

import io
import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "DARK",
    "FAINT",
    "INK",
    "LIGHT",
    "PAPER",
    "QUIET",
    "WIDTH",
    "Panel",
    "colour",
    "draw",
    "row_labels",
]

WIDTH = 340.0  # px
INK, QUIET, FAINT, PAPER = "#1d2126", "#5a636e", "#d5dae0", "#fefefe"
# Light scheme, dark scheme. Neighbours differ in lightness as well as hue, after Okabe and Ito (2008) and Paul Tol's schemes
# (2021, SRON/EPS/TN/09-002), and each has at least 3:1 against its background.
COLOURS: tuple[tuple[str, str], ...] = (
    ("#0072b2", "#56b4e9"),
    ("#d55e00", "#f0803c"),
    ("#00875f", "#3cc49a"),
    ("#aa4499", "#dc8fd0"),
    ("#9a7400", "#e6c14a"),
    ("#332288", "#a495f5"),
    ("#cc6677", "#f2a0ae"),
    ("#2b8c9c", "#7fd6e4"),
    ("#882255", "#d66a98"),
    ("#6b7a1e", "#bccb5c"),
    ("#7a4b1e", "#d0a070"),
    ("#697078", "#a8b0b9"),
)
LIGHT: Mapping[str, str] = {f"c{i}": light for i, (light, _) in enumerate(COLOURS)} | {
    "ink": INK,
    "quiet": QUIET,
    "faint": FAINT,
    "paper": PAPER,
}
DARK: Mapping[str, str] = {f"c{i}": dark for i, (_, dark) in enumerate(COLOURS)} | {
    "ink": "#e8ebef",
    "quiet": "#a4adb8",
    "faint": "#3a424c",
    "paper": "#14181d",
}
_PAD = 6.0  # px
_TYPE = 11.0  # px; the only size of letters
_RULES: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": _TYPE,
    "axes.labelsize": _TYPE,
    "xtick.labelsize": _TYPE,
    "ytick.labelsize": _TYPE,
    "legend.fontsize": _TYPE,
    "text.color": INK,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": QUIET,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "lines.linewidth": 1.6,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.formatter.use_mathtext": False,
    "axes.unicode_minus": True,
}
# Prologue and addresses; a style sheet that would hold for the whole page; ids that repeat from figure to figure (those that
# something refers to are hashes); the plotting library's own typeface; rotations by nothing.
_SKIPPED = re.compile(
    r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>| xmlns(?::xlink)?=\"[^\"]*\"| version=\"[^\"]*\""
    r"| id=\"(?![mpC]_?[0-9a-f]{10}\")[^\"]*\"|font-family: [^;\"]+;? ?| transform=\"rotate\(-?0 [^)]*\)\"",
    re.DOTALL,
)
_NUMBER = re.compile(r"\d+\.\d{3,}")


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure: a title, the drawing, what it shows in words for those who do not see it, and how to read it."""

    title: str
    svg: Markup
    alt: str
    caption: str = ""
    width: float = WIDTH


def colour(number: int) -> str:
    """The colour of a class, by its position."""
    return COLOURS[number % len(COLOURS)][0]


def draw(
    name: str,
    paint: Callable[[Figure], object],
    *,
    height: float,
    alt: str,
    title: str,
    caption: str = "",
    width: float = WIDTH,
) -> Panel:
    """Draw a panel.

    Parameters
    ----------
    name : str
        Unique on the page: the figure's parts refer to each other by ids made from it.
    paint : callable
        Draws into the empty figure.
    height, width : float
        In px. What does not fit a telephone's width scrolls there.
    """
    with _rules(name):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
        engine = figure.get_layout_engine()
        if engine is not None:
            # The page's letters are wider than those that the layout was made with.
            engine.set(w_pad=_PAD / 72, h_pad=_PAD / 72)  # type: ignore[call-arg]
        paint(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    return Panel(title, Markup(_themed(buffer.getvalue())), alt, caption, width)


def row_labels(axes: Axes, labels: list[str], notes: list[str], *, gap: float = 0.36) -> None:
    """Names at the left and notes at the right above rows 0, 1, 2... counted downwards; an axis of names would take half the width."""
    axes.set_ylim(len(labels) - 0.5 + 0.1, -0.5 - 0.15)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(False, axis="y")
    place = axes.get_yaxis_transform()
    for row, (label, note) in enumerate(zip(labels, notes, strict=True)):
        axes.text(0, row - gap, label, transform=place, va="center", ha="left")
        axes.text(1, row - gap, note, transform=place, va="center", ha="right", color=QUIET)


@contextmanager
def _rules(name: str) -> Generator[None, None, None]:
    with matplotlib.rc_context({**_RULES, "svg.hashsalt": name}):
        yield


def _themed(svg: str) -> str:
    """The drawing for a page: no prologue, no addresses, colours as variables, letters in the page's typeface."""
    svg = _SKIPPED.sub("", svg[svg.index("<svg") :])
    svg = re.sub(r"(<svg[^>]*?) width=\"[^\"]*\" height=\"[^\"]*\"", r"\1", svg, count=1)
    for variable, value in LIGHT.items():
        svg = svg.replace(value, f"var(--{variable})")
    svg = re.sub(r"<[^>]+>", lambda tag: _NUMBER.sub(_short, tag[0]), svg)
    return re.sub(r">\s+<", "><", re.sub(r"\s*\n\s*", " ", svg))


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
