"""What a telescope and the sky make of a galaxy's light: blur, stars, noise, and the survey's colours.

Brightness is counted in the noise of one of the survey's own pixels throughout.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from scipy import fft, ndimage

from skyform.errors import DataError

__all__ = [
    "SURVEYS",
    "Survey",
    "add_artefact",
    "add_sources",
    "blurred",
    "coloured",
    "find_survey",
    "noise",
    "scattered",
    "star_colours",
    "star_peaks",
]

Rng = np.random.Generator
Bands = Float[ndarray, "3 height width"]


@dataclass(frozen=True)
class Survey:
    """How a survey's pictures look.

    Attributes
    ----------
    id, name : str
    seeing : float
        Full width at half maximum of the point-spread function, in the survey's own pixels.
    wings : float
        β of its Moffat profile.
    sharpness, depth : float
        How many times sharper and deeper than SDSS.
    palette : array, shape (3 populations, 3 bands)
        Red, green and blue of old stars, young stars and gas; each population's mean is 1.
    noise : array, shape (3,)
        Noise of the bands over their mean.
    contrast : float
        Grey levels (of 255) that one unit of noise covers near the sky.
    softening : float
        Q of Lupton et al. 2004: the larger, the more is compressed above the noise.
    sky : float
        Level of the sky, in units of noise.
    crowding : float
        Sources for each square of the seeing's width.
    tint : float
        How much colours differ from galaxy to galaxy of one make-up (redshift, metals, dust in the Milky Way).
    vivid : float
        How saturated the colours of stars are.
    spikes : float
        Strength of the diffraction spikes of bright stars.
    spike_angle : float
        Their direction, in degrees.
    """

    id: str
    name: str
    seeing: float
    wings: float
    sharpness: float
    depth: float
    palette: tuple[tuple[float, float, float], ...]
    noise: tuple[float, float, float]
    contrast: float
    softening: float
    sky: float
    crowding: float
    tint: float
    vivid: float
    spikes: float = 0.0
    spike_angle: float = 0.0

    @property
    def grey(self) -> bool:
        """Whether it has one band only."""
        return self.palette == _GREY


_GREY = ((1.0, 1.0, 1.0),) * 3
# Seeing in pixels as the surveys describe themselves (York et al. 2000, AJ 120, 1579; Dey et al. 2019, AJ 157, 168; Giavalisco et
# al. 2004, ApJ 600, L93); depth, contrast, sky and colours such that stamps have the levels of published ones.
SURVEYS: Mapping[str, Survey] = MappingProxyType(
    {
        s.id: s
        for s in (
            Survey(
                "sdss",
                "SDSS gri",
                seeing=3.3,
                wings=3.0,
                sharpness=1.0,
                depth=1.0,
                palette=((1.33, 1.02, 0.65), (0.9, 0.92, 1.18), (0.7, 1.3, 1.0)),
                noise=(1.25, 0.9, 0.85),
                contrast=7.5,
                softening=7.0,
                sky=0.65,
                crowding=0.0035,
                spikes=0.6,
                spike_angle=40.0,
                tint=0.07,
                vivid=1.2,
            ),
            Survey(
                "decals",
                "DECaLS grz",
                seeing=4.6,
                wings=3.2,
                sharpness=1.1,
                depth=1.4,
                palette=((1.26, 1.03, 0.71), (0.82, 0.98, 1.2), (0.5, 1.4, 1.1)),
                noise=(1.15, 0.95, 0.9),
                contrast=17.0,
                softening=7.0,
                sky=2.0,
                crowding=0.009,
                spikes=0.25,
                spike_angle=45.0,
                tint=0.06,
                vivid=1.9,
            ),
            Survey(
                "hst",
                "Hubble Space Telescope",
                seeing=3.0,
                wings=2.6,
                sharpness=2.2,
                depth=0.7,
                palette=((1.15, 1.0, 0.85), (0.72, 0.98, 1.3), (0.7, 1.15, 1.15)),
                noise=(1.1, 0.8, 1.1),
                contrast=16.0,
                softening=9.0,
                sky=0.5,
                crowding=0.0008,
                spikes=1.0,
                spike_angle=45.0,
                tint=0.2,
                vivid=1.0,
            ),
            Survey(
                "grey",
                "a single band",
                seeing=3.3,
                wings=3.0,
                sharpness=1.5,
                depth=0.25,
                palette=_GREY,
                noise=(1.0, 1.0, 1.0),
                contrast=32.0,
                softening=6.0,
                sky=2.7,
                crowding=0.006,
                spikes=0.3,
                spike_angle=45.0,
                tint=0.0,
                vivid=1.0,
            ),
        )
    }
)


def find_survey(id: str) -> Survey:
    """The survey of this id.

    Raises
    ------
    DataError
        If there is none.
    """
    if id not in SURVEYS:
        raise DataError(
            f"survey is {id!r}, which is not known.", remedy=f"Known are {', '.join(SURVEYS)}."
        )
    return SURVEYS[id]


def blurred(
    bands: Bands, *, fwhm: float, wings: float, shifts: Float[ndarray, "3 2"] | None = None
) -> Bands:
    """The bands through a point-spread function (1 + (r/a)²)^-β (Moffat 1969, A&A 3, 455). Keeps the sum; edges wrap around.

    `shifts` moves each band by so many rows and columns: bands are exposed one after the other, and never lie exactly on each
    other.
    """
    height, width = bands.shape[1:]
    a = fwhm / (2 * np.sqrt(2 ** (1 / wings) - 1))
    y = np.minimum(np.arange(height), height - np.arange(height))[:, None].astype(np.float32)
    x = np.minimum(np.arange(width), width - np.arange(width)).astype(np.float32)
    kernel = (1 + (x**2 + y**2) / np.float32(a**2)) ** np.float32(-wings)
    spectrum = np.asarray(fft.rfft2(kernel / kernel.sum()))
    spectra = np.asarray(fft.rfft2(bands)) * spectrum
    if shifts is not None:
        rows, columns = np.fft.fftfreq(height), np.fft.rfftfreq(width)
        for band, (down, right) in zip(spectra, shifts.tolist(), strict=True):
            band *= np.exp(-2j * np.pi * down * rows).astype(np.complex64)[:, None]
            band *= np.exp(-2j * np.pi * right * columns).astype(np.complex64)
    return np.asarray(fft.irfft2(spectra, s=(height, width)))


def noise(shape: tuple[int, int], survey: Survey, *, fwhm: float, rng: Rng) -> Bands:
    """The sky's noise: independent from one of the survey's pixels to the next, whatever the picture's pixels are."""
    pixel = fwhm / survey.seeing
    white = rng.standard_normal((3, *shape), np.float32)
    if survey.grey:
        white[1:] = white[0]
    if pixel > 1:
        # A survey's pixel covers several of the picture's.
        width = 0.45 * pixel
        white = ndimage.gaussian_filter(white, (0, width, width), truncate=2.5)
        white *= np.float32(0.85 * 2 * np.sqrt(np.pi) * max(width, 0.3))
    else:
        white *= np.float32(pixel)
    return white * np.array(survey.noise, np.float32)[:, None, None]


