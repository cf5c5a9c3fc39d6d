"""What has too little evidence keeps the model's old calibration."""

from dataclasses import replace

import numpy as np
import pytest
from made_up_evidence import made_up_evidence

from skyform.errors import DataError
from skyform.evaluation import Calibration
from skyform.evaluation.fitting import Evidence, fit_calibration
from skyform.evaluation.recalibration import LEAST_PICTURES, recalibrate
from skyform.schema import KAGGLE, KINDS, SKYFORM, TAXONOMIES

_GALAXY, _NONE = ([k.id for k in KINDS].index(id) for id in ("galaxy", "none"))
_SENSES = [a for a in SKYFORM.index if a.startswith("sense.")]


def plenty(*, sharpness: float = 2.0, n: int = 700) -> Evidence:
    """Votes, kinds, strangers, a sense of rotation, and a class of every taxonomy, for each picture."""
    seen = made_up_evidence(n, sharpness=sharpness)
    fractions = Calibration().fractions(seen.answers)
    classes = {id: t.shares(fractions).argmax(axis=1) for id, t in TAXONOMIES.items()}
    return replace(seen, classes=classes, rules=[((((_SENSES[i % 2],),),),) for i in range(n)])


def silent(seen: Evidence) -> Evidence:
    """The same pictures, of which nothing is known."""
    nothing = np.full(len(seen.kind), -1)
    return replace(
        seen,
        votes=np.full_like(seen.votes, np.nan),
        rules=[()] * len(nothing),
        kind=nothing,
        classes=dict.fromkeys(seen.classes, nothing),
    )


def everything(seen: Evidence) -> np.ndarray:
    return np.ones(len(seen.kind), dtype=bool)


@pytest.fixture(scope="module")
def old() -> Calibration:
    """With values of its own in every part."""
    return fit_calibration(plenty(sharpness=3.0))


@pytest.fixture(scope="module")
def seen() -> Evidence:
    return plenty()


def test_plenty_of_evidence_gives_exactly_the_new_calibration(old: Calibration, seen: Evidence):
    found = recalibrate(old, seen, own=everything(seen))
    assert found.calibration == fit_calibration(seen)
    assert found.calibration != old
    assert (found.kept, found.left_out) == ((), ())


@pytest.mark.parametrize("count", [0, 13, LEAST_PICTURES - 1])
def test_few_pictures_are_an_error_however_many_are_added(
    old: Calibration, seen: Evidence, count: int
):
    own = np.arange(len(seen.kind)) < count
    with pytest.raises(DataError, match=f"^{count} pictures .* at least {LEAST_PICTURES}") as error:
        recalibrate(old, seen, own=own)
    assert "Add labelled pictures" in error.value.remedy


def test_pictures_without_an_answer_do_not_count(old: Calibration, seen: Evidence):
    nothing = silent(seen)
    with pytest.raises(DataError, match=r"^0 pictures"):
        recalibrate(old, nothing, own=everything(nothing))


def test_galaxies_alone_leave_kinds_and_strangers_as_they_were(old: Calibration, seen: Evidence):
    own = np.arange(len(seen.kind)) < len(seen.kind) - 60
    # No star among them, and the sixty that are added are the only strangers.
    votes = seen.votes.copy()
    votes[:, 2] = 0.0
    galaxies = replace(seen, kind=np.where(own, _GALAXY, _NONE), votes=votes)
    found = recalibrate(old, galaxies, own=own)
    for name in ("rejection", "familiar", "distrust", "kind_temperature"):
        assert getattr(found.calibration, name) == getattr(old, name), name
        if name != "distrust":
            assert getattr(fit_calibration(galaxies), name) != getattr(old, name), name
    assert found.calibration.sets["kind"] == old.sets["kind"]
    assert found.kept == ("kinds", "strangers", "set: kind")


def test_a_question_that_no_picture_answers_keeps_all_that_it_had(old: Calibration, seen: Evidence):
    unturned = replace(seen, rules=[()] * len(seen.kind))
    found = recalibrate(old, unturned, own=everything(unturned))
    new = found.calibration
    assert fit_calibration(unturned).temperatures["sense"] == pytest.approx(1.0, abs=0.01)
    assert new.temperatures["sense"] == old.temperatures["sense"] != pytest.approx(1.0, abs=0.01)
    assert new.chances["sense"] == old.chances["sense"]
    assert new.sets["sense"] == old.sets["sense"]
    assert found.kept == ("temperature: sense", "chances: sense", "set: sense")


