"""Classifying in one call, for notebooks."""

from pathlib import Path

import numpy as np
import pytest
from made_up_data import drawn_galaxy

import skyform
from skyform.inference import Results

SAMPLES = sorted((Path(skyform.__file__).parent / "samples").glob("*.jpg"))[:3]


@pytest.fixture(scope="module")
def results() -> Results:
    found = skyform.classify([*SAMPLES, b"no picture", drawn_galaxy(1)], model="small")
    assert isinstance(found, Results)
    return found


def test_one_picture_gives_one_prediction():
    prediction = skyform.classify(SAMPLES[0], model="small")
    assert prediction.id == SAMPLES[0].stem
    assert prediction.sentence
    array = np.asarray(drawn_galaxy(2))
    assert skyform.classify(array, model="small").ok


def test_many_give_results_in_order(results: Results):
    assert [p.id for p in results][:3] == [p.stem for p in SAMPLES]
    assert [p.ok for p in results] == [True, True, True, False, True]
    assert "5 pictures, 1 failed" in repr(results)
    assert len(results[1:3]) == 2
    assert results[1:3][0] is results[1]


def test_tables_hold_what_the_predictions_say(results: Results):
    arrow = results.to_arrow()
    assert arrow.num_rows == 5
    assert arrow["id"].to_pylist() == [p.id for p in results]
    assert arrow.schema.field("galaxy10_sdss").metadata[b"description"]
    assert arrow["kind"].to_pylist()[3] is None
    table = results.to_astropy()
    assert list(table["id"]) == [p.id for p in results]
    assert table["kind_confidence"].mask.tolist() == [False, False, False, True, False]
    assert table["kind_confidence"][0] == pytest.approx(arrow["kind_confidence"][0].as_py())
    assert table["kind_confidence"].description


def test_a_notebook_sees_pictures_and_sentences(results: Results):
    page = results._repr_html_()
    assert page.count("<img") == 4
    assert results[0].sentence.split(";")[0] in page
    assert "<b>" in page


def test_names_from_outside_are_escaped(tmp_path: Path):
    path = tmp_path / "<script>.jpg"
    path.write_bytes(SAMPLES[0].read_bytes())
    page = skyform.classify([path], model="small")._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_gallery_of_many_is_cut_short(results: Results):
    many = Results([results[0]] * 70, sources=[SAMPLES[0]] * 70, info=results.info)
    page = many._repr_html_()
    assert page.count("<img") == 60
    assert "and 10 more" in page
