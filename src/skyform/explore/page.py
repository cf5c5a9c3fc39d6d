"""The report: one HTML file with everything in it, that asks nothing of the network."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from numpy import ndarray

import skyform
from skyform.evaluation.plotting import DARK, LIGHT, Panel
from skyform.evaluation.wording import count_text
from skyform.explore.balance import class_count
from skyform.explore.class_figures import class_panel, size_panel, spread_panel
from skyform.explore.exploration import Exploration
from skyform.explore.findings import findings_of, imbalance, unread_reasons
from skyform.explore.gallery import (
    ContrastSample,
    class_pictures,
    contrast_samples,
    error_tiles,
    group_pictures,
)
from skyform.explore.light_figures import brightness_panel, channel_panel
from skyform.explore.reading import MEASURES
from skyform.explore.thumbnails import Thumbnails, atlas
from skyform.explore.vote_figures import entropy_panel, question_panel, volunteer_panel
from skyform.explore.words import number, percent, plural

__all__ = ["page_of"]

_CLASSES = 12  # with a colour and pictures of their own; further ones share the last colour and are in the tables
_OTHER = len([c for c in LIGHT if c.startswith("c")]) - 1
_ROWS = 60  # of a table of single pictures; all are in the JSON
_SIZES = 8  # in the table of sizes; with more, a figure shows them
_PLACES = (1000, 760)  # units of the map


def page_of(exploration: Exploration) -> str:
    """The whole page as text."""
    environment = Environment(
        loader=PackageLoader("skyform.explore", ""),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=count_text, number=number, percent=percent)
    return environment.get_template("report.html.j2").render(_content(exploration))


def _content(exploration: Exploration) -> dict[str, Any]:
    thumbnails = Thumbnails(exploration.dataset)
    shown = _shown(exploration)
    duplicates = exploration.duplicates
    return {
        "x": exploration,
        "plural": plural,
        "version": skyform.__version__,
        "light": LIGHT,
        "dark": DARK,
        "findings": findings_of(exploration),
        "overview": _overview(exploration),
        "class_panel": class_panel(exploration.balance, most=2 * _CLASSES) if shown else None,
        "imbalance": imbalance(exploration),
        "style": dict(zip(exploration.shortcut.classes, exploration.shortcut.recalls, strict=True)),
        "classes": class_pictures(exploration, shown, thumbnails=thumbnails),
        "copies": [
            (name, groups, group_pictures(exploration, groups, thumbnails=thumbnails))
            for name, groups in (
                ("Identical pixels", duplicates.exact),
                ("Nearly identical, turned or mirrored", duplicates.near),
                ("Several pictures of one object", duplicates.objects),
            )
        ],
        "light_panels": _light_panels(exploration),
        "contrast": _contrast(exploration, thumbnails),
        "spreads": _spreads(exploration, shown),
        "vote_panels": _vote_panels(exploration),
        "map": _map(exploration, shown),
        "errors": error_tiles(exploration, thumbnails),
        "joint": _joint(exploration),
        "rows": _ROWS,
    }


def _shown(exploration: Exploration) -> list[int]:
    """The classes with most pictures, in the scheme's order."""
    counts = np.array([c.count for c in exploration.balance.counts], dtype=int)
    largest = np.argsort(-counts, kind="stable")[:_CLASSES]
    return sorted(int(i) for i in largest if counts[i])


def _overview(exploration: Exploration) -> dict[str, Any]:
    readings, dataset = exploration.readings, exploration.dataset
    ok = readings.ok
    sizes = Counter(zip(readings.width[ok].tolist(), readings.height[ok].tolist(), strict=True))
    facts = [
        ("pictures", count_text(len(dataset))),
        ("readable", count_text(int(ok.sum()))),
        (
            "not readable",
            f"{count_text(len(readings.unread))} ({unread_reasons(exploration)})"
            if readings.unread
            else "0",
        ),
        (
            "classes",
            class_count(exploration.balance)
            + (" (from votes)" if exploration.classes.derived else ""),
        ),
        ("without a class", count_text(exploration.balance.unlabelled)),
        ("splits", _listed(Counter(r.split for r in dataset.records if r.split)) or "none"),
        ("formats", _listed(Counter(f for f in readings.format if f)) or "none"),
        ("with votes", count_text(exploration.votes.rows) if exploration.votes else "0"),
    ]
    flags = Counter(f for own in readings.flags for f in own)
    return {
        "facts": facts,
        "sizes": sizes.most_common(_SIZES),
        "more_sizes": max(0, len(sizes) - _SIZES),
        "size_panel": size_panel(readings.width[ok], readings.height[ok])
        if len(sizes) > 3
        else None,
        "flags": [(f, n, n / max(1, int(ok.sum()))) for f, n in flags.most_common()],
        "readable": int(ok.sum()),
    }


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count_text(n)}" for name, n in counts.most_common())


