"""Are negatives found, and nothing else taken for one? On the labelled pictures in DATA, as they are and as grey negatives, and on strangers.

Of what is taken for a negative among the strangers, the last column says how many the model takes for an object of the sky once they are
turned round. The last lines: Galaxy10 DECaLS's official classes from pictures as they are, from grey ones, and from grey negatives.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy import ndarray

from skyform.datasets import SOURCES, Row, read_source
from skyform.datasets.strangers import STRANGERS, stranger_pictures
from skyform.images import decode
from skyform.images.negative import is_negative
from skyform.inference import Classifier
from skyform.schema import Flag

MOST = 400  # pictures of one source


def main() -> None:
    """Print a line for each source and each sort of strangers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="base")
    parser.add_argument("--strangers", type=int, default=50, help="of each sort (default: 50)")
    options = parser.parse_args()
    classifier = Classifier.load(options.model)
    as_is = found = count = 0
    for name, source in SOURCES.items():
        if (options.data / source.file).is_file():
            rows = some(list(read_source(source, options.data)))
            pictures = [decode(r.image) for r in rows]
            one = sum(Flag.NEGATIVE in p.flags for p in pictures)
            other = sum(is_negative(negative(p.rgb)) for p in pictures)
            print(f"{name:20} {len(rows):4} pictures: {one:3} as they are, {other:3} as negatives")
            as_is, found, count = as_is + one, found + other, count + len(rows)
    print(f"{'all':20} {count:4} pictures: {as_is:3} as they are, {found:3} as negatives")
    for id, sort in STRANGERS.items():
        said = [classifier.classify(p) for p in stranger_pictures(id, options.strangers)]
        turned = [p for p in said if Flag.NEGATIVE in p.flags]
        wrong = sum(p.kind is not None and p.kind.id != "none" for p in turned)
        print(
            f"{sort.title:40} {len(said):3}: {len(turned):3} turned round, {wrong} then an object"
        )
    decals = list(read_source(SOURCES["galaxy10_decals"], options.data))
    for what, change in (("as they are", np.asarray), ("grey", grey), ("grey negatives", negative)):
        print(
            f"Galaxy10 DECaLS, {what}: {right(classifier, decals, change)} of {len(decals)} right"
        )


def some(rows: list[Row]) -> list[Row]:
    """At most `MOST` of them, drawn from a fixed seed."""
    return [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:MOST]]


def grey(rgb: ndarray) -> ndarray:
    """The mean of the colours."""
    mean = rgb.mean(axis=2, keepdims=True).astype(np.uint8)
    return np.repeat(mean, 3, axis=2)


def negative(rgb: ndarray) -> ndarray:
    """Grey, with bright and dark exchanged."""
    return 255 - grey(rgb)


def right(classifier: Classifier, rows: list[Row], change: Callable[[ndarray], ndarray]) -> int:
    """Pictures whose class is the official one, after a change."""
    said = classifier([change(decode(r.image).rgb) for r in rows])
    return sum(
        p.classes["galaxy10_decals"].number == int(r.raw["label"])
        for p, r in zip(said, rows, strict=True)
    )


if __name__ == "__main__":
    main()
