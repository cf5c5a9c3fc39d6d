"""The object's shape, measured on the picture itself: how flattened, how concentrated, how lopsided.

Conselice (2003, ApJS 147, 1): concentration C = 5 log10(r80 / r20), asymmetry A = min Σ|I - I180| / Σ|I| less that of the sky, both within
1.5 Petrosian radii. Ellipticity and position angle come from the second moments of the light within the object's outline.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy import ndimage

from skyform.images.picture import Picture
from skyform.images.stretch import measure_sky
from skyform.schema import Frame

__all__ = ["MeasuredShape", "measure_shape", "shape_of_light"]

_ROOM = 2.0  # side of the part that is measured, in frames: the outskirts, and some sky
_REACH = 0.7  # frames from its middle: what is farther off belongs to others, even where their outlines meet
_MOST_SIDE = 320  # px; larger parts are averaged down
_SMOOTHING = 1.5  # px
_THRESHOLD = 1.5  # sky sigmas of the smoothed light
_LEAST_PIXELS = 40
_PETROSIAN = 0.2  # ratio of the light at the radius to the mean within it
_EXTENT = 1.5  # Petrosian radii that hold all of the light
_BINS = 8  # of the light's growth, for each px
_LEAST_R20 = 0.75  # px; below that, r20 is the size of the pixels
_ROUND = 0.05  # ellipticity below which there is no long axis
_STEPS = 60  # of the search for the centre, half a pixel each
_LEAST_SKY = 200  # px


@dataclass(frozen=True, slots=True)
class MeasuredShape:
    """What was measured; None where it cannot be.

    Attributes
    ----------
    ellipticity : float or None
        1 - b/a.
    position_angle : float or None
        Degrees of the long axis, 0 to 180, anticlockwise from the picture's right.
    concentration : float or None
        5 log10(r80 / r20).
    asymmetry : float or None
        Under half a turn, the sky's own subtracted.
    radius : float or None
        That holds half of the light, in px of the full picture.
    """

    ellipticity: float | None = None
    position_angle: float | None = None
    concentration: float | None = None
    asymmetry: float | None = None
    radius: float | None = None


def measure_shape(picture: Picture, frame: Frame) -> MeasuredShape:
    """Measure the object in the frame.

    A stretch that is known is undone first. Survey pictures hold a stretch that is not known: their bright middles are flattened, and
    come out less concentrated than the galaxy is.

    Parameters
    ----------
    picture : Picture
    frame : Frame
        Around the object, in px of the full picture.
    """
    scale = picture.width / picture.rgb.shape[1]
    half = _ROOM * frame.side / 2 / scale
    x, y = (frame.x + frame.side / 2) / scale, (frame.y + frame.side / 2) / scale
    left, top = max(0, round(x - half)), max(0, round(y - half))
    part = picture.rgb[top : max(top + 1, round(y + half)), left : max(left + 1, round(x + half))]
    if min(part.shape[:2]) < 8:
        return MeasuredShape()
    factor = -(-max(part.shape[:2]) // _MOST_SIDE)
    light = _shrunk(part.mean(axis=2, dtype=np.float32) / np.float32(255), factor)
    if picture.levels is not None:
        light = picture.levels.undone(light)
    centre = ((x - left) / factor, (y - top) / factor)
    reach = _REACH * frame.side / scale / factor
    return shape_of_light(
        light.astype(np.float64), centre=centre, reach=reach, scale=scale * factor
    )


def shape_of_light(
    light: Float[ndarray, "height width"],
    *,
    centre: tuple[float, float],
    reach: float = math.inf,
    scale: float = 1.0,
) -> MeasuredShape:
    """Measure one object in an image in linear units.

    Parameters
    ----------
    light : array, shape (height, width)
    centre : two floats
        About where the object is, x and y.
    reach : float
        How far it extends from there at most, in px.
    scale : float
        Px of the full picture in one of the image's, for the radius.
    """
    sky = measure_sky(light)
    light = light - sky.level
    own, others = _outline(light, centre=centre, reach=reach)
    if np.count_nonzero(own) < _LEAST_PIXELS:
        return MeasuredShape()
    x, y, ellipticity, angle = _moments(light, own)
    light = np.where(others, 0.0, light)
    radii = _radii(light, x, y)
    if radii is None:
        return MeasuredShape(ellipticity, angle)
    r20, r50, r80, extent = radii
    concentration = 5 * math.log10(r80 / r20) if r20 > _LEAST_R20 else None
    asymmetry = _asymmetry(light, others, x, y, extent=extent, noise=sky.noise)
    return MeasuredShape(ellipticity, angle, concentration, asymmetry, r50 * scale)


def _shrunk(image: Float[ndarray, "height width"], factor: int) -> Float[ndarray, "rows columns"]:
    rows, columns = image.shape[0] // factor, image.shape[1] // factor
    whole = image[: rows * factor, : columns * factor]
    return whole.reshape(rows, factor, columns, factor).mean(axis=(1, 3))


def _outline(
    light: Float[ndarray, "height width"], *, centre: tuple[float, float], reach: float
) -> tuple[Bool[ndarray, "height width"], Bool[ndarray, "height width"]]:
    """The object's pixels, and those of other objects."""
    smooth = ndimage.gaussian_filter(light, _SMOOTHING)
    noise = measure_sky(smooth).noise
    bright = smooth > max(_THRESHOLD * noise, 0.01 * float(smooth.max()))
    labels = np.empty(light.shape, np.int32)
    count = int(ndimage.label(bright, output=labels))  # type: ignore[arg-type]
    if count == 0:
        return bright, bright
    rows, columns = np.nonzero(bright)
    x, y = centre
    near = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (0.15 * min(light.shape)) ** 2))
    scores = np.bincount(labels[bright], light[bright] * near)
    own = labels == int(scores[1:].argmax()) + 1
    down, across = np.ogrid[: light.shape[0], : light.shape[1]]
    own &= (across - x) ** 2 + (down - y) ** 2 <= reach**2
    return own, bright & ~own


