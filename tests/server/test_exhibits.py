"""The bundled exhibits: what they are, and that they belong to the models and results beside them."""

import hashlib
import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from skyform.errors import DataError
from skyform.evaluation.results_page import read_summaries
from skyform.inference import Classifier
from skyform.inference.modelfile import BUNDLED, bundled_path
from skyform.schema import GALAXY10_DECALS, SKYFORM
from skyform.server.comparison import comparison_rows
from skyform.server.contract import Classification
from skyform.server.exhibits import Exhibits

ROOT = Path(__file__).parents[2]
REBUILD = "rebuild with python -m skyform.server.exhibiting DATA"


@pytest.fixture(scope="module")
def exhibits() -> Exhibits:
    return Exhibits()


def test_there_are_five_of_each_class_and_they_take_little_room(exhibits: Exhibits) -> None:
    classes = Counter(h.number for h in exhibits.held if h.scheme == GALAXY10_DECALS.id)
    assert classes == dict.fromkeys(range(10), 5)
    assert len(exhibits.held) >= 100
    assert len(exhibits.labelled) >= 400
    folder = ROOT / "src" / "skyform" / "exhibits"
    assert sum(f.stat().st_size for f in folder.iterdir()) < 8_000_000


def test_every_picture_is_whole_credited_and_free_to_travel(exhibits: Exhibits) -> None:
    for held in exhibits.held:
        with Image.open(io.BytesIO(held.picture)) as picture:
            picture.load()
            assert picture.format == "JPEG"
            assert max(picture.size) <= 424
        assert held.id == hashlib.sha256(held.picture).hexdigest()[:12]
        assert held.title
        assert held.truth_text
    for small in (*(h.thumbnail for h in exhibits.held), *(n.picture for n in exhibits.labelled)):
        with Image.open(io.BytesIO(small)) as picture:
            picture.load()
            assert max(picture.size) <= 128
    everything = (*exhibits.held, *exhibits.labelled)
    assert {x.licence for x in everything} == {"MIT", "Apache-2.0"}
    assert all(x.credit for x in everything)
    assert len({x.id for x in everything}) == len(everything)
    assert len({(x.source, x.source_id) for x in everything}) == len(everything)


def test_ids_do_not_give_the_class_away(exhibits: Exhibits) -> None:
    shown = [f"{h.id} {h.title}".lower() for h in exhibits.held]
    words = ("barred", "spiral", "smooth", "class", "merg", "edge", "lens")
    assert not [s for s in shown if any(w in s for w in words)]


def test_answers_are_the_trees_and_belong_to_the_class(exhibits: Exhibits) -> None:
    for held in exhibits.held:
        assert set(held.answers) <= set(SKYFORM.index)
        if held.answers:
            assert held.answers[-1] == f"{held.scheme}.{held.label}"
            number = SKYFORM.index[held.answers[-1]] - SKYFORM.slices[held.scheme].start
            assert number == held.number


def test_the_views_are_those_of_the_bundled_models(exhibits: Exhibits) -> None:
    assert len(exhibits.views) == len(BUNDLED)
    for name in BUNDLED:
        digest = hashlib.sha256(bundled_path(name).read_bytes()).hexdigest()
        assert [v for v in exhibits.views.values() if v.digest == digest], f"{name}: {REBUILD}"
    for model, view in exhibits.views.items():
        assert view.held.shape == (len(exhibits.held), len(view.axes))
        assert view.labelled.shape == (len(exhibits.labelled), len(view.axes))
        for held, statement in zip(exhibits.held, view.statements, strict=True):
            said = json.loads(statement)
            assert (said["id"], said["model"]) == (held.id, model)
            assert Classification.model_fields.keys() >= said.keys(), REBUILD


def test_the_statements_are_what_the_model_says(exhibits: Exhibits) -> None:
    classifier = Classifier.load("small")
    view = exhibits.views[classifier.info.id]
    for i in (0, 60, len(exhibits.held) - 1):
        said = classifier.classify(exhibits.held[i].picture)
        kept = json.loads(view.statements[i])
        assert kept["sentence"] == said.sentence
        ours = [a["fraction"] for a in kept["answers"]]
        np.testing.assert_allclose(ours, [a.fraction for a in said.answers], atol=2e-3)
        place = view.place(said.embedding[None].astype(np.float32))[0]
        likeness = place @ view.held[i] / np.linalg.norm(place) / np.linalg.norm(view.held[i])
        assert likeness > 0.999


def test_the_comparison_is_that_of_the_results(exhibits: Exhibits) -> None:
    rows = comparison_rows(read_summaries(ROOT / "docs" / "results").values())
    assert [dict(r) for r in exhibits.comparison] == [r.model_dump() for r in rows], REBUILD
    assert {r.system for r in rows} == {"R1", "R2", "R3", "R4", "R5"}


def test_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "held.parquet").write_bytes(b"PAR1 not really")
    broken = Exhibits(tmp_path)
    with pytest.raises(DataError, match=r"held\.parquet cannot be read"):
        _ = broken.held
    with pytest.raises(DataError, match=r"views\.parquet.*Install Skyform again"):
        _ = broken.views
    with pytest.raises(DataError, match=r"comparison\.json"):
        _ = broken.comparison
