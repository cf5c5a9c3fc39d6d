"""Cut-outs from services, spoken to on this machine: the right picture, whatever goes wrong on the way, and asked for once."""

import io
import pickle
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_server import Answer
from made_up_services import GALAXIES, MadeUpSurveys, jpeg_answer, made_up_surveys
from made_up_sky import centroid, write_csv
from PIL import Image

from skyform.batch.cutouts.cache import CutoutCache, default_cache
from skyform.batch.cutouts.client import CutoutClient, fetch_cutout
from skyform.batch.cutouts.opening import CutoutOptions, open_cutouts
from skyform.batch.cutouts.service_cutouts import ServiceCutouts
from skyform.batch.cutouts.services import DESI, PANSTARRS, SDSS, SERVICES, View, service_named
from skyform.batch.items import Item, Source
from skyform.errors import DataError, NoImageDataError, OutputError, UnreadableFileError
from skyform.images import decode

RA, DEC, COLOUR = GALAXIES[3]
SOME = GALAXIES[:12]
OUTSIDE = (150.0, 60.0)


@pytest.fixture
def surveys() -> Iterator[MadeUpSurveys]:
    with made_up_surveys() as server:
        yield server


class Waits(list[float]):
    """Pauses that were asked for, and not made."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def client(
    surveys: MadeUpSurveys, folder: Path, service: Any = DESI, **options: Any
) -> CutoutClient:
    options.setdefault("sleep", Waits())
    options.setdefault("interval", 0.0)
    most_days = options.pop("most_days", None)
    cache = CutoutCache(folder / "cache", most_days=most_days)
    return CutoutClient(service.at(surveys.url), cache=cache, **options)


def view(ra: float = RA, dec: float = DEC, service: Any = DESI, **options: Any) -> View:
    values: dict[str, Any] = {
        "side_arcsec": 40.0,
        "size_px": 160,
        "layer": service.layer,
        "bands": service.bands,
    }
    return View(ra, dec, **(values | options))


def picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("service", "address"),
    [
        (
            DESI,
            "https://www.legacysurvey.org/viewer/cutout.jpg"
            "?ra=150.060000&dec=2.039000&layer=ls-dr9&pixscale=0.25&size=160&bands=grz",
        ),
        (
            SDSS,
            "https://skyserver.sdss.org/dr18/SkyServerWS/ImgCutout/getjpeg"
            "?ra=150.060000&dec=2.039000&scale=0.25&width=160&height=160",
        ),
        (
            PANSTARRS,
            "https://ps1images.stsci.edu/cgi-bin/fitscut.cgi"
            "?ra=150.060000&dec=2.039000&size=160&output_size=160&format=jpg&red=/i.fits&green=/r.fits&blue=/g.fits",
        ),
    ],
    ids=lambda v: getattr(v, "id", ""),
)
def test_services_are_asked_in_their_own_words(service: Any, address: str):
    files = ("/i.fits", "/r.fits", "/g.fits")
    assert service.url(view(service=service), files=files) == address


def test_the_list_of_files_is_asked_for_by_position_and_filter():
    assert PANSTARRS.listing_url(view(service=PANSTARRS)) == (
        "https://ps1images.stsci.edu/cgi-bin/ps1filenames.py"
        "?ra=150.060000&dec=2.039000&filters=gri&type=stack"
    )


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.id)
def test_services_tell_what_they_are(service: Any):
    assert service_named(service.id.upper()) is service
    assert service.page.startswith("http")
    assert service.licence.endswith((".", ")."))
    assert service.acknowledgement.endswith(".")
    assert service.interval >= 0.5


@pytest.mark.parametrize("service", SERVICES, ids=lambda s: s.id)
def test_the_picture_is_that_of_the_position(surveys: MadeUpSurveys, tmp_path: Path, service: Any):
    found = client(surveys, tmp_path, service).get(view(service=service))
    rgb = picture(found.data).astype(float)
    assert rgb.shape == (160, 160, 3)
    assert centroid(rgb[..., 0], within=15) == pytest.approx((79.5, 79.5), abs=0.5)
    assert rgb[79, 79] == pytest.approx(COLOUR, abs=20)
    assert found.pixel_scale == pytest.approx(0.25)
    assert found.url.startswith(surveys.url)


def test_flux_comes_as_fits_and_decodes_like_the_picture(surveys: MadeUpSurveys, tmp_path: Path):
    asker = client(surveys, tmp_path)
    flux = decode(asker.get(view(format="fits")).data).rgb.astype(float)
    assert "cutout.fits" in surveys.asked[0]
    assert centroid(flux[..., 0], within=15) == pytest.approx((79.5, 79.5), abs=0.5)
    assert flux[79, 79, 0] > flux[79, 79, 2]


def test_the_survey_s_own_pixels_set_the_scale(surveys: MadeUpSurveys, tmp_path: Path):
    wanted = view(service=PANSTARRS, side_arcsec=40.1, size_px=100)
    found = client(surveys, tmp_path, PANSTARRS).get(wanted)
    assert "size=160&output_size=100" in surveys.asked[-1]
    assert found.pixel_scale == pytest.approx(0.4)


def test_it_says_who_asks(surveys: MadeUpSurveys, tmp_path: Path):
    client(surveys, tmp_path, contact="me@example.org").get(view())
    agent = surveys.site.requests[-1].headers["user-agent"]
    assert agent.startswith("skyform/")
    assert "me@example.org" in agent


@pytest.mark.parametrize(
    ("changes", "service", "match"),
    [
        ({"size_px": 4000}, DESI, "size_px is 4000"),
        ({"size_px": 32}, SDSS, "size_px is 32"),
        ({"format": "fits"}, SDSS, "format is 'fits'"),
        ({"bands": "gr"}, PANSTARRS, "bands is 'gr'"),
        ({"side_arcsec": 0.0}, DESI, "A side of 0 arcsec"),
        ({"side_arcsec": 2000.0}, PANSTARRS, "up to 1500 arcsec"),
        ({"ra": 361.0}, DESI, "not on the sky"),
        ({"dec": float("nan")}, DESI, "not on the sky"),
    ],
)
def test_what_a_service_does_not_give_is_not_asked_for(
    surveys: MadeUpSurveys, tmp_path: Path, changes: dict[str, Any], service: Any, match: str
):
    with pytest.raises(DataError, match=match):
        client(surveys, tmp_path, service).get(replace(view(service=service), **changes))
    assert surveys.site.requests == []


def test_there_is_no_other_service():
    with pytest.raises(DataError, match="no cut-out service 'hubble'"):
        service_named("hubble")


@pytest.mark.parametrize("service", [DESI, PANSTARRS], ids=lambda s: s.id)
def test_one_call_in_five_may_fail(surveys: MadeUpSurveys, tmp_path: Path, service: Any):
    views = [view(ra, dec, service) for ra, dec, _ in GALAXIES[:14]]
    right = [client(surveys, tmp_path / "right", service).get(v) for v in views]
    clean, surveys.every = len(surveys.asked), 5
    asker = client(surveys, tmp_path / "wrong", service)
    assert [asker.get(v) for v in views] == right
    assert len(surveys.asked) - clean > clean * 1.2


@pytest.mark.parametrize("fault", ["drop", "cut", "page", "fault", "busy"])
def test_what_fails_every_time_is_an_error_and_is_not_kept(
    surveys: MadeUpSurveys, tmp_path: Path, fault: str
):
    surveys.every, surveys.faults = 1, (fault,)
    asker = client(surveys, tmp_path, attempts=4)
    expected = DataError if fault == "busy" else UnreadableFileError
    with pytest.raises(expected) as caught:
        asker.get(view())
    said = {"page": "sent no JPEG", "fault": "500", "busy": "503", "cut": "broken picture"}
    assert said.get(fault, "4 attempts") in str(caught.value)
    assert len(surveys.asked) == (3 if fault == "fault" else 4)
    surveys.every = 0
    assert picture(asker.get(view()).data).shape == (160, 160, 3)


def test_a_service_that_is_away_ends_the_run_instead_of_filling_it_with_errors(
    surveys: MadeUpSurveys, tmp_path: Path
):
    surveys.every, surveys.faults = 1, ("page",)
    asker = client(surveys, tmp_path, attempts=2)
    for ra, dec, _ in GALAXIES[:4]:
        with pytest.raises(UnreadableFileError, match="2 attempts"):
            asker.get(view(ra, dec))
    with pytest.raises(DataError, match="cannot be reached"):
        asker.get(view(*GALAXIES[4][:2]))
    nobody = CutoutClient(
        DESI.at("http://127.0.0.1:9"), cache=CutoutCache(tmp_path / "n"), sleep=Waits()
    )
    with pytest.raises(DataError, match="cannot be reached"):
        nobody.get(view())


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for(surveys: MadeUpSurveys, tmp_path: Path, form: str):
    asked = "70" if form == "seconds" else formatdate(time.time() + 70, usegmt=True)
    right = surveys._answer
    answers = iter([Answer(b"slow down", 429, headers={"Retry-After": asked})])
    surveys._answer = lambda request: next(answers, None) or right(request)  # type: ignore[method-assign]
    waits = Waits()
    client(surveys, tmp_path, sleep=waits).get(view())
    assert max(waits) == pytest.approx(70, abs=2)


def test_the_other_processes_wait_as_well(surveys: MadeUpSurveys, tmp_path: Path):
    surveys.every, surveys.faults = 1, ("slow-down",)
    right = surveys._answer
    slow = Answer(b"slow down", 429, headers={"Retry-After": "200"})
    surveys._answer = lambda request: slow  # type: ignore[method-assign]
    with pytest.raises(DataError, match="429"):
        client(surveys, tmp_path, attempts=1).get(view())
    surveys.every, surveys._answer = 0, right  # type: ignore[method-assign]
    waits = Waits()
    client(surveys, tmp_path, sleep=waits).get(view())
    assert waits[0] == pytest.approx(200, abs=5)


def test_clients_take_turns_with_pauses(surveys: MadeUpSurveys, tmp_path: Path):
    surveys.slowness = 0.02

    def ask(places: Any) -> None:
        asker = client(surveys, tmp_path, interval=0.06, sleep=time.sleep)
        for ra, dec, _ in places:
            asker.get(view(ra, dec))

    threads = [threading.Thread(target=ask, args=(GALAXIES[i::3][:4],)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert surveys.most_at_once == 1
    assert len(surveys.starts) == 12
    # A busy machine may delay one arrival, which shortens the pause after it; all pauses together stay what they were.
    assert surveys.starts[-1] - surveys.starts[0] > 11 * 0.055


def test_robots_are_told_apart(surveys: MadeUpSurveys, tmp_path: Path):
    surveys.robots = "User-agent: *\nDisallow: /viewer/\n\nUser-agent: skyform\nCrawl-delay: 7\n"
    waits = Waits()
    asker = client(surveys, tmp_path / "a", sleep=waits)
    asker.get(view())
    asker.get(view(*GALAXIES[5][:2]))
    assert max(waits) == pytest.approx(7, abs=0.5)
    assert [r.path for r in surveys.site.requests].count("/robots.txt") == 1
    surveys.robots = "User-agent: *\nDisallow: /viewer/\n"
    with pytest.raises(DataError, match=r"robots.txt of 127.0.0.1:\d+ asks programs to stay away"):
        client(surveys, tmp_path / "b").get(view())
    assert client(surveys, tmp_path / "b", robots=False).get(view()).data


@pytest.mark.parametrize(
    ("service", "kind", "format"),
    [
        (DESI, "black", "jpeg"),
        (DESI, "grey", "jpeg"),
        (DESI, "empty", "jpeg"),
        (DESI, "fault", "jpeg"),
        (DESI, "black", "fits"),
        (SDSS, "letters", "jpeg"),
        (SDSS, "404", "jpeg"),
        (PANSTARRS, "", "jpeg"),
    ],
)
def test_outside_the_footprint_is_told_and_remembered(
    surveys: MadeUpSurveys, tmp_path: Path, service: Any, kind: str, format: str
):
    surveys.outside = kind
    for _ in range(2):
        with pytest.raises(NoImageDataError, match=f"outside the footprint of {service.title}"):
            client(surveys, tmp_path, service).get(view(*OUTSIDE, service, format=format))
    assert len(surveys.asked) == 1


def test_dark_sky_with_a_little_light_is_not_outside(surveys: MadeUpSurveys, tmp_path: Path):
    dim = np.zeros((160, 160, 3))
    dim[:] = np.random.default_rng(0).integers(0, 14, dim.shape)
    surveys._answer = lambda request: jpeg_answer(dim)  # type: ignore[method-assign]
    for service in (DESI, SDSS):
        assert client(surveys, tmp_path, service).get(view(service=service)).data


def test_a_refusal_is_told_with_the_service_s_words(surveys: MadeUpSurveys, tmp_path: Path):
    surveys._answer = lambda request: Answer(b"no such layer: ls-dr99", 400)  # type: ignore[method-assign]
    with pytest.raises(UnreadableFileError, match="400 Bad Request no such layer: ls-dr99"):
        client(surveys, tmp_path).get(view())
    assert len(surveys.asked) == 1


def test_nothing_is_asked_twice_and_nothing_is_mixed(surveys: MadeUpSurveys, tmp_path: Path):
    first = client(surveys, tmp_path).get(view())
    assert client(surveys, tmp_path).get(view()) == first
    assert len(surveys.asked) == 1
    asker = client(surveys, tmp_path)
    for other in ({"layer": "ls-dr10"}, {"size_px": 161}, {"side_arcsec": 41.0}, {"ra": RA + 1e-5}):
        asker.get(replace(view(), **other))
    assert len(surveys.asked) == 5
    report = CutoutCache(tmp_path / "cache").report()
    assert report.files == 5
    assert report.bytes > 5 * 1000
    assert report.oldest is not None
    assert report.newest is not None
    assert report.oldest <= report.newest


def test_old_and_damaged_answers_are_asked_for_again(surveys: MadeUpSurveys, tmp_path: Path):
    first = client(surveys, tmp_path).get(view())
    (kept,) = (tmp_path / "cache").glob("desi/*/*")
    assert client(surveys, tmp_path, most_days=0.0).get(view()) == first
    assert len(surveys.asked) == 2
    for damaged in (b"", kept.read_bytes()[:500]):
        kept.write_bytes(damaged)
        assert client(surveys, tmp_path).get(view()) == first
    assert len(surveys.asked) == 4
    assert kept.read_bytes() == first.data
    assert not list((tmp_path / "cache").glob("desi/*/*.part"))


def test_an_empty_cache_reports_nothing(tmp_path: Path):
    report = CutoutCache(tmp_path / "none").report()
    assert (report.files, report.bytes, report.oldest, report.newest) == (0, 0, None, None)


def test_a_cache_that_cannot_be_written_is_told(surveys: MadeUpSurveys, tmp_path: Path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(OutputError, match="cannot be used to take turns"):
        client(surveys, tmp_path).get(view())


def test_the_cache_lies_where_caches_lie(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache() == tmp_path / "skyform" / "cutouts"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache" / "skyform" / "cutouts"


def opened(surveys: MadeUpSurveys, folder: Path, catalogue: Path, **options: Any) -> ServiceCutouts:
    service = options.pop("service", "desi")
    options = {"side_arcsec": 40.0, "size_px": 160, "interval": 0.0} | options
    source = open_cutouts(
        str(catalogue),
        service=service,
        options=CutoutOptions(site=surveys.url, cache=folder / "cache", **options),
    )
    assert isinstance(source, ServiceCutouts)
    return replace(source, asking=replace(source.asking, wait=0.0))


def read(source: Source, size: int = 5) -> list[Item]:
    return [item for part in source.parts(size) for item in source.read(part)]


def test_a_catalogue_becomes_pictures(surveys: MadeUpSurveys, tmp_path: Path):
    catalogue = write_csv(
        tmp_path / "c.csv",
        {
            "objid": range(1237648720693755918, 1237648720693755918 + len(SOME)),
            "RA": [g[0] for g in SOME],
            "DEC": [g[1] for g in SOME],
        },
    )
    source = opened(surveys, tmp_path, catalogue)
    assert isinstance(source, Source)
    assert [c.name for c in source.columns] == ["pixel_scale"]
    items = read(source)
    assert [i.id for i in items][:2] == ["1237648720693755918", "1237648720693755919"]
    for item, (ra, dec, _) in zip(items, SOME, strict=True):
        assert (item.ra, item.dec, item.error) == (ra, dec, "")
        assert item.path.startswith(surveys.url)
        assert item.extra == {"pixel_scale": 0.25}
        assert isinstance(item.image, bytes)
        rgb = picture(item.image).astype(float)
        assert centroid(rgb[..., 0], within=15) == pytest.approx((79.5, 79.5), abs=0.5)
    asked = len(surveys.asked)
    copy = pickle.loads(pickle.dumps(source))
    assert read(copy, size=7) == items
    assert len(surveys.asked) == asked


def test_a_run_that_stopped_goes_on_where_it_was(surveys: MadeUpSurveys, tmp_path: Path):
    catalogue = write_csv(
        tmp_path / "c.csv", {"ra": [g[0] for g in SOME], "dec": [g[1] for g in SOME]}
    )
    surveys.every, surveys.faults = 9, ("busy",)
    right = surveys._answer

    def gone(request: Any) -> Answer:
        return right(request) if len(surveys.asked) < 8 else Answer(b"", 503)

    surveys._answer = gone  # type: ignore[method-assign]
    with pytest.raises(DataError, match="cannot be reached"):
        read(opened(surveys, tmp_path, catalogue))
    surveys._answer, surveys.every = right, 0  # type: ignore[method-assign]
    before = len(surveys.asked)
    items = read(opened(surveys, tmp_path, catalogue))
    assert all(i.error == "" for i in items)
    assert len(surveys.asked) - before < len(SOME) - 4


def test_bad_rows_are_rows_with_an_error(surveys: MadeUpSurveys, tmp_path: Path):
    catalogue = write_csv(
        tmp_path / "c.csv",
        {
            "ra": [RA, "", 150.0, RA, RA],
            "dec": [DEC, 2.0, 60.0, DEC, DEC],
            "r90": [4.0, 4.0, 4.0, "", 1e9],
        },
    )
    source = opened(
        surveys,
        tmp_path,
        catalogue,
        service="panstarrs",
        side_arcsec=None,
        size_column="r90",
        size_factor=10.0,
    )
    good, nowhere, outside, unknown, huge = read(source)
    assert good.error == ""
    assert good.extra["pixel_scale"] == pytest.approx(0.25)
    assert nowhere.error.startswith("data: Row 1 of")
    assert (nowhere.ra, nowhere.image) == (None, None)
    assert outside.error.startswith(
        "no-image-data: The position is outside the footprint of Pan-STARRS1"
    )
    assert (outside.ra, outside.dec) == (150.0, 60.0)
    assert "has no size" in unknown.error
    assert "up to 1500 arcsec" in huge.error
    assert {tuple(i.extra) for i in (good, nowhere, outside, unknown, huge)} == {("pixel_scale",)}


def test_the_fingerprint_follows_what_is_asked_for(surveys: MadeUpSurveys, tmp_path: Path):
    catalogue = write_csv(tmp_path / "c.csv", {"ra": [RA], "dec": [DEC]})
    base = opened(surveys, tmp_path, catalogue).fingerprint
    assert opened(surveys, tmp_path, catalogue, interval=3.0).fingerprint == base
    changes = (
        {"service": "sdss"},
        {"layer": "ls-dr10"},
        {"size_px": 200},
        {"side_arcsec": 41.0},
        {"format": "fits"},
    )
    others = [opened(surveys, tmp_path, catalogue, **c).fingerprint for c in changes]
    assert len({base, *others}) == 6


def test_a_source_that_cannot_be_is_refused_at_once(surveys: MadeUpSurveys, tmp_path: Path):
    places = write_csv(tmp_path / "p.csv", {"x": [1.0], "y": [2.0]})
    with pytest.raises(DataError, match="positions in pixels"):
        opened(surveys, tmp_path, places)
    sky = write_csv(tmp_path / "c.csv", {"ra": [RA], "dec": [DEC]})
    with pytest.raises(DataError, match="format is 'fits'"):
        opened(surveys, tmp_path, sky, service="sdss", format="fits")
    with pytest.raises(DataError, match="either from an image or from a service"):
        open_cutouts(str(sky), service="desi", images=["a.fits"])


def test_one_picture_from_python(surveys: MadeUpSurveys, tmp_path: Path):
    service = SDSS.at(surveys.url)
    data = fetch_cutout(service, RA, DEC, side_arcsec=40.0, size_px=160, cache=tmp_path)
    assert picture(data).shape == (160, 160, 3)
    assert fetch_cutout(service, RA, DEC, side_arcsec=40.0, size_px=160, cache=tmp_path)
    with pytest.raises(NoImageDataError, match="footprint"):
        fetch_cutout(service, *OUTSIDE, cache=tmp_path)
    with pytest.raises(DataError, match="not on the sky"):
        fetch_cutout(service, 400.0, 0.0, cache=tmp_path)
