"""`skyform fit`: from labelled pictures to a head on frozen features, measured and written."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from made_up_models import made_up_model

from skyform.datasets.dataset import DataSet, Record, Stored
from skyform.datasets.manifest import read_manifest
from skyform.errors import DataError, ModelError, OutputError, TruncatedImageError
from skyform.evaluation.run_files import read_result
from skyform.inference import Classifier
from skyform.inference.embedding import embeddings
from skyform.schema import Failure, Scheme
from skyform.training.attach import weight_count
from skyform.training.fit import FittedClasses, fit_classes
from skyform.training.fit_rows import with_classes
from skyform.training.fit_run import write_fitted

CLASSES = ("red", "green", "blue")


@dataclass(frozen=True)
class Shelf:
    """Pictures in memory; `broken` ones cannot be read."""

    pictures: tuple[np.ndarray, ...]
    broken: frozenset[int] = frozenset()

    def read(self, index: int) -> Stored:
        if index in self.broken:
            raise TruncatedImageError(f"picture {index} ends early.", remedy="Copy it again.")
        return self.pictures[index]


def pictures_of(
    *labels: str, seed: int = 0, broken: Iterable[int] = (), **records: Iterable
) -> DataSet:
    """One noisy picture for each label, of its colour; an empty label gives grey."""
    rng = np.random.default_rng(seed)
    shades = {"red": (1, 0.3, 0.3), "green": (0.3, 1, 0.3), "blue": (0.3, 0.3, 1)}
    made = []
    for label in labels:
        noise = rng.normal(0, 30, (24, 24, 3))
        tint = 110 * np.array(shades.get(label, (0.6, 0.6, 0.6))) * rng.uniform(0.6, 1.4)
        # Soft blobs, so that no two pictures have the same fingerprint.
        blobs = np.kron(rng.uniform(-40, 40, (6, 6, 1)), np.ones((4, 4, 1)))
        made.append(np.clip(60 + tint + noise + blobs, 0, 255).astype(np.uint8))
    more = {name: list(values) for name, values in records.items()}
    rows = [
        Record(f"p{i}", label, **{name: values[i] for name, values in more.items()})
        for i, label in enumerate(labels)
    ]
    scheme = Scheme.from_names("colour", CLASSES)
    store = Shelf(tuple(made), frozenset(broken))
    return DataSet("paints", "Paints", rows, store, scheme)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A model that looks at colours, and knows the tree and the kinds."""
    return made_up_model(tmp_path / "base.onnx", scheme=None, tree="skyform", kinds=True)


@pytest.fixture
def embed(base: Path):
    classifier = Classifier.load(base)
    return lambda pictures: embeddings(classifier, pictures)


@pytest.mark.parametrize("head", ["linear", "boosted"])
def test_the_file_says_what_the_head_was_measured_to_say(
    head: str, base: Path, embed, tmp_path: Path
):
    data = pictures_of(*CLASSES * 20)
    fitted = fit_classes(data, embed=embed, head=head)
    assert fitted.scores["accuracy"].value > 0.85
    assert fitted.scores["accuracy"].n == len(fitted.part("validation")) == 12
    model = write_fitted(fitted, tmp_path / "run", base=base, name="paints")
    classifier = Classifier.load(model)
    before = Classifier.load(base)
    part = fitted.part("validation")
    for i, row in enumerate(fitted.predictions.p):
        picture = part.image(i)
        said = classifier.classify(picture)
        np.testing.assert_allclose(said.classes["colour"].probabilities, row, atol=1e-4)
        old = before.classify(picture)
        assert said.kind == old.kind
        assert said.answers == old.answers


@pytest.mark.parametrize("head", ["linear", "boosted"])
def test_evidence_for_the_classes_lies_where_they_are_seen(
    head: str, base: Path, embed, tmp_path: Path
):
    fitted = fit_classes(pictures_of(*CLASSES * 8), embed=embed, head=head)
    classifier = Classifier.load(write_fitted(fitted, tmp_path / head, base=base, name="m"))
    assert classifier.info.maps[-3:] == ("colour:red", "colour:green", "colour:blue")
    picture = np.full((64, 64, 3), 60, np.uint8)
    picture[40:56, 40:56, 0] = 250
    said = classifier.classify(picture, evidence="red")
    assert said.evidence is not None
    if head == "linear":
        # The frame is around the patch.
        assert said.evidence[14:18, 14:18].mean() > 0.8
        assert said.evidence[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 0.2


def test_two_classes(base: Path, embed, tmp_path: Path):
    for head in ("linear", "boosted"):
        fitted = fit_classes(pictures_of(*("red", "blue") * 15), embed=embed, head=head)
        assert fitted.scheme.ids == ("red", "blue")
        model = write_fitted(fitted, tmp_path / head, base=base, name="m")
        said = Classifier.load(model).classify(fitted.part("validation").image(0))
        expected = fitted.predictions.p[0]
        np.testing.assert_allclose(said.classes["colour"].probabilities, expected, atol=1e-4)


def test_nothing_is_fitted_to_the_validation_pictures(embed):
    splits = ["train"] * 30 + ["validation"] * 9
    data = pictures_of(*CLASSES * 13, split=splits)
    truth = fit_classes(data, embed=embed)
    lies = [replace(r, label="red") if r.split == "validation" else r for r in data.records]
    lied = fit_classes(replace(data, records=lies), embed=embed)
    np.testing.assert_array_equal(truth.head.weight, lied.head.weight)
    assert truth.calibration == lied.calibration
    assert truth.scores["accuracy"].value > lied.scores["accuracy"].value
    assert truth.settings["validation"] == "published"


def test_one_object_and_one_picture_stay_on_one_side(embed):
    labels = CLASSES * 10
    data = pictures_of(*labels, object=[f"o{i % 15}" for i in range(30)])
    shelf = data.store
    # p1 is saved a second time, under another name.
    store = replace(shelf, pictures=(*shelf.pictures, shelf.pictures[1]))
    data = replace(data, store=store, records=[*data.records, Record("copy", "green")])
    fitted = fit_classes(data, embed=embed, validation=0.3)
    sides: dict[str, set[str]] = {}
    for record, side in zip(fitted.dataset.records, fitted.splits, strict=True):
        name = record.object or "o1"
        sides.setdefault(name, set()).add(side)
    assert all(len(s) == 1 for s in sides.values())
    assert set(fitted.splits) == {"train", "validation"}


def test_the_same_seed_gives_the_same_head(embed):
    data = pictures_of(*CLASSES * 10)
    first, again, other = (fit_classes(data, embed=embed, seed=s) for s in (3, 3, 4))
    assert first.splits == again.splits != other.splits
    np.testing.assert_array_equal(first.head.weight, again.head.weight)


def test_what_cannot_be_read_is_listed_and_the_rest_goes_on(embed, base: Path, tmp_path: Path):
    data = pictures_of(*CLASSES * 10, broken=[4, 7])

    def forgetful(pictures: Iterable[Stored]) -> Iterator[np.ndarray | Failure]:
        for i, result in enumerate(embed(pictures)):
            yield Failure("corrupt-image", "It looks odd.") if i == 0 else result

    seen: list[tuple[int, int]] = []
    fitted = fit_classes(
        data, embed=forgetful, on_progress=lambda done, failed: seen.append((done, failed))
    )
    assert sorted(p.id for p in fitted.problems) == ["p0", "p4", "p7"]
    assert len(fitted.dataset) == 27
    assert "Left out: 3 pictures that could not be read." in fitted.notes
    assert seen[-1] == (28, 3)
    write_fitted(fitted, tmp_path / "run", base=base, name="m")
    card = (tmp_path / "run/model/CARD.md").read_text()
    assert "picture 4 ends early. Copy it again." in card


def test_rows_without_a_label_are_counted(embed):
    fitted = fit_classes(pictures_of(*CLASSES * 6, "", "", ""), embed=embed)
    assert "Left out: 3 rows without a label." in fitted.notes
    assert len(fitted.dataset) == 18


def test_classes_without_pictures_are_no_classes(embed):
    assert fit_classes(pictures_of(*("red", "blue") * 9), embed=embed).scheme.ids == ("red", "blue")


def test_a_set_that_calls_its_validation_test(embed):
    splits = ["train"] * 18 + ["test"] * 6 + ["unlabelled"] * 3
    fitted = fit_classes(pictures_of(*CLASSES * 9, split=splits), embed=embed)
    assert "Measured on the part that the set calls test." in fitted.notes
    assert "Left out: 3 rows of other parts." in fitted.notes
    assert fitted.splits == ("train",) * 18 + ("validation",) * 6
    shared = fit_classes(pictures_of(*CLASSES * 9, split=splits), embed=embed, validation=0.5)
    assert len(shared.dataset) == 27


def test_reject_threshold_reaches_the_file(embed, base: Path, tmp_path: Path):
    labels = [c for c in CLASSES for _ in range(16)]
    muddled = [labels[(i * 7) % 48] if i % 3 == 0 else labels[i] for i in range(48)]
    data = pictures_of(*labels)
    records = [replace(r, label=m) for r, m in zip(data.records, muddled, strict=True)]
    data = replace(data, records=records)
    fitted = fit_classes(data, embed=embed, wanted_accuracy=0.97, validation=0.3)
    assert fitted.calibration.reject > 0
    assert fitted.scores["answered"].value < 1
    model = write_fitted(fitted, tmp_path / "run", base=base, name="m")
    assert Classifier.load(model).info.class_calibration == fitted.calibration


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (replace(pictures_of("red"), scheme=None, records=[Record("a")]), {}, "no labels to learn"),
        (pictures_of(*["red"] * 9), {}, "9 labelled pictures of one class, 'red'"),
        (pictures_of("", ""), {}, "0 labelled pictures of no class"),
        (
            pictures_of(*CLASSES * 4, "green"),
            {"drop": "red"},
            r"of 'red' \(2\); each class needs 3",
        ),
        (pictures_of(*CLASSES * 4, broken=range(12)), {}, "None of the 12 labelled pictures"),
        (pictures_of(*CLASSES * 3, broken=[0]), {}, r"of 'red' \(2\); each class needs 3"),
        (pictures_of(*CLASSES * 9), {"validation": "published"}, "not published with a split"),
        (
            pictures_of(*CLASSES * 9, split=["train"] * 26 + ["dev"]),
            {"validation": "published"},
            r"its parts are \['dev', 'train'\]",
        ),
        (
            pictures_of(*CLASSES * 4, split=["train", "train", "validation"] * 4),
            {},
            "'blue' has 0 training pictures",
        ),
    ],
)
def test_data_that_cannot_be_learnt_from(embed, data: DataSet, options: dict, message: str):
    if options.pop("drop", None):
        kept = [r for r in data.records if r.label != "red"]
        data = replace(data, records=[*kept, data.records[0], data.records[3]])
    with pytest.raises(DataError, match=message):
        fit_classes(data, embed=embed, **options)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.2, float("nan")])
def test_shares_out_of_range(embed, share: float):
    with pytest.raises(ValueError, match="validation is"):
        fit_classes(pictures_of(*CLASSES * 5), embed=embed, validation=share)


def test_averages_cannot_teach_which_way_a_thing_turns(embed):
    data = pictures_of(*("red", "blue") * 6)
    scheme = Scheme.from_names("turn", ["clockwise", "anticlockwise"])
    labels = [{"red": "clockwise"}.get(r.label, "anticlockwise") for r in data.records]
    with pytest.raises(DataError, match="which way an object turns"):
        fit_classes(data.with_labels(scheme, labels), embed=embed, average=True)


@pytest.mark.parametrize(("id", "becomes"), [("kind", "kind_class"), ("Hubble", "Hubble_class")])
def test_names_that_tables_have_already(embed, id: str, becomes: str):
    data = pictures_of(*CLASSES * 6)
    data = replace(data, scheme=Scheme.from_names(id, CLASSES))
    fitted = fit_classes(data, embed=embed)
    assert fitted.scheme.id == becomes
    assert any(becomes in n for n in fitted.notes)


def test_own_classes_of_a_taxonomys_name_are_said_to_replace_it(embed, base: Path, tmp_path: Path):
    data = pictures_of(*CLASSES * 6)
    data = replace(data, scheme=Scheme.from_names("hubble", CLASSES))
    fitted = fit_classes(data, embed=embed)
    write_fitted(fitted, tmp_path / "run", base=base, name="m")
    assert "take the place of Hubble, which" in (tmp_path / "run/model/CARD.md").read_text()


def test_a_run_folder_is_whole(embed, base: Path, tmp_path: Path):
    fitted: FittedClasses = fit_classes(pictures_of(*CLASSES * 10), embed=embed, seed=5)
    folder = tmp_path / "run"
    for _ in range(2):  # over itself, too
        model = write_fitted(fitted, folder, base=base, name="paints", command="skyform fit x")
    result = read_result(folder)
    assert result.summary.n_train + result.summary.n_validation == 30
    assert (folder / result.summary.model) == model
    assert result.summary.bytes == model.stat().st_size
    # The whole model's, not the head's alone.
    assert result.summary.parameters == weight_count(base) + 3 * 3 + 3 == weight_count(model)
    assert result.summary.chosen_on == "training"
    assert result.summary.seed == 5
    assert result.calibration == fitted.calibration
    np.testing.assert_allclose(result.predictions.p, fitted.predictions.p, atol=1e-6)
    assert set(result.thumbnails) <= set(result.predictions.ids)
    manifest = read_manifest(folder / "manifest.json")
    assert [r.split for r in manifest.rows] == list(fitted.splits)
    assert manifest.ratios == {"train": 0.8, "validation": 0.2}
    assert "onnxruntime" in json.loads((folder / "environment.json").read_text())
    card = (folder / "model/CARD.md").read_text()
    accuracy = fitted.scores["accuracy"]
    assert f"| right | {accuracy.value:.3f} | {accuracy.low:.3f} | {accuracy.high:.3f} |" in card
    info = Classifier.load(model).info
    assert info.id == "paints@1"
    assert info.card["data"]["pictures"]["red"]["train"] == 8
    assert info.card["base"]["id"] == "made-up@1"


def test_a_model_with_classes_cannot_get_more(embed, tmp_path: Path):
    fitted = fit_classes(pictures_of(*CLASSES * 6), embed=embed)
    base = made_up_model(tmp_path / "own.onnx")
    with pytest.raises(ModelError, match="has classes of its own already"):
        write_fitted(fitted, tmp_path / "run", base=base, name="m")
    assert list((tmp_path / "run/model").iterdir()) == []


def test_a_folder_that_cannot_be_written(embed, base: Path, tmp_path: Path):
    fitted = fit_classes(pictures_of(*CLASSES * 6), embed=embed)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be written"):
        write_fitted(fitted, tmp_path / "file", base=base, name="m")


def test_classes_that_are_asked_for():
    data = pictures_of(*CLASSES * 2)
    assert with_classes(data, scheme="", mapping={}) is data
    joined = with_classes(data, scheme="", mapping={"red": "warm", "blue": "", "green": "cold"})
    assert joined.scheme is not None
    assert joined.scheme.ids == ("warm", "cold")
    assert [r.label for r in joined.records[:3]] == ["warm", "cold", ""]
    with pytest.raises(DataError, match="no taxonomy 'hubbel'"):
        with_classes(data, scheme="hubbel", mapping={})
    with pytest.raises(DataError, match="has no votes"):
        with_classes(data, scheme="hubble", mapping={})


def test_fitting_needs_no_torch():
    probe = (
        "import sys, skyform.training.fit, skyform.training.fit_run, skyform.training.attach; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0
