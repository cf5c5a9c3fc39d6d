"""Likely label errors by confident learning (Northcutt, Jiang and Chuang 2021, JAIR 70, 1373; arXiv:1911.00068).

A classifier says how likely each class is for every example, from folds that it was not trained on. The average probability of a
class over the examples that carry it is that class's threshold: an example counts as confidently of a class where it reaches the
class's own threshold. Counting given against confident classes gives the *confident joint*, an estimate of how often each class is
given in the place of each other one that is robust to classes of which the classifier is always more, or always less, sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

__all__ = [
    "LabelErrors",
    "confident_joint",
    "find_label_errors",
    "out_of_fold_probabilities",
    "thresholds",
]

_FOLDS = 5


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """What confident learning found.

    Attributes
    ----------
    rows : array of int, shape (k,)
        Rows with a likely wrong label, the likeliest first.
    suggested : array of int, shape (k,)
        The class that each of them is confidently of.
    margin : array of float, shape (k,)
        Normalised margin: probability of the given class minus the highest other one, -1 to 1; the lower, the likelier an error.
    joint : array of float, shape (classes, classes)
        Estimated share of all examples with each given class (rows) and true class (columns); sums to 1.
    share : float
        Estimated share of wrong labels: the joint off its diagonal.
    searched : int
        Examples that were searched.
    accuracy : float
        Share of examples for which the out-of-fold classifier names the given class: what the search rests on.
    """

    rows: Int[ndarray, " k"]
    suggested: Int[ndarray, " k"]
    margin: Float[ndarray, " k"]
    joint: Float[ndarray, "classes classes"]
    share: float
    searched: int
    accuracy: float


def find_label_errors(
    given: Int[ndarray, " n"], probabilities: Float[ndarray, "n classes"]
) -> LabelErrors:
    """Examples whose label is likely wrong, from out-of-fold probabilities.

    Parameters
    ----------
    given : array of int, shape (n,)
        Class of each example.
    probabilities : array of float, shape (n, classes)
        From a model that was not trained on the example.

    Raises
    ------
    ValueError
        If there is no example, or a class is outside the columns of `probabilities`.
    """
    _check(given, probabilities)
    confident = _confident_class(given, probabilities)
    counts = _counted(given, confident, probabilities.shape[1])
    own = probabilities[np.arange(len(given)), given]
    others = probabilities.copy()
    others[np.arange(len(given)), given] = -np.inf
    margin = own - others.max(axis=1)
    wrong = np.flatnonzero((confident >= 0) & (confident != given))
    wrong = wrong[np.argsort(margin[wrong], kind="stable")]
    joint = _calibrated(counts, np.bincount(given, minlength=probabilities.shape[1]))
    return LabelErrors(
        rows=wrong,
        suggested=confident[wrong],
        margin=margin[wrong],
        joint=joint,
        share=float(1 - np.trace(joint)),
        searched=len(given),
        accuracy=float(np.mean(probabilities.argmax(axis=1) == given)),
    )


def thresholds(
    given: Int[ndarray, " n"], probabilities: Float[ndarray, "n classes"]
) -> Float[ndarray, " classes"]:
    """Mean probability of each class over the examples that carry it (equation 2); infinite where none does."""
    return np.array(
        [
            probabilities[given == c, c].mean() if (given == c).any() else np.inf
            for c in range(probabilities.shape[1])
        ]
    )


def confident_joint(
    given: Int[ndarray, " n"], probabilities: Float[ndarray, "n classes"]
) -> Int[ndarray, "classes classes"]:
    """Examples counted by given class (rows) and confident class (columns), equation 1.

    An example that reaches the threshold of several classes counts for the most probable of them; one that reaches none is left out.
    """
    _check(given, probabilities)
    return _counted(given, _confident_class(given, probabilities), probabilities.shape[1])


def out_of_fold_probabilities(
    features: Float[ndarray, "n features"],
    given: Int[ndarray, " n"],
    *,
    groups: Sequence[int] | Int[ndarray, " n"],
    seed: int = 0,
) -> Float[ndarray, "n classes"]:
    """Class probabilities of each example from a logistic regression that has not seen it, nor any of its group.

    Parameters
    ----------
    features : array of float, shape (n, features)
        Principal components of embeddings, the strongest of unit variance.
    given : array of int, shape (n,)
        Classes 0 to k - 1, each with at least two groups.
    groups : sequence of int
        Examples that must stay together, such as copies of one picture: a copy would vouch for its own wrong label.
    seed : int

    Returns
    -------
    array of float, shape (n, k)
        A class that is missing from a fold's training part gets 0 there.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold

    members = np.asarray(groups)
    fewest = min(len(np.unique(members[given == c])) for c in np.unique(given))
    folds = StratifiedGroupKFold(min(_FOLDS, max(2, fewest)), shuffle=True, random_state=seed)
    probabilities = np.zeros((len(given), int(given.max()) + 1))
    for learn, test in folds.split(features, given, members):
        model = LogisticRegression(max_iter=1000)
        model.fit(features[learn], given[learn])
        probabilities[np.ix_(test, model.classes_)] = model.predict_proba(features[test])
    return probabilities


def _check(given: ndarray, probabilities: ndarray) -> None:
    classes = probabilities.shape[1]
    if len(given) == 0 or given.min() < 0 or given.max() >= classes:
        raise ValueError(
            f"given has {len(given)} classes from {given.min(initial=0)} to {given.max(initial=0)}; "
            f"it needs at least one, all from 0 to {classes - 1}"
        )


def _confident_class(given: ndarray, probabilities: ndarray) -> Int[ndarray, " n"]:
    """The class that each example is confidently of, -1 where it reaches no threshold."""
    reached = probabilities >= thresholds(given, probabilities)
    best = np.where(reached, probabilities, -1.0).argmax(axis=1)
    return np.where(reached.any(axis=1), best, -1)


def _counted(given: ndarray, confident: ndarray, classes: int) -> Int[ndarray, "classes classes"]:
    sure = confident >= 0
    counts = np.zeros((classes, classes), dtype=int)
    np.add.at(counts, (given[sure], confident[sure]), 1)
    return counts


def _calibrated(counts: ndarray, given: ndarray) -> Float[ndarray, "classes classes"]:
    """The joint distribution of given and true class: counts scaled so that each row holds its class's share (equation 3)."""
    counts = counts.astype(float)
    # A class of which no example is confident is taken to be right.
    empty = counts.sum(axis=1) == 0
    counts[empty, empty] = 1.0
    joint = counts / counts.sum(axis=1, keepdims=True) * given[:, None]
    return joint / joint.sum()
