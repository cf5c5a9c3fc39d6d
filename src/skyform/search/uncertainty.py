"""How unsure a model is of each row of a table of predictions, in whatever columns the table has."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.errors import DataError
from skyform.schema import Question, Tree
from skyform.schema.modelfile import MODEL_TREES

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Uncertainty", "disagreement", "entropy", "uncertainty_columns", "uncertainty_of"]

_SIGMAS = 1.6449  # from the middle of a normal distribution to the ends of its central 90 %


@dataclass(frozen=True)
class Uncertainty:
    """How unsure each row is, 0 or more, and in words what that was told from. Rows without a value have 0."""

    values: Float[ndarray, " n"]
    means: str


def uncertainty_columns(names: Iterable[str]) -> tuple[str, ...]:
    """Of a table's columns, those that `uncertainty_of` looks at; empty where there are none."""
    there = set(names)
    _, wanted = _measure(there)
    return tuple(n for n in wanted if n in there)


def uncertainty_of(rows: "pa.Table", *, column: str | None = None) -> Uncertainty | None:
    """How unsure a model is of each row.

    In this order, what the table has first: the disagreement between possible vote fractions (`disagreement`), from fractions with
    intervals; the entropy of the answers, from fractions or from the challenge's cumulative columns; the entropy of a model's own classes.
    Each question counts as often as it is asked.

    Parameters
    ----------
    rows : table
    column : str, optional
        Take this column instead; a name that ends in `_confidence` counts from 1 downwards.

    Returns
    -------
    Uncertainty or None
        None where the table has nothing of the kind.

    Raises
    ------
    DataError
        If there is no such column, or it holds no numbers.
    """
    if column is not None:
        return _from_column(rows, column)
    there = set(rows.column_names)
    measure, columns = _measure(there)
    if measure is None:
        own = [c for c in columns if c in there]
        if not own:
            return None
        return Uncertainty(entropy(_matrix(rows, own)), "the entropy of the classes")
    tree, way = measure
    answered = [q for q in tree.questions if way.columns(q) and set(way.columns(q)) <= there]
    total = np.sum([way.told(rows, tree, q) for q in answered], axis=0)
    return Uncertainty(total, way.means)


def entropy(p: Float[ndarray, "n answers"]) -> Float[ndarray, " n"]:
    """Entropy of each row's shares, in nats; rows with a missing share have 0."""
    shares = np.maximum(p, 0.0)
    terms = -shares * np.log(np.where(shares > 0, shares, 1.0))
    return np.nan_to_num(terms.sum(axis=1), nan=0.0)


def disagreement(
    fractions: Float[ndarray, "n answers"],
    low: Float[ndarray, "n answers"],
    high: Float[ndarray, "n answers"],
) -> Float[ndarray, " n"]:
    """What one more person's answer would tell of the true vote fractions, in nats (BALD: Houlsby et al. 2011, arXiv:1112.5745; for Galaxy
    Zoo, Walmsley et al. 2020, MNRAS 491, 1554).

    The fractions are taken as Dirichlet(S p). Of the entropy of an answer only the part is counted that would vanish if the true
    fractions were known: H(p) - [ψ(S + 1) - Σ pₐ ψ(S pₐ + 1)]. A galaxy on which people really are divided has a high entropy, but
    labelling it teaches little.

    Parameters
    ----------
    fractions, low, high : array of float, shape (n, answers)
        Of those asked; `low` and `high` bound the central 90 %.
    """
    from scipy.special import digamma

    variance = np.square((high - low) / (2 * _SIGMAS)).sum(axis=1, keepdims=True)
    spread = (fractions * (1 - fractions)).sum(axis=1, keepdims=True)
    strength = np.maximum(spread / np.maximum(variance, 1e-12) - 1, 1e-3)
    within = digamma(strength + 1) - (fractions * digamma(strength * fractions + 1)).sum(
        axis=1, keepdims=True
    )
    return np.nan_to_num(np.maximum(entropy(fractions) - within[:, 0], 0.0), nan=0.0)


