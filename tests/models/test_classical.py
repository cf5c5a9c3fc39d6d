import pickle

import numpy as np
import pytest
from drawn_galaxies import two_classes

from skyform.errors import DataError, RecipeError
from skyform.models.classical import Ensemble
from skyform.models.registry import MODELS, build_classical

FAST = {"morphology": {"method": "fast", "workers": 1}}
MEMBERS = [
    {"model": "random-forest", "n_estimators": 20, "n_jobs": 1, "features": FAST},
    {"model": "logistic-regression", "features": {"pixels": {"side": 8}}},
]
OPTIONS = {
    "random-forest": {"n_estimators": 30, "n_jobs": 1},
    "gradient-boosting": {"features": FAST, "max_iter": 30},
    "voting": {"members": MEMBERS},
    "stacking": {"members": MEMBERS, "folds": 3},
}


@pytest.fixture(scope="module")
def data():
    return *two_classes(120), *two_classes(60, seed=1000)


@pytest.mark.parametrize("name", [e.name for e in MODELS.values() if e.family == "classical"])
def test_every_model_learns_and_gives_probabilities(name: str, data):
    pixels, y, others, truth = data
    model = build_classical(name, seed=0, **OPTIONS.get(name, {}))
    assert model.fit(pixels, y) is model
    p = model.predict_proba(others)
    assert p.shape == (60, 2)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert (p >= 0).all()
    right = (p.argmax(axis=1) == truth).mean()
    if name == "majority":
        np.testing.assert_allclose(p, np.tile(np.bincount(y) / len(y), (60, 1)))
    else:
        assert right > 0.85
    again = pickle.loads(pickle.dumps(model)).predict_proba(others)
    np.testing.assert_allclose(again, p, atol=1e-6)


def test_one_seed_one_model(data):
    pixels, y, others, _ = data
    p = [
        build_classical("random-forest", seed=s, n_estimators=5, n_jobs=1)
        .fit(pixels, y)
        .predict_proba(others)
        for s in (3, 3, 4)
    ]
    np.testing.assert_array_equal(p[0], p[1])
    assert (p[0] != p[2]).any()


@pytest.mark.parametrize("name", ["knn", "gradient-boosting", "voting", "stacking"])
def test_a_class_that_training_never_saw_has_probability_nothing(name: str, data):
    pixels, y, others, truth = data
    model = build_classical(name, **OPTIONS.get(name, {}))
    p = model.fit(pixels, y * 2, classes=4).predict_proba(others)
    assert p.shape == (60, 4)
    assert (p[:, [1, 3]] == 0).all()
    assert (p.argmax(axis=1) == truth * 2).mean() > 0.85


def test_weights_move_the_answer(data):
    pixels, y, others, _ = data
    weights = np.where(y == 1, 3.0, 1.0)
    p = build_classical("majority").fit(pixels, y, weights=weights).predict_proba(others)
    np.testing.assert_allclose(p[0, 1], weights[y == 1].sum() / weights.sum())


def test_a_model_without_weights_says_so(data):
    pixels, y, _, _ = data
    with pytest.raises(RecipeError, match="cannot weigh"):
        build_classical("knn").fit(pixels, y, weights=np.ones(len(y)))


def test_few_pictures_are_enough():
    pixels, y = two_classes(4, seed=5)
    y[:2] = (0, 1)
    for name in ("knn", "stacking"):
        model = build_classical(name, **OPTIONS.get(name, {})).fit(pixels, y)
        assert model.predict_proba(pixels).shape == (4, 2)
    # One picture of a class: its folds cannot be stratified.
    rare = build_classical("stacking", **OPTIONS["stacking"])
    assert rare.fit(pixels, np.array([0, 1, 1, 1])).predict_proba(pixels).shape == (4, 2)


def test_notes_say_what_went_wrong(data):
    pixels, y, _, _ = data
    hurried = build_classical("logistic-regression", max_iter=1, C=1.0).fit(pixels, y)
    assert hurried.notes == ["The fit reached its limit of steps before it had settled."]
    blank = np.concatenate([pixels[:30], np.zeros_like(pixels[:2])])
    measured = build_classical("gradient-boosting", features=FAST, max_iter=2)
    measured.fit(blank, np.append(y[:30], [0, 1]))
    assert "2 of 32 training pictures: no object was found" in measured.notes[0]
    vote = build_classical("voting", members=MEMBERS).fit(blank, np.append(y[:30], [0, 1]))
    assert any("no object was found" in note for note in vote.notes)


def test_the_vote_is_the_mean_of_its_members(data):
    pixels, y, others, _ = data
    vote = build_classical("voting", members=MEMBERS).fit(pixels, y)
    assert isinstance(vote, Ensemble)
    each = [m.predict_proba(others) for m in vote.members]
    np.testing.assert_allclose(vote.predict_proba(others), np.mean(each, axis=0))


def test_stacking_trusts_the_better_model(data):
    """One member that knows nothing must not spoil the other."""
    pixels, y, others, truth = data
    members = [MEMBERS[0], {"model": "majority"}]
    stack = build_classical("stacking", members=members).fit(pixels, y)
    assert (stack.predict_proba(others).argmax(axis=1) == truth).mean() > 0.9


@pytest.mark.parametrize(
    ("y", "classes", "match"),
    [
        (np.zeros(0, int), None, "0 pictures and 0 labels"),
        (np.array([0, -1, 1, 1]), None, "run from -1"),
        (np.array([0, 1, 2, 3]), 3, "between 0 and 2"),
    ],
)
def test_labels_that_cannot_be(y: np.ndarray, classes: int | None, match: str):
    pixels, _ = two_classes(4)
    with pytest.raises(DataError, match=match):
        build_classical("majority").fit(pixels[: len(y)], y, classes=classes)


def test_one_class_only_is_one_clear_error():
    pixels, _ = two_classes(4)
    with pytest.raises(RecipeError, match="LogisticRegression cannot be fitted"):
        build_classical("logistic-regression").fit(pixels, np.zeros(4, int))


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("knn", {"neighbours": 3}, "no option neighbours.*n_neighbors"),
        ("random-forest", {"features": "colour"}, "no known features"),
        ("voting", {"weights": 1}, "no option weights"),
        ("voting", {"members": [{"model": "r4-cnn"}, {"model": "knn"}]}, "r4-cnn"),
        ("voting", {"members": [{"features": "pca"}]}, "model is ''"),
        ("voting", {"members": [{"model": "knn"}]}, "two members"),
        ("stacking", {"folds": 1}, "1 folds"),
        ("stacking", {"members": [{"model": "knn", "seed": 3}, {"model": "knn"}]}, "seed"),
    ],
)
def test_options_that_cannot_be(name: str, options: dict, match: str):
    with pytest.raises(RecipeError, match=match):
        build_classical(name, **options)


def test_a_bad_value_is_one_clear_error(data):
    pixels, y, _, _ = data
    with pytest.raises(RecipeError, match="n_neighbors"):
        build_classical("knn", n_neighbors=-3).fit(pixels, y)
