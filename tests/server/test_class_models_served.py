"""Models with classes of their own behind the real application."""

import io
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from made_up_models import coloured, made_up_model

from skyform.evaluation.class_calibration import ClassCalibration
from skyform.schema import TAXONOMIES
from skyform.server import Settings, create_app
from skyform.server.contract import Classification, ModelList


def served(model: Path) -> TestClient:
    return TestClient(create_app(Settings(model=str(model), data=str(model.parent / "data"))))


def upload(red: int, green: int, blue: int) -> dict[str, tuple[str, bytes]]:
    buffer = io.BytesIO()
    coloured(red, green, blue).save(buffer, "PNG")
    return {"file": ("paint.png", buffer.getvalue())}


def asked(client: TestClient, files: dict[str, tuple[str, bytes]], query: str) -> Classification:
    response = client.post(f"/api/v1/classify?{query}", files=files)
    assert response.status_code == 200, response.text
    return Classification.model_validate(response.json())


def test_a_model_that_knows_only_its_classes(tmp_path: Path) -> None:
    calibration = ClassCalibration(temperature=10.0, threshold=0.3)
    with served(made_up_model(tmp_path / "m.onnx", calibration=calibration)) as client:
        answer = asked(client, upload(120, 0, 118), "evidence=true&embedding=true")
        assert (answer.kind, answer.answers, answer.asked, answer.path_taken) == (None, [], {}, [])
        assert list(answer.classes) == ["colours"]
        choice = answer.classes["colours"]
        assert (choice.number, choice.id, choice.answer_set) == (7, "red", ["red", "blue"])
        assert choice.chance
        assert answer.sentence.startswith("It could be")
        assert answer.evidence is not None
        assert answer.embedding is not None
        assert len(answer.embedding) == 3
        (model,) = ModelList.model_validate(client.get("/api/v1/models").json()).models
        assert model.tree is None
        (scheme,) = model.taxonomies
        assert (scheme.id, scheme.name, scheme.learned) == ("colours", "Colours", True)
        assert [(c.number, c.id) for c in scheme.classes] == [(7, "red"), (8, "green"), (9, "blue")]
        assert client.get("/healthz").json() == {"status": "ok", "model": "made-up@1"}
        assert client.get("/").status_code == 200


@pytest.mark.parametrize("average", ["true", "false"])
def test_a_model_that_knows_everything(tmp_path: Path, average: str) -> None:
    path = made_up_model(tmp_path / "m.onnx", tree="skyform", kinds=True)
    with served(path) as client:
        answer = asked(client, upload(10, 230, 10), f"evidence=true&average={average}")
        assert list(answer.classes) == ["colours", *TAXONOMIES]
        assert answer.kind is not None
        assert len(answer.answers) == 39
        assert answer.evidence_of == "colours:green"
        assert answer.evidence is not None
        (model,) = ModelList.model_validate(client.get("/api/v1/models").json()).models
        assert model.tree is not None
        assert [t.learned for t in model.taxonomies] == [True, *[False] * len(TAXONOMIES)]


def test_a_model_of_votes_alone(tmp_path: Path) -> None:
    with served(made_up_model(tmp_path / "m.onnx", scheme=None, tree="kaggle")) as client:
        answer = asked(client, upload(200, 180, 160), "evidence=true")
        assert answer.kind is None
        assert len(answer.answers) == 37
        assert answer.path_taken
        assert "galaxy_zoo_1" not in answer.classes
        assert all(c.answer_set == [] for c in answer.classes.values())


def test_a_picture_that_cannot_be_used(tmp_path: Path) -> None:
    with served(made_up_model(tmp_path / "m.onnx")) as client:
        response = client.post("/api/v1/classify", files={"file": ("a.png", b"no picture")})
        assert response.status_code in (415, 422)
        assert response.json()["error"]["remedy"]
