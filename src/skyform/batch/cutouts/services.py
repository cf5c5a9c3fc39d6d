"""Public cut-out services, as data: where they are, what they are asked, what they allow, and whom to thank."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from skyform.errors import DataError

__all__ = ["DESI", "PANSTARRS", "SDSS", "SERVICES", "CutoutService", "View", "service_named"]

_FORMATS = {"jpeg": "jpg", "fits": "fits"}


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for: one square of sky.

    Attributes
    ----------
    ra, dec : float
        Its centre in degrees, ICRS.
    side_arcsec : float
        Its side.
    size_px : int
        The picture's side.
    layer : str
        The service's data set.
    bands : str
        Filters from blue to red.
    format : str
        `jpeg` or `fits`.
    """

    ra: float
    dec: float
    side_arcsec: float
    size_px: int
    layer: str
    bands: str
    format: str = "jpeg"


@dataclass(frozen=True, slots=True)
class CutoutService:
    """A service that draws any square of its survey.

    Texts in `address`, `listing` and the parameters are templates over `ra`, `dec`, `scale` (arcsec a pixel of the picture), `size` (its
    side in px), `native` (the side in the survey's own pixels), `layer`, `bands`, `format`, and, with a listing, `red`, `green` and `blue`.

    Attributes
    ----------
    id, title : str
        Its short name and its full one.
    address : str
        Where pictures are.
    parameters : tuple of (str, str)
        The query.
    native_scale : float
        Arcsec a pixel of the survey's images.
    sizes : (int, int)
        The smallest and the largest side of a picture in px.
    largest_native : int, optional
        The largest side in the survey's own pixels.
    formats : tuple of str
        What it gives: `jpeg`, and `fits` with flux.
    layer, bands : str
        Its default data set, and its filters from blue to red.
    listing, listing_parameters : str, tuple of (str, str)
        Where the files of the filters are listed, if they have to be looked up first.
    interval : float
        Least time between the starts of two requests, s.
    black_share : float
        The share of purely black pixels from which a picture counts as empty.
    page : str
        Its documentation.
    licence, acknowledgement : str
        What may be done with the pictures, and what to write.
    """

    id: str
    title: str
    address: str
    parameters: tuple[tuple[str, str], ...]
    native_scale: float
    sizes: tuple[int, int]
    layer: str
    bands: str
    page: str
    licence: str
    acknowledgement: str
    formats: tuple[str, ...] = ("jpeg",)
    largest_native: int | None = None
    listing: str = ""
    listing_parameters: tuple[tuple[str, str], ...] = ()
    interval: float = 0.5
    black_share: float = 0.95

    def url(self, view: View, *, files: tuple[str, str, str] = ("", "", "")) -> str:
        """The address of a picture; `files` are those of the red, green and blue filter, from the listing."""
        values = self._values(view) | dict(zip(("red", "green", "blue"), files, strict=True))
        return _filled(self.address, self.parameters, values)

    def listing_url(self, view: View) -> str:
        """The address of the list of files at a position."""
        return _filled(self.listing, self.listing_parameters, self._values(view))

    def pixel_scale(self, view: View, *, width: int) -> float:
        """Arcsec a pixel of a picture of that width: the side may have been rounded to the survey's own pixels."""
        rounded = any("{native}" in text for _, text in self.parameters)
        side = self._native(view) * self.native_scale if rounded else view.side_arcsec
        return side / width

    def at(self, site: str) -> "CutoutService":
        """The same service at another site, such as a mirror: scheme and host of its addresses are replaced."""
        return replace(self, address=_moved(self.address, site), listing=_moved(self.listing, site))

    def check(self, view: View) -> None:
        """Refuse what the service does not give.

        Raises
        ------
        DataError
            If size, format, bands or position are out of range.
        """
        smallest, largest = self.sizes
        if not smallest <= view.size_px <= largest:
            raise DataError(
                f"size_px is {view.size_px}; {self.title} draws {smallest} to {largest:,} pixels.",
                remedy="Choose a size within that.",
            )
        if view.format not in self.formats:
            raise DataError(
                f"format is {view.format!r}; {self.title} gives {' or '.join(self.formats)}.",
                remedy="Choose one of them.",
            )
        if self.listing and len(view.bands) != 3:
            raise DataError(
                f"bands is {view.bands!r}; {self.title} draws three filters.",
                remedy=f"Give three letters from blue to red, such as {self.bands!r}.",
            )
        native = self._native(view)
        if not view.side_arcsec > 0 or (self.largest_native and native > self.largest_native):
            most = (self.largest_native or 0) * self.native_scale
            raise DataError(
                f"A side of {view.side_arcsec:g} arcsec is not possible with {self.title}.",
                remedy=f"Give a side above 0{f' and up to {most:g} arcsec' if most else ''}.",
            )
        if not (0 <= view.ra < 360 and -90 <= view.dec <= 90):
            raise DataError(
                f"The position ({view.ra:g}, {view.dec:g}) is not on the sky.",
                remedy="Give right ascension from 0 to 360 and declination from -90 to 90 degrees.",
            )

    def _values(self, view: View) -> dict[str, Any]:
        # Six decimals are 4 milliarcsec; equal positions have to be spelt equally to be found in the cache.
        return {
            "ra": f"{view.ra:.6f}",
            "dec": f"{view.dec:.6f}",
            "scale": f"{view.side_arcsec / view.size_px:.6g}",
            "size": view.size_px,
            "native": self._native(view),
            "layer": view.layer,
            "bands": view.bands,
            "format": _FORMATS.get(view.format, view.format),
        }

    def _native(self, view: View) -> int:
        return max(1, round(view.side_arcsec / self.native_scale))


