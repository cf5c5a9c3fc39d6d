import json
from pathlib import Path

import pytest

from skyform.errors import ModelError
from skyform.inference import Classifier, ModelFile, bundled_path
from skyform.schema import GALAXY10_DECALS

onnx = pytest.importorskip("onnx")


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_bundled_models_say_what_they_are(precision: str):
    info = ModelFile(bundled_path(precision)).info
    assert info.id == "galaxy-tree@1.0"
    assert info.precision == precision
    assert info.taxonomies["galaxy10_decals"] is GALAXY10_DECALS
    assert info.card["validation"][precision]["gz2_rmse"]["n"] == 86


def test_bundled_files_fit_the_limit():
    sizes = [bundled_path(p).stat().st_size for p in ("int8", "fp32")]
    assert sum(sizes) < 25e6


def test_bundled_card_is_the_models_card():
    card = bundled_path("int8").with_name("CARD.md").read_text()
    score = ModelFile(bundled_path("int8")).info.card["validation"]["int8"]["gz2_rmse"]
    assert (
        f"| {score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f}) |".replace("| ", "", 1)
        in card
    )


def test_a_missing_model(tmp_path: Path):
    with pytest.raises(ModelError, match=r"none\.onnx does not exist"):
        Classifier.load(tmp_path / "none.onnx")


def test_a_damaged_model(tmp_path: Path):
    path = tmp_path / "cut.onnx"
    path.write_bytes(bundled_path("int8").read_bytes()[:100_000])
    with pytest.raises(ModelError, match="not a usable ONNX model"):
        Classifier.load(path)


def changed(path: Path, **values: object) -> Path:
    model = onnx.load(str(bundled_path("int8")))
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
