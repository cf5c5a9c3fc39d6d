"""Everything that was measured, as plain values for JSON."""

import math
from collections import Counter
from dataclasses import asdict
from typing import Any

import numpy as np

from skyform.explore.duplicates import Group
from skyform.explore.exploration import Exploration
from skyform.explore.findings import findings_of
from skyform.explore.voting import VoteSummary

__all__ = ["FORMAT", "numbers_of"]

FORMAT = 1


def numbers_of(exploration: Exploration) -> dict[str, Any]:
    """All numbers of the report, in plain JSON types; what is not known (NaN) is None."""
    dataset, readings = exploration.dataset, exploration.readings
    ok = readings.ok
    sizes = Counter(zip(readings.width[ok].tolist(), readings.height[ok].tolist(), strict=True))
    return _plain(
        {
            "format": FORMAT,
            "id": dataset.id,
            "title": dataset.title,
            "source": dataset.source,
            "fingerprint": dataset.fingerprint,
            "seed": exploration.seed,
            "model": exploration.model,
            "seconds": round(exploration.seconds, 2),
            "findings": [asdict(f) for f in findings_of(exploration)],
            "pictures": {
                "count": len(dataset),
                "readable": int(ok.sum()),
                "splits": Counter(r.split for r in dataset.records if r.split),
                "formats": Counter(f for f in readings.format if f),
                "sizes": [
                    {"width": w, "height": h, "count": n} for (w, h), n in sizes.most_common()
                ],
                "unread": [
                    {"id": u.id, "code": u.code, "reason": u.reason} for u in readings.unread
                ],
                "left_out": [{"id": p.id, "reason": p.what} for p in dataset.problems],
                "flags": Counter(f.value for own in readings.flags for f in own),
            },
            "duplicates": {
                name: [_group(exploration, g) for g in getattr(exploration.duplicates, name)]
                for name in ("exact", "near", "objects")
            },
            "classes": _classes(exploration),
            "light": _light(exploration),
            "votes": None if exploration.votes is None else _votes(exploration.votes),
            "label_errors": _label_errors(exploration),
            "map": _map(exploration),
        }
    )


def _group(exploration: Exploration, group: Group) -> dict[str, Any]:
    records = exploration.dataset.records
    return {
        "ids": [records[i].id for i in group.members],
        "labels": group.labels,
        "splits": group.splits,
        "contradicts": group.contradicts,
        "straddles": group.straddles,
    }


def _classes(exploration: Exploration) -> dict[str, Any]:
    balance, classes, shortcut = exploration.balance, exploration.classes, exploration.shortcut
    return {
        "scheme": None if classes.scheme is None else classes.scheme.id,
        "derived": classes.derived,
        "unlabelled": balance.unlabelled,
        "ratio": balance.ratio,
        "effective": balance.effective,
        "counts": [
            {
                "id": c.id,
                "name": c.name,
                "count": c.count,
                "share": c.share,
                "weight": c.weight,
                "splits": c.splits,
            }
            for c in balance.counts
        ],
        "from_style": {
            "balanced_accuracy": shortcut.balanced,
            "chance": shortcut.chance,
            "recalls": {
                classes.names[c].id: r
                for c, r in zip(shortcut.classes, shortcut.recalls, strict=True)
            },
        },
    }


def _light(exploration: Exploration) -> dict[str, Any]:
    readings, classes = exploration.readings, exploration.classes
    groups = {"all": readings.ok} | {
        c.id: readings.ok & (classes.index == i) for i, c in enumerate(classes.names)
    }
    channels = dict(zip(("red", "green", "blue", "grey"), readings.histograms, strict=True))
    return {
        "histograms": {name: np.round(own, 8) for name, own in channels.items()},
        "equalised": np.round(readings.equalised, 8),
        "measures": {
            measure: {g: _quartiles(column[own]) for g, own in groups.items()}
            for measure, column in readings.columns.items()
        },
    }


def _quartiles(values: np.ndarray) -> dict[str, Any]:
    values = values[np.isfinite(values)]
    names = ("least", "lower_quartile", "median", "upper_quartile", "most")
    if len(values) == 0:
        return {"n": 0}
    found = np.quantile(values, (0, 0.25, 0.5, 0.75, 1)).tolist()
    return {"n": len(values), **{k: round(v, 6) for k, v in zip(names, found, strict=True)}}


def _votes(votes: VoteSummary) -> dict[str, Any]:
    return {
        "rows": votes.rows,
        "volunteers": _quartiles(votes.volunteers),
        "questions": [
            {
                "id": q.question.id,
                "text": q.question.text,
                "rows": q.rows,
                "reached": q.reached,
                "entropy": _quartiles(q.entropy),
                "agreement": q.agreement,
                "disputed": q.disputed,
                "answers": [
                    {"id": a.id, "text": a.text, "mean": m, "histogram": h}
                    for a, m, h in zip(q.question.answers, q.means, q.histograms, strict=True)
                ],
            }
            for q in votes.questions
        ],
        "taxonomies": [
            {"id": t.id, "name": t.name, "share": t.share, "counts": t.counts}
            for t in votes.taxonomies
        ],
    }


def _label_errors(exploration: Exploration) -> dict[str, Any]:
    errors, names = exploration.errors, exploration.classes.names
    found = errors.found
    if found is None:
        return {"skipped": errors.skipped}
    records = exploration.dataset.records
    return {
        "skipped": errors.skipped,
        "searched": found.searched,
        "share": found.share,
        "out_of_fold_accuracy": found.accuracy,
        "classes": [names[c].id for c in errors.classes],
        "joint": found.joint,
        "labels": [
            {
                "id": records[i].id,
                "given": records[i].label,
                "suggested": names[s].id,
                "margin": round(float(m), 4),
            }
            for i, s, m in zip(errors.records, errors.suggested, found.margin, strict=True)
        ],
    }


def _map(exploration: Exploration) -> list[dict[str, Any]]:
    if exploration.map is None:
        return []
    records = exploration.dataset.records
    return [
        {"id": records[i].id, "x": round(float(x), 4), "y": round(float(y), 4)}
        for i, (x, y) in zip(exploration.map.records, exploration.map.places, strict=True)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
