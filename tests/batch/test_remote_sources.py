"""Sources on the web, from a server on this machine that fails one call in five."""

import gzip
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flaky_server import FlakyServer, flaky_server
from source_makers import (
    all_items,
    cold_items,
    cube,
    galaxy10,
    opened,
    parquet_of_pictures,
    picture,
    tar_of,
    zip_of,
)

from skyform.batch.sources import SourceOptions, open_source
from skyform.batch.sources.catalogues import CatalogueSource
from skyform.batch.sources.files import Files
from skyform.batch.sources.ranged import open_ranged
from skyform.errors import DataError, MissingExtraError
from skyform.images.limits import Limits

QUICK = {"wait": 0.001}


@pytest.fixture
def site() -> Iterator[FlakyServer]:
    with flaky_server() as server:
        yield server


def quick(*given: str, **options: object):
    return opened(*given, **(QUICK | options))


def catalogue(site: FlakyServer, count: int) -> list[bytes]:
    made = [picture(i) for i in range(count)]
    site.files |= {f"/stamps/{i}.png": p for i, p in enumerate(made)}
    rows = "".join(f"{i},stamps/{i}.png\n" for i in range(count))
    site.files["/cat.csv"] = f"id,url\n{rows}".encode()
    return made


@pytest.mark.parametrize("every", [0, 5])
def test_a_catalogue_on_the_web(site: FlakyServer, every: int):
    made = catalogue(site, 60)
    site.every = every
    source = quick(f"{site.url}/cat.csv")
    assert isinstance(source, CatalogueSource)
    items = all_items(source, size=25)
    assert [i.image for i in items] == made
    assert [i.id for i in items] == [str(i) for i in range(60)]
    assert items[7].path == f"{site.url}/stamps/7.png"
    assert cold_items(source, size=25) == items
    assert bool(site.failures) == bool(every)


def test_addresses_in_a_catalogue_of_this_machine(site: FlakyServer, tmp_path: Path):
    made = catalogue(site, 6)
    rows = [f"{site.url}/stamps/{i}.png?v=2" for i in range(6)]
    (tmp_path / "here.png").write_bytes(picture(99))
    text = "\n".join(["image", "here.png", *rows, f"{site.url}/gone.png", "here.png"]) + "\n"
    (tmp_path / "cat.csv").write_text(text)
    items = all_items(quick(str(tmp_path / "cat.csv")), size=100)
    assert [i.image for i in items] == [picture(99), *made, None, picture(99)]
    assert items[-2].error.startswith("unreadable-file: ")
    assert "the server answered 404" in items[-2].error
    assert len(site.requests) == 7  # what is not there is asked for once


@pytest.mark.parametrize("every", [0, 5])
@pytest.mark.parametrize("ranges", [True, False])
def test_every_container_on_the_web(site: FlakyServer, tmp_path: Path, every: int, ranges: bool):
    galaxy10(tmp_path / "g.h5")
    parquet_of_pictures(tmp_path / "g.parquet")
    tar_of(tmp_path / "t.tar", {f"{i}.png": picture(i) for i in range(9)})
    tar_of(tmp_path / "t.tar.gz", {f"{i}.png": picture(i) for i in range(9)})
    zip_of(tmp_path / "z.zip", {f"{i}.png": picture(i) for i in range(9)})
    cube(tmp_path / "c.fits", (9, 20, 30))
    (tmp_path / "c.fits.gz").write_bytes(gzip.compress((tmp_path / "c.fits").read_bytes()))
    site.every, site.ranges = every, ranges
    for name in ("g.h5", "g.parquet", "t.tar", "t.tar.gz", "z.zip", "c.fits", "c.fits.gz"):
        site.files[f"/{name}"] = (tmp_path / name).read_bytes()
        here = all_items(opened(tmp_path / name), size=100)
        source = quick(f"{site.url}/{name}")
        there = [i for part in source.parts(4) for i in source.read(part)]
        assert [i.id for i in there] == [i.id for i in here]
        assert [i.error for i in there] == [""] * len(here)
        assert all(np.array_equal(a.image, b.image) for a, b in zip(there, here, strict=True))


def test_shards_on_the_web_are_one_part_each(site: FlakyServer, tmp_path: Path):
    for s in range(3):
        tar_of(tmp_path / "t.tar", {f"{s}-{i}.png": picture(i) for i in range(5)})
        site.files[f"/s-{s}.tar"] = (tmp_path / "t.tar").read_bytes()
    source = quick(f"{site.url}/s-{{0..2}}.tar")
    parts = list(source.parts(2))
    assert len(parts) == 3
    assert all(p.count >= 5 for p in parts)
    assert [len(list(source.read(p))) for p in parts] == [5, 5, 5]


