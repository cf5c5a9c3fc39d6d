"""Draws synthetic galaxies of every kind."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from skyform.datasets import synthetic_kinds as kinds
from skyform.datasets import synthetic_odd as odd
from skyform.datasets.synthetic_galaxy import Galaxy
from skyform.errors import DataError

__all__ = ["MIXTURE", "check_mixture", "draw_galaxy"]

Rng = np.random.Generator

MIXTURE: Mapping[str, float] = MappingProxyType(
    {
        "round": 0.10,
        "in-between": 0.12,
        "cigar": 0.05,
        "edge-on-rounded": 0.07,
        "edge-on-boxy": 0.03,
        "edge-on-no-bulge": 0.06,
        "lenticular": 0.07,
        "tight": 0.09,
        "medium": 0.11,
        "loose": 0.09,
        "ring": 0.03,
        "merger": 0.06,
        "disturbed": 0.03,
        "irregular": 0.03,
        "lens": 0.01,
        "dust-lane": 0.02,
        "cloud": 0.01,
        "star": 0.01,
        "artefact": 0.01,
    }
)
_SPIRALS = ("tight", "medium", "loose")
_DETAILS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(
            _SPIRALS, ("bar", "no-bar", "1-arm", "2-arm", "3-arm", "4-arm", "5-arm", "flocculent")
        ),
        "lenticular": ("bar", "no-bar"),
    }
)


def draw_galaxy(
    rng: Rng, kind: str | None = None, *, mixture: Mapping[str, float] = MIXTURE
) -> Galaxy:
    """One galaxy.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : str, optional
        A key of a mixture; drawn from `mixture` if it is left out.
    mixture : mapping of kind to its share
        The shares need not sum to 1. A kind may say more: `medium+bar`, `loose+no-bar+1-arm`, `tight+flocculent`,
        `lenticular+bar`.

    Raises
    ------
    DataError
        If there is no such kind, or the mixture is empty or has a negative share.
    """
    shares = check_mixture(mixture if kind is None else {kind: 1.0})
    chosen = str(rng.choice(list(shares), p=np.array(list(shares.values()))))
    name, *details = chosen.split("+")
    return kinds.as_seen(rng, _MAKERS[name](rng, details), chosen)


def check_mixture(mixture: Mapping[str, float]) -> dict[str, float]:
    """The mixture with shares that sum to 1.

    Raises
    ------
    DataError
        If it names what is not drawn, is empty, or has a negative share.
    """
    for kind, share in mixture.items():
        name, *details = kind.split("+")
        if name not in MIXTURE:
            raise DataError(
                f"mixture names {kind!r}, which is not drawn.",
                remedy=f"The kinds are {', '.join(MIXTURE)}.",
            )
        allowed = _DETAILS.get(name, ())
        if wrong := [d for d in details if d not in allowed]:
            raise DataError(
                f"mixture names {kind!r}; {name!r} knows no {wrong[0]!r}.",
                remedy=f"It knows {', '.join(allowed) or 'no details'}.",
            )
        if not 0 <= share < np.inf:
            raise DataError(
                f"mixture gives {kind!r} the share {share}.", remedy="Shares are 0 or more."
            )
    total = sum(mixture.values())
    if total <= 0:
        raise DataError("mixture has no kind with a share above 0.", remedy="Give one a share.")
    return {k: share / total for k, share in mixture.items()}


_MAKERS: Mapping[str, Callable[[Rng, list[str]], Galaxy]] = MappingProxyType(
    {
        "round": kinds.round_galaxy,
        "in-between": kinds.in_between,
        "cigar": kinds.cigar,
        "edge-on-rounded": kinds.edge_on_rounded,
        "edge-on-boxy": kinds.edge_on_boxy,
        "edge-on-no-bulge": kinds.edge_on_no_bulge,
        "lenticular": kinds.lenticular,
        "tight": kinds.tight,
        "medium": kinds.medium,
        "loose": kinds.loose,
        "ring": odd.ringed,
        "merger": odd.merger,
        "disturbed": odd.disturbed,
        "irregular": odd.irregular,
        "lens": odd.lens,
        "dust-lane": odd.dust_lane,
        "cloud": odd.cloud,
        "star": odd.star,
        "artefact": odd.artefact,
    }
)
