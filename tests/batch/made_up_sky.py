"""A made-up piece of sky: a distorted image with galaxies at known positions, and catalogues of them."""

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy import ndarray

SHAPE = (620, 760)
SCALE = 0.3  # arcsec a pixel, at the reference point
COLOURS = {"g": 0.6, "r": 1.0, "z": 1.5}


@dataclass
class Sky:
    """Where things are: `x`, `y` in pixels from 0, `ra`, `dec` in degrees."""

    header: fits.Header
    x: ndarray
    y: ndarray
    ra: ndarray
    dec: ndarray
    files: dict[str, Path] = field(default_factory=dict)

    @property
    def wcs(self) -> WCS:
        return WCS(self.header)


def sky_header(*, sip: bool = True, mirrored: bool = False, frame: str = "ICRS") -> fits.Header:
    """Coordinates turned by 17 degrees; with `sip`, distorted by many pixels towards the corners."""
    header = fits.Header()
    header["NAXIS"] = 2
    header["NAXIS1"], header["NAXIS2"] = SHAPE[1], SHAPE[0]
    lon, lat = ("GLON", "GLAT") if frame == "galactic" else ("RA--", "DEC-")
    end = "-TAN-SIP" if sip else "-TAN"
    header["CTYPE1"], header["CTYPE2"] = lon + end, lat + end
    header["CRVAL1"], header["CRVAL2"] = 150.1, 2.2
    header["CRPIX1"], header["CRPIX2"] = SHAPE[1] / 2, SHAPE[0] / 2
    turn, step = np.radians(17), SCALE / 3600
    east = step if mirrored else -step
    header["CD1_1"], header["CD1_2"] = east * np.cos(turn), -east * np.sin(turn)
    header["CD2_1"], header["CD2_2"] = step * np.sin(turn), step * np.cos(turn)
    if frame == "ICRS":
        header["RADESYS"] = "ICRS"
    if sip:
        header["A_ORDER"] = header["B_ORDER"] = 3
        header["A_2_0"], header["A_0_2"], header["A_1_1"], header["A_3_0"] = 6e-5, -3e-5, 2e-5, 4e-8
        header["B_2_0"], header["B_0_2"], header["B_1_1"] = -4e-5, 7e-5, 1e-5
    return header


def made_up_sky(header: fits.Header, *, margin: int = 50, step: int = 110) -> Sky:
    """Positions on a jittered lattice, all on the image and `margin` pixels from its edge."""
    rng = np.random.default_rng(5)
    columns = np.arange(margin, SHAPE[1] - margin, step, dtype=float)
    rows = np.arange(margin, SHAPE[0] - margin, step, dtype=float)
    x, y = (v.ravel() for v in np.meshgrid(columns, rows))
    x, y = x + rng.uniform(-9, 9, x.size), y + rng.uniform(-9, 9, y.size)
    sky = WCS(header).pixel_to_world(x, y).icrs
    return Sky(header, x, y, sky.ra.deg, sky.dec.deg)


def draw(sky: Sky, *, level: float = 20.0, noise: float = 1.0, seed: int = 1) -> ndarray:
    """Round galaxies of 3 px sigma with a small companion to their upper right (+8, +5), on noisy sky."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    image = np.random.default_rng(seed).normal(level, noise, SHAPE)
    for x, y in zip(sky.x, sky.y, strict=True):
        image += _spot(columns, rows, x, y, sigma=3.0, peak=200.0)
        image += _spot(columns, rows, x + 8, y + 5, sigma=1.5, peak=60.0)
    return image.astype(np.float32)


def _spot(columns: ndarray, rows: ndarray, x: float, y: float, *, sigma: float, peak: float):
    return peak * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))


def write_csv(path: Path, columns: dict[str, object]) -> Path:
    """A CSV file of columns."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))  # type: ignore[call-overload]
    return path


def centroid(image: ndarray, *, within: float = 6.0) -> tuple[float, float]:
    """Column and row of the light near the centre, from 0."""
    light = np.clip(image - np.nanmedian(image), 0, None)
    rows, columns = np.indices(image.shape)
    x = y = (image.shape[0] - 1) / 2
    for _ in range(5):
        near = light * (np.hypot(columns - x, rows - y) < within)
        x, y = (near * columns).sum() / near.sum(), (near * rows).sum() / near.sum()
    return float(x), float(y)
