"""Downloads from a server on this machine: whole, resumed, interrupted, changed, wrong and refused."""

import gzip
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import httpx
import numpy as np
import pytest
from made_up_server import Answer, MadeUpServer, Request, made_up_server

from skyform.datasets.download import download, fetch_file, open_client, verify
from skyform.datasets.published import PUBLISHED, Published, PublishedFile
from skyform.errors import DataError, OutputError


def galaxy10(n: int = 40) -> bytes:
    """A tiny file of Galaxy10's layout."""
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["images"] = rng.integers(0, 256, (n, 69, 69, 3), dtype=np.uint8)
        file["ans"] = rng.integers(0, 10, n, dtype=np.uint8)
    return buffer.getvalue()


BODY = galaxy10()
SHA256 = "sha256:" + hashlib.sha256(BODY).hexdigest()
ETAG = {"ETag": '"one"'}


@pytest.fixture
def server() -> Iterator[MadeUpServer]:
    with made_up_server() as site:
        yield site


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with open_client() as opened:
        yield opened


Get = Callable[..., Path]


@pytest.fixture
def get(server: MadeUpServer, client: httpx.Client, tmp_path: Path) -> Get:
    """Fetch `Galaxy10.h5` from the server; `waits` collects the pauses."""

    def fetch(checksum: str = SHA256, **options: object) -> Path:
        file = PublishedFile("Galaxy10.h5", f"{server.url}/Galaxy10.h5", checksum)
        options.setdefault("sleep", lambda _: None)
        return fetch_file(file, tmp_path / "data", client=client, **options)  # type: ignore[arg-type]

    return fetch


def drops(*after: int, headers: dict[str, str] = ETAG, ranges: bool = True):
    """A page that breaks off after so many bytes, once for each number, and then is whole."""
    left = list(after)

    def page(_: Request) -> Answer:
        drop = left.pop(0) if left else None
        return Answer(BODY, headers=dict(headers), drop_after=drop, ranges=ranges)

    return page


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_file_arrives_whole(server: MadeUpServer, get: Get):
    server.pages["/Galaxy10.h5"] = Answer(BODY, headers=ETAG)
    seen: list[tuple[str, int, int | None]] = []
    path = get(progress=lambda name, done, total: seen.append((name, done, total)))
    with h5py.File(path) as file:
        assert file["images"].shape == (40, 69, 69, 3)
    assert names(path.parent) == ["Galaxy10.h5"]
    assert seen[-1] == ("Galaxy10.h5", len(BODY), len(BODY))
    assert server.requests[0].headers["user-agent"].startswith("skyform")


def test_what_is_there_is_not_asked_for(server: MadeUpServer, get: Get):
    server.pages["/Galaxy10.h5"] = Answer(BODY)
    get()
    get()
    assert len(server.requests) == 1


def test_a_broken_connection_is_taken_up_again(server: MadeUpServer, get: Get):
    server.pages["/Galaxy10.h5"] = drops(100_000, 50_000, 7)
    waits: list[float] = []
    path = get(sleep=waits.append)
    assert path.read_bytes() == BODY
    asked = [r.headers.get("range") for r in server.requests]
    assert asked[0] is None
    assert all(a is not None and a.startswith("bytes=") for a in asked[1:])
    assert {r.headers["if-range"] for r in server.requests[1:]} == {'"one"'}
    assert waits == [1.0, 1.0, 1.0]  # something arrived each time


def test_an_interrupted_run_goes_on(server: MadeUpServer, get: Get, tmp_path: Path):
    server.pages["/Galaxy10.h5"] = drops(200_000, headers=ETAG)
    with pytest.raises(DataError, match=r"could not be downloaded .* \(1 tries\)"):
        get(tries=1)
    assert names(tmp_path / "data") == ["Galaxy10.h5.part", "Galaxy10.h5.part.json"]
    there = (tmp_path / "data" / "Galaxy10.h5.part").stat().st_size
    assert 0 < there <= 200_000
    assert get().read_bytes() == BODY
    assert server.requests[-1].headers["range"] == f"bytes={there}-"
    assert names(tmp_path / "data") == ["Galaxy10.h5"]


def test_a_server_without_ranges_starts_over(server: MadeUpServer, get: Get):
    server.pages["/Galaxy10.h5"] = drops(100_000, headers={}, ranges=False)
    assert get().read_bytes() == BODY


def test_a_file_that_changed_meanwhile_starts_over(server: MadeUpServer, get: Get, tmp_path: Path):
    older = Answer(b"x" * len(BODY), headers={"ETag": '"zero"'}, drop_after=90_000)
    server.pages["/Galaxy10.h5"] = older
    with pytest.raises(DataError):
        get(tries=1)
    server.pages["/Galaxy10.h5"] = Answer(BODY, headers=ETAG)
    assert get().read_bytes() == BODY
    assert server.requests[-1].headers["if-range"] == '"zero"'


