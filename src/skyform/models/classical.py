"""Classical models: scikit-learn estimators on features of the picture, and ensembles of them.

All take uint8 pictures and class numbers, and answer with one probability for each class, whether or not training saw one of it.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8
from numpy import ndarray

from skyform.errors import DataError, RecipeError
from skyform.models.features import Features, make_features

__all__ = ["CLASSICAL", "Classical", "ClassicalModel", "Ensemble"]


class Classical(ABC):
    """What every classical model can do. `notes` says what a reader of its results should know."""

    notes: list[str]

    @abstractmethod
    def fit(
        self,
        pixels: UInt8[ndarray, "n rows cols 3"],
        y: Int[ndarray, " n"],
        *,
        classes: int | None = None,
        weights: Float[ndarray, " n"] | None = None,
    ) -> "Classical":
        """Learn from pictures and the number of each one's class, 0 to `classes` - 1; returns the model itself."""

    @abstractmethod
    def predict_proba(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n classes"]:
        """Probability of each class."""


class ClassicalModel(Classical):
    """Features, and a scikit-learn estimator on them.

    Parameters
    ----------
    estimator : scikit-learn pipeline
        Its last step is named `model`.
    features : Features

    Attributes
    ----------
    notes : list of str
        What a reader of the results should know: an estimator that stopped early, pictures that could not be measured.
    """

    def __init__(self, estimator: Any, features: Features) -> None:
        self.estimator = estimator
        self.features = features
        self.classes = 0
        self.notes: list[str] = []

    def fit(
        self,
        pixels: UInt8[ndarray, "n rows cols 3"],
        y: Int[ndarray, " n"],
        *,
        classes: int | None = None,
        weights: Float[ndarray, " n"] | None = None,
    ) -> "ClassicalModel":
        """See `Classical`.

        Raises
        ------
        DataError
            If there are no pictures, or a class number is out of range.
        RecipeError
            If rows have weights and the estimator knows none.
        """
        self.classes = _checked(pixels, y, classes)
        self.fit_rows(self.features_of(pixels), y, weights=weights)
        return self

    def features_of(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n d"]:
        """Fit the features on training pictures, and note what could not be measured."""
        rows = self.features.fit_transform(pixels)
        failures: dict[str, int] = getattr(self.features, "failures", {})
        self.notes = [
            f"{count} of {len(pixels)} training pictures: {_FAILURES[method]}."
            for method, count in failures.items()
        ]
        return rows

    def fit_rows(
        self,
        rows: Float[ndarray, "n d"],
        y: Int[ndarray, " n"],
        *,
        weights: Float[ndarray, " n"] | None = None,
    ) -> None:
        """Fit the estimator on rows of features."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.utils.validation import has_fit_parameter

        given: dict[str, Any] = {}
        if self.estimator["model"].get_params().get("n_neighbors", 0) > len(rows):
            self.estimator.set_params(model__n_neighbors=len(rows))
        if weights is not None:
            if not has_fit_parameter(self.estimator["model"], "sample_weight"):
                raise RecipeError(
                    f"{type(self.estimator['model']).__name__} cannot weigh its training pictures.",
                    remedy="Set balance: none, or take another model.",
                )
            given["model__sample_weight"] = weights
        with warnings.catch_warnings(record=True) as caught, _threads_for(rows):
            warnings.simplefilter("always", ConvergenceWarning)
            try:
                self.estimator.fit(rows, y, **given)
            except ValueError as error:
                fault = str(error).partition("\n")[0]
                raise RecipeError(
                    f"{type(self.estimator['model']).__name__} cannot be fitted: {fault}"
                ) from error
        if any(issubclass(w.category, ConvergenceWarning) for w in caught):
            self.notes.append("The fit reached its limit of steps before it had settled.")

    def predict_rows(self, rows: Float[ndarray, "n d"]) -> Float[ndarray, "n classes"]:
        """Probability of each class, from rows of features."""
        out = np.zeros((len(rows), self.classes))
        with _threads_for(rows):
            out[:, self.estimator.classes_] = self.estimator.predict_proba(rows)
        return out

    def predict_proba(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n classes"]:
        """See `Classical`."""
        return self.predict_rows(self.features.transform(pixels))


class Ensemble(Classical):
    """Several classical models that answer together.

    Parameters
    ----------
    members : sequence of ClassicalModel
    stacking : bool
        Rather than averaging the members' probabilities, learn from predictions on held-out folds how far to trust each (Wolpert
        1992, Neural Networks 5, 241): a logistic regression on their logarithms. Features, which know no labels, are fitted once
        on all training pictures.
    folds : int
        At most; no more than the smallest class has pictures.
    """

    def __init__(
        self,
        members: Sequence[ClassicalModel],
        *,
        stacking: bool = False,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        if len(members) < 2 or folds < 2:
            raise RecipeError(
                f"An ensemble of {len(members)} models with {folds} folds is none.",
                remedy="Give two members and two folds at least.",
            )
        self.members = list(members)
        self.stacking = stacking
        self.folds = folds
        self.seed = seed
        self.notes: list[str] = []
        self._judge: ClassicalModel | None = None

    def fit(
        self,
        pixels: UInt8[ndarray, "n rows cols 3"],
        y: Int[ndarray, " n"],
        *,
        classes: int | None = None,
        weights: Float[ndarray, " n"] | None = None,
    ) -> "Ensemble":
        """See `Classical`."""
        count = _checked(pixels, y, classes)
        held_out: list[ndarray] = []
        for member in self.members:
            member.classes = count
            rows = member.features_of(pixels)
            if self.stacking:
                held_out.append(self._held_out(member, rows, y, weights))
            member.fit_rows(rows, y, weights=weights)
        if self.stacking:
            self._judge = _estimator("logistic-regression", seed=self.seed, features="pixels")
            self._judge.classes = count
            self._judge.fit_rows(_logarithms(held_out), y, weights=weights)
        self.notes = [note for member in self.members for note in member.notes]
        return self

    def predict_proba(self, pixels: UInt8[ndarray, "n rows cols 3"]) -> Float[ndarray, "n classes"]:
        """See `Classical`."""
        each = [member.predict_proba(pixels) for member in self.members]
        if self._judge is None:
            return np.mean(each, axis=0)
        return self._judge.predict_rows(_logarithms(each))

    def _held_out(
        self,
        member: ClassicalModel,
        rows: Float[ndarray, "n d"],
        y: Int[ndarray, " n"],
        weights: Float[ndarray, " n"] | None,
    ) -> Float[ndarray, "n classes"]:
        """Each picture's probabilities by an estimator that was fitted without it."""
        from sklearn.base import clone
        from sklearn.model_selection import KFold, StratifiedKFold

        least = int(np.unique(y, return_counts=True)[1].min())
        folds = min(self.folds, max(least, 2), len(y))
        kind = StratifiedKFold if least >= 2 else KFold
        out = np.zeros((len(y), member.classes))
        for train, rest in kind(folds, shuffle=True, random_state=self.seed).split(rows, y):
            if len(np.unique(y[train])) == 1:
                out[rest, y[train][0]] = 1.0
                continue
            part = ClassicalModel(clone(member.estimator), member.features)
            part.classes = member.classes
            part.fit_rows(
                rows[train], y[train], weights=None if weights is None else weights[train]
            )
            out[rest] = part.predict_rows(rows[rest])
        return out


_FAILURES = {
    "fast": "statmorph failed, and the fast method measured them",
    "none": "no object was found, and the medians of the others stand in",
}


def _checked(pixels: ndarray, y: ndarray, classes: int | None) -> int:
    """How many classes there are."""
    if len(pixels) == 0 or len(pixels) != len(y):
        raise DataError(
            f"There are {len(pixels)} pictures and {len(y)} labels; a model needs the same number of both, above 0."
        )
    count = int(y.max()) + 1 if classes is None else classes
    if y.min() < 0 or y.max() >= count:
        raise DataError(
            f"Class numbers run from {y.min()} to {y.max()}; they must lie between 0 and {count - 1}.",
            remedy="Leave out the pictures without a label.",
        )
    return count


def _threads_for(rows: ndarray) -> Any:
    """On few numbers, several threads wait for each other longer than they work."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1 if rows.size < 10_000_000 else None)


def _logarithms(each: Sequence[ndarray]) -> Float[ndarray, "n d"]:
    # A forest is often sure to the last tree; a thousandth is as far as that is believed.
    return np.log(np.clip(np.concatenate(each, axis=1), 1e-3, 1.0))


def _estimator(
    name: str,
    *,
    seed: int,
    features: str | Mapping[str, Mapping[str, Any] | None],
    **options: Any,
) -> ClassicalModel:
    """One of the plain models; `options` are scikit-learn's own."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    kind, defaults, scaled = _kinds()[name]
    known = kind().get_params()
    if unknown := set(options) - set(known):
        raise RecipeError(
            f"{name} has no option {', '.join(sorted(unknown))}.",
            remedy=f"Its options are features, {', '.join(known)}.",
        )
    given = {**defaults, **({"random_state": seed} if "random_state" in known else {}), **options}
    scale: Any = StandardScaler() if scaled else "passthrough"
    estimator = Pipeline([("scale", scale), ("model", kind(**given))])
    return ClassicalModel(estimator, make_features(features, seed=seed))


def _kinds() -> Mapping[str, tuple[Any, dict[str, Any], bool]]:
    """Estimator, our defaults where they differ from scikit-learn's, and whether features are scaled to unit variance."""
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    return {
        "majority": (DummyClassifier, {"strategy": "prior"}, False),
        "knn": (KNeighborsClassifier, {"n_neighbors": 10, "weights": "distance"}, True),
        "decision-tree": (DecisionTreeClassifier, {"min_samples_leaf": 5}, False),
        "random-forest": (RandomForestClassifier, {"n_estimators": 300, "n_jobs": -1}, False),
        "logistic-regression": (LogisticRegression, {"C": 0.01, "max_iter": 500}, True),
        "gradient-boosting": (
            HistGradientBoostingClassifier,
            {"learning_rate": 0.06, "max_iter": 200, "l2_regularization": 1.0},
            False,
        ),
    }


def _ensemble(
    *,
    seed: int,
    stacking: bool,
    members: Sequence[Mapping[str, Any]] = (
        {"model": "gradient-boosting", "features": "morphology"},
        {"model": "random-forest", "features": "hog"},
        {"model": "logistic-regression", "features": "pca"},
    ),
    **options: Any,
) -> Ensemble:
    if unknown := set(options) - {"folds"}:
        raise RecipeError(
            f"An ensemble has no option {', '.join(sorted(unknown))}.",
            remedy="Its options are members and folds.",
        )
    return Ensemble(
        [_member(m, seed=seed) for m in members], stacking=stacking, seed=seed, **options
    )


def _member(values: Mapping[str, Any], *, seed: int) -> ClassicalModel:
    name = str(values.get("model", ""))
    if name not in _kinds():
        raise RecipeError(
            f"members: model is {name!r}, which no ensemble can hold.",
            remedy=f"Those are {', '.join(_kinds())}.",
        )
    rest = {k: v for k, v in values.items() if k != "model"}
    return CLASSICAL[name](seed=seed, **rest)


def _plain(name: str, features: str | Mapping[str, Mapping[str, Any] | None]) -> Callable[..., Any]:
    return partial(_estimator, name, features=features)


CLASSICAL: Mapping[str, Callable[..., Any]] = {
    "majority": _plain("majority", {"pixels": {"side": 1}}),
    "knn": _plain("knn", "pca"),
    "decision-tree": _plain("decision-tree", {"pixels": {"side": 32}}),
    "random-forest": _plain("random-forest", {"pixels": {"side": 32}}),
    "logistic-regression": _plain("logistic-regression", {"pixels": {"side": 32}}),
    "gradient-boosting": _plain("gradient-boosting", "morphology"),
    "voting": partial(_ensemble, stacking=False),
    "stacking": partial(_ensemble, stacking=True),
}
