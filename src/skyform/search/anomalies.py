"""What is unlike the rest, and which of it a person would want to see.

Three scores without labels: how few random cuts isolate a picture (Liu, Ting and Zhou 2008, ICDM, 413), how far its neighbours are
(in a random sample of the set: Sugiyama and Borgwardt 2013, NIPS 26, 467), and how much of it the set's principal components cannot
express. Then the idea of Astronomaly (Lochner and Bassett 2021, Astronomy and Computing 36, 100481, arXiv:2010.11202): what is
rare is mostly not interesting, so a few scores by a person are learnt, and weigh most near what that person has seen.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer
from numpy import ndarray

from skyform.errors import DataError
from skyform.search.embeddings import Embeddings, as_embeddings
from skyform.search.projection import Projected, project

__all__ = ["HIGHEST", "AnomalyScores", "anomaly_scores", "reweighed"]

HIGHEST = 5.0
_DIMS = 128
# In more dimensions all distances become alike, and nothing is near what a person has scored.
_DIMS_OF_SAY = 32
_TREES = 200
_REFERENCE = 20_000
_NEIGHBOURS = 10
_BLOCK = 65_536
# Bounds of the person's say, epsilon_1 and epsilon_2 of the paper: even what they find dull keeps a tenth of its score.
_LEAST_SAY, _RANGE_OF_SAY = 0.1, 0.85


@dataclass(frozen=True)
class AnomalyScores:
    """How unusual each row of a set is, within that set.

    Attributes
    ----------
    score : array of float, shape (n,)
        0 for the most usual to 5 for the most unusual: the mean of the three below, stretched to that range.
    isolation, distance, remainder : array of float, shape (n,)
        How far the logarithm of each measure is above the set's median, in units of the way from there to its 84th percentile (the
        standard deviation, were it normal).
    projected : Projected
        Coordinates and ids of the rows.
    """

    score: Float[ndarray, " n"]
    isolation: Float[ndarray, " n"]
    distance: Float[ndarray, " n"]
    remainder: Float[ndarray, " n"]
    projected: Projected


def anomaly_scores(
    embeddings: "Embeddings | Float[ndarray, 'n features']", *, dims: int = _DIMS, seed: int = 0
) -> AnomalyScores:
    """Score how unusual each embedding is among the others.

    Parameters
    ----------
    embeddings : Embeddings, or array of float of shape (n, features)
    dims : int
        Principal components to look at, whitened; at most a tenth of the rows.
    seed : int
        Of the trees and the sample.

    Returns
    -------
    AnomalyScores

    Raises
    ------
    DataError
        If there are fewer than three usable embeddings.
    """
    projected = project(as_embeddings(embeddings), dims=dims)
    if len(projected) < 3:
        raise DataError(
            f"There are {len(projected)} usable embeddings; what is unusual shows only among three or more."
        )
    whitened = projected.whitened
    parts = (
        _standing(_isolation(whitened, seed=seed)),
        _standing(_distance(whitened, seed=seed)),
        _standing(projected.remainder),
    )
    return AnomalyScores(_stretched(np.mean(parts, axis=0)), *parts, projected)


def reweighed(
    found: AnomalyScores,
    *,
    rows: Integer[ndarray, " k"],
    scores: Float[ndarray, " scored"],
    fading: float = 0.1,
    seed: int = 0,
) -> Float[ndarray, " n"]:
    """Weigh anomaly scores by what a person found interesting.

    A random forest learns the person's scores U from the strongest 32 principal components. The new score is S tanh(δ - 1 + artanh(0.1 + 0.85 U / 5)), with S
    the anomaly score and δ = exp(fading d / d₀), d the distance to the nearest row that the person scored and d₀ its mean: near
    those, U decides; far from all of them the score stays as it was (Lochner and Bassett 2021, arXiv:2010.11202).

    Parameters
    ----------
    found : AnomalyScores
    rows : array of int, shape (k,)
        Which rows the person has scored.
    scores : array of float, shape (k,)
        0 (dull) to 5 (fascinating).
    fading : float
        How soon the person's say fades with distance: the paper's α. At 1 it reaches hardly further than copies of what was scored.
    seed : int
        Of the forest.

    Returns
    -------
    array of float, shape (n,)
        0 to 5.

    Raises
    ------
    ValueError
        If there are no scores, one is outside 0 to 5, or `fading` is not above 0.
    """
    from sklearn.ensemble import RandomForestRegressor

    if not len(rows) or len(rows) != len(scores):
        raise ValueError(
            f"{len(scores)} scores for {len(rows)} rows; give one for each, and at least one"
        )
    if not (np.isfinite(scores).all() and scores.min() >= 0 and scores.max() <= HIGHEST):
        raise ValueError(
            f"scores go from {scores.min()} to {scores.max()}; they must lie in 0 to 5"
        )
    if not fading > 0:
        raise ValueError(f"fading is {fading}; it must be above 0")
    axes = found.projected.coordinates[:, :_DIMS_OF_SAY]
    seen = axes[rows]
    forest = RandomForestRegressor(n_estimators=100, random_state=seed, n_jobs=1)
    forest.fit(seen, scores)
    n = len(found.score)
    say, nearest = np.empty(n), np.empty(n)
    for start in range(0, n, _BLOCK):
        block = axes[start : start + _BLOCK]
        say[start : start + _BLOCK] = forest.predict(block)
        nearest[start : start + _BLOCK] = _kth_distance(block, seen, k=1)
    usual = max(float(nearest.mean()), 1e-12)
    # Beyond an exponent of 3 the hyperbolic tangent is 1 to eight digits.
    delta = np.exp(np.minimum(fading * nearest / usual, 3.0))
    weight = np.tanh(delta - 1 + np.arctanh(_LEAST_SAY + _RANGE_OF_SAY * say / HIGHEST))
    return found.score * weight


def _isolation(vectors: ndarray, *, seed: int) -> Float[ndarray, " n"]:
    from sklearn.ensemble import IsolationForest

    forest = IsolationForest(n_estimators=_TREES, random_state=seed, n_jobs=1).fit(vectors)
    made = [
        -forest.score_samples(vectors[start : start + _BLOCK])
        for start in range(0, len(vectors), _BLOCK)
    ]
    return np.concatenate(made)


def _distance(vectors: ndarray, *, seed: int) -> Float[ndarray, " n"]:
    """Distance to the tenth nearest of a random sample, not counting a row itself."""
    n = len(vectors)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(n)[:_REFERENCE])
    k = min(_NEIGHBOURS, len(chosen) - 1)
    out = np.concatenate(
        [
            _kth_distance(vectors[start : start + _BLOCK], vectors[chosen], k=k)
            for start in range(0, n, _BLOCK)
        ]
    )
    # Those in the sample are their own nearest neighbour.
    out[chosen] = _kth_distance(vectors[chosen], vectors[chosen], k=k + 1)
    return out


def _kth_distance(vectors: ndarray, reference: ndarray, *, k: int) -> Float[ndarray, " n"]:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(reference)
    distances, _ = search.kneighbors(vectors)
    return distances[:, -1].astype(np.float64)


def _standing(measure: ndarray) -> Float[ndarray, " n"]:
    """How far above the median, on a logarithmic scale."""
    logarithm = np.log(np.maximum(measure.astype(np.float64), 1e-12))
    middle, high = np.percentile(logarithm, [50, 84])
    spread = high - middle
    if spread <= 1e-12:
        # More than a third of the rows are the same: only the rest can stand out.
        spread = max(float(logarithm.std()), 1e-12)
    return (logarithm - middle) / spread


def _stretched(score: ndarray) -> Float[ndarray, " n"]:
    least, most = float(score.min()), float(score.max())
    return HIGHEST * (score - least) / max(most - least, 1e-12)
