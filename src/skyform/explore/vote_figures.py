"""Figures of votes: how the fractions of each answer spread, how far people agree, how many they were."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter
from numpy import ndarray

from skyform.evaluation.plotting import INK, Panel, colour, draw, row_labels
from skyform.evaluation.wording import count_text
from skyform.explore.class_figures import spread_panel
from skyform.explore.voting import BINS, QuestionVotes, VoteSummary
from skyform.explore.words import percent, shortened

__all__ = ["entropy_panel", "question_panel", "volunteer_panel"]

_ROW = 44.0
_AXIS = 62.0
_BARS = 0.52  # of a row


def question_panel(votes: QuestionVotes, *, number: int) -> Panel:
    """Distribution of each answer's fraction among those asked, one row of bars for each answer."""
    question = votes.question
    edges = np.linspace(0, 1, BINS + 1)

    def paint(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        for row, own in enumerate(votes.histograms):
            foot, peak = row + 0.42, max(1, int(own.max()))
            axes.stairs(
                foot - _BARS * own / peak,
                edges,
                baseline=foot,
                fill=True,
                color=colour(0),
                alpha=0.8,
            )
            axes.plot([votes.means[row]] * 2, [foot, foot - _BARS], color=INK, linewidth=1.2)
        notes = [f"mean {percent(float(m))}" for m in votes.means]
        row_labels(axes, [shortened(a.text, 30) for a in question.answers], notes, gap=0.3)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        axes.set_xlabel("share of those asked")

    listed = ", ".join(
        f"{a.text} {percent(float(m))}" for a, m in zip(question.answers, votes.means, strict=True)
    )
    return draw(
        f"question-{question.id}",
        paint,
        height=_AXIS + _ROW * len(question.answers),
        title=f"{number}. {question.text}",
        alt=f"Histograms of the share of each answer. Means: {listed}.",
        caption=f"{count_text(votes.rows)} pictures; on average {percent(votes.reached)} of all votes reach the question. "
        f"The most common answer has {percent(votes.agreement)}; "
        f"no answer has a majority on {percent(votes.disputed)} of the pictures.",
    )


def entropy_panel(summary: VoteSummary) -> Panel:
    """How far people disagree on each question."""
    asked = [q for q in summary.questions if q.rows]
    panel = spread_panel(
        "entropy",
        [q.entropy for q in asked],
        title="Disagreement on each question",
        unit="entropy of the fractions (0 all agree, 1 evenly split)",
        classes=[q.question.id.replace("-", " ") for q in asked],
        colours=[0] * len(asked),
    )
    return Panel(
        panel.title,
        panel.svg,
        panel.alt,
        "Shannon entropy over its maximum, the logarithm of the number of answers, for pictures on which at least a tenth of the "
        "votes reach the question. High entropy is doubt that belongs to the picture: no training removes it.",
    )


def volunteer_panel(volunteers: ndarray) -> Panel:
    """How many people classified each picture."""

    def paint(figure: Figure) -> None:
        axes: Axes = figure.subplots()
        bins = min(30, max(1, len(np.unique(volunteers))))
        axes.hist(volunteers, bins=bins, color=colour(0), alpha=0.8)
        axes.axvline(float(np.median(volunteers)), color=INK, linewidth=1.2)
        axes.set(xlabel="volunteers", ylabel="pictures")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))

    low, middle, high = (float(np.quantile(volunteers, q)) for q in (0, 0.5, 1))
    return draw(
        "volunteers",
        paint,
        height=220.0,
        title="Volunteers for each picture",
        alt=f"Histogram of the number of volunteers: from {low:.0f} to {high:.0f}, median {middle:.0f}.",
        caption=f"Median {middle:.0f} (line). With {middle:.0f} votes, a fraction of one half is known to "
        f"± {percent(1.96 * 0.5 / np.sqrt(max(middle, 1.0)))} (95 %), which bounds how well any model can predict it.",
    )
