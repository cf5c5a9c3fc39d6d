"""From the rows of a catalogue to boxes on an image."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from skyform.batch.cutouts.extent import Extent
from skyform.batch.cutouts.geometry import Box, SkyGrid, box_around
from skyform.batch.cutouts.positions import Rows
from skyform.errors import DataError, NoImageDataError, SkyformError

__all__ = ["Place", "Placing", "no_place", "no_side"]

_LEAST_PX, _MOST_PX = 32, 4096
_LEAST_COVERAGE = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where one row's cut-out lies: a box, or an error that says why there is none.

    `ra` and `dec` are in degrees, `scale` is in arcsec a pixel; each None where it is not known. `coverage` is the share of the box that
    lies on the image.
    """

    box: Box | None = None
    error: SkyformError | None = None
    ra: float | None = None
    dec: float | None = None
    scale: float | None = None
    coverage: float = 0.0


@dataclass(frozen=True)
class Placing:
    """How rows become boxes.

    Parameters
    ----------
    image, catalogue : str
        What errors call them.
    shape : (int, int)
        The image's rows and columns.
    grid : SkyGrid or None
        Its coordinates.
    on_sky, has_sizes : bool
        Whether the catalogue's positions are on the sky rather than in pixels, and whether it has sizes.
    extent : Extent
        The side on the sky.
    side_px : int, optional
        The side in pixels instead, the same for all.

    Raises
    ------
    DataError
        If coordinates are needed and missing, or no side is given or a senseless one.
    """

    image: str
    catalogue: str
    shape: tuple[int, int]
    grid: SkyGrid | None
    on_sky: bool
    has_sizes: bool
    extent: Extent
    side_px: int | None = None

    def __post_init__(self) -> None:
        if self.grid is None and self.on_sky:
            raise DataError(
                f"{self.image} has no celestial coordinates (WCS) in its header.",
                remedy="Name the extension that has them, such as 'image.fits[1]', or give positions in pixels.",
            )
        has_side = self.grid is not None and (self.extent.arcsec is not None or self.has_sizes)
        if self.side_px is None and not has_side:
            raise DataError(
                f"The side of the cut-outs from {self.image} is not known.",
                remedy="Give it in arcsec, or name a size column; give it in pixels where the image has no coordinates.",
            )
        if self.side_px is not None and not _LEAST_PX <= self.side_px <= _MOST_PX:
            raise DataError(
                f"size_px is {self.side_px}.", remedy=f"Give {_LEAST_PX} to {_MOST_PX:,} pixels."
            )

    def places(self, rows: Rows) -> list[Place]:
        """Where the cut-out of each row lies."""
        unknown = np.full(len(rows.a), np.nan)
        x, y, ra, dec = rows.a, rows.b, unknown, unknown
        if self.on_sky and self.grid is not None:
            (x, y), ra, dec = self.grid.pixels(x, y), x, y
        elif self.grid is not None:
            ra, dec = self.grid.sky(x, y)
        scales = unknown if self.grid is None else self.grid.scales(x, y)
        sides = self.extent.sides(rows.sizes)
        is_there = ~np.isnan(rows.a + rows.b)
        each = zip(
            rows.numbers,
            *(v.tolist() for v in (is_there, x, y, ra, dec, scales, sides)),
            strict=True,
        )
        return [self._place(*values) for values in each]

    def _place(
        self,
        row: int,
        is_there: bool,
        x: float,
        y: float,
        ra: float,
        dec: float,
        scale: float,
        side: float,
    ) -> Place:
        known: dict[str, Any] = {"ra": _or_none(ra), "dec": _or_none(dec)}
        if not is_there:
            return Place(error=no_place(self.catalogue, row=row))
        if math.isnan(x) or math.isnan(y):
            return Place(error=self._off(0.0), **known)
        known["scale"] = _or_none(scale)
        if self.side_px is None and math.isnan(side):
            return Place(error=no_side(self.catalogue, row=row), **known)
        pixels = self.side_px or max(_LEAST_PX, side / scale)
        if not pixels <= _MOST_PX:
            return Place(error=_too_large(pixels), **known)
        box = box_around(x, y, side=round(pixels))
        coverage = box.coverage(self.shape)
        error = self._off(coverage) if coverage < _LEAST_COVERAGE else None
        return Place(None if error else box, error, coverage=coverage, **known)

    def _off(self, coverage: float) -> SkyformError:
        part = f"only {coverage:.0%} of its cut-out is" if coverage > 0 else "it is off the edge"
        return NoImageDataError(
            f"The position is not on {self.image}: {part}.",
            remedy="Give the image that covers it.",
        )


def no_place(catalogue: str, *, row: int) -> DataError:
    """The error for a row whose position is empty, no number, or impossible."""
    return DataError(
        f"Row {row} of {catalogue} has no usable position.",
        remedy="Right ascension must be from -180 to 360 degrees, declination from -90 to 90.",
    )


def no_side(catalogue: str, *, row: int) -> DataError:
    """The error for a row without a size where no common side is given."""
    return DataError(
        f"Row {row} of {catalogue} has no size, so the side of its cut-out is not known.",
        remedy="Give a side in arcsec for such rows.",
    )


def _too_large(pixels: float) -> DataError:
    return DataError(
        f"The cut-out would be {pixels:,.0f} pixels wide, over the limit of {_MOST_PX:,}.",
        remedy="Check the unit of the size column (arcsec is expected) and the size factor.",
    )


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
