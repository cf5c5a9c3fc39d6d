"""A synthetic galaxy to a picture."""

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from skyform.datasets.synthetic_galaxy import Galaxy, size_of
from skyform.datasets.synthetic_light import Light, light
from skyform.datasets.synthetic_sky import (
    Survey,
    add_artefact,
    add_sources,
    blurred,
    coloured,
    find_survey,
    noise,
)
from skyform.errors import DataError

__all__ = ["FRAMING", "check_picture", "render", "seeing_of", "signal"]

FRAMING = 0.118
"""Galaxy Zoo's: the 90 % light radius over the width of the picture (424 pixels of 0.02 such radii)."""


def render(
    galaxy: Galaxy,
    *,
    rng: np.random.Generator,
    size: int = 128,
    survey: str = "sdss",
    framing: float = FRAMING,
) -> UInt8[ndarray, "size size 3"]:
    """The picture of a galaxy as a survey would have taken it.

    Parameters
    ----------
    galaxy : Galaxy
    rng : numpy.random.Generator
        For what is not of the galaxy: noise, stars, other galaxies.
    size : int
        Pixels on a side, at least 16.
    survey : str
        A key of `SURVEYS`.
    framing : float
        The galaxy's 90 % light radius as a share of the width.

    Raises
    ------
    DataError
        If the survey is not known, or size or framing is out of range.
    """
    look = find_survey(survey)
    check_picture(size, framing)
    fwhm = seeing_of(galaxy, look, size=size, framing=framing)
    # Light from beyond the edge is blurred into the picture, as on the sky.
    edge = 8 * int(np.ceil(min(2 * fwhm + 2, size / 4) / 8))
    side = size + 2 * edge
    shift = rng.normal(0, 0.004 * size, 2)
    bands = signal(galaxy, look, side=side, radius=framing * size, shift=(shift[0], shift[1]))
    bands *= _tint(look, rng)
    if galaxy.artefact:
        add_artefact(bands, look, galaxy.artefact, peak=galaxy.brightness, fwhm=fwhm, rng=rng)
    add_sources(bands, look, fwhm=fwhm, rng=rng)
    shifts = 0.04 * fwhm * rng.normal(size=(3, 2))
    bands = blurred(bands, fwhm=fwhm, wings=look.wings, shifts=shifts)
    bands = bands[:, edge : edge + size, edge : edge + size]
    grain = noise((size, size), look, fwhm=fwhm, rng=rng)
    # The light's own noise comes on top, as much as the sky's where it is as bright (some 300 units for 10⁵ electrons).
    bands = bands + grain * np.sqrt(1 + np.maximum(bands, 0) / 300)
    bands = bands + _residual_sky(size, rng)
    if look.grey:
        bands = np.broadcast_to(bands.mean(axis=0), bands.shape)
    return coloured(bands, look)


def check_picture(size: int, framing: float) -> None:
    """Whether a picture of this size and framing can be drawn.

    Raises
    ------
    DataError
        If size or framing is out of range.
    """
    if not 16 <= size <= 4096:
        raise DataError(f"size is {size}.", remedy="Choose 16 to 4096 pixels.")
    if not 0.01 <= framing <= 1:
        raise DataError(
            f"framing is {framing}.",
            remedy="It is the galaxy's radius over the picture's width, 0.01 to 1.",
        )


def seeing_of(galaxy: Galaxy, survey: Survey, *, size: int, framing: float = FRAMING) -> float:
    """Full width at half maximum of the point-spread function, in pixels of the picture."""
    return max(framing * size / (galaxy.resolution * survey.sharpness), 0.7)


def _tint(survey: Survey, rng: np.random.Generator) -> Float[ndarray, "3 1 1"]:
    """Mostly from red to blue; green little."""
    slope, green = rng.normal(0, survey.tint), rng.normal(0, 0.3 * survey.tint)
    return np.exp(np.array([slope, green, -slope], np.float32))[:, None, None]


