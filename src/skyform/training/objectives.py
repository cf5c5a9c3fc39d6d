"""What a network learns: for each task, the number of outputs, the loss, and the figure to watch."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from torch.nn import functional

from skyform.models.losses import log_fractions, vote_loss
from skyform.models.votes import dirichlet_multinomial_loss, expected_fractions
from skyform.schema import KAGGLE, Scheme

__all__ = ["Objective", "cumulative_fractions", "objective_of"]

Batch = dict[str, Tensor]


class Objective(ABC):
    """One task. `outputs` is the number of logits; `columns` names what `predicted` gives."""

    outputs: int
    columns: tuple[str, ...]

    @abstractmethod
    def loss(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        """Mean loss of a batch whose rows all have targets."""

    def plain_loss(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        """The loss without what only helps training, so that runs can be compared by it."""
        return self.loss(logits, batch)

    @abstractmethod
    def figure(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        """The figure to watch: accuracy, the higher the better."""

    @abstractmethod
    def predicted(self, logits: Float[ndarray, "n outputs"]) -> Float[ndarray, "n columns"]:
        """Uncalibrated probabilities or fractions."""


class Classes(Objective):
    """One of several classes: softmax and cross-entropy."""

    def __init__(
        self, scheme: Scheme, *, weights: Float[ndarray, " classes"] | None, smoothing: float
    ) -> None:
        self.outputs = len(scheme)
        self.columns = scheme.ids
        self._weights = None if weights is None else torch.tensor(weights, dtype=torch.float32)
        self._smoothing = smoothing

    def loss(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        weights = None if self._weights is None else self._weights.to(logits.device)
        return functional.cross_entropy(
            logits, batch["labels"], weight=weights, label_smoothing=self._smoothing
        )

    def plain_loss(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        return functional.cross_entropy(logits, batch["labels"])

    def figure(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        return (logits.argmax(dim=1) == batch["labels"]).float().mean()

    def predicted(self, logits: Float[ndarray, "n outputs"]) -> Float[ndarray, "n columns"]:
        return _softmax(logits)


class _Answers(Objective):
    """The 37 answers of the Galaxy Zoo 2 tree."""

    outputs = len(KAGGLE.answers)
    columns = tuple(a.column for a in KAGGLE.answers)

    def figure(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        first = KAGGLE.slices[KAGGLE.root]
        return (logits[:, first].argmax(1) == batch["votes"][:, first].argmax(1)).float().mean()


class Labels(_Answers):
    """Each answer by itself: does it hold for more than half of all? (R3: multi-label at a threshold of 0.5)"""

    def loss(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        return functional.binary_cross_entropy_with_logits(logits, (batch["votes"] > 0.5).float())

    def figure(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        return ((logits > 0) == (batch["votes"] > 0.5)).float().mean()

    def predicted(self, logits: Float[ndarray, "n outputs"]) -> Float[ndarray, "n columns"]:
        return 1.0 / (1.0 + np.exp(-logits.astype(float)))


class Fractions(_Answers):
    """One softmax a question; the cross-entropy of a visitor's answers and the challenge's squared error of the cumulative fractions."""

    def loss(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        log_p = log_fractions(logits, tree=KAGGLE)
        error = ((cumulative_fractions(log_p.exp()) - batch["votes"]) ** 2).sum(dim=1)
        return (vote_loss(log_p, batch["votes"]) + 3.0 * error).mean()

    def predicted(self, logits: Float[ndarray, "n outputs"]) -> Float[ndarray, "n columns"]:
        log_p = log_fractions(torch.from_numpy(logits.astype(np.float32)), tree=KAGGLE)
        return cumulative_fractions(log_p.exp()).numpy().astype(float)


class Votes(_Answers):
    """Dirichlet-multinomial vote counts (Walmsley et al. 2022, arXiv:2102.08414)."""

    def loss(self, logits: Float[Tensor, "b outputs"], batch: Batch) -> Float[Tensor, ""]:
        # Where the number of volunteers is not known, forty: what a Galaxy Zoo 2 galaxy has.
        people = torch.nan_to_num(batch["volunteers"], nan=40.0)
        counts = (batch["votes"] * people[:, None]).round()
        return dirichlet_multinomial_loss(logits, counts, tree=KAGGLE).mean()

    def predicted(self, logits: Float[ndarray, "n outputs"]) -> Float[ndarray, "n columns"]:
        fractions = expected_fractions(torch.from_numpy(logits.astype(np.float32)), tree=KAGGLE)
        return cumulative_fractions(fractions).numpy().astype(float)


def objective_of(
    task: str,
    *,
    scheme: Scheme | None = None,
    weights: Float[ndarray, " classes"] | None = None,
    smoothing: float = 0.0,
) -> Objective:
    """The objective of a task; `classes` needs the scheme."""
    if task == "classes":
        if scheme is None:
            raise ValueError("scheme is None; the task 'classes' needs one")
        return Classes(scheme, weights=weights, smoothing=smoothing)
    makers: dict[str, Any] = {"labels": Labels, "fractions": Fractions, "votes": Votes}
    return makers[task]()


def cumulative_fractions(p: Float[Tensor, "b answers"]) -> Float[Tensor, "b 37"]:
    """Cumulative fractions by the challenge's convention, differentiable, from conditional ones in the first 37 columns."""
    columns: dict[str, Tensor] = {}
    asked: dict[str, Tensor] = {}
    for q in KAGGLE.order:
        parents = KAGGLE.parents[q]
        if not parents or q in KAGGLE.always_asked:
            asked[q] = p.new_ones(len(p))
        else:
            routes = [asked[KAGGLE.answers[i].question] * p[:, i] for i in parents]
            asked[q] = torch.stack(routes).sum(dim=0)
        columns[q] = p[:, KAGGLE.slices[q]] * asked[q][:, None]
    return torch.cat([columns[q.id] for q in KAGGLE.questions], dim=1)


def _softmax(logits: Float[ndarray, "n outputs"]) -> Float[ndarray, "n outputs"]:
    e = np.exp(logits.astype(float) - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