def coloured(bands: Bands, survey: Survey) -> UInt8[ndarray, "height width 3"]:
    """Bands to a colour picture after Lupton et al. 2004 (PASP 116, 133).

    One asinh curve for the mean of the bands, the same factor for all three, so that colours don't depend on brightness; what
    exceeds the range is scaled back together.
    """
    shifted = bands + np.float32(survey.sky)
    mean = shifted.mean(axis=0)
    slope = np.float32(survey.contrast / 255 * survey.softening)
    safe = np.where(np.abs(mean) < 1e-3, np.float32(1e-3), mean)
    factor = np.arcsinh(slope * safe) / (np.float32(survey.softening) * safe)
    out = shifted * factor
    # The end of the range is approached, not hit: a flat core with an edge would show.
    out *= (1 + np.maximum(out.max(axis=0), 0) ** 6) ** np.float32(-1 / 6)
    return np.rint(np.clip(out, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


# Colours of stars from cool to hot, and how many there are of each among what a survey sees at high latitude.
_STAR_COLOURS = np.array(
    [[1.55, 0.95, 0.5], [1.24, 1.03, 0.73], [1.05, 1.02, 0.93], [0.82, 0.98, 1.2]], np.float32
)
_STAR_SHARES = (0.34, 0.3, 0.22, 0.14)


def add_sources(bands: Bands, survey: Survey, *, fwhm: float, rng: Rng) -> None:
    """Foreground stars and small background galaxies, as many and as bright as chance has it. Call it before blurring."""
    height, width = bands.shape[1:]
    field = height * width / fwhm**2
    stars = int(rng.poisson(0.45 * survey.crowding * field))
    places = rng.uniform(1, (width - 2, height - 2), (stars, 2)).tolist()
    # Peak over noise: many faint ones, few bright ones.
    peaks = np.minimum(3.5 * (1 - rng.random(stars)) ** (-1 / 0.75), 4000).tolist()
    colours = star_colours(survey, stars, rng)
    for (x, y), peak, colour in zip(places, peaks, colours, strict=True):
        add_star(bands, survey, at=(x, y), peak=peak, colour=colour, fwhm=fwhm)
    for _ in range(int(rng.poisson(0.55 * survey.crowding * field))):
        _add_small_galaxy(bands, survey, fwhm=fwhm, rng=rng)


def add_star(
    bands: Bands,
    survey: Survey,
    *,
    at: tuple[float, float],
    peak: float,
    colour: Float[ndarray, "3"],
    fwhm: float,
) -> None:
    """A point of light whose blurred peak is `peak` times the noise, at column and row `at`; spikes if it is bright."""
    x, y = at
    i, j = int(y), int(x)
    fx, fy = x - j, y - i
    flux = colour * np.float32(peak * 1.25 * max(fwhm, 1) ** 2)
    weights = np.array([[(1 - fx) * (1 - fy), fx * (1 - fy)], [(1 - fx) * fy, fx * fy]], np.float32)
    bands[:, i : i + 2, j : j + 2] += flux[:, None, None] * weights
    if survey.spikes and peak > 250:
        bands += (
            _spikes(bands.shape[1:], survey, at=at, fwhm=fwhm)
            * (colour * np.float32(peak * survey.spikes))[:, None, None]
        )


def _spikes(
    shape: tuple[int, ...], survey: Survey, *, at: tuple[float, float], fwhm: float
) -> Float[ndarray, "height width"]:
    y, x = np.ogrid[: shape[0], : shape[1]]
    c, s = np.cos(np.radians(survey.spike_angle)), np.sin(np.radians(survey.spike_angle))
    dx, dy = (x - at[0]) / fwhm, (y - at[1]) / fwhm
    first, second = dx * c + dy * s, dy * c - dx * s
    out = np.zeros(shape)
    for along, across in ((first, second), (second, first)):
        out += 0.04 * (1 + np.abs(along)) ** -1.5 * np.exp(-((across / 0.3) ** 2))
    return out.astype(np.float32)


def star_colours(survey: Survey, count: int, rng: Rng) -> Float[ndarray, "count 3"]:
    """Red, green and blue of stars drawn by chance, each with a mean of 1."""
    kinds = rng.choice(len(_STAR_SHARES), count, p=_STAR_SHARES)
    colours = _STAR_COLOURS[kinds] * rng.lognormal(0, 0.1, (count, 3)).astype(np.float32)
    colours = colours ** np.float32(survey.vivid)
    return colours / colours.mean(axis=1, keepdims=True)


def star_peaks(count: int, faintest: float, slope: float, rng: Rng) -> Float[ndarray, " count"]:
    """Blurred peaks over the noise: many faint ones, few bright ones."""
    return np.minimum(faintest * (1 - rng.random(count)) ** (-1 / slope), 4000)


def scattered(places: Float[ndarray, "n 2"], flux: Float[ndarray, "n 3"], size: int) -> Bands:
    """The stars' light on the pixels, shared out between the four around each place; what falls outside is lost."""
    low = np.floor(places).astype(int)
    part = places - low
    bands = np.zeros((3, size, size), np.float32)
    for right in (0, 1):
        for down in (0, 1):
            x, y = low[:, 0] + right, low[:, 1] + down
            weight = np.abs(1 - right - part[:, 0]) * np.abs(1 - down - part[:, 1])
            inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
            for band, light in zip(bands, (flux * weight[:, None]).T, strict=True):
                np.add.at(band, (y[inside], x[inside]), light[inside])
    return bands


def _add_small_galaxy(bands: Bands, survey: Survey, *, fwhm: float, rng: Rng) -> None:
    """A small exponential disc, drawn in the square that it needs."""
    height, width = bands.shape[1:]
    scale = fwhm * rng.uniform(0.15, 0.55)
    reach = int(5 * scale) + 2
    i, j = int(rng.integers(height)), int(rng.integers(width))
    rows, columns = slice(max(i - reach, 0), i + reach), slice(max(j - reach, 0), j + reach)
    y, x = np.ogrid[rows.start : min(i + reach, height), columns.start : min(j + reach, width)]
    angle, q = rng.uniform(0, np.pi), rng.uniform(0.3, 1)
    along = (x - j) * np.cos(angle) + (y - i) * np.sin(angle)
    across = ((y - i) * np.cos(angle) - (x - j) * np.sin(angle)) / q
    shape = np.exp(-np.sqrt(along**2 + across**2 + 0.1) / scale) / (2 * np.pi * scale**2 * q)
    old = rng.beta(1.2, 1.0)
    palette = np.array(survey.palette)
    colour = old * palette[0] + (1 - old) * palette[1]
    peak = min(2.5 * (1 - rng.random()) ** (-1 / 0.9), 120.0)
    flux = peak * 1.4 * (fwhm**2 + 6 * scale**2)
    bands[:, rows, columns] += (shape * flux * colour[:, None, None]).astype(np.float32)


def add_artefact(
    bands: Bands, survey: Survey, name: str, *, peak: float, fwhm: float, rng: Rng
) -> None:
    """What is no galaxy, in the middle: a bright "star", the "trail" of a satellite, or the "bleed" of an overexposed column."""
    height, width = bands.shape[1:]
    at = (width / 2 + rng.normal(0, 1), height / 2 + rng.normal(0, 1))
    if name == "star":
        (colour,) = star_colours(survey, 1, rng)
        add_star(bands, survey, at=at, peak=peak * 20, colour=colour, fwhm=fwhm)
        return
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = rng.uniform(0, np.pi) if name == "trail" else np.pi / 2
    across = (y - at[1]) * np.cos(angle) - (x - at[0]) * np.sin(angle)
    width_of = fwhm * (0.3 if name == "trail" else 0.25)
    line = np.exp(-0.5 * (across / width_of) ** 2) * np.float32(0.35 * peak)
    if name == "bleed":
        line *= np.exp(-((np.abs(y - at[1]) / (0.35 * height)) ** 4))
        (colour,) = star_colours(survey, 1, rng)
        add_star(bands, survey, at=at, peak=peak * 10, colour=colour, fwhm=fwhm)
    # One band sees it: the others were exposed at another moment.
    tint = np.eye(3, dtype=np.float32)[int(rng.integers(3))] * 2 + np.float32(0.3)
    bands += (line * tint[:, None, None]).astype(np.float32)
