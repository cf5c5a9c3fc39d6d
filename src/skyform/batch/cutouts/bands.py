"""Filters by wavelength."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["band_of", "blue_to_red", "wavelength"]

# Effective wavelengths in nm, rounded; only their order counts.
_NANOMETRES: Mapping[str, float] = {
    "fuv": 154.0,
    "nuv": 232.0,
    "u": 355.0,
    "b": 440.0,
    "blue": 450.0,
    "g": 475.0,
    "green": 530.0,
    "v": 551.0,
    "r": 622.0,
    "red": 650.0,
    "vis": 700.0,
    "i": 763.0,
    "z": 905.0,
    "y": 1000.0,
    "j": 1250.0,
    "h": 1650.0,
    "k": 2160.0,
    "ks": 2160.0,
    "w1": 3400.0,
    "w2": 4600.0,
}
_WEBB = ("NIRCAM", "NIRISS", "MIRI", "NIRSPEC")
_SPACE = re.compile(r"f(\d{2,4})(?:w|n|m|lp|x|w2)", re.IGNORECASE)
_HEADER_KEYS = ("FILTER", "BAND", "FILTER1", "FILTER2", "FPA.FILTER", "FILTNAM")
_SHORTEST_OPTICAL = 200  # HST counts filters below that in tens of nm


def wavelength(band: str, *, instrument: str = "") -> float | None:
    """Rough effective wavelength of a filter in nm, None where its name is not known.

    Parameters
    ----------
    band : str
        Such as `g`, `NIR_J`, `F606W`, or a camera's long name that starts with the letter (`g DECam SDSS c0001 4720.0 1520.0`).
    instrument : str
        The FITS keyword INSTRUME: Webb's numbers count tens of nm, Hubble's nm in the optical.
    """
    words = re.split(r"[\s_./'-]+", band.strip().lower())
    for word in (words[0], words[-1]):
        if word in _NANOMETRES:
            return _NANOMETRES[word]
        space = _SPACE.fullmatch(word)
        if space:
            number = float(space[1])
            tens = number < _SHORTEST_OPTICAL or instrument.upper() in _WEBB
            return number * 10 if tens else number
    return None


def band_of(header: Mapping[str, Any], *, name: str, path: str) -> float | None:
    """Wavelength (nm) of an image by its header, its extension's name, or the end of its file's name; None where none tells."""
    instrument = str(header.get("INSTRUME", "")).strip()
    for key in _HEADER_KEYS:
        found = wavelength(str(header.get(key, "")), instrument=instrument)
        if found is not None:
            return found
    stem = re.split(r"[/\\]", path)[-1].partition(".")[0]
    for text in (name, re.split(r"[-_]", stem)[-1]):
        found = wavelength(text, instrument=instrument)
        if found is not None:
            return found
    return None


def blue_to_red(wavelengths: Sequence[float | None]) -> tuple[int, ...]:
    """Indexes from the shortest to the longest wavelength; the order given, where one is unknown or two are equal."""
    known = [w for w in wavelengths if w is not None]
    if len(known) < len(wavelengths) or len(set(known)) < len(known):
        return tuple(range(len(wavelengths)))
    return tuple(sorted(range(len(known)), key=lambda i: known[i]))