def _from_column(rows: "pa.Table", column: str) -> Uncertainty:
    if column not in rows.column_names:
        raise DataError(
            f"There is no column {column!r} beside the embeddings; there are {', '.join(rows.column_names)}."
        )
    try:
        values = _matrix(rows, [column])[:, 0]
    except (ValueError, TypeError, NotImplementedError) as error:
        raise DataError(f"The column {column!r} does not hold numbers.") from error
    if column.endswith("_confidence"):
        values = 1 - values
    least = np.nanmin(values) if np.isfinite(values).any() else 0.0
    return Uncertainty(np.nan_to_num(values - min(least, 0.0), nan=0.0), f"the column {column}")


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to tell uncertainty from a question's columns: which they are, and what they tell."""

    means: str
    columns: Callable[[Question], list[str]]
    told: Callable[["pa.Table", Tree, Question], ndarray]


def _measure(there: set[str]) -> tuple[tuple[Tree, "_Way"] | None, list[str]]:
    """The first way that a table with these columns allows, and all columns that it may use; a model's own classes where there is none."""
    for tree in MODEL_TREES.values():
        for way in _WAYS:
            found = [way.columns(q) for q in tree.questions if set(way.columns(q)) <= there]
            if found:
                asked = [_asked_name(q) for q in tree.questions]
                return (tree, way), [*(name for names in found for name in names), *asked]
    own = sorted(n for n in there if n.startswith("p_"))
    return None, own if len(own) > 1 else []


def _fraction_columns(question: Question) -> list[str]:
    return [_name(a.id) for a in question.answers]


def _interval_columns(question: Question) -> list[str]:
    return [f"{n}{end}" for end in ("", "_low", "_high") for n in _fraction_columns(question)]


def _cumulative_columns(question: Question) -> list[str]:
    return [a.column for a in question.answers]


def _expected_disagreement(rows: "pa.Table", tree: Tree, question: Question) -> ndarray:
    fractions, low, high = np.split(_matrix(rows, _interval_columns(question)), 3, axis=1)
    return _asked(rows, tree, question) * disagreement(fractions, low, high)


def _expected_entropy(rows: "pa.Table", tree: Tree, question: Question) -> ndarray:
    shares = _matrix(rows, _fraction_columns(question))
    return _asked(rows, tree, question) * entropy(shares)


def _cumulative_entropy(rows: "pa.Table", tree: Tree, question: Question) -> ndarray:
    del tree
    shares = _matrix(rows, _cumulative_columns(question))
    asked = np.nan_to_num(shares.sum(axis=1), nan=0.0)
    return asked * entropy(shares / np.maximum(asked, 1e-9)[:, None])


_WAYS = (
    _Way("what one more vote would tell (BALD)", _interval_columns, _expected_disagreement),
    _Way("the entropy of the answers", _fraction_columns, _expected_entropy),
    _Way("the entropy of the answers", _cumulative_columns, _cumulative_entropy),
)


def _asked(rows: "pa.Table", tree: Tree, question: Question) -> Float[ndarray, " n"]:
    name = _asked_name(question)
    if question.id == tree.root or name not in rows.column_names:
        return np.ones(len(rows))
    return np.nan_to_num(_matrix(rows, [name])[:, 0], nan=0.0)


def _name(id: str) -> str:
    """An id as a column's name: as tables of survey-scale runs write it."""
    return re.sub(r"[^A-Za-z0-9_]", "_", id)


def _asked_name(question: Question) -> str:
    return _name(f"{question.id}_asked")


def _matrix(rows: "pa.Table", names: list[str]) -> Float[ndarray, "n columns"]:
    columns = [rows[n].to_numpy().astype(np.float64) for n in names]
    return np.stack(columns, axis=1)
