"""The guide over HTTP."""

import pytest
from fastapi.testclient import TestClient

from skyform.guide import Guide


def test_the_list_is_in_the_order_of_the_guide(client: TestClient):
    entries = client.get("/api/v1/guide").json()["entries"]
    assert [e["id"] for e in entries] == [p.id for p in Guide.load().pages]
    merger = next(e for e in entries if e["id"] == "merger")
    assert merger["family"] == "class"
    assert "odd-feature.merger" in merger["answers"]
    assert "galaxy10_decals:merging" in merger["classes"]
    assert merger["picture"]["url"] == "/api/v1/guide/pictures/bridge.jpg"
    assert merger["picture"]["credit"]


def test_a_page(client: TestClient):
    page = client.get("/api/v1/guide/bar").json()
    assert page["title"] == "Bar"
    assert page["headings"]["common"] == "How common it is"
    assert page["sees_html"].startswith("<p>")
    assert '<a href="/learn/disc-without-arms">' in page["formed_html"]
    assert page["members"][0]["name"] == "NGC 1365"
    assert page["confused_with"][0] == {
        "id": "no-bar",
        "title": "Disc without a bar",
        "tell": page["confused_with"][0]["tell"],
    }
    assert all(r["url"].startswith("https://") for r in page["references"])


def test_a_topic_has_headings_of_its_own(client: TestClient):
    headings = client.get("/api/v1/guide/confidence").json()["headings"]
    assert headings["sees"] == "What the number means"


@pytest.mark.parametrize("path", ["nonsense", "pictures/nonsense.jpg", "pictures/credits.json"])
def test_what_is_not_there(client: TestClient, path: str):
    response = client.get(f"/api/v1/guide/{path}")
    assert response.status_code == 404
    assert response.json()["error"]["remedy"] == "GET /api/v1/guide lists the pages."


def test_the_glossary(client: TestClient):
    terms = client.get("/api/v1/guide/glossary").json()["terms"]
    assert len(terms) >= 60
    assert {
        "id": "s0",
        "term": "S0",
        "text_html": "<p>Hubble's sign for lenticulars.</p>",
        "see": ["lenticular"],
    } in terms


def test_pictures_of_the_guide_and_the_samples(client: TestClient):
    for name in ("bridge.jpg", "grand-spiral.jpg"):
        response = client.get(f"/api/v1/guide/pictures/{name}")
        assert response.headers["content-type"] == "image/jpeg"
        assert response.content.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize("path", ["", "/bar", "/glossary", "/pictures/bridge.jpg"])
def test_a_browser_need_not_load_twice(client: TestClient, path: str):
    first = client.get(f"/api/v1/guide{path}")
    assert first.headers["cache-control"] == "public, max-age=3600"
    tag = first.headers["etag"]
    for said in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(f"/api/v1/guide{path}", headers={"If-None-Match": said})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (
        client.get(f"/api/v1/guide{path}", headers={"If-None-Match": '"other"'}).status_code == 200
    )


def test_the_contract_names_the_types(client: TestClient):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    for path, model in (("", "GuideList"), ("/glossary", "Glossary"), ("/{id}", "GuidePage")):
        answer = paths[f"/api/v1/guide{path}"]["get"]["responses"]["200"]
        assert answer["content"]["application/json"]["schema"]["$ref"].endswith(f"/{model}")
