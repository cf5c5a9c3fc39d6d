"""Scores of a model that says fractions of votes, or several labels at once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from skyform.evaluation.class_scores import ClassRow, class_report, confusion
from skyform.evaluation.metrics import Estimate
from skyform.evaluation.resampling import bootstrap_mean, bootstrap_sums
from skyform.schema import KAGGLE, Tree

__all__ = ["QuestionScore", "label_rows", "question_scores", "score_fractions", "score_labels"]

# A question that fewer than half of the people reached has too few votes for its majority to mean something.
_ASKED = 0.5
_MAJORITY = 0.5


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """How well one question is answered.

    Attributes
    ----------
    id, text : str
    accuracy : Estimate or None
        How often the model's first answer is the people's, over the pictures where at least half of the people were asked;
        None where there is no such picture.
    rmse : float
        Root mean squared error of the cumulative fractions of its answers, over all pictures.
    correlation : float
        Pearson's, of the conditional fractions over the pictures where at least half were asked, mean of the answers; NaN
        where it is not defined.
    """

    id: str
    text: str
    accuracy: Estimate | None
    rmse: float
    correlation: float


def score_fractions(
    truth: Float[ndarray, "n answers"], p: Float[ndarray, "n answers"], *, tree: Tree = KAGGLE
) -> dict[str, Estimate]:
    """Headline figures of vote fractions, each with a 95 % bootstrap interval.

    Parameters
    ----------
    truth, p : shape (n, answers)
        Cumulative fractions in the tree's order; a row of the truth with a NaN is left out.
    tree : Tree

    Returns
    -------
    dict
        `rmse` (over all answers: with the 37 of Kaggle's tree the metric of that challenge), `first_question` (accuracy of
        the first question's majority), and `question.<id>` (accuracy of each question's majority, over the pictures where at
        least half of the people were asked), where there are such pictures.

    Raises
    ------
    ValueError
        If the shapes do not fit the tree or each other, or no row is known.
    """
    truth, p = _known(truth, p, columns=len(tree.answers))
    scores = {"rmse": _rmse(truth, p)}
    for score in question_scores(truth, p, tree=tree):
        if score.accuracy is not None:
            if score.id == tree.root:
                scores["first_question"] = score.accuracy
            scores[f"question.{score.id}"] = score.accuracy
    return scores


def question_scores(
    truth: Float[ndarray, "n answers"], p: Float[ndarray, "n answers"], *, tree: Tree = KAGGLE
) -> tuple[QuestionScore, ...]:
    """Every question of the tree, in its order; see `score_fractions` for the arrays.

    Raises
    ------
    ValueError
        If the shapes do not fit the tree or each other, or no row is known.
    """
    truth, p = _known(truth, p, columns=len(tree.answers))
    out: list[QuestionScore] = []
    for q in tree.questions:
        t, m = truth[:, tree.slices[q.id]], p[:, tree.slices[q.id]]
        asked = t.sum(axis=1) >= _ASKED
        found = None
        if asked.any():
            right = t[asked].argmax(axis=1) == m[asked].argmax(axis=1)
            found = bootstrap_mean(right.astype(float))
        error = float(np.sqrt(np.mean((t - m) ** 2)))
        out.append(QuestionScore(q.id, q.text, found, error, _correlation(t[asked], m[asked])))
    return tuple(out)


def score_labels(
    truth: Float[ndarray, "n labels"], p: Float[ndarray, "n labels"]
) -> dict[str, Estimate]:
    """Headline figures of several labels at once, truth and prediction each held to be given above 0.5, with 95 % bootstrap intervals.

    Parameters
    ----------
    truth : shape (n, labels)
        Labels (0 or 1) or fractions of votes; a row with a NaN is left out.
    p : shape (n, labels)
        Probability of each label.

    Returns
    -------
    dict
        `label_accuracy` (over all labels of all pictures), `exact` (every label of a picture right), `micro_f1`, `macro_f1` (mean
        over the labels that occur), `rmse`, and `baseline`: the label accuracy of always giving each label's commoner value.

    Raises
    ------
    ValueError
        If the shapes differ or no row is known.
    """
    truth, p = _known(truth, p, columns=truth.shape[1])
    real, said = truth > _MAJORITY, p > _MAJORITY
    same = real == said
    usual = real.mean(axis=0) >= _MAJORITY
    return {
        "label_accuracy": bootstrap_mean(same.mean(axis=1)),
        "exact": bootstrap_mean(same.all(axis=1).astype(float)),
        "micro_f1": _f1(real, said, average="micro"),
        "macro_f1": _f1(real, said, average="macro"),
        "rmse": _rmse(truth, p),
        "baseline": bootstrap_mean((real == usual).mean(axis=1)),
    }


def label_rows(
    truth: Float[ndarray, "n labels"], p: Float[ndarray, "n labels"], *, names: tuple[str, ...]
) -> tuple[ClassRow, ...]:
    """Precision, recall and F1 of each label, and how many pictures have it; see `score_labels` for the arrays.

    Raises
    ------
    ValueError
        If the shapes differ or no row is known.
    """
    truth, p = _known(truth, p, columns=len(names))
    real, said = truth > _MAJORITY, p > _MAJORITY
    return tuple(
        class_report(
            confusion(real[:, i].astype(int), said[:, i].astype(int), classes=2), names=("", name)
        )[1]
        for i, name in enumerate(names)
    )


def _known(
    truth: Float[ndarray, "n k"], p: Float[ndarray, "m k2"], *, columns: int
) -> tuple[Float[ndarray, "r k"], Float[ndarray, "r k"]]:
    """The rows whose truth is known."""
    if truth.shape != p.shape or truth.shape[1] != columns:
        raise ValueError(
            f"truth has the shape {truth.shape} and p {p.shape}; both need {columns} columns"
        )
    rows = np.isfinite(truth).all(axis=1)
    if not rows.any():
        raise ValueError(f"none of the {len(truth)} rows of truth is known in every column")
    if not np.isfinite(p[rows]).all():
        raise ValueError("p holds values that are not finite")
    return truth[rows].astype(float), p[rows].astype(float)


def _rmse(truth: Float[ndarray, "n k"], p: Float[ndarray, "n k"]) -> Estimate:
    squares = ((truth - p) ** 2).mean(axis=1)[:, None]
    return bootstrap_sums(lambda sums, n: np.sqrt(sums[..., 0] / n), squares)


def _f1(real: Bool[ndarray, "n k"], said: Bool[ndarray, "n k"], *, average: str) -> Estimate:
    k = real.shape[1]
    columns = np.hstack((real & said, real, said)).astype(float)

    def figure(sums: ndarray, n: int) -> ndarray:
        del n
        both, given, found = sums[..., :k], sums[..., k : 2 * k], sums[..., 2 * k :]
        if average == "micro":
            total = (given + found).sum(axis=-1)
            return 2 * both.sum(axis=-1) / np.maximum(total, 1)
        occurs = given + found > 0
        each = 2 * both / np.maximum(given + found, 1)
        return each.sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)

    return bootstrap_sums(figure, columns)


def _correlation(truth: Float[ndarray, "n k"], p: Float[ndarray, "n k"]) -> float:
    if len(truth) < 3:
        return float("nan")
    with np.errstate(invalid="ignore", divide="ignore"):
        t = truth / truth.sum(axis=1, keepdims=True)
        m = p / p.sum(axis=1, keepdims=True)
        t, m = t - t.mean(axis=0), m - m.mean(axis=0)
        each = (t * m).sum(axis=0) / np.sqrt((t**2).sum(axis=0) * (m**2).sum(axis=0))
    return float(np.mean(each[np.isfinite(each)])) if np.isfinite(each).any() else float("nan")
