"""`skyform models --measure`: the model card as one HTML page, with reliability diagrams and the worst mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from skyform.evaluation.card_sections import measured_sections, name_of
from skyform.evaluation.class_figures import confusion_map
from skyform.evaluation.pages import data_uri, render
from skyform.evaluation.plotting import QUIET, Panel, colour, draw
from skyform.schema import TAXONOMIES, Scheme

__all__ = ["GalleryLine", "card_page", "confidence_panel"]

_ENOUGH = 50  # pictures; fewer make no diagram
_CONFUSED = "galaxy10_decals"


@dataclass(frozen=True, slots=True)
class GalleryLine:
    """One mistake to show: a JPEG, and what to read below it."""

    jpeg: bytes
    said: str
    right: str
    id: str


def card_page(
    card: Mapping[str, Any],
    measures: Mapping[str, Any],
    *,
    scores: Mapping[str, str],
    limits: Sequence[str],
    mistakes: Sequence[GalleryLine],
) -> str:
    """The page, which holds everything that it shows.

    Parameters
    ----------
    card : mapping
        What the model file says of itself; `name` and `title` at least.
    measures : mapping
        What `training.card_measures` gave.
    scores : mapping
        Titles of the headline figures.
    limits : sequence of str
        What the model must not be used for, and where it is weak.
    mistakes : sequence of GalleryLine
    """
    confidence = {k: v for k, v in measures["confidence"].items() if isinstance(v, Mapping)}
    panels = [
        confidence_panel(id, v) for id, v in confidence.items() if _points(v) and v["n"] >= _ENOUGH
    ]
    confused: Panel | None = None
    if _CONFUSED in confidence:
        counts = np.array(confidence[_CONFUSED]["counts"])
        confused = confusion_map(counts, scheme=Scheme.of(TAXONOMIES[_CONFUSED]))
    return render(
        "card.html.j2",
        card=card,
        facts=_facts(card),
        limits=limits,
        sections=measured_sections(measures, scores=scores),
        reliability=panels,
        confused=confused,
        confused_name=TAXONOMIES[_CONFUSED].name,
        mistakes=[
            {
                "image": data_uri(m.jpeg, suffix=".jpg"),
                "said": m.said,
                "right": m.right,
                "id": m.id,
            }
            for m in mistakes
        ],
    )


def confidence_panel(id: str, values: Mapping[str, Any]) -> Panel:
    """How often the first answer is right against how sure the model is, cross-fitted, with the number of pictures as the marks' size.

    Parameters
    ----------
    id : str
        A question, a taxonomy, or "kind".
    values : mapping
        Its record (`Confidence.to_dict`).
    """
    error, floor = 100 * values["ece_after"], 100 * values["ece_floor"]
    return draw(
        f"reliability-{id}",
        partial(_paint, points=_points(values)),
        height=330.0,
        title=name_of(id),
        alt=f"Reliability of {name_of(id)}: expected calibration error {error:.1f} %, floor {floor:.1f} %.",
        caption=f"Calibration error {error:.1f} % of {values['n']} pictures; an honest model would show {floor:.1f} %. The larger the "
        "mark, the more pictures; the line through it is how far chance reaches.",
    )


def _points(values: Mapping[str, Any]) -> list[tuple[float, float, int]]:
    return [(float(sure), float(right), int(n)) for sure, right, n in values["bins"]]


def _paint(figure: Figure, *, points: Sequence[tuple[float, float, int]]) -> None:
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    sure, right, n = (np.array(column) for column in zip(*points, strict=True))
    # Two standard deviations of a share of n pictures, were the stated confidence the truth.
    reach = 2 * np.sqrt(sure * (1 - sure) / n)
    low, high = np.clip(sure - reach, 0, 1), np.clip(sure + reach, 0, 1)
    axes.vlines(sure, low, high, color=QUIET, linewidth=1)
    axes.scatter(sure, right, s=12 + 90 * n / n.sum(), color=colour(0), zorder=3)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), aspect="equal")
    axes.set(xlabel="probability of the first answer", ylabel="share right")


def _facts(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a reader asks first, as far as the card says it."""
    sizes = card.get("bytes", {})
    known = [
        ("Version", str(card.get("version", ""))),
        ("Trained", str(card.get("date", ""))),
        ("Network", str(card.get("backbone", ""))),
        ("Files", ", ".join(f"{p} {b / 1e6:.1f} MB" for p, b in sizes.items())),
        ("Pictures", f"{sum(card.get('train', {}).values()):,}"),
    ]
    return [(name, text) for name, text in known if text]