def _filled(address: str, parameters: tuple[tuple[str, str], ...], values: dict[str, Any]) -> str:
    query = [(name, text.format(**values)) for name, text in parameters]
    return f"{address.format(**values)}?{urlencode([(n, t) for n, t in query if t], safe='/,')}"


def _moved(address: str, site: str) -> str:
    if not address:
        return ""
    parts = urlsplit(address)
    return site.rstrip("/") + address.removeprefix(f"{parts.scheme}://{parts.netloc}")


DESI = CutoutService(
    id="desi",
    title="the DESI Legacy Imaging Surveys",
    address="https://www.legacysurvey.org/viewer/cutout.{format}",
    parameters=(
        ("ra", "{ra}"),
        ("dec", "{dec}"),
        ("layer", "{layer}"),
        ("pixscale", "{scale}"),
        ("size", "{size}"),
        ("bands", "{bands}"),
    ),
    native_scale=0.262,
    sizes=(16, 3000),
    formats=("jpeg", "fits"),
    layer="ls-dr9",
    bands="grz",
    page="https://www.legacysurvey.org/dr10/description/",
    licence="Free to use with the surveys' acknowledgement.",
    acknowledgement=(
        "Cite Dey et al. 2019, AJ 157, 168, and use the text at https://www.legacysurvey.org/acknowledgment/."
    ),
)
"""The sky viewer of the Legacy Surveys, which draws DECaLS, BASS and MzLS (and other surveys, by `layer`).

Its parameters and its limit of 3,000 pixels are those of the viewer's own code (`get_cutout` in `map/views.py` of
https://github.com/legacysurvey/imagine): it clips larger sizes without a word. `ls-dr9` covers the north as well, in the bands of
Galaxy Zoo DECaLS. Outside the footprint it answers with an error or with a picture of one colour.
"""

SDSS = CutoutService(
    id="sdss",
    title="the Sloan Digital Sky Survey",
    address="https://skyserver.sdss.org/{layer}/SkyServerWS/ImgCutout/getjpeg",
    parameters=(
        ("ra", "{ra}"),
        ("dec", "{dec}"),
        ("scale", "{scale}"),
        ("width", "{size}"),
        ("height", "{size}"),
    ),
    native_scale=0.396127,
    sizes=(64, 2048),
    layer="dr18",
    bands="gri",
    interval=1.0,
    black_share=0.5,
    page="https://skyserver.sdss.org/dr18/en/help/docs/api.aspx",
    licence="CC BY, credit: Sloan Digital Sky Survey (https://www.sdss.org/collaboration/image-use-policy/).",
    acknowledgement="Use the text at https://www.sdss.org/collaboration/citing-sdss/.",
)
"""SkyServer's ImgCutout, on whose pictures Galaxy Zoo 1 and 2 voted: g, r and i as blue, green and red.

Parameters and sizes (64 to 2,048) as on the page of its finding chart (http://skyserver.sdss3.org/dr10/en/tools/chart/chartinfo.aspx),
the address as in its list of services (https://cas.sdss.org/dr16/en/help/docs/api.aspx). Outside the footprint it answers 404, or with a
black picture that says so in letters. `layer` is the data release.
"""

PANSTARRS = CutoutService(
    id="panstarrs",
    title="Pan-STARRS1",
    address="https://ps1images.stsci.edu/cgi-bin/fitscut.cgi",
    parameters=(
        ("ra", "{ra}"),
        ("dec", "{dec}"),
        ("size", "{native}"),
        ("output_size", "{size}"),
        ("format", "{format}"),
        ("red", "{red}"),
        ("green", "{green}"),
        ("blue", "{blue}"),
    ),
    native_scale=0.25,
    sizes=(16, 2048),
    largest_native=6000,
    layer="stack",
    bands="gri",
    listing="https://ps1images.stsci.edu/cgi-bin/ps1filenames.py",
    listing_parameters=(
        ("ra", "{ra}"),
        ("dec", "{dec}"),
        ("filters", "{bands}"),
        ("type", "{layer}"),
    ),
    page="https://outerspace.stsci.edu/display/PANSTARRS/PS1+Image+Cutout+Service",
    licence="Free to use with the survey's acknowledgement.",
    acknowledgement=(
        "Cite Chambers et al. 2016 (arXiv:1612.05560), and use the text at "
        "https://archive.stsci.edu/publishing/mission-acknowledgements."
    ),
)
"""The image cut-out service of Pan-STARRS1 at STScI.

`ps1filenames.py` lists the stacked images at a position, one for each filter; `fitscut.cgi` draws three of them in colour
(`size` in pixels of 0.25 arcsec, `output_size` in pixels of the picture: http://hla.stsci.edu/fitscutcgi_interface.html). North of
declination -30 only; elsewhere the list is empty.
"""

SERVICES: tuple[CutoutService, ...] = (DESI, PANSTARRS, SDSS)


def service_named(name: str) -> CutoutService:
    """The service with this id.

    Raises
    ------
    DataError
        If there is none.
    """
    for service in SERVICES:
        if service.id == name.lower():
            return service
    raise DataError(
        f"There is no cut-out service {name!r}.",
        remedy=f"Choose {', '.join(s.id for s in SERVICES)}.",
    )
