"""From measured brightness to what a screen can show.

A galaxy's core is thousands of times brighter than its arms. The inverse hyperbolic sine keeps both: linear within the noise,
logarithmic above it (Lupton, Gunn & Szalay 1999, AJ 118, 1406). Three bands are stretched by one factor per pixel, so that
colours stay what they are at any brightness (Lupton et al. 2004, PASP 116, 133).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Real, Shaped, UInt8, UInt16
from numpy import ndarray

from skyform.images.levels import Levels, Stretch

__all__ = [
    "Sky",
    "asinh_stretch",
    "auto_lupton",
    "auto_stretch",
    "block_mean",
    "bytes_from_16_bit",
    "bytes_from_unit",
    "combined",
    "lupton_rgb",
    "measure_sky",
    "stretched",
    "usable",
]

# Chosen so that sky and noise come out as dark as in the SDSS pictures on which Galaxy Zoo voted: sky at about 5 of 255,
# one sigma at about 10.
_SOFTENING = 4.0  # sky sigmas
_BLACK = 0.5  # sky sigmas below the sky
_WHITE_PERCENTILE = 99.95
_LEAST_WHITE = 40.0  # sky sigmas above the sky; else pure noise would be stretched to white
_NOISELESS_SOFTENING = 0.02  # of the range from sky to white, for pictures without noise

_SKY_SAMPLE = 2**15  # pixels that the sky is measured on
_WHITE_SAMPLE = 2**18  # more, since few pixels are bright
_CLIP_BELOW, _CLIP_ABOVE = 3.0, 2.5  # sigmas
_ROUNDS = 20
_ONE_SIGMA_BELOW = 15.87  # percentile of a Gaussian
_TINY = 1e-31  # contrast below any unit's, where 32-bit floats lose their precision
_RANGE = 1e6  # largest ratio of white to softening
_FLOOR = 10.0  # sky sigmas below the sky: the lowest black that can be chosen
_HUGE = 1e36  # beyond any brightness: files mark missing pixels with the largest number there is
_STRIP = 2**20  # pixels that are averaged at once
_BALANCE = 4.0  # largest factor between a band's scale and the bands' mean scale


@dataclass(frozen=True, slots=True)
class Sky:
    """The sky's level and its noise (one sigma, 0 where there is none), in the image's own units."""

    level: float
    noise: float


def usable(image: Shaped[ndarray, "*shape"]) -> Bool[ndarray, "*shape"]:
    """Which pixels hold a brightness: not NaN, not infinite, and not beyond 1e36."""
    if image.dtype.kind != "f":
        return np.ones(image.shape, np.bool_)
    with np.errstate(invalid="ignore"):
        return np.abs(image) < _HUGE


def measure_sky(image: Real[ndarray, "..."]) -> Sky:
    """Median of the usable pixels and their spread below it, objects clipped.

    Where more than half of the pixels share one value far below the rest, as in a mosaic padded with zeros, the sky is that
    of the others. Level and noise are 0 where no pixel is usable.
    """
    values = _sample(image, most=_SKY_SAMPLE)
    if values.size == 0:
        return Sky(0.0, 0.0)
    sky = _clipped(values)
    if sky.noise > 0:
        return sky
    others = values[values != sky.level]
    if others.size == 0:
        return sky
    inner = _clipped(others)
    padded = inner.noise > 0 and inner.level - sky.level > 5 * inner.noise
    return inner if padded else sky


def _sample(image: Shaped[ndarray, "..."], *, most: int) -> Float[ndarray, " pixels"]:
    """About `most` of the usable pixels, or all if there are fewer, spread evenly; in order of brightness."""
    flat = image.reshape(-1)
    # An odd step does not fall on the same columns in every row of an even width.
    step = max(1, flat.size // most) | 1
    values = flat[::step]
    values = values[usable(values)]
    if values.size == 0:
        values = flat[usable(flat)]
    return np.sort(values).astype(np.float64)


def _clipped(values: Float[ndarray, " pixels"]) -> Sky:
    """Median and the spread below it of ordered values, after iterated clipping.

    The spread below, and the stricter clipping above, keep a galaxy's faint outskirts out as far as may be.
    """
    level, noise = 0.0, 0.0
    for _ in range(_ROUNDS):
        level = _percentile(values, 50.0)
        noise = level - _percentile(values, _ONE_SIGMA_BELOW)
        first = int(np.searchsorted(values, level - _CLIP_BELOW * noise, side="left"))
        end = int(np.searchsorted(values, level + _CLIP_ABOVE * noise, side="right"))
        if noise == 0 or end - first == values.size:
            break
        values = values[first:end]
    return Sky(level, noise)


def _percentile(values: Float[ndarray, " pixels"], percent: float) -> float:
    """Of ordered values, which NumPy's own would order again."""
    place = (values.size - 1) * percent / 100
    low = int(place)
    high = min(low + 1, values.size - 1)
    return float(values[low] + (values[high] - values[low]) * (place - low))


