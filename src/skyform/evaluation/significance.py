"""Is one model better than another on the same rows, or was it luck?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from skyform.evaluation.metrics import Estimate
from skyform.evaluation.resampling import interval, row_weights

__all__ = ["Paired", "holm", "mcnemar", "paired_bootstrap"]


def mcnemar(first: Bool[ndarray, " n"], second: Bool[ndarray, " n"]) -> float:
    """Exact two-sided p-value of McNemar's test (1947, Psychometrika 12, 153): are two models right equally often?

    Only rows on which exactly one is right count; under the null hypothesis each is the right one with probability 1/2.

    Parameters
    ----------
    first, second : shape (n,)
        Whether each model is right, on the same rows.

    Raises
    ------
    ValueError
        If the lengths differ.
    """
    if len(first) != len(second):
        raise ValueError(f"first has {len(first)} rows and second {len(second)}")
    only_first = int((first & ~second).sum())
    only_second = int((second & ~first).sum())
    total = only_first + only_second
    if total == 0:
        return 1.0
    from scipy import special

    return float(min(1.0, 2 * special.bdtr(min(only_first, only_second), total, 0.5)))


@dataclass(frozen=True, slots=True)
class Paired:
    """How much higher the first model's figure is, with its 95 % interval, and the two-sided p-value of no difference."""

    difference: Estimate
    p: float


def paired_bootstrap(
    first: Float[ndarray, " n"],
    second: Float[ndarray, " n"],
    *,
    root: bool = False,
    groups: Int[ndarray, " n"] | None = None,
    resamples: int = 2000,
    seed: int = 0,
) -> Paired:
    """Compare two models by the mean of a figure that each row has, such as 1 where it is right; both get the same draws of rows.

    Parameters
    ----------
    first, second : shape (n,)
    root : bool
        Compare the square roots of the means: root mean squared errors, from squared errors.
    groups : shape (n,), optional
        Rows of one number are drawn together.

    Returns
    -------
    Paired
        Its p-value is twice the share of draws on the rarer side of zero, and never below what `resamples` can show.

    Raises
    ------
    ValueError
        If the lengths differ, or there are no rows.
    """
    if len(first) != len(second) or len(first) == 0:
        raise ValueError(
            f"first has {len(first)} rows and second {len(second)}; they need the same number, above 0"
        )
    rows = np.stack((first, second), axis=1)

    def figure(means: Float[ndarray, "b 2"]) -> Float[ndarray, " b"]:
        both = np.sqrt(means) if root else means
        return both[..., 0] - both[..., 1]

    place = np.arange(len(rows)) if groups is None else np.unique(groups, return_inverse=True)[1]
    weights = row_weights(int(place.max()) + 1, resamples=resamples, seed=seed)
    means = [w[:, place] @ rows / w[:, place].sum(axis=1, keepdims=True) for w in weights]
    drawn = figure(np.concatenate(means))
    value = float(figure(rows.mean(axis=0)[None])[0])
    rarer = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    p = min(1.0, 2 * (rarer + 1) / (resamples + 1))
    return Paired(interval(value, drawn, n=len(rows)), p)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P-values corrected for their number, so that at most 5 % of all such families hold a false find at 0.05.

    Holm (1979, Scandinavian Journal of Statistics 6, 65): the smallest of m times m, the next times m - 1 and so on, none below
    the one before.
    """
    m = len(p_values)
    order = sorted(range(m), key=lambda i: p_values[i])
    corrected = [0.0] * m
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (m - rank) * p_values[i]))
        corrected[i] = highest
    return tuple(corrected)
