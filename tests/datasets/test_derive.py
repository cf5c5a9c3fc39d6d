import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from official_sets import jpeg, kaggle_votes

from skyform.datasets.dataset import DataSet, Record
from skyform.datasets.derive import decals_as_skyform, derive_labels, fractions_of, relabel
from skyform.datasets.stores import ArrayStore
from skyform.errors import DataError
from skyform.schema import (
    DECALS,
    FIVE_WAY,
    GALAXY10_DECALS,
    GALAXY10_SDSS,
    GALAXY_ZOO_1,
    HUBBLE,
    KAGGLE,
    SKYFORM,
    Scheme,
    cumulative,
)


def votes_for(**answers: float) -> np.ndarray:
    """Cumulative fractions from conditional ones by answer id, with `__` for `.` and `_` for `-`; others of a question share the rest."""
    out = np.zeros(37)
    given = {k.replace("__", ".").replace("_", "-"): v for k, v in answers.items()}
    for question in KAGGLE.questions:
        ids = [a.id for a in question.answers]
        named = sum(given.get(i, 0) for i in ids)
        others = [i for i in ids if i not in given]
        for i in ids:
            out[KAGGLE.index[i]] = given[i] if i in given else (1 - named) / len(others)
    return cumulative(KAGGLE, out)


def a_set(
    *votes: np.ndarray | None, labels: tuple[str, ...] = (), scheme: Scheme | None = None
) -> DataSet:
    labels = labels or ("",) * len(votes)
    records = [
        Record(str(i), label, votes=v)
        for i, (v, label) in enumerate(zip(votes, labels, strict=True))
    ]
    return DataSet("t", "a test set", records, ArrayStore((jpeg(0),) * len(records)), scheme)


ROUND = votes_for(smooth_or_features__smooth=0.9, roundness__round=0.9, odd__no=1.0)
TIGHT = votes_for(
    smooth_or_features__features=1.0,
    edge_on__no=1.0,
    spiral__yes=1.0,
    bar__no=1.0,
    arm_winding__tight=0.8,
    odd__no=1.0,
)


def test_the_class_with_the_majority():
    data = derive_labels(a_set(ROUND, TIGHT, None), GALAXY10_SDSS)
    assert [r.label for r in data.records] == ["round", "tight", ""]
    assert data.scheme is not None
    assert data.scheme == Scheme.of(GALAXY10_SDSS)
    assert [r.label for r in derive_labels(data, HUBBLE).records] == ["elliptical", "spiral", ""]
    assert [r.label for r in derive_labels(data, GALAXY10_DECALS).records] == [
        "round",
        "unbarred-tight",
        "",
    ]


def test_the_majority_is_of_all_votes_and_must_be_passed():
    # 0.9 smooth of whom 0.9 say round: a share of 0.81.
    assert derive_labels(a_set(ROUND), GALAXY10_SDSS, majority=0.80).records[0].label == "round"
    assert derive_labels(a_set(ROUND), GALAXY10_SDSS, majority=0.82).records[0].label == ""
    with pytest.raises(ValueError, match="majority is 55"):
        derive_labels(a_set(ROUND), GALAXY10_SDSS, majority=55.0)


def test_no_spiral_gets_a_sense_of_rotation():
    assert derive_labels(a_set(TIGHT), GALAXY_ZOO_1).records[0].label == ""


def test_a_set_without_votes():
    with pytest.raises(DataError, match="a test set has no votes to derive the classes of Hubble"):
        derive_labels(a_set(None), HUBBLE)


@given(st.integers(0, 10_000))
def test_no_class_has_the_majority_without_its_share(seed: int):
    votes = kaggle_votes(6, seed)
    data = a_set(*votes)
    labels = derive_labels(data, FIVE_WAY).labels
    shares = FIVE_WAY.shares(fractions_of(data))
    for label, share in zip(labels, shares, strict=True):
        assert (label == -1) == bool(share.max() <= 0.55)
        assert label == -1 or share[label] == share.max()


def test_fractions_are_conditional_and_the_sense_is_even():
    fractions = fractions_of(a_set(ROUND, None))
    assert fractions[0, SKYFORM.index["roundness.round"]] == pytest.approx(0.9)
    assert fractions[0, SKYFORM.slices["sense"]].tolist() == [0.5, 0.5]
    assert np.isnan(fractions[1]).all()


def test_what_decals_says_in_the_terms_of_our_tree():
    given = np.full((1, 34), np.nan)
    for id, value in {
        "smooth-or-featured.smooth": 0.2,
        "smooth-or-featured.featured-or-disk": 0.7,
        "smooth-or-featured.artifact": 0.1,
        "bar.no": 0.4,
        "merging.none": 0.3,
        "merging.minor-disturbance": 0.2,
        "merging.merger": 0.1,
    }.items():
        given[0, DECALS.index[id]] = value
    ours = decals_as_skyform(given)[0]

    def value(id: str) -> float:
        return ours[SKYFORM.index[id]]

    assert value("smooth-or-features.star") == 0.1
    assert value("bar.yes") == pytest.approx(0.6)
    assert value("odd.yes") == pytest.approx(0.5)
    assert value("odd-feature.merger") == pytest.approx(0.2)
    assert value("odd-feature.disturbed") == pytest.approx(0.8)
    assert np.isnan(
        [value("odd-feature.ring"), value("bulge.none"), value("sense.clockwise")]
    ).all()


KINDS = Scheme.from_names("sky", ["cluster", "galaxy", "lens", "lens_candidate_low"])


def test_relabel_joins_drops_and_keeps():
    data = a_set(None, None, None, None, labels=KINDS.ids, scheme=KINDS)
    changed = relabel(data, {"lens_candidate_low": "galaxy", "cluster": ""})
    assert [r.label for r in changed.records] == ["", "galaxy", "lens", "galaxy"]
    assert changed.scheme is not None
    assert changed.scheme.ids == ("galaxy", "lens")
    assert [c.number for c in changed.scheme.classes] == [0, 1]


def test_relabel_can_rename():
    data = a_set(None, labels=("lens",), scheme=KINDS)
    assert relabel(data, {"lens": "gravitational lens"}).records[0].label == "gravitational lens"


def test_relabel_refuses_what_it_cannot_do():
    data = a_set(None, labels=("lens",), scheme=KINDS)
    with pytest.raises(DataError, match=r"'galaxi' is none of the classes.*Did you mean 'galaxy'"):
        relabel(data, {"galaxi": "x"})
    with pytest.raises(DataError, match="drops every class"):
        relabel(data, dict.fromkeys(KINDS.ids, ""))
    with pytest.raises(DataError, match="has no labels to change"):
        relabel(a_set(None), {"a": "b"})
