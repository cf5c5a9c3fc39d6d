"""What a model comes from: the teacher of then, and names instead of folders."""

import hashlib
from pathlib import Path

import pytest

from skyform.errors import ModelError, RecipeError
from skyform.inference import Classifier, bundled_path
from skyform.training import Phase, Recipe
from skyform.training.origin import (
    Origin,
    Teacher,
    check_teacher,
    joined_origin,
    origin_of_run,
    read_teacher,
    teacher_of,
    write_teacher,
)

THEN = Teacher("base", "1.0", "ab" * 32)


def recipe(*, teacher: str = "", weights: str = "") -> Recipe:
    return Recipe(
        name="mine",
        version="1",
        backbone="tf_efficientnet_lite0",
        shares={"gz2": 1.0},
        phases=(Phase(1, 32),),
        teacher=teacher,
        weights=weights,
    )


def test_the_teacher_of_today_is_what_its_file_says_and_holds():
    teacher = teacher_of(recipe(teacher="bundled:base"))
    digest = hashlib.sha256(bundled_path().read_bytes()).hexdigest()
    assert teacher == Teacher("base", Classifier.load().info.version, digest)
    assert teacher_of(recipe(teacher=str(bundled_path()))) == teacher
    assert teacher_of(recipe()) is None


def test_what_cannot_teach(tmp_path: Path):
    with pytest.raises(RecipeError, match="is not there"):
        teacher_of(recipe(teacher=str(tmp_path / "gone.onnx")))
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match="not a usable ONNX model"):
        teacher_of(recipe(teacher=str(tmp_path / "text.onnx")))


def test_the_teacher_of_then_is_named_whatever_is_bundled_now(tmp_path: Path):
    write_teacher(tmp_path, THEN)
    assert read_teacher(tmp_path) == THEN
    assert origin_of_run(tmp_path, recipe(teacher="bundled:base")).teacher == "base 1.0"
    # A record that a killed start of another recipe left behind is nobody's teacher.
    assert origin_of_run(tmp_path, recipe()).teacher == ""


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("bundled:base", "base (version unknown)"),
        ("/somewhere/else/pair.fp32.onnx", "pair.fp32.onnx (version unknown)"),
        ("", ""),
    ],
)
def test_of_an_older_run_todays_version_is_not_claimed(named: str, said: str, tmp_path: Path):
    assert read_teacher(tmp_path) is None
    assert origin_of_run(tmp_path, recipe(teacher=named)).teacher == said


def test_another_teacher_does_not_go_on(tmp_path: Path):
    taught = recipe(teacher="bundled:base")
    now = Teacher("base", "1.0", "cd" * 32)
    check_teacher(tmp_path, taught, today=now)
    write_teacher(tmp_path, THEN)
    check_teacher(tmp_path, taught, today=THEN)
    check_teacher(tmp_path, recipe(), today=None)
    match = r"bundled:base is base 1\.0 \(SHA-256 cdcd.*started with base 1\.0 \(SHA-256 abab"
    with pytest.raises(RecipeError, match=match):
        check_teacher(tmp_path, taught, today=now)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("", ""),
        ("weights/lite0.safetensors", "lite0.safetensors"),
        ("/somewhere/else/lite0.safetensors", "lite0.safetensors"),
        ("package:some_weights", "package:some_weights"),
        ("run:/somewhere/else/runs/base-1", "run:base-1"),
        ("run:runs/base-1/", "run:base-1"),
    ],
)
def test_weights_are_named_without_their_folder(weights: str, said: str, tmp_path: Path):
    assert origin_of_run(tmp_path, recipe(weights=weights)).weights == said


def test_origins_together_name_each_once():
    a, b = Origin("x.safetensors", "base 1.0"), Origin("run:one", "")
    assert joined_origin([a, b, a]) == Origin("x.safetensors + run:one", "base 1.0")
    assert joined_origin([a, Origin("", "pair 2")]) == Origin(
        "x.safetensors + ", "base 1.0 + pair 2"
    )
    assert joined_origin([Origin("", ""), Origin("", "")]) == Origin("", "")
