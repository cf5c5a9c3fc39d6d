"""Heads on frozen features: multinomial logistic regression and boosted trees, with their cross-validation."""

import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.training.attach import attach_graph, attach_linear

__all__ = [
    "ALPHAS",
    "BoostedHead",
    "Head",
    "HeadName",
    "LinearHead",
    "choose_alpha",
    "fit_boosted",
    "fit_linear",
    "held_out_logits",
]

HeadName = Literal["linear", "boosted"]

# Strengths of the regularisation that are tried, from strong to weak.
ALPHAS: tuple[float, ...] = tuple(10.0 ** (1 - k / 2) for k in range(9))
_MOST_ITERATIONS = 1000
_ROUNDS = 100
_COMPONENTS = 64
_LEAST_LEAF = 5
_OPSETS = {"": 17, "ai.onnx.ml": 3}


@dataclass(frozen=True)
class LinearHead:
    """Weights on the features as they are: the standardisation is in them."""

    weight: Float[ndarray, "classes features"]
    bias: Float[ndarray, " classes"]

    @property
    def parameters(self) -> int:
        """Numbers that were learnt."""
        return self.weight.size + self.bias.size

    def logits(self, features: Float[ndarray, "n features"]) -> Float[ndarray, "n classes"]:
        """One row for each row of features."""
        return features.astype(float) @ self.weight.T + self.bias

    def attach(self, base: Path, target: Path) -> None:
        """Write the base model with this head."""
        attach_linear(base, target, weight=self.weight, bias=self.bias)


@dataclass(frozen=True)
class BoostedHead:
    """Gradient-boosted trees on the principal components of the standardised features.

    `weight` and `bias` make the components from the features as they are; `trees` is a fitted `GradientBoostingClassifier` whose
    raw scores are the logits of the classes `present`.
    """

    weight: Float[ndarray, "components features"]
    bias: Float[ndarray, " components"]
    trees: Any
    present: tuple[int, ...]
    classes: int

    @property
    def parameters(self) -> int:
        """Nodes of all trees."""
        return sum(t.tree_.node_count for t in self.trees.estimators_.ravel())

    def logits(self, features: Float[ndarray, "n features"]) -> Float[ndarray, "n classes"]:
        """One row for each row of features."""
        x = features.astype(np.float32) @ self.weight.T + self.bias
        raw = np.asarray(self.trees.decision_function(x))
        if raw.ndim == 1:
            raw = np.stack([-raw, raw], axis=1) / 2
        return _spread(raw, self.present, self.classes)

    def attach(self, base: Path, target: Path) -> None:
        """Write the base model with this head.

        Raises
        ------
        ValueError
            If a class had no rows to learn from.
        """
        if len(self.present) < self.classes:
            raise ValueError(f"present is {self.present}; all {self.classes} classes need rows")
        attach_graph(base, target, head=_as_onnx(self), output="logits")


Head = LinearHead | BoostedHead


