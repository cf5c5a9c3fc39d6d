"""The measured parts of a model card as sections of text and tables: the same for Markdown and for the HTML page.

What goes in are the plain values that `training.card_measures` gives.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skyform.evaluation.class_scores import class_report
from skyform.schema import KINDS, SKYFORM, TAXONOMIES

__all__ = ["Section", "Table", "markdown", "measured_sections", "name_of", "names_of"]

_ENOUGH = 100  # answers; from here on a calibration error is held to the goal
_GOAL = 0.02
_UNLIKELY = 0.05
_Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a head; columns after the first hold numbers unless `text` names them."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    text: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the card: what the tables show, the tables, and what follows from them."""

    id: str
    title: str
    lead: str
    tables: tuple[Table, ...]
    verdict: str = ""


def measured_sections(measures: _Values, *, scores: Mapping[str, str]) -> tuple[Section, ...]:
    """The sections in the order of the card. `scores` names the headline figures."""
    confidence = {k: v for k, v in measures["confidence"].items() if isinstance(v, Mapping)}
    return (
        _headline(measures["scores"], scores),
        _surveys(measures["surveys"]),
        _questions(confidence),
        _classes(confidence),
        _calibration(confidence, _intervals(measures["confidence"])),
        _sets(confidence),
        _rejection(measures["rejection"]),
        _stability(measures["stability"]),
    )


def markdown(section: Section) -> str:
    """A section as Markdown."""
    parts = [f"## {section.title}", section.lead]
    for table in section.tables:
        if table.title:
            parts.append(f"### {table.title}")
        lines = [table.head, ("---",) * len(table.head), *table.rows]
        parts.append("\n".join("| " + " | ".join(line) + " |" for line in lines))
    if section.verdict:
        parts.append(section.verdict)
    return "\n\n".join(parts)


def name_of(id: str) -> str:
    """A question, a taxonomy or the kind, for people."""
    if id == "kind":
        return "Kind of object"
    return TAXONOMIES[id].name if id in TAXONOMIES else SKYFORM.question[id].text


def names_of(id: str) -> tuple[str, ...]:
    """Its answers, classes or kinds, for people."""
    if id == "kind":
        return tuple(k.name for k in KINDS)
    if id in TAXONOMIES:
        return tuple(c.name for c in TAXONOMIES[id].classes)
    return tuple(a.text for a in SKYFORM.question[id].answers)


def _estimate(values: _Values) -> str:
    return f"{values['value']:.3f} ({values['low']:.3f} to {values['high']:.3f})"


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def _headline(found: _Values, names: Mapping[str, str]) -> Section:
    rows = tuple((names.get(k, k), str(v["n"]), _estimate(v)) for k, v in found.items())
    return Section(
        "figures",
        "Figures of this file",
        "On the validation split, with 95 % bootstrap intervals for which pictures of one object are drawn together. Temperatures and class rules "
        "were fitted on these same pictures, the weights were not; the tables further down are cross-fitted.",
        (Table(("measure", "pictures", "value"), rows),),
    )


def _surveys(found: _Values) -> Section:
    rows = tuple((k, str(v["n"]), str(v["answers"]), _estimate(v)) for k, v in found.items())
    return Section(
        "surveys",
        "Survey by survey",
        "The share of right answers to the tree's questions that the model gives first, over the questions that votes or labels settle.",
        (Table(("survey", "pictures", "answers", "right"), rows),),
    )


def _questions(confidence: _Values) -> Section:
    rows: list[tuple[str, ...]] = []
    for id, values in confidence.items():
        if values["group"] != "question":
            continue
        counts = np.array(values["counts"])
        for i, answer in enumerate(names_of(id)):
            total, right = int(counts[i].sum()), int(counts[i, i])
            first = (name_of(id), _estimate(values["accuracy"])) if i == 0 else ("", "")
            rows.append((*first, answer, f"{right} of {total}" if total else "–"))
    return Section(
        "questions",
        "Question by question",
        "How often the most probable answer is the right one: the answer that most of those asked gave (ten people at least), or the one that "
        "a class label leaves. Where one answer makes up nearly all of a question's pictures, the figure says little about the others.",
        (Table(("question", "right", "answer", "found"), tuple(rows), text=(0, 2)),),
    )


def _classes(confidence: _Values) -> Section:
    tables: list[Table] = []
    for id, values in confidence.items():
        if values["group"] == "question":
            continue
        report = class_report(np.array(values["counts"]), names=names_of(id))
        rows = tuple(
            (
                r.name,
                str(r.support),
                _estimate(r.precision.to_dict()),
                _estimate(r.recall.to_dict()),
            )
            for r in report
            if r.support and r.name != "weighted average"
        )
        title = f"{name_of(id)}: {_estimate(values['accuracy'])} of {values['n']} right"
        tables.append(Table(("class", "pictures", "precision", "recall"), rows, title))
    return Section(
        "classes",
        "Class by class",
        "Cross-fitted: the class rules were fitted without the picture. Precision: how much of what was given this name is of the class; "
        "recall: how much of the class was found.",
        tuple(tables),
    )


