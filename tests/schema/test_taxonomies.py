"""Taxonomies: the data sets' own names, one galaxy worked out by hand, and laws that hold for any votes."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyform.schema import (
    FIVE_WAY,
    GALAXY10_DECALS,
    GALAXY10_SDSS,
    GALAXY_ZOO_1,
    KINDS,
    SKYFORM,
    TAXONOMIES,
    Taxonomy,
    probability,
)

Votes = Callable[..., st.SearchStrategy[np.ndarray]]

every_taxonomy = pytest.mark.parametrize("taxonomy", TAXONOMIES.values(), ids=TAXONOMIES.keys())

# Worked out by hand from the galaxy in conftest.py: 30 % smooth, 60 % featured, of those 75 % not edge-on, of those 80 % spiral.
BY_HAND = {
    "galaxy10_sdss": (0.09, 0.15, 0.09, 0.06, 0.075, 0.015, 0.06, 0.072, 0.18, 0.108),
    # Half find something odd; of those 20 % disturbed or irregular and 40 % a merger, so 70 % of all count it as whole.
    "galaxy10_decals": (
        *(0.09, 0.18, 0.105, 0.063, 0.042),
        *(0.1008, 0.03024, 0.12096, 0.042, 0.063),
    ),
    "hubble": (0.30, 0.18, 0.42),
    "five_way": (0.30, 0.15, 0.36, 0.09, 0.10),
    # 80 % see no merger.
    "galaxy_zoo_1": (0.264, 0.2016, 0.0864, 0.168, 0.18, 0.10),
    "clean5": (0.15, 0.09, 0.06, 0.15, 0.36),
}


def test_galaxy10_sdss_names():
    assert [(c.number, c.name) for c in GALAXY10_SDSS.classes] == [
        (0, "Disk, Face-on, No Spiral"),
        (1, "Smooth, Completely round"),
        (2, "Smooth, In-between round"),
        (3, "Smooth, Cigar shaped"),
        (4, "Disk, Edge-on, Rounded Bulge"),
        (5, "Disk, Edge-on, Boxy Bulge"),
        (6, "Disk, Edge-on, No Bulge"),
        (7, "Disk, Face-on, Tight Spiral"),
        (8, "Disk, Face-on, Medium Spiral"),
        (9, "Disk, Face-on, Loose Spiral"),
    ]


def test_galaxy10_decals_names():
    assert [(c.number, c.name) for c in GALAXY10_DECALS.classes] == [
        (0, "Disturbed Galaxies"),
        (1, "Merging Galaxies"),
        (2, "Round Smooth Galaxies"),
        (3, "In-between Round Smooth Galaxies"),
        (4, "Cigar Shaped Smooth Galaxies"),
        (5, "Barred Spiral Galaxies"),
        (6, "Unbarred Tight Spiral Galaxies"),
        (7, "Unbarred Loose Spiral Galaxies"),
        (8, "Edge-on Galaxies without Bulge"),
        (9, "Edge-on Galaxies with Bulge"),
    ]


def test_ids_of_the_label_files():
    assert [c.id for c in TAXONOMIES["clean5"].classes] == [
        *("completely_round", "in_between_round", "cigar_shaped", "edge_on", "spiral")
    ]
    assert [c.id for c in GALAXY_ZOO_1.classes] == [
        *("elliptical", "spiral_clockwise", "spiral_anticlockwise"),
        *("edge_on", "merger", "star_or_dont_know"),
    ]
    assert [k.id for k in KINDS] == ["galaxy", "cluster", "nebula", "lens", "none"]


@every_taxonomy
def test_numbers_count_from_zero_and_ids_are_unique(taxonomy: Taxonomy):
    assert [c.number for c in taxonomy.classes] == list(range(len(taxonomy.classes)))
    assert [taxonomy.by_id[c.id] for c in taxonomy.classes] == list(taxonomy.classes)


@every_taxonomy
def test_by_hand(galaxy: np.ndarray, taxonomy: Taxonomy):
    expected = np.array(BY_HAND[taxonomy.id])
    np.testing.assert_allclose(taxonomy.shares(galaxy), expected)
    np.testing.assert_allclose(taxonomy.coverage(galaxy), expected.sum())
    np.testing.assert_allclose(taxonomy.probabilities(galaxy), expected / expected.sum())


def test_what_decals_leaves_out(galaxy: np.ndarray):
    star = 0.10
    whole_face_on_disc_without_arms = 0.09 * 0.70
    remainder = 1 - float(GALAXY10_DECALS.coverage(galaxy))
    assert remainder == pytest.approx(star + whole_face_on_disc_without_arms)


@every_taxonomy
@given(data=st.data())
def test_shares_never_exceed_the_vote(
    data: st.DataObject, conditional_votes: Votes, taxonomy: Taxonomy
):
    fractions = data.draw(conditional_votes(taxonomy.tree, unanswered=True))
    assert (taxonomy.shares(fractions) >= 0).all()
    assert taxonomy.coverage(fractions) <= 1 + 1e-12


@every_taxonomy
@given(data=st.data())
def test_probabilities_sum_to_one(
    data: st.DataObject, conditional_votes: Votes, taxonomy: Taxonomy
):
    fractions = data.draw(conditional_votes(taxonomy.tree, unanswered=True))
    probabilities = taxonomy.probabilities(fractions)
    assert (probabilities >= 0).all()
    assert probabilities.sum() == pytest.approx(1)
    if taxonomy.coverage(fractions) == 0:
        np.testing.assert_allclose(probabilities, 1 / len(taxonomy.classes))


@pytest.mark.parametrize("taxonomy", [FIVE_WAY, GALAXY_ZOO_1], ids=lambda t: t.id)
@given(data=st.data())
def test_these_speak_for_every_vote(
    data: st.DataObject, conditional_votes: Votes, taxonomy: Taxonomy
):
    fractions = data.draw(conditional_votes(taxonomy.tree))
    assert taxonomy.coverage(fractions) == pytest.approx(1)


@every_taxonomy
@given(data=st.data())
def test_a_unanimous_vote_has_one_class_at_most(data: st.DataObject, taxonomy: Taxonomy):
    fractions = np.zeros(len(SKYFORM.answers))
    for columns in SKYFORM.slices.values():
        fractions[data.draw(st.integers(columns.start, columns.stop - 1))] = 1.0
    shares = taxonomy.shares(fractions)
    assert set(shares) <= {0.0, 1.0}
    assert shares.sum() <= 1


@every_taxonomy
@settings(max_examples=25)
@given(data=st.data())
def test_leading_axes_do_not_mix(data: st.DataObject, conditional_votes: Votes, taxonomy: Taxonomy):
    rows = [data.draw(conditional_votes(SKYFORM, unanswered=True)) for _ in range(3)]
    alone = np.stack([taxonomy.probabilities(row) for row in rows])
    np.testing.assert_array_equal(taxonomy.probabilities(np.stack(rows)), alone)


def test_an_empty_batch_has_no_rows():
    assert GALAXY10_SDSS.probabilities(np.empty((0, 39))).shape == (0, 10)


def test_a_rule_that_asks_nothing_always_holds(galaxy: np.ndarray):
    assert probability(SKYFORM, (), galaxy) == 1


def test_half_precision_is_enough(galaxy: np.ndarray):
    exact = GALAXY10_DECALS.probabilities(galaxy)
    rough = GALAXY10_DECALS.probabilities(galaxy.astype(np.float16))
    np.testing.assert_allclose(rough, exact, atol=2e-3)
