"""A model file calibrated anew, without training and without torch."""

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from made_up_data import write_data

from skyform.errors import DataError, ModelError
from skyform.images import Preprocess, decode
from skyform.inference import Classifier, ModelFile, bundled_path
from skyform.schema import TAXONOMIES, Flag
from skyform.training.calibrate import calibrate_file
from skyform.training.judging import judge, validation_rows
from skyform.training.onnx_outputs import run_onnx
from skyform.training.truth import is_excluded


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"), rows=48)


@pytest.fixture(scope="module")
def calibrated(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("models") / "mine.onnx"
    changes = {"name": "mine", "version": "7", "looks": 2}
    calibrate_file(bundled_path("small"), target, data=data, changes=changes)
    return target


def test_the_copy_has_the_new_calibration_and_the_same_network(calibrated: Path):
    old, new = ModelFile(bundled_path("small")), ModelFile(calibrated)
    assert new.info.id == "mine@7"
    assert (old.info.looks, new.info.looks) == (1, 2)
    assert new.info.calibration != old.info.calibration
    assert new.info.card["train"] == old.info.card["train"]
    assert new.info.card["validation"]["int8"]["gz2_rmse"]["n"] == 12
    size = new.info.preprocess.size
    pixels = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    np.testing.assert_array_equal(old.run(pixels).embedding, new.run(pixels).embedding)


def test_the_classifier_takes_the_looks_that_the_file_names(calibrated: Path, data: Path):
    rows = validation_rows(data)[:4]
    classifier = Classifier.load(calibrated)
    preprocess = Preprocess.from_dict(classifier.info.preprocess.to_dict())
    pixels = np.stack([preprocess(decode(r.image)).pixels for r in rows])
    kinds = run_onnx(calibrated, pixels, looks=2)["kinds"]
    calibration = classifier.info.calibration
    wanted = calibration.kinds(kinds, run_onnx(calibrated, pixels, looks=2)["distance"])
    for row, p in zip(rows, wanted, strict=True):
        kind = classifier.classify(row.image).kind
        assert kind is not None
        assert list(kind.probabilities.values()) == pytest.approx(p.tolist(), abs=2e-3)


def test_excluded_licences_are_measured_and_not_fitted_to(data: Path):
    rows = validation_rows(data)
    model = bundled_path("small")
    size = Classifier.load(model).info.preprocess.size
    preprocess = Preprocess(size=size)
    pixels = np.stack([preprocess(decode(r.image)).pixels for r in rows])
    every, some = (
        judge(model, rows, pixels, learnt={"gz1"}, exclude_licences=e) for e in ((), ("NC",))
    )
    assert every.calibration.kind_temperature != some.calibration.kind_temperature
    assert every.scores["deepsky_kind"].n == some.scores["deepsky_kind"].n


def test_the_card_has_the_mix_that_the_model_finds_in_its_own_sources(calibrated: Path, data: Path):
    classifier = Classifier.load(calibrated)
    card = classifier.info.card
    learnt = [
        r
        for r in validation_rows(data)
        if r.source in card["train"] and not is_excluded(r, card["exclude_licences"])
    ]
    assert set(card["mix"]) == set(TAXONOMIES)
    counts = Counter[str]()
    for row in learnt:
        said = classifier.classify(row.image)
        # The flag says that it is something else, or nothing that the model knows.
        if Flag.NOT_A_GALAXY not in said.flags:
            counts[said.classes["galaxy_zoo_1"].id] += 1
    assert counts.total() > 10
    # The batch of a network in 8 bits moves an answer by a thousandth: one picture may be on the other side.
    assert sum(abs(counts[c] - n) for c, n in card["mix"]["galaxy_zoo_1"].items()) <= 2


def only(data: Path, folder: Path, *names: str) -> Path:
    """A folder with only these files of the data."""
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data / name, target)
    return folder


def test_the_copy_says_that_its_user_calibrated_it(data: Path, tmp_path: Path):
    old = ModelFile(bundled_path("small")).info
    calibrate_file(bundled_path("small"), tmp_path / "own.onnx", data=data)
    new = ModelFile(tmp_path / "own.onnx").info
    assert new.id == f"{old.id}+own"
    assert new.card["version"] == new.version
    # The licence of the deep-sky pictures forbids it.
    assert new.card["calibrated_on"] == {
        "gz2": 12,
        "examples": 12,
        "gz1": 12,
        "everyday": 60,
    }
    assert {"classes: galaxy10_decals", "kinds", "strangers"} <= set(new.card["kept"])
    calibrate_file(tmp_path / "own.onnx", tmp_path / "again.onnx", data=data)
    assert ModelFile(tmp_path / "again.onnx").info.id == new.id


def test_one_sided_pictures_keep_what_they_say_nothing_about(data: Path, tmp_path: Path):
    galaxies = only(
        write_data(tmp_path / "all", rows=160), tmp_path / "some", "galaxies/gz1.parquet"
    )
    calibrate_file(bundled_path("small"), tmp_path / "own.onnx", data=galaxies)
    old, new = (
        ModelFile(p).info.calibration for p in (bundled_path("small"), tmp_path / "own.onnx")
    )
    assert new.rejection == old.rejection
    assert (new.familiar, new.distrust) == (old.familiar, old.distrust)
    assert new.intervals == old.intervals
    assert {q: t for q, t in new.temperatures.items() if q != "sense"} == {
        q: t for q, t in old.temperatures.items() if q != "sense"
    }
    assert new.class_offsets["galaxy_zoo_1"] != old.class_offsets["galaxy_zoo_1"]
    assert new.class_offsets["hubble"] == old.class_offsets["hubble"]


def test_thirteen_pictures_are_too_few_and_nothing_is_written(tmp_path: Path):
    data = only(write_data(tmp_path / "all", rows=52), tmp_path / "some", "galaxies/gz1.parquet")
    with pytest.raises(DataError, match=r"^13 pictures .* at least 30"):
        calibrate_file(bundled_path("small"), tmp_path / "x.onnx", data=data)
    assert not (tmp_path / "x.onnx").exists()


def test_a_folder_without_validation_pictures(tmp_path: Path):
    with pytest.raises(DataError, match="holds no validation picture"):
        calibrate_file(bundled_path("small"), tmp_path / "x.onnx", data=tmp_path)


def test_a_file_that_is_no_model(tmp_path: Path, data: Path):
    (tmp_path / "x.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"x\.onnx is not a usable ONNX model"):
        calibrate_file(tmp_path / "x.onnx", tmp_path / "y.onnx", data=data)


def test_it_needs_no_torch():
    code = "import sys, skyform.training.calibrate; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
