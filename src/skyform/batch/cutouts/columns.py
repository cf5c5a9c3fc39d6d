"""Which columns of a catalogue hold positions and sizes, by the names that catalogues use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from skyform.errors import DataError
from skyform.inference.tables import Column

__all__ = ["PIXELS_FROM_ONE", "PlaceColumns", "choose_columns"]

# Pairs of names in lower case, the more telling ones first.
_SKY = (
    ("ra", "dec"),
    ("ra", "de"),
    ("ra_deg", "dec_deg"),
    ("radeg", "decdeg"),
    ("radeg", "dedeg"),
    ("ra_icrs", "de_icrs"),
    ("ra_icrs", "dec_icrs"),
    ("_raj2000", "_dej2000"),
    ("raj2000", "dej2000"),
    ("raj2000", "decj2000"),
    ("ra_j2000", "dec_j2000"),
    ("alpha_j2000", "delta_j2000"),
    ("alphawin_j2000", "deltawin_j2000"),
    ("alphapeak_j2000", "deltapeak_j2000"),
    ("right_ascension", "declination"),
    ("rightascension", "declination"),
    ("target_ra", "target_dec"),
    ("ramean", "decmean"),
    ("rastack", "decstack"),
    ("s_ra", "s_dec"),
    ("sky_ra", "sky_dec"),
    ("coord_ra", "coord_dec"),
)
_PIXELS = (
    ("x", "y"),
    ("xcentroid", "ycentroid"),
    ("x_centroid", "y_centroid"),
    ("x_image", "y_image"),
    ("xwin_image", "ywin_image"),
    ("xpeak_image", "ypeak_image"),
)
_UCDS = (("ra", "pos.eq.ra"), ("dec", "pos.eq.dec"))

PIXELS_FROM_ONE: tuple[str, ...] = ("x_image", "xwin_image", "xpeak_image")
"""Columns of SExtractor, which counts the first pixel's centre as (1, 1), as FITS does."""


@dataclass(frozen=True, slots=True)
class PlaceColumns:
    """Where to find an object, and how large it is: names of columns, empty where there is none.

    Attributes
    ----------
    ra, dec : str
        Position on the sky, ICRS.
    x, y : str
        Position on the image in pixels; read where there is no `ra`.
    size : str
        A radius or size, for the side of the cut-out.
    """

    ra: str = ""
    dec: str = ""
    x: str = ""
    y: str = ""
    size: str = ""

    @property
    def on_sky(self) -> bool:
        """Whether positions are given on the sky, not on the image."""
        return bool(self.ra)

    @property
    def pair(self) -> tuple[str, str]:
        """The two columns of the position."""
        return (self.ra, self.dec) if self.on_sky else (self.x, self.y)

    @property
    def names(self) -> tuple[str, ...]:
        """All that is read."""
        return (*self.pair, self.size) if self.size else self.pair


def choose_columns(
    present: Sequence[Column], *, given: PlaceColumns, catalogue: str
) -> PlaceColumns:
    """The columns given, checked, with the position's columns found by name, or by UCD, where they are not.

    Raises
    ------
    DataError
        If a named column is not there, only one of a pair is named, or no position can be found.
    """
    names = [c.name for c in present]
    _check(names, given, catalogue)
    if given.ra or given.x:
        return given
    found = (
        _named(names, ("ra", "dec"), _SKY) or _by_ucd(present) or _named(names, ("x", "y"), _PIXELS)
    )
    if not found:
        raise DataError(
            f"{catalogue} has no columns that look like a position (such as ra and dec); it has {_some(names)}.",
            remedy="Name them: --ra-column and --dec-column in degrees, or --x-column and --y-column in pixels.",
        )
    return replace(given, **found)


def _named(
    names: Sequence[str], roles: tuple[str, str], pairs: Sequence[tuple[str, str]]
) -> Mapping[str, str]:
    lower = {name.strip().lower(): name for name in reversed(names)}
    for pair in pairs:
        if all(name in lower for name in pair):
            return dict(zip(roles, (lower[name] for name in pair), strict=True))
    return {}


def _by_ucd(columns: Sequence[Column]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for role, ucd in _UCDS:
        having = [c for c in columns if c.ucd.lower().split(";")[0] == ucd]
        # Errors and other positions share the word; the main one says so.
        main = [c for c in having if "meta.main" in c.ucd.lower()]
        for column in (main or having)[:1]:
            found[role] = column.name
    return found if len(found) == len(_UCDS) else {}


def _check(names: Sequence[str], given: PlaceColumns, catalogue: str) -> None:
    for one, other in (("ra", "dec"), ("x", "y")):
        if bool(getattr(given, one)) != bool(getattr(given, other)):
            raise DataError(
                f"--{one}-column is {getattr(given, one)!r}, and --{other}-column is {getattr(given, other)!r}.",
                remedy="Name both, or neither.",
            )
    for field in fields(given):
        name = getattr(given, field.name)
        if name and name not in names:
            raise DataError(
                f"{catalogue} has no column {name!r}, which --{field.name}-column names.",
                remedy=f"It has {_some(names)}.",
            )


def _some(names: Sequence[str]) -> str:
    text = ", ".join(names[:12])
    return f"{text} and {len(names) - 12} more" if len(names) > 12 else text or "none at all"
