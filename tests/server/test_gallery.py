"""The gallery over HTTP, the look-alikes, and the figures that come of them."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from fakes import FakeClassifier, FakeInfo, Serve
from fastapi.testclient import TestClient

from skyform.schema import GALAXY10_DECALS, KINDS, Prediction
from skyform.server.exhibits import Exhibits
from skyform.server.figures import gallery_figures
from skyform.server.gallery import Gallery
from skyform.server.neighbours import Neighbours
from skyform.server.problems import RequestError

GALLERY = "/api/v1/gallery"


@pytest.fixture(scope="module")
def exhibits() -> Exhibits:
    return Exhibits()


@pytest.fixture(scope="module", params=["base@2.3", "small@1.3"])
def gallery(exhibits: Exhibits, request: pytest.FixtureRequest) -> Gallery:
    """Seen by a bundled model, which needs not be asked."""

    def never(picture: bytes, id: str) -> Any:
        raise AssertionError("asked")

    return Gallery(exhibits, model=request.param, classify=never)


@pytest.fixture
def bundled(serve: Serve) -> TestClient:
    """A server with a bundled model, which has nothing to classify for the gallery."""
    classifier = FakeClassifier()
    classifier.info = FakeInfo(id="small@1.3")
    return serve(classifier)


def ids(page: Any) -> list[str]:
    return [e["id"] if isinstance(e, dict) else e.id for e in page]


def test_pages_join_to_the_whole_gallery(bundled: TestClient, exhibits: Exhibits) -> None:
    found, cursor = [], None
    while True:
        page = bundled.get(GALLERY, params={"limit": 50} | ({"cursor": cursor} if cursor else {}))
        assert page.status_code == 200, page.text
        found += ids(page.json()["items"])
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert found == [h.id for h in exhibits.held]
    assert page.json()["total"] == len(found)


def test_filters_count_what_there_is_and_narrow_to_it(bundled: TestClient) -> None:
    filters = bundled.get(GALLERY).json()["filters"]
    assert filters["names"].keys() == filters["classes"].keys()
    for name, values in (("classes", filters["classes"]), ("surveys", filters["surveys"])):
        for value, count in list(values.items())[:4]:
            page = bundled.get(GALLERY, params={name: value, "limit": 100}).json()
            assert page["total"] == len(page["items"]) == count
    two = {"classes": ["galaxy10_decals:barred", "kind:nebula"]}
    shown = bundled.get(GALLERY, params=two).json()["items"]
    assert {e["truth"]["id"] for e in shown} == {"barred", "nebula"}
    assert bundled.get(GALLERY, params={"classes": "x:y"}).json()["items"] == []


def test_orders(gallery: Gallery) -> None:
    sure = [e.confidence for e in gallery.page(order="confidence", limit=100).items]
    assert sure == sorted(sure, reverse=True)
    mistakes = gallery.page(order="mistakes", limit=1000)
    known = [e.right for e in mistakes.items]
    assert known == sorted(known)
    wrong = gallery.page(mistakes=True, limit=1000)
    assert [e.right for e in wrong.items] == [False] * wrong.total
    assert wrong.total == mistakes.filters.mistakes == known.count(False)
    for exhibit in mistakes.items:
        assert exhibit.truth is not None
        assert exhibit.predicted is not None
        assert exhibit.right == (exhibit.truth.id == exhibit.predicted.id)
        assert exhibit.truth.taxonomy == exhibit.predicted.taxonomy


def test_a_cursor_of_nowhere_is_refused(bundled: TestClient) -> None:
    for cursor in ("x", "-1", "1.5", "\u0661", "9" * 30):
        response = bundled.get(GALLERY, params={"cursor": cursor})
        assert response.status_code == 422
        assert response.json()["error"]["code"] == "invalid-parameter"


def test_a_cursor_behind_the_end_gives_an_empty_last_page(bundled: TestClient) -> None:
    page = bundled.get(GALLERY, params={"cursor": "999999"}).json()
    assert (page["items"], page["next"]) == ([], None)


def test_every_class_is_drawn_equally_often(gallery: Gallery) -> None:
    drawn = Counter(gallery.held(gallery.draw("galaxy10_decals")).number for _ in range(2000))
    assert drawn.keys() == set(range(10))
    assert max(abs(n - 200) for n in drawn.values()) < 75
    odd = Counter(gallery.held(gallery.draw("kind")).label for _ in range(400))
    assert abs(odd["nebula"] - 200) < 60
    with pytest.raises(RequestError, match="No exhibit has a class of 'hubble'"):
        gallery.draw("hubble")


def test_one_exhibit_comes_with_the_whole_statement(client: TestClient) -> None:
    shown = client.get(f"{GALLERY}/random").json()
    again = client.get(f"{GALLERY}/{shown['id']}").json()
    for detail in (shown, again):
        detail["classification"].pop("request_id")
    assert shown == again
    assert shown["classification"]["model"] == "fake@1"
    assert shown["classification"]["sentence"] == shown["sentence"]
    missing = client.get(f"{GALLERY}/nothing")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "not-found"
    assert client.get(f"{GALLERY}/random", params={"taxonomy": "x"}).status_code == 404


def test_pictures_are_kept_by_browsers_for_good(bundled: TestClient, exhibits: Exhibits) -> None:
    held, labelled = exhibits.held[3], exhibits.labelled[5]
    for address, bytes in (
        (f"{GALLERY}/{held.id}/picture", held.picture),
        (f"{GALLERY}/{held.id}/thumbnail", held.thumbnail),
        (f"/api/v1/neighbours/{labelled.id}/picture", labelled.picture),
    ):
        first = bundled.get(address)
        assert first.content == bytes
        assert first.headers["content-type"] == "image/jpeg"
        assert "immutable" in first.headers["cache-control"]
        again = bundled.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for address in (
        f"{GALLERY}/x/picture",
        f"{GALLERY}/x/thumbnail",
        "/api/v1/neighbours/x/picture",
    ):
        assert bundled.get(address).status_code == 404


def test_another_model_is_asked_when_it_is_needed(serve: Serve, exhibits: Exhibits) -> None:
    classifier = FakeClassifier()
    client = serve(classifier)
    assert classifier.calls == []
    for _ in range(2):
        client.get(f"{GALLERY}/{exhibits.held[0].id}")
    assert [c["id"] for c in classifier.calls] == [exhibits.held[0].id]


def test_another_model_is_asked_once(exhibits: Exhibits) -> None:
    asked: list[str] = []

    def classify(picture: bytes, id: str) -> Prediction:
        asked.append(id)
        return Prediction(id, "", "other@1")

    gallery = Gallery(exhibits, model="other@1", classify=classify)
    gallery.page()
    gallery.page(order="confidence")
    gallery.shown(exhibits.held[0].id)
    assert asked == [h.id for h in exhibits.held]


def test_a_model_that_cannot_be_compared_is_neither_right_nor_wrong(exhibits: Exhibits) -> None:
    def silent(picture: bytes, id: str) -> Prediction:
        return Prediction(id, "", "silent@1", sentence="A galaxy.")

    gallery = Gallery(exhibits, model="silent@1", classify=silent)
    page = gallery.page(limit=1000)
    assert {(e.predicted, e.right, e.confidence) for e in page.items} == {(None, None, 0.0)}
    assert page.filters.mistakes == 0
    figures = gallery_figures(gallery, model="silent@1")
    assert (figures.exhibits, figures.reliability) == (0, [])
    assert gallery.detail(exhibits.held[0].id, request_id="r").classification.look_alikes == []
    assert gallery.tree_statement(exhibits.held[0].id)["model"] in exhibits.views


def test_figures_are_computed_from_the_exhibits(gallery: Gallery, exhibits: Exhibits) -> None:
    figures = gallery_figures(gallery, model="base@2.3")
    shown = gallery.page(limit=1000).items
    assert figures.exhibits == sum(b.count for b in figures.reliability) == len(exhibits.held)
    for b in figures.reliability:
        assert 0 <= b.right <= 1
    right = sum(b.right * b.count for b in figures.reliability)
    assert right == pytest.approx(sum(e.right is True for e in shown))
    tables = {t.taxonomy: np.array(t.counts) for t in figures.confusion}
    assert list(tables) == ["kind", "galaxy10_decals"]
    assert tables["kind"].shape == (len(KINDS), len(KINDS))
    assert tables["galaxy10_decals"].sum(axis=1).tolist() == [5] * len(GALAXY10_DECALS.classes)
    classes = [e for e in shown if e.truth and e.truth.taxonomy == "galaxy10_decals"]
    assert np.trace(tables["galaxy10_decals"]) == sum(e.right is True for e in classes)


def test_figures_and_comparison_over_http(bundled: TestClient) -> None:
    figures = bundled.get("/api/v1/models/figures").json()
    assert figures["model"] == "small@1.3"
    rows = bundled.get("/api/v1/comparison").json()["rows"]
    assert [r["system"] for r in rows if r["task"].startswith("Galaxy10 SDSS")] == ["R1"]
    assert all(r["reproduced"] and r["measure"] for r in rows)


def test_look_alikes_look_alike(exhibits: Exhibits) -> None:
    for model, view in exhibits.views.items():
        neighbours = Neighbours(exhibits, model=model)
        inverse = view.labelled[:40] @ view.axes + view.mean
        for i, embedding in enumerate(inverse):
            found = neighbours.look_alikes(embedding, 4)
            assert found[0].id == exhibits.labelled[i].id
            assert found[0].likeness > 0.99
            likeness = [f.likeness for f in found]
            assert likeness == sorted(likeness, reverse=True)
            assert min(likeness) >= 0.5
            assert all(neighbours.picture(f.id) for f in found)


def test_edge_on_galaxies_have_edge_on_look_alikes(gallery: Gallery, exhibits: Exhibits) -> None:
    edge_on = [i for i, h in enumerate(exhibits.held) if h.label == "edge-on-no-bulge"]
    found = [n.label for i in edge_on for n in gallery.neighbours.like_exhibit(i, 3)]
    words = ("edge-on", "bulge", "dust lane", "cigar")
    assert sum(any(w in label for w in words) for label in found) / len(found) > 0.7


def test_embeddings_of_other_models_have_no_look_alikes(exhibits: Exhibits) -> None:
    model, view = next(iter(exhibits.views.items()))
    neighbours = Neighbours(exhibits, model=model)
    assert neighbours.look_alikes(np.ones(5, np.float32)) == []
    assert neighbours.look_alikes(view.mean) == []
    assert neighbours.look_alikes(np.full_like(view.mean, np.nan)) == []
    assert neighbours.picture("nothing") is None
    other = Neighbours(exhibits, model="other@1")
    assert other.look_alikes(view.mean + 1) == other.like_exhibit(0) == []
