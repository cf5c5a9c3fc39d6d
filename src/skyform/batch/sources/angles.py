"""Positions on the sky as catalogues write them: degrees, another unit, or hours, minutes and seconds in text."""

import math
from functools import lru_cache
from typing import Any

from skyform.batch.sources.values import carried
from skyform.images.quiet import quiet

__all__ = ["declination", "factor", "right_ascension"]

_HOUR = 15.0  # degrees


def right_ascension(value: Any, *, unit: str = "") -> float | None:
    """Degrees from 0 to 360; None for what is no right ascension, such as -999 for "not known".

    Parameters
    ----------
    value : object
        A number from -180 to 360 degrees, or text such as 12:34:56.7, which is read as hours.
    unit : str
        Of a number, as the catalogue states it; degrees where it states none.
    """
    degrees = _degrees(value, unit, hours=True)
    return degrees % 360 if -180 <= degrees <= 360 else None


def declination(value: Any, *, unit: str = "") -> float | None:
    """Degrees from -90 to 90; None for what is no declination. Text such as -12:34:56 is read as degrees."""
    degrees = _degrees(value, unit, hours=False)
    return degrees if abs(degrees) <= 90 else None


@lru_cache
def factor(unit: str, *, to: str) -> float:
    """What a stated unit has to be multiplied with; 1 where none is stated, or one that is no angle (a size in pixels)."""
    if not unit or unit == to:
        return 1.0
    from astropy import units

    try:
        with quiet():
            found: Any = units.Unit(unit).to(units.Unit(to))
            return float(found)
    except (ValueError, TypeError, units.UnitConversionError):
        return 1.0


def _degrees(value: Any, unit: str, *, hours: bool) -> float:
    """NaN for what is no angle."""
    number = carried(value, "number")
    if number is None:
        return _sexagesimal(value, hours=hours)
    # Hours of right ascension are often stated as hours of time.
    in_hours = factor(unit, to="h") if hours and _is_time(unit) else None
    return float(number) * (factor(unit, to="deg") if in_hours is None else in_hours * _HOUR)


@lru_cache
def _is_time(unit: str) -> bool:
    from astropy import units

    try:
        with quiet():
            found: Any = units.Unit(unit)
            return bool(unit) and found.physical_type == "time"
    except (ValueError, TypeError):
        return False


def _sexagesimal(text: Any, *, hours: bool) -> float:
    if not isinstance(text, str) or not any(mark in text for mark in ": hd"):
        return math.nan
    from astropy import units
    from astropy.coordinates import Angle

    try:
        with quiet():
            angle: Any = Angle(text.strip(), unit=units.hourangle if hours else units.deg)
            return float(angle.deg)
    except (ValueError, TypeError):
        return math.nan
