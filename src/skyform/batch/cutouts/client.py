"""Asking a cut-out service: politely, again where it fails, and never twice for the same picture."""

import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

import skyform
from skyform.batch.cutouts.answers import (
    DamagedAnswerError,
    files_listed,
    picture_width,
    received,
    refused,
)
from skyform.batch.cutouts.cache import CutoutCache, default_cache
from skyform.batch.cutouts.manners import Turn, Turns
from skyform.batch.cutouts.services import CutoutService, View, service_named
from skyform.batch.retry import is_transient, retry_after, retrying
from skyform.datasets.robots import read_rules
from skyform.errors import DataError, NoImageDataError, UnreadableFileError

__all__ = ["Cutout", "CutoutClient", "fetch_cutout"]

_T = TypeVar("_T")
_ROBOT = "skyform"
_MOST_PAUSE = 60.0  # s; a longer Crawl-delay says that programs are not wanted
_OUTSIDE = "outside"  # the kind under which the cache keeps that there is nothing
_SERVER_FAULT = 500
_TRIES_AT_FAULT = 3  # a service that fails three times at the same place will fail again
_AWAY = (429, 503)
_FAILED_IN_A_ROW = 5


@dataclass(frozen=True, slots=True)
class Cutout:
    """A picture from a service: its file, its address, and its scale in arcsec a pixel."""

    data: bytes
    url: str
    pixel_scale: float


class CutoutClient:
    """Asks one service, one request at a time.

    Processes that share a cache folder take turns, so that the service sees one client, however many there are.

    Parameters
    ----------
    service : CutoutService
        Whom to ask.
    cache : CutoutCache
        Where answers are kept, also those that there is nothing.
    interval : float, optional
        Least time between the starts of two requests, s; by default the service's. A longer `Crawl-delay` in robots.txt counts.
    contact : str
        Who asks, such as an e-mail address, told to the service.
    robots : bool
        Whether to obey the site's robots.txt.
    attempts : int
        How often to ask for one picture before giving up.
    wait : float
        Pause before the second attempt, s; the pauses double.
    sleep : callable
        Waits for a number of seconds.
    """

    def __init__(
        self,
        service: CutoutService,
        *,
        cache: CutoutCache,
        interval: float | None = None,
        contact: str = "",
        robots: bool = True,
        attempts: int = 8,
        wait: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service = service
        self._cache = cache
        self._attempts = attempts
        self._wait = wait
        self._robots = robots
        self._sleep = sleep
        self._failed = 0
        agent = (
            f"{_ROBOT}/{skyform.__version__} (cut-outs for a catalogue; {contact or 'one user'})"
        )
        self._client = httpx.Client(
            follow_redirects=True,
            timeout=httpx.Timeout(30.0, read=120.0),
            headers={"User-Agent": agent},
        )
        weakref.finalize(self, self._client.close)
        self._interval = service.interval if interval is None else interval
        self._turns = Turns(
            cache.folder,
            host=urlsplit(service.address).netloc,
            interval=self._interval,
            sleep=sleep,
        )

    def get(self, view: View) -> Cutout:
        """A picture, from the cache or the service.

        Raises
        ------
        NoImageDataError
            If the position is outside the survey.
        UnreadableFileError
            If the service refuses, or does not give a whole picture in all attempts.
        DataError
            If the view is not possible, robots.txt keeps programs out, or the service is away; asking for more is then useless.
        OutputError
            If the cache cannot be written.
        """
        service = self.service
        service.check(view)
        files = ("", "", "")
        if service.listing:
            files = self._answer(
                service.listing_url(view),
                kind="txt",
                check=lambda data: files_listed(service, data, bands=view.bands),
            )[1]
        url = service.url(view, files=files)
        data, width = self._answer(
            url,
            kind=view.format,
            check=lambda data: picture_width(service, data, format=view.format),
        )
        return Cutout(data, url, service.pixel_scale(view, width=width))

    def _answer(self, url: str, *, kind: str, check: Callable[[bytes], _T]) -> tuple[bytes, _T]:
        """What an address gives, and what `check` makes of it."""
        kept = self._kept(url, kind=kind, check=check)
        if kept is not None:
            return kept
        try:
            found = self._ask_again(url, check)
        except NoImageDataError as error:
            self._failed = 0
            self._keep(url, error.message.encode(), kind=_OUTSIDE)
            raise
        self._failed = 0
        self._keep(url, found[0], kind=kind)
        return found

    def _kept(
        self, url: str, *, kind: str, check: Callable[[bytes], _T]
    ) -> tuple[bytes, _T] | None:
        service = self.service.id
        data = self._cache.get(url, service=service, kind=kind)
        if data is not None:
            try:
                return data, check(data)
            except DamagedAnswerError:
                return None  # the disk, not the service: ask for it again
        nothing = self._cache.get(url, service=service, kind=_OUTSIDE)
        if nothing is not None:
            raise NoImageDataError(nothing.decode("utf-8", "replace"), remedy="Try another survey.")
        return None

    def _keep(self, url: str, data: bytes, *, kind: str) -> None:
        self._cache.put(url, data, service=self.service.id, kind=kind)

    def _ask_again(self, url: str, check: Callable[[bytes], _T]) -> tuple[bytes, _T]:
        """Ask until an answer passes the check, or it is clear that none will."""
        faults = 0

        def ask() -> tuple[bytes, _T]:
            nonlocal faults
            response, data = self._ask(url)
            if response.status_code == _SERVER_FAULT:
                faults += 1
            if not response.is_success:
                refusal = refused(self.service, response, data)
                if isinstance(refusal, NoImageDataError) or faults >= _TRIES_AT_FAULT:
                    raise refusal
                self._raise_if_passing(response)
                raise refusal
            return data, check(data)

        try:
            return retrying(ask, attempts=self._attempts, wait=self._wait, sleep=self._sleep)
        except (httpx.HTTPError, DamagedAnswerError) as error:
            raise self._given_up(error) from error

    def _raise_if_passing(self, response: httpx.Response) -> None:
        try:
            response.raise_for_status()
        except httpx.HTTPStatusError as error:
            if is_transient(error):
                raise

    def _given_up(self, error: Exception) -> UnreadableFileError | DataError:
        """The error for a picture that did not come, or for a service that is away."""
        self._failed += 1
        status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else 0
        away = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) or status in _AWAY
        why = f"it answered {status}" if status else str(error) or type(error).__name__
        if away or self._failed >= _FAILED_IN_A_ROW:
            return DataError(
                f"{self.service.title} cannot be reached: {why}.",
                remedy="Run the same command again later: it goes on from there, and what has come is kept.",
            )
        return UnreadableFileError(
            f"{self.service.title} gave no whole picture in {self._attempts} attempts: {why}.",
            remedy="Run it again later.",
        )

    def _ask(self, url: str) -> tuple[httpx.Response, bytes]:
        """One request, in one's turn."""
        with self._turns.take() as turn:
            self._obey(turn, url)
            with self._client.stream("GET", url) as response:
                data = received(response)
            try:
                response.raise_for_status()
            except httpx.HTTPStatusError as error:
                # The other processes must wait as well.
                turn.wait(retry_after(error) or 0.0)
            return response, data

    def _obey(self, turn: Turn, url: str) -> None:
        if not self._robots:
            return
        if turn.robots is None:
            turn.robots = self._read_robots(url)
            self._sleep(self._interval)
        rules = read_rules(turn.robots, robot=_ROBOT)
        if not rules.allow(url) or rules.pause > _MOST_PAUSE:
            raise DataError(
                f"robots.txt of {urlsplit(url).netloc} asks programs to stay away from {urlsplit(url).path}.",
                remedy="Ask its operators. If they agree, go on with --ignore-robots.",
            )
        turn.wait(rules.pause)

    def _read_robots(self, url: str) -> str:
        parts = urlsplit(url)
        response = self._client.get(f"{parts.scheme}://{parts.netloc}/robots.txt")
        if response.is_success:
            return response.text
        if response.is_client_error:
            return ""  # no such file: everything is allowed (RFC 9309, section 2.3.1.3)
        response.raise_for_status()
        return ""


