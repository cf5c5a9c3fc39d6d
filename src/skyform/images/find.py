"""Find the main object of a picture: background, segmentation, centroid, size.

Works on a small grey copy (at most 128 px), so that it costs well under a millisecond and merges the stars of a cluster, or
the knots of a spiral, into the one object that a person sees.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image
from scipy import ndimage

__all__ = ["Found", "find_object"]

_SIDE = 128
_SMOOTHING = 1.2  # px of the small copy
_THRESHOLD = 2.5  # background sigmas
_LEAST_RISE = 3.0  # grey levels; below that, JPEG blocks are objects
_REACH = 0.16  # of the shorter side: how fast the interest falls off from the centre
_RIVAL = 0.5  # share of the main object's score that makes another one a rival


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
    smooth = ndimage.gaussian_filter(grey, _SMOOTHING)
    background, noise = _background(smooth)
    above = smooth - background
    labels = np.zeros(grey.shape, np.int32)
    count = int(ndimage.label(above > max(_THRESHOLD * noise, _LEAST_RISE), output=labels))  # type: ignore[arg-type]
    if count == 0:
        return None
    height, width = grey.shape
    reach = _REACH * min(height, width)
    # The floor keeps light at the ends of a long strip above zero, where the Gaussian underflows.
    weight = np.outer(_bell(height, reach), _bell(width, reach)) + np.float32(1e-12)
    scores = np.bincount(labels.ravel(), (above * weight).ravel(), minlength=count + 1)
    scores[0] = 0
    best = int(scores.argmax())
    mask = labels == best
    rows, columns = np.nonzero(mask)
    light = above[rows, columns].astype(np.float64)
    total = light.sum()
    x, y = float(light @ columns / total) + 0.5, float(light @ rows / total) + 0.5
    distance = np.hypot(columns + 0.5 - x, rows + 0.5 - y)
    return Found(
        # The last block of the small copy may reach over the edge.
        x=min(x * scale, float(rgb.shape[1])),
        y=min(y * scale, float(rgb.shape[0])),
        radius=_radius_of_light(light, distance) * scale,
        background=background,
        noise=noise,
        peak=float(smooth[rows, columns].max()),
        touches_edge=_touches_edge(mask),
        rivals=int((scores > _RIVAL * scores[best]).sum()) - 1,
    )


def _bell(length: int, sigma: float) -> Float[ndarray, " length"]:
    offset = np.arange(length) + 0.5 - length / 2
    return np.exp(-(offset**2) / (2 * sigma**2)).astype(np.float32)


def _small_grey(rgb: UInt8[ndarray, "height width 3"]) -> tuple[Float[ndarray, "h w"], float]:
    height, width = rgb.shape[:2]
    factor = max(1, -(-max(height, width) // _SIDE))
    # Seen as grey, interleaved RGB is three times as wide, and Pillow takes it without a copy: the mean over blocks of
    # `factor` pixels is the mean of the three channels too.
    wide = Image.frombuffer("L", (3 * width, height), np.ascontiguousarray(rgb), "raw", "L", 0, 1)
    return np.asarray(wide.reduce((3 * factor, factor)), dtype=np.float32), float(factor)


def _background(grey: Float[ndarray, "h w"]) -> tuple[float, float]:
    """Median and robust sigma of every other pixel of the border, an eighth of the shorter side wide."""
    edge = max(1, min(grey.shape) // 8)
    border = np.concatenate(
        (
            grey[:edge, ::2].ravel(),
            grey[-edge:, ::2].ravel(),
            grey[edge:-edge, :edge:2].ravel(),
            grey[edge:-edge, -edge::2].ravel(),
        )
    )
    level = float(np.median(border))
    # Stars in the border only ever brighten it: the spread below the median is the noise.
    below = border[border <= level]
    return level, float(1.4826 * np.median(level - below)) if below.size else 0.0


def _radius_of_light(light: Float[ndarray, " n"], radius: Float[ndarray, " n"]) -> float:
    order = np.argsort(radius)
    growth = np.cumsum(light[order])
    return float(radius[order][np.searchsorted(growth, 0.9 * growth[-1])])


def _touches_edge(mask: ndarray) -> bool:
    on_edge = int(mask[0].sum() + mask[-1].sum() + mask[:, 0].sum() + mask[:, -1].sum())
    return on_edge > max(2.0, 0.25 * float(np.sqrt(mask.sum())))
