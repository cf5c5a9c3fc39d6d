"""Predictions as rows of a table: the columns, what they mean, and their values.

A table has one row for each input, in order, failed ones included: those have nulls for everything but `id`, `path`, `flags`,
`error` and `model`. Numbers are rounded to six decimals, so that every file format holds the very same values. Text is kept to one
line and to what every format can store: control characters, and bytes of a file name that are not UTF-8, become `\\x…` escapes.
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skyform.errors import OutputError
from skyform.schema import (
    GALAXY10_DECALS,
    GALAXY10_SDSS,
    GALAXY_ZOO_1,
    HUBBLE,
    KAGGLE,
    Prediction,
    cumulative,
)

__all__ = ["COLUMNS", "KAGGLE_COLUMNS", "Column", "Value", "kaggle_row", "plain_text", "row"]

Value = str | int | float | None

_DECIMALS = 6
# Two decimals more than in our tables, so that rounding never shows in a question's sum.
_KAGGLE_DECIMALS = 8
_TAXONOMIES = (GALAXY10_SDSS, GALAXY10_DECALS, HUBBLE, GALAXY_ZOO_1)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, a description, and its UCD (the Virtual Observatory's word for its meaning)."""

    name: str
    type: Literal["text", "integer", "number"]
    description: str
    ucd: str
    decimals: int = _DECIMALS


def _class_columns() -> list[Column]:
    columns: list[Column] = []
    for taxonomy in _TAXONOMIES:
        classes = ", ".join(f"{c.number} {c.id}" for c in taxonomy.classes)
        columns += [
            Column(
                taxonomy.id,
                "integer",
                f"Class number in {taxonomy.name}: {classes}",
                "meta.code.class;src.morph.type",
            ),
            Column(
                f"{taxonomy.id}_confidence",
                "number",
                f"Calibrated probability of the {taxonomy.name} class",
                "stat.probability;src.morph.type",
            ),
        ]
    return columns


def _answer_columns(decimals: int) -> list[Column]:
    return [
        Column(
            a.column,
            "number",
            f"Share of all votes: {q.text} {a.text}",
            "stat.probability;src.morph",
            decimals,
        )
        for q in KAGGLE.questions
        for a in q.answers
    ]


COLUMNS: tuple[Column, ...] = (
    Column(
        "id", "text", "Name of the input: the file name without its extension", "meta.id;meta.main"
    ),
    Column("path", "text", "Path of the input as given", "meta.ref"),
    Column("kind", "text", "Kind of object: galaxy, cluster, nebula, lens or none", "src.class"),
    Column(
        "kind_confidence",
        "number",
        "Calibrated probability of the kind",
        "stat.probability;src.class",
    ),
    *_class_columns(),
    *_answer_columns(_DECIMALS),
    Column(
        "flags",
        "text",
        "Codes of what to know before trusting the row, joined by ;",
        "meta.code.qual",
    ),
    Column(
        "error", "text", "Why the input could not be classified; empty if it was", "meta.code.error"
    ),
    Column("model", "text", "Model that made the row: name@version", "meta.version"),
)

KAGGLE_COLUMNS: tuple[Column, ...] = (
    Column("GalaxyID", "text", "Name of the file without its extension", "meta.id;meta.main"),
    *_answer_columns(_KAGGLE_DECIMALS),
)


def row(prediction: Prediction) -> dict[str, Value]:
    """The values of `COLUMNS` for one prediction, in their order; None is null."""
    values: dict[str, Value] = dict.fromkeys((c.name for c in COLUMNS), None)
    values["id"] = plain_text(prediction.id)
    values["path"] = plain_text(prediction.path)
    values["flags"] = ";".join(f.value for f in prediction.flags)
    values["model"] = plain_text(prediction.model)
    values["error"] = ""
    if prediction.failure is not None:
        failure = prediction.failure
        values["error"] = plain_text(" ".join(f"{failure.code}: {failure}".split()))
        return values
    if prediction.kind is not None:
        values["kind"] = prediction.kind.id
        values["kind_confidence"] = _number(prediction.kind.confidence, _DECIMALS)
    for taxonomy in _TAXONOMIES:
        estimate = prediction.classes.get(taxonomy.id)
        if estimate is not None:
            values[taxonomy.id] = int(estimate.number)
            values[f"{taxonomy.id}_confidence"] = _number(estimate.confidence, _DECIMALS)
    for answer in prediction.answers:
        if answer.column in values:
            values[answer.column] = _number(answer.cumulative, _DECIMALS)
    return values


def kaggle_row(prediction: Prediction) -> dict[str, Value] | None:
    """The values of `KAGGLE_COLUMNS`: cumulative shares as the Galaxy Zoo challenge counts them, or None for a failed picture.

    In the challenge's file question 6 sums to 1 whatever the tree says, so the shares are computed again from the fractions.

    Raises
    ------
    OutputError
        If the model answers another tree than the challenge's.
    """
    if not prediction.ok:
        return None
    fractions = {a.column: a.fraction for a in prediction.answers}
    missing = [a.column for a in KAGGLE.answers if a.column not in fractions]
    if missing:
        raise OutputError(
            f"The model {prediction.model!r} does not answer {len(missing)} of the challenge's 37 columns "
            f"({missing[0]} is the first).",
            remedy="Use a model of the Galaxy Zoo 2 tree, or another format than 'kaggle'.",
        )
    conditional = np.array([fractions[a.column] for a in KAGGLE.answers], dtype=np.float64)
    shares = np.nan_to_num(cumulative(KAGGLE, conditional), nan=0.0)
    values: dict[str, Value] = {"GalaxyID": plain_text(prediction.id)}
    for answer, share in zip(KAGGLE.answers, shares, strict=True):
        values[answer.column] = _number(float(share), _KAGGLE_DECIMALS)
    return values


# C0 and C1 controls, lone surrogates (how Python shows bytes that are not UTF-8), line separators, and what XML forbids.
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def plain_text(text: str) -> str:
    """The text on one line that any file, terminal or XML parser takes: everything else becomes a backslash escape."""
    return _UNSTORABLE.sub(lambda m: _escape(m.group()), text)


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _number(value: float, decimals: int) -> float | None:
    # Adding 0 turns -0.0, which rounding makes of tiny negatives, into 0.0.
    return round(float(value), decimals) + 0.0 if math.isfinite(value) else None