def _moments(
    light: Float[ndarray, "height width"], own: Bool[ndarray, "height width"]
) -> tuple[float, float, float, float | None]:
    """Centre, ellipticity and position angle."""
    rows, columns = np.nonzero(own)
    weights = np.clip(light[own], 0, None)
    total = float(weights.sum()) or 1.0
    x, y = float(weights @ columns) / total, float(weights @ rows) / total
    dx, dy = columns - x, rows - y
    # A pixel's own extent, 1/12 each way, keeps a line from being infinitely thin.
    xx = float(weights @ (dx * dx)) / total + 1 / 12
    yy = float(weights @ (dy * dy)) / total + 1 / 12
    xy = float(weights @ (dx * dy)) / total
    spread = math.hypot(xx - yy, 2 * xy)
    long, short = (xx + yy + spread) / 2, max((xx + yy - spread) / 2, 0.0)
    ellipticity = 1 - math.sqrt(short / long)
    # Rows run down, angles run anticlockwise.
    angle = math.degrees(0.5 * math.atan2(-2 * xy, xx - yy)) % 180
    return x, y, ellipticity, angle if ellipticity > _ROUND else None


def _radii(
    light: Float[ndarray, "height width"], x: float, y: float
) -> tuple[float, float, float, float] | None:
    """Radii that hold 20, 50 and 80 % of the light within 1.5 Petrosian radii, and that extent; None where it does not end in the image."""
    growth, area, radii = _growth(light, x, y)
    # Annuli of a px, so that noise does not end the light early.
    ring = np.diff(growth[::_BINS]) / np.maximum(np.diff(area[::_BINS]), 1e-9)
    inside = growth[_BINS::_BINS] / np.maximum(area[_BINS::_BINS], 1e-9)
    faint = np.flatnonzero(ring < _PETROSIAN * inside)
    if faint.size == 0:
        return None
    extent = _EXTENT * (float(faint[0]) + 0.5)
    if extent > radii[-1]:
        return None
    total = float(np.interp(extent, radii, growth))
    if total <= 0:
        return None
    rising = np.maximum.accumulate(growth)
    r20, r50, r80 = (float(np.interp(share * total, rising, radii)) for share in (0.2, 0.5, 0.8))
    return r20, r50, r80, extent


