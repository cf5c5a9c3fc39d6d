"""Numbers into words: chances after the IPCC's calibrated language, and the one plain sentence."""

from collections.abc import Collection, Sequence

from jaxtyping import Float
from numpy import ndarray

from skyform.schema.prediction import ClassEstimate, KindEstimate
from skyform.schema.schemes import Scheme
from skyform.schema.taxonomies import KINDS
from skyform.schema.trees import Tree
from skyform.schema.votes import rolled_up

__all__ = ["STRANGE", "SURE", "chance", "class_sentence", "percent", "sentence"]

# From this probability on, a thing is "likely" and may be said.
SURE = 0.66
# Of what looks like a galaxy and is stranger than any that a model knows.
STRANGE = "It looks like a galaxy, but unlike those that the model knows; it may be something else."
_CHANCES = (
    (0.99, "virtually certain"),
    (0.90, "very likely"),
    (SURE, "likely"),
    (0.33, "could go either way"),
)


def chance(probability: float) -> str:
    """The words for a probability, the same everywhere (IPCC guidance note on uncertainties, 2010, table 1)."""
    return next((words for least, words in _CHANCES if probability >= least), "unlikely")


def sentence(
    tree: Tree,
    kind: KindEstimate | None,
    chances: Float[ndarray, " answers"],
    *,
    kept: Collection[str] | None = None,
) -> str:
    """What is in the picture, in one sentence that stops where the certainty stops.

    Its first words are the chance of the noun ("a spiral galaxy"); each detail after it is at least likely by itself.

    Parameters
    ----------
    tree : Tree
        The model's tree; it must hold the questions of the GZ2 tree.
    kind : KindEstimate or None
        With calibrated confidence; None where the model takes every picture for a galaxy.
    chances : array, shape (answers,)
        The calibrated chance that each answer is the one most people give, or, where there is none, its conditional fraction; NaN where
        nothing is known.
    kept : collection of str, optional
        The answers that are sure enough to say (`Prediction.rolled_up`); by default those that are at least likely, with all that
        they hang on.

    Raises
    ------
    ValueError
        If the tree has other questions than the GZ2 tree.
    """
    if _ROOT not in tree.question:
        raise ValueError(
            f"tree is {tree.id!r}; sentences are written for trees with the GZ2 questions"
        )
    if kind is not None and kind.confidence < SURE:
        return _undecided(kind)
    if kind is not None and kind.id != "galaxy":
        return f"{_opening(kind.confidence)} {_KIND_WORDS[kind.id]}{_CAVEATS.get(kind.id, '')}."
    sure = 1.0 if kind is None else kind.confidence
    if kept is None:
        kept = rolled_up(tree, chances, threshold=SURE)
    noun_rests_on = [float(chances[tree.index[a]]) for a in kept if a.startswith(_NOUN_QUESTIONS)]
    return f"{_opening(min(sure, *noun_rests_on, 1.0))} {_describe(kept)}."


def class_sentence(scheme: Scheme, estimate: ClassEstimate, *, reject: float = 0.0) -> str:
    """What is in the picture, in the words of a model's own classes.

    Parameters
    ----------
    scheme : Scheme
        The classes that `estimate` speaks of.
    estimate : ClassEstimate
        With calibrated confidence.
    reject : float
        Least confidence with which the model answers at all.
    """
    names = {c.id: _quoted(c.name) for c in scheme.classes}
    first = f"{names[estimate.id]} ({percent(estimate.confidence)})"
    if estimate.confidence < reject:
        return f"The model can't tell; its first guess is {first}."
    if len(estimate.answer_set) < 2:
        return f"Most likely {first}."
    told = [names[id] for id in estimate.answer_set[:_MOST_NAMED]]
    rest = len(estimate.answer_set) - len(told)
    if rest:
        told.append(f"{rest} other{'s' if rest > 1 else ''}")
    return f"It could be {', '.join(told[:-1])} or {told[-1]}; most likely {first}."


_MOST_NAMED = 3


def _quoted(name: str) -> str:
    # "Disk, Face-on, No Spiral" would fall apart in a list.
    return f"“{name}”" if "," in name else name


def percent(probability: float) -> str:
    """A probability in whole percent that never claims certainty: "97 %", ">99 %", "<1 %"."""
    if probability > 0.99:
        return ">99 %"
    return "<1 %" if probability < 0.01 else f"{100 * probability:.0f} %"


