"""Measured morphology: what astronomers computed of a galaxy's light before networks, and still do.

Two methods. `statmorph` is the reference implementation (Rodriguez-Gomez et al. 2019, MNRAS 483, 4140) and needs the `lab` extra; `fast`
computes the simpler ones of the same statistics from numpy and scipy alone, some twenty times as fast, and steps in where statmorph
fails. Both read the picture as it is: a survey's colour picture is stretched and clipped, so that the numbers compare pictures of one survey
with each other, and are not those of calibrated fluxes.
"""

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from scipy import ndimage

from skyform.errors import MissingExtraError
from skyform.models.light import Light, statistics

__all__ = ["MEASUREMENTS", "Measurement", "Morphology", "find_light", "measure_morphology"]

# Longer side, px, at which pictures are measured: the cost grows with the pixels, and survey stamps hold little more.
SIDE = 128
_LEAST_PIXELS = 20


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured number: its name in `Morphology`, what people call it, what it says, and where it was defined."""

    name: str
    title: str
    description: str
    source: str


_CONSELICE = "Conselice 2003, ApJS 147, 1"
_LOTZ = "Lotz et al. 2004, AJ 128, 163"
_FREEMAN = "Freeman et al. 2013, MNRAS 434, 282"

MEASUREMENTS: tuple[Measurement, ...] = (
    Measurement(
        "concentration",
        "Concentration",
        "Five times the logarithm of the radius that holds 80 % of the light over the one that holds 20 %: high for ellipticals and large bulges.",
        _CONSELICE,
    ),
    Measurement(
        "asymmetry",
        "Asymmetry",
        "Share of the light that changes when the picture is turned by half a turn, less that of the sky: high for mergers and disturbed galaxies.",
        _CONSELICE,
    ),
    Measurement(
        "smoothness",
        "Clumpiness",
        "Share of the light in small bright clumps, less that of the sky: high for star-forming discs.",
        _CONSELICE,
    ),
    Measurement(
        "gini",
        "Gini coefficient",
        "How unequally the light is spread over the pixels: 0 all alike, 1 all in one.",
        _LOTZ,
    ),
    Measurement(
        "m20",
        "M20",
        "Logarithm of the second moment of the brightest 20 % of the light over that of all: low for one bright centre, near -1 for several.",
        _LOTZ,
    ),
    Measurement(
        "ellipticity",
        "Ellipticity",
        "One less the axis ratio, from second moments: 0 round, 1 a line.",
        "Rodriguez-Gomez et al. 2019, MNRAS 483, 4140",
    ),
    Measurement(
        "sersic_index",
        "Sérsic index",
        "Steepness of the best-fitting Sérsic profile: about 1 for discs, 4 for ellipticals in calibrated fluxes; smaller in stretched pictures.",
        "Sérsic 1963, BAAA 6, 41; Rodriguez-Gomez et al. 2019",
    ),
    Measurement(
        "half_light_radius",
        "Half-light radius",
        "Radius that holds half of the light, as a share of the picture's longer side.",
        _CONSELICE,
    ),
    Measurement(
        "multimode",
        "Multimode statistic",
        "Area of the second largest bright region over that of the largest: near 1 for double nuclei.",
        _FREEMAN,
    ),
    Measurement(
        "intensity",
        "Intensity statistic",
        "Light of the second brightest region over that of the brightest.",
        _FREEMAN,
    ),
    Measurement(
        "deviation",
        "Deviation statistic",
        "Distance of the brightest region from the centre of light, over the galaxy's size.",
        _FREEMAN,
    ),
    Measurement(
        "shape_asymmetry",
        "Shape asymmetry",
        "Share of the galaxy's outline that changes when it is turned by half a turn: high for tails and shells.",
        "Pawlik et al. 2016, MNRAS 456, 3032",
    ),
)


@dataclass(frozen=True, slots=True)
class Morphology:
    """What was measured; NaN where it could not be. `MEASUREMENTS` says what each number means.

    `method` is `statmorph`, `fast`, or `none` where no object was found.
    """

    concentration: float
    asymmetry: float
    smoothness: float
    gini: float
    m20: float
    ellipticity: float
    sersic_index: float
    half_light_radius: float
    multimode: float
    intensity: float
    deviation: float
    shape_asymmetry: float
    method: Literal["statmorph", "fast", "none"]

    @property
    def values(self) -> Float[ndarray, " measurements"]:
        """The numbers in the order of `MEASUREMENTS`."""
        return np.array([getattr(self, m.name) for m in MEASUREMENTS])


def measure_morphology(
    rgb: UInt8[ndarray, "height width 3"], *, method: Literal["statmorph", "fast"] = "statmorph"
) -> Morphology:
    """Measure the object at the centre of one picture.

    Parameters
    ----------
    rgb : array of uint8, shape (height, width, 3)
        Any size; measured at 128 px at most. On one core a quarter of a second to a second with statmorph, the more the larger the
        object; a hundredth with the fast method.
    method : str
        `statmorph` falls back to the fast method where it fails or calls its own result bad.

    Raises
    ------
    MissingExtraError
        If statmorph is asked for and not installed.
    """
    light = find_light(rgb)
    if light is None:
        return _with({}, "none")
    if method == "statmorph":
        found = _statmorph(light)
        if found:
            return _with(found, "statmorph")
    return _with(statistics(light), "fast")


def find_light(rgb: UInt8[ndarray, "height width 3"]) -> Light | None:
    """The object nearest to the centre, and the sky around it; None where there is nothing but sky.

    Connected pixels above the sky, after a little smoothing. What touches the object belongs to it: two merging galaxies are one system, and
    splitting them would split rings and clumpy discs, too.
    """
    height, width = rgb.shape[:2]
    # Nothing to measure in so few pixels; and at 128 px along, a strip is too narrow.
    if min(height, width) < max(16, max(height, width) * 16 // SIDE):
        return None
    grey = _shrunk(np.asarray(rgb, dtype=float).mean(axis=2) / 255)
    sky, noise = _sky(grey)
    flux = grey - sky
    side = max(grey.shape)
    smooth = ndimage.gaussian_filter(flux, side / SIDE)
    rows, columns = np.indices(grey.shape)
    distance = np.hypot(rows - (grey.shape[0] - 1) / 2, columns - (grey.shape[1] - 1) / 2)
    middle = smooth[distance <= side / 4]
    threshold = max(2 * noise, 0.04 * float(np.quantile(middle, 0.995)), 1 / 255)
    found: Any = ndimage.label(smooth > threshold, structure=np.ones((3, 3)))
    labels, count = found
    if count == 0:
        return None
    weight = flux * np.exp(-0.5 * (distance / (side / 6)) ** 2)
    best = 1 + int(np.argmax(ndimage.sum_labels(weight, labels, np.arange(1, count + 1))))
    if np.count_nonzero(labels == best) < _LEAST_PIXELS:
        return None
    # Where a galaxy fills the picture, its own faint light counted as sky at first.
    empty = np.logical_not(ndimage.binary_dilation(labels > 0, iterations=round(side / 32)))
    if np.count_nonzero(empty) > 0.02 * empty.size:
        sky, noise = _sky(grey[empty])
    return Light(grey - sky, labels == best, (labels > 0) & (labels != best), noise)


def _shrunk(grey: Float[ndarray, "height width"]) -> Float[ndarray, "rows columns"]:
    from PIL import Image

    scale = SIDE / max(grey.shape)
    if scale >= 1:
        return grey
    height, width = (max(1, round(n * scale)) for n in grey.shape)
    picture = Image.fromarray(grey.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(picture, dtype=float)


def _sky(grey: Float[ndarray, "*pixels"]) -> tuple[float, float]:
    """Level and standard deviation of the sky: what is left after cutting off all that stands out."""
    left = grey.ravel()
    middle, spread = float(np.median(left)), 0.0
    for _ in range(8):
        middle = float(np.median(left))
        # A black sky has no spread at all; the step of 8 bits is the least that means anything.
        spread = max(1.4826 * float(np.median(np.abs(left - middle))), 1 / 255)
        kept = left[np.abs(left - middle) < 3 * spread]
        if kept.size == left.size:
            break
        left = kept
    return middle, max(spread, float(left.std()))


_NAMES = {
    "concentration": "concentration",
    "asymmetry": "asymmetry",
    "smoothness": "smoothness",
    "gini": "gini",
    "m20": "m20",
    "ellipticity": "ellipticity_asymmetry",
    "multimode": "multimode",
    "intensity": "intensity",
    "deviation": "deviation",
    "shape_asymmetry": "shape_asymmetry",
}


def _statmorph(light: Light) -> dict[str, float]:
    """Statmorph's numbers by our names; empty where it fails."""
    try:
        from statmorph import SourceMorphology
    except ImportError as error:
        raise MissingExtraError(
            "Measuring morphology with statmorph needs statmorph, which is not installed.",
            remedy="Install it: pip install 'skyform[lab]', or use the method 'fast'.",
        ) from error
    side = max(light.flux.shape)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            measured: Any = SourceMorphology(
                light.flux,
                light.inside.astype(int),
                1,
                mask=light.others,
                weightmap=np.full(light.flux.shape, light.noise),
                skybox_size=max(8, side // 8),
            )
        # It fits and integrates whatever it is given, and fails in as many ways as its parts.
        except Exception:
            return {}
    if measured.flag >= 2:
        return {}
    out = {ours: float(getattr(measured, theirs)) for ours, theirs in _NAMES.items()}
    out["half_light_radius"] = float(measured.rhalf_circ) / side
    out["sersic_index"] = float(measured.sersic_n) if measured.flag_sersic == 0 else np.nan
    return {k: v if v > -90 and np.isfinite(v) else np.nan for k, v in out.items()}


def _with(values: dict[str, float], method: Literal["statmorph", "fast", "none"]) -> Morphology:
    given = {m.name: values.get(m.name, np.nan) for m in MEASUREMENTS}
    return Morphology(**given, method=method)
