"""From a part's items and the network's raw outputs to an Arrow table, column by column.

The values are those of `inference.tables.row`, without a `Prediction` for each picture: at thousands of pictures a second, making
objects would take longer than the network does.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Shaped
from numpy import ndarray

from skyform.batch.estimates import (
    Classes,
    Estimates,
    TreeNumbers,
    estimates,
    nothing,
    set_texts,
)
from skyform.batch.fields import Schema, catalogue_fields, catalogue_values, column_name
from skyform.batch.fields import field as described
from skyform.inference.modelfile import ModelInfo, Outputs
from skyform.inference.tables import Column, columns_of, plain_text
from skyform.schema import KINDS, Flag, Scheme, Taxonomy, Tree
from skyform.schema.modelfile import class_columns

__all__ = ["Rows", "TableMaker", "flag_lists"]

_DECIMALS = 6
_FIRST_QUESTIONS = 4
_VOTE = "stat.probability;src.morph"
Columns = Iterator[tuple[pa.Field, pa.Array]]


@dataclass(slots=True)
class Rows:
    """What is known of items without the network: lists with one entry an item.

    `errors` is empty text for a picture that the network saw; `flags` holds the preprocessing's. `misplaced` counts positions that cannot
    be read.
    """

    ids: list[str] = field(default_factory=list[str])
    paths: list[str] = field(default_factory=list[str])
    ra: list[float | None] = field(default_factory=list[float | None])
    dec: list[float | None] = field(default_factory=list[float | None])
    errors: list[str] = field(default_factory=list[str])
    flags: list[tuple[Flag, ...]] = field(default_factory=list[tuple[Flag, ...]])
    extras: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    misplaced: int = 0

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class _Details:
    """What the full schema says of each answer beside its fraction."""

    low: list[ndarray]
    high: list[ndarray]
    chances: list[ndarray]

    @classmethod
    def of(cls, made: TreeNumbers) -> "_Details":
        return cls(*map(_columns, (made.low, made.high, made.chances)))

    def columns(self, i: int, name: str, answer: str) -> Columns:
        said = f"end of the central 90 % for {answer}"
        yield _number(f"{name}_low", self.low[i], f"Lower {said}", f"{_VOTE};stat.min")
        yield _number(f"{name}_high", self.high[i], f"Upper {said}", f"{_VOTE};stat.max")
        said = f"Calibrated chance that most of those asked answer {answer}"
        yield _number(f"{name}_confidence", self.chances[i], said, _VOTE)


class TableMaker:
    """Makes the tables of one run.

    Parameters
    ----------
    info : ModelInfo
    schema : "friendly" or "full"
    columns : sequence of Column
        Of the catalogue, to be carried into the table.

    Attributes
    ----------
    taxonomies : tuple of Taxonomy
        Those that the table speaks of.
    """

    def __init__(self, info: ModelInfo, *, schema: Schema, columns: Sequence[Column]) -> None:
        self.info = info
        self._full = schema == "full"
        shown = {c.name for c in columns_of(info)}
        self.taxonomies: tuple[Taxonomy, ...] = tuple(
            t for t in info.taxonomies.values() if self._full or t.id in shown
        )
        self._catalogue = columns
        self._catalogue_fields = catalogue_fields(columns, taken=self._names())

    @property
    def schema(self) -> pa.Schema:
        """Of every table that is made."""
        return self.table(Rows(), self.estimates(nothing(self.info)), flags=()).schema

    def estimates(self, outputs: Outputs) -> Estimates:
        """Calibrated numbers for the columns."""
        ids = {t.id for t in self.taxonomies}
        return estimates(outputs, info=self.info, taxonomies=ids)

    def table(
        self,
        rows: Rows,
        numbers: Estimates,
        *,
        flags: Sequence[tuple[Flag, ...]],
    ) -> pa.Table:
        """The table of some items.

        Parameters
        ----------
        rows : Rows
            Of all items, in order.
        numbers : Estimates
            Of those without an error, in the same order.
        flags : sequence of tuple of Flag
            Of all items, from `flag_lists`.
        """
        catalogue = [catalogue_values(c, rows.extras) for c in self._catalogue]
        failed = np.array([bool(e) for e in rows.errors], dtype=bool)
        places = pa.array(np.cumsum(~failed) - 1, pa.int64(), mask=failed)
        made = [
            *self._first(rows),
            *zip(self._catalogue_fields, catalogue, strict=True),
            *((f, values.take(places)) for f, values in self._answers(numbers)),
            *self._last(rows, flags),
        ]
        schema = pa.schema(
            [f for f, _ in made],
            metadata={"model": self.info.id, "preprocessing": self.info.preprocess.fingerprint},
        )
        return pa.table([values for _, values in made], schema=schema)

    def _first(self, rows: Rows) -> Columns:
        text, number = pa.string(), pa.float64()
        yield (
            described("id", text, description="Identifier of the item", ucd="meta.id;meta.main"),
            pa.array([plain_text(i) for i in rows.ids], text),
        )
        yield (
            described("path", text, description="Where the picture comes from", ucd="meta.ref"),
            pa.array([plain_text(p) for p in rows.paths], text),
        )
        for name, values, what in (
            ("ra", rows.ra, "Right ascension"),
            ("dec", rows.dec, "Declination"),
        ):
            words = {"description": f"{what}, ICRS", "ucd": f"pos.eq.{name};meta.main"}
            yield (
                described(name, number, unit="deg", **words),
                pa.array(values, number, from_pandas=True),
            )

    def _names(self) -> list[str]:
        """Of the columns that are not the catalogue's."""
        empty = self.estimates(nothing(self.info))
        made = (*self._first(Rows()), *self._answers(empty), *self._last(Rows(), ()))
        return [f.name for f, _ in made]

    def _answers(self, numbers: Estimates) -> Columns:
        """What the network says; one value for each picture that it saw."""
        yield (
            described(
                "sentence",
                pa.string(),
                description="What is in the picture, in one sentence that stops where the certainty stops",
                ucd="meta.note",
            ),
            pa.array(numbers.sentences(self.info), pa.string()),
        )
        if self.info.scheme is not None and numbers.own is not None:
            yield from self._own_classes(self.info.scheme, numbers.own)
        if numbers.kinds is not None:
            yield from self._kinds(numbers.kinds)
        for taxonomy in self.taxonomies:
            yield from self._taxonomy(taxonomy, numbers.classes[taxonomy.id])
        if self.info.tree is not None and numbers.tree is not None:
            yield from self._tree(self.info.tree, numbers.tree)
        if numbers.strangeness is not None:
            said = "How much speaks for a picture of nothing that the model knows, 0 to 1"
            yield _number("strangeness", numbers.strangeness, said, "stat.probability")
        if numbers.distance is not None:
            said = "Distance to the training data in the embedding, in units of the one that 99 % of validation pictures stay below"
            yield _number("unfamiliarity", numbers.distance, said, "stat.value")

    def _kinds(self, kinds: Classes) -> Columns:
        words = "Kind of object: galaxy, cluster, nebula, lens or none"
        yield _text("kind", [k.id for k in KINDS], kinds.best, words, "src.class")
        said = "Calibrated probability of the kind"
        yield _number("kind_confidence", kinds.confidence, said, "stat.probability;src.class")
        if self._full:
            yield _sets("kind_set", kinds, [k.id for k in KINDS], "Kinds", "src.class")
            for kind, p in zip(KINDS, _columns(kinds.p), strict=True):
                said = f"Calibrated probability of: {kind.name}"
                yield _number(f"kind_p_{kind.id}", p, said, "stat.probability;src.class")

    def _own_classes(self, scheme: Scheme, own: Classes) -> Columns:
        name = plain_text(scheme.name)
        classes = ", ".join(f"{c.number} {plain_text(c.id)}" for c in scheme.classes)
        number, title, confidence, answers, *each = map(plain_text, class_columns(scheme))
        said = f"Class number in {name}: {classes}"
        numbers = [c.number for c in scheme.classes]
        yield _integer(number, numbers, own.best, said, "meta.code.class;src.class")
        names = [plain_text(c.name) for c in scheme.classes]
        yield _text(title, names, own.best, f"Name of the {name} class", "src.class;meta.main")
        said = f"Calibrated probability of the {name} class"
        yield _number(confidence, own.confidence, said, "stat.probability;src.class")
        ids = [plain_text(c.id) for c in scheme.classes]
        yield _sets(answers, own, ids, f"Ids of the {name} classes", "src.class")
        for column, c, p in zip(each, scheme.classes, _columns(own.p), strict=True):
            said = f"Calibrated probability of {name}: {plain_text(c.name)}"
            yield _number(column, p, said, "stat.probability;src.class")

    def _taxonomy(self, taxonomy: Taxonomy, classes: Classes) -> Columns:
        id, name = taxonomy.id, taxonomy.name
        if self._full:
            said = f"Class number in {name}: {', '.join(f'{c.number} {c.id}' for c in taxonomy.classes)}"
            numbers = [c.number for c in taxonomy.classes]
            yield _integer(id, numbers, classes.best, said, "meta.code.class;src.morph.type")
        names = [c.name for c in taxonomy.classes]
        yield _text(f"{id}_name", names, classes.best, f"{name} class", "src.morph.type")
        said, ucd = f"Calibrated probability of the {name} class", "stat.probability;src.morph.type"
        yield _number(f"{id}_confidence", classes.confidence, said, ucd)
        if not self._full:
            return
        ids = [c.id for c in taxonomy.classes]
        yield _sets(f"{id}_set", classes, ids, f"Ids of the {name} classes", "src.morph.type")
        said = f"Share of the vote that the classes of {name} speak for"
        yield _number(f"{id}_coverage", classes.coverage, said, "stat.probability")
        for c, p in zip(taxonomy.classes, _columns(classes.p), strict=True):
            said = f"Calibrated probability of {name}: {c.name}"
            yield _number(column_name(id, "p", c.id), p, said, ucd)

    def _tree(self, tree: Tree, made: TreeNumbers) -> Columns:
        shown = tree.questions if self._full else tree.questions[:_FIRST_QUESTIONS]
        fractions = _columns(made.fractions)
        details = _Details.of(made) if self._full else None
        for question in shown:
            if question.id != tree.root:
                said = f"Share of people who would be asked: {question.text}"
                asked = made.asked[question.id]
                yield _number(column_name(question.id, "asked"), asked, said, _VOTE)
            for answer in question.answers:
                i, name = tree.index[answer.id], column_name(answer.id)
                said = f"Share of those asked: {question.text} {answer.text}"
                yield _number(name, fractions[i], said, _VOTE)
                if details is not None:
                    yield from details.columns(i, name, answer.id)
        if self._full:
            said = "Answers from the root of the tree that are sure enough to say, joined by ;"
            yield (
                described(
                    "rolled_up", pa.string(), description=said, ucd="meta.code.multip;src.morph"
                ),
                pa.array(_rolled_up(tree, made), pa.string()),
            )

    def _last(self, rows: Rows, flags: Sequence[tuple[Flag, ...]]) -> Columns:
        text = pa.string()
        texts = {f: ";".join(flag.value for flag in f) for f in set(flags)}
        said = "Codes of what to know before trusting the row, joined by ;"
        yield (
            described("flags", text, description=said, ucd="meta.code.qual"),
            pa.array([texts[f] for f in flags], text),
        )
        said = "Why the item could not be classified; empty if it was"
        yield (
            described("error", text, description=said, ucd="meta.code.error"),
            pa.array([plain_text(e) for e in rows.errors], text),
        )
        if self._full:
            same = (
                ("model", self.info.id, "Model that made the row: name@version", "meta.version"),
                (
                    "preprocessing",
                    self.info.preprocess.fingerprint,
                    "Fingerprint of how pictures were prepared",
                    "meta.code;meta.software",
                ),
            )
            for name, value, said, ucd in same:
                values = pa.repeat(pa.scalar(plain_text(value), text), len(rows))
                yield described(name, text, description=said, ucd=ucd), values


