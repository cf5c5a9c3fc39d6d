"""Predictions as rows of a table: the columns, what they mean, and their values.

A table has one row for each input, in order, failed ones included: those have nulls for everything but `id`, `path`, `flags`,
`error` and `model`. Numbers are rounded to six decimals, so that every file format holds the very same values. Text is kept to one
line and to what every format can store: control characters, and bytes of a file name that are not UTF-8, become `\\x…` escapes.

What a model does not answer has no columns in its tables (`columns_of`). A model's own classes come first.
"""

import math
import re
from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

import numpy as np

from skyform.errors import OutputError
from skyform.inference.modelfile import ModelInfo
from skyform.schema import (
    GALAXY10_DECALS,
    GALAXY10_SDSS,
    GALAXY_ZOO_1,
    HUBBLE,
    KAGGLE,
    Prediction,
    Scheme,
    Taxonomy,
    cumulative,
)
from skyform.schema.modelfile import class_columns

__all__ = [
    "COLUMNS",
    "KAGGLE_COLUMNS",
    "Column",
    "Value",
    "columns_of",
    "kaggle_columns_of",
    "kaggle_row",
    "plain_text",
    "row",
]

Value = str | int | float | None

_DECIMALS = 6
# Two decimals more than in our tables, so that rounding never shows in a question's sum.
_KAGGLE_DECIMALS = 8
_TAXONOMIES = (GALAXY10_SDSS, GALAXY10_DECALS, HUBBLE, GALAXY_ZOO_1)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, a description, its UCD (the Virtual Observatory's word for its meaning), and its unit."""

    name: str
    type: Literal["text", "integer", "number"]
    description: str
    ucd: str
    decimals: int = _DECIMALS
    unit: str = ""


def _own_columns(scheme: Scheme) -> tuple[Column, ...]:
    name = plain_text(scheme.name)
    classes = ", ".join(f"{c.number} {plain_text(c.id)}" for c in scheme.classes)
    number, title, confidence, answers, *each = map(plain_text, class_columns(scheme))
    return (
        Column(
            number, "integer", f"Class number in {name}: {classes}", "meta.code.class;src.class"
        ),
        Column(title, "text", f"Name of the {name} class", "src.class;meta.main"),
        Column(
            confidence,
            "number",
            f"Calibrated probability of the {name} class",
            "stat.probability;src.class",
        ),
        Column(
            answers,
            "text",
            f"Ids of the {name} classes that cannot be ruled out, joined by ;",
            "meta.code.multip;src.class",
        ),
        *(
            Column(
                column,
                "number",
                f"Calibrated probability of {name}: {plain_text(c.name)}",
                "stat.probability;src.class",
            )
            for column, c in zip(each, scheme.classes, strict=True)
        ),
    )


def _set_column(taxonomy: Taxonomy) -> Column:
    return Column(
        f"{taxonomy.id}_set",
        "text",
        f"Ids of the {taxonomy.name} classes that cannot be ruled out, joined by ;",
        "meta.code.multip;src.morph.type",
    )


def _class_columns(taxonomy: Taxonomy) -> tuple[Column, Column]:
    classes = ", ".join(f"{c.number} {c.id}" for c in taxonomy.classes)
    return (
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
    )


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


_FIRST = (
    Column(
        "id", "text", "Name of the input: the file name without its extension", "meta.id;meta.main"
    ),
    Column("path", "text", "Path of the input as given", "meta.ref"),
)
_KIND = (
    Column("kind", "text", "Kind of object: galaxy, cluster, nebula, lens or none", "src.class"),
    Column(
        "kind_confidence",
        "number",
        "Calibrated probability of the kind",
        "stat.probability;src.class",
    ),
)
_ROLLED_UP = Column(
    "rolled_up",
    "text",
    "Answers from the root of the tree that are sure enough to say, joined by ;",
    "meta.code.multip;src.morph",
)
_KIND_SET = Column(
    "kind_set",
    "text",
    "Kinds that cannot be ruled out, joined by ;",
    "meta.code.multip;src.class",
)
_STRANGENESS = Column(
    "strangeness",
    "number",
    "How much speaks for a picture of nothing that the model knows, 0 to 1",
    "stat.probability",
)
_LAST = (
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

# The columns of the bundled model.
COLUMNS: tuple[Column, ...] = (
    *_FIRST,
    *_KIND,
    *(column for taxonomy in _TAXONOMIES for column in _class_columns(taxonomy)),
    *_answer_columns(_DECIMALS),
    _ROLLED_UP,
    _KIND_SET,
    *map(_set_column, _TAXONOMIES),
    _STRANGENESS,
    *_LAST,
)

KAGGLE_COLUMNS: tuple[Column, ...] = (
    Column("GalaxyID", "text", "Name of the file without its extension", "meta.id;meta.main"),
    *_answer_columns(_KAGGLE_DECIMALS),
)


def columns_of(info: ModelInfo) -> tuple[Column, ...]:
    """The columns that a model fills: its own classes, kinds, the taxonomies and answers that its tree knows."""
    answers = {a.column for a in info.tree.answers} if info.tree else set[str]()
    return (
        *_FIRST,
        *(_own_columns(info.scheme) if info.scheme else ()),
        *(_KIND if info.names_kinds else ()),
        *(c for t in _TAXONOMIES if t.id in info.taxonomies for c in _class_columns(t)),
        *(c for c in _answer_columns(_DECIMALS) if c.name in answers),
        *((_ROLLED_UP,) if info.tree else ()),
        *((_KIND_SET,) if info.names_kinds else ()),
        *(_set_column(t) for t in _TAXONOMIES if t.id in info.taxonomies),
        *((_STRANGENESS,) if info.tree and info.names_kinds else ()),
        *_LAST,
    )


def kaggle_columns_of(info: ModelInfo) -> tuple[Column, ...]:
    """`KAGGLE_COLUMNS`, for a model that can fill them.

    Raises
    ------
    OutputError
        If it answers another tree than the challenge's, or none.
    """
    answers = {a.column for a in info.tree.answers} if info.tree else set[str]()
    _check_kaggle(answers, model=info.id)
    return KAGGLE_COLUMNS


def row(
    prediction: Prediction,
    *,
    columns: tuple[Column, ...] = COLUMNS,
    scheme: Scheme | None = None,
) -> dict[str, Value]:
    """The values of `columns` for one prediction, in their order; None is null. `scheme` holds the model's own classes."""
    values = _values(prediction, scheme)
    return {c.name: values.get(c.name) for c in columns}


def _values(prediction: Prediction, scheme: Scheme | None) -> dict[str, Value]:
    values: dict[str, Value] = {
        "id": plain_text(prediction.id),
        "path": plain_text(prediction.path),
        "flags": ";".join(f.value for f in prediction.flags),
        "model": plain_text(prediction.model),
        "error": "",
    }
    if prediction.failure is not None:
        failure = prediction.failure
        values["error"] = plain_text(" ".join(f"{failure.code}: {failure}".split()))
        return values
    if prediction.kind is not None:
        values["kind"] = prediction.kind.id
        values["kind_confidence"] = _number(prediction.kind.confidence, _DECIMALS)
        values["kind_set"] = ";".join(prediction.kind.answer_set)
    for id, estimate in prediction.classes.items():
        values[id] = int(estimate.number)
        values[f"{id}_confidence"] = _number(estimate.confidence, _DECIMALS)
        values[f"{id}_set"] = ";".join(estimate.answer_set)
    values["rolled_up"] = ";".join(prediction.rolled_up)
    if prediction.strangeness is not None:
        values["strangeness"] = _number(prediction.strangeness, _DECIMALS)
    for answer in prediction.answers:
        values[answer.column] = _number(answer.cumulative, _DECIMALS)
    return values | _own_values(prediction, scheme)


def _own_values(prediction: Prediction, scheme: Scheme | None) -> dict[str, Value]:
    if scheme is None or scheme.id not in prediction.classes:
        return {}
    estimate = prediction.classes[scheme.id]
    values: tuple[Value, ...] = (
        int(estimate.number),
        plain_text(estimate.name),
        _number(estimate.confidence, _DECIMALS),
        plain_text(";".join(estimate.answer_set)),
        *(_number(p, _DECIMALS) for p in estimate.probabilities),
    )
    return dict(zip(map(plain_text, class_columns(scheme)), values, strict=True))


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
    _check_kaggle(fractions, model=prediction.model)
    conditional = np.array([fractions[a.column] for a in KAGGLE.answers], dtype=np.float64)
    shares = np.nan_to_num(cumulative(KAGGLE, conditional), nan=0.0)
    values: dict[str, Value] = {"GalaxyID": plain_text(prediction.id)}
    for answer, share in zip(KAGGLE.answers, shares, strict=True):
        values[answer.column] = _number(float(share), _KAGGLE_DECIMALS)
    return values


def _check_kaggle(answers: Container[str], *, model: str) -> None:
    missing = [a.column for a in KAGGLE.answers if a.column not in answers]
    if missing:
        raise OutputError(
            f"The model {model!r} does not answer {len(missing)} of the challenge's 37 columns "
            f"({missing[0]} is the first).",
            remedy="Use a model of the Galaxy Zoo 2 tree, or another format than 'kaggle'.",
        )


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