def asinh_stretch(
    image: Real[ndarray, "*shape"], *, softening: float, black: float, white: float
) -> Float[ndarray, "*shape"]:
    """Stretch brightness with the inverse hyperbolic sine.

    Parameters
    ----------
    image : array
        Brightness in any unit; NaN stays NaN.
    softening : float
        Where linear turns into logarithmic, in the image's unit above `black`; above 0.
    black, white : float
        Brightness that becomes 0 and 1; what lies outside is clipped.

    Returns
    -------
    array of float, same shape
        0 to 1, never decreasing with brightness.

    Raises
    ------
    ValueError
        If `softening` is not above 0, or `white` not above `black`.
    """
    if not softening > 0:
        raise ValueError(f"softening is {softening}; give a number above 0.")
    if not white > black:
        raise ValueError(f"white ({white}) is not above black ({black}).")
    with np.errstate(over="ignore"):
        scaled = np.arcsinh((_floats(image) - black) / softening)
        scaled /= np.arcsinh((white - black) / softening)
    return np.clip(scaled, 0, 1, out=scaled)


def auto_stretch(image: Real[ndarray, "height width"]) -> Float[ndarray, "height width"]:
    """Stretch one band by its own sky, noise and brightest parts; see `asinh_stretch`.

    Unusable pixels (NaN, infinite) become sky. An image without any contrast becomes 0 throughout.
    """
    return stretched(image)[0]


def stretched(
    image: Real[ndarray, "height width"], *, stretch: Stretch | None = None
) -> tuple[Float[ndarray, "height width"], Levels | None]:
    """As `auto_stretch`, with the levels that were used; None where there is no contrast.

    Parameters
    ----------
    stretch : Stretch, optional
        Levels that a person chose.
    """
    sky = measure_sky(image)
    filled = _filled(image, sky)
    levels = _levels(filled, sky, stretch)
    if levels is None:
        return np.zeros(filled.shape, np.float32), None
    shown = asinh_stretch(
        filled, softening=levels.softening, black=levels.black, white=levels.white
    )
    return shown, levels


def lupton_rgb(
    red: Real[ndarray, "height width"],
    green: Real[ndarray, "height width"],
    blue: Real[ndarray, "height width"],
    *,
    stretch: float,
    q: float,
    minimum: float = 0.0,
) -> Float[ndarray, "height width 3"]:
    """Combine three bands into one colour picture that keeps the colours of bright objects.

    With the mean brightness I of the three bands, every band is multiplied by f(I) / I, where f(I) = asinh(q I / stretch) / q
    (Lupton et al. 2004, equations 1 and 2); a pixel whose brightest band is over 1 is scaled down as a whole.

    Parameters
    ----------
    red, green, blue : array, shape (height, width)
        Brightness in a common unit, sky subtracted, finite.
    stretch : float
        Brightness at which a linear stretch would reach 1; above 0.
    q : float
        How strongly bright parts are compressed; above 0. `stretch` / `q` is the softening.
    minimum : float
        Brightness that becomes black.

    Returns
    -------
    array of float, shape (height, width, 3)
        0 to 1.

    Raises
    ------
    ValueError
        If `stretch` or `q` is not above 0.
    """
    for name, value in (("stretch", stretch), ("q", q)):
        if not value > 0:
            raise ValueError(f"{name} is {value}; give a number above 0.")
    # Plane by plane: sums and maxima over a last axis of three take many times as long.
    planes = np.stack([_floats(band) for band in (red, green, blue)])
    # In units of the softening, where f(I) / I is asinh(I) / (q I); clipped so that no unit overflows.
    with np.errstate(over="ignore"):
        planes -= planes.dtype.type(minimum)
        planes *= planes.dtype.type(q / stretch)
    np.clip(planes, -_HUGE, _HUGE, out=planes)
    mean = planes.mean(axis=0)
    factor = np.zeros_like(mean)
    np.divide(np.arcsinh(mean), mean * planes.dtype.type(q), out=factor, where=mean > 0)
    planes *= factor
    np.clip(planes, 0, None, out=planes)
    planes /= np.maximum(planes.max(axis=0), 1)
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def auto_lupton(bands: Real[ndarray, "3 height width"]) -> Float[ndarray, "height width 3"]:
    """Combine red, green and blue bands by their own sky, noise and brightest parts; see `lupton_rgb`.

    Each band is measured in units of its own noise, within a factor of 4. Surveys expose so that this comes close to the
    colour balance of their own pictures (Legacy Surveys g : r : z is 1 : 0.57 : 0.37 there, and 1 : 0.57 : 0.25 by noise), and
    it works in every unit. Unusable pixels (NaN, infinite) become sky.
    """
    return combined(bands)[0]


