"""A trained model's answers, for another to learn from."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from made_up_data import write_data

from skyform.datasets import SOURCES, Row, read_source
from skyform.errors import RecipeError
from skyform.inference import Classifier
from skyform.schema import KINDS, SKYFORM
from skyform.training.attach import read_description, write_metadata
from skyform.training.module import kinds_to_learn
from skyform.training.teacher import teach


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    data = write_data(tmp_path_factory.mktemp("data"), rows=6)
    return list(read_source(SOURCES["gz2"], data))


@pytest.fixture(scope="module")
def teacher() -> str:
    return str(Classifier.load().model.path)


def test_it_says_what_the_classifier_says(rows: list[Row], teacher: str, tmp_path: Path):
    taught = teach(teacher, rows, cache=tmp_path)
    assert taught.answers.shape == (6, len(SKYFORM.answers))
    assert np.allclose(taught.kinds.sum(axis=1), 1, atol=1e-5)
    prediction = Classifier.load().classify(rows[0].image, average=True)
    kind = prediction.kind
    assert kind is not None
    assert KINDS[int(taught.kinds[0].argmax())].id == kind.id
    again = teach(teacher, rows, cache=tmp_path)
    assert np.array_equal(again.answers, taught.answers)
    assert len(list(tmp_path.glob("taught-*.npz"))) == 1


def test_another_file_is_asked_anew(rows: list[Row], teacher: str, tmp_path: Path):
    changed = tmp_path / "teacher.onnx"
    shutil.copy(teacher, changed)
    teach(str(changed), rows, cache=tmp_path)
    described = read_description(changed)
    write_metadata(changed, {**described, "version": "next"})
    teach(str(changed), rows, cache=tmp_path)
    assert len(list(tmp_path.glob("taught-*.npz"))) == 2


def test_a_mirrored_picture_is_taught_the_same_but_for_the_sense(rows: list[Row], teacher: str):
    import io

    from PIL import Image, ImageOps

    buffer = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(rows[0].image))).save(buffer, "PNG")
    plain = io.BytesIO()
    Image.open(io.BytesIO(rows[0].image)).save(plain, "PNG")
    pair = [
        Row("a", "gz2", "train", "", picture.getvalue(), rows[0].labels, {})
        for picture in (plain, buffer)
    ]
    a, b = teach(teacher, pair).answers
    sense = SKYFORM.slices["sense"]
    assert np.allclose(a[: sense.start], b[: sense.start], atol=0.02)
    assert np.allclose(a[sense], b[sense][::-1], atol=0.02)


def test_a_teacher_that_is_not_there(rows: list[Row], tmp_path: Path):
    with pytest.raises(RecipeError, match="teacher is 'bundled:huge', which is not there"):
        teach("bundled:huge", rows)


def test_the_teacher_is_not_asked_about_a_kind_that_the_label_names():
    possible = torch.tensor([[False, True, False], [True, False, True], [False, False, False]])
    taught = torch.tensor([[0.8, 0.1, 0.1], [0.2, 0.3, 0.5], [0.6, 0.2, 0.2]])
    learnt = kinds_to_learn(possible, taught)
    assert learnt[0].tolist() == [0, 1, 0]
    assert torch.equal(learnt[1:], taught[1:])
