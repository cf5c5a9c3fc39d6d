"""Statistics of a galaxy's light from numpy and scipy alone.

Concentration, asymmetry and smoothness after Conselice 2003 (ApJS 147, 1); Gini and M20 after Lotz et al. 2004 (AJ 128, 163, equations 6 to 8);
the radius after Petrosian 1976 (ApJ 209, L1).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy import ndimage

__all__ = ["Light", "statistics"]

_PETROSIAN = 0.2


@dataclass(frozen=True, slots=True)
class Light:
    """The light of one object.

    Attributes
    ----------
    flux : array of float, shape (rows, columns)
        Brightness above the sky.
    inside, others : array of bool, shape (rows, columns)
        Pixels of the object, and of other objects.
    noise : float
        Standard deviation of the sky, in the units of `flux`.
    """

    flux: Float[ndarray, "rows columns"]
    inside: Bool[ndarray, "rows columns"]
    others: Bool[ndarray, "rows columns"]
    noise: float


def statistics(light: Light) -> dict[str, float]:
    """Every number by its name in `Morphology`, NaN where it has no value; those that need a fit or a tail analysis are left out."""
    flux = np.where(light.others, 0.0, light.flux)
    centre = _symmetry_centre(flux, light)
    distance = _distances(flux.shape, centre)
    radius = _petrosian_radius(flux, distance)
    within = distance <= 1.5 * radius
    bright = _above_petrosian(flux, distance, radius, light)
    curve = _growth(flux, distance, 1.5 * radius)
    with np.errstate(invalid="ignore", divide="ignore"):
        r20, r50, r80 = (_radius_of(curve, share) for share in (0.2, 0.5, 0.8))
        return {
            "concentration": float(5 * np.log10(r80 / r20)) if r20 > 0 else np.nan,
            "asymmetry": _asymmetry(flux, within, centre, light),
            "smoothness": _smoothness(flux, within, distance, radius, light),
            "gini": _gini(flux[bright]),
            "m20": _m20(flux, bright),
            "ellipticity": _ellipticity(light),
            "half_light_radius": r50 / max(flux.shape),
        }


def _rotated(
    flux: Float[ndarray, "rows columns"], centre: tuple[float, float]
) -> Float[ndarray, "rows columns"]:
    """Turned by half a turn about a centre at whole or half pixels, which needs no interpolation; 0 from outside."""
    out = np.zeros_like(flux)
    at = [round(2 * c) - np.arange(n) for c, n in zip(centre, flux.shape, strict=True)]
    good = [(a >= 0) & (a < n) for a, n in zip(at, flux.shape, strict=True)]
    out[np.ix_(*good)] = flux[np.ix_(at[0][good[0]], at[1][good[1]])]
    return out


def _symmetry_centre(flux: Float[ndarray, "rows columns"], light: Light) -> tuple[float, float]:
    """The point about which half a turn changes least, sought from the centre of light in steps of half a pixel."""

    def change(centre: tuple[float, float]) -> float:
        return float(np.abs(flux - _rotated(flux, centre))[light.inside].sum())

    start = _centre_of_light(flux, light.inside)
    best = (round(2 * start[0]) / 2, round(2 * start[1]) / 2)
    least = change(best)
    for _ in range(12):
        around = [(best[0] + y, best[1] + x) for y in (-0.5, 0, 0.5) for x in (-0.5, 0, 0.5)]
        changes = [change(c) for c in around]
        if min(changes) >= least:
            break
        least = min(changes)
        best = around[int(np.argmin(changes))]
    return best


def _centre_of_light(
    flux: Float[ndarray, "rows columns"], inside: Bool[ndarray, "rows columns"]
) -> tuple[float, float]:
    centre: Any = ndimage.center_of_mass(np.where(inside, np.maximum(flux, 0.0), 0.0))
    return float(centre[0]), float(centre[1])


def _distances(
    shape: tuple[int, ...], centre: tuple[float, float]
) -> Float[ndarray, "rows columns"]:
    rows, columns = np.indices(shape)
    return np.hypot(rows - centre[0], columns - centre[1])


def _petrosian_radius(
    flux: Float[ndarray, "rows columns"], distance: Float[ndarray, "rows columns"]
) -> float:
    """Where the brightness has fallen to a fifth of the mean inside; the picture's half width where it never does."""
    ring = distance.ravel().astype(int)
    count = np.bincount(ring)
    light = np.bincount(ring, weights=flux.ravel())
    local = light / np.maximum(count, 1)
    mean = np.cumsum(light) / np.cumsum(count)
    fallen = np.flatnonzero((local < _PETROSIAN * mean)[2:])
    largest = max(flux.shape) / 2
    return min(largest, float(fallen[0]) + 2.5) if fallen.size else largest