_ROOT = "smooth-or-features"
_NOUN_QUESTIONS = (f"{_ROOT}.", "edge-on.", "spiral.yes", "roundness.")

_NAMED = [f"a {k.name}" for k in KINDS if k.id != "none"]
_KIND_WORDS = {k.id: f"a {k.name}" for k in KINDS} | {
    "none": f"not {', '.join(_NAMED[:-1])} or {_NAMED[-1]}"
}

# Experts' weak candidates look like lenses to the model, 27 of 28 of them.
_CAVEATS = {"lens": ", or a galaxy that looks like one"}

# The first entry whose answer is kept names the object.
_NOUNS = (
    ("roundness.round", "a smooth, completely round galaxy"),
    ("roundness.in-between", "a smooth, oval galaxy"),
    ("roundness.cigar", "a smooth, cigar-shaped galaxy"),
    ("smooth-or-features.smooth", "a smooth galaxy"),
    ("edge-on.yes", "a disc galaxy seen edge-on"),
    ("spiral.yes", "a spiral galaxy"),
    ("edge-on.no", "a disc galaxy"),
    ("smooth-or-features.star", "a star or an artefact of the camera"),
)

# Every entry whose answer is kept is told, in this order.
_DETAILS = (
    ("edge-on-bulge.rounded", "a rounded bulge"),
    ("edge-on-bulge.boxy", "a boxy bulge"),
    ("edge-on-bulge.none", "no bulge"),
    ("spiral.no", "no spiral arms"),
    ("bar.yes", "a bar"),
    ("bar.no", "no bar"),
    ("odd-feature.ring", "a ring"),
    ("odd-feature.lens", "a lens or arc"),
    ("odd-feature.disturbed", "a disturbed shape"),
    ("odd-feature.irregular", "an irregular shape"),
    ("odd-feature.merger", "signs of a merger"),
    ("odd-feature.dust-lane", "a dust lane"),
)

_ARM_NUMBERS = (
    ("arm-number.1", "one"),
    ("arm-number.2", "two"),
    ("arm-number.3", "three"),
    ("arm-number.4", "four"),
    ("arm-number.more", "more than four"),
)
_ARM_WINDINGS = (
    ("arm-winding.tight", "tightly wound"),
    ("arm-winding.medium", "medium-wound"),
    ("arm-winding.loose", "loosely wound"),
)


def _opening(probability: float) -> str:
    words = chance(probability)
    return "Almost certainly" if words == "virtually certain" else words.capitalize()


def _undecided(kind: KindEstimate) -> str:
    ranked = sorted(kind.probabilities, key=kind.probabilities.__getitem__, reverse=True)[:2]
    ranked.sort(key="none".__eq__)
    what = " or ".join("something else" if k == "none" else _KIND_WORDS[k] for k in ranked)
    return f"It could be {what}; we can't tell."


def _describe(kept: Collection[str]) -> str:
    noun = next((words for answer, words in _NOUNS if answer in kept), "a galaxy")
    details = _arms(kept) + _said(_DETAILS, kept=kept)
    if noun == "a galaxy" and "smooth-or-features.features" in kept:
        details = ["a disc or other features", *details]
    if "odd.yes" in kept and not any(a.startswith("odd-feature.") for a in kept):
        details.append("something odd about it")
    told = f"{noun} with {_joined(details)}" if details else noun
    unknown = _unknown(kept)
    return f"{told}; we can't tell whether {unknown}" if unknown else told


def _unknown(kept: Collection[str]) -> str:
    """What a reader would expect to be told, and is not."""
    if not any(a.startswith(_ROOT) for a in kept):
        return "it is smooth or has a disc"
    if "edge-on.no" not in kept:
        return ""
    questions = (("spiral.", "spiral arms"), ("bar.", "a bar"))
    missing = [words for q, words in questions if not any(a.startswith(q) for a in kept)]
    return f"it has {' or '.join(missing)}" if missing else ""


def _arms(kept: Collection[str]) -> list[str]:
    number = _said(_ARM_NUMBERS, kept=kept)
    words = [*number, *_said(_ARM_WINDINGS, kept=kept)]
    return [" ".join([*words, "arm" if number == ["one"] else "arms"])] if words else []


def _said(table: Sequence[tuple[str, str]], *, kept: Collection[str]) -> list[str]:
    return [words for answer, words in table if answer in kept]


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
