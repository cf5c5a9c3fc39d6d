"""`skyform report`: one run as one HTML page."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.evaluation.class_calibration import cross_fit
from skyform.evaluation.class_figures import (
    class_bars,
    confusion_map,
    coverage_panel,
    reliability_diagram,
    roc_panel,
)
from skyform.evaluation.class_scores import ClassRow, class_report, confusion
from skyform.evaluation.curves import area_under_roc, average_precision, macro_area_under_roc
from skyform.evaluation.figures import bars_panel, training_panel
from skyform.evaluation.metrics import Estimate
from skyform.evaluation.mistakes import worst_rows, wrongness
from skyform.evaluation.pages import data_uri, render
from skyform.evaluation.plotting import Panel
from skyform.evaluation.runs import RunResult, RunSummary
from skyform.evaluation.vote_scores import QuestionScore, label_rows, question_scores
from skyform.evaluation.wording import (
    METRICS,
    PRIMARY,
    Metric,
    bytes_text,
    column_name,
    count_text,
    duration_text,
    estimate_text,
    metric_of,
    number_text,
)
from skyform.schema import KAGGLE, Scheme

__all__ = ["report_page"]

_MISTAKES = 24
_LEAST_ROWS = 50  # fewer cannot be split to check a calibration
_ANSWERS = tuple(a.column for a in KAGGLE.answers), tuple(a.id for a in KAGGLE.answers)


def report_page(result: RunResult, folder: Path) -> str:
    """The report on a run as a self-contained HTML page.

    Parameters
    ----------
    result : RunResult
    folder : Path
        The run folder, for the trainer's figures, recipe, environment and manifest; what is absent there is left out.
    """
    summary = result.summary
    values: dict[str, Any] = {
        "run": summary,
        "facts": _facts(summary),
        "headline": _headline(result),
        "reported": _reported(summary),
        "training": training_panel(result.curves),
        "mistakes": _mistakes(result),
        "pictures": _pictures(summary, folder),
        "recipe": _text(folder / "recipe.yaml"),
        "environment": _environment(folder / "environment.json"),
        "manifest": _hash(folder / "manifest.json"),
        "classes": _classes(result),
        "questions": _questions(result),
        "labels": _labels(result) if summary.task == "labels" else None,
    }
    return render("report.html.j2", **values)


@dataclass(frozen=True, slots=True)
class _Headline:
    """One headline figure: its metric, the estimate, and where its interval lies on the way from 0 to 1, in percent."""

    metric: Metric
    text: str
    low: float
    high: float
    at: float


def _headline(result: RunResult) -> list[_Headline]:
    scores = dict(result.summary.scores)
    if result.summary.task == "classes" and len(np.unique(result.predictions.truth)) > 1:
        scores["auc"] = macro_area_under_roc(result.predictions.truth, result.predictions.p)
    first = PRIMARY[result.summary.task]
    order = sorted((n for n in METRICS if n in scores), key=lambda n: n != first)
    order += [n for n in scores if n not in METRICS and not n.startswith("question.")]
    return [_line(metric_of(name), scores[name]) for name in order]


def _line(metric: Metric, e: Estimate) -> _Headline:
    low, at, high = (100 * min(max(v, 0.0), 1.0) for v in (e.low, e.value, e.high))
    return _Headline(metric, estimate_text(e), low, high, at)


def _facts(summary: RunSummary) -> list[tuple[str, str]]:
    """What a reader asks first, in the order of the questions."""
    known = [
        ("Training", duration_text(summary.seconds) if summary.seconds else ""),
        ("On", summary.device),
        ("Parameters", count_text(summary.parameters) if summary.parameters else ""),
        ("Model file", bytes_text(summary.bytes) if summary.bytes else ""),
        (
            "Pictures per second",
            number_text(summary.images_per_second) if summary.images_per_second else "",
        ),
        ("Seed", str(summary.seed)),
    ]
    return [(name, text) for name, text in known if text]


def _reported(summary: RunSummary) -> list[dict[str, str]]:
    """Each figure that the source states beside ours, and how they lie to each other."""
    lines: list[dict[str, str]] = []
    for name, theirs in summary.reported.items():
        metric, ours = metric_of(name), summary.scores.get(name)
        if ours is None:
            verdict = "not measured here"
        elif ours.low <= theirs <= ours.high:
            verdict = "within our interval"
        else:
            better = (ours.value < theirs) == metric.less_is_better
            verdict = "ours is better" if better else "ours is worse"
        lines.append(
            {
                "title": metric.title,
                "theirs": f"{theirs:.3g}",
                "ours": estimate_text(ours) if ours else "–",
                "verdict": verdict,
            }
        )
    return lines


def _classes(result: RunResult) -> dict[str, Any] | None:
    scheme, rows = result.summary.scheme, result.predictions
    if scheme is None:
        return None
    counts = confusion(rows.truth, rows.said, classes=len(scheme))
    names = tuple(c.name for c in scheme.classes)
    report = class_report(counts, names=names)
    several = len(np.unique(rows.truth)) > 1
    return {
        "report": [_class_line(rows.truth, rows.p, i, r) for i, r in enumerate(report)],
        "bars": class_bars(report[: len(names)]),
        "confusion": confusion_map(counts, scheme=scheme),
        "confused": _confused(counts, names),
        "roc": roc_panel(rows.truth, rows.p, scheme=scheme) if several else None,
        "calibration": _calibration(result, scheme) if len(rows.ids) >= _LEAST_ROWS else None,
        "commonest": names[int(counts.sum(axis=1).argmax())],
    }


def _class_line(
    truth: Int[ndarray, " n"], p: Float[ndarray, "n k"], column: int, row: ClassRow
) -> dict[str, str]:
    """A row of the per-class table; the averages, beyond the last column, have no curves."""
    here = truth == column
    both = bool(here.any()) and not bool(here.all())
    curves = column < p.shape[1] and both
    return {
        "name": row.name,
        "precision": estimate_text(row.precision),
        "recall": estimate_text(row.recall),
        "f1": estimate_text(row.f1),
        "support": count_text(row.support),
        "roc": f"{area_under_roc(here, p[:, column]):.3f}" if curves else "",
        "precision_recall": f"{average_precision(here, p[:, column]):.3f}" if curves else "",
    }


def _confused(counts: Int[ndarray, "k k"], names: Sequence[str]) -> list[str]:
    """The three commonest confusions, in words."""
    off = counts - np.diag(np.diag(counts))
    order = np.argsort(-off.ravel(), kind="stable")[:3]
    lines: list[str] = []
    for i, j in (np.unravel_index(at, off.shape) for at in order):
        if off[i, j]:
            total = int(counts[i].sum())
            share = f"{100 * off[i, j] / total:.0f} %"
            lines.append(f"{names[i]} called {names[j]}: {off[i, j]} of {total} ({share})")
    return lines


def _calibration(result: RunResult, scheme: Scheme) -> dict[str, Any]:
    """Everything that only rows which the calibration has not seen can tell.

    Where the calibration was chosen on training pictures, that is the model file's own; where it was chosen on these rows, each
    fold's from the others.
    """
    rows, fitted = result.predictions, result.calibration
    # Logits up to a constant: the stored probabilities were divided by the temperature.
    logits = fitted.temperature * np.log(np.maximum(rows.p, 1e-12))
    coverage = fitted.coverage if 0 < fitted.coverage < 1 else 0.9
    folds = result.summary.chosen_on == "validation"
    after, sets = rows.p, fitted.answer_sets(rows.p)
    if folds:
        fair = cross_fit(logits, rows.truth, coverage=coverage)
        after, sets = fair.probabilities, fair.sets
    before = np.exp(logits - logits.max(axis=1, keepdims=True))
    before /= before.sum(axis=1, keepdims=True)
    held = sets[np.arange(len(rows.truth)), rows.truth]
    sizes = sets.sum(axis=1)
    right = rows.said == rows.truth
    answered = fitted.answered(rows.p)
    return {
        "temperature": fitted.temperature,
        "folds": folds,
        "wanted": coverage,
        "held": float(held.mean()),
        "mean_size": float(sizes.mean()),
        "single": float((sizes == 1).mean()),
        "sizes": [(int(s), int((sizes == s).sum())) for s in np.unique(sizes)],
        "by_class": [
            (c.name, float(held[rows.truth == i].mean()), int((rows.truth == i).sum()))
            for i, c in enumerate(scheme.classes)
            if (rows.truth == i).any()
        ],
        "reject": fitted.reject,
        "answered": float(answered.mean()),
        "kept_accuracy": float(right[answered].mean()) if answered.any() else None,
        "reliability": reliability_diagram(before, after, rows.truth, folds=folds),
        "coverage": coverage_panel(rows.p.max(axis=1), right, calibration=fitted),
    }


def _questions(result: RunResult) -> dict[str, Any] | None:
    """Every question of the tree, where the columns are its answers and the model says fractions."""
    rows = result.predictions
    if result.summary.task not in ("fractions", "votes") or rows.columns not in _ANSWERS:
        return None
    scores = question_scores(rows.truth, rows.p)
    named = [
        (
            s.id.replace("-", " ").capitalize(),
            s.accuracy,
            f"{s.accuracy.value:.2f} of {s.accuracy.n}",
        )
        for s in scores
        if s.accuracy is not None
    ]
    bars = bars_panel(
        "questions",
        named,
        title="Accuracy of each question",
        axis="accuracy",
        caption="How often the model's first answer is the people's, over the pictures where at least half of the people were asked; their number stands at the right.",
    )
    return {"bars": bars, "rows": [_question_line(s) for s in scores]}


def _question_line(score: QuestionScore) -> dict[str, str]:
    known = np.isfinite(score.correlation)
    return {
        "text": score.text,
        "accuracy": estimate_text(score.accuracy) if score.accuracy else "–",
        "n": count_text(score.accuracy.n) if score.accuracy else "0",
        "rmse": f"{score.rmse:.3f}",
        "correlation": f"{score.correlation:.2f}" if known else "–",
    }


def _labels(result: RunResult) -> dict[str, Any]:
    rows = result.predictions
    found = label_rows(rows.truth, rows.p, names=tuple(column_name(c) for c in rows.columns))
    given = [r for r in found if r.support]
    bars: Panel | None = None
    if given:
        bars = bars_panel(
            "labels",
            [(r.name, r.f1, f"{r.f1.value:.2f} ({r.support})") for r in given],
            title="F1 of each label",
            axis="F1",
            caption="In brackets, how many validation pictures have the label; one that none has is left out.",
        )
    lines = [
        {
            "name": r.name,
            "precision": estimate_text(r.precision),
            "recall": estimate_text(r.recall),
            "f1": estimate_text(r.f1),
            "support": count_text(r.support),
        }
        for r in found
    ]
    return {"bars": bars, "rows": lines}


def _mistakes(result: RunResult) -> list[dict[str, str]]:
    """The worst mistakes that have a picture."""
    rows, summary = result.predictions, result.summary
    wrong = wrongness(rows)
    lines: list[dict[str, str]] = []
    for i in worst_rows(rows, count=len(rows.ids)):
        jpeg = result.thumbnails.get(rows.ids[i])
        if jpeg is None:
            continue
        line = {"id": rows.ids[i], "image": data_uri(jpeg, suffix=".jpg")}
        if summary.scheme is not None:
            true, said = summary.scheme.classes[rows.truth[i]], summary.scheme.classes[rows.said[i]]
            own = float(rows.p[i, rows.truth[i]])
            line["said"] = f"said {said.name} {_percent(float(rows.p[i].max()))}"
            line["true"] = f"given {true.name} {_percent(own)}"
        else:
            column = int(np.nan_to_num(np.abs(rows.truth[i] - rows.p[i])).argmax())
            people, model = float(rows.truth[i, column]), float(rows.p[i, column])
            line["said"] = column_name(rows.columns[column])
            line["true"] = (
                f"people {_percent(people)}, model {_percent(model)}; error of all {wrong[i]:.2f}"
            )
        lines.append(line)
        if len(lines) == _MISTAKES:
            break
    return lines


def _percent(p: float) -> str:
    return (
        f"{100 * p:.0f} %" if 0.01 <= p <= 0.99 or p in (0, 1) else "<1 %" if p < 0.5 else ">99 %"
    )


def _pictures(summary: RunSummary, folder: Path) -> list[dict[str, str]]:
    """The trainer's figures that are in the folder; one that is not, or lies outside, is named instead of shown."""
    lines: list[dict[str, str]] = []
    for figure in summary.figures:
        file = folder / figure.file
        inside = file.resolve().is_relative_to(folder.resolve())
        image = ""
        if inside and file.is_file() and file.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"):
            image = data_uri(file.read_bytes(), suffix=file.suffix)
        lines.append({"file": figure.file, "caption": figure.caption, "image": image})
    return lines


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _environment(file: Path) -> Mapping[str, str]:
    try:
        values = json.loads(_text(file) or "{}")
    except ValueError:
        return {"environment.json": "is damaged"}
    return {str(k): str(v) for k, v in values.items()} if isinstance(values, dict) else {}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
