"""Dirichlet-multinomial votes: a network that says how volunteers would vote, and how sure it is (Walmsley et al. 2022, arXiv:2102.08414).

For each question the network predicts the concentrations of a Dirichlet distribution over vote fractions; the votes that were cast are a
multinomial draw from it. Few votes pull little, and a question that nobody was asked pulls nothing.
"""

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from skyform.schema import Tree

__all__ = [
    "concentrations",
    "dirichlet_multinomial_loss",
    "expected_fractions",
    "fraction_interval",
]


def concentrations(logits: Float[Tensor, "b answers"]) -> Float[Tensor, "b answers"]:
    """Concentrations between 1 and 101, so that no distribution has two peaks or is surer than about a hundred votes."""
    return 1.0 + 100.0 * torch.sigmoid(logits)


def expected_fractions(
    logits: Float[Tensor, "b answers"], *, tree: Tree
) -> Float[Tensor, "b answers"]:
    """Expected share of each answer among those who are asked its question."""
    alpha = concentrations(logits)
    parts = [alpha[:, s] / alpha[:, s].sum(dim=1, keepdim=True) for s in tree.slices.values()]
    return torch.cat(parts, dim=1)


def dirichlet_multinomial_loss(
    logits: Float[Tensor, "b answers"], counts: Float[Tensor, "b answers"], *, tree: Tree
) -> Float[Tensor, " b"]:
    """Minus the log-probability of the votes, summed over the questions; a question whose votes are NaN or 0 adds nothing.

    Parameters
    ----------
    logits : tensor, shape (b, answers)
        Before `concentrations`.
    counts : tensor, shape (b, answers)
        Votes for each answer. They need not be whole: debiased votes are not.
    """
    alpha = concentrations(logits)
    known = torch.nan_to_num(counts, nan=0.0)
    each = _log_share(alpha, known)
    total = logits.new_zeros(len(logits))
    for s in tree.slices.values():
        whole = _log_share(alpha[:, s].sum(dim=1), known[:, s].sum(dim=1))
        total = total + whole - each[:, s].sum(dim=1)
    return -total


def _log_share(alpha: Tensor, n: Tensor) -> Tensor:
    return torch.lgamma(1 + n) + torch.lgamma(alpha) - torch.lgamma(alpha + n)


def fraction_interval(
    alpha: Float[ndarray, "n answers"], *, tree: Tree, level: float = 0.9
) -> tuple[Float[ndarray, "n answers"], Float[ndarray, "n answers"]]:
    """Central interval of each answer's share among those who are asked: the marginal of a Dirichlet is a Beta distribution.

    Raises
    ------
    ValueError
        If `level` is not between 0 and 1.
    """
    from scipy.stats import beta

    if not 0 < level < 1:
        raise ValueError(f"level is {level}; it must lie between 0 and 1")
    rest = np.concatenate(
        [alpha[:, s].sum(axis=1, keepdims=True) - alpha[:, s] for s in tree.slices.values()], axis=1
    )
    tail = (1 - level) / 2
    return np.asarray(beta.ppf(tail, alpha, rest)), np.asarray(beta.ppf(1 - tail, alpha, rest))
