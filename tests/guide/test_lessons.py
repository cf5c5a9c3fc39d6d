"""The lesson is the most specific page for what was said with enough confidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.guide import Guide
from skyform.schema import KINDS, SKYFORM, ClassEstimate, Failure, KindEstimate, Prediction

DISC = ("smooth-or-features.features", "edge-on.no")
SPIRAL = (*DISC, "spiral.yes")


def kind_of(id: str, confidence: float = 0.95) -> KindEstimate:
    return KindEstimate(id, id, confidence, {k.id: float(k.id == id) for k in KINDS})


def class_of(taxonomy: str, id: str, confidence: float) -> ClassEstimate:
    return ClassEstimate(taxonomy, 0, id, id, confidence, 1.0, (confidence, 1 - confidence))


def said(*answers: str, kind: str = "galaxy", confidence: float = 0.95) -> Prediction:
    return Prediction("a", "", "m@1", kind=kind_of(kind, confidence), rolled_up=answers)


@pytest.mark.parametrize(
    ("answers", "page"),
    [
        (("smooth-or-features.smooth", "roundness.cigar"), "cigar"),
        (("smooth-or-features.smooth",), "smooth"),
        (DISC, "disc-not-edge-on"),
        ((*DISC, "bar.yes"), "bar"),
        ((*DISC, "bar.no", "spiral.no"), "disc-without-arms"),
        (SPIRAL, "spiral"),
        ((*SPIRAL, "arm-winding.loose", "arm-number.2"), "loose-spiral"),
        ((*SPIRAL, "bar.yes", "arm-winding.loose"), "barred-spiral"),
        ((*SPIRAL, "bar.no", "arm-winding.tight"), "unbarred-tight-spiral"),
        ((*SPIRAL, "bar.no", "arm-winding.medium"), "unbarred-loose-spiral"),
        (
            ("smooth-or-features.features", "edge-on.yes", "edge-on-bulge.boxy"),
            "edge-on-boxy-bulge",
        ),
        ((*SPIRAL, "bar.yes", "odd.yes", "odd-feature.merger"), "merger"),
        (("smooth-or-features.smooth", "odd.yes", "odd-feature.dust-lane"), "dust-lane"),
        (("smooth-or-features.star",), "star-or-artefact"),
    ],
)
def test_the_most_specific_page(guide: Guide, answers: tuple[str, ...], page: str):
    assert guide.lesson(said(*answers)) == page


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("cluster", "star-cluster"),
        ("nebula", "nebula"),
        ("lens", "gravitational-lens"),
        ("none", "none-of-these"),
    ],
)
def test_what_is_no_galaxy(guide: Guide, kind: str, page: str):
    # Whatever the tree says, its answers mean little there.
    assert guide.lesson(said("smooth-or-features.smooth", kind=kind)) == page


def test_when_unsure(guide: Guide):
    assert guide.lesson(said(*SPIRAL, confidence=0.5)) == "reading-a-galaxy"
    assert guide.lesson(said(*SPIRAL, kind="lens", confidence=0.5)) == "reading-a-galaxy"
    assert guide.lesson(said()) == "galaxy"
    assert guide.lesson(Prediction("a", "", "m@1")) == "reading-a-galaxy"


def test_a_picture_that_failed_has_no_lesson(guide: Guide):
    assert guide.lesson(Prediction("a", "", "m@1", failure=Failure("empty-file", "Empty."))) == ""


def test_a_model_without_a_tree_is_taught_by_its_classes(guide: Guide):
    own = class_of("sixty-four", "class-3", 0.9)
    known = class_of("galaxy10_decals", "barred", 0.9)
    only = Prediction("a", "", "m@1", classes={"own": own, "galaxy10_decals": known})
    assert guide.lesson(only) == "barred-spiral"
    unsure = {"galaxy10_decals": class_of("galaxy10_decals", "barred", 0.4)}
    assert guide.lesson(Prediction("a", "", "m@1", classes=unsure)) == "reading-a-galaxy"


@given(
    answers=st.lists(st.sampled_from([a.id for a in SKYFORM.answers]), max_size=12, unique=True),
    kind=st.sampled_from([k.id for k in KINDS]),
    confidence=st.floats(0, 1),
)
def test_there_is_always_a_lesson(guide: Guide, answers: list[str], kind: str, confidence: float):
    assert guide.lesson(said(*answers, kind=kind, confidence=confidence)) in guide.by_id
