import json
from pathlib import Path

import numpy as np
import pytest
from made_up_data import drawn_galaxy, jpeg
from PIL import Image

from skyform.inference import BUNDLED, Classifier
from skyform.schema import KAGGLE, KINDS, SKYFORM, TAXONOMIES, Flag

SAMPLES = Path(__file__).parents[2] / "src/skyform/samples"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load(threads=1)


def test_samples_are_what_people_say_they_are(classifier: Classifier):
    said = {p.id: p for p in classifier(sorted(SAMPLES.glob("*.jpg")))}
    for name in ("grand-spiral", "hubble-spiral"):
        assert said[name].classes["hubble"].id == "spiral", name
    assert said["barred-spiral"].answer("bar.yes").fraction > 0.5
    for name in ("smooth-round", "smooth-oval"):
        assert said[name].classes["hubble"].id == "elliptical", name
    assert said["edge-on-disc"].classes["galaxy10_decals"].number in (8, 9)
    assert said["smooth-round"].classes["galaxy10_sdss"].number == 1
    assert said["crescent-nebula"].kind is not None
    assert said["crescent-nebula"].kind.id == "nebula"
    lens = said["gravitational-lens"].kind
    assert lens is not None
    assert lens.probabilities["galaxy"] < 0.66
    galaxies = [p for n, p in said.items() if n not in ("crescent-nebula", "gravitational-lens")]
    assert all(p.kind is not None and p.kind.id == "galaxy" for p in galaxies)


def test_numbers_of_a_prediction_agree_with_each_other(classifier: Classifier):
    p = classifier.classify(SAMPLES / "grand-spiral.jpg")
    assert p.kind is not None
    assert sum(p.kind.probabilities.values()) == pytest.approx(1)
    assert len(p.answers) == len(SKYFORM.answers)
    assert all(0 <= a.low <= a.fraction <= a.high <= 1 for a in p.answers)
    by_question = {q.id: [a for a in p.answers if a.question == q.id] for q in KAGGLE.questions}
    for q, answers in by_question.items():
        assert sum(a.fraction for a in answers) == pytest.approx(1)
        assert sum(a.cumulative for a in answers) == pytest.approx(p.asked[q])
    assert set(p.classes) == set(TAXONOMIES)
    for c in p.classes.values():
        assert sum(c.probabilities) == pytest.approx(1)
        assert c.confidence == max(c.probabilities)
    assert p.embedding.shape == (128,)
    assert p.model == Classifier.load().info.id
    json.dumps(p.to_dict(embedding=True))


def test_paths_bytes_arrays_and_pil_give_the_same(classifier: Classifier):
    picture = drawn_galaxy(3, side=128)
    data = jpeg(picture)
    decoded = Image.open(__import__("io").BytesIO(data))
    forms = [data, np.asarray(decoded), decoded]
    answers = [[a.fraction for a in p.answers] for p in classifier(forms)]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-6)
    np.testing.assert_allclose(answers[0], answers[2], atol=1e-6)
    assert [p.id for p in classifier(forms)] == ["image-0", "image-1", "image-2"]


@pytest.mark.parametrize("side", [128, 900])
def test_a_kept_picture_is_prepared_like_any_other(classifier: Classifier, side: int):
    data = jpeg(drawn_galaxy(4, side=side))
    plain, kept = (classifier.prepare(data, keep=keep) for keep in (False, True))
    assert plain.prepared is not None
    assert kept.prepared is not None
    assert plain.picture is None
    assert kept.picture is not None
    np.testing.assert_array_equal(plain.prepared.pixels, kept.prepared.pixels)
    assert plain.prepared.frame == kept.prepared.frame


def test_one_bad_picture_costs_one_row_and_order_is_kept(classifier: Classifier, tmp_path: Path):
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut")
    good = sorted(SAMPLES.glob("*.jpg"))
    inputs = [good[0], tmp_path / "bad.jpg", tmp_path / "none.jpg", good[1]]
    said = list(classifier(inputs, batch_size=3, workers=2))
    assert [p.id for p in said] == [good[0].stem, "bad", "none", good[1].stem]
    assert [p.ok for p in said] == [True, False, False, True]
    assert said[2].failure is not None
    assert said[2].failure.code == "unreadable-file"
    assert all(p.failure is None or (p.failure.message and p.failure.remedy) for p in said)


