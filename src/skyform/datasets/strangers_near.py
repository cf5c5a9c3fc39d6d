"""What a survey's pictures show beside galaxies: stars with their spikes, trails, blank sky, the edge of a chip.

Drawn from light profiles and noise of their own, apart from `datasets.synthetic`, which a recipe may train on.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image

__all__ = ["blank_sky", "bright_star", "chip_edge", "double_star", "faint_star", "trail"]

Rng = np.random.Generator
_SIDE = 256
_Sky = Float[ndarray, "side side 3"]


def faint_star(rng: Rng) -> Image.Image:
    """One unresolved star in the middle."""
    return _developed(_noise(rng) + _star(rng, peak=rng.uniform(0.4, 1.5)), rng)


def bright_star(rng: Rng) -> Image.Image:
    """A saturated star with four spikes, a halo, and sometimes a bleeding column."""
    sky = _noise(rng) + _star(rng, peak=rng.uniform(6, 60), halo=rng.uniform(0.01, 0.05))
    y, x = _grid()
    turn, width = rng.uniform(0, np.pi / 2), rng.uniform(0.6, 1.4)
    for angle in (turn, turn + np.pi / 2):
        along = np.abs(x * np.cos(angle) + y * np.sin(angle))
        across = y * np.cos(angle) - x * np.sin(angle)
        light = np.exp(-((across / width) ** 2)) * np.exp(-along / rng.uniform(12, 45))
        sky += (rng.uniform(0.8, 3.0) * light)[..., None] * _colour(rng)
    if rng.random() < 0.35:
        sky += (3.0 * np.exp(-((x / 1.5) ** 2)) * (np.abs(y) < rng.uniform(40, 128)))[..., None]
    return _developed(sky, rng)


def double_star(rng: Rng) -> Image.Image:
    """Two or three stars close together, of their own colours."""
    sky = _noise(rng)
    fwhm = rng.uniform(3.0, 6.0)
    for _ in range(int(rng.integers(2, 4))):
        x, y = rng.uniform(-12, 12, 2)
        sky = sky + _star(rng, peak=rng.uniform(0.6, 5), x=x, y=y, fwhm=fwhm)
    return _developed(sky, rng)


def trail(rng: Rng) -> Image.Image:
    """The line of a satellite, an aeroplane's dashes or a meteor through the middle."""
    y, x = _grid()
    angle, width = rng.uniform(0, np.pi), rng.uniform(1.2, 5.0)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = y * np.cos(angle) - x * np.sin(angle) - rng.uniform(-12, 12)
    light = np.exp(-0.5 * (across / width) ** 2) * rng.uniform(0.5, 3.0)
    if rng.random() < 0.3:
        light = light * (np.sin(along / rng.uniform(3, 10)) > 0)
    # Seen through three filters one after the other, it is of one colour.
    return _developed(_noise(rng) + light[..., None] * _colour(rng, spread=1.0), rng)


def blank_sky(rng: Rng) -> Image.Image:
    """Noise, and perhaps a few faint stars away from the middle."""
    sky = _noise(rng)
    for _ in range(int(rng.integers(0, 4))):
        x, y = rng.uniform(40, 120, 2) * rng.choice([-1, 1], 2)
        sky = sky + _star(rng, peak=rng.uniform(0.1, 0.4), x=x, y=y)
    return _developed(sky, rng)


def chip_edge(rng: Rng) -> Image.Image:
    """Where the detector ends, or one filter is missing, with a bad column or two."""
    sky = _noise(rng)
    cut = int(rng.integers(90, 190))
    if rng.random() < 0.5:
        sky[:, cut:] = 0.0
    else:
        sky[:, cut:, int(rng.integers(0, 3))] += rng.uniform(0.2, 0.8)
    for column in rng.integers(0, _SIDE, int(rng.integers(1, 4))):
        sky[:, column] = rng.uniform(0.0, 2.0)
    return _developed(np.rot90(sky, int(rng.integers(0, 4))), rng)


def _grid() -> tuple[Float[ndarray, "side side"], Float[ndarray, "side side"]]:
    y, x = np.mgrid[0:_SIDE, 0:_SIDE] - (_SIDE - 1) / 2
    return y, x


def _star(
    rng: Rng,
    *,
    peak: float,
    x: float = 0.0,
    y: float = 0.0,
    fwhm: float | None = None,
    halo: float = 0.0,
) -> _Sky:
    """A Moffat profile (Moffat 1969, A&A 3, 455) with an exponent of 3, and a wide halo of that share of its peak."""
    ys, xs = _grid()
    squared = (xs - x) ** 2 + (ys - y) ** 2
    scale = (rng.uniform(3.0, 6.0) if fwhm is None else fwhm) / (2 * np.sqrt(2 ** (1 / 3) - 1))
    light = (1 + squared / scale**2) ** -3.0
    light = light + halo * np.exp(-np.sqrt(squared) / rng.uniform(10, 25))
    return peak * light[..., None] * _colour(rng)


def _colour(rng: Rng, spread: float = 0.3) -> Float[ndarray, "3"]:
    return np.clip(1 + spread * rng.uniform(-1, 1, 3), 0.05, 2.0)


def _noise(rng: Rng) -> _Sky:
    return rng.uniform(0.01, 0.05) * rng.normal(size=(_SIDE, _SIDE, 3)) + rng.uniform(0.0, 0.04)


def _developed(sky: _Sky, rng: Rng) -> Image.Image:
    """Light into grey levels by an inverse hyperbolic sine, as surveys do (Lupton et al. 2004, PASP 116, 133)."""
    softening = rng.uniform(4, 12)
    levels = np.arcsinh(softening * np.maximum(sky, 0)) / np.arcsinh(softening)
    return Image.fromarray((255 * np.clip(levels, 0, 1)).astype(np.uint8))