def fetch_cutout(
    service: CutoutService | str,
    ra: float,
    dec: float,
    *,
    side_arcsec: float = 60.0,
    size_px: int = 256,
    layer: str = "",
    bands: str = "",
    format: str = "jpeg",
    cache: Path | None = None,
    contact: str = "",
) -> bytes:
    """One picture of the sky from a public service, from the cache if it has been asked for before.

    Parameters
    ----------
    service : CutoutService or str
        `desi`, `sdss`, `panstarrs`, or a service of your own.
    ra, dec : float
        The centre in degrees, ICRS; right ascension from -180 to 360.
    side_arcsec : float
        The picture's side on the sky.
    size_px : int
        Its side in pixels.
    layer, bands, format : str
        See `View`; by default what the service has by default.
    cache : Path, optional
        The folder where pictures are kept, by default `default_cache()`.
    contact : str
        Who asks, such as an e-mail address, told to the service.

    Returns
    -------
    bytes
        A JPEG, or FITS with flux.

    Raises
    ------
    NoImageDataError, UnreadableFileError, DataError, OutputError
        See `CutoutClient.get`.
    """
    chosen = service_named(service) if isinstance(service, str) else service
    client = CutoutClient(chosen, cache=CutoutCache(cache or default_cache()), contact=contact)
    view = View(
        float(ra) % 360 if -180 <= ra <= 360 else float(ra),
        float(dec),
        side_arcsec=side_arcsec,
        size_px=size_px,
        layer=layer or chosen.layer,
        bands=bands or chosen.bands,
        format=format,
    )
    return client.get(view).data
