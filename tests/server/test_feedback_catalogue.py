"""From votes to a catalogue that the laboratory reads, and to a model."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from fakes import Serve
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from kept import drawn, keep, somebody
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from visits import CHEAP, csrf, promote, sign_up, store_of

from skyform.cli import main
from skyform.datasets import open_dataset
from skyform.schema import KAGGLE, KINDS, SKYFORM
from skyform.server.catalogue import catalogue_row, write_catalogue
from skyform.store.results import result_subject
from skyform.store.reviews import Reviewed
from skyform.store.votes import Votes, cast_votes

ROUND = ["smooth-or-features.smooth", "roundness.round", "odd.no"]
EDGE_ON = ["smooth-or-features.features", "edge-on.yes", "edge-on-bulge.none", "odd.no"]
NOW = datetime(2024, 5, 6, tzinfo=UTC)


def reviewed(
    questions: Mapping[str, Mapping[str, int]], *, people: int = 3, **given: Any
) -> Reviewed:
    values: dict[str, Any] = {"decision": "", "labels": {}, "digest": f"{7:064x}"} | given
    return Reviewed("id", model="m@1", votes=Votes(people, questions), **values)


def say(client: TestClient, id: str, answers: list[str], *, kind: str | None = "galaxy") -> None:
    """One more person's votes."""
    given = {a.partition(".")[0]: a for a in answers} | ({"kind": kind} if kind else {})
    person = somebody(client)
    with store_of(client).database.transaction() as session:
        cast_votes(
            session,
            result_subject(id),
            owner=person,
            answers=given,
            source="feedback",
            now=NOW,
        )


@pytest.fixture
def curator(serve: Serve) -> TestClient:
    client = serve(**CHEAP)
    sign_up(client, "cecilia@example.org")
    promote(client, "curator", "cecilia@example.org")
    return client


@pytest.fixture
def catalogue(curator: TestClient, tmp_path: Path) -> Path:
    """Of ten round galaxies and as many edge-on ones, three votes each."""
    for i in range(20):
        id = keep(curator, data=drawn(i, round=i % 2 == 0))
        for _ in range(3):
            say(curator, id, ROUND if i % 2 == 0 else EDGE_ON)
    response = curator.get("/api/v1/catalogue")
    assert response.status_code == 200, response.text
    assert "catalogue.parquet" in response.headers["content-disposition"]
    path = tmp_path / "catalogue.parquet"
    path.write_bytes(response.content)
    return path


def test_the_laboratory_opens_it_and_fits_a_model(catalogue: Path, tmp_path: Path) -> None:
    data = open_dataset(catalogue)
    assert len(data) == 20
    assert {r.label for r in data.records} == {"galaxy"}
    assert {r.split for r in data.records} == {"train", "validation"}
    assert {r.volunteers for r in data.records} == {3.0}
    np.testing.assert_allclose(data.votes[:, KAGGLE.slices["smooth-or-features"]].sum(axis=1), 1)
    assert np.isfinite(data.votes).all()
    assert Image.open(io.BytesIO(data.image(0))).size == (96, 96)
    by_column = open_dataset(catalogue, label="hubble")
    assert {r.label for r in by_column.records} == {"elliptical", "spiral"}
    model = tmp_path / "mine.onnx"
    arguments = ["fit", str(catalogue), "--label", "hubble", "--to", str(model)]
    assert main([*arguments, "--out", str(tmp_path / "run")]) == 0
    assert model.stat().st_size > 1_000_000


def test_of_the_votes_alone_classes_can_be_derived(catalogue: Path) -> None:
    from skyform.training.fit_rows import with_classes

    data = with_classes(open_dataset(catalogue), scheme="clean5", mapping={})
    assert sorted(r.label for r in data.records) == ["completely_round"] * 10 + ["edge_on"] * 10


def test_the_same_picture_stays_on_one_side(curator: TestClient, tmp_path: Path) -> None:
    for picture in (drawn(1), drawn(2)):
        for _ in range(2):
            say(curator, keep(curator, data=picture), ROUND)
    path = tmp_path / "c.parquet"
    assert write_catalogue(store_of(curator), path, format="parquet") == 4
    rows = pq.read_table(path).drop(["image"]).to_pylist()
    sides = {(r["object"], r["split"]) for r in rows}
    assert len(sides) == 2
    assert len({r["object"] for r in rows}) == 2


def test_only_what_was_voted_on_leaves_and_without_names(
    curator: TestClient, tmp_path: Path
) -> None:
    keep(curator, data=drawn(1))
    id = keep(curator, data=drawn(2), shared=False)
    say(curator, id, ROUND)
    path = tmp_path / "c.parquet"
    assert write_catalogue(store_of(curator), path, format="parquet") == 1
    (row,) = pq.read_table(path).to_pylist()
    assert row["image_id"] == id
    assert row["image"] == {"bytes": drawn(2), "path": f"{id}.jpg"}
    assert b"Anna" not in path.read_bytes()