def test_without_a_checksum_or_a_mark_nothing_is_pieced_together(server: MadeUpServer, get: Get):
    server.pages["/Galaxy10.h5"] = drops(90_000, headers={})
    assert get(checksum="").read_bytes() == BODY
    assert all("range" not in r.headers for r in server.requests)


def test_a_weak_mark_is_no_mark(server: MadeUpServer, get: Get):
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    server.pages["/Galaxy10.h5"] = drops(90_000, headers={"ETag": 'W/"one"', "Last-Modified": date})
    assert get(checksum="").read_bytes() == BODY
    assert server.requests[-1].headers["if-range"] == date


def test_a_whole_part_needs_no_more(server: MadeUpServer, get: Get, tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Galaxy10.h5.part").write_bytes(BODY)
    server.pages["/Galaxy10.h5"] = Answer(BODY)
    assert get().read_bytes() == BODY
    assert server.requests[0].headers["range"] == f"bytes={len(BODY)}-"


def test_a_part_longer_than_the_file_starts_over(server: MadeUpServer, get: Get, tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Galaxy10.h5.part").write_bytes(BODY + b"more")
    server.pages["/Galaxy10.h5"] = Answer(BODY)
    assert get().read_bytes() == BODY


def test_another_range_than_asked_for_starts_over(server: MadeUpServer, get: Get, tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Galaxy10.h5.part").write_bytes(BODY[:1000])

    def page(request: Request) -> Answer:
        if "range" not in request.headers:
            return Answer(BODY)
        span = f"bytes 5-{len(BODY) - 1}/{len(BODY)}"
        return Answer(BODY[5:], 206, {"Content-Range": span})

    server.pages["/Galaxy10.h5"] = page
    assert get().read_bytes() == BODY


def test_a_wrong_file_is_kept_aside(server: MadeUpServer, get: Get, tmp_path: Path):
    server.pages["/Galaxy10.h5"] = Answer(b"<html>Sorry, we moved.</html>")
    with pytest.raises(DataError, match=r"its SHA256 is [0-9a-f]{64}, and .* is published") as said:
        get()
    assert "Galaxy10.h5.bad" in said.value.remedy
    assert names(tmp_path / "data") == ["Galaxy10.h5.bad"]
    server.pages["/Galaxy10.h5"] = Answer(BODY)
    assert get().read_bytes() == BODY


def test_md5_is_checked_too(server: MadeUpServer, get: Get):
    server.pages["/Galaxy10.h5"] = Answer(BODY)
    with pytest.raises(DataError, match="its MD5 is"):
        get(checksum="md5:" + "0" * 32)
    assert get(checksum="md5:" + hashlib.md5(BODY).hexdigest()).exists()


def test_a_file_of_ones_own_is_never_overwritten(server: MadeUpServer, get: Get, tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "Galaxy10.h5").write_bytes(b"my own")
    with pytest.raises(DataError, match="is not the published file") as said:
        get()
    assert "Move it away" in said.value.remedy
    assert server.requests == []
    assert (tmp_path / "data" / "Galaxy10.h5").read_bytes() == b"my own"


def test_not_found_is_said_at_once(server: MadeUpServer, get: Get):
    with pytest.raises(DataError, match="the server answered 404"):
        get()
    assert len(server.requests) == 1


def test_a_busy_server_is_waited_for(server: MadeUpServer, get: Get):
    answers = [
        Answer(status=503),
        Answer(status=429, headers={"Retry-After": "17"}),
        Answer(status=429, headers={"Retry-After": "9999"}),
        Answer(BODY),
    ]
    server.pages["/Galaxy10.h5"] = lambda _: answers.pop(0)
    waits: list[float] = []
    get(sleep=waits.append)
    assert waits == [1.0, 17.0, 60.0]


def test_trying_ends(server: MadeUpServer, get: Get):
    server.pages["/Galaxy10.h5"] = Answer(status=500)
    waits: list[float] = []
    with pytest.raises(DataError, match=r"the server answered 500 \(4 tries\)"):
        get(tries=4, sleep=waits.append)
    assert waits == [1.0, 2.0, 4.0]


def test_nobody_listens(client: httpx.Client, tmp_path: Path):
    with made_up_server() as gone:
        url = gone.url
    with pytest.raises(DataError, match=r"could not be downloaded from .*\(2 tries\)"):
        fetch_file(
            PublishedFile("x", f"{url}/x"), tmp_path, client=client, tries=2, sleep=lambda _: None
        )


def test_a_silent_server_is_not_waited_for_for_ever(server: MadeUpServer, tmp_path: Path):
    def page(_: Request) -> Answer:
        # More is promised than ever comes.
        return Answer(b"1234", headers={"Content-Length": "9"}, ranges=False)

    server.pages["/x"] = page
    with (
        httpx.Client(timeout=0.2) as client,
        pytest.raises(DataError, match=r"\(2 tries\)"),
    ):
        fetch_file(
            PublishedFile("x", f"{server.url}/x", "md5:0"),
            tmp_path,
            client=client,
            tries=2,
            sleep=lambda _: None,
        )


def test_a_full_disk_is_noticed_before(
    server: MadeUpServer, get: Get, monkeypatch: pytest.MonkeyPatch
):
    class Usage:
        free = 50_100_000

    server.pages["/Galaxy10.h5"] = Answer(BODY)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(OutputError, match=r"needs 0\.0 GB more.*has 0\.1 GB left"):
        get()


def test_a_folder_that_is_a_file(server: MadeUpServer, get: Get, tmp_path: Path):
    (tmp_path / "data").write_text("")
    with pytest.raises(OutputError, match=r"Galaxy10\.h5 cannot be written"):
        get()


def test_compressed_files_arrive_as_they_are(
    server: MadeUpServer, client: httpx.Client, tmp_path: Path
):
    packed = gzip.compress(b"dr7objid,t01\n1,0.5\n")
    server.pages["/votes.csv.gz"] = Answer(packed, headers={"Content-Encoding": "gzip"})
    file = PublishedFile("votes.csv.gz", f"{server.url}/votes.csv.gz")
    assert fetch_file(file, tmp_path, client=client).read_bytes() == packed


def votes(server: MadeUpServer, *, stated: str = "") -> Published:
    """Two files, one of which only the archive's record knows the checksum of."""
    server.pages["/ab.csv"] = Answer(b"iauname,smooth\nJ1,3\n")
    server.pages["/c.csv"] = Answer(b"iauname,smooth\nJ2,5\n")
    stated = stated or hashlib.md5(b"iauname,smooth\nJ1,3\n").hexdigest()
    record = {"files": [{"key": "ab.csv", "checksum": f"md5:{stated}"}]}
    server.pages["/api/records/1"] = Answer(json.dumps(record).encode())
    known = "sha256:" + hashlib.sha256(b"iauname,smooth\nJ2,5\n").hexdigest()
    files = (
        PublishedFile("ab.csv", f"{server.url}/ab.csv"),
        PublishedFile("c.csv", f"{server.url}/c.csv", known),
    )
    return Published(
        "v", "Votes", files, "page", "free", "us", "note", record=f"{server.url}/api/records/1"
    )


def test_all_files_of_a_set(server: MadeUpServer, tmp_path: Path):
    published = votes(server)
    paths = download(published, tmp_path)
    assert [p.name for p in paths] == ["ab.csv", "c.csv"]
    assert len(server.requests) == 3
    assert download(published, tmp_path) == paths
    assert len(server.requests) == 3


def test_one_file_of_a_set(server: MadeUpServer, tmp_path: Path):
    assert [p.name for p in download(votes(server), tmp_path, names=["c.csv"])] == ["c.csv"]
    assert names(tmp_path) == ["c.csv"]
    assert len(server.requests) == 1
    with pytest.raises(DataError, match=r"has no file 'd\.csv'.*ab\.csv, c\.csv"):
        download(votes(server), tmp_path, names=["d.csv"])


def test_the_archives_own_checksum_counts(server: MadeUpServer, tmp_path: Path):
    with pytest.raises(DataError, match="its MD5 is"):
        download(votes(server, stated="0" * 32), tmp_path)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"files": [{"name": 1}]}', b"[]"])
def test_a_record_that_says_nothing(server: MadeUpServer, tmp_path: Path, body: bytes):
    published = votes(server)
    server.pages["/api/records/1"] = Answer(body)
    with pytest.raises(DataError, match="does not state its files' checksums"):
        download(published, tmp_path)


def test_verifying(server: MadeUpServer, tmp_path: Path):
    published = votes(server)
    assert [w.split()[-3:] for w in verify(published, tmp_path)] == [["is", "not", "there."]] * 2
    download(published, tmp_path)
    assert verify(published, tmp_path) == ()
    (tmp_path / "ab.csv").write_bytes(b"iauname\n")
    (fault,) = verify(published, tmp_path)
    assert "ab.csv is not the published file: its MD5 is" in fault


def test_a_client_of_ones_own_stays_open(
    server: MadeUpServer, client: httpx.Client, tmp_path: Path
):
    download(votes(server), tmp_path, client=client)
    assert not client.is_closed


def test_kaggle_needs_an_account(tmp_path: Path):
    with pytest.raises(DataError, match=r"has no address .* own account.*kaggle\.com"):
        download(PUBLISHED["kaggle"], tmp_path)