def flag_lists(rows: Rows, numbers: Estimates, info: ModelInfo) -> list[tuple[Flag, ...]]:
    """The flags of each item, in the order in which `inference` raises them."""
    no_galaxy = (Flag.NOT_A_GALAXY, numbers.no_galaxy(info))
    unsure = (Flag.UNSURE, numbers.unsure(info))
    # A model's own classes have the last word, and the kind has it where there are none.
    last = (unsure, no_galaxy) if info.scheme is None else (no_galaxy, unsure)
    later = ((Flag.UNFAMILIAR, numbers.unfamiliar()), *last)
    endings = iter([tuple(f for f, on in later if on[i]) for i in range(numbers.count)])
    return [
        () if error else (*first, *next(endings))
        for first, error in zip(rows.flags, rows.errors, strict=True)
    ]


def _rolled_up(tree: Tree, made: TreeNumbers) -> list[str]:
    """Ids of the answers that are sure enough to say, joined by `;`; worded once for all rows that agree."""
    if not len(made.fractions):
        return []
    keys = np.stack([made.kept[q] for q in tree.order], axis=1)
    groups, group = np.unique(keys, axis=0, return_inverse=True)
    texts = [
        ";".join(
            tree.question[q].answers[i].id for q, i in zip(tree.order, row, strict=True) if i >= 0
        )
        for row in groups.tolist()
    ]
    return [texts[g] for g in group.ravel().tolist()]