def _residual_sky(size: int, rng: np.random.Generator) -> Float[ndarray, "3 size size"]:
    """What the subtraction of the sky left over: a level for each band and a slope."""
    ramp = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    level = rng.normal(0, 0.12, 3).astype(np.float32)[:, None, None]
    slope = rng.normal(0, 0.12, (2, 3)).astype(np.float32)
    return level + slope[0][:, None, None] * ramp[:, None] + slope[1][:, None, None] * ramp


def signal(
    galaxy: Galaxy,
    survey: Survey,
    *,
    side: int,
    radius: float,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Float[ndarray, "3 side side"]:
    """The galaxy alone in the survey's bands, neither blurred nor noisy.

    Parameters
    ----------
    side : int
        Pixels on a side.
    radius : float
        Its 90 % light radius in pixels.
    shift : (float, float)
        How far its centre lies right of and above the picture's, in pixels.
    """
    unit = size_of(galaxy) / radius
    middle = (side - 1) / 2
    x = (np.arange(side, dtype=np.float32) - np.float32(middle + shift[0])) * np.float32(unit)
    y = (np.float32(middle - shift[1]) - np.arange(side, dtype=np.float32)) * np.float32(unit)
    grid_x, grid_y = np.meshgrid(x, y)
    bands = _in_bands(light(galaxy, grid_x, grid_y, step=unit), survey)
    for at in _cusps(galaxy):
        _refine(bands, galaxy, survey, x, y, at=at, unit=unit)
    mean = galaxy.brightness * survey.depth
    return bands * np.float32(mean * np.pi * radius**2 / 0.9 * unit**2)


# Extinction in red, green and blue over that in green (Cardelli et al. 1989, ApJ 345, 245, for i, r and g).
_EXTINCTION = np.array([0.75, 1.0, 1.4], np.float32)


def _in_bands(found: Light, survey: Survey) -> Float[ndarray, "3 height width"]:
    palette = np.array(survey.palette, np.float32)
    bands = np.tensordot(palette.T, found.populations, axes=1)
    if found.dust.any():
        bands *= np.exp(-_EXTINCTION[:, None, None] * found.dust)
    return bands


def _cusps(galaxy: Galaxy) -> list[tuple[float, float]]:
    """Where the light changes within a pixel: the centres, in the galaxy's units as seen on the sky."""
    out = [(0.0, 0.0)] if not galaxy.artefact else []
    if galaxy.companion is not None:
        c, s = np.cos(galaxy.position_angle), np.sin(galaxy.position_angle)
        across = galaxy.companion.y if galaxy.clockwise else -galaxy.companion.y
        x, y = galaxy.companion.x * c - across * s, galaxy.companion.x * s + across * c
        out.append((float(x), float(y)))
    return out


_FINER = 6


def _refine(
    bands: ndarray,
    galaxy: Galaxy,
    survey: Survey,
    x: ndarray,
    y: ndarray,
    *,
    at: tuple[float, float],
    unit: float,
) -> None:
    """Replace the pixels about a centre by means over finer samples."""
    i, j = int(np.argmin(np.abs(y - at[1]))), int(np.argmin(np.abs(x - at[0])))
    rows, columns = slice(max(i - 3, 0), i + 4), slice(max(j - 3, 0), j + 4)
    within = ((np.arange(_FINER) + 0.5) / _FINER - 0.5).astype(np.float32) * np.float32(unit)
    fine_x = (x[columns, None] + within).ravel()
    fine_y = (y[rows, None] + within).ravel()
    grid = np.meshgrid(fine_x, fine_y)
    found = _in_bands(light(galaxy, *grid, step=unit / _FINER), survey)
    shape = (3, fine_y.size // _FINER, _FINER, fine_x.size // _FINER, _FINER)
    bands[:, rows, columns] = found.reshape(shape).mean(axis=(2, 4))
