"""Which pictures of a set are the same picture, told from their fingerprints in far less than all pairs' time."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float, Int, UInt64
from numpy import ndarray

from skyform.errors import DataError

__all__ = ["find_copies", "near_identical"]

_LEVELS = 96  # words of a fingerprint that are levels; the others are detail
_MIDDLE = 128.0
_AXES = 12  # directions that candidates are looked for in
_SAMPLE = 1_000  # fingerprints that those directions are found from
_CHUNK = 10_000  # pairs compared in full at a time
_SLACK = 1e-5  # for rounding, so that no pair is lost


def near_identical(
    hashes: UInt64[ndarray, "n words"],
    *,
    distance: float = 0.2,
    agreement: float = 0.5,
    also: Iterable[UInt64[ndarray, "_ _"]] = (),
) -> Int[ndarray, " n"]:
    """Groups of pictures that are copies of each other: saved again, resized, or identical.

    Fingerprints are compared as directions: their bytes, less the middle of a byte, scaled to unit length; levels and detail apart.
    Only a few pairs are compared in full. The levels are first laid out along the set's principal axes, where distances can only be
    smaller than they are, and a k-d tree finds the pairs that are close enough there. So the search is fast and misses nothing.

    Parameters
    ----------
    hashes : array of uint64, shape (n, words)
        From `skyform.images.fingerprint.picture_hash`. A row of zeros stands for a picture without a fingerprint: it is like no
        other.
    distance : float
        The most that the levels of two copies are apart: 0 for equal ones, 1.41 for unrelated ones.
    agreement : float
        The least that the detail of two copies has in common: 1 for equal detail, 0 for unrelated detail.
    also : iterable of such arrays
        Other fingerprints of the same pictures, such as those of `skyform.images.fingerprint.turned_hashes`: a picture is also
        put with those that one of its others is a copy of.

    Returns
    -------
    array of int, shape (n,)
        A number for each picture, the same for those that belong together, directly or through others; counted from 0 in
        order of appearance.

    Raises
    ------
    DataError
        If an array in `also` has another shape than `hashes`.
    ValueError
        If `distance` is negative.
    """
    if distance < 0:
        raise ValueError(f"distance is {distance}; give 0 or more.")
    distinct, first, group = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    there = np.flatnonzero(distinct.any(axis=1))
    axes = _axes(_directions(distinct[there][:, :_LEVELS])) if len(there) else None
    pairs = [there[_copies(distinct[there], distinct[there], axes, (distance, agreement))]]
    for other in also:
        if other.shape != hashes.shape:
            raise DataError(
                f"also has an array of shape {other.shape}, but hashes has {hashes.shape}.",
                remedy="Give other fingerprints of the same pictures, in the same order.",
            )
        theirs = other[first][there]
        pairs.append(there[_copies(distinct[there], theirs, axes, (distance, agreement))])
    joined = _joined(np.concatenate(pairs), len(distinct))[group.reshape(-1)]
    # Pictures without a fingerprint share a row of zeros, and nothing else.
    none = ~hashes.any(axis=1)
    joined[none] = len(distinct) + np.flatnonzero(none)
    return _numbered(joined)


def find_copies(
    one: UInt64[ndarray, " words"],
    others: UInt64[ndarray, "n words"],
    *,
    distance: float = 0.2,
    agreement: float = 0.5,
) -> Int[ndarray, " copies"]:
    """Positions of the fingerprints that are copies of one, by the rule of `near_identical`."""
    levels, detail = others[:, :_LEVELS], others[:, _LEVELS:]
    apart = np.linalg.norm(_directions(levels) - _directions(one[None, :_LEVELS]), axis=1)
    common = _common(detail, np.broadcast_to(one[_LEVELS:], detail.shape))
    same = (others == one).all(axis=1)
    alike = (apart <= distance + _SLACK) & (common >= agreement - _SLACK)
    return np.flatnonzero((same | alike) & others.any(axis=1))


def _copies(
    a: UInt64[ndarray, "n words"],
    b: UInt64[ndarray, "n words"],
    axes: Float[ndarray, "values axes"] | None,
    limits: tuple[float, float],
) -> Int[ndarray, "pairs 2"]:
    """Pairs (row of a, another row of b) that are copies; `limits` are distance and agreement, `axes` None where a is empty."""
    if axes is None:
        return np.zeros((0, 2), dtype=int)
    distance, agreement = limits
    pairs = _close(_directions(a[:, :_LEVELS]), _directions(b[:, :_LEVELS]), axes, distance)
    if a.shape[1] <= _LEVELS:
        return pairs
    kept = [
        chunk[_common(a[chunk[:, 0], _LEVELS:], b[chunk[:, 1], _LEVELS:]) >= agreement - _SLACK]
        for chunk in _chunks(pairs)
    ]
    return np.concatenate(kept)


def _close(
    a: Float[ndarray, "n values"],
    b: Float[ndarray, "n values"],
    axes: Float[ndarray, "values axes"],
    distance: float,
) -> Int[ndarray, "pairs 2"]:
    from scipy.spatial import KDTree

    tree, other = KDTree(a @ axes), KDTree(b @ axes)
    found = tree.sparse_distance_matrix(other, distance + _SLACK, output_type="ndarray")
    near = np.stack([found["i"], found["j"]], axis=1)
    near = near[near[:, 0] != near[:, 1]]
    kept = [
        chunk[np.linalg.norm(a[chunk[:, 0]] - b[chunk[:, 1]], axis=1) <= distance + _SLACK]
        for chunk in _chunks(near)
    ]
    return np.concatenate(kept)


def _common(
    a: UInt64[ndarray, "pairs words"], b: UInt64[ndarray, "pairs words"]
) -> Float[ndarray, " pairs"]:
    return (_directions(a) * _directions(b)).sum(axis=1)


def _chunks(pairs: Int[ndarray, "pairs 2"]) -> list[Int[ndarray, "some 2"]]:
    return np.array_split(pairs, max(1, -(-len(pairs) // _CHUNK)))


def _directions(hashes: UInt64[ndarray, "n words"]) -> Float[ndarray, "n values"]:
    values = np.ascontiguousarray(hashes).view(np.uint8).astype(np.float32) - _MIDDLE
    length = np.linalg.norm(values, axis=1, keepdims=True)
    return values / np.where(length > 0, length, 1)


def _axes(directions: Float[ndarray, "n values"]) -> Float[ndarray, "values axes"]:
    """Orthonormal directions along which the fingerprints differ most."""
    some = directions[:: -(-len(directions) // _SAMPLE)]
    return np.linalg.svd(some - some.mean(axis=0), full_matrices=False)[2][:_AXES].T


def _joined(pairs: Int[ndarray, "pairs 2"], n: int) -> Int[ndarray, " n"]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return connected_components(links, directed=False)[1].astype(int)


def _numbered(groups: Int[ndarray, " n"]) -> Int[ndarray, " n"]:
    """The same groups, counted from 0 in order of appearance."""
    _, first, number = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number.reshape(-1)]
