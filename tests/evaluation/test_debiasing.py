import numpy as np

from skyform.evaluation import Calibration
from skyform.evaluation.debiasing import GALAXY_ZOO_2, debiased, fit_debiasing
from skyform.schema import GALAXY10_SDSS, HUBBLE, SKYFORM


def fractions(n: int = 1, **given: float) -> np.ndarray:
    """Even fractions, but for the first answer of the questions given; the rest of each is shared evenly."""
    out = np.concatenate([np.full(len(q.answers), 1 / len(q.answers)) for q in SKYFORM.questions])
    for question, first in given.items():
        part = SKYFORM.slices[question.replace("_", "-")]
        out[part] = (1 - first) / (part.stop - part.start - 1)
        out[part.start] = first
    return np.tile(out, (n, 1))


def test_distant_discs_get_their_features_back():
    seen = fractions(smooth_or_features=0.5, edge_on=0.6)
    near = debiased(seen, GALAXY_ZOO_2)
    assert near[0, SKYFORM.index["smooth-or-features.smooth"]] < 0.35
    np.testing.assert_allclose(near[:, :3].sum(axis=1), 1)
    np.testing.assert_array_equal(near[:, 3:], seen[:, 3:])


def test_the_fit_finds_the_correction_that_was_made():
    rng = np.random.default_rng(0)
    seen = fractions(400)
    part = SKYFORM.slices["smooth-or-features"]
    seen[:, part] = rng.dirichlet(np.full(3, 2.0), 400)
    made = {"smooth-or-features": [1.2, -1.5, 0.0, -0.5]}
    corrected = debiased(seen, made)
    corrected[0, part] = np.nan  # nobody was asked
    found = fit_debiasing(seen, corrected, "smooth-or-features")
    np.testing.assert_allclose(found["smooth-or-features"], made["smooth-or-features"], atol=0.1)


def test_weights_are_as_good_as_copies():
    rng = np.random.default_rng(1)
    seen, corrected = fractions(60), fractions(60)
    for f in (seen, corrected):
        f[:, :3] = rng.dirichlet(np.full(3, 2.0), 60)
    counts = rng.integers(1, 4, 60)
    copies = (np.repeat(f, counts, axis=0) for f in (seen, corrected))
    np.testing.assert_allclose(
        fit_debiasing(seen, corrected, "smooth-or-features", weights=counts.astype(float))[
            "smooth-or-features"
        ],
        fit_debiasing(*copies, "smooth-or-features")["smooth-or-features"],
        atol=0.011,
    )


def test_only_the_taxonomy_made_of_debiased_votes_is_corrected():
    seen = fractions(smooth_or_features=0.55, edge_on=0.95, roundness=0.01)
    part = SKYFORM.slices["roundness"]
    seen[0, part] = [0.01, 0.01, 0.98]
    calibration = Calibration(debiasing={"galaxy10_sdss": dict(GALAXY_ZOO_2)})
    plain = Calibration()
    cigar = [c.id for c in GALAXY10_SDSS.classes].index("cigar")
    assert plain.classes(GALAXY10_SDSS, seen)[0].argmax() == cigar
    plainly, near = (c.class_shares(GALAXY10_SDSS, seen)[0, cigar] for c in (plain, calibration))
    assert near < 0.8 * plainly
    np.testing.assert_array_equal(
        calibration.classes(HUBBLE, seen)[0], plain.classes(HUBBLE, seen)[0]
    )