def _above_petrosian(
    flux: Float[ndarray, "rows columns"],
    distance: Float[ndarray, "rows columns"],
    radius: float,
    light: Light,
) -> Bool[ndarray, "rows columns"]:
    """Pixels at least as bright as the galaxy is at its Petrosian radius, after smoothing by a fifth of that radius.

    Gini and M20 depend on which pixels belong to the galaxy; this choice does not change with its distance (Lotz et al. 2004).
    """
    smooth = ndimage.gaussian_filter(flux, 0.2 * radius)
    ring = np.abs(distance - radius) <= 1
    found: Any = ndimage.label(smooth >= (smooth[ring].mean() if ring.any() else 0.0))
    labels = found[0]
    own = np.bincount(labels[light.inside], minlength=2)
    own[0] = 0
    return labels == own.argmax() if own.any() else light.inside


def _growth(
    flux: Float[ndarray, "rows columns"], distance: Float[ndarray, "rows columns"], radius: float
) -> tuple[Float[ndarray, " n"], Float[ndarray, " n"]]:
    """Radii, and the light inside each."""
    order = np.argsort(distance, axis=None, kind="stable")
    radii = distance.ravel()[order]
    keep = radii <= radius
    return radii[keep], np.maximum.accumulate(np.cumsum(flux.ravel()[order][keep]))


def _radius_of(curve: tuple[Float[ndarray, " n"], Float[ndarray, " n"]], share: float) -> float:
    radii, light = curve
    return float(np.interp(share * light[-1], light, radii))


def _asymmetry(
    flux: Float[ndarray, "rows columns"],
    within: Bool[ndarray, "rows columns"],
    centre: tuple[float, float],
    light: Light,
) -> float:
    change = np.abs(flux - _rotated(flux, centre))
    sky = ~(within | light.inside | light.others)
    # What a turn brings into the sky from an object, or from outside the picture, is no noise of the sky.
    sky &= _rotated(sky.astype(float), centre) > 0
    noise = float(change[sky].mean()) if sky.any() else 0.0
    return float((change[within].sum() - noise * within.sum()) / np.abs(flux[within]).sum())


def _smoothness(
    flux: Float[ndarray, "rows columns"],
    within: Bool[ndarray, "rows columns"],
    distance: Float[ndarray, "rows columns"],
    radius: float,
    light: Light,
) -> float:
    box = max(3, round(0.25 * radius))
    clumps = np.maximum(flux - ndimage.uniform_filter(flux, box), 0.0)
    ring = within & (distance > 0.25 * radius)
    sky = ~(within | light.inside | light.others)
    noise = float(clumps[sky].mean()) if sky.any() else 0.0
    return float((clumps[ring].sum() - noise * ring.sum()) / flux[ring].sum())


def _gini(flux: Float[ndarray, " n"]) -> float:
    values = np.sort(np.abs(flux))
    n = len(values)
    rank = 2 * np.arange(1, n + 1) - n - 1
    return float((rank * values).sum() / (values.mean() * n * (n - 1)))


def _m20(flux: Float[ndarray, "rows columns"], inside: Bool[ndarray, "rows columns"]) -> float:
    centre = _centre_of_light(flux, inside)
    moment = flux[inside] * _distances(flux.shape, centre)[inside] ** 2
    order = np.argsort(flux[inside])[::-1]
    brightest = np.cumsum(flux[inside][order]) <= 0.2 * flux[inside].sum()
    return float(np.log10(moment[order][brightest].sum() / moment.sum()))


def _ellipticity(light: Light) -> float:
    rows, columns = np.nonzero(light.inside)
    weight = np.maximum(light.flux[light.inside], 0.0)
    spread = np.cov(np.stack([rows, columns]), aweights=weight, ddof=0)
    small, large = np.sqrt(np.maximum(np.linalg.eigvalsh(spread), 0.0))
    return float(1 - small / large) if large > 0 else np.nan
