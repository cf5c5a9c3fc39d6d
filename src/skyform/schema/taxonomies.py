"""Taxonomies as views on the tree: each class is a rule on answers, each probability a sum of products.

A rule is a product of factors; a factor is a sum over alternatives; an alternative is a product of answers, each taken
conditionally on its question being asked. Two different classes of a taxonomy never hold for the same answers. What no
class covers (a star in Galaxy10, say) is the *remainder*: class probabilities are given within the taxonomy and sum to 1; the
`coverage` beside them says how much of the vote they speak for.

Class names, numbers and order are the data sets' own: Galaxy10 SDSS and DECaLS (Leung and Bovy, astroNN documentation), the five
clean classes of Zhu et al. 2019 (arXiv:1807.10406), Galaxy Zoo 1 (Lintott et al. 2008, 2011).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from skyform.schema.trees import SKYFORM, Tree

__all__ = [
    "CLEAN5",
    "FIVE_WAY",
    "GALAXY10_DECALS",
    "GALAXY10_SDSS",
    "GALAXY_ZOO_1",
    "HUBBLE",
    "KINDS",
    "TAXONOMIES",
    "Kind",
    "Rule",
    "Taxonomy",
    "TaxonomyClass",
    "probability",
]

# Factors of alternatives of answer ids.
Rule = tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class TaxonomyClass:
    """One class: the data set's number and name, a short id, and the rule on the tree's answers."""

    number: int
    id: str
    name: str
    rule: Rule


@dataclass(frozen=True)
class Taxonomy:
    """A classification scheme as a view on a tree.

    Attributes
    ----------
    by_majority : tuple of str
        Questions that count by what most people say rather than by shares, where the chance of that is known: a spiral that 3 people in 10 call
        odd is no "disturbed" galaxy, however its other votes are split between kinds of spirals.
    debiased : bool
        Whether those who made the classes took fractions corrected for distance, and not those that people gave.
    """

    id: str
    name: str
    classes: tuple[TaxonomyClass, ...]
    tree: Tree = SKYFORM
    by_majority: tuple[str, ...] = ()
    debiased: bool = False

    @cached_property
    def by_id(self) -> dict[str, TaxonomyClass]:
        """Class by its short id."""
        return {c.id: c for c in self.classes}

    def shares(
        self, fractions: Float[ndarray, "*batch answers"]
    ) -> Float[ndarray, "*batch classes"]:
        """Share of all votes that each class holds, from conditional fractions. Sums to the coverage, at most 1."""
        known = _known(fractions)
        return np.stack([_chance(self.tree, c.rule, known) for c in self.classes], axis=-1)

    def coverage(self, fractions: Float[ndarray, "*batch answers"]) -> Float[ndarray, "*batch"]:
        """Share of all votes that any class of this taxonomy holds, 0 to 1."""
        return np.asarray(self.shares(fractions).sum(axis=-1))

    def probabilities(
        self, fractions: Float[ndarray, "*batch answers"]
    ) -> Float[ndarray, "*batch classes"]:
        """Class probabilities within the taxonomy; they sum to 1. Uniform where the coverage is 0."""
        shares = self.shares(fractions)
        total = shares.sum(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0, shares / total, 1.0 / len(self.classes))


def probability(
    tree: Tree, rule: Rule, fractions: Float[ndarray, "*batch answers"]
) -> Float[ndarray, "*batch"]:
    """Probability of a rule, from conditional fractions; NaN (nobody was asked) counts as 0."""
    return _chance(tree, rule, _known(fractions))


def _known(fractions: Float[ndarray, "*batch answers"]) -> Float[ndarray, "answers *batch"]:
    return np.moveaxis(np.where(np.isnan(fractions), 0.0, fractions), -1, 0)


def _chance(
    tree: Tree, rule: Rule, known: Float[ndarray, "answers *batch"]
) -> Float[ndarray, "*batch"]:
    # One multiplication after the other: for a few pictures at a time, gathering columns first takes ten times as long.
    out = np.ones(known.shape[1:])
    for factor in rule:
        total = np.zeros(known.shape[1:])
        for answers in factor:
            product = known[tree.index[answers[0]]]
            for answer in answers[1:]:
                product = product * known[tree.index[answer]]
            total += product
        out *= total
    return out


def _all(*answers: str) -> Rule:
    """All of these answers."""
    return ((answers,),)


def _any(*answers: str) -> Rule:
    """Any one of these answers of one question."""
    return (tuple((a,) for a in answers),)


_SMOOTH = "smooth-or-features.smooth"
_FEATURES = "smooth-or-features.features"
_STAR = "smooth-or-features.star"
_DISC = (_FEATURES, "edge-on.no")
_SPIRAL = (*_DISC, "spiral.yes")
_NO_SPIRAL = (*_DISC, "spiral.no")
_EDGE_ON = (_FEATURES, "edge-on.yes")

_GALAXY = _any(_SMOOTH, _FEATURES)
_DISTURBED = _all("odd.yes") + _any("odd-feature.disturbed", "odd-feature.irregular")
_MERGER = _all("odd.yes", "odd-feature.merger")


def _odd_but_for(*features: str) -> Rule:
    """Nothing odd, or an odd feature that is none of these."""
    others = (f.id for f in SKYFORM.question["odd-feature"].answers if f.id not in features)
    return ((("odd.no",), *(("odd.yes", f) for f in others)),)


_WHOLE = _odd_but_for("odd-feature.disturbed", "odd-feature.irregular", "odd-feature.merger")
_NO_MERGER = _odd_but_for("odd-feature.merger")

GALAXY10_SDSS = Taxonomy(
    "galaxy10_sdss",
    "Galaxy10 SDSS",
    (
        TaxonomyClass(0, "face-on", "Disk, Face-on, No Spiral", _all(*_NO_SPIRAL)),
        TaxonomyClass(1, "round", "Smooth, Completely round", _all(_SMOOTH, "roundness.round")),
        TaxonomyClass(
            2, "in-between", "Smooth, In-between round", _all(_SMOOTH, "roundness.in-between")
        ),
        TaxonomyClass(3, "cigar", "Smooth, Cigar shaped", _all(_SMOOTH, "roundness.cigar")),
        TaxonomyClass(
            4,
            "edge-on-rounded",
            "Disk, Edge-on, Rounded Bulge",
            _all(*_EDGE_ON, "edge-on-bulge.rounded"),
        ),
        TaxonomyClass(
            5, "edge-on-boxy", "Disk, Edge-on, Boxy Bulge", _all(*_EDGE_ON, "edge-on-bulge.boxy")
        ),
        TaxonomyClass(
            6, "edge-on-no-bulge", "Disk, Edge-on, No Bulge", _all(*_EDGE_ON, "edge-on-bulge.none")
        ),
        TaxonomyClass(
            7, "tight", "Disk, Face-on, Tight Spiral", _all(*_SPIRAL, "arm-winding.tight")
        ),
        TaxonomyClass(
            8, "medium", "Disk, Face-on, Medium Spiral", _all(*_SPIRAL, "arm-winding.medium")
        ),
        TaxonomyClass(
            9, "loose", "Disk, Face-on, Loose Spiral", _all(*_SPIRAL, "arm-winding.loose")
        ),
    ),
    debiased=True,
)

_NOT_TIGHT = _any("arm-winding.medium", "arm-winding.loose")
# DECaLS has no class for a face-on disc without arms; its votes are the remainder.
GALAXY10_DECALS = Taxonomy(
    "galaxy10_decals",
    "Galaxy10 DECaLS",
    (
        TaxonomyClass(0, "disturbed", "Disturbed Galaxies", _GALAXY + _DISTURBED),
        TaxonomyClass(1, "merging", "Merging Galaxies", _GALAXY + _MERGER),
        TaxonomyClass(
            2, "round", "Round Smooth Galaxies", _all(_SMOOTH, "roundness.round") + _WHOLE
        ),
        TaxonomyClass(
            3,
            "in-between",
            "In-between Round Smooth Galaxies",
            _all(_SMOOTH, "roundness.in-between") + _WHOLE,
        ),
        TaxonomyClass(
            4, "cigar", "Cigar Shaped Smooth Galaxies", _all(_SMOOTH, "roundness.cigar") + _WHOLE
        ),
        TaxonomyClass(5, "barred", "Barred Spiral Galaxies", _all(*_SPIRAL, "bar.yes") + _WHOLE),
        TaxonomyClass(
            6,
            "unbarred-tight",
            "Unbarred Tight Spiral Galaxies",
            _all(*_SPIRAL, "bar.no", "arm-winding.tight") + _WHOLE,
        ),
        TaxonomyClass(
            7,
            "unbarred-loose",
            "Unbarred Loose Spiral Galaxies",
            _all(*_SPIRAL, "bar.no") + _NOT_TIGHT + _WHOLE,
        ),
        TaxonomyClass(
            8,
            "edge-on-no-bulge",
            "Edge-on Galaxies without Bulge",
            _all(*_EDGE_ON, "edge-on-bulge.none") + _WHOLE,
        ),
        TaxonomyClass(
            9,
            "edge-on-bulge",
            "Edge-on Galaxies with Bulge",
            _all(*_EDGE_ON) + _any("edge-on-bulge.rounded", "edge-on-bulge.boxy") + _WHOLE,
        ),
    ),
    by_majority=("odd",),
)

# R5's three. An edge-on disc without a bulge is counted with the spirals: bulgeless discs are late types (Sc to Sd), and a
# lenticular is defined by its bulge.
HUBBLE = Taxonomy(
    "hubble",
    "Hubble",
    (
        TaxonomyClass(0, "elliptical", "Elliptical", _all(_SMOOTH)),
        TaxonomyClass(
            1,
            "lenticular",
            "Lenticular",
            (
                (
                    _NO_SPIRAL,
                    (*_EDGE_ON, "edge-on-bulge.rounded"),
                    (*_EDGE_ON, "edge-on-bulge.boxy"),
                ),
            ),
        ),
        TaxonomyClass(2, "spiral", "Spiral", ((_SPIRAL, (*_EDGE_ON, "edge-on-bulge.none")),)),
    ),
)

# R3's argmax over the 37 columns could pick answers of the first levels only: these five share out all votes between them.
FIVE_WAY = Taxonomy(
    "five_way",
    "Five-way (R3)",
    (
        TaxonomyClass(0, "smooth", "Smooth", _all(_SMOOTH)),
        TaxonomyClass(1, "edge-on", "Disc, edge-on", _all(*_EDGE_ON)),
        TaxonomyClass(2, "spiral", "Disc with spiral arms", _all(*_SPIRAL)),
        TaxonomyClass(3, "no-spiral", "Disc without spiral arms", _all(*_NO_SPIRAL)),
        TaxonomyClass(4, "star", "Star or artefact", _all(_STAR)),
    ),
)

# Galaxy Zoo 1 asked one question only. A featureless face-on disc had no button, and was called elliptical; what
# Galaxy Zoo 2 calls smooth and cigar shaped was called edge-on.
GALAXY_ZOO_1 = Taxonomy(
    "galaxy_zoo_1",
    "Galaxy Zoo 1",
    (
        TaxonomyClass(
            0,
            "elliptical",
            "Elliptical",
            (
                ((_SMOOTH, "roundness.round"), (_SMOOTH, "roundness.in-between"), _NO_SPIRAL),
                *_NO_MERGER,
            ),
        ),
        TaxonomyClass(
            1,
            "spiral_clockwise",
            "Clockwise spiral",
            _all(*_SPIRAL, "sense.clockwise") + _NO_MERGER,
        ),
        TaxonomyClass(
            2,
            "spiral_anticlockwise",
            "Anticlockwise spiral",
            _all(*_SPIRAL, "sense.anticlockwise") + _NO_MERGER,
        ),
        TaxonomyClass(
            3, "edge_on", "Edge-on", ((_EDGE_ON, (_SMOOTH, "roundness.cigar")), *_NO_MERGER)
        ),
        TaxonomyClass(4, "merger", "Merger", _GALAXY + _MERGER),
        TaxonomyClass(5, "star_or_dont_know", "Star or don't know", _all(_STAR)),
    ),
)

CLEAN5 = Taxonomy(
    "clean5",
    "Five clean classes (Zhu et al. 2019)",
    (
        TaxonomyClass(
            0, "completely_round", "Completely round smooth", _all(_SMOOTH, "roundness.round")
        ),
        TaxonomyClass(
            1, "in_between_round", "In-between smooth", _all(_SMOOTH, "roundness.in-between")
        ),
        TaxonomyClass(2, "cigar_shaped", "Cigar-shaped smooth", _all(_SMOOTH, "roundness.cigar")),
        TaxonomyClass(3, "edge_on", "Edge-on", _all(*_EDGE_ON)),
        TaxonomyClass(4, "spiral", "Spiral", _all(*_SPIRAL)),
    ),
)

TAXONOMIES: Mapping[str, Taxonomy] = MappingProxyType(
    {t.id: t for t in (GALAXY10_SDSS, GALAXY10_DECALS, HUBBLE, FIVE_WAY, GALAXY_ZOO_1, CLEAN5)}
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What an object is, before any question of the tree: id (the label in data and tables) and name."""

    id: str
    name: str


# The label in data and tables, and the words for people. The order is the column order of our models.
KINDS: tuple[Kind, ...] = (
    Kind("galaxy", "galaxy"),
    Kind("cluster", "star cluster"),
    Kind("nebula", "nebula"),
    Kind("lens", "gravitational lens"),
    Kind("none", "none of these"),
)
