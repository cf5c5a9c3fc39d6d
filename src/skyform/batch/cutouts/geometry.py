"""Where a position on the sky falls on an image, and which box of pixels a cut-out takes."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.images.quiet import quiet

__all__ = ["Box", "SkyGrid", "box_around"]

_ROUND_TRIP = 0.5  # px: further off than that, an inverted distortion found another place
_CIRCLE = 3600.0 * 180 / math.pi  # arcsec a radian


@dataclass(frozen=True, slots=True)
class Box:
    """A square of pixels, which may reach beyond the image.

    Attributes
    ----------
    left, bottom : int
        Column and row of the first pixel, from 0; negative beyond the edge.
    side : int
        Pixels.
    """

    left: int
    bottom: int
    side: int

    def coverage(self, shape: tuple[int, int]) -> float:
        """The share of the box that lies on an image of shape (rows, columns)."""
        rows, columns = self.inside(shape)
        return max(0, rows.stop - rows.start) * max(0, columns.stop - columns.start) / self.side**2

    def inside(self, shape: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of the image that the box covers; empty slices where there are none."""
        return _overlap(self.bottom, self.side, shape[0]), _overlap(self.left, self.side, shape[1])

    def section(self) -> str:
        """In FITS notation, `[first:last,first:last]` from 1, columns first."""
        left, bottom = self.left + 1, self.bottom + 1
        return f"[{left}:{left + self.side - 1},{bottom}:{bottom + self.side - 1}]"


def _overlap(start: int, length: int, limit: int) -> slice:
    first = min(max(start, 0), limit)
    return slice(first, max(first, min(start + length, limit)))


def box_around(x: float, y: float, *, side: int) -> Box:
    """The square of `side` pixels whose centre is nearest to (x, y), pixels from 0: at most half a pixel off in each direction."""
    half = (side - 1) / 2
    return Box(math.floor(x - half + 0.5), math.floor(y - half + 0.5), side)


class SkyGrid:
    """An image's celestial coordinates, distortions included.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        One that has a celestial part; other axes are dropped.
    """

    def __init__(self, wcs: Any) -> None:
        from astropy.wcs.utils import wcs_to_celestial_frame

        with quiet():
            self._wcs = wcs.celestial
            frame = wcs_to_celestial_frame(self._wcs)
        self._frame = None if type(frame).__name__ == "ICRS" else frame

    def pixels(
        self, ra: Float[ndarray, " n"], dec: Float[ndarray, " n"]
    ) -> tuple[Float[ndarray, " n"], Float[ndarray, " n"]]:
        """Columns and rows, from 0 at the first pixel's centre; NaN for positions that the projection does not reach.

        Parameters
        ----------
        ra, dec : array, shape (n,)
            Degrees, ICRS.
        """
        if not len(ra):
            return ra.copy(), dec.copy()
        lon, lat = self._to_own(ra, dec)
        with quiet(), np.errstate(all="ignore"):
            x, y = self._wcs.all_world2pix(lon, lat, 0, quiet=True)
            # Far from the image a distortion polynomial leads anywhere, also back onto the image.
            back_lon, back_lat = self._wcs.all_pix2world(x, y, 0)
            off = _separation(lon, lat, back_lon, back_lat)
            lost = ~(off <= _ROUND_TRIP * self.scales(x, y))
        return np.where(lost, np.nan, x), np.where(lost, np.nan, y)

    def sky(
        self, x: Float[ndarray, " n"], y: Float[ndarray, " n"]
    ) -> tuple[Float[ndarray, " n"], Float[ndarray, " n"]]:
        """Right ascension and declination (degrees, ICRS) of columns and rows, from 0; NaN off the sky."""
        if not len(x):
            return x.copy(), y.copy()
        with quiet():
            lon, lat = self._wcs.all_pix2world(x, y, 0)
        if self._frame is None:
            return lon % 360, lat
        from astropy.coordinates import SkyCoord

        there: Any = SkyCoord(lon, lat, unit="deg", frame=self._frame).icrs
        return np.asarray(there.ra.deg), np.asarray(there.dec.deg)

    def scales(self, x: Float[ndarray, " n"], y: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
        """Arcsec a pixel around (x, y): the root of a pixel's area, since distorted pixels are no squares."""
        return np.sqrt(np.abs(self._areas(x, y)))

    def is_mirrored(self, shape: tuple[int, int]) -> bool:
        """Whether an image of shape (rows, columns) shows the sky as in a mirror: east to the right where north is up."""
        middle = np.array([(shape[1] - 1) / 2]), np.array([(shape[0] - 1) / 2])
        return bool(self._areas(*middle)[0] > 0)

    def agrees(self, other: "SkyGrid", *, shape: tuple[int, int], within: float) -> bool:
        """Whether the corners of an image of shape (rows, columns) are on the same sky, within so many pixels."""
        x = np.array([0.0, shape[1] - 1.0, 0.0, shape[1] - 1.0])
        y = np.array([0.0, 0.0, shape[0] - 1.0, shape[0] - 1.0])
        there_x, there_y = other.pixels(*self.sky(x, y))
        return bool(np.all(np.hypot(there_x - x, there_y - y) <= within))

    def _areas(self, x: Float[ndarray, " n"], y: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
        """Square arcsec a pixel; positive where right ascension grows along x as declination does along y."""
        with quiet(), np.errstate(all="ignore"):
            lon, lat = self._wcs.all_pix2world(x, y, 0)
            right_lon, right_lat = self._wcs.all_pix2world(x + 1, y, 0)
            up_lon, up_lat = self._wcs.all_pix2world(x, y + 1, 0)
            stretch = np.cos(np.radians(lat))
            right = _difference(right_lon, lon) * stretch, right_lat - lat
            up = _difference(up_lon, lon) * stretch, up_lat - lat
            return (right[0] * up[1] - right[1] * up[0]) * 3600.0**2

    def _to_own(
        self, ra: Float[ndarray, " n"], dec: Float[ndarray, " n"]
    ) -> tuple[Float[ndarray, " n"], Float[ndarray, " n"]]:
        if self._frame is None:
            return ra, dec
        from astropy.coordinates import SkyCoord

        known = np.isfinite(ra) & np.isfinite(dec)
        lon, lat = np.full(ra.shape, np.nan), np.full(ra.shape, np.nan)
        there: Any = SkyCoord(ra[known], dec[known], unit="deg").transform_to(self._frame)
        lon[known], lat[known] = there.spherical.lon.deg, there.spherical.lat.deg
        return lon, lat


def _difference(one: Float[ndarray, " n"], other: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
    """Difference of longitudes, the short way round."""
    return (one - other + 180) % 360 - 180


def _separation(
    lon: Float[ndarray, " n"],
    lat: Float[ndarray, " n"],
    other_lon: Float[ndarray, " n"],
    other_lat: Float[ndarray, " n"],
) -> Float[ndarray, " n"]:
    """Arcsec between positions (haversine formula, exact for small angles too)."""
    d_lat = np.radians(other_lat - lat)
    d_lon = np.radians(_difference(other_lon, lon))
    cosines = np.cos(np.radians(lat)) * np.cos(np.radians(other_lat))
    square = np.sin(d_lat / 2) ** 2 + cosines * np.sin(d_lon / 2) ** 2
    return 2 * np.arcsin(np.sqrt(np.clip(square, 0, 1))) * _CIRCLE
