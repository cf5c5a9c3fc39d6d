"""From logits to honest numbers: shares, chances, sets of answers, and distrust of the unfamiliar. Serialised in the model file."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from skyform.evaluation.chances import sharpened
from skyform.evaluation.class_rules import LEAST_SHARE
from skyform.evaluation.conformal import in_set
from skyform.evaluation.debiasing import Debiasing, debiased
from skyform.evaluation.rejection import Rejection, reject_evidence
from skyform.schema import KINDS, SKYFORM, Taxonomy, Tree
from skyform.schema.words import SURE

__all__ = ["Calibration", "softmax"]


def softmax(
    logits: Float[ndarray, "*batch n"], *, temperature: float = 1.0
) -> Float[ndarray, "*batch n"]:
    """Probabilities from logits, over the last axis."""
    scaled = (logits - logits.max(axis=-1, keepdims=True)) / temperature
    e = np.exp(scaled)
    return e / e.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Calibration:
    """How a model's raw numbers become probabilities. Everything is fitted on the validation split (`evaluation.fitting`).

    Attributes
    ----------
    temperatures : mapping of question id to float
        Divides the question's logits (Guo et al. 2017, arXiv:1706.04599).
    concentrations : mapping of question id to float
        S in Beta(S p, S (1 - p)): how far observed vote fractions scatter around the predicted p.
    intervals : mapping of question id to {"fraction", "low", "high"}
        Central 90 % of Beta(S p, S (1 - p)), tabulated over p, so that prediction needs an interpolation only.
    kind_temperature : float
    class_temperatures : mapping of taxonomy id to float
        A vote share is not a chance of being right: where 60 % of people see a spiral, "spiral" is the right class nearly
        always. Class probabilities are the shares to the power 1/T, normalised, with T fitted to the classes that people assigned.
    familiar : float
        Distance in the embedding that 99 % of the validation pictures of every kind stay below.
    distrust : float
        Beyond it, the probability that it is none of the kinds rises to 1 - exp(-distrust (distance / familiar - 1)).
    rejection : Rejection or None
        How strange a picture is; None in files from before it was fitted.
    by_majority : mapping of taxonomy id to question ids
        Questions that count by the chance of each answer when that taxonomy's classes are derived, see `Taxonomy.by_majority`. The
        taxonomy's rule was fitted so; files from before have none.
    debiasing : mapping of taxonomy id to Debiasing
        The correction for distance before that taxonomy's classes are derived, see `Taxonomy.debiased`.
    """

    temperatures: Mapping[str, float] = field(default_factory=dict)
    concentrations: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, Mapping[str, list[float]]] = field(default_factory=dict)
    kind_temperature: float = 1.0
    class_temperatures: Mapping[str, float] = field(default_factory=dict)
    familiar: float = float("inf")
    distrust: float = 1.0
    class_offsets: Mapping[str, list[float]] = field(default_factory=dict)
    chances: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    sets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    rejection: Rejection | None = None
    by_majority: Mapping[str, Sequence[str]] = field(default_factory=dict)
    debiasing: Mapping[str, Debiasing] = field(default_factory=dict)

    def fractions(
        self, logits: Float[ndarray, "b answers"], *, tree: Tree = SKYFORM
    ) -> Float[ndarray, "b answers"]:
        """Conditional fractions: one softmax a question, at its temperature."""
        out = np.empty(logits.shape)
        for q, part in tree.slices.items():
            out[:, part] = softmax(
                logits[:, part].astype(float), temperature=self.temperatures.get(q, 1.0)
            )
        return out

    def bounds(
        self, fractions: Float[ndarray, "b answers"], *, tree: Tree = SKYFORM
    ) -> tuple[Float[ndarray, "b answers"], Float[ndarray, "b answers"]]:
        """Lower and upper ends of the central 90 % of each fraction; 0 and 1 for a question without a fitted interval."""
        low, high = np.zeros_like(fractions), np.ones_like(fractions)
        for q, part in tree.slices.items():
            table = self.intervals.get(q)
            if table is not None:
                p = fractions[:, part]
                low[:, part] = np.interp(p, table["fraction"], table["low"])
                high[:, part] = np.interp(p, table["fraction"], table["high"])
        # An interval of a skewed distribution can leave out its own mean; a reader could not.
        return np.minimum(low, fractions), np.maximum(high, fractions)

    def kinds(
        self, logits: Float[ndarray, "b kinds"], distance: Float[ndarray, " b"]
    ) -> Float[ndarray, "b kinds"]:
        """Probability of each kind; pictures far from all that training saw move towards "none"."""
        p = softmax(logits.astype(float), temperature=self.kind_temperature)
        trust = np.exp(-self.distrust * np.maximum(distance / self.familiar - 1.0, 0.0))
        p = p * trust[:, None]
        p[:, _NONE] += 1.0 - trust
        return p

    def classes(
        self, taxonomy: Taxonomy, fractions: Float[ndarray, "b answers"]
    ) -> tuple[Float[ndarray, "b classes"], Float[ndarray, " b"]]:
        """Calibrated class probabilities of one taxonomy, and its coverage."""
        shares = self.class_shares(taxonomy, fractions)
        t = self.class_temperatures.get(taxonomy.id, 1.0)
        offsets = self.class_offsets.get(taxonomy.id)
        if offsets is None:
            p = softmax(np.log(np.maximum(shares, 1e-12)), temperature=t)
        else:
            p = softmax(np.log(np.maximum(shares, LEAST_SHARE)) / t + np.array(offsets))
        return p, np.minimum(shares.sum(axis=1), 1.0)

    def class_shares(
        self, taxonomy: Taxonomy, fractions: Float[ndarray, "b answers"]
    ) -> Float[ndarray, "b classes"]:
        """The share of each class, before its rule is fitted to data."""
        fractions = debiased(fractions, self.debiasing.get(taxonomy.id, {}))
        for q in self.by_majority.get(taxonomy.id, ()):
            part = taxonomy.tree.slices[q]
            if q in self.chances:
                fractions[:, part] = sharpened(fractions[:, part], **self.chances[q])
        return taxonomy.shares(fractions)

    def answer_chances(
        self, fractions: Float[ndarray, "b answers"], *, tree: Tree = SKYFORM
    ) -> Float[ndarray, "b answers"]:
        """The chance of each answer that it is the one most people give, of those asked; the share itself where nothing was fitted."""
        out = fractions.copy()
        for q, part in tree.slices.items():
            if q in self.chances:
                out[:, part] = sharpened(fractions[:, part], **self.chances[q])
        return out

    def answer_set(
        self, name: str, p: Float[ndarray, "b answers"]
    ) -> Bool[ndarray, "b answers"] | None:
        """Which answers (classes, kinds) cannot be ruled out; None where no set was fitted.

        Parameters
        ----------
        name : str
            A question id, a taxonomy id, or "kind".
        p : shape (b, answers)
            Chances of that question's answers, of the classes, or of the kinds.
        """
        fitted = self.sets.get(name)
        # A threshold of 0 comes from too few pictures: the set of everything would say nothing.
        if fitted is None or not fitted["threshold"]:
            return None
        return in_set(p, fitted["threshold"])

    def evidence_of_strangers(
        self,
        kinds: Float[ndarray, "b kinds"],
        distance: Float[ndarray, " b"],
        fractions: Float[ndarray, "b answers"],
        *,
        tree: Tree = SKYFORM,
    ) -> Float[ndarray, "b 3"]:
        """What speaks for a stranger, from the logits of the kinds, the distance in the embedding, and the tree's fractions."""
        p = softmax(kinds.astype(float), temperature=self.kind_temperature)
        return reject_evidence(
            p[:, _NONE], fractions[:, tree.index[_STAR]], distance / self.familiar
        )

    @property
    def strange_above(self) -> float:
        """Strangeness above which a picture is probably of nothing that the model knows; 1, which none is above, without a fit."""
        return 1.0 if self.rejection is None else self.rejection.threshold

    def no_galaxy(
        self, kinds: Float[ndarray, "b kinds"], strangeness: Float[ndarray, " b"] | None
    ) -> Bool[ndarray, " b"]:
        """What is probably of another kind than a galaxy, or of nothing that the model knows.

        Parameters
        ----------
        kinds : array
            Probabilities, from `kinds`.
        strangeness : array or None
            From `strangeness`; None for a model without a tree.
        """
        other = (kinds.max(axis=1) >= SURE) & (kinds.argmax(axis=1) != _GALAXY)
        return other if strangeness is None else other | (strangeness > self.strange_above)

    def strangeness(
        self,
        kinds: Float[ndarray, "b kinds"],
        distance: Float[ndarray, " b"],
        fractions: Float[ndarray, "b answers"],
        *,
        tree: Tree = SKYFORM,
    ) -> Float[ndarray, " b"]:
        """How strange each picture is, 0 to 1; without a fit, the probability of "none of these"."""
        if self.rejection is None:
            return self.kinds(kinds, distance)[:, _NONE]
        evidence = self.evidence_of_strangers(kinds, distance, fractions, tree=tree)
        return self.rejection.strangeness(evidence)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Calibration":
        """The inverse of `to_dict`; what older files lack stays as it was before there was a fit for it. Unknown keys are an error."""
        given: dict[str, Any] = dict(values)
        if given.get("rejection") is not None:
            given["rejection"] = Rejection.from_dict(given["rejection"])
        return cls(**given)


_KINDS = [k.id for k in KINDS]
_NONE, _GALAXY = _KINDS.index("none"), _KINDS.index("galaxy")
_STAR = "smooth-or-features.star"
