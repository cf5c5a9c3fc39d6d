"""Evidence lies where taking the structure away costs the answer, and a map says nothing where nothing does."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from skyform.inference import Classifier

SAMPLES = Path(__file__).parents[2] / "src/skyform/samples"
SKY = np.full((96, 96, 3), 12, np.uint8)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load("small", threads=1)


def corners(evidence: np.ndarray) -> np.ndarray:
    return np.stack([evidence[:5, :5], evidence[:5, -5:], evidence[-5:, :5], evidence[-5:, -5:]])


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("grand-spiral.jpg", "spiral.yes"),
        ("barred-spiral.jpg", "bar.yes"),
    ],
)
def test_it_lies_on_the_galaxy_and_not_on_the_sky(classifier: Classifier, name: str, answer: str):
    said = classifier.classify(SAMPLES / name, evidence=answer)
    assert said.evidence is not None
    assert said.evidence.shape == (32, 32)
    assert said.evidence.min() >= 0
    assert said.evidence.max() <= 1
    assert said.evidence[8:24, 8:24].mean() > 3 * corners(said.evidence).mean()


def test_what_is_strongest_costs_more_than_any_other_place(classifier: Classifier):
    said = classifier.classify(SAMPLES / "grand-spiral.jpg", evidence="spiral.yes")
    pixels = classifier.prepare(SAMPLES / "grand-spiral.jpg").prepared.pixels
    size = len(pixels)
    strong = np.asarray(Image.fromarray(said.evidence).resize((size, size)))
    soft = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(0.12 * size)))

    def spiral(without: np.ndarray) -> float:
        seen = np.where(without[..., None], soft, pixels)
        answers = classifier.model.run(seen[None]).answers[0]
        part = classifier.info.tree.slices["spiral"]
        return float(answers[part][0] - answers[part][1])

    full = spiral(np.zeros((size, size), bool))
    best = full - spiral(strong >= np.quantile(strong, 0.85))
    rng = np.random.default_rng(0)
    others: list[float] = []
    for _ in range(8):
        left, top = rng.integers(0, round(0.6 * size), 2)
        patch = np.zeros((size, size), bool)
        patch[top : top + round(0.387 * size), left : left + round(0.387 * size)] = True
        others.append(full - spiral(patch))
    assert best > float(np.mean(others)) > 0


def test_an_empty_picture_has_no_evidence(classifier: Classifier):
    said = classifier.classify(SKY, evidence="spiral.yes")
    assert said.evidence is not None
    assert not said.evidence.any()


def test_a_mirrored_picture_has_the_mirrored_map(classifier: Classifier):
    with Image.open(SAMPLES / "grand-spiral.jpg") as image:
        rgb = np.asarray(image.convert("RGB"))
    one = classifier.classify(rgb, evidence="spiral.yes").evidence
    other = classifier.classify(np.ascontiguousarray(rgb[:, ::-1]), evidence="spiral.yes").evidence
    assert one is not None
    assert other is not None
    assert np.corrcoef(one.ravel(), other[:, ::-1].ravel())[0, 1] > 0.5
