"""A taxonomy's rules corrected on data: how far shares of the vote are sharpened, and how much each class is favoured.

The rules of `schema.taxonomies` say which answers make which class. People who gave the class its name drew the line elsewhere than at
equal shares: Galaxy Zoo 1's volunteers called a disc "elliptical" sooner than Galaxy Zoo 2's called it smooth. One offset a class,
added to the logarithm of its share, moves the line; a Gaussian prior keeps it at 0 until the pictures say otherwise, and its width is
chosen by cross-validated likelihood, so that ten pictures do no harm.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.schema import Scheme, Taxonomy
from skyform.schema.modelfile import mirror_images

__all__ = ["LEAST_SHARE", "fit_class_rule"]

# No share is less than this: what the tree excludes may still be what people said.
LEAST_SHARE = 1e-6
_WIDTHS = (0.05, 0.25, 0.5)
_LOG_TEMPERATURE_WIDTH = 0.5
_LEAST = 10  # pictures
_FOLDS = 5
# These classes count alike, however common they are. Most stamps of Galaxy Zoo 1 are ellipticals; what is wanted of it is that each
# shape is found.
_ALIKE: Mapping[str, Sequence[str]] = {
    "galaxy_zoo_1": ("elliptical", "spiral_clockwise", "spiral_anticlockwise", "edge_on")
}


def fit_class_rule(
    taxonomy: Taxonomy, shares: Float[ndarray, "n classes"], truth: Int[ndarray, " n"]
) -> tuple[float, list[float]]:
    """Temperature and offsets of one taxonomy's classes.

    Parameters
    ----------
    taxonomy : Taxonomy
    shares : shape (n, classes)
        Of all votes, from the model's answers.
    truth : shape (n,)
        Column of the true class.

    Returns
    -------
    temperature : float
    offsets : list of float, length classes
        Those of two classes that differ in the sense of rotation alone are the same, so that a mirrored picture gets the mirrored class.
    """
    weights = _weights(taxonomy, truth)
    logs = np.log(np.maximum(shares, LEAST_SHARE))
    tied = _tied(taxonomy)
    width = _WIDTHS[0]
    if len(truth) >= _LEAST:
        losses = [_held_out_loss(logs, truth, weights, tied, width=w) for w in _WIDTHS]
        width = _WIDTHS[int(np.argmin(losses))]
    temperature, offsets = _fitted(logs, truth, weights, tied, width=width)
    return temperature, offsets.tolist()


def _weights(taxonomy: Taxonomy, truth: Int[ndarray, " n"]) -> Float[ndarray, " n"]:
    column = {c.id: i for i, c in enumerate(taxonomy.classes)}
    alike = [column[c] for c in _ALIKE.get(taxonomy.id, ())]
    sizes = np.bincount(truth, minlength=len(column))[alike]
    if not alike or sizes.min() == 0:
        return np.ones(len(truth))
    # Another class weighs as much as the commonest of these: it is not to be found more often than it occurs.
    by_class = np.full(len(column), 1.0 / sizes.max())
    by_class[alike] = 1.0 / sizes
    weights = by_class[truth]
    return weights / weights.mean()


def _tied(taxonomy: Taxonomy) -> Int[ndarray, " classes"]:
    """For each class, the position of the offset that it has: mirror images share one."""
    mirrors = mirror_images(Scheme.of(taxonomy))
    first = [min(i, j) for i, j in enumerate(mirrors)]
    return np.unique(np.array(first), return_inverse=True)[1]


def _held_out_loss(
    logs: Float[ndarray, "n classes"],
    truth: Int[ndarray, " n"],
    weights: Float[ndarray, " n"],
    tied: Int[ndarray, " classes"],
    *,
    width: float,
) -> float:
    fold = np.random.default_rng(0).permutation(len(truth)) % _FOLDS
    total = 0.0
    for k in range(_FOLDS):
        here = fold == k
        t, b = _fitted(logs[~here], truth[~here], weights[~here], tied, width=width)
        log_p = _log_softmax(logs[here] / t + b)
        total -= float((weights[here] * log_p[np.arange(int(here.sum())), truth[here]]).sum())
    return total


def _fitted(
    logs: Float[ndarray, "n classes"],
    truth: Int[ndarray, " n"],
    weights: Float[ndarray, " n"],
    tied: Int[ndarray, " classes"],
    *,
    width: float,
) -> tuple[float, Float[ndarray, " classes"]]:
    from scipy import optimize

    n, size = np.arange(len(truth)), int(tied.max()) + 1

    def objective(x: ndarray) -> tuple[float, ndarray]:
        scaled = logs * np.exp(-x[0])
        log_p = _log_softmax(scaled + x[1:][tied])
        loss = -float((weights * log_p[n, truth]).sum())
        loss += 0.5 * float((x[0] / _LOG_TEMPERATURE_WIDTH) ** 2 + ((x[1:] / width) ** 2).sum())
        off = np.exp(log_p)
        off[n, truth] -= 1.0
        off *= weights[:, None]
        slope = np.bincount(tied, weights=off.sum(axis=0), minlength=size) + x[1:] / width**2
        steeper = -float((off * scaled).sum()) + x[0] / _LOG_TEMPERATURE_WIDTH**2
        return loss, np.append(steeper, slope)

    bounds = [(-2.0, 2.0), *[(-5.0, 5.0)] * size]
    best: Any = optimize.minimize(
        objective, np.zeros(size + 1), jac=True, method="L-BFGS-B", bounds=bounds
    )
    return float(np.exp(best.x[0])), np.round(best.x[1:][tied], 4)


def _log_softmax(z: Float[ndarray, "n classes"]) -> Float[ndarray, "n classes"]:
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))
