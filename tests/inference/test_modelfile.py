import json
from pathlib import Path

import pytest

from skyform.errors import ModelError
from skyform.inference import BUNDLED, DEFAULT, Classifier, ModelFile, bundled_path, model_path
from skyform.schema import GALAXY10_DECALS

onnx = pytest.importorskip("onnx")


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_models_say_what_they_are(name: str):
    info = ModelFile(bundled_path(name)).info
    assert info.name == name
    assert info.precision == "int8"
    assert info.taxonomies["galaxy10_decals"] is GALAXY10_DECALS
    assert info.card["validation"]["int8"]["gz2_rmse"]["n"] == 86
    # What the site's page about the model shows, and what the summary of a batch compares with.
    scores = info.card["measures"]["scores"]
    assert scores["gz2_rmse"] == info.card["validation"]["int8"]["gz2_rmse"]
    assert {"confidence", "rejection", "stability", "surveys"} < set(info.card["measures"])
    assert set(info.card["mix"]) == set(info.taxonomies)


def test_bundled_files_fit_the_limit():
    assert sum(bundled_path(name).stat().st_size for name in BUNDLED) < 25e6


def test_a_name_that_is_not_bundled():
    with pytest.raises(
        ModelError, match=r"No model 'huge' comes with Skyform\. There are base, small"
    ):
        bundled_path("huge")


def test_a_name_or_a_path(tmp_path: Path):
    assert model_path(None) == bundled_path() == model_path(DEFAULT)
    assert model_path("small") == bundled_path("small")
    assert model_path("./small") == Path("small")
    assert model_path(tmp_path / "x.onnx") == tmp_path / "x.onnx"


def test_a_missing_model(tmp_path: Path):
    with pytest.raises(ModelError, match=r"none\.onnx does not exist"):
        Classifier.load(tmp_path / "none.onnx")


def test_a_run_folder_is_no_model_but_holds_one(tmp_path: Path):
    with pytest.raises(ModelError, match="is a folder without a model"):
        Classifier.load(tmp_path)
    (tmp_path / "recipe.yaml").touch()
    with pytest.raises(ModelError, match="is the folder of a run that has no model file yet"):
        Classifier.load(tmp_path)
    (tmp_path / "model").mkdir()
    file = tmp_path / "model" / "ours.onnx"
    file.touch()
    with pytest.raises(ModelError, match="is a folder, not a model file") as caught:
        Classifier.load(tmp_path)
    assert str(file) in caught.value.remedy


def test_a_damaged_model(tmp_path: Path):
    path = tmp_path / "cut.onnx"
    path.write_bytes(bundled_path().read_bytes()[:100_000])
    with pytest.raises(ModelError, match="not a usable ONNX model"):
        Classifier.load(path)


def changed(path: Path, **values: object) -> Path:
    model = onnx.load(str(bundled_path()))
    metadata = json.loads(model.metadata_props[0].value) | values
    del model.metadata_props[:]
    if values:
        onnx.helper.set_model_props(model, {"skyform": json.dumps(metadata)})
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "without Skyform's metadata"),
        ({"format": 99}, "model format 99; this Skyform reads formats 1 and 2"),
        ({"kinds": ["comet"]}, r"kinds \['comet'\]"),
        ({"preprocess": {"version": 99}}, "another preprocessing"),
        ({"tree": "oak"}, "without Skyform's metadata"),
    ],
)
def test_a_foreign_model_is_refused(tmp_path: Path, values: dict[str, object], message: str):
    with pytest.raises(ModelError, match=message):
        Classifier.load(changed(tmp_path / "m.onnx", **values))
