"""Jobs over HTTP: taking them in, working them off, following them, and everything that is no picture."""

import io
import json
import struct
import time
import zipfile
from typing import Any

import pytest
from fakes import FakeClassifier, Serve, picture
from fastapi.testclient import TestClient
from httpx import Response

from skyform.errors import StoreAwayError
from skyform.server.problems import RequestError
from skyform.server.working import classified
from skyform.store import Objects
from skyform.store.images import read_image

JOBS = "/api/v1/jobs"
PICTURE = picture("JPEG")


def files(*named: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", pair) for pair in named]


def zipped(*entries: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


def sent(client: TestClient, *named: tuple[str, bytes], **data: str) -> Response:
    """An upload of these files, with the token that a session needs once there is one."""
    csrf = client.get("/api/v1/session").json()["csrf"]
    return client.post(JOBS, files=files(*named), data=data, headers={"X-CSRF-Token": csrf})


def begun(client: TestClient, *named: tuple[str, bytes], **data: str) -> dict[str, Any]:
    response = sent(client, *named, **data)
    assert response.status_code == 202, response.text
    return response.json()


def ended(client: TestClient, id: str, *, within: float = 20) -> dict[str, Any]:
    end = time.monotonic() + within
    while time.monotonic() < end:
        job = client.get(f"{JOBS}/{id}").json()
        if job["status"] == "done":
            return job
        time.sleep(0.05)
    raise AssertionError(f"the job did not end: {job}")


def problem(response: Response, status: int, code: str) -> str:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert error["code"] == code
    assert error["remedy"]
    return error["message"]


def test_a_job_is_worked_off_whatever_is_in_it(client: TestClient) -> None:
    packed = zipped(("deep/inside.png", picture()), ("__MACOSX/._x", b"x"), (".hidden", b"x"))
    job = begun(client, ("M 51.jpg", PICTURE), ("a.zip", packed), ("no.txt", b"words " * 9))
    assert (job["status"], job["total"], job["done"]) == ("queued", 3, 0)
    assert job["title"] == "3 files"
    assert job["expires_at"] > job["created_at"]
    job = ended(client, job["id"])
    assert (job["done"], job["failed"]) == (3, 1)
    items = client.get(f"{JOBS}/{job['id']}/items").json()["items"]
    assert [i["name"] for i in items] == ["M 51", "inside", "no"]
    assert [i["status"] for i in items] == ["done", "done", "failed"]
    assert items[0]["classification"]["sentence"].startswith("Very likely a spiral")
    assert items[2]["classification"] is None
    assert items[2]["error"]["code"] == "unknown-format"
    assert items[2]["error"]["remedy"]
    failed = client.get(f"{JOBS}/{job['id']}/items?status=failed").json()
    assert [i["name"] for i in failed["items"]] == ["no"]
    small = client.get(items[0]["thumbnail"])
    assert small.headers["content-type"] == "image/jpeg"


def test_items_come_a_page_at_a_time(client: TestClient) -> None:
    job = begun(client, *[(f"{n}.jpg", PICTURE) for n in range(5)], title="  five\nof them ")
    assert job["title"] == "five of them"
    names, cursor = [], None
    while True:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        page = client.get(f"{JOBS}/{job['id']}/items{query}").json()
        assert page["total"] == 5
        names += [i["name"] for i in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert names == ["0", "1", "2", "3", "4"]
    assert client.get(f"{JOBS}/{job['id']}/items?cursor=x").status_code == 422


def test_jobs_are_their_owners(client: TestClient, serve: Serve) -> None:
    job = begun(client, ("a.jpg", PICTURE))
    ended(client, job["id"])
    listed = client.get(JOBS).json()
    assert [j["id"] for j in listed["items"]] == [job["id"]]
    cookies = dict(client.cookies)
    client.cookies.clear()
    for path in ("", "/events", "/items", "/items/0/thumbnail", "/download"):
        problem(client.get(f"{JOBS}/{job['id']}{path}"), 404, "not-found")
    problem(client.delete(f"{JOBS}/{job['id']}"), 404, "not-found")
    assert client.get(JOBS).json()["items"] == []
    for id in ("nothing", "a" * 32, "%27"):
        problem(client.get(f"{JOBS}/{id}"), 404, "not-found")
    client.cookies.update(cookies)
    problem(client.get(f"{JOBS}/{job['id']}/items/1/thumbnail"), 404, "not-found")
    problem(client.get(f"{JOBS}/{job['id']}/items/-1/thumbnail"), 404, "not-found")


def test_a_deleted_job_is_gone_at_work_or_not(serve: Serve) -> None:
    slow = FakeClassifier(seconds=0.3)
    client = serve(slow, workers=1)
    job = begun(client, *[(f"{n}.jpg", PICTURE) for n in range(4)])
    csrf = client.get("/api/v1/session").json()["csrf"]
    gone = client.delete(f"{JOBS}/{job['id']}", headers={"X-CSRF-Token": csrf})
    assert gone.status_code == 204
    assert client.get(f"{JOBS}/{job['id']}").status_code == 404
    another = begun(client, ("b.jpg", PICTURE))
    assert ended(client, another["id"])["failed"] == 0


def test_what_the_server_failed_on_is_tried_again(serve: Serve) -> None:
    class Unlucky(FakeClassifier):
        tries = 0

        def prepare(self, *args: Any, **kwargs: Any) -> Any:
            Unlucky.tries += 1
            if Unlucky.tries == 1:
                raise RuntimeError("a bad moment")
            return super().prepare(*args, **kwargs)

    client = serve(Unlucky(), job_lease=0.3)
    assert ended(client, begun(client, ("a.jpg", PICTURE))["id"])["failed"] == 0
    assert Unlucky.tries == 2


@pytest.mark.parametrize("format", ["csv", "json", "parquet", "fits", "votable"])
def test_the_table_of_a_job(client: TestClient, format: str) -> None:
    job = begun(client, ("a.jpg", PICTURE), ("b.txt", b"no picture at all"), title="Two")
    ended(client, job["id"])
    answer = client.get(f"{JOBS}/{job['id']}/download?format={format}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith('attachment; filename="Two.')
    if format == "csv":
        lines = answer.text.splitlines()
        assert len(lines) == 3
        assert lines[1].startswith("a,")
        assert "unknown-format" in lines[2]


def test_no_table_before_the_end(serve: Serve) -> None:
    client = serve(FakeClassifier(seconds=0.5), workers=1)
    job = begun(client, ("a.jpg", PICTURE), ("b.jpg", PICTURE))
    assert "0 of 2" in problem(client.get(f"{JOBS}/{job['id']}/download"), 409, "not-done")


def events(client: TestClient, id: str, *, after: int | None = None) -> list[tuple[str, int, Any]]:
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    out = []
    with client.stream("GET", f"{JOBS}/{id}/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        for block in response.read().decode().strip().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
            if "event" in fields:
                out.append((fields["event"], int(fields["id"]), json.loads(fields["data"])))
    return out


def test_events_tell_each_item_once_and_go_on_where_they_broke_off(client: TestClient) -> None:
    job = begun(client, *[(f"{n}.jpg", PICTURE) for n in range(4)], ("x.txt", b"no picture"))
    told = events(client, job["id"])
    items = [(id, data) for name, id, data in told if name == "item"]
    assert [id for id, _ in items] == [1, 2, 3, 4, 5]
    assert sorted(data["position"] for _, data in items) == [0, 1, 2, 3, 4]
    assert told[-1][0] == "end"
    assert told[-1][2]["failed"] == 1
    assert [d["done"] for n, _, d in told if n == "progress"][-1] == 5
    later = events(client, job["id"], after=3)
    assert [id for name, id, _ in later if name == "item"] == [4, 5]
    assert [n for n, _, _ in events(client, job["id"], after=5)] == ["progress", "end"]


def test_wrong_uploads(client: TestClient) -> None:
    problem(client.post(JOBS, content=PICTURE), 415, "unsupported-media-type")
    problem(client.post(JOBS, files={"file": ("a.jpg", PICTURE)}), 422, "missing-file")
    problem(sent(client, ("a.zip", zipped())), 422, "missing-file")
    assert client.get(JOBS).json()["items"] == []


def test_limits(serve: Serve) -> None:
    client = serve(max_files=3, max_upload_bytes=50_000, max_job_bytes=100_000)
    many = [(f"{n}.jpg", b"x" * 10) for n in range(4)]
    problem(sent(client, *many), 400, "bad-form")
    problem(sent(client, ("a.zip", zipped(*many))), 413, "too-many-files")
    big = ("big.bmp", b"x" * 50_001)
    problem(sent(client, big), 413, "upload-too-large")
    problem(sent(client, ("a.zip", zipped(big))), 413, "upload-too-large")
    fair = [(f"{n}.bmp", b"x" * 40_000) for n in range(3)]
    problem(sent(client, ("a.zip", zipped(*fair))), 413, "upload-too-large")
    huge = ("huge.bmp", b"x" * 200_000)
    problem(sent(client, huge), 413, "upload-too-large")
    assert client.get(JOBS).json()["items"] == []


def overlapping(count: int) -> bytes:
    """Many entries that are all the same bytes of the archive (a "better zip bomb")."""
    one = zipped(("0.bmp", b"\0" * 3_000_000))
    start = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entry = one[start:end]
    listed = b"".join(entry.replace(b"0.bmp", f"{n}.bmp".encode()) for n in range(count))
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(listed), start, 0)
    return one[:start] + listed + tail


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (zipped(("a.bmp", b"\0" * 9_000_000)), "times its size"),
        (zipped(("a.zip", zipped(("b.jpg", PICTURE)))), "another archive"),
        (zipped(("a.tar", b"\0" * 257 + b"ustar" + b"\0" * 999)), "another archive"),
        (zipped(("a.jpg", PICTURE))[:-30], "ends too early"),
        (b"PK\x03\x04" + b"\0" * 99, "ends too early"),
        (
            zipped(("a.jpg", PICTURE), how=zipfile.ZIP_STORED).replace(PICTURE[50:60], b"0" * 10),
            "cannot be read",
        ),
        (overlapping(9), ""),
        # Unpacked as a whole before anybody can count.
        (zipped(("a.bmp", b"\0" * 9_000_000), how=zipfile.ZIP_BZIP2), "with method 12"),
        (zipped(("a.bmp", b"\0" * 9_000_000), how=zipfile.ZIP_LZMA), "with method 14"),
    ],
)
def test_archives_that_are_traps(client: TestClient, data: bytes, why: str) -> None:
    assert why in problem(sent(client, ("a.zip", data)), 422, "bad-archive")
    assert client.get(JOBS).json()["items"] == []


def test_an_encrypted_archive_and_an_endless_list(client: TestClient) -> None:
    data = bytearray(zipped(("a.jpg", PICTURE), how=zipfile.ZIP_STORED))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    answer = sent(client, ("a.zip", bytes(data)))
    assert "encrypted" in problem(answer, 422, "bad-archive")
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 9, 9, 2**30, 0, 0)
    answer = sent(client, ("a.zip", b"PK\x03\x04" + b"\0" * 100 + tail))
    assert "too long a list" in problem(answer, 422, "bad-archive")


def test_names_in_archives_are_no_paths(client: TestClient) -> None:
    packed = zipped(("../../etc/passwd.jpg", PICTURE), ("/abs/x.jpg", PICTURE))
    job = begun(client, ("a.zip", packed))
    items = client.get(f"{JOBS}/{job['id']}/items").json()["items"]
    assert [i["name"] for i in items] == ["passwd", "x"]


def test_a_busy_moment_is_not_the_pictures_fault(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def busy_at_first(*args: Any, **kwargs: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise RequestError("It took too long.", status=504, code="classify-timeout")
        return await classified(*args, **kwargs)

    monkeypatch.setattr("skyform.server.jobworker.classified", busy_at_first)
    client = serve(job_lease=0.3)
    assert ended(client, begun(client, ("a.jpg", PICTURE))["id"])["failed"] == 0
    assert tries == 2


def test_a_picture_waits_for_a_place_that_is_away(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    def away_at_first(objects: Objects, digest: str) -> bytes:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StoreAwayError("The place for kept pictures cannot be used just now.")
        return read_image(objects, digest)

    monkeypatch.setattr("skyform.server.jobworker.read_image", away_at_first)
    client = serve(job_lease=0.3)
    assert ended(client, begun(client, ("a.jpg", PICTURE))["id"])["failed"] == 0
    assert tries == 2
