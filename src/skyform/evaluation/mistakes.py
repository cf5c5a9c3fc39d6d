"""The rows on which a model was most wrong: what its report shows, and whose pictures a run should keep."""

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.evaluation.runs import Predictions

__all__ = ["worst_rows", "wrongness"]


def wrongness(predictions: Predictions) -> Float[ndarray, " n"]:
    """How wrong each row is.

    With classes, how much more probable the model held its own answer than the true one; 0 where it is right. Otherwise the
    root mean squared error of the row, over the columns that are known.
    """
    truth, p = predictions.truth, predictions.p
    if truth.ndim == 1:
        rows = np.arange(len(p))
        return p.max(axis=1) - p[rows, truth]
    known = np.isfinite(truth)
    squares = np.where(known, (np.nan_to_num(truth) - p) ** 2, 0.0)
    return np.sqrt(squares.sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def worst_rows(predictions: Predictions, *, count: int) -> Int[ndarray, " m"]:
    """Positions of at most `count` wrong rows, the most wrong first; with classes, right rows are none of them."""
    wrong = wrongness(predictions)
    order = np.argsort(-wrong, kind="stable")
    return order[wrong[order] > 0][:count]
