"""What can be asked for beside the plain answer."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from fakes import FakeClassifier, Serve, picture
from fastapi.testclient import TestClient
from PIL import Image

from skyform.images import MeasuredShape
from skyform.server import Settings, create_app
from skyform.server.shape import shape_note

CLASSIFY = "/api/v1/classify"
PREVIEW = "/api/v1/preview"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The real small model."""
    data = tmp_path_factory.mktemp("small")
    with TestClient(create_app(Settings(model="small", data=str(data)))) as client:
        yield client


def galaxy_fits() -> bytes:
    """An inclined exponential disc over noise, in counts."""
    y, x = np.mgrid[:200, :200]
    r = np.hypot((x - 100) * 0.7, (y - 100) / 0.7) / 12
    counts = 3000 * np.exp(-r) + np.random.default_rng(2).normal(100, 5, r.shape)
    out = io.BytesIO()
    fits.PrimaryHDU(counts.astype(np.float32)).writeto(out)
    return out.getvalue()


def asked(client: TestClient, query: str, data: bytes) -> dict[str, Any]:
    response = client.post(f"{CLASSIFY}?{query}", content=data)
    assert response.status_code == 200, response.text
    return response.json()


def refused(client: TestClient, query: str, data: bytes) -> dict[str, str]:
    response = client.post(f"{CLASSIFY}?{query}", content=data)
    assert response.status_code == 422, response.text
    assert response.json()["error"]["remedy"]
    return response.json()["error"]


def test_plain_answers_have_none_of_it(client: TestClient) -> None:
    body = asked(client, "", picture())
    assert (body["shape"], body["display"], body["look_alikes"], body["lesson"]) == (
        None,
        None,
        [],
        "",
    )


def test_details(small: TestClient) -> None:
    body = asked(small, "details=true", galaxy_fits())
    shape = body["shape"]
    assert shape["ellipticity"] == pytest.approx(0.51, abs=0.05)
    assert min(shape["position_angle"], 180 - shape["position_angle"]) < 3
    assert shape["concentration"] == pytest.approx(2.9, abs=0.3)
    assert shape["asymmetry"] == pytest.approx(0, abs=0.1)
    assert shape["phrases"][0].startswith("About 2.")
    assert not any("as it is shown" in p for p in shape["phrases"])
    assert body["display"]["adjustable"] is True
    assert 0 < body["display"]["low"] < body["display"]["high"] <= 1
    assert body["display"]["softening"] == 1
    lesson = small.get(f"/api/v1/guide/{body['lesson']}")
    assert lesson.status_code == 200
    jpeg = asked(small, "details=true", picture("JPEG", width=300, height=300))
    assert jpeg["display"] == {"adjustable": False, "low": None, "high": None, "softening": None}


def test_with_and_without_company_the_answer_is_the_same(small: TestClient) -> None:
    data = picture("JPEG", width=424, height=424)
    plain, more = asked(small, "", data), asked(small, "details=true&evidence=true", data)
    assert plain["frame"] == more["frame"]
    for one, other in zip(plain["answers"], more["answers"], strict=True):
        assert one["fraction"] == pytest.approx(other["fraction"], abs=1e-4)


def test_a_stretch_is_used_and_reported(small: TestClient) -> None:
    data = galaxy_fits()
    plain = asked(small, "details=true", data)
    chosen = asked(small, "details=true&low=0.5&softening=3", data)
    assert chosen["display"]["low"] == pytest.approx(0.5)
    assert chosen["display"]["softening"] == 3
    assert chosen["answers"] != plain["answers"]
    shown = small.post(PREVIEW, content=data)
    darker = small.post(f"{PREVIEW}?low=0.6", content=data)
    assert shown.headers["X-Picture-Size"] == "200 200"
    means = [np.asarray(Image.open(io.BytesIO(r.content))).mean() for r in (shown, darker)]
    assert means[1] < means[0]


@pytest.mark.parametrize("query", ["low=0.9&high=0.2", "low=2", "softening=0", "high=nan"])
def test_stretches_that_cannot_be(client: TestClient, query: str) -> None:
    assert refused(client, query, picture())["code"] == "invalid-parameter"
    assert client.post(f"{PREVIEW}?{query}", content=picture()).status_code == 422


def test_a_chosen_square_is_what_is_classified(small: TestClient) -> None:
    data = picture("PNG", width=300, height=200)
    body = asked(small, "crop=120,50,64.5&details=true&evidence=true", data)
    assert body["frame"] == {"x": 120, "y": 50, "side": 64.5, "width": 300, "height": 200}
    whole = asked(small, "", data)
    assert body["answers"] != whole["answers"]
    assert len(body["evidence"]) == 32
    beyond = asked(small, "crop=-40,-20,200", data)
    assert beyond["frame"]["x"] == -40


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("crop=900,900,50", "bad-crop"),
        ("crop=0,0,2", "bad-crop"),
        ("crop=0,0,5000", "bad-crop"),
        ("crop=1,2", "invalid-parameter"),
        ("crop=a,b,c", "invalid-parameter"),
        ("crop=1e9,1,1", "invalid-parameter"),
    ],
)
def test_squares_that_cannot_be(small: TestClient, query: str, code: str) -> None:
    assert refused(small, query, picture())["code"] == code


def test_evidence_of_what_is_asked_for(small: TestClient) -> None:
    data = picture("PNG", width=128, height=128)
    body = asked(small, "evidence_of=smooth-or-features.smooth", data)
    assert body["evidence_of"] == "smooth-or-features.smooth"
    assert body["evidence"] is not None
    error = refused(small, "evidence_of=beauty", data)
    assert error["code"] == "invalid-parameter"
    assert "'beauty'" in error["message"]
    assert "spiral.yes" in error["remedy"]


def test_every_option_reaches_the_classifier(serve: Serve) -> None:
    fake = FakeClassifier()
    client = serve(fake)
    asked(client, "evidence_of=spiral.yes&average=true", picture())
    assert fake.calls == [{"id": "upload", "evidence": "spiral.yes", "average": True}]


def test_what_figures_mean() -> None:
    disc = shape_note(MeasuredShape(0.02, None, 2.3, 0.05, 9.0), linear=True)
    assert disc.phrases == [
        "Nearly round in outline.",
        "Its light is spread out evenly, as in thin discs and irregular galaxies.",
        "Both halves look alike, as in undisturbed ellipticals and lenticulars.",
    ]
    merger = shape_note(MeasuredShape(0.5, 20.0, 4.4, 0.6, 9.0), linear=False)
    assert merger.phrases[0] == "About 2.0 times as long as it is wide."
    assert "mergers" in merger.phrases[2]
    assert merger.phrases[3].startswith("Measured on the picture as it is shown")
    assert shape_note(MeasuredShape(), linear=False).phrases == []


def test_real_files_agree_with_the_classifier(small: TestClient, tmp_path: Path) -> None:
    from skyform.inference import Classifier

    data = galaxy_fits()
    direct = Classifier.load("small").classify(data)
    served = asked(small, "", data)
    for one, other in zip(direct.answers, served["answers"], strict=True):
        assert one.fraction == pytest.approx(other["fraction"], abs=1e-4)
