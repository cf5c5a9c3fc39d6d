"""Cut-outs of a large survey image at the positions of a catalogue."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.batch.cutouts.bands import blue_to_red
from skyform.batch.cutouts.extent import Extent
from skyform.batch.cutouts.mosaic import Mosaic
from skyform.batch.cutouts.placing import Place, Placing
from skyform.batch.cutouts.positions import Positions
from skyform.batch.items import Item, Part
from skyform.batch.sources.addresses import shown
from skyform.batch.sources.pieces import digest, failed
from skyform.errors import DataError
from skyform.inference.tables import Column

__all__ = ["COVERAGE", "PIXEL_SCALE", "SurveyImage"]

PIXEL_SCALE = Column(
    "pixel_scale",
    "number",
    "Scale of the cut-out, in arcsec a pixel",
    "instr.scale",
    unit="arcsec/pix",
)
COVERAGE = Column(
    "coverage", "number", "Share of the cut-out that lies on the image", "stat.filling;obs.image"
)
_MOST_BANDS = 5
_SAME_GRID = 0.25  # px between the same sky in two bands
_AHEAD_BYTES = (
    64 * 2**20
)  # cut-outs that are read in the disk's order before they are given in the catalogue's


class SurveyImage:
    """A `Source` of cut-outs from one image, in one band or several.

    An item's image is flux: (height, width) for one band, (bands, height, width) from blue to red for several, the first row at the bottom as in
    FITS. An image that shows the sky as in a mirror is turned round, so that spiral arms wind as they do on the sky. The object lies
    within half a pixel of the centre.

    A cut-out that reaches beyond the image is NaN there, which decoding turns into background and flags (`missing-pixels`); with more than
    half of it beyond, the item has an error. `extra` holds `pixel_scale` (by the coordinates at that place; None without coordinates),
    `coverage`, and the columns of the catalogue that are kept.

    Parameters
    ----------
    positions : Positions
        The catalogue.
    images : sequence of Mosaic
        One image, or one for each of two to five bands on the same grid of pixels. Bands are put in order by the wavelengths of the
        filters that headers or file names tell; if one does not tell, the order is taken to be from blue to red.
    extent : Extent
        The side on the sky.
    side_px : int, optional
        The side in pixels instead, the same for all.

    Raises
    ------
    DataError
        If the images do not fit together, have no coordinates where they are needed, or no side is given.
    """

    def __init__(
        self,
        positions: Positions,
        images: Sequence[Mosaic],
        *,
        extent: Extent,
        side_px: int | None = None,
    ) -> None:
        _check_grids(images)
        self._positions = positions
        self._images = tuple(images)
        self._order = list(blue_to_red([band for image in images for band in image.bands]))
        first = images[0]
        self._placing = Placing(
            first.address,
            positions.file.path,
            first.shape,
            first.grid,
            on_sky=positions.columns.on_sky,
            has_sizes=bool(positions.columns.size),
            extent=extent,
            side_px=side_px,
        )
        self._mirrored = first.grid is not None and first.grid.is_mirrored(first.shape)

    @property
    def address(self) -> str:
        """The catalogue and the images."""
        return f"{self._positions.file.path}, cut from {', '.join(i.address for i in self._images)}"

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the files' sizes and times, the columns, and the side."""
        placing = self._placing
        extent = placing.extent
        side = [extent.arcsec, extent.factor, placing.side_px]
        images = [i.identity for i in self._images]
        return digest("survey image", images, self._positions.identity, side)

    @property
    def total(self) -> int | None:
        """The catalogue's rows, where it knows how many it has."""
        return self._positions.total

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is carried into the results."""
        return (PIXEL_SCALE, COVERAGE, *self._positions.kept)

    def parts(self, size: int) -> Iterator[Part]:
        """Parts of at most `size` rows."""
        return self._positions.parts(size)

    def read(self, part: Part) -> Iterator[Item]:
        """The cut-outs of a part, in the catalogue's order."""
        rows = self._positions.rows(part)
        places = self._placing.places(rows)
        for window in self._windows(places):
            found = self._read_window(places, window)
            for i in window:
                extra = rows.extras[i]
                yield self._item(rows.ids[i], places[i], found=found.pop(i, None), extra=extra)

    def _windows(self, places: Sequence[Place]) -> Iterator[range]:
        """Runs of rows whose cut-outs together fit into the bytes that may be read ahead."""
        start, held = 0, 0
        for i, place in enumerate(places):
            size = 0 if place.box is None else place.box.side**2 * len(self._order) * 8
            if held and held + size > _AHEAD_BYTES:
                yield range(start, i)
                start, held = i, 0
            held += size
        yield range(start, len(places))

    def _read_window(
        self, places: Sequence[Place], window: range
    ) -> dict[int, ndarray | DataError]:
        """The cut-outs of a window by row, or why one cannot be read.

        One image after the other, and along its blocks: what was unpacked or read ahead then serves the neighbours too.
        """
        boxes = [(i, box) for i in window if (box := places[i].box) is not None]
        boxes.sort(key=lambda pair: (self._images[0].locality(pair[1]), pair[0]))
        layers: dict[int, list[ndarray]] = {i: [] for i, _ in boxes}
        faults: dict[int, DataError] = {}
        for image in self._images:
            for i, box in boxes:
                try:
                    layers[i].append(image.read(box))
                except DataError as error:
                    faults[i] = error
        return {i: faults.get(i) or self._picture(planes) for i, planes in layers.items()}

    def _picture(
        self, layers: Sequence[Float[ndarray, "planes height width"]]
    ) -> Float[ndarray, "height width"] | Float[ndarray, "bands height width"]:
        planes = np.concatenate(layers)[self._order]
        if self._mirrored:
            planes = np.ascontiguousarray(planes[..., ::-1])
        return planes[0] if len(planes) == 1 else planes

    def _item(
        self,
        id: str,
        place: Place,
        *,
        found: ndarray | DataError | None,
        extra: dict[str, object],
    ) -> Item:
        path = shown(self._images[0].path) + (place.box.section() if place.box else "")
        carried = {PIXEL_SCALE.name: place.scale, COVERAGE.name: place.coverage, **extra}
        error = found if isinstance(found, DataError) else place.error
        if error is not None or not isinstance(found, ndarray):
            why = error or DataError(f"{path} was not read.")
            return failed(id, path, why, ra=place.ra, dec=place.dec, extra=carried)
        return Item(id, path, found, place.ra, place.dec, extra=carried)


def _check_grids(images: Sequence[Mosaic]) -> None:
    planes = sum(i.planes for i in images)
    if not 1 <= planes <= _MOST_BANDS:
        raise DataError(
            f"{planes} bands are given.", remedy=f"Give one to {_MOST_BANDS} bands of one image."
        )
    first = images[0]
    for other in images[1:]:
        same = first.shape == other.shape and (first.grid is None) == (other.grid is None)
        if same and first.grid is not None and other.grid is not None:
            same = first.grid.agrees(other.grid, shape=first.shape, within=_SAME_GRID)
        if not same:
            raise DataError(
                f"{other.address} is not on the same grid of pixels as {first.address}.",
                remedy="Bring the bands onto one grid first, for example with the reproject package.",
            )
