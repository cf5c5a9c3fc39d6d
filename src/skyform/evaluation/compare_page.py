"""`skyform compare --to`: a comparison as one HTML page."""

from collections.abc import Mapping
from typing import Any

from skyform.evaluation.comparison import Comparison, Contestant
from skyform.evaluation.figures import cost_panel, forest_panel
from skyform.evaluation.pages import data_uri, render
from skyform.evaluation.plotting import Panel
from skyform.evaluation.wording import (
    METRICS,
    bytes_text,
    count_text,
    duration_text,
    estimate_text,
    metric_of,
    number_text,
    p_text,
)

__all__ = ["compare_page", "shown_metrics"]

_PICTURES = 24


def compare_page(comparison: Comparison, *, thumbnails: Mapping[str, bytes]) -> str:
    """The comparison as a self-contained HTML page.

    Parameters
    ----------
    comparison : Comparison
    thumbnails : mapping of id to bytes
        Small JPEGs, for the pictures that no model got right.
    """
    rows = comparison.contestants
    title = metric_of(comparison.metric).title
    found = [(c.name, c.scores[comparison.metric]) for c in rows]
    reported = {
        c.name: c.summary.reported[comparison.metric]
        for c in rows
        if comparison.metric in c.summary.reported
    }
    wrong = [i for i in comparison.all_wrong if i in thumbnails][:_PICTURES]
    return render(
        "compare.html.j2",
        comparison=comparison,
        metric=metric_of(comparison.metric),
        dataset=rows[0].summary.dataset["title"],
        derived=any(c.summary.derived for c in rows),
        forest=forest_panel(found, metric=title, reported=reported),
        costs=_costs(comparison, title),
        metrics=[metric_of(m) for m in shown_metrics(comparison)],
        rows=[_line(c, comparison) for c in rows],
        wrong=[
            {
                "id": i,
                "truth": comparison.all_wrong[i],
                "image": data_uri(thumbnails[i], suffix=".jpg"),
            }
            for i in wrong
        ],
    )


def shown_metrics(comparison: Comparison) -> list[str]:
    """Figures that every model has, the primary one first; the baseline is the same for all and left out."""
    names = [n for n in METRICS if all(n in c.scores for c in comparison.contestants)]
    return sorted((n for n in names if n != "baseline"), key=lambda n: n != comparison.metric)


def _line(c: Contestant, comparison: Comparison) -> dict[str, Any]:
    known = c.spread == c.spread
    return {
        "name": c.name,
        "title": c.title,
        "seeds": len(c.seeds),
        "spread": f"± {c.spread:.3f} over {len(c.seeds)} seeds" if known else "",
        "score": estimate_text(c.scores[comparison.metric]),
        "others": [f"{c.scores[m].value:.3f}" for m in shown_metrics(comparison)[1:]],
        "behind": estimate_text(c.behind.difference) if c.behind else "",
        "p": p_text(c.behind.p) if c.behind else "",
        "sure": c.behind is not None and c.behind.p < 0.05,
        "train": count_text(c.n_train),
        "seconds": duration_text(c.seconds) if c.seconds else "–",
        "speed": number_text(c.images_per_second) if c.images_per_second else "–",
        "parameters": count_text(c.parameters) if c.parameters else "–",
        "bytes": bytes_text(c.bytes) if c.bytes else "–",
        "device": c.summary.device,
    }


def _costs(comparison: Comparison, title: str) -> list[Panel]:
    """The primary figure against each cost that at least two models know."""
    panels: list[Panel] = []
    for name, unit, costs in (
        ("time of training", "s", [c.seconds for c in comparison.contestants]),
        ("parameters", "", [float(c.parameters) for c in comparison.contestants]),
        ("pictures per second", "", [c.images_per_second for c in comparison.contestants]),
    ):
        if sum(c > 0 for c in costs) > 1:
            found = [(c.name, c.scores[comparison.metric]) for c in comparison.contestants]
            rows = [(n, e, cost) for (n, e), cost in zip(found, costs, strict=True)]
            panels.append(cost_panel(rows, metric=title, cost=name, unit=unit))
    return panels
