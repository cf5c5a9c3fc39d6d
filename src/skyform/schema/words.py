"""Numbers into words: chances after the IPCC's calibrated language, and the one plain sentence."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.schema.prediction import KindEstimate
from skyform.schema.trees import Tree
from skyform.schema.votes import rolled_up

__all__ = ["chance", "sentence"]

_SURE = 0.66


def chance(probability: float) -> str:
    """The words for a probability, the same everywhere (IPCC guidance note on uncertainties, 2010, table 1)."""
    if probability > 0.99:
        return "virtually certain"
    if probability > 0.90:
        return "very likely"
    if probability > _SURE:
        return "likely"
    if probability >= 0.33:
        return "could go either way"
    return "unlikely"


def sentence(tree: Tree, kind: KindEstimate, fractions: Float[ndarray, " answers"]) -> str:
    """What is in the picture, in one sentence that stops where the certainty stops.

    Parameters
    ----------
    tree : Tree
        The model's tree; it must hold the questions of the GZ2 tree.
    kind : KindEstimate
        With calibrated confidence.
    fractions : array, shape (answers,)
        Conditional fractions.
    """
    if kind.id != "galaxy":
        what = "none of the kinds that Skyform knows" if kind.id == "none" else f"a {kind.name}"
        if kind.confidence >= _SURE:
            return f"{_opening(kind.confidence)} {what}."
        return f"It could be {what}, but we can't tell."
    kept = rolled_up(tree, fractions, threshold=_SURE)
    said = _describe(set(kept))
    sure = float(np.min([fractions[tree.index[a]] for a in kept[:1]] or [0.0]))
    confidence = kind.confidence if not kept else min(kind.confidence, sure)
    if kind.confidence < _SURE:
        return f"It could be {said}, but we can't tell."
    return f"{_opening(max(confidence, 0.67))} {said}."


def _opening(probability: float) -> str:
    return chance(probability).capitalize()


def _describe(kept: set[str]) -> str:
    def has(*answers: str) -> bool:
        return all(a in kept for a in answers)

    if "smooth-or-features.smooth" in kept:
        what = _smooth(kept)
    elif "smooth-or-features.features" in kept:
        what = _disc(kept)
    elif "smooth-or-features.star" in kept:
        what = "a star or an artefact of the camera"
    else:
        what = "a galaxy; we can't tell whether it is smooth or has a disc"
    odd = [w for a, w in _ODD if has("odd.yes", a)]
    joiner = "; there is " if ";" in what else ", with "
    return what + (joiner + odd[0] if odd else "")


_ODD: Sequence[tuple[str, str]] = (
    ("odd-feature.merger", "signs of a merger"),
    ("odd-feature.ring", "a ring"),
    ("odd-feature.lens", "a lens or arc"),
    ("odd-feature.dust-lane", "a dust lane"),
    ("odd-feature.disturbed", "a disturbed shape"),
    ("odd-feature.irregular", "an irregular shape"),
)


def _smooth(kept: set[str]) -> str:
    for answer, words in (
        ("roundness.round", "a smooth, completely round galaxy"),
        ("roundness.in-between", "a smooth, oval galaxy"),
        ("roundness.cigar", "a smooth, cigar-shaped galaxy"),
    ):
        if answer in kept:
            return words
    return "a smooth galaxy"


def _disc(kept: set[str]) -> str:
    if "edge-on.yes" in kept:
        bulge = {
            "edge-on-bulge.rounded": " with a rounded bulge",
            "edge-on-bulge.boxy": " with a boxy bulge",
            "edge-on-bulge.none": " without a bulge",
        }
        return "a disc galaxy seen edge-on" + next(
            (w for a, w in bulge.items() if a in kept), ""
        )
    bar = next(
        (w for a, w in (("bar.yes", "a bar"), ("bar.no", "no bar")) if a in kept),
        "",
    )
    if "spiral.yes" in kept:
        arms = _arms(kept)
        if arms and bar:
            return f"a spiral galaxy with {arms} and {bar}"
        if arms or bar:
            return f"a spiral galaxy with {arms or bar}"
        return "a spiral galaxy; we can't tell whether it has a bar"
    if "spiral.no" in kept:
        return "a disc galaxy without spiral arms" + (f", with {bar}" if bar else "")
    if "edge-on.no" in kept:
        return "a disc galaxy; we can't tell whether it has spiral arms"
    return "a galaxy with a disc or other features"


def _arms(kept: set[str]) -> str:
    number = {
        "arm-number.1": "one",
        "arm-number.2": "two",
        "arm-number.3": "three",
        "arm-number.4": "four",
        "arm-number.more": "more than four",
    }
    winding = {
        "arm-winding.tight": "tightly wound",
        "arm-winding.medium": "medium-wound",
        "arm-winding.loose": "loosely wound",
    }
    words = [
        *(w for a, w in number.items() if a in kept),
        *(w for a, w in winding.items() if a in kept),
    ]
    if not words:
        return ""
    return " ".join(words) + (" arm" if words[0] == "one" else " arms")