def combined(
    bands: Real[ndarray, "3 height width"], *, stretch: Stretch | None = None
) -> tuple[Float[ndarray, "height width 3"], Levels | None]:
    """As `auto_lupton`, with the levels of the bands' mean that were used; None where there is no contrast.

    Parameters
    ----------
    stretch : Stretch, optional
        Levels that a person chose.
    """
    skies = [measure_sky(band) for band in bands]
    scales = _balance([sky.noise for sky in skies])
    red, green, blue = (
        (_filled(band, sky) - sky.level) * scale
        for band, sky, scale in zip(bands, skies, scales, strict=True)
    )
    mean = (red + green + blue) / 3
    levels = _levels(mean, measure_sky(mean), stretch)
    if levels is None:
        return np.zeros((*mean.shape, 3), np.float32), None
    q = float(np.arcsinh((levels.white - levels.black) / levels.softening))
    shown = lupton_rgb(red, green, blue, stretch=levels.softening * q, q=q, minimum=levels.black)
    return shown, levels


def _balance(noises: list[float]) -> list[float]:
    """A factor for each band; 1 for all where a band has no noise to go by."""
    if min(noises) <= 0:
        return [1.0] * len(noises)
    common = float(np.exp(np.mean(np.log(noises))))
    return [float(np.clip(common / noise, 1 / _BALANCE, _BALANCE)) for noise in noises]


def _levels(
    image: Float[ndarray, "height width"], sky: Sky, stretch: Stretch | None
) -> Levels | None:
    """Black, softening and white for one band; None where there is no contrast."""
    values = _sample(image, most=_WHITE_SAMPLE)
    bright = _percentile(values, _WHITE_PERCENTILE) if values.size else sky.level
    if sky.noise > 0:
        black, softening = sky.level - _BLACK * sky.noise, _SOFTENING * sky.noise
        white = max(bright, sky.level + _LEAST_WHITE * sky.noise)
    else:
        black = sky.level
        white = bright if bright > black else float(values.max(initial=black))
        softening = _NOISELESS_SOFTENING * (white - black)
    contrast = white - black
    if not contrast > _TINY:
        return None
    unit = max(softening, contrast / _RANGE)
    levels = Levels(
        black=black,
        white=white,
        softening=unit,
        floor=min(black, sky.level - _FLOOR * sky.noise),
        ceiling=max(white, float(values.max())),
        unit=unit,
    )
    return levels if stretch is None else levels.chosen(stretch)


def _filled(image: Shaped[ndarray, "*shape"], sky: Sky) -> Float[ndarray, "*shape"]:
    """A copy as float with sky where pixels are not usable."""
    floats = _floats(image)
    return np.where(usable(floats), floats, floats.dtype.type(sky.level))


def _floats(image: Shaped[ndarray, "*shape"]) -> Float[ndarray, "*shape"]:
    """As native 32-bit floats; 64 bits stay 64, since sums of large offsets and small signals need them."""
    return image.astype(np.float64 if image.dtype.itemsize > 4 else np.float32)


def block_mean(
    image: Real[ndarray, "height width"], *, factor: int
) -> tuple[Real[ndarray, "rows columns"], bool]:
    """Shrink one band by averaging squares of pixels, a strip at a time, so that little memory is needed.

    Parameters
    ----------
    image : array, shape (height, width)
        Brightness in any byte order.
    factor : int
        Side of the squares; rows and columns beyond the last whole square are left out.

    Returns
    -------
    array, shape (height // factor, width // factor)
        Means of the usable pixels, NaN where there are none: 8-bit stays 8-bit, 64-bit becomes float64, all else float32.
    bool
        Whether all pixels were usable.
    """
    rows, columns = image.shape[0] // factor, image.shape[1] // factor
    wide = np.float64 if image.dtype.itemsize > 4 else np.float32
    means = np.empty((rows, columns), np.uint8 if image.dtype == np.uint8 else wide)
    strip = max(1, _STRIP // (columns * factor * factor))
    whole = True
    for top in range(0, rows, strip):
        end = min(top + strip, rows)
        part = image[top * factor : end * factor, : columns * factor]
        good = usable(part)
        whole = whole and bool(good.all())
        squares = (-1, factor, columns, factor)
        total = np.where(good, part, 0).astype(np.float64).reshape(squares).sum(axis=(1, 3))
        count = good.reshape(squares).sum(axis=(1, 3))
        mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
        means[top:end] = np.rint(mean) if means.dtype == np.uint8 else mean
    return means, whole


def bytes_from_unit(image: Float[ndarray, "*shape"]) -> UInt8[ndarray, "*shape"]:
    """Brightness from 0 to 1 as bytes, rounded; what lies outside is clipped."""
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def bytes_from_16_bit(values: UInt16[ndarray, "*shape"]) -> UInt8[ndarray, "*shape"]:
    """16-bit brightness as bytes.

    Values that use the top bit are taken as a picture over the full range, 0 to 65,535. Otherwise, as from cameras with 10
    to 14 bits, the range in use becomes 0 to 255.
    """
    low, high = int(values.min()), int(values.max())
    if high >= 2**15 or high == low:
        return (values >> 8).astype(np.uint8)
    scaled = (values - np.uint16(low)) * np.float32(255 / (high - low))
    return (scaled + np.float32(0.5)).astype(np.uint8)