def _columns(values: Shaped[ndarray, "n columns"]) -> list[ndarray]:
    """The columns of a matrix, each in one piece of memory."""
    return list(np.ascontiguousarray(values.T))


def _number(name: str, values: ndarray, description: str, ucd: str) -> tuple[pa.Field, pa.Array]:
    # Adding 0 turns -0.0, which rounding makes of tiny negatives, into 0.0.
    rounded = (np.round(values.astype(np.float64), _DECIMALS) + 0.0).astype(np.float32)
    known = np.where(np.isfinite(rounded), rounded, np.float32(np.nan))
    return (
        described(name, pa.float32(), description=description, ucd=ucd),
        pa.array(known, pa.float32(), from_pandas=True),
    )


def _integer(
    name: str, values: Sequence[int], index: ndarray, description: str, ucd: str
) -> tuple[pa.Field, pa.Array]:
    return (
        described(name, pa.int32(), description=description, ucd=ucd),
        pa.array(values, pa.int32()).take(pa.array(index, pa.int64())),
    )


def _text(
    name: str, values: Sequence[str], index: ndarray, description: str, ucd: str
) -> tuple[pa.Field, pa.Array]:
    return (
        described(name, pa.string(), description=description, ucd=ucd),
        pa.array(values, pa.string()).take(pa.array(index, pa.int64())),
    )


def _sets(
    name: str, classes: Classes, ids: Sequence[str], what: str, ucd: str
) -> tuple[pa.Field, pa.Array]:
    said = f"{what} that cannot be ruled out, joined by ;"
    return (
        described(name, pa.string(), description=said, ucd=f"meta.code.multip;{ucd}"),
        pa.array(set_texts(classes.p, classes.sets, ids), pa.string()),
    )
