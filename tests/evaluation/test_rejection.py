"""Strangers and how well they are told apart."""

import numpy as np
import pytest

from skyform.evaluation.rejection import Rejection, fit_rejection, reject_evidence, separation


def crowd(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Known pictures, photographs that the kind gives away, and stars that the tree gives away."""
    rng = np.random.default_rng(seed)
    known, photographs, stars = 400, 60, 60
    low = lambda n: rng.beta(1, 20, n)  # noqa: E731
    high = lambda n: rng.beta(8, 2, n)  # noqa: E731
    none = np.concatenate((low(known), high(photographs), low(stars)))
    star = np.concatenate((low(known), low(photographs), high(stars)))
    near = rng.uniform(0.3, 1.1, known + photographs + stars)
    strange = np.repeat([0.0, 1 / photographs, 1 / stars], [known, photographs, stars])
    return reject_evidence(none, star, near), strange, strange == 0


def test_either_piece_of_evidence_makes_a_stranger():
    evidence, strange, known = crowd()
    fitted = fit_rejection(evidence, strange, known)
    assert fitted is not None
    fresh, theirs, ours = crowd(1)
    score = fitted.strangeness(fresh)
    assert separation(score[theirs > 0], score[ours]).value > 0.97
    assert (score[ours] > fitted.threshold).mean() == pytest.approx(0.02, abs=0.025)
    assert min(fitted.weights[:2]) > 0.3


def test_more_evidence_never_makes_a_picture_more_familiar():
    fitted = fit_rejection(*crowd())
    assert fitted is not None
    steps = reject_evidence(np.linspace(0, 1, 9), np.full(9, 0.2), np.full(9, 1.0))
    assert (np.diff(fitted.strangeness(steps)) >= 0).all()


def test_certain_probabilities_and_no_distance_stay_finite():
    extreme = np.array([0.0, 1.0])
    evidence = reject_evidence(extreme, extreme, np.zeros(2))
    assert np.isfinite(evidence).all()
    assert np.isfinite(Rejection((1.0, 1.0, 1.0), 0.0, 0.5).strangeness(evidence)).all()


def test_without_strangers_there_is_no_fit():
    evidence, strange, known = crowd()
    assert fit_rejection(evidence, np.zeros_like(strange), known) is None
    assert fit_rejection(evidence, strange, np.zeros_like(known)) is None


def test_separation_counts_pairs():
    assert separation(np.array([0.9, 0.8]), np.array([0.1, 0.2])).value == 1.0
    found = separation(np.array([0.9, 0.1]), np.array([0.5, 0.5]))
    assert (found.value, found.n) == (0.5, 2)
    assert found.low <= 0.5 <= found.high
    with pytest.raises(ValueError, match="0 strangers"):
        separation(np.zeros(0), np.ones(3))


def test_a_negative_weight_is_refused():
    with pytest.raises(ValueError, match="none of them negative"):
        Rejection((1.0, -0.1, 0.0), 0.0, 0.5)
    with pytest.raises(TypeError):
        Rejection.from_dict({"weights": [1, 1, 1], "intercept": 0.0, "limit": 1.0})
