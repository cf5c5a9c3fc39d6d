"""What is measured on one picture: its fingerprint, its histograms, sharpness and colour; and what histograms tell."""

import hashlib
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8
from numpy import ndarray
from PIL import Image

__all__ = [
    "LEVELS",
    "PictureMeasures",
    "brightness_of",
    "contrast_of",
    "equalisation",
    "equalised",
    "grey_of",
    "measure_picture",
    "moved",
    "span_of",
]

LEVELS = 256
_LARGEST = 1024  # px; beyond that measures cost more than they tell
_LOW, _HIGH = 0.01, 0.99


@dataclass(frozen=True, slots=True, eq=False)
class PictureMeasures:
    """Measures of one picture.

    Attributes
    ----------
    digest : bytes
        SHA-256 of size and pixels: two files with the same digest show exactly the same picture, whatever their format.
    histograms : array of int, shape (4, 256)
        Pixels at each level of red, green, blue and grey.
    sharpness : float
        Variance of the Laplacian of the grey picture, in squared grey levels (Pech-Pacheco et al. 2000, "Diatom autofocusing in
        brightfield microscopy", ICPR 2000, section 3); NaN below 3 x 3 px. It falls with blur and rises with noise.
    saturation : float
        Colour saturation in the HSV sense, weighted by brightness so that the noise of a black sky counts for nothing:
        the sum of (maximum - minimum) over the sum of the maximum of the three channels. 0 is grey, 1 pure colour.
    """

    digest: bytes
    histograms: Int[ndarray, "4 levels"]
    sharpness: float
    saturation: float


def measure_picture(rgb: UInt8[ndarray, "height width 3"]) -> PictureMeasures:
    """Measure one picture. Pictures above 1,024 px are reduced to that first, except for the digest."""
    digest = hashlib.sha256(repr(rgb.shape).encode() + np.ascontiguousarray(rgb).data).digest()
    rgb = _reduced(rgb)
    grey = grey_of(rgb)
    red, green, blue = (rgb[..., c] for c in range(3))
    counts = [np.bincount(p.ravel(), minlength=LEVELS) for p in (red, green, blue, grey)]
    # Channel by channel: reducing over the short last axis costs ten times as much.
    brightest = np.maximum(np.maximum(red, green), blue).astype(np.int64)
    dimmest = np.minimum(np.minimum(red, green), blue)
    light = int(brightest.sum())
    colour = light - int(dimmest.sum(dtype=np.int64))
    return PictureMeasures(
        digest, np.stack(counts), _sharpness(grey), colour / light if light else 0.0
    )


def grey_of(rgb: UInt8[ndarray, "height width 3"]) -> UInt8[ndarray, "height width"]:
    """Grey levels with the weights of ITU-R BT.601 in 256ths."""
    wide = rgb.astype(np.uint16)
    return ((77 * wide[..., 0] + 150 * wide[..., 1] + 29 * wide[..., 2]) >> 8).astype(np.uint8)


def brightness_of(histogram: Int[ndarray, " levels"]) -> float:
    """Mean grey level, 0 to 255."""
    return float(np.average(np.arange(LEVELS), weights=histogram))


def contrast_of(histogram: Int[ndarray, " levels"]) -> float:
    """RMS contrast: the standard deviation of the grey levels as a share of the full range, 0 to 0.5 (Peli 1990, JOSA A 7, 2032)."""
    levels = np.arange(LEVELS) / (LEVELS - 1)
    mean = np.average(levels, weights=histogram)
    return float(np.sqrt(np.average((levels - mean) ** 2, weights=histogram)))


def span_of(histogram: Int[ndarray, " levels"]) -> float:
    """Grey levels between the first and the 99th percentile, as a share of the full range, 0 to 1."""
    share = np.cumsum(histogram) / histogram.sum()
    low, high = np.searchsorted(share, (_LOW, _HIGH))
    return float(high - low) / (LEVELS - 1)


def equalisation(histogram: Int[ndarray, " levels"]) -> UInt8[ndarray, " levels"]:
    """The new level of each old one under histogram equalisation.

    Levels become proportional to the share of pixels at or below them, and the darkest level that occurs becomes 0 (Gonzalez and Woods,
    "Digital Image Processing", section 3.3, scaled to use the whole range). A picture of one single level stays as it is.
    """
    total = np.cumsum(histogram)
    least = total[np.flatnonzero(histogram)[0]]
    if total[-1] == least:
        return np.arange(LEVELS, dtype=np.uint8)
    share = np.clip((total - least) / (total[-1] - least), 0, 1)
    return np.round(share * (LEVELS - 1)).astype(np.uint8)


def moved(
    histogram: Int[ndarray, " levels"], to: UInt8[ndarray, " levels"]
) -> Int[ndarray, " levels"]:
    """The histogram after each level has become another one."""
    return np.bincount(to, weights=histogram, minlength=LEVELS).astype(np.int64)


def equalised(rgb: UInt8[ndarray, "height width 3"]) -> UInt8[ndarray, "height width 3"]:
    """The picture in grey, its levels equalised. Colours are left out: their noise would be spread as well, and cover everything."""
    grey = grey_of(rgb)
    new = equalisation(np.bincount(grey.ravel(), minlength=LEVELS))[grey]
    return np.repeat(new[..., None], 3, axis=2)


def _reduced(rgb: UInt8[ndarray, "height width 3"]) -> UInt8[ndarray, "rows columns 3"]:
    factor = -(-max(rgb.shape[:2]) // _LARGEST)
    return rgb if factor == 1 else np.asarray(Image.fromarray(rgb).reduce(factor))


def _sharpness(grey: UInt8[ndarray, "height width"]) -> float:
    if min(grey.shape) < 3:
        return float("nan")
    g = grey.astype(np.int16)
    laplacian = g[:-2, 1:-1] + g[2:, 1:-1] + g[1:-1, :-2] + g[1:-1, 2:] - 4 * g[1:-1, 1:-1]
    return float(laplacian.var())
