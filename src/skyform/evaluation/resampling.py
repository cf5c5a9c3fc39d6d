"""Bootstrap intervals (Efron 1979) that stay cheap with 20,000 rows: whole tables or whole columns are drawn at once."""

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.evaluation.metrics import Estimate

__all__ = ["bootstrap_counts", "bootstrap_mean", "bootstrap_sums", "interval", "row_weights"]

_RESAMPLES = 1000
_CHUNK = 2_000_000  # drawn numbers held at once
_LOW, _HIGH = 0.025, 0.975


def bootstrap_counts(
    metric: Callable[..., ndarray],
    counts: Int[ndarray, "rows columns"],
    *,
    resamples: int = _RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """A figure of a table of counts, such as a confusion matrix, with its 95 % interval.

    Drawing n rows with replacement and counting them again gives a multinomial draw of the table, so no row is touched.

    Parameters
    ----------
    metric : callable
        Takes tables of shape (resamples, rows, columns), gives figures of shape (resamples,).
    counts : shape (rows, columns)

    Raises
    ------
    ValueError
        If the table is empty.
    """
    n = int(counts.sum())
    _check_rows(n)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n, counts.ravel() / n, size=resamples)
    values = metric(drawn.reshape(resamples, *counts.shape))
    return interval(float(metric(counts[None])[0]), values, n=n)


def bootstrap_mean(
    values: Float[ndarray, " n"], *, resamples: int = _RESAMPLES, seed: int = 0
) -> Estimate:
    """The mean of a column with its 95 % interval.

    Raises
    ------
    ValueError
        If there are no rows.
    """
    return bootstrap_sums(
        lambda sums, n: sums[..., 0] / n, values[:, None], resamples=resamples, seed=seed
    )


def bootstrap_sums(
    metric: Callable[..., ndarray],
    columns: Float[ndarray, "n k"],
    *,
    resamples: int = _RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """A figure of the sums of some columns, with its 95 % interval.

    Parameters
    ----------
    metric : callable
        Takes sums of shape (resamples, k) and the number of rows, gives figures of shape (resamples,).
    columns : shape (n, k)

    Raises
    ------
    ValueError
        If there are no rows.
    """
    n = len(columns)
    _check_rows(n)
    draws = [w @ columns for w in row_weights(n, resamples=resamples, seed=seed)]
    return interval(
        float(metric(columns.sum(axis=0)[None], n)[0]), metric(np.concatenate(draws), n), n=n
    )


def row_weights(
    n: int, *, resamples: int = _RESAMPLES, seed: int = 0
) -> Iterator[Float[ndarray, "chunk n"]]:
    """How often each row is drawn in each resample, some resamples at a time."""
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // n)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(float)


def interval(value: float, drawn: Float[ndarray, " resamples"], *, n: int) -> Estimate:
    """The central 95 % of the drawn values around the figure itself.

    A figure that noise can only raise, such as a calibration error, may lie outside its own interval: that end is then the
    figure. Draws without a value (NaN) are left out.
    """
    low, high = np.nanquantile(drawn, [_LOW, _HIGH])
    return Estimate(value, min(float(low), value), max(float(high), value), n)


def _check_rows(n: int) -> None:
    if n == 0:
        raise ValueError("there are 0 rows; an interval needs at least one")
