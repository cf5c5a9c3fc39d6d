"""Kept results where a server has them: in PostgreSQL and on S3."""

from pathlib import Path

from fakes import picture
from fastapi.testclient import TestClient
from made_up_store import empty_database, postgres_server, s3_server
from visits import csrf, sign_up, site, store_of


def test_from_upload_to_deletion(tmp_path: Path):
    with (
        empty_database(postgres_server()) as database,
        s3_server() as objects,
        TestClient(site(tmp_path, database=database, objects=f"{objects}/far-away")) as client,
    ):
        files = {"file": ("NGC 1.png", picture())}
        made = client.post("/api/v1/results", files=files, headers=csrf(client)).json()
        assert client.get(made["picture"]).headers["content-type"] == "image/jpeg"
        assert client.get(made["thumbnail"]).status_code == 200
        sign_up(client)
        assert [r["id"] for r in client.get("/api/v1/results").json()["items"]] == [made["id"]]
        export = client.get("/api/v1/account/export")
        assert export.status_code == 200
        assert export.content.startswith(b"PK")
        assert client.delete("/api/v1/account", headers=csrf(client)).status_code == 204
        assert client.get(f"/api/v1/results/{made['id']}").status_code == 404
        kept = store_of(client).objects
        assert [*kept.keys("pictures"), *kept.keys("derived")] == []
        assert not list(tmp_path.iterdir())