def _intervals(confidence: _Values) -> str:
    """A sentence on the intervals of vote shares; empty where nobody voted."""
    every, between = (confidence.get(f"interval_coverage{x}") for x in ("", "_between"))
    if every is None:
        return ""
    some = (
        ""
        if between is None
        else f", and {_percent(between)} of those expected between 0.2 and 0.8"
    )
    return f" The 90 % intervals of the vote shares hold {_percent(every)} of the observed ones, where at least ten people were asked{some}."


def _too_few(confidence: _Values) -> str:
    """A sentence that names the questions without a line."""
    missing = [q.text for q in SKYFORM.questions if q.id not in confidence]
    quoted = ", ".join(f'"{text}"' for text in missing)
    return f" Too few pictures to judge: {quoted}." if missing else ""


def _calibration(confidence: _Values, intervals: str) -> Section:
    rows = tuple(
        (
            name_of(id),
            str(v["n"]),
            *(_percent(v[k]) for k in ("ece_before", "ece_after", "ece_floor")),
            f"{v['as_much']:.2f}",
        )
        for id, v in confidence.items()
    )
    verdict = _verdict(confidence) + _too_few(confidence) + intervals
    return Section(
        "confidence",
        "Confidence",
        "Expected calibration error over ten bins of equal width: how far, on average, the stated probability is from the share that is "
        'right. "Before" is the network\'s own softmax, "after" is cross-fitted in five folds. A perfectly honest model would show the '
        '"floor" on as many pictures, and in the last column\'s share of cases at least what was measured.',
        (
            Table(
                ("confidence in", "pictures", "before", "after", "floor", "as much by chance"), rows
            ),
        ),
        verdict,
    )


def _verdict(confidence: _Values) -> str:
    """Which questions with enough answers keep to the goal, which cannot be told from it, and which do not."""
    counted = {
        id: v for id, v in confidence.items() if v["group"] == "question" and v["n"] >= _ENOUGH
    }
    kept = [id for id, v in counted.items() if v["ece_after"] <= _GOAL]
    unclear = [id for id, v in counted.items() if id not in kept and v["as_much"] >= _UNLIKELY]
    beyond = [id for id in counted if id not in kept and id not in unclear]
    text = f"Of {len(counted)} questions with {_ENOUGH} answers or more, {len(kept)} stay within {100 * _GOAL:.0f} %"
    if unclear:
        text += f"; above it, by no more than chance gives an honest model: {', '.join(unclear)}"
    if beyond:
        text += f"; above it, by more than chance: {', '.join(beyond)}"
    return text + "."


def _sets(confidence: _Values) -> Section:
    rows = tuple(
        (
            name_of(id),
            str(v["n"]),
            _percent(sets["stated"]),
            _percent(sets["held"]),
            f"{sets['size']:.2f}",
            _percent(sets["single"], 0),
        )
        for id, v in confidence.items()
        for sets in [v["sets"]]
        if sets is not None
    )
    return Section(
        "sets",
        "Sets of answers",
        "Instead of one answer, a set that holds the right one as often as stated (split conformal prediction): 90 %, or more where one answer "
        "alone does as well. Cross-fitted in five folds.",
        (Table(("set of", "pictures", "stated", "held", "answers a set", "single"), rows),),
    )


def _rejection(found: _Values) -> Section:
    rows = tuple(_strangers(found))
    return Section(
        "strangers",
        "Strangers",
        "Area under the ROC curve of the strangeness, for pictures of sorts that training never drew: far ones against all known validation "
        f'pictures, near ones against its galaxies. "Flagged" lie beyond a threshold that {_percent(found["known_flagged"])} of the known '
        f"pictures are beyond too{_known_flagged(found)}. Photographs are cuts of few originals, and stars, trails and the like are drawn.",
        (Table(("sort", "from the sky", "pictures", "area", "flagged"), rows, text=(0, 1)),),
    )


def _known_flagged(found: _Values) -> str:
    """How many of each sort of known pictures are flagged, as the second half of a sentence."""
    parts = [
        f"{k} {_percent(v['value'], 0)} of {v['n']}" for k, v in found.get("known", {}).items()
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _strangers(found: _Values) -> Iterator[tuple[str, ...]]:
    for v in found["sorts"].values():
        area = v["auroc"]
        near = "near" if v["near"] else "far"
        yield v["title"], near, str(area["n"]), _estimate(area), _percent(v["flagged"], 0)
    for name in ("far", "near"):
        yield f"all that are {name}", name, str(found[name]["n"]), _estimate(found[name]), ""
    if "not_galaxy" in found:
        title = "survey stamps set aside as no galaxy; half still show one"
        area = found["not_galaxy"]
        yield title, "near", str(area["n"]), _estimate(area), ""


def _stability(found: _Values) -> Section:
    taxonomies = [t for t in TAXONOMIES if any(t in v for v in found["changed"].values())]
    rows = tuple((v["title"], *_shares(v, taxonomies)) for v in found["changed"].values())
    return Section(
        "stability",
        "Stability",
        f"Of the galaxies whose class has a probability of {found['confident']} or more, the share that gets another class when the picture is "
        f"disturbed ({found['pictures']} validation pictures).",
        (Table(("disturbance", *(TAXONOMIES[t].name for t in taxonomies)), rows),),
    )


def _shares(values: _Values, taxonomies: Sequence[str]) -> Iterator[str]:
    for taxonomy in taxonomies:
        share = values[taxonomy]
        yield "–" if share is None else f"{_percent(share['value'])} of {share['n']}"
