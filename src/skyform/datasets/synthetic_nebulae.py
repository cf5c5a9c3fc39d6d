"""Made-up nebulae, as rows of training: photographs of real ones with a free licence are few.

What is uneven in them is noise whose power falls as k^-8/3 to k^-11/3, a thin and a thick slab of Kolmogorov's turbulence (Lazarian and
Pogosyan 2000, ApJ 537, 720), made log-normal as the densities of turbulent gas are (Vázquez-Semadeni 1994, ApJ 423, 681), with places
displaced by noise once more (domain warping; Quilez, iquilezles.org/articles/warp), and creased into filaments (ridged noise; Musgrave in
Ebert et al., Texturing and Modeling). Shells are the paths of sight through them; planetary nebulae are round, elliptical or butterflies
(Balick 1987, AJ 94, 671). Everything else, the photographer's part above all, is chosen to be varied rather than measured.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image
from scipy import fft, ndimage

from skyform.datasets.catalogue import Row
from skyform.datasets.labels import Labels
from skyform.datasets.synthetic_sky import (
    SURVEYS,
    add_star,
    blurred,
    coloured,
    noise,
    scattered,
    star_colours,
    star_peaks,
)

__all__ = ["NEBULAE", "nebula_picture", "nebula_rows"]

Rng = np.random.Generator
Map = Float[ndarray, "size size"]
Bands = Float[ndarray, "3 size size"]

_SIZE = 224  # px


def nebula_rows(count: int, *, seed: int, size: int = _SIZE) -> Iterator[Row]:
    """`count` nebulae, of the kinds of `NEBULAE` by turns, of the split `train` and the kind "nebula". The same seed gives the same rows."""
    labels = Labels(kinds=frozenset({"nebula"}))
    kinds = tuple(NEBULAE)
    for n in range(count):
        rng = np.random.default_rng((seed, n))
        kind = kinds[n % len(kinds)]
        rgb = nebula_picture(rng, kind=kind, size=size)
        buffer = io.BytesIO()
        Image.fromarray(rgb).save(buffer, "JPEG", quality=int(rng.integers(70, 96)))
        yield Row(
            f"nebula-{seed}-{n}",
            "nebulae",
            "train",
            "synthetic",
            buffer.getvalue(),
            labels,
            {"label": kind},
        )


def nebula_picture(rng: Rng, *, kind: str, size: int = _SIZE) -> UInt8[ndarray, "size size 3"]:
    """One nebula before a field of stars, as one of many photographers would show it.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : str
        One of `NEBULAE`.
    size : int
        Side, px.
    """
    draw, smallest, largest = NEBULAE[kind]
    radius = _log(rng, smallest, largest) * size
    cloud = _Cloud.drawn(rng, size, radius)
    draw(rng, cloud)
    lines = cloud.lines * (cloud.lines > 0)
    lines /= np.percentile(lines.sum(axis=0), 99.7 if radius > 0.2 * size else 99.95) + 1e-6
    palette = _palette(rng)
    bands = np.tensordot(palette.T, lines, axes=1) * np.float32(_log(rng, 0.5, 1.6))
    return _photographed(rng, bands.astype(np.float32), cloud)


@dataclass
class _Cloud:
    """A nebula while it is drawn.

    Attributes
    ----------
    x, y : array
        Places in units of the nebula's radius, turned and stretched, its middle at 0, 0.
    fields : array, shape (4, size, size)
        Turbulence of mean 0 and variance 1, displaced by turbulence.
    lines : array, shape (3, size, size)
        Light of gas little and much ionised, and of stars reflected.
    dust : array
        Optical depth before the gas and most stars.
    stars : list of (x, y, peak)
        The nebula's own, in the units of `x` and `y`; a peak of 1 is as bright as the nebula.
    """

    x: Map
    y: Map
    fields: Float[ndarray, "4 size size"]
    lines: Bands
    dust: Map
    stars: list[tuple[float, float, float]]
    to_pixels: Callable[[float, float], tuple[float, float]]

    @classmethod
    def drawn(cls, rng: Rng, size: int, radius: float) -> "_Cloud":
        """The empty frame: how the nebula lies, and the turbulence for it."""
        middle = size / 2 + rng.normal(0, 0.05 + 0.1 * min(radius / size, 1), 2) * size
        angle, squash = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.0)
        c, s = float(np.cos(angle)), float(np.sin(angle))
        down, right = np.mgrid[:size, :size].astype(np.float32)
        dx, dy = (right - middle[0]) / radius, (down - middle[1]) / radius
        x, y = (dx * c + dy * s).astype(np.float32), ((dy * c - dx * s) / squash).astype(np.float32)
        # The largest blotches are of the nebula's size, unless that is beyond the frame.
        fields = _turbulence(rng, size, rng.uniform(8 / 3, 11 / 3), min(radius, 0.45 * size))
        push = np.float32(min(radius, 0.5 * size) * _log(rng, 0.03, 0.3))
        at = np.stack((down + push * fields[4], right + push * fields[5]))
        warped = [ndimage.map_coordinates(f, at, order=1, mode="grid-wrap") for f in fields[:2]]

        def to_pixels(u: float, v: float) -> tuple[float, float]:
            v *= squash
            return middle[0] + radius * (u * c - v * s), middle[1] + radius * (u * s + v * c)

        zero = np.zeros((4, size, size), np.float32)
        return cls(x, y, np.stack((*warped, *fields[2:4])), zero[:3], zero[3], [], to_pixels)


def _turbulence(rng: Rng, size: int, slope: float, largest: float) -> Float[ndarray, "6 size size"]:
    """Six periodic fields of mean 0 and variance 1, whose power falls as k^-slope below blotches of `largest` px."""
    k2 = np.fft.fftfreq(size)[:, None] ** 2 + np.fft.rfftfreq(size) ** 2
    amplitude = (k2 + (0.35 / largest) ** 2) ** (-slope / 4)
    amplitude[0, 0] = 0
    white = rng.standard_normal((6, *k2.shape, 2), np.float32).view(np.complex64)[..., 0]
    fields = np.asarray(fft.irfft2(white * amplitude.astype(np.float32), s=(size, size)))
    return fields / fields.std(axis=(1, 2), keepdims=True)


def _log(rng: Rng, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _step(values: Map) -> Map:
    t = np.clip(values, 0, 1)
    return t * t * (3 - 2 * t)


def _ridges(field: Map, width: float) -> Map:
    """1 where the field crosses 0, falling to the sides: noise creased into filaments."""
    return np.exp(-np.abs(field) / np.float32(width))


def _emission(rng: Rng, cloud: _Cloud) -> None:
    """Glowing gas with a ragged edge, hollows with bright rims, dark lanes, and the young stars that make it glow."""
    x, y, (a, b, c, d) = cloud.x, cloud.y, cloud.fields
    edge = (1 - np.hypot(x, y) + rng.uniform(0.15, 0.5) * a) / rng.uniform(0.15, 1.1)
    gas = _step(edge) * np.exp(rng.uniform(0.4, 1.1) * b)
    u, v = rng.normal(0, 0.3, 2)
    near = np.exp(-((x - u + 0.12 * a) ** 2 + (y - v + 0.12 * c) ** 2) / rng.uniform(0.05, 0.3))
    gas *= 1 + rng.uniform(0, 4) * near
    gas *= 1 + rng.uniform(0, 2) * _ridges(b, 0.2)
    for _ in range(int(rng.integers(4))):
        ox, oy = rng.normal(0, 0.5, 2)
        out = (np.hypot(x - ox, y - oy) + 0.1 * c) / rng.uniform(0.15, 0.5) - 1
        gas *= 1 - rng.uniform(0.4, 0.9) * _step(0.5 - 2.5 * out)
        gas *= 1 + rng.uniform(0, 1.5) * np.exp(-((out / 0.15) ** 2))
    share = rng.uniform(0.1, 0.7) * np.exp(-(x**2 + y**2) / rng.uniform(0.2, 1.0) + 0.4 * d)
    cloud.lines[:] = gas * (1 - 0.6 * share), gas * share, 0.1 * gas * near
    cloud.dust += rng.uniform(0, 3) * np.maximum(0.6 * c + 0.6 * a - rng.uniform(0.3, 1.2), 0)
    cloud.dust += rng.uniform(0, 1.5) * _ridges(d + 0.5 * c, 0.12) * (c > -0.5)
    for _ in range(int(_log(rng, 1.0, 40.0))):
        sx, sy = rng.normal((u, v), 0.25)
        cloud.stars.append((sx, sy, _log(rng, 0.3, 6.0)))


def _reflection(rng: Rng, cloud: _Cloud) -> None:
    """Dust lit by one star or a few: a fan or a comma of light about each, and unlit dust before it."""
    x, y, (a, b, c, d) = cloud.x, cloud.y, cloud.fields
    for n in range(int(rng.integers(1, 5))):
        sx, sy = rng.normal(0, 0.15 if n == 0 else 0.6, 2)
        bright, reach = (1.0, 0.4) if n == 0 else (rng.uniform(0.1, 0.8), rng.uniform(0.1, 0.4))
        # The dust lies to one side of the star, and trails off in a curve.
        r = np.hypot(x - sx, y - sy) + np.float32(1e-3)
        toward = np.arctan2(y - sy, x - sx) - rng.uniform(0, 2 * np.pi) + rng.uniform(-1.5, 1.5) * r
        fan = ((1 + np.cos(toward + 0.25 * a)) / 2) ** rng.uniform(0.6, 3)
        glow = (1 + (r / reach) ** 2) ** -rng.uniform(1.1, 2) * np.exp(rng.uniform(0.3, 0.9) * b)
        glow *= (0.1 + fan) * _step(1.6 - r + 0.4 * c)
        cloud.lines[2] += bright * glow
        cloud.lines[0] += bright * rng.choice((0.0, 0.0, 0.3, 0.6)) * glow * np.exp(0.5 * d)
        cloud.stars.append((sx, sy, bright * _log(rng, 2.0, 60.0)))
    cloud.lines[0] += (
        rng.choice((0.0, 0.05, 0.15)) * _step(1.5 - np.hypot(x, y) + 0.5 * d) * np.exp(0.5 * a)
    )
    side = x * np.cos(t := rng.uniform(0, 6.28)) + y * np.sin(t) + 0.4 * a + 0.2 * c
    cloud.dust += rng.uniform(0.5, 4) * _step(side - rng.uniform(0.1, 0.5))
    cloud.dust += rng.uniform(0, 2) * _ridges(c + 0.4 * b, 0.25)


def _shell(r: Map, thickness: float) -> Map:
    """The path of sight through a hollow ball of radius 1, over its greatest."""
    inner = 1 - thickness
    path = np.sqrt(np.maximum(1 - r**2, 0)) - np.sqrt(np.maximum(inner**2 - r**2, 0))
    return path / np.float32(np.sqrt(1 - inner**2))


def _planetary(rng: Rng, cloud: _Cloud) -> None:
    """The shed envelope of a star: a disc, a ring, shells in one another, or two lobes."""
    x, y, (a, b, c, d) = cloud.x, cloud.y, cloud.fields
    uneven = rng.uniform(0.0, 0.12)
    form = rng.choice(("disc", "ring", "shells", "lobes"))
    r = np.hypot(x, y) * (1 + uneven * a)
    body = np.exp(rng.uniform(0.1, 0.6) * b) * (1 + rng.uniform(0, 1) * _ridges(b, 0.25))
    if form == "lobes":
        # Each lobe is a ball that touches the star; between them lies a bright waist.
        wide, far = rng.uniform(0.3, 0.7), rng.uniform(0.45, 0.6)
        out = np.hypot((np.abs(x) - far) / far, y / (wide * (0.35 + np.abs(x)))) * (1 + uneven * a)
        low = _shell(out, rng.uniform(0.15, 0.8)) * (1 - 0.5 * _step(np.abs(x)))
        waist = np.exp(-((x / 0.12) ** 2) - (y / rng.uniform(0.2, 0.4)) ** 2)
        high = 0.4 * low * np.exp(-3 * np.abs(x)) + rng.uniform(0.3, 2) * waist
    else:
        thickness = rng.uniform(0.5, 0.95) if form == "disc" else rng.uniform(0.12, 0.4)
        low = _shell(r, thickness)
        high = _step((1 - r) * 4) * rng.uniform(0.1, 0.8)
        if form == "ring":
            low *= 1 - rng.uniform(0.2, 0.7) * np.abs(x / (r + 0.01)) ** 2
        if form == "shells":
            turned = np.hypot(x * rng.uniform(1.3, 3), y * rng.uniform(1.2, 2)) * (1 + uneven * c)
            high = high * 0.3 + rng.uniform(0.5, 2) * _shell(turned, rng.uniform(0.15, 0.6))
        for side in (-1, 1):
            # Knots at both ends.
            knot = np.exp(-((x - side * 1.05) ** 2 + y**2) / 0.008)
            low = low + rng.choice((0.0, 0.0, 0.8)) * knot
    halo = rng.choice((0.0, 0.04, 0.1)) * _step(2.2 - r * (1 + 0.15 * c)) * np.exp(0.6 * d)
    cloud.lines[0], cloud.lines[1] = low * body + halo, high * body
    if rng.random() < 0.75:
        cloud.stars.append((0.0, 0.0, _log(rng, 0.3, 8.0)))


def _remnant(rng: Rng, cloud: _Cloud) -> None:
    """What is left of an exploded star: filaments over a whole ball, along its rim, or along a piece of it only."""
    x, y, (a, b, c, d) = cloud.x, cloud.y, cloud.fields
    form = rng.choice(("ball", "rim", "arc"))
    if form == "arc":
        # A piece of a rim much larger than what the frame holds.
        x = x + np.float32(rng.uniform(1, 3))
        r = np.hypot(x, y) - np.hypot(x, 0).mean() + 1
    else:
        r = np.hypot(x, y) * (1 + 0.1 * a)
    rim = _step((1.05 - r) * 12) * np.exp(-np.maximum(1 - r, 0) / rng.uniform(0.08, 0.35))
    place = rim if form != "ball" else _step((1 - r) * rng.uniform(2, 8)) * (1 + rim)
    place = place * _step(0.7 + rng.uniform(0.2, 0.8) * d)
    if form == "rim":
        place *= _step(0.4 + rng.uniform(0.2, 0.8) * np.cos(np.arctan2(y, x) - 1) + 0.3 * c)
    # Filaments run along the rim: the noise is drawn out that way by the shell itself.
    wide = _log(rng, 0.04, 0.2)
    pull = np.float32(rng.uniform(2, 7))
    first = _ridges(a + 0.4 * b + pull * r * (form != "ball"), wide) if form == "ball" else 0
    first = first + _ridges(np.sin(pull * r * 4 + 1.5 * a + 0.5 * b), 2 * wide) * (form != "ball")
    second = _ridges(b + 0.3 * c, wide) + 0.6 * _ridges(c + 0.5 * a, wide)
    mist = rng.uniform(0, 0.25) * np.exp(0.5 * b)
    tangle = np.exp(0.6 * d)
    cloud.lines[0] = place * tangle * (first + 0.4 * second + mist)
    cloud.lines[1] = place * rng.uniform(0.1, 1.2) * (second * np.exp(0.5 * a) + mist)
    cloud.lines[2] = rng.choice((0.0, 0.0, 0.6)) * place * np.exp(-2 * r)


def _dark(rng: Rng, cloud: _Cloud) -> None:
    """Dust before a wide glow: lanes, globules and pillars."""
    x, y, (a, b, c, d) = cloud.x, cloud.y, cloud.fields
    glow = _step((1.6 - np.hypot(x, 0.8 * y) + 0.4 * d) / 1.2) * np.exp(rng.uniform(0.2, 0.6) * b)
    share = rng.uniform(0, 0.5)
    cloud.lines[0], cloud.lines[1] = glow * (1 - share), glow * share * np.exp(0.4 * d)
    form = rng.choice(("lane", "globules", "pillar"))
    if form == "lane":
        bend = y + rng.uniform(-0.4, 0.4) * x**2 + 0.2 * a
        shape = 1 - np.abs(bend) / rng.uniform(0.12, 0.4) + 0.7 * c
    elif form == "globules":
        shape = c + 0.5 * b - rng.uniform(0.2, 1.0)
    else:
        # From one side inwards, with an edge lit by the stars opposite.
        shape = 3 * (np.abs(y) * -1.2 + 0.25 + 0.25 * a + rng.uniform(-0.1, 0.2) - 0.6 * x)
    edge = np.exp(-((shape / 0.25) ** 2))
    cloud.lines[0] += rng.uniform(0, 0.8) * edge * glow
    cloud.dust += rng.uniform(1.5, 5) * _step(shape) * np.exp(0.3 * b)


NEBULAE = MappingProxyType(
    {
        # How each kind is drawn, and its least and greatest radius over the frame's side.
        "emission": (_emission, 0.12, 0.9),
        "reflection": (_reflection, 0.12, 0.7),
        "planetary": (_planetary, 0.05, 0.42),
        "remnant": (_remnant, 0.12, 0.6),
        "dark": (_dark, 0.3, 0.8),
    }
)

# Red, green and blue of gas little ionised, much ionised, and of reflected light.
_PALETTES = np.array(
    [
        [[1.0, 0.25, 0.33], [0.15, 0.75, 0.8], [0.5, 0.75, 1.1]],  # as the eye would see
        [[1.0, 0.1, 0.12], [0.9, 0.3, 0.4], [0.35, 0.5, 1.0]],  # hydrogen's red
        [[1.0, 0.3, 0.75], [0.6, 0.5, 1.0], [0.45, 0.55, 1.1]],  # pink and violet
        [
            [1.0, 0.6, 0.12],
            [0.1, 0.6, 0.95],
            [0.5, 0.6, 0.8],
        ],  # Hubble's: sulphur, hydrogen, oxygen
        [[1.0, 0.12, 0.1], [0.0, 0.8, 0.75], [0.3, 0.6, 0.7]],  # hydrogen, oxygen, oxygen
        [[1.0, 0.45, 0.1], [1.0, 0.7, 0.35], [0.9, 0.8, 0.7]],  # orange
        [[0.3, 0.9, 0.45], [0.2, 0.5, 1.0], [0.6, 0.7, 0.9]],  # green
        [[0.15, 0.5, 1.0], [0.3, 0.9, 1.0], [0.4, 0.6, 1.0]],  # blue
        [[0.8, 0.62, 0.6], [0.6, 0.75, 0.75], [0.65, 0.72, 0.85]],  # pale
    ],
    np.float32,
)


def _palette(rng: Rng) -> Float[ndarray, "3 3"]:
    """Colours of the three sources of light."""
    palette = _PALETTES[int(rng.integers(len(_PALETTES)))]
    if rng.random() < 0.12:
        palette = rng.uniform(0.05, 1, (3, 3)).astype(np.float32)
    palette = palette * rng.lognormal(0, 0.15, (3, 3)).astype(np.float32)
    return palette / palette.mean(axis=1, keepdims=True)


def _photographed(rng: Rng, bands: Bands, cloud: _Cloud) -> UInt8[ndarray, "size size 3"]:
    """The nebula among stars, through the optics, developed."""
    size = bands.shape[1]
    survey = SURVEYS[("sdss", "decals", "hst", "grey")[int(rng.integers(4))]]
    fwhm, grain = _log(rng, 1.2, 4.0), _log(rng, 0.004, 0.08)
    clear = np.exp(-cloud.dust * np.array([0.8, 1.0, 1.2], np.float32)[:, None, None])
    count = int(10 ** rng.uniform(0.7, 3.2))
    # Crowded fields are of faint stars: the nebula is to be seen.
    peaks = star_peaks(count, _log(rng, 0.03, 0.25), rng.uniform(0.7, 1.4), rng)
    peaks = np.minimum(peaks, _log(rng, 1.0, 100.0))
    vivid = np.float32(rng.uniform(0, 1))
    colours = star_colours(survey, count, rng) ** vivid
    flux = colours * (1.25 * fwhm**2 * peaks).astype(np.float32)[:, None]
    places = rng.uniform(0, size, (count, 2))
    before = rng.random(count) < 0.2
    bands = (bands + scattered(places[~before], flux[~before], size)) * clear
    bands += scattered(places[before], flux[before], size)
    for u, v, peak in cloud.stars:
        x, y = cloud.to_pixels(u, v)
        if 0 <= x < size - 1 and 0 <= y < size - 1:
            # Spikes belong to what is much brighter than the nebula.
            scale = 0.04
            bands /= scale
            hot = np.array([0.85, 1.0, 1.15], np.float32) ** vivid
            add_star(bands, survey, at=(x, y), peak=float(peak / scale), colour=hot, fwhm=fwhm)
            bands *= scale
    bands = blurred(bands, fwhm=fwhm, wings=survey.wings)
    return _developed(rng, bands.astype(np.float32), grain, fwhm)


def _developed(rng: Rng, bands: Bands, grain: float, fwhm: float) -> UInt8[ndarray, "size size 3"]:
    """From light to a picture: a survey's plate or an amateur's taste."""
    size = bands.shape[1]
    style = rng.choice(("survey", "grey", "colour", "colour", "colour"))
    if style == "survey":
        survey = SURVEYS[("sdss", "decals", "hst")[int(rng.integers(3))]]
        bands = bands / np.float32(_log(rng, 0.02, 0.15))
        return coloured(bands + noise((size, size), survey, fwhm=fwhm, rng=rng), survey)
    if style == "grey":
        weights = rng.dirichlet((1, 1, 1)).astype(np.float32)
        bands = np.broadcast_to(np.tensordot(weights, bands, axes=1), bands.shape)
    survey = SURVEYS["grey" if style == "grey" else "sdss"]
    bands = bands + noise((size, size), survey, fwhm=fwhm, rng=rng) * np.float32(grain)
    down, right = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    slope = rng.normal(0, 0.05, 2) * (rng.random() < 0.4)
    bands = bands + (slope[0] * down + slope[1] * right).astype(np.float32)
    if rng.random() < 0.3:
        bands = bands * (1 - rng.uniform(0.2, 0.7) * (down**2 + right**2) / 2).astype(np.float32)
    if rng.random() < 0.12:
        # Faded to black at the frame's edge, as pictures are that are laid over a map of the sky.
        ends = np.maximum(np.abs(down), np.abs(right)) + 0.1 * np.sin(3 * down + 4 * right)
        bands = bands * _step((1 - ends) * 4).astype(np.float32)
    strength = _log(rng, 0.3, 40.0)
    out = np.arcsinh(strength * np.maximum(bands, -0.02)) / np.arcsinh(strength)
    out = np.maximum(out, 0) ** rng.uniform(0.75, 1.3)
    mean = out.mean(axis=0)
    out = mean + (out - mean) * rng.uniform(0.5, 1.5)
    black = rng.uniform(-0.06, 0.03) if rng.random() < 0.7 else rng.uniform(0.03, 0.22)
    sky = black * (1 + rng.normal(0, 0.15, (3, 1, 1)) * (style != "grey"))
    out = sky + out * rng.uniform(0.75, 1.1) * (1 - max(black, 0))
    return np.rint(np.clip(out, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
