"""What the network says of many pictures, calibrated, as arrays: the numbers of `Prediction`, without one object a picture."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from skyform.batch.sentences import kept_answers, tree_sentences
from skyform.evaluation.calibration import Calibration
from skyform.inference.modelfile import ModelInfo, Outputs
from skyform.schema import KINDS, ClassEstimate, Scheme, Tree, probability_asked
from skyform.schema.words import STRANGE, SURE, class_sentence

__all__ = ["Classes", "Estimates", "TreeNumbers", "estimates", "joined", "nothing", "set_texts"]

_GALAXY = [k.id for k in KINDS].index("galaxy")


@dataclass(frozen=True, slots=True)
class Classes:
    """Probabilities of kinds, of a taxonomy's classes, or of a model's own; the share of the vote that they speak for; the classes that
    cannot be ruled out, None where no set was fitted.
    """

    p: Float[ndarray, "n classes"]
    coverage: Float[ndarray, " n"]
    sets: Bool[ndarray, "n classes"] | None = None

    @property
    def best(self) -> ndarray:
        """Position of the most probable class in each row."""
        return self.p.argmax(axis=1)

    @property
    def confidence(self) -> ndarray:
        """Probability of the most probable class."""
        return self.p.max(axis=1)


@dataclass(frozen=True, slots=True)
class TreeNumbers:
    """The answers to a tree.

    Attributes
    ----------
    fractions, low, high : arrays
        Conditional fractions with the ends of their central 90 %.
    chances : array
        That each answer is the one most people give.
    asked : mapping of question id to array
        How often each question is asked.
    sets : mapping of question id to bool array
        The answers that cannot be ruled out; questions without a fitted set are left out.
    kept : mapping of question id to array of int
        Position of the answer that is sure enough to say; -1 where none is.
    """

    fractions: Float[ndarray, "n answers"]
    low: Float[ndarray, "n answers"]
    high: Float[ndarray, "n answers"]
    chances: Float[ndarray, "n answers"]
    asked: Mapping[str, Float[ndarray, " n"]]
    sets: Mapping[str, Bool[ndarray, "n _"]]
    kept: Mapping[str, ndarray]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Calibrated numbers, one row a picture. What the model does not answer is None, or not among `classes`.

    Attributes
    ----------
    distance : array or None
        To the training data, in units of the distance that 99 % of the validation pictures stay below.
    strange : bool array or None
        Beyond that distance.
    kinds : Classes or None
    tree : TreeNumbers or None
    classes : mapping of taxonomy id to Classes
    strangeness : array or None
        How much speaks for a picture of nothing that the model knows, 0 to 1.
    own : Classes or None
        The model's own classes.
    """

    count: int
    distance: Float[ndarray, " n"] | None = None
    strange: Bool[ndarray, " n"] | None = None
    kinds: Classes | None = None
    tree: TreeNumbers | None = None
    classes: Mapping[str, Classes] = field(default_factory=dict[str, Classes])
    strangeness: Float[ndarray, " n"] | None = None
    own: Classes | None = None

    def unfamiliar(self) -> Bool[ndarray, " n"]:
        """Unlike anything that the model was trained on."""
        return np.zeros(self.count, bool) if self.strange is None else self.strange

    def unsure(self, info: ModelInfo) -> Bool[ndarray, " n"]:
        """Where the model cannot tell: which kind, or, where it has classes of its own, which of those."""
        if self.own is not None:
            return self.own.confidence < info.class_calibration.reject
        if self.kinds is None:
            return np.zeros(self.count, bool)
        return self.kinds.confidence < SURE

    def no_galaxy(self, info: ModelInfo) -> Bool[ndarray, " n"]:
        """Probably of another kind, or of nothing that the model knows."""
        if self.kinds is None:
            return np.zeros(self.count, bool)
        return info.calibration.no_galaxy(self.kinds.p, self.strangeness)

    def sentences(self, info: ModelInfo) -> list[str]:
        """One plain sentence a row, in the words of the model's own classes where it has any."""
        if info.scheme is not None and self.own is not None:
            return _own_sentences(self.own, info, info.scheme)
        if info.tree is None or self.tree is None:
            return [""] * self.count
        kinds = None if self.kinds is None else self.kinds.p
        made = tree_sentences(
            info.tree, kinds=kinds, chances=self.tree.chances, kept=self.tree.kept
        )
        return [
            STRANGE if strange else sentence
            for sentence, strange in zip(made, self._strange_galaxies(info).tolist(), strict=True)
        ]

    def _strange_galaxies(self, info: ModelInfo) -> Bool[ndarray, " n"]:
        """What looks like a galaxy, and is stranger than those that the model knows."""
        if self.kinds is None or self.strangeness is None:
            return np.zeros(self.count, bool)
        galaxy = (self.kinds.best == _GALAXY) & (self.kinds.confidence >= SURE)
        return galaxy & (self.strangeness > info.calibration.strange_above)