def test_what_cameras_write_stays_behind(curator: TestClient, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "Anna's telephone"
    out = io.BytesIO()
    upright = Image.open(io.BytesIO(drawn(3))).crop((0, 0, 96, 60))
    upright.save(out, "JPEG", exif=exif)
    say(curator, keep(curator, data=out.getvalue()), ROUND)
    path = tmp_path / "c.parquet"
    write_catalogue(store_of(curator), path, format="parquet")
    (row,) = pq.read_table(path).to_pylist()
    assert b"Anna" not in row["image"]["bytes"]
    picture = Image.open(io.BytesIO(row["image"]["bytes"]))
    assert (picture.format, picture.size) == ("PNG", (60, 96))
    assert row["image"]["path"].endswith(".png")


def told(format: str, *, deep: bool = False) -> bytes:
    """A picture that names somebody: where its format has a place for it."""
    image = Image.open(io.BytesIO(drawn(4, format="PNG")))
    exif = Image.Exif()
    exif[0x013B] = "Anna"
    texts = PngInfo()
    texts.add_text("Author", "Anna")
    if deep:
        image = Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 200)
    out = io.BytesIO()
    image.save(out, format, exif=exif, **({"pnginfo": texts} if format == "PNG" else {}))
    assert b"Anna" in out.getvalue()
    return out.getvalue()


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WebP"])
def test_whatever_names_somebody_stays_behind(
    curator: TestClient, tmp_path: Path, format: str
) -> None:
    say(curator, keep(curator, data=told(format)), ROUND)
    path = tmp_path / "c.parquet"
    write_catalogue(store_of(curator), path, format="parquet")
    (row,) = pq.read_table(path).to_pylist()
    assert b"Anna" not in row["image"]["bytes"]
    assert row["image"]["path"].endswith(".png")


def test_a_picture_that_cannot_be_made_impersonal_keeps_no_other_out(
    curator: TestClient, tmp_path: Path
) -> None:
    ids = [keep(curator, data=data) for data in (told("PNG", deep=True), drawn(5))]
    for id in ids:
        say(curator, id, ROUND)
    path = tmp_path / "c.parquet"
    assert write_catalogue(store_of(curator), path, format="parquet") == 1
    assert [row["image_id"] for row in pq.read_table(path).to_pylist()] == ids[1:]


def test_curators_labels_come_first_and_discarded_pictures_stay_out(curator: TestClient) -> None:
    ids = [keep(curator, data=drawn(i)) for i in range(3)]
    for id in ids:
        say(curator, id, ROUND)
    decide = {
        "decision": "correct",
        "kind": "galaxy",
        "answers": {a.partition(".")[0]: a for a in EDGE_ON},
    }
    for id, body in zip(ids, (decide, {"decision": "discard"}), strict=False):
        response = curator.put(f"/api/v1/reviews/{id}", json=body, headers=csrf(curator))
        assert response.status_code == 200, response.text
    response = curator.get("/api/v1/catalogue", params={"format": "csv"})
    assert response.headers["content-type"].startswith("text/csv")
    rows = {r["image_id"]: r for r in pc.read_csv(io.BytesIO(response.content)).to_pylist()}
    assert rows.keys() == {ids[0], ids[2]}
    assert (rows[ids[0]]["clean5"], rows[ids[2]]["clean5"]) == ("edge_on", "completely_round")
    assert rows[ids[0]]["votes_roundness.round"] == 1
    assert rows[ids[0]]["decision"] == "correct"


def test_an_empty_catalogue_has_its_columns(curator: TestClient) -> None:
    response = curator.get("/api/v1/catalogue")
    table = pq.read_table(io.BytesIO(response.content))
    assert table.num_rows == 0
    assert {"image", "label", "Class1.1", "votes_bar.yes", "votes_kind.lens"} <= set(
        table.column_names
    )
    assert curator.get("/api/v1/catalogue", params={"format": "xml"}).status_code == 422


def test_a_question_that_nobody_answered_is_unknown_and_not_zero() -> None:
    row = catalogue_row(reviewed({"smooth-or-features": {ROUND[0]: 2}}))
    assert (row["Class1.1"], row["Class1.2"], row["Class2.1"]) == (1.0, 0.0, 0.0)
    assert row["Class7.1"] is None
    assert row["Class6.1"] is None
    star = catalogue_row(reviewed({"smooth-or-features": {"smooth-or-features.star": 2}}))
    assert (star["Class6.1"], star["Class6.2"], star["label"]) == (0.0, 1.0, None)


@pytest.mark.parametrize(
    ("questions", "label"),
    [
        ({"kind": {"lens": 2, "galaxy": 1}}, "lens"),
        ({"kind": {"lens": 1, "galaxy": 1}}, None),
        ({"smooth-or-features": {ROUND[0]: 3}}, "galaxy"),
        ({"smooth-or-features": {ROUND[0]: 3}, "kind": {"nebula": 3}}, None),
        ({"bar": {"bar.no": 3}}, None),
    ],
)
def test_the_kind_is_what_most_people_say(questions: Any, label: str | None) -> None:
    assert catalogue_row(reviewed(questions))["label"] == label
    decided = reviewed(questions, decision="correct", labels={"kind": "cluster"})
    assert catalogue_row(decided)["label"] == "cluster"


COUNTS = st.fixed_dictionaries(
    {},
    optional={
        q.id: st.dictionaries(
            st.sampled_from([a.id for a in q.answers]), st.integers(1, 20), min_size=1
        )
        for q in SKYFORM.questions
    },
)


@given(COUNTS, st.integers(0, 2**256 - 1))
def test_shares_are_shares_whatever_people_said(questions: Any, digest: int) -> None:
    row = catalogue_row(reviewed(questions, digest=f"{digest:064x}"))
    shares = [row[a.column] for a in KAGGLE.answers]
    assert all(s is None or 0 <= s <= 1 + 1e-9 for s in shares)
    first = shares[KAGGLE.slices["smooth-or-features"]]
    assert None in first or sum(first) == pytest.approx(1)
    assert row["split"] in ("train", "validation")
    assert row["label"] in (None, *(k.id for k in KINDS))
