"""Does evidence lie on the galaxy, and does the answer rest on it? On galaxies of Galaxy Zoo 2's validation part, in DATA.

For the map of each decisive answer: the share of it that lies on the galaxy's own pixels, beside their share of the frame; and by how much the
logarithm of the answer's odds falls where the strongest 15 % of the frame are blurred, or replaced by the sky's colour, beside any 15 %.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy import ndarray
from PIL import Image, ImageFilter
from scipy import ndimage

from skyform.datasets import SOURCES, read_source
from skyform.inference import Classifier
from skyform.schema import SKYFORM

STRONGEST = 0.15
DRAWS = 4  # of other places


def main() -> None:
    """Print one line for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", nargs="+", default=["small", "base"])
    parser.add_argument("--count", type=int, default=60)
    options = parser.parse_args()
    rows = [r for r in read_source(SOURCES["gz2"], options.data) if r.split == "validation"]
    for model in options.models:
        classifier = Classifier.load(model)
        each = [f for r in rows[: options.count] if (f := figures(classifier, r.image))]
        on, area, blurred, sky, other = np.mean(each, axis=0)
        print(
            f"{model}: {len(each)} maps, {on:.2f} of the evidence on the galaxy, which is {area:.2f} of the frame; log odds lost: "
            f"{blurred:.2f} strongest blurred, {sky:.2f} strongest replaced by sky, {other:.2f} any blurred"
        )


def figures(classifier: Classifier, image: bytes) -> tuple[float, ...] | None:
    """Of one picture; None where the answer is none of the tree's, or nothing is evidence."""
    said = classifier.classify(image, evidence=True)
    if said.evidence is None or not said.evidence.any() or said.evidence_of not in SKYFORM.index:
        return None
    prepared = classifier.prepare(image).prepared
    assert prepared is not None
    pixels = prepared.pixels
    size = len(pixels)
    galaxy = own_pixels(pixels)
    evidence = np.asarray(Image.fromarray(said.evidence).resize((size, size))).clip(0)
    soft = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(0.12 * size)))
    edge = np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
    sky = np.broadcast_to(np.median(edge, axis=0), pixels.shape)
    rng = np.random.default_rng(0)
    random = [
        ndimage.gaussian_filter(rng.normal(size=(size, size)), 0.08 * size) for _ in range(DRAWS)
    ]
    seen = [pixels, without(pixels, evidence, soft), without(pixels, evidence, sky)]
    seen += [without(pixels, r, soft) for r in random]
    odds = log_odds(classifier, np.stack(seen), said.evidence_of)
    lost = odds[0] - odds[1:]
    on = float(evidence[galaxy].sum() / evidence.sum())
    return on, float(galaxy.mean()), float(lost[0]), float(lost[1]), float(lost[2:].mean())


def own_pixels(pixels: ndarray) -> ndarray:
    """The bright region around the middle, four sigmas of the border above it."""
    grey = ndimage.gaussian_filter(pixels.mean(axis=2), 1.5)
    edge = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1]))
    level = np.median(edge)
    bright = grey > level + 4 * (1.4826 * np.median(np.abs(edge - level)) + 0.5)
    labels, _ = ndimage.label(bright)
    middle = labels[len(grey) // 2, len(grey) // 2]
    return labels == middle if middle else bright


def without(pixels: ndarray, map: ndarray, instead: ndarray) -> ndarray:
    """The picture with the strongest part of the map replaced, softly."""
    strongest = (map >= np.quantile(map, 1 - STRONGEST)).astype(float)
    veil = ndimage.gaussian_filter(strongest, 0.02 * len(pixels))[..., None]
    return np.rint(pixels * (1 - veil) + instead * veil).astype(np.uint8)


def log_odds(classifier: Classifier, pictures: ndarray, answer: str) -> ndarray:
    """Of an answer against the others of its question."""
    part = SKYFORM.slices[answer.partition(".")[0]]
    answers = classifier.model.run(pictures).answers
    assert answers is not None
    logits, place = answers[:, part], SKYFORM.index[answer] - part.start
    return logits[:, place] - np.logaddexp.reduce(np.delete(logits, place, axis=1), axis=1)


if __name__ == "__main__":
    main()
