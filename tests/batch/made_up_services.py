"""A server on this machine that speaks the protocols of the cut-out services, over a made-up sky, with all that goes wrong on the way."""

import io
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy.io import fits
from made_up_server import Answer, MadeUpServer, Request, made_up_server
from numpy import ndarray
from PIL import Image

# Galaxies on the made-up sky: right ascension, declination, and how much they shine in red, green and blue.
GALAXIES = tuple(
    (150.0 + 0.02 * i, 2.0 + 0.013 * (i % 7), (230, 150 + 5 * (i % 9), 90)) for i in range(24)
)
LAST_DEC = 30.0  # beyond, no survey has looked
FAULTS = ("busy", "slow-down", "drop", "cut", "page", "fault")
_LIST = "projcell subcell ra dec filter mjd type filename shortname badflag"


@dataclass
class MadeUpSurveys:
    """What the server does, and what it was asked.

    Attributes
    ----------
    every : int
        Each call of that number in turn goes wrong, in one way after another; 0 for none.
    outside : str
        How a position without data is answered: `black`, `grey`, `letters`, `empty`, `404`, `fault`.
    robots : str
        Its robots.txt; empty for none.
    """

    site: MadeUpServer
    every: int = 0
    faults: tuple[str, ...] = FAULTS
    outside: str = "black"
    robots: str = ""
    slowness: float = 0.0
    starts: list[float] = field(default_factory=list)
    most_at_once: int = 0
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _inside: int = 0

    @property
    def url(self) -> str:
        return self.site.url

    @property
    def asked(self) -> list[str]:
        """The addresses asked for, but for robots.txt."""
        return [r.path for r in self.site.requests if r.path != "/robots.txt"]

    def answer(self, request: Request) -> Answer:
        self.site.requests.append(request)
        if request.path == "/robots.txt":
            return Answer(self.robots.encode()) if self.robots else Answer(b"none", 404)
        with self._lock:
            self.starts.append(time.monotonic())
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        try:
            time.sleep(self.slowness)
            return self._answer(request)
        finally:
            with self._lock:
                self._inside -= 1

    def _answer(self, request: Request) -> Answer:
        right = self._right(request.path)
        number = next(self._count)
        if not self.every or number % self.every:
            return right
        return broken(self.faults[number // self.every % len(self.faults)], right)

    def _right(self, path: str) -> Answer:
        parts = urlsplit(path)
        asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
        if parts.path.endswith("ps1filenames.py"):
            return Answer(listing(asked).encode(), headers={"Content-Type": "text/plain"})
        size = int(asked.get("size") or asked["width"])
        scale = float(asked.get("pixscale") or asked.get("scale") or 0.25)
        if "output_size" in asked:
            size, scale = int(asked["output_size"]), scale * size / int(asked["output_size"])
        ra, dec = float(asked["ra"]), float(asked["dec"])
        if dec > LAST_DEC:
            return nothing(self.outside, size, is_fits=parts.path.endswith(".fits"))
        flux = drawn(ra, dec, scale=scale, size=size)
        if "red" in asked:
            bands = [asked[c].split(".")[-2] for c in ("red", "green", "blue")]
            flux = flux[..., ["irg".index(b) for b in bands]]
        if parts.path.endswith(".fits"):
            return fits_answer(flux, bands=asked["bands"])
        return jpeg_answer(flux)


def broken(fault: str, right: Answer) -> Answer:
    """An answer that went wrong."""
    html = b"<html><body>Under maintenance, back soon.</body></html>"
    return {
        "busy": Answer(b"busy", 503),
        "slow-down": Answer(b"too many requests", 429, headers={"Retry-After": "0"}),
        "fault": Answer(b"internal error", 500),
        "drop": Answer(right.body, headers=dict(right.headers), drop_after=len(right.body) // 2),
        "cut": Answer(right.body[: len(right.body) // 2], headers=dict(right.headers)),
        "page": Answer(html, headers={"Content-Type": "text/html"}),
    }[fault]


def drawn(ra: float, dec: float, *, scale: float, size: int) -> ndarray:
    """The galaxies around a position as a viewer shows them: north up, east to the left; rows from the top."""
    rows, columns = np.mgrid[:size, :size]
    seed = int(abs(ra * 1e4) + abs(dec * 1e5)) % 2**31
    image = 10 + np.random.default_rng(seed).normal(0, 2, (size, size, 3))
    middle = (size - 1) / 2
    for ra0, dec0, colour in GALAXIES:
        x = middle - (ra0 - ra) * np.cos(np.radians(dec)) * 3600 / scale
        y = middle - (dec0 - dec) * 3600 / scale
        if max(abs(x - middle), abs(y - middle)) > size:
            continue
        light = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (2.0 / scale) ** 2))
        image += light[..., None] * np.array(colour)
    return image


def jpeg_answer(image: ndarray) -> Answer:
    buffer = io.BytesIO()
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
    return Answer(buffer.getvalue(), headers={"Content-Type": "image/jpeg"})


def fits_answer(image: ndarray, *, bands: str) -> Answer:
    buffer = io.BytesIO()
    planes = np.moveaxis(image[::-1, :, ::-1], 2, 0).astype(np.float32)
    header = fits.Header()
    header["BANDS"] = bands
    fits.PrimaryHDU(planes, header).writeto(buffer)
    return Answer(buffer.getvalue(), headers={"Content-Type": "image/fits"})


def nothing(kind: str, size: int, *, is_fits: bool) -> Answer:
    """What services say of a place they have not looked at."""
    blank = np.zeros((size, size, 3))
    if kind == "empty":
        return Answer(b"")
    if kind == "404":
        return Answer(b"Requested (ra, dec) is outside the SDSS footprint.", 404)
    if kind == "fault":
        return Answer(b"no overlap", 500)
    if is_fits:
        return fits_answer(blank, bands="grz")
    if kind == "grey":
        blank += 32
    if kind == "letters":
        blank[size // 2 : size // 2 + 12, 20:-20:3] = 255
    return jpeg_answer(blank)


def listing(asked: dict[str, str]) -> str:
    """The files of the filters at a position, in an order of their own."""
    ra, dec = asked["ra"], asked["dec"]
    if float(dec) > LAST_DEC:
        return _LIST + "\n"
    rows = [
        f"1405 53 {ra} {dec} {f} 0.0 stack /rings.v3.skycell/1405/053/stk.{f}.fits stk.{f}.fits 0"
        for f in sorted(asked["filters"], reverse=True)
    ]
    return "\n".join([_LIST, *rows]) + "\n"


@contextmanager
def made_up_surveys() -> Iterator[MadeUpSurveys]:
    """A running server."""
    with made_up_server() as site:
        surveys = MadeUpSurveys(site)
        site.answer = surveys.answer  # type: ignore[method-assign]
        yield surveys
