"""A map of the set in two dimensions: pictures that the network finds alike lie close together."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

__all__ = ["MOST_POINTS", "landscape", "principal"]

MOST_POINTS = 2000
_COMPONENTS = 96
_AXES = 50  # of the components, that the map is made from
_PERPLEXITY = 30.0
_ROUNDS = 750
_LEAST = 4  # with fewer points there is nothing to lay out


def principal(features: Float[ndarray, "n features"], *, seed: int = 0) -> Float[ndarray, "n k"]:
    """The strongest principal components of embeddings scaled to unit length: at most 96, the strongest first and of unit variance.

    Learnt without labels, so that it gives nothing away between folds.
    """
    from sklearn.decomposition import PCA

    length = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.maximum(length, 1e-12)
    if np.allclose(unit, unit[:1]):
        return np.zeros((len(features), 1), features.dtype)
    components = PCA(min(_COMPONENTS, *features.shape), random_state=seed).fit_transform(unit)
    return components / components[:, 0].std()


def landscape(components: Float[ndarray, "n k"], *, seed: int = 0) -> Float[ndarray, "n 2"]:
    """Places on the map, each axis from 0 to 1.

    t-SNE (van der Maaten and Hinton 2008, JMLR 9, 2579) of the strongest components, started from the first two so that the
    large-scale order is kept (Kobak and Berens 2019, Nature Communications 10, 5416). Distances between far-apart groups mean little;
    neighbourhoods mean much.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    n = len(components)
    if n < _LEAST or components.shape[1] < 2:
        return np.linspace(0.25, 0.75, num=n)[:, None].repeat(2, axis=1)
    layout = TSNE(
        perplexity=min(_PERPLEXITY, (n - 1) / 3), init="pca", max_iter=_ROUNDS, random_state=seed
    )
    # One thread: several gain little on so few points, lose much on a busy machine, and add up in another order each time.
    with threadpool_limits(1):
        places = layout.fit_transform(components[:, :_AXES])
    least, most = places.min(axis=0), places.max(axis=0)
    return ((places - least) / np.maximum(most - least, 1e-12)).astype(float)
