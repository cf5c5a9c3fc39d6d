"""Find the main object of a picture: background, segmentation, centroid, size.

Works on a small grey copy (at most 128 px), so that it costs well under a millisecond and merges the stars of a cluster, or
the knots of a spiral, into the one object that a person sees.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int, UInt8
from numpy import ndarray
from PIL import Image
from scipy import ndimage

__all__ = ["Found", "find_object", "small_factor"]

_SIDE = 128
_SMOOTHING = 1.2  # px of the small copy
_THRESHOLD = 2.5  # background sigmas
_LEAST_RISE = 3.0  # grey levels; below that, JPEG blocks are objects
_REACH = 0.16  # of the shorter side: how fast the interest falls off from the centre
_RIVAL = 0.5  # share of the main object's score that makes another one a rival
_CROSS = ((0, 1, 0), (1, 1, 1), (0, 1, 0))  # pixels that share a side belong together
_ROWS = 36  # smoothed at once


@dataclass(frozen=True, slots=True)
class Found:
    """The main object, in pixels of the picture that was searched.

    Attributes
    ----------
    x, y : float
        Flux-weighted centre, from the left upper corner.
    radius : float
        Radius that holds 90 % of the object's light above the background.
    background, noise, peak : float
        Median grey level of the border, its robust sigma, and the object's brightest smoothed grey level (0 to 255).
    touches_edge : bool
        Whether a good part of the object's outline lies on the picture's edge.
    rivals : int
        Other objects of at least half its light and interest.
    """

    x: float
    y: float
    radius: float
    background: float
    noise: float
    peak: float
    touches_edge: bool
    rivals: int


def find_object(rgb: UInt8[ndarray, "height width 3"]) -> Found | None:
    """The object that the picture is of, or None where nothing stands out.

    Among all connected regions above the background, the one with the most light near the centre wins: the light is
    weighted with a Gaussian of the distance to the centre, since whoever took the picture pointed at something.
    """
    grey, scale = _small_grey(rgb)
    height, width = grey.shape
    smooth = _smoothed(grey)
    background, noise = _background(smooth)
    above = smooth - background
    bright = above > max(_THRESHOLD * noise, _LEAST_RISE)
    labels = np.empty(grey.shape, np.int32)
    count = int(ndimage.label(bright, _CROSS, output=labels))  # type: ignore[arg-type]
    if count == 0:
        return None
    # From here on only the bright pixels, as a list: they are few.
    where = np.flatnonzero(bright)
    label, light = labels.ravel()[where], above.ravel()[where]
    interest, columns, rows = _weights(height, width)
    scores = np.bincount(label, light * interest[where])
    best = int(scores.argmax())
    own = label == best
    where, light = where[own], light[own].astype(np.float64)
    columns, rows = columns[where], rows[where]
    total = light.sum()
    x, y = float(light @ columns / total), float(light @ rows / total)
    return Found(
        # The last block of the small copy may reach over the edge.
        x=min(x * scale, float(rgb.shape[1])),
        y=min(y * scale, float(rgb.shape[0])),
        radius=_radius_of_light(light, (columns - x) ** 2 + (rows - y) ** 2) * scale,
        background=background,
        noise=noise,
        peak=background + float(light.max()),
        touches_edge=_touches_edge(columns, rows, height=height, width=width),
        rivals=int(np.count_nonzero(scores > _RIVAL * scores[best])) - 1,
    )


def small_factor(width: int, height: int) -> int:
    """By how much a picture is shrunk to look for its object."""
    return max(1, -(-max(height, width) // _SIDE))


def _small_grey(rgb: UInt8[ndarray, "height width 3"]) -> tuple[Float32[ndarray, "h w"], float]:
    height, width = rgb.shape[:2]
    factor = small_factor(width, height)
    # Seen as grey, interleaved RGB is three times as wide, and Pillow takes it without a copy: the mean over blocks of
    # `factor` pixels is the mean of the three channels too.
    wide = Image.frombuffer("L", (3 * width, height), np.ascontiguousarray(rgb), "raw", "L", 0, 1)
    return np.asarray(wide.reduce((3 * factor, factor)), dtype=np.float32), float(factor)


def _smoothed(grey: Float32[ndarray, "h w"]) -> Float32[ndarray, "h w"]:
    """A Gaussian filter, as products with matrices, which at this size is faster than SciPy's."""
    height, width = grey.shape
    between, smooth = np.empty_like(grey), np.empty_like(grey)
    for rows, reach, weights in _gaussian(height):
        np.matmul(weights, grey[reach], out=between[rows])
    for columns, reach, weights in _gaussian(width):
        np.matmul(between[:, reach], weights.T, out=smooth[:, columns])
    return smooth


