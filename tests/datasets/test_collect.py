"""Collecting from a site on this machine: what is kept, what is left out and why, and what is remembered."""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_server import Answer, MadeUpServer, made_up_server
from PIL import Image

from skyform.datasets.collect import PROVENANCE, Collected, collect, read_provenance
from skyform.datasets.web import Visitor
from skyform.errors import DataError, OutputError
from skyform.images import decode
from skyform.images.fingerprint import picture_hash


def field(seed: int, side: int = 150) -> Image.Image:
    """Stars on a dark sky."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(8, 3, (side, side, 3))
    for x, y in rng.integers(5, side - 5, (25, 2)):
        pixels[y - 3 : y + 4, x - 3 : x + 4] += rng.uniform(60, 200, 3)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def encoded(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


PICTURES = {
    "/a.jpg": encoded(field(1), quality=95),
    "/b.png": encoded(field(2), "PNG"),
    "/c.php": encoded(field(3), "WEBP", quality=95),
}
PAGE = b"""<html><link rel="license" href="https://creativecommons.org/publicdomain/zero/1.0/">
<img src="a.jpg"><img src="b.png"><img src="/c.php"></html>"""


@pytest.fixture
def server() -> Iterator[MadeUpServer]:
    with made_up_server() as site:
        site.pages["/"] = Answer(PAGE, headers={"Content-Type": "text/html"})
        for path, data in PICTURES.items():
            site.pages[path] = Answer(data)
        yield site


def run(server: MadeUpServer, into: Path, *paths: str, **options: Any) -> Collected:
    options = {"label": "N", "fingerprint": fingerprint} | options
    with Visitor(delay=0.0, allow_local=True) as visitor:
        return collect([server.url + p for p in paths or ("/",)], into, visitor=visitor, **options)


def fingerprint(data: bytes) -> np.ndarray:
    return picture_hash(decode(data).rgb)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_the_pictures_of_a_page(server: MadeUpServer, tmp_path: Path):
    into = tmp_path / "deep" / "nebula"
    heard: list[str] = []
    collected = run(server, into, tell=heard.append)
    assert names(into) == ["N-0001.jpg", "N-0002.png", "N-0003.webp", PROVENANCE]
    assert [f.read_bytes() for f in collected.files] == list(PICTURES.values())
    assert (collected.skipped, collected.pages) == ((), 1)
    assert heard == [f"{server.url}/: 3 pictures, 3 new"]


def test_where_they_came_from(server: MadeUpServer, tmp_path: Path):
    run(server, tmp_path)
    first = read_provenance(tmp_path)[0]
    assert first.file == "N-0001.jpg"
    assert first.sha256 == hashlib.sha256(PICTURES["/a.jpg"]).hexdigest()
    assert (first.page, first.image) == (f"{server.url}/", f"{server.url}/a.jpg")
    assert (first.width, first.height) == (150, 150)
    assert first.licence == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert first.fetched.endswith("+00:00")


def test_a_second_run_fetches_nothing_twice(server: MadeUpServer, tmp_path: Path):
    run(server, tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    server.requests.clear()
    again = run(server, tmp_path)
    assert again.files == ()
    assert again.reasons == {"fetched before": 3}
    assert [r.path for r in server.requests] == ["/robots.txt", "/"]
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_numbers_go_on_after_the_highest(server: MadeUpServer, tmp_path: Path):
    (tmp_path / "N-0041.jpg").write_bytes(encoded(field(9)))
    (tmp_path / "N-0099.txt").write_text("not a picture, but the number is taken")
    (tmp_path / "C-0500.jpg").write_bytes(encoded(field(8)))
    run(server, tmp_path)
    assert {"N-0100.jpg", "N-0101.png", "N-0102.webp"} < set(names(tmp_path))


def test_numbers_of_deleted_pictures_are_not_used_again(server: MadeUpServer, tmp_path: Path):
    run(server, tmp_path)
    (tmp_path / "N-0003.webp").unlink()
    server.pages["/d.jpg"] = Answer(encoded(field(4)))
    collected = run(server, tmp_path, "/d.jpg")
    assert [f.name for f in collected.files] == ["N-0004.jpg"]


def test_a_limit(server: MadeUpServer, tmp_path: Path):
    assert len(run(server, tmp_path, limit=2).files) == 2
    assert len(run(server, tmp_path, limit=2).files) == 1


def test_what_is_left_out(server: MadeUpServer, tmp_path: Path):
    server.pages["/"] = Answer(
        b"<img src=a.jpg><img src=small.png><img src=text.jpg><img src=half.jpg><img src=gone.jpg>"
        b"<img src=drawing.svg><img src=heavy.png><img src=empty.gif>",
        headers={"Content-Type": "text/html"},
    )
    server.pages["/small.png"] = Answer(encoded(field(5, side=64), "PNG"))
    server.pages["/text.jpg"] = Answer(
        b"<html>Sorry</html>", headers={"Content-Type": "image/jpeg"}
    )
    server.pages["/half.jpg"] = Answer(PICTURES["/a.jpg"][:2000])
    server.pages["/drawing.svg"] = Answer(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    server.pages["/heavy.png"] = Answer(bytes(60_000))
    server.pages["/empty.gif"] = Answer(b"")
    collected = run(server, tmp_path, most_bytes=59_000)
    assert names(tmp_path) == ["N-0001.jpg", PROVENANCE]
    why = {s.url.rpartition("/")[2]: (s.kind, s.why) for s in collected.skipped}
    assert why["small.png"] == ("too small", "64x64 pixels, below 100")
    assert why["text.jpg"][0] == "not a picture"
    assert why["half.jpg"][0] == "not a picture"
    assert "truncated" in why["half.jpg"][1]
    assert why["gone.jpg"] == ("not fetched", "the server answered 404")
    assert why["drawing.svg"][0] == "not a picture"
    assert why["heavy.png"][1] == "it has 60,000 bytes, over the limit of 59,000"
    assert why["empty.gif"][0] == "not a picture"
    assert collected.reasons["not a picture"] == 4


def test_the_same_file_and_the_same_picture(server: MadeUpServer, tmp_path: Path):
    copy = encoded(field(1).resize((120, 120), Image.Resampling.LANCZOS), quality=70)
    server.pages["/same"] = Answer(PICTURES["/a.jpg"])
    server.pages["/copy"] = Answer(copy)
    server.pages["/"] = Answer(
        b"<img src=a.jpg><img src=same><img src=copy>", headers={"Content-Type": "text/html"}
    )
    collected = run(server, tmp_path / "one")
    assert [s.why for s in collected.skipped] == [
        "the same file as N-0001.jpg",
        "the same picture as N-0001.jpg",
    ]
    assert len(run(server, tmp_path / "two", fingerprint=None).files) == 2


def test_pictures_from_before_count(server: MadeUpServer, tmp_path: Path):
    (tmp_path / "mine.jpeg").write_bytes(encoded(field(1), quality=60))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    collected = run(server, tmp_path)
    assert [s.why for s in collected.skipped] == ["the same picture as mine.jpeg"]


def test_a_run_that_was_cut_off_is_completed(server: MadeUpServer, tmp_path: Path):
    # Between writing the picture and its record.
    (tmp_path / "N-0001.jpg").write_bytes(PICTURES["/a.jpg"])
    collected = run(server, tmp_path)
    assert [f.name for f in collected.files] == ["N-0002.png", "N-0003.webp"]
    rows = {row.file: row.image for row in read_provenance(tmp_path)}
    assert rows["N-0001.jpg"] == f"{server.url}/a.jpg"


def test_a_picture_given_by_itself(server: MadeUpServer, tmp_path: Path):
    collected = run(server, tmp_path, "/b.png")
    assert [f.name for f in collected.files] == ["N-0001.png"]
    assert run(server, tmp_path, "/b.png").reasons == {"fetched before": 1}


def test_pages_that_cannot_be_read(server: MadeUpServer, tmp_path: Path):
    collected = run(server, tmp_path, "/nowhere", "/")
    assert collected.pages == 1
    assert collected.reasons == {"page not read": 1}
    assert len(collected.files) == 3


def test_robots_keep_pictures_back(server: MadeUpServer, tmp_path: Path):
    server.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /*.png$")
    collected = run(server, tmp_path)
    assert len(collected.files) == 2
    assert server.asked("/b.png") == []
    assert "asks to stay away" in collected.skipped[0].why


def test_nothing_is_overwritten(server: MadeUpServer, tmp_path: Path):
    (tmp_path / "N-0001.gif").write_bytes(b"")
    before = (tmp_path / "N-0001.gif").read_bytes()
    run(server, tmp_path)
    assert (tmp_path / "N-0001.gif").read_bytes() == before
    assert "N-0002.jpg" in names(tmp_path)


@pytest.mark.parametrize("label", ["", "a/b", "..", "-x", "a b", "N\n"])
def test_labels_that_are_no_file_names(server: MadeUpServer, tmp_path: Path, label: str):
    with pytest.raises(DataError, match="cannot start a file name"):
        run(server, tmp_path, label=label)


def test_a_folder_that_is_a_file(server: MadeUpServer, tmp_path: Path):
    (tmp_path / "x").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        run(server, tmp_path / "x")


def test_a_damaged_record(server: MadeUpServer, tmp_path: Path):
    run(server, tmp_path)
    file = tmp_path / PROVENANCE
    with file.open(newline="") as stream:
        rows = list(csv.reader(stream))
    rows[1][rows[0].index("width")] = "wide"
    file.write_text("\n".join(",".join(row) for row in rows))
    with pytest.raises(DataError, match=r"provenance\.csv is damaged.*wide"):
        run(server, tmp_path)


def test_no_record_is_no_provenance(tmp_path: Path):
    assert read_provenance(tmp_path) == []