def estimates(outputs: Outputs, *, info: ModelInfo, taxonomies: Collection[str]) -> Estimates:
    """Calibrated numbers from raw outputs.

    Parameters
    ----------
    outputs : Outputs
        Of any number of pictures.
    info : ModelInfo
        Of the model that they are from.
    taxonomies : collection of str
        Ids of the taxonomies to derive; those that the model does not support are left out.
    """
    calibration, count = info.calibration, len(outputs.embedding)
    distance, strange, kinds, tree, strangeness, own = None, None, None, None, None, None
    classes: dict[str, Classes] = {}
    if outputs.distance is not None:
        distance = outputs.distance / calibration.familiar
        strange = outputs.distance > calibration.familiar
    if info.names_kinds and outputs.kinds is not None and outputs.distance is not None:
        p = calibration.kinds(outputs.kinds, outputs.distance)
        kinds = Classes(p, np.ones(count), calibration.answer_set("kind", p))
    if info.tree is not None and outputs.answers is not None:
        tree = _tree_numbers(outputs.answers, calibration, info.tree)
        classes = {
            id: _taxonomy(*calibration.classes(t, tree.fractions), calibration, id)
            for id, t in info.taxonomies.items()
            if id in taxonomies
        }
        if kinds is not None and outputs.kinds is not None and outputs.distance is not None:
            strangeness = calibration.strangeness(
                outputs.kinds, outputs.distance, tree.fractions, tree=info.tree
            )
    if info.scheme is not None and outputs.classes is not None:
        p = info.class_calibration.probabilities(outputs.classes)
        # A threshold of 0 was never fitted: its set of all classes would say nothing.
        sets = info.class_calibration.answer_sets(p) if info.class_calibration.threshold else None
        own = Classes(p, np.ones(count), sets)
    return Estimates(count, distance, strange, kinds, tree, classes, strangeness, own)


def nothing(info: ModelInfo, *, features: int = 0) -> Outputs:
    """Outputs of no picture at all."""
    return Outputs(
        np.zeros((0, features), np.float32),
        np.zeros((0, len(info.tree.answers)), np.float32) if info.tree else None,
        np.zeros((0, len(KINDS)), np.float32) if info.names_kinds else None,
        np.zeros(0, np.float32) if info.names_kinds else None,
        np.zeros((0, len(info.scheme)), np.float32) if info.scheme else None,
    )


def joined(batches: Sequence[Outputs], *, info: ModelInfo, features: int) -> Outputs:
    """The outputs of several batches as one; `features` is the width of an embedding, where there is no batch to tell it."""
    if not batches:
        return nothing(info, features=features)

    def column(name: str) -> ndarray | None:
        arrays = [getattr(b, name) for b in batches]
        return None if arrays[0] is None else np.concatenate(arrays)

    return Outputs(
        np.concatenate([b.embedding for b in batches]),
        *map(column, ("answers", "kinds", "distance", "classes")),
    )


def set_texts(
    p: Float[ndarray, "n classes"],
    sets: Bool[ndarray, "n classes"] | None,
    ids: Sequence[str],
) -> list[str]:
    """The ids in each row's set joined by `;`, the most probable first; empty text without sets."""
    if sets is None:
        return [""] * len(p)
    best: list[int] = p.argmax(axis=1).tolist()
    texts = [ids[b] for b in best]
    several = np.flatnonzero(sets.sum(axis=1) > 1)
    order: list[list[int]] = np.argsort(-p[several], axis=1, kind="stable").tolist()
    for row, ranked, inside in zip(several.tolist(), order, sets[several].tolist(), strict=True):
        texts[row] = ";".join(ids[c] for c in ranked if inside[c])
    return texts


def _tree_numbers(answers: ndarray, calibration: Calibration, tree: Tree) -> TreeNumbers:
    fractions = calibration.fractions(answers, tree=tree)
    low, high = calibration.bounds(fractions, tree=tree)
    chances = calibration.answer_chances(fractions, tree=tree)
    found = {q: calibration.answer_set(q, chances[:, part]) for q, part in tree.slices.items()}
    sets = {q: s for q, s in found.items() if s is not None}
    kept = kept_answers(tree, chances, sets=sets)
    return TreeNumbers(
        fractions, low, high, chances, probability_asked(tree, fractions), sets, kept
    )


def _taxonomy(p: ndarray, coverage: ndarray, calibration: Calibration, id: str) -> Classes:
    return Classes(p, coverage, calibration.answer_set(id, p))


def _own_sentences(own: Classes, info: ModelInfo, scheme: Scheme) -> list[str]:
    reject = info.class_calibration.reject
    texts = set_texts(own.p, own.sets, [str(i) for i in range(len(scheme))])
    told: list[str] = []
    for best, confidence, text in zip(
        own.best.tolist(), own.confidence.tolist(), texts, strict=True
    ):
        c = scheme.classes[best]
        answers = tuple(scheme.ids[int(i)] for i in text.split(";")) if text else ()
        estimate = ClassEstimate(scheme.id, c.number, c.id, c.name, confidence, 1.0, (), answers)
        told.append(class_sentence(scheme, estimate, reject=reject))
    return told