def test_labels_without_votes_fit_chances_and_no_temperature(old: Calibration, seen: Evidence):
    first = [a.id for a in SKYFORM.questions[0].answers]
    labelled = replace(
        silent(seen), rules=[((((first[i % 2],),),),) for i in range(len(seen.kind))]
    )
    found = recalibrate(old, labelled, own=everything(labelled))
    asked = SKYFORM.questions[0].id
    assert found.calibration.temperatures == old.temperatures
    assert found.calibration.chances[asked] != old.chances[asked]
    assert found.calibration.intervals == old.intervals
    assert {f"interval: {q}" for q in KAGGLE.slices} <= set(found.kept)
    assert f"chances: {asked}" not in found.kept


def test_a_kept_class_rule_keeps_what_it_was_fitted_on(old: Calibration, seen: Evidence):
    before = replace(
        old,
        by_majority={**old.by_majority, "hubble": ("bar",)},
        debiasing={**old.debiasing, "galaxy10_sdss": {"smooth-or-features": (0.5, 0.0, 0.0, 0.0)}},
    )
    one_class = {id: np.zeros_like(columns) for id, columns in seen.classes.items()}
    single = replace(seen, classes={**one_class, "clean5": seen.classes["clean5"]})
    found = recalibrate(before, single, own=everything(single))
    for name in ("class_temperatures", "class_offsets", "by_majority", "debiasing"):
        was, new = getattr(before, name), getattr(found.calibration, name)
        assert {id: v for id, v in new.items() if id != "clean5"} == {
            id: v for id, v in was.items() if id != "clean5"
        }
    assert found.calibration.class_offsets["clean5"] != old.class_offsets["clean5"]
    assert {p for p in found.kept if p.startswith("classes")} == {
        f"classes: {id}" for id in TAXONOMIES if id != "clean5"
    }


def test_a_set_of_changed_probabilities_is_left_out_where_it_cannot_be_fitted(
    old: Calibration, seen: Evidence
):
    few = np.where(np.arange(len(seen.kind)) < 9, seen.classes["hubble"], -1)
    unclassed = replace(seen, classes={**seen.classes, "hubble": few})
    found = recalibrate(old, unclassed, own=everything(unclassed))
    assert found.kept == ("classes: hubble",)
    assert found.left_out == ("set: hubble",)
    assert found.calibration.sets.keys() == old.sets.keys() - {"hubble"}
    # Fitted to the probabilities as they are now, those of a kept rule on new fractions.
    new = fit_calibration(unclassed).sets
    assert found.calibration.sets["five_way"] == new["five_way"]


def test_a_set_of_probabilities_that_are_the_same_is_kept(old: Calibration, seen: Evidence):
    kinds_only = replace(silent(seen), kind=seen.kind)
    found = recalibrate(old, kinds_only, own=everything(kinds_only))
    fractions = found.calibration.fractions(seen.answers)
    np.testing.assert_array_equal(fractions, old.fractions(seen.answers))
    assert found.calibration.kind_temperature != old.kind_temperature
    assert found.left_out == ()
    changed = {n for n, s in old.sets.items() if found.calibration.sets[n] != s}
    assert changed == {"kind"}


def test_a_question_with_few_fractions_of_its_own_shares_the_interval_of_many(
    old: Calibration, seen: Evidence
):
    few = np.arange(len(seen.kind)) % 20 == 0
    sparse = seen.votes.copy()
    part = KAGGLE.slices["edge-on"]
    sparse[np.ix_(~few, np.arange(part.start, part.stop))] = 0.0
    shared = recalibrate(old, replace(seen, votes=sparse), own=everything(seen))
    assert "interval: edge-on" not in shared.kept
    alone = seen.part(few)
    kept = recalibrate(old, alone, own=everything(alone))
    assert kept.calibration.intervals["edge-on"] == old.intervals["edge-on"]
    assert "interval: edge-on" in kept.kept
