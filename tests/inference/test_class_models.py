"""Models that learnt classes of their own, alone or beside the tree."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pyarrow.parquet as pq
import pytest
from astropy.io.votable import parse_single_table
from astropy.io.votable.ucd import check_ucd
from astropy.table import Table
from made_up_models import COLOURS, coloured, made_up_model
from PIL import Image

from skyform.errors import ModelError, OutputError
from skyform.evaluation.class_calibration import ClassCalibration
from skyform.inference import Classifier
from skyform.inference.embedding import embeddings
from skyform.inference.portrait import draw_portrait
from skyform.inference.tables import COLUMNS, columns_of
from skyform.inference.writers import open_writer
from skyform.schema import KAGGLE, TAXONOMIES, ClassName, Failure, Flag, Scheme

RED, BLUE, PURPLE = coloured(220, 20, 20), coloured(20, 20, 220), coloured(120, 0, 118)


@pytest.fixture
def only(tmp_path: Path) -> Classifier:
    """A model that knows nothing but colours."""
    return Classifier.load(made_up_model(tmp_path / "only.onnx"))


@pytest.fixture
def mixed(tmp_path: Path) -> Classifier:
    """A model that answers everything."""
    return Classifier.load(made_up_model(tmp_path / "mixed.onnx", tree="skyform", kinds=True))


def test_a_model_of_its_own_classes_says_what_it_knows_and_nothing_else(only: Classifier):
    info = only.info
    assert (info.tree, info.answers_tree, info.names_kinds) == (None, False, False)
    assert info.scheme == COLOURS
    assert dict(info.taxonomies) == {}
    assert info.maps == ("colours:red", "colours:green", "colours:blue")
    p = only.classify(RED, evidence=True)
    assert p.ok
    assert (p.kind, p.answers, p.path_taken, dict(p.asked)) == (None, (), (), {})
    assert list(p.classes) == ["colours"]
    said = p.classes["colours"]
    assert (said.number, said.id, said.name) == (7, "red", "Red, like M 42")
    assert sum(said.probabilities) == pytest.approx(1)
    assert said.confidence == max(said.probabilities)
    assert said.coverage == 1
    assert p.sentence == "Most likely “Red, like M 42” (>99 %)."
    assert p.evidence_of == "colours:red"
    assert p.evidence is not None
    # Without structure no place says more than another.
    assert not p.evidence.any()
    assert p.embedding.shape == (3,)
    assert p.frame is not None
    json.dumps(p.to_dict(embedding=True))


def test_calibration_sets_and_reject_threshold_are_the_files_own(tmp_path: Path):
    calibration = ClassCalibration(temperature=10.0, coverage=0.9, threshold=0.3, reject=0.4)
    path = made_up_model(tmp_path / "m.onnx", calibration=calibration)
    classifier = Classifier.load(path)
    assert classifier.info.class_calibration == calibration
    plain, torn, lost = classifier([RED, PURPLE, coloured(120, 118, 119)])
    assert plain.classes["colours"].answer_set == ("red",)
    assert torn.classes["colours"].answer_set == ("red", "blue")
    assert torn.sentence.startswith("It could be “Red, like M 42” or Blue; most likely “Red")
    assert Flag.UNSURE not in torn.flags
    assert lost.classes["colours"].confidence < 0.4
    assert lost.sentence.startswith("The model can't tell; its first guess is “Red")
    assert Flag.UNSURE in lost.flags
    logits = 20 * np.array([220, 20, 20]) / 255
    np.testing.assert_allclose(
        plain.classes["colours"].probabilities,
        calibration.probabilities(logits[None])[0],
        rtol=1e-4,
    )


def test_own_classes_speak_before_the_tree(mixed: Classifier):
    p = mixed.classify(BLUE)
    assert mixed.info.answers_tree
    assert mixed.info.names_kinds
    assert list(p.classes) == ["colours", *TAXONOMIES]
    assert p.sentence == "Most likely Blue (>99 %)."
    assert p.kind is not None
    assert len(p.answers) == 39


def test_a_tree_without_kinds_takes_every_picture_for_a_galaxy(tmp_path: Path):
    path = made_up_model(tmp_path / "votes.onnx", scheme=None, tree="kaggle")
    classifier = Classifier.load(path)
    p = classifier.classify(RED, average=True)
    assert classifier.info.tree is KAGGLE
    assert (p.kind, len(p.answers)) == (None, 37)
    assert "galax" in p.sentence or "star" in p.sentence
    assert "galaxy_zoo_1" not in p.classes, "it does not know the sense of rotation"
    assert set(p.classes) == set(TAXONOMIES) - {"galaxy_zoo_1"}
    names = [c.name for c in columns_of(classifier.info)]
    assert "kind" not in names
    assert "galaxy_zoo_1" not in names
    assert {"hubble", "Class1.1", "Class11.6"} <= set(names)


def test_own_classes_take_the_place_of_a_taxonomy_of_that_name(tmp_path: Path):
    scheme = replace(COLOURS, id="hubble", name="My types")
    path = made_up_model(tmp_path / "m.onnx", scheme=scheme, tree="skyform", kinds=True)
    classifier = Classifier.load(path)
    assert "hubble" not in classifier.info.taxonomies
    p = classifier.classify(RED)
    assert next(iter(p.classes)) == "hubble"
    assert p.classes["hubble"].id == "red"
    names = [c.name for c in columns_of(classifier.info)]
    assert names.count("hubble") == names.count("hubble_confidence") == 1
    assert names.index("hubble") < names.index("kind")


def test_averaging_turns_mirrored_answers_back(tmp_path: Path):
    said = {}
    for names in (("clockwise", "anticlockwise"), ("left", "right")):
        scheme = Scheme.from_names("seen", names)
        weights = np.array([[9.0, 0, 0], [0, 0, 0]])
        path = made_up_model(tmp_path / f"{names[0]}.onnx", scheme=scheme, weights=weights)
        classifier = Classifier.load(path)
        said[names[0]] = classifier.classify(RED, average=True).classes["seen"].probabilities
        once = classifier.classify(RED).classes["seen"].probabilities
        assert once[0] > 0.99
    # What looks the same in a mirror says nothing of the sense of rotation, and the average knows it.
    np.testing.assert_allclose(said["clockwise"], 0.5, atol=1e-5)
    np.testing.assert_allclose(said["left"], once, atol=1e-5)


def test_evidence_of_own_classes(mixed: Classifier):
    picture = np.full((96, 96, 3), 30, np.uint8)
    picture[60:, :36, 0] = 250
    assert mixed.info.maps[-3:] == ("colours:red", "colours:green", "colours:blue")
    p = mixed.classify(picture, evidence="red")
    assert p.evidence_of == "colours:red"
    assert p.evidence is not None
    assert p.evidence[24:, :8].mean() > 5 * p.evidence[:8, 24:].mean() + 0.1
    assert mixed.classify(picture, evidence=True).evidence_of == "colours:red"
    assert mixed.classify(picture, evidence="colours:blue").evidence_of == "colours:blue"
    assert mixed.classify(picture, evidence="bar.yes").evidence_of == "bar.yes"
    assert mixed.classify(picture, evidence="nebula").evidence_of == "nebula"
    with pytest.raises(KeyError, match="yellow"):
        mixed.classify(picture, evidence="yellow")


def test_the_evidence_picture_names_own_classes(mixed: Classifier, only: Classifier):
    for classifier in (mixed, only):
        p = classifier.classify(RED, evidence=True)
        drawn = draw_portrait(p, np.asarray(RED), scheme=classifier.info.scheme)
        bare = draw_portrait(replace(p, classes={}), np.asarray(RED))
        assert np.asarray(drawn).sum() > np.asarray(bare)[: drawn.height].sum()


@pytest.mark.parametrize("format", ["csv", "json", "jsonl", "parquet", "fits", "vot"])
@pytest.mark.parametrize("name", ["only", "mixed"])
def test_every_format_holds_own_classes_first(
    name: str, format: str, tmp_path: Path, request: pytest.FixtureRequest
):
    classifier: Classifier = request.getfixturevalue(name)
    path = tmp_path / f"r.{format}"
    with open_writer(path, info=classifier.info) as writer:
        for p in classifier([RED, tmp_path / "gone.jpg", BLUE]):
            writer.write(p)
    names, rows = read(path)
    own = ["colours", "colours_name", "colours_confidence", "colours_set"]
    own += ["p_red", "p_green", "p_blue"]
    assert names[:9] == ["id", "path", *own]
    rest = [c.name for c in COLUMNS if c.name not in ("id", "path")]
    assert names[9:] == (rest if name == "mixed" else ["flags", "error", "model"])
    red, failed, blue = rows
    assert (int(red["colours"]), int(blue["colours"])) == (7, 9)
    assert (red["colours_name"], blue["colours_name"]) == ("Red, like M 42", "Blue")
    assert float(red["p_red"]) == float(red["colours_confidence"]) > 0.99
    assert "unreadable-file" in str(failed["error"])
    assert failed["colours_name"] in ("", None)


def read(path: Path) -> tuple[list[str], list[dict[str, object]]]:
    match path.suffix:
        case ".csv":
            with path.open(encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
        case ".json":
            rows = json.loads(path.read_text())
        case ".jsonl":
            rows = [json.loads(line) for line in path.read_text().splitlines()]
        case ".parquet":
            rows = pq.read_table(path).to_pylist()
        case ".fits":
            table = Table.read(path, mask_invalid=False)
            table.convert_bytestring_to_unicode()
            return table.colnames, list(table)
        case _:
            table = parse_single_table(path, verify="exception").to_table()
            return table.colnames, list(table)
    return list(rows[0]), rows


def test_columns_are_described(mixed: Classifier):
    columns = columns_of(mixed.info)
    assert len({c.name.lower() for c in columns}) == len(columns)
    assert all(c.description and check_ucd(c.ucd, True) for c in columns)
    assert "7 red, 8 green, 9 blue" in columns[2].description


def test_letters_that_fits_lacks_are_escaped_in_column_names(tmp_path: Path):
    scheme = Scheme.from_names("profil", ["Sérsic", "König"])
    classifier = Classifier.load(made_up_model(tmp_path / "m.onnx", scheme=scheme))
    with open_writer(tmp_path / "r.fits", info=classifier.info) as writer:
        writer.write(classifier.classify(RED))
    table = Table.read(tmp_path / "r.fits")
    assert "p_S\\xe9rsic" in table.colnames


def test_kaggle_is_refused_at_once(only: Classifier, tmp_path: Path):
    with pytest.raises(OutputError, match=r"made-up@1.* does not answer 37 of the challenge's 37"):
        open_writer(tmp_path / "r.csv", format="kaggle", info=only.info)
    assert list(tmp_path.glob("r.csv*")) == []


def test_embeddings_come_in_order_with_their_failures(only: Classifier, tmp_path: Path):
    first, broken, last = embeddings(only, [RED, tmp_path / "gone.jpg", BLUE])
    assert isinstance(broken, Failure)
    np.testing.assert_allclose(first, np.array([220, 20, 20]) / 255, atol=1e-6)
    np.testing.assert_allclose(last, np.array([20, 20, 220]) / 255, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outputs": ["embedding"]}, "no output 'classes'"),
        ({"outputs": ["classes"]}, "no output 'embedding'"),
        ({"weights": np.eye(2, 3)}, "'classes' of .* has 2 columns; its metadata names 3"),
        ({"kinds": True, "outputs": ["embedding", "classes", "kinds"]}, "no output 'distance'"),
        ({"classes": None}, "answers neither a tree nor classes"),
        ({"classes": {"scheme": {"id": "a"}}}, "without Skyform's metadata"),
        (
            {"classes": {"scheme": COLOURS.to_dict(), "calibration": {"heat": 1}}},
            "without Skyform's metadata",
        ),
        ({"format": 3}, "reads formats 1 and 2"),
    ],
)
def test_files_that_contradict_themselves(tmp_path: Path, change: dict, message: str):
    path = made_up_model(tmp_path / "m.onnx", **change)
    with pytest.raises(ModelError, match=message):
        Classifier.load(path)


def test_a_file_with_a_class_that_tables_cannot_hold(tmp_path: Path):
    scheme = Scheme("flags", "Flags", (ClassName(0, "a", "a"), ClassName(1, "b", "b")))
    path = made_up_model(tmp_path / "m.onnx", weights=np.eye(2, 3))
    model = onnx.load(str(path))
    values = json.loads(model.metadata_props[0].value)
    values["classes"]["scheme"] = scheme.to_dict()
    model.metadata_props[0].value = json.dumps(values)
    onnx.save(model, str(path))
    with pytest.raises(ModelError, match="second table column 'flags'"):
        Classifier.load(path)


def test_a_picture_that_fails_fails_in_every_model(only: Classifier):
    p = only.classify(b"no picture at all", evidence=True)
    assert p.failure is not None
    assert dict(p.classes) == {}


def test_pictures_of_any_kind_are_taken(only: Classifier):
    grey = Image.new("L", (40, 30), 90)
    assert only.classify(grey).ok