def test_a_single_picture_and_a_list(site: FlakyServer, tmp_path: Path):
    made = catalogue(site, 3)
    (one,) = all_items(quick(f"{site.url}/stamps/1.png"))
    assert (one.image, one.id) == (made[1], "1.png")
    several = all_items(quick(f"{site.url}/stamps/{{0..2}}.png"))
    assert [i.image for i in several] == made
    site.files["/list.txt"] = b"stamps/2.png\nstamps/0.png\n"
    assert [i.image for i in all_items(quick(f"{site.url}/list.txt"))] == [made[2], made[0]]


def test_a_server_that_never_recovers_gives_errors_not_exceptions(
    site: FlakyServer, tmp_path: Path
):
    catalogue(site, 4)
    rows = "".join(f"{site.url}/stamps/{i}.png\n" for i in range(4))
    (tmp_path / "list.txt").write_text(rows)
    site.every = 1
    items = all_items(quick(str(tmp_path / "list.txt"), attempts=3), size=4)
    assert all(i.error.startswith("unreadable-file: ") for i in items)
    assert all("run it again" in i.error for i in items)
    assert len(site.requests) == 12
    with pytest.raises(DataError, match="cannot be read"):
        quick(f"{site.url}/cat.csv", attempts=2)


def test_what_is_not_there(site: FlakyServer):
    with pytest.raises(DataError, match="There is nothing at http"):
        quick(f"{site.url}/gone.csv")


def test_a_file_over_the_limit_is_not_read_to_its_end(site: FlakyServer):
    site.files["/big.png"] = bytes(3_000_000)
    files = Files(wait=0.001, limits=Limits(max_bytes=1000))
    with pytest.raises(Exception, match="over the limit"):
        files.read(f"{site.url}/big.png")


def test_empty_files(site: FlakyServer):
    site.files["/a.png"] = b""
    site.files["/list.txt"] = b"a.png\n"
    (item,) = all_items(quick(f"{site.url}/list.txt"))
    assert item.error.startswith("empty-file: ")


def test_passwords_do_not_show(site: FlakyServer):
    catalogue(site, 2)
    source = quick(site.url.replace("://", "://me:secret@") + "/cat.csv")
    items = all_items(source)
    assert {i.error for i in items} == {""}
    shown = repr([source.address, *(i.path for i in items), *(i.id for i in items)])
    assert "secret" not in shown


def test_the_fingerprint_follows_the_etag(site: FlakyServer):
    catalogue(site, 2)
    before = quick(f"{site.url}/cat.csv").fingerprint
    assert quick(f"{site.url}/cat.csv").fingerprint == before
    site.etag = '"two"'
    assert quick(f"{site.url}/cat.csv").fingerprint != before


def test_stopping_in_the_middle_leaves_no_threads(site: FlakyServer, tmp_path: Path):
    import threading

    catalogue(site, 40)
    rows = "".join(f"{site.url}/stamps/{i}.png\n" for i in range(40))
    (tmp_path / "list.txt").write_text(rows)
    source = quick(str(tmp_path / "list.txt"))
    (part,) = source.parts(100)
    items = source.read(part)
    next(items)
    items.close()  # type: ignore[attr-defined]
    fetching = [t for t in threading.enumerate() if t.name.startswith("skyform-fetch")]
    for thread in fetching:
        thread.join(5)
    assert not any(t.is_alive() for t in fetching)
    assert len(site.requests) < 30


@pytest.mark.filterwarnings("ignore")
def test_a_folder_on_the_web(site: FlakyServer):
    pytest.importorskip("aiohttp", reason="folders on the web need skyform[cloud]")
    made = catalogue(site, 4)
    items = all_items(quick(f"{site.url}/stamps/"))
    assert [i.id for i in items] == [f"{i}.png" for i in range(4)]
    assert [i.image for i in items] == made


def test_without_the_cloud_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"needs fsspec.*skyform\[cloud\]"):
        open_source("s3://bucket/folder", options=SourceOptions(wait=0.001))


def test_protocols_that_nobody_knows():
    pytest.importorskip("fsspec")
    with pytest.raises(DataError, match="nosuch://bucket is no address"):
        open_source("nosuch://bucket", options=SourceOptions(wait=0.001))


def test_pieces_make_a_file():
    data = bytes(range(256)) * 20_000
    asked: list[tuple[int, int]] = []

    def fetch(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return data[start:stop]

    with open_ranged(fetch, size=len(data)) as file:
        assert file.read(10) == data[:10]
        file.seek(-5, io.SEEK_END)
        assert file.read() == data[-5:]
        file.seek(1000)
        assert file.read(3_000_000) == data[1000:3_001_000]
        file.seek(len(data) + 7)
        assert file.read(1) == b""
    assert all(0 <= a < b <= len(data) for a, b in asked)
    assert len(asked) < 10
