"""How Galaxy Zoo 2's fractions differ from its debiased ones, and which of the two made Galaxy10 SDSS. Needs the labelled pictures in DATA.

First what the two kinds of fractions make of the same galaxies, beside the published numbers; then the mean correction that
`skyform.evaluation.debiasing` holds, fitted to the training part; last the classes of the validation part as each model gives them.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy import ndarray

from skyform.datasets import SOURCES, Row, read_source
from skyform.datasets.derive import fractions_of_votes, majority_class
from skyform.datasets.labels import gz2_votes
from skyform.evaluation.debiasing import GALAXY_ZOO_2, debiased, fit_debiasing
from skyform.inference import Classifier
from skyform.schema import GALAXY10_SDSS, SKYFORM

# Pictures of each class in the published set (Leung and Bovy, documentation of astroNN).
PUBLISHED = (3461, 6997, 6292, 394, 1534, 17, 589, 1121, 906, 519)
QUESTIONS = tuple(GALAXY_ZOO_2)


def main() -> None:
    """Print the three parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", nargs="*", default=["base", "small"])
    options = parser.parse_args()
    rows = list(read_source(SOURCES["gz2"], options.data))
    train = [r for r in rows if r.split == "train"]
    voted, corrected = fractions(train, "weighted_fraction"), fractions(train, "debiased")
    fitted = fit_debiasing(voted, corrected, *QUESTIONS, weights=as_published(corrected))
    print(f"{len(train)} galaxies      " + " ".join(f"{c.id:>8.8}" for c in GALAXY10_SDSS.classes))
    for what, counts in (
        ("as voted", class_counts(voted)),
        ("debiased", class_counts(corrected)),
        ("published", np.array(PUBLISHED)),
    ):
        on, cigar = counts[4:7].sum(), counts[3]
        print(
            f"{what:18}",
            " ".join(f"{n:8}" for n in counts),
            f" edge-on to cigar {on / cigar:.2f}",
        )
    print()
    for question, numbers in fitted.items():
        print(f'    "{question}": {tuple(numbers)},')
    print()
    held = [r for r in rows if r.split == "validation"]
    truth = majority_class(GALAXY10_SDSS, fractions(held, "debiased"))
    clear = truth >= 0
    plain = fractions(held, "weighted_fraction")[clear]
    for what, f in (("votes as given", plain), ("corrected", debiased(plain, fitted))):
        right = GALAXY10_SDSS.shares(f).argmax(axis=1) == truth[clear]
        print(f"volunteers' {what:15} {right.sum()} of {clear.sum()} as by debiased votes")
    stamps = [
        r
        for source in ("gz1", "gz1_wide", "gz2")
        for r in read_source(SOURCES[source], options.data)
        if r.split == "validation"
    ]
    for name in options.models:
        classifier = Classifier.load(name)
        said = [classifier.classify(r.image).classes["galaxy10_sdss"].number for r in held]
        right = np.array(said)[clear] == truth[clear]
        print(f"{name:27} {right.sum()} of {clear.sum()}; {discs_of_smooth(classifier, stamps)}")


def discs_of_smooth(classifier: Classifier, rows: list[Row]) -> str:
    """How many galaxies whose first answer is "smooth" get a class of discs."""
    discs = {c.number for c in GALAXY10_SDSS.classes} - {1, 2, 3}
    found = [classifier.classify(r.image) for r in rows]
    smooth = [p for p in found if p.path_taken[0] == "smooth-or-features.smooth"]
    called = sum(p.classes["galaxy10_sdss"].number in discs for p in smooth)
    return f"of {len(smooth)} that it calls smooth first, {called} get a class of discs"


def as_published(corrected: ndarray) -> ndarray:
    """Weights that give the galaxies the published share of smooth ones: ours were chosen to hold many clear spirals, edge-on discs and mergers."""
    smooth = corrected[:, SKYFORM.index["smooth-or-features.smooth"]] > 0.5
    share = sum(PUBLISHED[1:4]) / sum(PUBLISHED)
    return np.where(smooth, share / smooth.mean(), (1 - share) / (1 - smooth.mean()))


def fractions(rows: list[Row], kind: str) -> ndarray:
    """Conditional fractions of one kind, shape (rows, answers)."""
    votes = [gz2_votes(r.raw, kind=kind) for r in rows]
    nothing = np.full(37, np.nan)
    out = fractions_of_votes(np.array([nothing if v is None else v for v in votes]))
    return out[:, : len(SKYFORM.answers)]


def class_counts(f: ndarray) -> ndarray:
    """How many galaxies have each class, of those of which one has over 55 % of the votes."""
    found = majority_class(GALAXY10_SDSS, f)
    return np.bincount(found[found >= 0], minlength=len(GALAXY10_SDSS.classes))


if __name__ == "__main__":
    main()