@pytest.mark.parametrize(("batch_size", "workers"), [(1, 1), (4, 1), (4, 3)])
def test_batches_and_workers_change_nothing(classifier: Classifier, batch_size: int, workers: int):
    files = sorted(SAMPLES.glob("*.jpg"))
    got = list(classifier(files, batch_size=batch_size, workers=workers))
    one = [classifier.classify(f) for f in files]
    assert [p.id for p in got] == [p.id for p in one]
    for a, b in zip(got, one, strict=True):
        np.testing.assert_allclose(
            [x.fraction for x in a.answers], [x.fraction for x in b.answers], atol=1e-4
        )


def test_nothing_is_read_before_it_is_asked_for(classifier: Classifier):
    asked: list[int] = []

    def endless():
        for n in range(10_000):
            asked.append(n)
            yield drawn_galaxy(n % 3)

    first = next(classifier(endless(), batch_size=4, workers=2))
    assert first.ok
    assert len(asked) <= 16


def test_a_turned_picture_gets_the_same_answer_when_averaged(classifier: Classifier):
    with Image.open(SAMPLES / "grand-spiral.jpg") as picture:
        turned = picture.transpose(Image.Transpose.ROTATE_90)
        mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        plain, rotated, flipped = classifier([picture.copy(), turned, mirrored], average=True)
    for a, b, c in zip(plain.answers, rotated.answers, flipped.answers, strict=True):
        if a.question != "sense":
            assert a.fraction == pytest.approx(b.fraction, abs=0.06)
            assert a.fraction == pytest.approx(c.fraction, abs=0.06)
    other = {"sense.clockwise": "sense.anticlockwise"}
    for a, b in other.items():
        assert plain.answer(a).fraction == pytest.approx(flipped.answer(b).fraction, abs=0.06)


def test_evidence_lies_on_the_galaxy(classifier: Classifier):
    p = classifier.classify(SAMPLES / "edge-on-disc.jpg", evidence="edge-on.yes")
    assert p.evidence is not None
    assert p.evidence_of == "edge-on.yes"
    assert p.evidence.shape == (32, 32)
    assert p.evidence.max() == pytest.approx(1)
    assert p.evidence[12:20, 12:20].mean() > p.evidence[[0, 0, -1, -1], [0, -1, 0, -1]].mean()


def test_evidence_of_an_unknown_answer(classifier: Classifier):
    with pytest.raises(KeyError, match=r"bar\.perhaps"):
        classifier.classify(SAMPLES / "edge-on-disc.jpg", evidence="bar.perhaps")


def test_no_everyday_picture_is_called_a_galaxy_with_confidence(classifier: Classifier):
    from importlib import resources

    from skyform.datasets import HELD_OUT_PHOTOGRAPHS

    said = [
        classifier.classify((resources.files("skimage.data") / name).read_bytes())
        for name in HELD_OUT_PHOTOGRAPHS
    ]
    for p in said:
        assert p.kind is not None
        assert p.kind.probabilities["galaxy"] < 0.5


@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_picture_is_flagged_and_no_galaxy(classifier: Classifier, value: int):
    p = classifier.classify(np.full((100, 100, 3), value, np.uint8))
    assert Flag.BLANK in p.flags
    assert p.kind is not None
    assert p.kind.probabilities["galaxy"] < 0.66


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"workers": 0}])
def test_wrong_numbers(classifier: Classifier, wrong: dict[str, int]):
    with pytest.raises(ValueError, match="must be at least 1"):
        next(classifier([drawn_galaxy(0)], **wrong))


def test_the_bundled_models_agree():
    files = sorted(SAMPLES.glob("*.jpg"))
    base, small = (Classifier.load(name) for name in BUNDLED)
    for a, b in zip(base(files), small(files), strict=True):
        difference = [
            x.cumulative - y.cumulative for x, y in zip(a.answers, b.answers, strict=True)
        ]
        assert np.sqrt(np.mean(np.square(difference))) < 0.15, a.id


def test_kinds_are_those_of_the_schema(classifier: Classifier):
    p = classifier.classify(drawn_galaxy(1))
    assert p.kind is not None
    assert list(p.kind.probabilities) == [k.id for k in KINDS]
