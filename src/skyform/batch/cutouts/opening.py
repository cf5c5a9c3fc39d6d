"""From what the user typed to a source of cut-outs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from skyform.batch.cutouts.cache import default_cache
from skyform.batch.cutouts.columns import PlaceColumns
from skyform.batch.cutouts.extent import GALAXY_ZOO_FACTOR, Extent
from skyform.batch.cutouts.mosaic import Mosaic
from skyform.batch.cutouts.positions import Positions
from skyform.batch.cutouts.service_cutouts import Asking, ServiceCutouts
from skyform.batch.cutouts.services import CutoutService, service_named
from skyform.batch.cutouts.survey_image import SurveyImage
from skyform.batch.sources.addresses import absolute, last_name, shown
from skyform.batch.sources.anytable import open_table
from skyform.batch.sources.files import Files
from skyform.batch.sources.options import SourceOptions
from skyform.batch.sources.pieces import Located
from skyform.errors import DataError

__all__ = ["CutoutOptions", "open_cutouts"]

_SIDE = 60.0  # arcsec
_SIZE = 256  # px


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoutOptions:
    """How to make cut-outs; the defaults suit most.

    Parameters
    ----------
    side_arcsec : float, optional
        The side on the sky. By default 60 arcsec, or what the size column says.
    size_px : int, optional
        From an image, the side in pixels instead; from a service, the side of the pictures that it draws, by default 256.
    size_column : str
        A radius or size in arcsec; the side is `size_factor` times that.
    size_factor : float
        By default 8.5, Galaxy Zoo 2's for Petrosian 90 % radii.
    x_column, y_column : str
        Positions in pixels, for images.
    from_one : bool, optional
        Whether those count the first pixel as 1; None decides by the columns' names.
    layer, bands, format : str
        For a service, see `View`; empty for its own defaults, and `jpeg`.
    site : str
        Another site that gives the same service, such as a mirror.
    cache : Path, optional
        Where a service's answers are kept, by default `default_cache()`.
    most_days, interval, contact, robots
        See `Asking`.
    """

    side_arcsec: float | None = None
    size_px: int | None = None
    size_column: str = ""
    size_factor: float = GALAXY_ZOO_FACTOR
    x_column: str = ""
    y_column: str = ""
    from_one: bool | None = None
    layer: str = ""
    bands: str = ""
    format: str = "jpeg"
    site: str = ""
    cache: Path | None = None
    most_days: float | None = None
    interval: float | None = None
    contact: str = ""
    robots: bool = True


def open_cutouts(
    catalogue: str,
    *,
    images: Sequence[str] = (),
    service: CutoutService | str | None = None,
    options: CutoutOptions | None = None,
    source_options: SourceOptions | None = None,
) -> SurveyImage | ServiceCutouts:
    """A source of cut-outs at the positions of a catalogue, from images or from a service.

    Parameters
    ----------
    catalogue : str
        A table as CSV, Parquet, FITS or VOTable, on this machine or remote.
    images : sequence of str
        One FITS image, or one for each of two to five bands; `[NAME]` at the end of one picks an extension.
    service : CutoutService or str, optional
        `desi`, `sdss`, `panstarrs`, or one of your own.
    options : CutoutOptions, optional
        How to make the cut-outs.
    source_options : SourceOptions, optional
        The columns of id and position, those to keep, and how remote files are read.

    Raises
    ------
    DataError
        If neither images nor a service are given, or both, or something in them does not fit.
    """
    if bool(images) == (service is not None):
        raise DataError(
            "Cut-outs come either from an image or from a service.",
            remedy="Give one of --cut-from and --survey.",
        )
    chosen, reading = options or CutoutOptions(), source_options or SourceOptions()
    files = Files(attempts=reading.attempts)
    positions = _positions(catalogue, chosen, reading, files)
    if service is None:
        mosaics = [Mosaic(image, files=files) for image in images]
        extent = Extent(_side(chosen, positions), chosen.size_factor)
        return SurveyImage(positions, mosaics, extent=extent, side_px=chosen.size_px)
    asked = service_named(service) if isinstance(service, str) else service
    return _from_service(asked.at(chosen.site) if chosen.site else asked, positions, chosen)


def _from_service(
    service: CutoutService, positions: Positions, options: CutoutOptions
) -> ServiceCutouts:
    asking = Asking(
        cache=options.cache or default_cache(),
        most_days=options.most_days,
        interval=options.interval,
        contact=options.contact,
        robots=options.robots,
    )
    return ServiceCutouts(
        positions,
        service,
        Extent(_side(options, positions), options.size_factor),
        options.size_px or _SIZE,
        layer=options.layer or service.layer,
        bands=options.bands or service.bands,
        format=options.format,
        asking=asking,
    )


def _side(options: CutoutOptions, positions: Positions) -> float | None:
    if options.side_arcsec is None and not positions.columns.size:
        return _SIDE
    return options.side_arcsec


def _positions(
    catalogue: str, options: CutoutOptions, reading: SourceOptions, files: Files
) -> Positions:
    file = Located(absolute(catalogue), last_name(catalogue), shown(catalogue))
    columns = PlaceColumns(
        ra=reading.ra_column or "",
        dec=reading.dec_column or "",
        x=options.x_column,
        y=options.y_column,
        size=options.size_column,
    )
    # The position's columns are checked here, with the pixels' as an alternative.
    others = replace(reading, ra_column=None, dec_column=None)
    return Positions.of(
        open_table(file, files),
        file=file,
        files=files,
        options=others,
        columns=columns,
        from_one=options.from_one,
    )
