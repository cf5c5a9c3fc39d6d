import inspect
import io
from collections.abc import Callable, Iterator

import pytest
from fakes import MODEL, FakeClassifier, Serve, picture
from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from PIL import Image

from skyform.schema import SKYFORM, TAXONOMIES
from skyform.server.routers.account import account_routes
from skyform.server.routers.classify import classify_routes
from skyform.server.routers.jobs import jobs_routes
from skyform.server.routers.results import results_routes
from skyform.server.service import service

CLASSIFY = "/api/v1/classify"


def test_a_form_and_a_raw_body_get_the_same_answer(client: TestClient) -> None:
    data = picture("JPEG")
    form = client.post(CLASSIFY, files={"file": ("M 51.jpg", data, "image/jpeg")})
    assert form.status_code == 200
    assert form.json()["id"] == "M 51"
    for type in ("image/jpeg", "application/octet-stream", "application/fits", "Image/PNG; a=b"):
        raw = client.post(CLASSIFY, content=data, headers={"Content-Type": type})
        assert raw.status_code == 200
        same = {"id": "M 51", "request_id": form.json()["request_id"]}
        assert {**raw.json(), **same} == form.json()


def test_a_body_without_a_content_type_is_bytes(client: TestClient) -> None:
    assert client.post(CLASSIFY, content=picture()).status_code == 200


def test_the_answer_says_what_the_prediction_says(client: TestClient) -> None:
    body = client.post(CLASSIFY, files={"file": ("a.png", picture())}).json()
    assert body["model"] == MODEL
    assert body["error"] is None
    assert body["path"] == ""
    assert body["kind"]["id"] == "galaxy"
    assert body["kind"]["chance"] == "very likely"
    assert body["sentence"].startswith("Very likely a spiral galaxy")
    assert body["flags"][0]["code"] == "off-centre"
    assert "centre" in body["flags"][0]["text"]
    assert [a["id"] for a in body["answers"]] == [a.id for a in SKYFORM.answers]
    assert set(body["classes"]) == set(TAXONOMIES)
    assert (body["frame"]["width"], body["frame"]["height"]) == (96, 64)
    assert body["evidence"] is None


def test_evidence_and_average_reach_the_classifier(serve: Serve) -> None:
    fake = FakeClassifier()
    client = serve(fake)
    body = client.post(f"{CLASSIFY}?evidence=true&average=1", content=picture()).json()
    assert fake.calls == [{"id": "upload", "evidence": True, "average": True}]
    assert len(body["evidence"]) == 7
    assert all(0 <= v <= 1 for row in body["evidence"] for v in row)


def test_the_embedding_comes_only_when_asked_for(client: TestClient) -> None:
    asked = client.post(f"{CLASSIFY}?embedding=true", content=picture()).json()
    assert asked["embedding"] == [-1.0, -0.5, 0.0, 0.5, 1.0]
    for query in ("", "?embedding=false"):
        assert client.post(CLASSIFY + query, content=picture()).json()["embedding"] is None
    assert client.post(f"{CLASSIFY}?embedding=some", content=picture()).status_code == 422


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"])
def test_formats_pass_through_unread(client: TestClient, format: str) -> None:
    assert client.post(CLASSIFY, files={"file": ("x", picture(format))}).status_code == 200


def test_models_lists_the_tree_the_taxonomies_and_the_card(client: TestClient) -> None:
    body = client.get("/api/v1/models").json()
    (model,) = body["models"]
    assert (model["id"], model["name"], model["version"]) == (MODEL, "fake", "1")
    assert model["card"] == {"data": [], "limits": "not a model"}
    decals = next(t for t in model["taxonomies"] if t["id"] == "galaxy10_decals")
    assert decals["classes"][5] == {"number": 5, "id": "barred", "name": "Barred Spiral Galaxies"}
    questions = model["tree"]["questions"]
    assert [q["id"] for q in questions] == [q.id for q in SKYFORM.questions]
    assert questions[0]["answers"][0]["next"] == "roundness"
    assert model["tree"]["also_asked"] == {"sense": ["spiral.yes"]}
    assert body["limits"] == {
        "max_upload_bytes": 32 * 2**20,
        "max_pixels": 100_000_000,
        "max_files": 500,
    }


def test_health_names_the_model(client: TestClient) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "model": MODEL}


def test_samples_are_those_listed_and_present(client: TestClient) -> None:
    samples = client.get("/api/v1/samples").json()["samples"]
    assert [s["file"] for s in samples] == ["spiral.jpg", "edge.jpg"]
    assert samples[0]["licence"] == "CC BY 4.0"
    picture = client.get("/" + samples[0]["url"])
    assert picture.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(picture.content)).size == (96, 64)


@pytest.mark.parametrize(
    "name", ["unlisted.jpg", "credits.json", "missing.jpg", "..%2Foutside.jpg", "outside.jpg"]
)
def test_nothing_else_is_a_sample(client: TestClient, name: str) -> None:
    response = client.get(f"/samples/{name}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not-found"


@pytest.mark.parametrize("content", [None, "no JSON", '{"file": "a.jpg"}', "[1, {}]"])
def test_without_samples_the_list_is_empty(
    serve: Serve, tmp_path_factory: pytest.TempPathFactory, content: str | None
) -> None:
    folder = tmp_path_factory.mktemp("none")
    if content is not None:
        (folder / "credits.json").write_text(content)
    client = serve(samples=str(folder))
    assert client.get("/api/v1/samples").json() == {"samples": []}
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("part", [classify_routes, results_routes, jobs_routes, account_routes])
def test_no_dependency_takes_a_thread(part: Callable[[], APIRouter]) -> None:
    # FastAPI runs a plain function in another thread, which costs a request more than these functions do.
    def asked(dependant: Dependant) -> Iterator[object]:
        for needed in dependant.dependencies:
            yield needed.call
            yield from asked(needed)

    found = {c for r in part().routes if isinstance(r, APIRoute) for c in asked(r.dependant)}
    assert service in found
    assert [c for c in found if not inspect.iscoroutinefunction(c)] == []
