"""Cut-outs from a public service at the positions of a catalogue."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from skyform.batch.cutouts.cache import CutoutCache
from skyform.batch.cutouts.client import CutoutClient
from skyform.batch.cutouts.extent import Extent
from skyform.batch.cutouts.placing import no_place, no_side
from skyform.batch.cutouts.positions import Positions, Rows
from skyform.batch.cutouts.services import CutoutService, View
from skyform.batch.cutouts.survey_image import PIXEL_SCALE
from skyform.batch.items import Item, Part
from skyform.batch.sources.perprocess import PerProcess
from skyform.batch.sources.pieces import digest, failed
from skyform.errors import DataError, ImageError, SkyformError
from skyform.inference.tables import Column

__all__ = ["Asking", "ServiceCutouts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How to ask a service, beyond what to ask for.

    Parameters
    ----------
    cache : Path
        Where answers are kept.
    most_days : float, optional
        The age from which a kept answer is asked for again.
    interval : float, optional
        Least time between two requests, s.
    contact : str
        Told to the service.
    robots : bool
        Whether to obey the site's robots.txt.
    wait : float
        Pause before a picture is asked for again, s; the pauses double.
    """

    cache: Path
    most_days: float | None = None
    interval: float | None = None
    contact: str = ""
    robots: bool = True
    wait: float = 0.5


@dataclass(frozen=True)
class ServiceCutouts:
    """A `Source` of pictures that a service draws, one for each position of a catalogue.

    An item's image is the service's file, its `path` the file's address, `extra` holds `pixel_scale` and the columns of the
    catalogue that are kept. A position outside the survey, or a picture that does not come, is an item with an error. A service that is
    away raises `DataError`, so that an outage becomes no table of errors: what has come is kept, and the next run goes on from there.

    Parameters
    ----------
    positions : Positions
        The catalogue; on the sky.
    service : CutoutService
        Whom to ask.
    extent : Extent
        The side on the sky.
    size_px : int
        The side of the pictures in pixels.
    layer, bands, format : str
        See `View`.
    asking : Asking
        How to ask.

    Raises
    ------
    DataError
        If the service does not give such pictures, positions are in pixels, or no side is given.
    """

    positions: Positions
    service: CutoutService
    extent: Extent
    size_px: int
    layer: str
    bands: str
    format: str
    asking: Asking
    _client: PerProcess[CutoutClient] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_client", PerProcess(partial(_client, self.service, self.asking)))
        if not self.positions.columns.on_sky:
            raise DataError(
                f"{self.positions.file.path} has positions in pixels, and a service needs them on the sky.",
                remedy="Name the columns of right ascension and declination.",
            )
        if self.extent.arcsec is None and not self.positions.columns.size:
            raise DataError(
                "The side of the cut-outs is not known.",
                remedy="Give it in arcsec, or name a size column.",
            )
        self.service.check(self._view(0.0, 0.0, self.extent.arcsec or 1.0))

    @property
    def address(self) -> str:
        """The catalogue and the service."""
        return f"{self.positions.file.path}, from {self.service.title} ({self.layer})"

    @cached_property
    def fingerprint(self) -> str:
        """Changes with the catalogue, the service, and what it is asked for."""
        view = self._view(0.0, 0.0, 1.0)
        asked = [self.service.url(view), self.service.listing, self.format, self.size_px]
        side = [self.extent.arcsec, self.extent.factor]
        return digest("service cut-outs", asked, side, self.positions.identity)

    @property
    def total(self) -> int | None:
        """The catalogue's rows, where it knows how many it has."""
        return self.positions.total

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is carried into the results."""
        return (PIXEL_SCALE, *self.positions.kept)

    def parts(self, size: int) -> Iterator[Part]:
        """Parts of at most `size` rows."""
        return self.positions.parts(size)

    def read(self, part: Part) -> Iterator[Item]:
        """The pictures of a part, one after the other."""
        rows = self.positions.rows(part)
        sides = self.extent.sides(rows.sizes)
        for i in range(len(rows.ids)):
            yield self._item(rows, i, side=float(sides[i]))

    def _view(self, ra: float, dec: float, side: float) -> View:
        # A kept picture is found again although the last digits of a side differ by how it was computed.
        rounded = float(f"{side:.6g}")
        return View(ra, dec, rounded, self.size_px, self.layer, self.bands, self.format)

    def _item(self, rows: Rows, i: int, *, side: float) -> Item:
        ra, dec = float(rows.a[i]), float(rows.b[i])
        where = f"{self.positions.file.path}#{rows.numbers[i]}"
        extra = {PIXEL_SCALE.name: None, **rows.extras[i]}
        error: SkyformError | None = self._impossible(ra, dec, side=side, row=rows.numbers[i])
        if error is None:
            try:
                found = self._client.get().get(self._view(ra, dec, side))
            except ImageError as reason:
                error = reason
            else:
                extra[PIXEL_SCALE.name] = found.pixel_scale
                return Item(rows.ids[i], found.url, found.data, ra, dec, extra=extra)
        known = not math.isnan(ra) and not math.isnan(dec)
        place = (ra, dec) if known else (None, None)
        return failed(rows.ids[i], where, error, ra=place[0], dec=place[1], extra=extra)

    def _impossible(self, ra: float, dec: float, *, side: float, row: int) -> DataError | None:
        """Why a row cannot be asked for."""
        catalogue = self.positions.file.path
        if math.isnan(ra) or math.isnan(dec):
            return no_place(catalogue, row=row)
        if math.isnan(side):
            return no_side(catalogue, row=row)
        try:
            self.service.check(self._view(ra, dec, side))
        except DataError as error:
            return error
        return None


def _client(service: CutoutService, asking: Asking) -> CutoutClient:
    return CutoutClient(
        service,
        cache=CutoutCache(asking.cache, most_days=asking.most_days),
        interval=asking.interval,
        contact=asking.contact,
        robots=asking.robots,
        wait=asking.wait,
    )
