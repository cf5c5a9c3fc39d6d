"""Heads on features: what they compute, and how they get into a file."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_models import made_up_model
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from skyform.errors import ModelError
from skyform.training.attach import attach_linear, check_base, read_description, write_metadata
from skyform.training.heads import (
    ALPHAS,
    Head,
    _rounded_down,
    choose_alpha,
    fit_boosted,
    fit_linear,
    held_out_logits,
)


def clouds(n: int, features: int, *, classes: int = 3, seed: int = 0, spread: float = 1.0):
    """Points around one centre for each class, on a scale of their own for each feature."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 1.2, (classes, features))
    labels = np.arange(n) % classes
    scale = rng.uniform(0.1, 30, features)
    points = centres[labels] + rng.normal(0, spread, (n, features))
    return (points * scale + 5).astype(np.float32), labels


@pytest.mark.parametrize(("n", "features"), [(40, 90), (200, 12)])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_linear_head_is_logistic_regression_on_standardised_features(
    n: int, features: int, classes: int
):
    x, y = clouds(n, features, classes=classes, spread=3.0)
    alpha = 0.1
    head = fit_linear(x, y, classes=classes, alphas=[1.0, alpha])[1]
    z = StandardScaler().fit_transform(x.astype(float))
    reference = LogisticRegression(C=1 / (alpha * n), max_iter=5000, tol=1e-8).fit(z, y)
    logits = head.logits(x)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(p, reference.predict_proba(z), atol=5e-3)


def test_a_feature_that_never_changes_is_ignored():
    x, y = clouds(30, 5)
    x[:, 2] = 7.0
    head = fit_linear(x, y, classes=3, alphas=[0.1])[0]
    np.testing.assert_array_equal(head.weight[:, 2], 0)
    assert np.isfinite(head.bias).all()
    same = fit_linear(np.ones_like(x), y, classes=3, alphas=[0.1])[0]
    assert np.isfinite(same.logits(x)).all()


@pytest.mark.parametrize(
    "fit", [fit_boosted, lambda x, y, classes: fit_linear(x, y, classes=classes, alphas=[0.1])[0]]
)
def test_a_class_that_was_not_there_never_comes_first(fit):
    x, y = clouds(40, 6)
    known = y != 1
    head: Head = fit(x[known], y[known], classes=3)
    logits = head.logits(x)
    assert not (logits.argmax(axis=1) == 1).any()
    assert (logits.argmax(axis=1)[known] == y[known]).mean() > 0.9


def test_regularisation_follows_the_noise():
    rng = np.random.default_rng(1)
    folds = rng.integers(0, 5, 120)
    x, y = clouds(120, 30, spread=0.3)
    easy = choose_alpha(x, y, classes=3, folds=folds)
    noise = choose_alpha(rng.normal(size=x.shape), y, classes=3, folds=folds)
    assert noise >= 1 > 10 * easy
    assert {easy, noise} <= set(ALPHAS)


def test_held_out_logits_come_from_the_other_folds():
    x, y = clouds(30, 4)
    folds = np.arange(30) % 3
    seen: list[int] = []

    def fit(a: np.ndarray, b: np.ndarray) -> Head:
        seen.append(len(b))
        return fit_linear(a, b, classes=3, alphas=[0.1])[0]

    out = held_out_logits(x, y, classes=3, folds=folds, fit=fit)
    assert seen == [20, 20, 20]
    here = folds == 1
    alone = fit_linear(x[~here], y[~here], classes=3, alphas=[0.1])[0]
    np.testing.assert_allclose(out[here], alone.logits(x[here]))


@pytest.mark.parametrize("classes", [2, 4])
def test_boosted_trees_are_the_same_in_a_file(classes: int, tmp_path: Path):
    rng = np.random.default_rng(2)
    pictures = rng.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    base = made_up_model(tmp_path / "base.onnx", scheme=None, tree="skyform")
    features = run(base, pictures)["embedding"]
    labels = rng.integers(0, classes, 60)
    head = fit_boosted(features, labels, classes=classes)
    head.attach(base, tmp_path / "out.onnx")
    out = run(tmp_path / "out.onnx", pictures)
    assert set(out) == {"answers", "embedding", "classes"}
    np.testing.assert_allclose(out["classes"], head.logits(features), atol=1e-4)
    assert head.parameters > 100


def test_trees_that_lack_a_class_are_not_written(tmp_path: Path):
    x, y = clouds(30, 3, classes=2)
    base = made_up_model(tmp_path / "base.onnx", scheme=None, tree="skyform")
    with pytest.raises(ValueError, match=r"present is \(0, 1\); all 3 classes"):
        fit_boosted(x, y, classes=3).attach(base, tmp_path / "out.onnx")


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6, width=32))
def test_rounded_thresholds_compare_alike(threshold: float, x: float):
    assert (x <= threshold) == (x <= _rounded_down(threshold))


def test_all_that_the_base_said_stays_as_it_was(tmp_path: Path):
    pictures = np.random.default_rng(3).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    base = made_up_model(tmp_path / "base.onnx", scheme=None, tree="skyform", kinds=True)
    weight, bias = np.array([[4.0, -2, 1], [0, 3, -1]]), np.array([0.5, -0.25])
    attach_linear(base, tmp_path / "out.onnx", weight=weight, bias=bias)
    before, after = run(base, pictures), run(tmp_path / "out.onnx", pictures)
    assert set(after) == {*before, "classes"}
    for name in before:
        np.testing.assert_array_equal(after[name], before[name])
    np.testing.assert_allclose(after["classes"], before["embedding"] @ weight.T + bias, rtol=1e-5)
    onnx.checker.check_model(onnx.load(str(tmp_path / "out.onnx")))


@pytest.mark.parametrize(
    ("options", "width", "message"),
    [
        ({}, 3, "has classes of its own already"),
        ({"scheme": None, "tree": "skyform"}, 4, "gives 3 features; the head takes 4"),
        ({"scheme": None, "tree": "skyform", "outputs": ["answers"]}, 3, "no output 'embedding'"),
    ],
)
def test_bases_that_a_head_does_not_fit(tmp_path: Path, options: dict, width: int, message: str):
    base = made_up_model(tmp_path / "base.onnx", **options)
    with pytest.raises(ModelError, match=message):
        attach_linear(base, tmp_path / "o.onnx", weight=np.ones((2, width)), bias=np.zeros(2))
    if width == 3:
        with pytest.raises(ModelError, match=message):
            check_base(base)
    assert not (tmp_path / "o.onnx").exists()


def test_descriptions_are_replaced(tmp_path: Path):
    path = made_up_model(tmp_path / "m.onnx")
    values = read_description(path)
    write_metadata(path, {**values, "name": "other"})
    assert read_description(path) == {**values, "name": "other"}
    write_metadata(path, {"format": 9})
    with pytest.raises(ModelError, match="model format 9"):
        read_description(path)
    (tmp_path / "no.onnx").write_bytes(b"\x00no model")
    with pytest.raises(ModelError, match=r"no\.onnx is not a usable ONNX model"):
        read_description(tmp_path / "no.onnx")
    with pytest.raises(ModelError, match="not a usable"):
        read_description(tmp_path / "gone.onnx")


def run(path: Path, pictures: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, {"image": pictures}), strict=True))
