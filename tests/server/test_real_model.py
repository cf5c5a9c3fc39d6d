"""The bundled model behind the real application."""

from collections.abc import Iterator

import pytest
from fakes import picture
from fastapi.testclient import TestClient

from skyform.schema import SKYFORM, TAXONOMIES
from skyform.server import Settings, create_app
from skyform.server.contract import Classification


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    data = tmp_path_factory.mktemp("real")
    with TestClient(create_app(Settings(data=str(data)))) as client:
        yield client


def test_an_upload_is_answered_by_the_bundled_model(real: TestClient) -> None:
    data = picture("JPEG", width=320, height=320)
    response = real.post("/api/v1/classify?evidence=true", files={"file": ("glow.jpg", data)})
    assert response.status_code == 200, response.text
    answer = Classification.model_validate(response.json())
    model = real.get("/healthz").json()["model"]
    assert (answer.id, answer.model, answer.error) == ("glow", model, None)
    assert answer.kind is not None
    assert sum(answer.kind.probabilities.values()) == pytest.approx(1, abs=1e-4)
    assert answer.sentence.endswith(".")
    assert [a.id for a in answer.answers] == [a.id for a in SKYFORM.answers]
    assert all(0 <= a.low <= a.fraction <= a.high <= 1 for a in answer.answers)
    for id, choice in answer.classes.items():
        assert len(choice.probabilities) == len(TAXONOMIES[id].classes)
        assert sum(choice.probabilities) == pytest.approx(1, abs=1e-4)
    assert answer.frame is not None
    assert (answer.frame.width, answer.frame.height) == (320, 320)
    assert answer.evidence is not None
    assert all(0 <= v <= 1 for row in answer.evidence for v in row)


def test_the_model_is_described(real: TestClient) -> None:
    (model,) = real.get("/api/v1/models").json()["models"]
    assert model["id"] == f"{model['name']}@{model['version']}"
    assert model["card"]
    assert {t["id"] for t in model["taxonomies"]} >= {"galaxy10_decals", "hubble"}


def test_what_is_no_picture_is_an_error_with_a_remedy(real: TestClient) -> None:
    response = real.post("/api/v1/classify", files={"file": ("a.jpg", b"only words. " * 50)})
    assert response.status_code == 415
    assert response.json()["error"]["code"] == "unknown-format"
    assert response.json()["error"]["remedy"]
