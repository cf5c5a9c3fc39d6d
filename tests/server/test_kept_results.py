"""Kept results over HTTP: whose they are, what they show, how they travel."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from fakes import picture
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import func, select
from visits import csrf, emptied, promote, sign_up, site, store_of

from skyform.store import ImageRow, ResultRow, SessionRow
from skyform.store.images import picture_key

RESULTS = "/api/v1/results"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return site(tmp_path_factory.mktemp("results"), keep_days=7)


@pytest.fixture(scope="module")
def _running(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


@pytest.fixture
def visitor(app: FastAPI, _running: TestClient) -> TestClient:
    """A new visitor of an empty site."""
    emptied(_running)
    return TestClient(app)


@pytest.fixture
def other(app: FastAPI) -> TestClient:
    """Another one."""
    return TestClient(app)


def keep(
    client: TestClient, data: bytes | None = None, name: str = "NGC 1.png", **options: Any
) -> Any:
    files = {"file": (name, picture() if data is None else data)}
    return client.post(RESULTS, files=files, params=options, headers=csrf(client))


def kept(client: TestClient, data: bytes | None = None, **options: Any) -> dict[str, Any]:
    response = keep(client, data, **options)
    assert response.status_code == 201, response.text
    return response.json()


def count(client: TestClient, table: Any) -> int:
    with store_of(client).database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def image_of(response: Any) -> Image.Image:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content))


def test_a_result_is_kept_whole(visitor: TestClient):
    made = kept(visitor)
    assert made["title"] == "NGC 1"
    assert made["owned"]
    assert not made["shared"]
    classification = made["classification"]
    assert classification["result"] == made["id"]
    assert classification["evidence"] is not None
    assert classification["shape"] is not None
    assert classification["embedding"] is None
    assert visitor.get(f"{RESULTS}/{made['id']}").json() == made


def test_a_visitor_keeps_it_for_so_many_days_and_an_account_for_good(visitor: TestClient):
    days = datetime.fromisoformat(kept(visitor)["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6.9) < days <= timedelta(days=7)
    sign_up(visitor)
    assert kept(visitor)["expires_at"] is None
    # What was kept before is the account's now.
    page = visitor.get(RESULTS).json()
    assert page["total"] == 2
    assert {visitor.get(f"{RESULTS}/{r['id']}").json()["expires_at"] for r in page["items"]} == {
        None
    }


def test_no_session_before_something_is_kept(visitor: TestClient):
    assert visitor.get(RESULTS).json() == {"items": [], "next": None, "total": 0}
    assert keep(visitor, b"no picture").status_code == 415
    assert count(visitor, SessionRow) == 0
    kept(visitor)
    assert count(visitor, SessionRow) == 1


def test_pages_the_newest_first(visitor: TestClient):
    ids = [kept(visitor)["id"] for _ in range(3)]
    first = visitor.get(RESULTS, params={"limit": 2}).json()
    second = visitor.get(RESULTS, params={"limit": 2, "cursor": first["next"]}).json()
    assert [r["id"] for r in first["items"] + second["items"]] == ids[::-1]
    assert (first["total"], second["next"]) == (3, None)
    assert "classification" not in first["items"][0]
    refused = visitor.get(RESULTS, params={"cursor": "nonsense"})
    assert refused.status_code == 422
    assert "nonsense" in refused.json()["error"]["message"]


@pytest.mark.parametrize("what", ["", "/picture", "/thumbnail", "/download"])
def test_what_is_not_shared_is_not_there(visitor: TestClient, other: TestClient, what: str):
    address = f"{RESULTS}/{kept(visitor)['id']}"
    refused = other.get(address + what)
    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "not-found"
    visitor.patch(address, json={"shared": True}, headers=csrf(visitor))
    assert other.get(address + what).status_code == 200
    assert other.get(f"{RESULTS}/{'0' * 32}{what}").status_code == 404


def test_only_its_owner_changes_or_deletes_it(visitor: TestClient, other: TestClient):
    address = f"{RESULTS}/{kept(visitor)['id']}"
    visitor.patch(address, json={"shared": True}, headers=csrf(visitor))
    kept(other)
    assert not other.get(address).json()["owned"]
    for refused in (
        other.patch(address, json={"title": "mine"}, headers=csrf(other)),
        other.delete(address, headers=csrf(other)),
    ):
        assert refused.status_code == 404
    assert visitor.get(address).json()["title"] == "NGC 1"


def test_another_title(visitor: TestClient):
    address = f"{RESULTS}/{kept(visitor)['id']}"
    given = {"title": "  M 51\n\x07 at\u202enight "}
    made = visitor.patch(address, json=given, headers=csrf(visitor)).json()
    assert made["title"] == "M 51 at night"
    for title in ("", " \n", "x" * 121):
        refused = visitor.patch(address, json={"title": title}, headers=csrf(visitor))
        assert refused.status_code == 422, title


def test_deleted_is_gone_with_its_picture(visitor: TestClient):
    made, same = kept(visitor), kept(visitor)
    assert (count(visitor, ResultRow), count(visitor, ImageRow)) == (2, 1)
    objects = store_of(visitor).objects
    for one in (made, same):
        assert list(objects.keys("pictures"))
        assert visitor.get(f"{RESULTS}/{one['id']}/picture").status_code == 200
        assert visitor.delete(f"{RESULTS}/{one['id']}", headers=csrf(visitor)).status_code == 204
        assert visitor.get(f"{RESULTS}/{one['id']}").status_code == 404
    assert (count(visitor, ResultRow), count(visitor, ImageRow)) == (0, 0)
    assert [*objects.keys("pictures"), *objects.keys("derived")] == []


def test_the_picture_and_a_small_one(visitor: TestClient):
    made = kept(visitor, picture(width=600, height=400))
    assert image_of(visitor.get(made["picture"])).size == (600, 400)
    small = visitor.get(made["thumbnail"])
    assert small.headers["content-type"] == "image/jpeg"
    assert small.headers["cache-control"] == "private, no-cache"
    assert image_of(small).size == (256, 171)
    again = visitor.get(made["thumbnail"], headers={"If-None-Match": small.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_small_picture_that_was_lost_is_drawn_again(visitor: TestClient):
    made = kept(visitor)
    before = visitor.get(made["thumbnail"]).content
    objects = store_of(visitor).objects
    for key in list(objects.keys("derived")):
        objects.delete(key)
    assert visitor.get(made["thumbnail"]).content == before
    assert list(objects.keys("derived"))


def test_a_picture_that_was_lost(visitor: TestClient):
    made = kept(visitor)
    objects = store_of(visitor).objects
    for key in list(objects.keys("pictures")):
        objects.delete(key)
    assert visitor.get(made["picture"]).status_code == 404
    assert visitor.get(f"{RESULTS}/{made['id']}").status_code == 200


def test_nothing_of_camera_or_place_is_shown_to_others(visitor: TestClient):
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.open(io.BytesIO(picture())).save(out, "JPEG", exif=exif)
    made = kept(visitor, out.getvalue())
    assert b"A camera" in out.getvalue()
    for address in (made["picture"], made["thumbnail"]):
        assert b"A camera" not in visitor.get(address).content


def measurements() -> bytes:
    """A FITS file: a faint glow over noise."""
    y, x = np.mgrid[:80, :100]
    glow = 40 * np.exp(-np.hypot(x - 50, y - 40) / 9)
    values = glow + np.random.default_rng(5).normal(100, 1, glow.shape)
    out = io.BytesIO()
    fits.PrimaryHDU(values.astype(np.float32)).writeto(out)
    return out.getvalue()


def test_a_picture_is_shown_with_the_stretch_that_was_chosen(
    visitor: TestClient, monkeypatch: pytest.MonkeyPatch
):
    # The fake classifier knows only what Pillow reads.
    monkeypatch.setattr("fakes.FakeClassifier._size", lambda *_: (100, 80))
    plain = kept(visitor, measurements(), name="m.fits")
    bright = kept(visitor, measurements(), name="m.fits", high=0.3, low=0.0)
    assert bright["classification"]["display"]["high"] == pytest.approx(0.3)
    shown = [np.asarray(image_of(visitor.get(r["thumbnail"]))).mean() for r in (plain, bright)]
    assert shown[1] > shown[0] + 5
    assert count(visitor, ImageRow) == 1


def test_a_download_for_everyone(visitor: TestClient):
    made = kept(visitor)
    address = f"{RESULTS}/{made['id']}/download"
    visitor.patch(f"{RESULTS}/{made['id']}", json={"title": 'M 51 é"'}, headers=csrf(visitor))
    as_json = visitor.get(address)
    assert as_json.json() == {**made["classification"], "id": 'M 51 é"'}
    assert as_json.headers["content-disposition"] == (
        "attachment; filename=\"M-51.json\"; filename*=UTF-8''M%2051%20%C3%A9%22.json"
    )
    rows = list(csv.DictReader(io.StringIO(visitor.get(address, params={"format": "csv"}).text)))
    assert [(r["id"], r["kind"], r["model"]) for r in rows] == [('M 51 é"', "galaxy", "fake@1")]
    binary = visitor.get(address, params={"format": "fits"})
    assert binary.headers["content-type"] == "application/fits"
    table = Table.read(io.BytesIO(binary.content), format="fits")
    assert table["kind_confidence"][0] == pytest.approx(0.97)
    card = visitor.get(address, params={"format": "png"})
    assert (image_of(card).size, image_of(card).format) == ((1200, 630), "PNG")
    assert visitor.get(address, params={"format": "doc"}).status_code == 422


@pytest.mark.parametrize("format", ["json", "csv", "fits", "png"])
def test_a_download_without_keeping_anything(visitor: TestClient, format: str):
    files = {"file": ("NGC 1.png", picture())}
    response = visitor.post("/api/v1/export", files=files, params={"format": format})
    assert response.status_code == 200
    assert f'"NGC-1.{format}"' in response.headers["content-disposition"]
    assert (count(visitor, ResultRow), count(visitor, ImageRow), count(visitor, SessionRow)) == (
        0,
        0,
        0,
    )
    refused = visitor.post("/api/v1/export", content=b"no picture", params={"format": format})
    assert refused.status_code == 415


def test_curators_see_what_was_voted_on(visitor: TestClient, other: TestClient):
    made = kept(visitor)
    sign_up(other)
    promote(other, "curator")
    assert other.get(made["thumbnail"]).status_code == 404
    votes = f"{RESULTS}/{made['id']}/votes"
    sheet = {"answers": {"bar": "bar.no"}}
    assert visitor.post(votes, json=sheet, headers=csrf(visitor)).status_code == 200
    assert other.get(made["thumbnail"]).status_code == 200
    assert other.get(f"{RESULTS}/{made['id']}").status_code == 200


def test_names_of_files_are_no_paths(visitor: TestClient, tmp_path: Path):
    made = kept(visitor, name="../../../etc/passwd.png")
    assert made["title"] == "passwd"
    store = store_of(visitor)
    with store.database.reading() as session:
        digest = session.scalars(select(ImageRow.digest)).one()
    assert picture_key(digest) == f"pictures/{digest[:2]}/{digest}"
    assert store.objects.exists(picture_key(digest))
    assert not [key for key in store.objects.keys("") if "passwd" in key]


def test_what_is_stored_is_json(visitor: TestClient):
    kept(visitor)
    with store_of(visitor).database.reading() as session:
        row = session.scalars(select(ResultRow)).one()
    json.dumps(row.classification, allow_nan=False)
    assert 0 < row.uncertainty < 1
    assert (row.kind, row.confidence) == ("galaxy", 0.97)