def fit_linear(
    features: Float[ndarray, "n features"],
    labels: Int[ndarray, " n"],
    *,
    classes: int,
    alphas: Sequence[float],
) -> list[LinearHead]:
    """Multinomial logistic regression on standardised features, one head for each strength of the regularisation.

    Minimises the mean log loss plus alpha/2 times the squared weights. With fewer rows than features the problem is solved in the
    rows' own span, which holds the solution and is smaller.

    Parameters
    ----------
    features : array, shape (n, features)
    labels : array of int, shape (n,)
        From 0 to `classes` - 1; a class without rows never comes first.
    classes : int
    alphas : sequence of float
        From strong to weak: each start is the solution before it.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, scale = _standardisation(features)
    x = (features - mean) * scale
    basis = None
    with _one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if x.shape[0] < x.shape[1]:
            basis, _ = np.linalg.qr(x.T)
            x = x @ basis
        model = LogisticRegression(max_iter=_MOST_ITERATIONS, warm_start=True)
        heads: list[LinearHead] = []
        for alpha in alphas:
            model.set_params(C=1.0 / (alpha * len(x)))
            model.fit(x, labels)
            weight, bias = _of_all(model, classes)
            weight = (weight if basis is None else weight @ basis.T) * scale
            heads.append(LinearHead(weight, bias - weight @ mean))
    return heads


def fit_boosted(
    features: Float[ndarray, "n features"],
    labels: Int[ndarray, " n"],
    *,
    classes: int,
    seed: int = 0,
) -> BoostedHead:
    """Stochastic gradient boosting (Friedman 2002, Comput. Stat. Data Anal. 38, 367) on at most 64 principal components.

    The arguments are those of `fit_linear`.
    """
    from sklearn.decomposition import PCA
    from sklearn.ensemble import GradientBoostingClassifier

    mean, scale = _standardisation(features)
    x = (features - mean) * scale
    count = min(_COMPONENTS, max(2, len(labels) // 3), *x.shape)
    trees = GradientBoostingClassifier(
        n_estimators=_ROUNDS,
        max_depth=2,
        subsample=0.5,
        max_features="sqrt",
        min_samples_leaf=_LEAST_LEAF if len(labels) > 100 else 2,
        init="zero",
        random_state=seed,
    )
    with _one_thread():
        components = PCA(count, svd_solver="randomized", random_state=seed).fit(x).components_
        weight = (components * scale).astype(np.float32)
        bias = (-(components * scale) @ mean).astype(np.float32)
        trees.fit(features.astype(np.float32) @ weight.T + bias, labels)
    present = tuple(int(c) for c in np.unique(labels))
    return BoostedHead(weight, bias, trees, present, classes)


def choose_alpha(
    features: Float[ndarray, "n features"],
    labels: Int[ndarray, " n"],
    *,
    classes: int,
    folds: Int[ndarray, " n"],
    alphas: Sequence[float] = ALPHAS,
) -> float:
    """The strength of the regularisation with the least log loss on held-out folds."""
    losses = np.zeros(len(alphas))
    for here in _held_out(folds):
        heads = fit_linear(features[~here], labels[~here], classes=classes, alphas=alphas)
        for i, head in enumerate(heads):
            losses[i] += _log_loss(head.logits(features[here]), labels[here])
    return float(alphas[int(losses.argmin())])


def held_out_logits(
    features: Float[ndarray, "n features"],
    labels: Int[ndarray, " n"],
    *,
    classes: int,
    folds: Int[ndarray, " n"],
    fit: Callable[[ndarray, ndarray], Head],
) -> Float[ndarray, "n classes"]:
    """Logits of each row by a head that was fitted on the other folds."""
    out = np.zeros((len(labels), classes))
    for here in _held_out(folds):
        out[here] = fit(features[~here], labels[~here]).logits(features[here])
    return out


def _standardisation(
    features: Float[ndarray, "n features"],
) -> tuple[Float[ndarray, " features"], Float[ndarray, " features"]]:
    """Mean, and the factor to unit variance."""
    mean, spread = features.mean(axis=0, dtype=float), features.std(axis=0, dtype=float)
    # A feature that is the same in all rows says nothing, and must not be blown up elsewhere.
    known = spread > 1e-6 * float(spread.max())
    return mean, np.where(known, 1 / np.where(known, spread, 1.0), 0.0)


def _held_out(folds: Int[ndarray, " n"]) -> list[ndarray]:
    return [folds == f for f in np.unique(folds)]


def _log_loss(logits: Float[ndarray, "n classes"], labels: Int[ndarray, " n"]) -> float:
    top = logits.max(axis=1)
    total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return float((total - logits[np.arange(len(labels)), labels]).sum())


def _of_all(model: Any, classes: int) -> tuple[Float[ndarray, "c f"], Float[ndarray, " c"]]:
    """Weights and biases of all classes, also of two (of which scikit-learn keeps the difference) and of those without rows."""
    weight, bias = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(model.classes_) == 2:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    present = tuple(int(c) for c in model.classes_)
    whole = np.zeros((classes, weight.shape[1]))
    whole[list(present)] = weight
    return whole, _spread(bias[None], present, classes)[0]


def _spread(
    logits: Float[ndarray, "n present"], present: Sequence[int], classes: int
) -> Float[ndarray, "n classes"]:
    """The logits in the places of their classes; a class that was never seen has no chance to be first."""
    out = np.repeat(logits.min(axis=1, keepdims=True) - 2.0, classes, axis=1)
    out[:, list(present)] = logits
    return out


def _as_onnx(head: BoostedHead) -> Any:
    """Features → components → trees → logits, as a graph of its own."""
    from onnx import TensorProto, helper, numpy_helper

    trees = helper.make_node(
        "TreeEnsembleRegressor",
        ["components"],
        ["logits"],
        domain="ai.onnx.ml",
        **_tree_table(head),
    )
    project = helper.make_node("Gemm", ["features", "weight", "bias"], ["components"], transB=1)
    inputs = ["batch", head.weight.shape[1]]
    graph = helper.make_graph(
        [project, trees],
        "head",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, inputs)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", head.classes])],
        [numpy_helper.from_array(getattr(head, name), name) for name in ("weight", "bias")],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
    return helper.make_model(graph, opset_imports=opsets)


def _tree_table(head: BoostedHead) -> dict[str, Any]:
    """All trees as the attributes of ONNX's TreeEnsembleRegressor: one row for each node, one for each class in each leaf."""
    nodes: dict[str, list[Any]] = {
        f"nodes_{name}": []
        for name in (
            "treeids",
            "nodeids",
            "featureids",
            "values",
            "modes",
            "truenodeids",
            "falsenodeids",
        )
    }
    leaves: dict[str, list[Any]] = {
        f"target_{name}": [] for name in ("treeids", "nodeids", "ids", "weights")
    }
    rate = float(head.trees.learning_rate)
    targets = head.trees.estimators_.shape[1]
    for number, estimator in enumerate(head.trees.estimators_.ravel()):
        tree = estimator.tree_
        for node in range(tree.node_count):
            leaf = tree.children_left[node] < 0
            row = (
                number,
                node,
                0 if leaf else int(tree.feature[node]),
                0.0 if leaf else _rounded_down(float(tree.threshold[node])),
                "LEAF" if leaf else "BRANCH_LEQ",
                0 if leaf else int(tree.children_left[node]),
                0 if leaf else int(tree.children_right[node]),
            )
            for values, value in zip(nodes.values(), row, strict=True):
                values.append(value)
            if leaf:
                step = rate * float(tree.value[node, 0, 0])
                for target, weight in _steps(head.classes, number % targets, step):
                    for values, value in zip(
                        leaves.values(), (number, node, target, weight), strict=True
                    ):
                        values.append(value)
    return {**nodes, **leaves, "n_targets": head.classes}


def _steps(classes: int, target: int, step: float) -> list[tuple[int, float]]:
    """What a leaf adds to the logits; two classes share one tree, each with half of the difference."""
    return [(0, -step / 2), (1, step / 2)] if classes == 2 else [(target, step)]


def _rounded_down(threshold: float) -> float:
    """The largest 32-bit number that is not above: then 32-bit components compare with it as with the threshold itself."""
    single = np.float32(threshold)
    # As 64-bit numbers: NumPy would compare in 32 bits.
    below = float(single) <= threshold
    return float(single if below else np.nextafter(single, np.float32(-np.inf)))


@contextmanager
def _one_thread() -> Generator[None]:
    """Small matrices: threads that wait for each other would cost more than they bring, a hundred times more on a busy machine."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield
