"""A run's table holds what `skyform classify` says, value for value."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from listed import CATALOGUE, ListedSource, drawn, picture_files
from made_up_models import coloured, made_up_model

from skyform.batch.classifying import PartClassifier, classify_part
from skyform.batch.estimates import estimates
from skyform.batch.fields import catalogue_fields, catalogue_values, column_name
from skyform.batch.items import Item, Part
from skyform.batch.places import LocalPlace
from skyform.batch.sentences import kept_answers, tree_sentences
from skyform.batch.tables import Rows, TableMaker, flag_lists
from skyform.batch.tally import Tally
from skyform.batch.work import Job, Work
from skyform.evaluation import Calibration
from skyform.evaluation.class_calibration import ClassCalibration
from skyform.evaluation.rejection import Rejection
from skyform.images import Prepared
from skyform.inference import Classifier, ModelFile, ModelInfo, bundled_path
from skyform.inference.modelfile import Outputs
from skyform.inference.readout import predictions
from skyform.inference.tables import Column, columns_of, row
from skyform.schema import KINDS, SKYFORM, Flag, Frame, KindEstimate, Prediction, sentence
from skyform.schema.words import STRANGE


def work_of(source: Any, model: Path, **more: Any) -> Work:
    return Work("x", source, LocalPlace(Path(source.scratch)), str(model), **more)


def calibrated() -> dict[str, Any]:
    """A calibration in which everything is fitted."""
    rng = np.random.default_rng(1)
    grid = np.linspace(0, 1, 11).tolist()
    interval = {
        "fraction": grid,
        "low": [0.7 * g for g in grid],
        "high": [0.3 + 0.7 * g for g in grid],
    }
    questions = [q.id for q in SKYFORM.questions]
    values = {
        **Calibration(familiar=4.0, distrust=2.0, kind_temperature=1.3).to_dict(),
        "temperatures": {q: float(rng.uniform(0.7, 1.5)) for q in questions},
        "intervals": dict.fromkeys(questions, interval),
        "chances": {q: {"temperature": 0.6, "noise": 0.02} for q in questions},
        "sets": {
            n: {"threshold": 0.2, "coverage": 0.9} for n in (*questions[:6], "kind", "hubble")
        },
    }
    values["rejection"] = {"weights": (1.0, 1.0, 0.5), "intercept": -1.0, "threshold": 0.8}
    return values


def random_outputs(info: ModelInfo, n: int) -> Outputs:
    rng = np.random.default_rng(3)

    def logits(columns: int) -> np.ndarray:
        return (rng.normal(0, 3, (n, columns)) * rng.uniform(0.1, 3, (n, 1))).astype(np.float32)

    return Outputs(
        np.zeros((n, 3), np.float32),
        logits(len(info.tree.answers)) if info.tree else None,
        logits(len(KINDS)) if info.names_kinds else None,
        rng.uniform(0, 7, n).astype(np.float32) if info.names_kinds else None,
        logits(len(info.scheme)) if info.scheme else None,
    )


def expected_values(prediction: Prediction, info: ModelInfo) -> dict[str, Any]:
    """Our columns from the one table of `skyform classify`, and from the prediction itself where that has none."""
    values = row(prediction, columns=columns_of(info), scheme=info.scheme)
    names = {a.column for a in SKYFORM.answers}
    out = {k: v for k, v in values.items() if k not in names}
    out["sentence"] = prediction.sentence if prediction.ok else None
    out |= {f"asked {q}": a for q, a in prediction.asked.items()}
    for a in prediction.answers:
        name = column_name(a.id)
        out |= {name: a.fraction, f"{name}_low": a.low, f"{name}_high": a.high}
        out[f"{name}_confidence"] = a.confidence
        question = a.question
        asked = out[f"asked {question}"]
        if values.get(a.column) is not None:
            assert abs(a.fraction * asked - values[a.column]) < 2e-6
        if question != SKYFORM.root:
            out[column_name(question, "asked")] = asked
    for id, estimate in prediction.classes.items():
        if info.scheme is None or id != info.scheme.id:
            out[f"{id}_coverage"] = estimate.coverage
            out[f"{id}_name"] = estimate.name
            for c, p in zip(info.taxonomies[id].classes, estimate.probabilities, strict=True):
                out[column_name(id, "p", c.id)] = p
            # Sets and confidence of the two taxonomies that `classify` leaves out.
            out[f"{id}_set"] = ";".join(estimate.answer_set)
            out[f"{id}_confidence"] = estimate.confidence
            out[id] = estimate.number
    if prediction.kind is not None:
        out |= {f"kind_p_{k}": p for k, p in prediction.kind.probabilities.items()}
    return {k: v for k, v in out.items() if not k.startswith("asked ")}


def assert_same(found: dict[str, Any], wanted: dict[str, Any], *, besides: set[str]) -> None:
    for name, value in wanted.items():
        if isinstance(value, float):
            assert abs(found[name] - value) < 1.1e-6, name
        elif name == "error":
            # Bytes have no file's name, and an empty file is told in other words.
            assert found[name].partition(":")[0] == str(value).partition(":")[0]
        else:
            assert (found[name] or None) == (value or None), name
    nulls = {n for n, v in found.items() if v is None}
    assert found.keys() - wanted.keys() - nulls <= besides


BESIDES = {"ra", "dec", "preprocessing", "unfamiliarity"}


@pytest.mark.parametrize(
    ("tree", "kinds", "own"),
    [
        ("skyform", True, False),
        ("skyform", True, True),
        ("kaggle", False, False),
        ("", False, True),
    ],
)
def test_every_number_is_that_of_a_prediction(
    tmp_path: Path, tree: str, kinds: bool, own: bool
) -> None:
    more: dict[str, Any] = {"calibration": calibrated()} if kinds else {}
    own_calibration = ClassCalibration(temperature=2.0, threshold=0.25, reject=0.5)
    scheme = {} if own else {"scheme": None}
    path = made_up_model(tmp_path / "m.onnx", tree=tree, kinds=kinds, **scheme)
    info = ModelFile(path, threads=1).info
    if kinds:
        info = ModelInfo(
            **{
                **{f: getattr(info, f) for f in info.__dataclass_fields__},
                "calibration": Calibration.from_dict(more["calibration"]),
                "class_calibration": own_calibration if own else info.class_calibration,
            }
        )
    n = 150
    outputs = random_outputs(info, n)
    pixels, frame = np.zeros((32, 32, 3), np.uint8), Frame(0.0, 0.0, 1.0, 1, 1)
    some = [(), (Flag.TINY,), (Flag.TINY, Flag.CUT_BY_EDGE)]
    prepared = [Prepared(pixels, frame, some[i % 3]) for i in range(n)]
    ids = [f"g{i}" for i in range(n)]
    told = predictions(outputs, info=info, ids=ids, paths=ids, prepared=prepared)

    maker = TableMaker(info, schema="full", columns=())
    rows = Rows(ids, ids, [None] * n, [None] * n, [""] * n, [p.flags for p in prepared], [{}] * n)
    numbers = maker.estimates(outputs)
    table = maker.table(rows, numbers, flags=flag_lists(rows, numbers, info))

    assert table.schema.equals(maker.schema)
    for found, prediction in zip(table.to_pylist(), told, strict=True):
        assert_same(found, expected_values(prediction, info), besides=BESIDES)
    if kinds:
        assert {f for p in told for f in p.flags} >= {Flag.UNFAMILIAR, Flag.NOT_A_GALAXY}


def test_a_strange_galaxy_is_said_to_be_one_in_the_table_as_elsewhere() -> None:
    model = ModelFile(bundled_path("small"), threads=1)
    samples = Path(__file__).parents[2] / "src/skyform/samples"
    classifier = Classifier(model)
    prepared = [
        classifier.prepare(samples / f"{n}.jpg").prepared
        for n in ("smooth-round", "crescent-nebula")
    ]
    shown = [p for p in prepared if p is not None]
    outputs = model.run(np.stack([p.pixels for p in shown]))
    rejection = Rejection((1.0, 1.0, 1.0), 0.0, 0.0)
    calibration = replace(model.info.calibration, rejection=rejection)
    info = replace(model.info, calibration=calibration)
    said = predictions(outputs, info=info, ids=["a", "b"], paths=["", ""], prepared=shown)
    assert said[0].kind is not None
    assert said[0].kind.id == "galaxy"
    assert said[0].sentence == STRANGE
    assert Flag.NOT_A_GALAXY in said[0].flags
    assert said[1].sentence.endswith("nebula.")
    numbers = estimates(outputs, info=info, taxonomies=())
    assert numbers.sentences(info) == [p.sentence for p in said]


def test_sentences_are_worded_as_one_by_one() -> None:
    rng = np.random.default_rng(8)
    n = 2000
    fractions = Calibration().fractions(rng.normal(0, 3, (n, 39)).astype(np.float32))
    raw = rng.gamma(0.2, size=(n, len(KINDS)))
    raw[:, 0] += 1.0
    kinds = raw / raw.sum(axis=1, keepdims=True)
    kept = kept_answers(SKYFORM, fractions, sets={})
    made = tree_sentences(SKYFORM, kinds=kinds, chances=fractions, kept=kept)
    for i in range(n):
        p = {k.id: float(v) for k, v in zip(KINDS, kinds[i], strict=True)}
        best = max(KINDS, key=lambda k, p=p: p[k.id])
        kind = KindEstimate(best.id, best.name, p[best.id], p)
        assert made[i] == sentence(SKYFORM, kind, fractions[i])
    assert len(set(made)) > 100


def test_a_mixed_bag_of_pictures_agrees_with_the_classifier(tmp_path: Path) -> None:
    folder = tmp_path / "bag"
    paths = picture_files(folder, 9)
    for name, content in {
        "a.jpg": b"",
        "b.jpg": b"hello, I am no picture",
        "c.jpg": paths[0].read_bytes()[:300],
    }.items():
        (folder / name).write_bytes(content)
        paths.append(folder / name)
    coloured(90, 90, 90).save(folder / "blank.png")
    paths.append(folder / "blank.png")

    class Folder(ListedSource):
        def _item(self, i: int) -> Item:
            return Item(paths[i].stem, str(paths[i]), paths[i].read_bytes(), ra=10.0, dec=-5.0)

    classifier = Classifier.load(threads=1)
    source = Folder(len(paths), str(tmp_path))
    work = work_of(source, classifier.model.path, schema="full", batch_size=4)
    part = next(source.parts(100))

    table = classify_part(work, part)

    told = list(classifier(paths, workers=1, batch_size=4))
    assert [p.ok for p in told].count(False) == 3
    for found, prediction in zip(table.to_pylist(), told, strict=True):
        wanted = expected_values(prediction, classifier.info)
        assert_same(found, wanted, besides=BESIDES)
    assert {f for p in told for f in p.flags} >= {Flag.BLANK}
    assert table["ra"].to_pylist() == [10.0] * len(paths)


def test_friendly_is_a_part_of_full(tmp_path: Path) -> None:
    model = made_up_model(tmp_path / "m.onnx", tree="skyform", kinds=True)
    source = ListedSource(12, str(tmp_path), columns=CATALOGUE, bad=(3,))
    tables = {
        schema: classify_part(
            work_of(source, model, schema=schema, columns=CATALOGUE), next(source.parts(12))
        )
        for schema in ("friendly", "full")
    }
    friendly, full = tables["friendly"], tables["full"]
    assert friendly.equals(full.select(friendly.column_names))
    assert len(friendly.column_names) < 50 < 200 < len(full.column_names)
    assert {"id", "ra", "dec", "sentence", "kind", "hubble_name", "spiral_yes", "error"} <= set(
        friendly.column_names
    )


def test_every_column_says_what_it_holds(tmp_path: Path) -> None:
    from astropy.io.votable.ucd import check_ucd

    model = made_up_model(tmp_path / "m.onnx", tree="skyform", kinds=True)
    info = ModelFile(model, threads=1).info
    schema = TableMaker(info, schema="full", columns=CATALOGUE).schema
    for f in schema:
        assert f.metadata[b"description"], f.name
        assert column_name(f.name) == f.name
        ucd = f.metadata.get(b"ucd", b"").decode()
        assert check_ucd(ucd, check_controlled_vocabulary=True) or f.name == "survey"
    assert len({n.lower() for n in schema.names}) == len(schema.names)
    assert schema.field("ra").metadata[b"unit"] == b"deg"
    assert schema.metadata[b"model"] == b"made-up@1"


def test_catalogue_columns_never_take_a_name_of_ours() -> None:
    columns = [Column(n, "text", "", "") for n in ("Kind", "kind", "a b", "mag")]
    names = [f.name for f in catalogue_fields(columns, taken=["kind", "id"])]
    assert names == ["catalogue_Kind", "catalogue_catalogue_kind", "a_b", "mag"]


def test_catalogue_values_that_do_not_fit_are_empty() -> None:
    number = Column("x", "number", "", "")
    integer = Column("x", "integer", "", "")
    extras = [{"x": 1.5}, {"x": "n/a"}, {}, {"x": float("nan")}, {"x": 2**70}, {"x": np.int16(3)}]
    assert catalogue_values(number, extras).to_pylist() == [1.5, None, None, None, 2.0**70, 3.0]
    assert catalogue_values(integer, extras).to_pylist() == [None, None, None, None, None, 3]
    text = catalogue_values(Column("x", "text", "", ""), [{"x": "a\nb"}, {"x": 7}])
    assert text.to_pylist() == ["a\\x0ab", "7"]


def test_embeddings_stand_row_by_row_beside_the_table(tmp_path: Path) -> None:
    model = made_up_model(tmp_path / "m.onnx", tree="skyform")
    source = ListedSource(7, str(tmp_path), bad=(2, 6))
    part = next(source.parts(7))
    done = PartClassifier(work_of(source, model, embeddings=True, batch_size=3)).classify(Job(part))
    assert done.embeddings is not None
    assert done.embeddings["id"].to_pylist() == done.table["id"].to_pylist()
    vectors = done.embeddings["embedding"].to_pylist()
    assert [v is None for v in vectors] == [i in (2, 6) for i in range(7)]
    own = Classifier.load(model, threads=1).classify(drawn(1))
    assert vectors[1] == pytest.approx(own.embedding.tolist())


def test_a_part_without_one_good_picture_has_the_same_columns(tmp_path: Path) -> None:
    model = made_up_model(tmp_path / "m.onnx", tree="skyform", kinds=True)
    source = ListedSource(6, str(tmp_path), bad=(0, 1, 2))
    classifier = PartClassifier(work_of(source, model, embeddings=True))
    bad, good = (classifier.classify(Job(p)) for p in source.parts(3))
    assert bad.table.schema.equals(good.table.schema)
    assert bad.embeddings is not None
    assert good.embeddings is not None
    assert bad.embeddings.schema.equals(good.embeddings.schema)
    assert bad.table["kind"].null_count == 3
    assert all(e.startswith("unknown-format: /p/") for e in bad.table["error"].to_pylist())


def test_items_without_a_picture_are_rows_with_an_error(tmp_path: Path) -> None:
    class Odd(ListedSource):
        def _item(self, i: int) -> Item:
            images: list[Any] = [None, None, np.ones((5, 5, 5, 5)), np.full((8, 8), np.nan)]
            errors = ["Lost on\nthe way", "", "", ""]
            return Item(str(i), "p", images[i], error=errors[i])

    model = made_up_model(tmp_path / "m.onnx")
    source = Odd(4, str(tmp_path))
    errors = classify_part(work_of(source, model), next(source.parts(4)))["error"].to_pylist()
    assert errors[0] == "unreadable: Lost on the way"
    assert errors[1].startswith("no-image: ")
    assert errors[2].startswith("unsupported-image: p:")
    assert errors[3].startswith("no-image-data: p:")


def test_flux_is_decoded_as_the_fits_image_that_it_came_from(tmp_path: Path) -> None:
    from io import BytesIO

    from astropy.io import fits

    flux = np.random.default_rng(2).normal(0.01, 0.002, (3, 48, 48)).astype(np.float32)
    flux[:, 5:20, 8:22] += np.array([0.1, 0.3, 0.7])[:, None, None]
    file = BytesIO()
    fits.PrimaryHDU(flux).writeto(file)

    class Both(ListedSource):
        def _item(self, i: int) -> Item:
            return Item("same", "p", [flux, file.getvalue()][i])

    model = made_up_model(tmp_path / "m.onnx", tree="skyform", kinds=True)
    source = Both(2, str(tmp_path))
    rows = classify_part(work_of(source, model), next(source.parts(2))).to_pylist()
    assert rows[0] == rows[1]
    assert not rows[0]["error"]


def test_tallies_add_up(tmp_path: Path) -> None:
    model = made_up_model(tmp_path / "m.onnx", tree="skyform", kinds=True)
    source = ListedSource(20, str(tmp_path), bad=(1, 2, 3, 11, 12), broken=(5,))
    classifier = PartClassifier(work_of(source, model))
    whole = classifier.classify(Job(Part(0, 20, {"start": 0, "end": 20}))).tally
    total = Tally()
    for part in source.parts(6):
        table = classifier.classify(Job(part)).table
        total.add(Tally.from_json(table.schema.metadata[b"tally"]))
    assert json.loads(total.to_json()) == json.loads(whole.to_json())
    assert (total.rows, total.failed) == (20, 6)
    assert total.errors["unknown-format"].count == 5
    assert len(total.errors["unknown-format"].examples) == 3
    assert sum(total.kinds.values()) == 14
    assert sum(total.distance) == 14


def test_the_table_of_nothing_has_its_columns(tmp_path: Path) -> None:
    model = made_up_model(tmp_path / "m.onnx", tree="skyform", kinds=True)
    source = ListedSource(0, str(tmp_path))
    table = classify_part(work_of(source, model), Part(0, 0, {"start": 0, "end": 0}))
    assert len(table) == 0
    assert table.schema.field("kind").type == pa.string()