def _growth(
    light: Float[ndarray, "height width"], x: float, y: float
) -> tuple[ndarray, ndarray, ndarray]:
    """Light and area within circles around the centre, and their radii."""
    height, width = light.shape
    farthest = int(min(x, y, width - 1 - x, height - 1 - y) * math.sqrt(2)) + 1
    parts = 5  # each way, of a pixel
    offset = (np.arange(parts) + 0.5) / parts - 0.5
    across = (np.arange(width)[:, None] + offset - x).ravel()
    down = (np.arange(height)[:, None] + offset - y).ravel()
    places = (np.hypot(across, down[:, None]) * _BINS).astype(np.int32)
    bins = farthest * _BINS
    weights = np.repeat(np.repeat(light, parts, axis=0), parts, axis=1) / parts**2
    flat = np.minimum(places, bins).ravel()
    lights = np.bincount(flat, weights.ravel(), minlength=bins + 1)[:bins]
    areas = np.bincount(flat, minlength=bins + 1)[:bins] / parts**2
    growth = np.concatenate(([0.0], np.cumsum(lights)))
    area = np.concatenate(([0.0], np.cumsum(areas)))
    return growth, area, np.arange(bins + 1) / _BINS


def _asymmetry(
    light: Float[ndarray, "height width"],
    others: Bool[ndarray, "height width"],
    x: float,
    y: float,
    *,
    extent: float,
    noise: float,
) -> float | None:
    """Least under half a turn about a centre near the given one, less that of the sky around."""
    middle = (round(2 * x), round(2 * y))
    for _ in range(_STEPS):
        around = [(middle[0] + i, middle[1] + j) for i in (0, -1, 1) for j in (0, -1, 1)]
        nearer = min(
            around, key=lambda m: _Turned.about(light, others, m, extent=extent).difference()
        )
        if nearer == middle:
            break
        middle = nearer
    turned = _Turned.about(light, others, middle, extent=extent)
    if not turned.total > 0:
        return None
    shift = (0.0, 0.0)
    # Between the points of the half-pixel grid: half a pixel of the centre is a whole one of the turned image.
    for step in (0.25, 0.125):
        around = [
            (shift[0] + i * step, shift[1] + j * step) for i in (0, -1, 1) for j in (0, -1, 1)
        ]
        shift = min(around, key=turned.difference)
    sky = _sky_difference(light, others, middle, extent=extent, noise=noise)
    return turned.difference(shift) - sky * int(np.count_nonzero(turned.inside)) / turned.total


@dataclass(frozen=True, slots=True)
class _Turned:
    """An image and itself under half a turn, where both are seen within the extent."""

    one: ndarray
    other: ndarray
    inside: ndarray
    total: float

    @classmethod
    def about(
        cls, light: ndarray, others: ndarray, middle: tuple[int, int], *, extent: float
    ) -> "_Turned":
        one, other, seen, square = _halves(light, others, middle, reach=extent)
        inside = seen & (square <= extent**2)
        return cls(one, other, inside, float(np.abs(one[inside]).sum()))

    def difference(self, shift: tuple[float, float] = (0.0, 0.0)) -> float:
        """As a share of the light, the turned image moved by a part of a pixel; infinite where there is no light."""
        if not self.total > 0:
            return math.inf
        other = self.other
        if shift != (0.0, 0.0):
            other = ndimage.shift(other, shift, order=3, mode="nearest")
        return float(np.abs(self.one - other)[self.inside].sum()) / self.total


def _halves(
    image: ndarray, others: ndarray, middle: tuple[int, int], *, reach: float
) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """The image and its half turn about a point of the half-pixel grid, where pixel meets pixel; where no other object hides either, and the
    squares of the radii."""
    (height, width), (x, y) = image.shape, middle
    around = math.ceil(reach) + 2
    left, right = max(0, x - width + 1, x // 2 - around), min(width, x + 1, x - x // 2 + around + 1)
    top, bottom = (
        max(0, y - height + 1, y // 2 - around),
        min(height, y + 1, y - y // 2 + around + 1),
    )
    part, hidden = image[top:bottom, left:right], others[top:bottom, left:right]
    square = (np.arange(left, right) - x / 2) ** 2 + (np.arange(top, bottom)[:, None] - y / 2) ** 2
    return part, part[::-1, ::-1], ~(hidden | hidden[::-1, ::-1]), square


def _sky_difference(
    light: ndarray, others: ndarray, middle: tuple[int, int], *, extent: float, noise: float
) -> float:
    """What the noise of a pixel adds: measured on the sky around, or where there is too little of it, reckoned from the noise."""
    one, other, seen, square = _halves(light, others, middle, reach=float(max(light.shape)))
    outside = seen & (square > (1.2 * extent) ** 2)
    typical = 2 * noise / math.sqrt(math.pi)
    if np.count_nonzero(outside) < _LEAST_SKY:
        return typical
    return min(typical, float(np.abs(one[outside] - other[outside]).mean()))