@lru_cache(maxsize=256)
def _gaussian(length: int) -> tuple[tuple[slice, slice, Float32[ndarray, "out in"]], ...]:
    """For each strip of pixels: where it is, the pixels that it is made of, and their weights."""
    every = ndimage.gaussian_filter1d(np.eye(length), _SMOOTHING, axis=0).astype(np.float32)
    strips: list[tuple[slice, slice, ndarray]] = []
    for start in range(0, length, _ROWS):
        out = slice(start, min(start + _ROWS, length))
        used = np.flatnonzero(every[out].any(axis=0))
        reach = slice(int(used[0]), int(used[-1]) + 1)
        strips.append((out, reach, np.ascontiguousarray(every[out, reach])))
    return tuple(strips)


@lru_cache(maxsize=64)
def _weights(height: int, width: int) -> tuple[ndarray, ndarray, ndarray]:
    """For every pixel the interest in it, a Gaussian of its distance to the centre, and where its middle is: column and row."""
    reach = _REACH * min(height, width)
    # The floor keeps light at the ends of a long strip above zero, where the Gaussian underflows.
    interest = np.outer(_bell(height, reach), _bell(width, reach)) + np.float32(1e-12)
    rows, columns = np.divmod(np.arange(height * width), width)
    return interest.ravel(), columns + 0.5, rows + 0.5


def _bell(length: int, sigma: float) -> Float32[ndarray, " length"]:
    offset = np.arange(length) + 0.5 - length / 2
    return np.exp(-(offset**2) / (2 * sigma**2)).astype(np.float32)


def _background(grey: Float32[ndarray, "h w"]) -> tuple[float, float]:
    """Median and robust sigma of every other pixel of the border, an eighth of the shorter side wide."""
    border = np.sort(grey.ravel()[_border(*grey.shape)])
    level = _middle(border)
    # Stars in the border only ever brighten it: the spread below the median is the noise.
    below = border[: int(np.searchsorted(border, np.float32(level), side="right"))]
    return level, 1.4826 * (level - _middle(below)) if below.size else 0.0


@lru_cache(maxsize=64)
def _border(height: int, width: int) -> Int[ndarray, " pixels"]:
    edge = max(1, min(height, width) // 8)
    places = np.arange(height * width).reshape(height, width)
    return np.concatenate(
        (
            places[:edge, ::2].ravel(),
            places[-edge:, ::2].ravel(),
            places[edge:-edge, :edge:2].ravel(),
            places[edge:-edge, -edge::2].ravel(),
        )
    )


def _middle(ordered: Float32[ndarray, " n"]) -> float:
    """The median of ordered values."""
    half = ordered.size // 2
    if ordered.size % 2:
        return float(ordered[half])
    return float((ordered[half - 1] + ordered[half]) / 2)


def _radius_of_light(light: Float[ndarray, " n"], square: Float[ndarray, " n"]) -> float:
    """From the light of each pixel and the square of its distance to the centre."""
    order = np.argsort(square)
    growth = np.cumsum(light[order])
    return float(np.sqrt(square[order[np.searchsorted(growth, 0.9 * growth[-1])]]))


def _touches_edge(
    columns: Float[ndarray, " n"], rows: Float[ndarray, " n"], *, height: int, width: int
) -> bool:
    """From the middles of the object's pixels, row by row."""
    inside = rows[0] > 1 and rows[-1] < height - 1
    if inside and columns.min() > 1 and columns.max() < width - 1:
        return False
    ends = ((rows, 0.5), (rows, height - 0.5), (columns, 0.5), (columns, width - 0.5))
    on_edge = sum(int(np.count_nonzero(places == end)) for places, end in ends)
    return on_edge > max(2.0, 0.25 * float(np.sqrt(rows.size)))