def _light_panels(exploration: Exploration) -> list[Panel]:
    readings = exploration.readings
    if not readings.ok.any():
        return []
    grey = readings.histograms[3]
    dark = float(grey[:32].sum())
    return [
        channel_panel(
            "all", readings.histograms, title="Levels of red, green and blue, all pictures"
        ),
        brightness_panel(
            "all",
            before=grey,
            after=readings.equalised,
            title="Brightness, all pictures",
            caption=f"{percent(dark)} of all pixels lie in the darkest eighth of the range. Histogram equalisation spreads levels "
            "evenly (dashed line): faint arms and halos become visible, and so does the noise of the sky. For survey images an asinh "
            "stretch of the original fluxes does the same with less noise.",
        ),
    ]


def _contrast(
    exploration: Exploration, thumbnails: Thumbnails
) -> list[tuple[ContrastSample, Panel, Panel]]:
    """Single pictures with their histograms."""
    return [
        (
            c,
            channel_panel(f"sample-{i}", c.channels, title="Levels", together=4),
            brightness_panel(
                f"sample-{i}", before=c.channels[3], after=c.equalised, title="Before and after"
            ),
        )
        for i, c in enumerate(contrast_samples(exploration, thumbnails))
    ]


def _spreads(exploration: Exploration, shown: Sequence[int]) -> list[Panel]:
    readings, index = exploration.readings, exploration.classes.index
    if not readings.ok.any():
        return []
    names = [exploration.classes.names[c].name for c in shown] or ["all pictures"]
    rows = [readings.ok & (index == c) for c in shown] or [readings.ok]
    return [
        spread_panel(
            name,
            [readings.columns[name][own] for own in rows],
            title=_TITLES[name],
            unit=unit,
            classes=names,
            colours=range(len(names)),
            logarithmic=logarithmic,
        )
        for name, (unit, logarithmic) in MEASURES.items()
    ]


_TITLES = {
    "brightness": "Brightness",
    "contrast": "Contrast",
    "span": "Range of levels in use",
    "sharpness": "Sharpness",
    "saturation": "Colour",
}


def _vote_panels(exploration: Exploration) -> list[Panel]:
    votes = exploration.votes
    if votes is None:
        return []
    panels = [question_panel(q, number=i) for i, q in enumerate(votes.questions, start=1) if q.rows]
    panels.append(entropy_panel(votes))
    if len(votes.volunteers):
        panels.append(volunteer_panel(votes.volunteers))
    return panels


def _joint(exploration: Exploration) -> dict[str, Any] | None:
    """The confident joint as a table of estimated pictures: given class down, true class across."""
    errors = exploration.errors
    if errors.found is None:
        return None
    estimated = errors.found.joint * errors.found.searched
    shares = estimated / np.maximum(estimated.sum(axis=1, keepdims=True), 1e-9)
    return {
        "names": [exploration.classes.names[c].name for c in errors.classes],
        "rows": [
            [(round(n), float(s)) for n, s in zip(row, own, strict=True)]
            for row, own in zip(estimated.tolist(), shares.tolist(), strict=True)
        ],
    }


def _map(exploration: Exploration, shown: Sequence[int]) -> dict[str, Any] | None:
    """The map's marks, one path for each class, and what a mark tells."""
    laid = exploration.map
    if laid is None:
        return None
    records = exploration.dataset.records
    margin = 0.03
    places = np.round((margin + (1 - 2 * margin) * laid.places) * _PLACES).astype(int)
    group = np.array(
        [
            shown.index(c) if c in shown else len(shown)
            for c in exploration.classes.index[laid.records].tolist()
        ]
    )
    legend = _legend(exploration, shown, places=places, group=group)
    address, columns = atlas(laid.stamps)
    return {
        "legend": legend,
        "marks": [
            {"id": records[i].id, "g": g, "x": x, "y": y, "t": _told(exploration, i)}
            for i, g, (x, y) in zip(
                laid.records.tolist(), group.tolist(), places.tolist(), strict=True
            )
        ],
        "atlas": address,
        "columns": columns,
        "rows": -(-len(laid.records) // columns),
        "colours": {part["group"]: part["colour"] for part in legend},
        "width": _PLACES[0],
        "height": _PLACES[1],
    }


def _legend(
    exploration: Exploration, shown: Sequence[int], *, places: ndarray, group: ndarray
) -> list[dict[str, Any]]:
    """Each class that is on the map: its name, colour and marks; all classes without a colour of their own as one."""
    names = exploration.classes.names
    others = sum(c.count > 0 for c in exploration.balance.counts) > len(shown)
    rest = "pictures" if not names else "other classes, or none" if others else "no class"
    return [
        {
            "group": g,
            "name": names[shown[g]].name if g < len(shown) else rest,
            "colour": g if g < len(shown) else _OTHER if shown else 0,
            "count": int((group == g).sum()),
            "path": "".join(f"M{x} {y}h0" for x, y in places[group == g].tolist()),
        }
        for g in np.unique(group).tolist()
    ]


def _told(exploration: Exploration, index: int) -> str:
    """What the map says of one picture besides its id."""
    position = int(exploration.classes.index[index])
    record = exploration.dataset.records[index]
    name = exploration.classes.names[position].name if position >= 0 else "no class"
    return f"{name} · {record.split}" if record.split else name
