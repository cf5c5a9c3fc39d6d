"""Anomalies: what stands apart scores high, and a person's scores move what is near."""

import numpy as np
import pytest
from made_up_embeddings import clusters

from skyform.errors import DataError
from skyform.search import AnomalyScores, anomaly_scores, reweighed


@pytest.fixture(scope="module")
def crowd() -> np.ndarray:
    """Six hundred points in six clusters, and behind them three odd groups of five points each."""
    rng = np.random.default_rng(1)
    odd = rng.normal(size=(3, 1, 24)) * 6 + 0.2 * rng.normal(size=(3, 5, 24))
    return np.concatenate([clusters(600), odd.reshape(15, 24)]).astype(np.float32)


@pytest.fixture(scope="module")
def found(crowd: np.ndarray) -> AnomalyScores:
    return anomaly_scores(crowd)


def test_what_stands_apart_scores_highest(found: AnomalyScores):
    assert set(np.argsort(-found.score)[:15]) == set(range(600, 615))
    assert found.score.min() == 0
    assert found.score.max() == pytest.approx(5)
    for name in ("isolation", "distance"):
        values = getattr(found, name)
        assert np.median(values[600:]) > np.percentile(values[:600], 99)


def test_the_remainder_sees_what_the_axes_do_not():
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(400, 10)) @ rng.normal(size=(10, 200))
    flat += 0.01 * rng.normal(size=flat.shape)
    flat[33] += 0.5 * rng.normal(size=200)
    found = anomaly_scores(flat.astype(np.float32), dims=10)
    assert found.remainder.argmax() == 33


def test_the_same_seed_gives_the_same_scores(crowd: np.ndarray, found: AnomalyScores):
    assert np.array_equal(anomaly_scores(crowd).score, found.score)


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_the_unit_of_the_embedding_does_not_matter(scale: float):
    vectors = clusters(120)
    one = anomaly_scores(vectors).score
    other = anomaly_scores(vectors * np.float32(scale) + np.float32(3)).score
    assert np.corrcoef(one, other)[0, 1] > 0.98


@pytest.mark.parametrize("vectors", [np.ones((50, 8)), clusters(3), np.repeat(clusters(4), 30, 0)])
def test_sets_without_anything_unusual_give_numbers(vectors: np.ndarray):
    found = anomaly_scores(vectors.astype(np.float32))
    assert np.isfinite(found.score).all()
    assert found.score.min() >= 0
    assert found.score.max() <= 5


def test_rows_that_cannot_be_used_are_not_scored():
    vectors = clusters(50)
    vectors[10] = np.nan
    found = anomaly_scores(vectors)
    assert len(found.score) == 49
    assert found.projected.rows["id"][10].as_py() == "11"
    with pytest.raises(DataError, match="There are 2 usable embeddings"):
        anomaly_scores(clusters(2))


def test_what_bored_the_person_sinks_and_what_pleased_stays(found: AnomalyScores):
    rows, scores = np.array([600, 601, 605, 606]), np.array([5.0, 5.0, 0.0, 0.0])
    kept = reweighed(found, rows=rows, scores=scores)[600:] / found.score[600:]
    liked, bored, unseen = kept[2:5], kept[7:10], kept[10:15]
    assert liked.min() > bored.max() + 0.2
    assert bored.max() < 0.5
    assert (kept <= 1).all()
    # Where the say fades at once, what is like neither keeps its score.
    kept = reweighed(found, rows=rows, scores=scores, fading=3.0)[600:] / found.score[600:]
    assert kept[10:15].min() > 0.95
    assert unseen.max() < 0.95


def test_the_formula_of_the_paper_at_the_scored_rows(found: AnomalyScores):
    # At a scored row d = 0, so the weight is tanh(artanh(0.1 + 0.85 U / 5)): with U = 5 everywhere, 0.95.
    rows = np.array([0, 600])
    told = reweighed(found, rows=rows, scores=np.array([5.0, 5.0]))
    assert told[rows] == pytest.approx(0.95 * found.score[rows])
    told = reweighed(found, rows=rows, scores=np.array([0.0, 0.0]))
    assert told[rows] == pytest.approx(0.1 * found.score[rows])


def test_a_say_that_fades_sooner_changes_less(found: AnomalyScores):
    rows, dull = np.array([0, 600]), np.array([0.0, 0.0])
    soon, late = (reweighed(found, rows=rows, scores=dull, fading=f) for f in (5.0, 0.2))
    assert (soon >= late - 1e-12).all()
    assert soon.sum() > late.sum()


@pytest.mark.parametrize(
    ("rows", "scores", "fading", "said"),
    [
        ([], [], 1.0, "at least one"),
        ([1, 2], [3.0], 1.0, "1 scores for 2 rows"),
        ([1], [5.5], 1.0, "must lie in 0 to 5"),
        ([1], [float("nan")], 1.0, "must lie in 0 to 5"),
        ([1], [5.0], 0.0, "fading is 0.0"),
    ],
)
def test_what_cannot_be_learnt(found: AnomalyScores, rows, scores, fading: float, said: str):
    with pytest.raises(ValueError, match=said):
        reweighed(found, rows=np.array(rows, int), scores=np.array(scores, float), fading=fading)
