"""Sentences as people read them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.schema import DECALS, SKYFORM, KindEstimate, chance, sentence

GALAXY = {"galaxy": 0.97, "cluster": 0.01, "nebula": 0.01, "lens": 0.005, "none": 0.005}
SMOOTH = {"smooth-or-features.smooth": 0.95}
FACE_ON = {"smooth-or-features.features": 0.95, "edge-on.no": 0.97}
SPIRAL = {**FACE_ON, "spiral.yes": 0.93}
EDGE_ON = {"smooth-or-features.features": 0.85, "edge-on.yes": 0.99}


def kind(id: str = "galaxy", **probabilities: float) -> KindEstimate:
    """An estimate of the kind; the probabilities default to a sure galaxy."""
    all = probabilities or GALAXY
    return KindEstimate(id=id, name=NAMES[id], confidence=all[id], probabilities=all)


NAMES = {
    "galaxy": "galaxy",
    "cluster": "star cluster",
    "nebula": "nebula",
    "lens": "gravitational lens",
    "none": "none of these",
}


def votes(said: dict[str, float]) -> np.ndarray:
    """Conditional fractions with these answers; every other answer shares what is left of its question."""
    out = np.empty(len(SKYFORM.answers))
    for q in SKYFORM.questions:
        given = {a.id: said[a.id] for a in q.answers if a.id in said}
        rest = (1 - sum(given.values())) / (len(q.answers) - len(given) or 1)
        out[SKYFORM.slices[q.id]] = [given.get(a.id, rest) for a in q.answers]
    return out


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {**SPIRAL, "bar.no": 0.9, "arm-winding.medium": 0.8, "arm-number.2": 0.9},
            "Very likely a spiral galaxy with two medium-wound arms and no bar.",
        ),
        (
            {**SPIRAL, "arm-winding.tight": 0.8},
            "Very likely a spiral galaxy with tightly wound arms; we can't tell whether it has a bar.",
        ),
        (
            {**SPIRAL, "bar.yes": 0.7, "arm-winding.loose": 0.7, "arm-number.1": 0.7},
            "Very likely a spiral galaxy with one loosely wound arm and a bar.",
        ),
        ({**SPIRAL, "bar.yes": 0.9}, "Very likely a spiral galaxy with a bar."),
        (
            {**FACE_ON, "edge-on.no": 0.7, "spiral.no": 0.8},
            "Likely a disc galaxy with no spiral arms; we can't tell whether it has a bar.",
        ),
        (
            {**FACE_ON, "spiral.no": 0.8, "bar.no": 0.8},
            "Very likely a disc galaxy with no spiral arms and no bar.",
        ),
        (
            {**FACE_ON, "bar.yes": 0.8},
            "Very likely a disc galaxy with a bar; we can't tell whether it has spiral arms.",
        ),
        (FACE_ON, "Very likely a disc galaxy; we can't tell whether it has spiral arms or a bar."),
        (
            {**EDGE_ON, "edge-on-bulge.rounded": 0.9},
            "Likely a disc galaxy seen edge-on with a rounded bulge.",
        ),
        (
            {**EDGE_ON, "edge-on-bulge.none": 0.9, "odd.yes": 0.9, "odd-feature.dust-lane": 0.9},
            "Likely a disc galaxy seen edge-on with no bulge and a dust lane.",
        ),
        ({**SMOOTH, "roundness.round": 0.98}, "Very likely a smooth, completely round galaxy."),
        ({**SMOOTH, "roundness.cigar": 0.7}, "Likely a smooth, cigar-shaped galaxy."),
        (SMOOTH, "Very likely a smooth galaxy."),
        (
            {**SMOOTH, "roundness.in-between": 0.92, "odd.yes": 0.8, "odd-feature.merger": 0.8},
            "Very likely a smooth, oval galaxy with signs of a merger.",
        ),
        (
            {**SMOOTH, "roundness.round": 0.92, "odd.yes": 0.8},
            "Very likely a smooth, completely round galaxy with something odd about it.",
        ),
        (
            {"smooth-or-features.features": 0.9, "odd.yes": 0.9, "odd-feature.irregular": 0.7},
            "Very likely a galaxy with a disc or other features and an irregular shape.",
        ),
        (
            {"smooth-or-features.star": 0.995},
            "Very likely a star or an artefact of the camera.",
        ),
        ({}, "Very likely a galaxy; we can't tell whether it is smooth or has a disc."),
    ],
)
def test_galaxies(said: dict[str, float], expected: str):
    assert sentence(SKYFORM, kind(), votes(said)) == expected


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        (kind("nebula", nebula=0.995, galaxy=0.005), "Almost certainly a nebula."),
        (
            kind("lens", lens=0.7, galaxy=0.3),
            "Likely a gravitational lens, or a galaxy that looks like one.",
        ),
        (
            kind("none", none=0.93, galaxy=0.07),
            "Very likely not a galaxy, a star cluster, a nebula or a gravitational lens.",
        ),
        (
            kind("nebula", nebula=0.5, cluster=0.4, galaxy=0.1),
            "It could be a nebula or a star cluster; we can't tell.",
        ),
        (
            kind("none", none=0.5, galaxy=0.4, lens=0.1),
            "It could be a galaxy or something else; we can't tell.",
        ),
    ],
)
def test_other_kinds(estimate: KindEstimate, expected: str):
    assert sentence(SKYFORM, estimate, votes(SPIRAL)) == expected


def test_what_is_unknown_is_not_told():
    assert sentence(SKYFORM, kind(), np.full(39, np.nan)) == sentence(SKYFORM, kind(), votes({}))


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "virtually certain"),
        (0.99, "virtually certain"),
        (0.95, "very likely"),
        (0.66, "likely"),
        (0.65, "could go either way"),
        (0.33, "could go either way"),
        (0.2, "unlikely"),
        (0.0, "unlikely"),
    ],
)
def test_chances(probability: float, words: str):
    assert chance(probability) == words


@given(
    said=st.lists(st.sampled_from([a.id for a in SKYFORM.answers])),
    probability=st.floats(0.5, 1.0),
)
def test_any_votes_make_one_sentence(said: list[str], probability: float):
    chosen = {a.partition(".")[0]: a for a in said}
    text = sentence(SKYFORM, kind(), votes(dict.fromkeys(chosen.values(), probability)))
    assert text[0].isupper()
    assert text.endswith(".")
    assert text.count(".") == 1
    assert text.count(";") <= 1
    assert "  " not in text


def test_another_tree_is_refused():
    with pytest.raises(ValueError, match="tree is 'decals'; sentences are written for"):
        sentence(DECALS, kind(), np.zeros(34))
