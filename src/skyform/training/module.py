"""The Lightning module: what one step of training does."""

import math
from typing import Any

import lightning
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from skyform.models import (
    GalaxyNetwork,
    RuleProbability,
    kind_loss,
    log_fractions,
    rule_loss,
    vote_loss,
)
from skyform.schema import SKYFORM, Rule
from skyform.training.augment import Augment
from skyform.training.objectives import cumulative_fractions
from skyform.training.recipe import Recipe

__all__ = ["MEAN", "STD", "TreeModule", "kinds_to_learn"]

# timm's convention for the tf_efficientnet_lite weights.
MEAN, STD = 0.5, 0.5


class TreeModule(lightning.LightningModule):
    """Trains a `GalaxyNetwork` on partial labels.

    Every step seeds the random numbers from its own number, so that a run that was killed and resumed takes the same steps as one that
    was not.
    """

    def __init__(
        self, recipe: Recipe, network: GalaxyNetwork, *, rules: tuple[Rule, ...], margin: float
    ) -> None:
        super().__init__()
        self.recipe = recipe  # its seed is the member's
        self.network = network
        self.rule_probability = RuleProbability(rules, tree=SKYFORM)
        self.augment = Augment.of(recipe.augment)
        self.margin = margin
        self.steps_per_epoch = max(1, recipe.samples_per_epoch // recipe.batch_size)

    def training_step(self, batch: dict[str, Tensor], batch_idx: int) -> Tensor:
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.global_step)
        images, mirrored = self.augment(
            batch["pixels"], size=self._size(), margin=self.margin, restyle=batch["restyle"]
        )
        images = (images - MEAN) / STD
        answers, kinds, _ = self.network(images.contiguous(memory_format=torch.channels_last))
        # Products of small probabilities: autocast would round the sums of their logarithms to three digits.
        with torch.autocast(self.device.type, enabled=False):
            loss = self._loss(_as_seen(answers.float(), mirrored), kinds.float(), batch)
        self.log("loss", loss, prog_bar=True)
        return loss

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        # Normalisation statistics are weights too: a stage that is kept stays in evaluation mode.
        for stage in self.network.stages(self.recipe.freeze):
            stage.eval()

    def _size(self) -> int:
        return self.recipe.phase_of(self.current_epoch).size

    def _loss(self, answers: Tensor, kinds: Tensor, batch: dict[str, Tensor]) -> Tensor:
        labelled = self._label_loss(answers, kinds, batch)
        weight = self.recipe.teacher_weight
        if "taught_answers" not in batch:
            return labelled
        log_p = log_fractions(answers, tree=SKYFORM)
        taught = vote_loss(log_p, batch["taught_answers"]).mean()
        log_kinds = torch.log_softmax(kinds, dim=1)
        wanted = kinds_to_learn(batch["kinds"], batch["taught_kinds"])
        taught_kinds = -(wanted * log_kinds).sum(dim=1).mean()
        error = _vote_error(log_p, batch["taught_answers"][:, : batch["votes"].shape[1]])
        learnt = taught + self.recipe.kind_weight * taught_kinds
        learnt = learnt + self.recipe.vote_error_weight * error
        return (1 - weight) * labelled + weight * learnt

    def _label_loss(self, answers: Tensor, kinds: Tensor, batch: dict[str, Tensor]) -> Tensor:
        log_p = log_fractions(answers, tree=SKYFORM)
        tree = vote_loss(log_p, batch["votes"]) + rule_loss(
            self.rule_probability(log_p), batch["agreement"]
        )
        kind = kind_loss(kinds, batch["kinds"])
        error = _vote_error(log_p, batch["votes"])
        total = tree.mean() + self.recipe.kind_weight * kind.mean()
        return total + self.recipe.vote_error_weight * error

    def configure_optimizers(self) -> Any:
        heads = [*self.network.answers.parameters(), *self.network.kinds.parameters()]
        for stage in self.network.stages(self.recipe.freeze):
            stage.requires_grad_(requires_grad=False)
        body = [p for p in self.network.backbone.parameters() if p.requires_grad]
        optimiser = torch.optim.AdamW(
            [
                {"params": body, "lr": self.recipe.learning_rate},
                {"params": heads, "lr": self.recipe.head_learning_rate},
            ],
            weight_decay=self.recipe.weight_decay,
        )
        # A plain function: a bound method would drag the whole module into every checkpoint.
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: self._learning_rate_factor(step)
        )
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _learning_rate_factor(self, step: int) -> float:
        """Linear warm-up, then half a cosine, in each cycle."""
        for epochs, share in self.recipe.cycles:
            total = self.steps_per_epoch * epochs
            warm = max(1.0, self.recipe.warmup * total)
            if step < warm:
                return share * (step + 1) / warm
            if step < total:
                return share * 0.5 * (1 + math.cos(math.pi * (step - warm) / (total - warm)))
            step -= total
        return 0.0


def kinds_to_learn(
    possible: Bool[Tensor, "b kinds"], taught: Float[Tensor, "b kinds"]
) -> Float[Tensor, "b kinds"]:
    """The teacher's probabilities of the kinds, where the label does not name one kind: then there is nothing to teach."""
    known = possible.sum(dim=1, keepdim=True) == 1
    return torch.where(known, possible.to(taught.dtype), taught)


def _as_seen(
    answers: Float[Tensor, "b answers"], mirrored: Bool[Tensor, " b"]
) -> Float[Tensor, "b answers"]:
    """Answers as the unmirrored picture has them: mirroring exchanges clockwise and anticlockwise."""
    sense = SKYFORM.slices["sense"]
    swapped = torch.where(mirrored[:, None], answers[:, sense].flip(1), answers[:, sense])
    return torch.cat((answers[:, : sense.start], swapped), dim=1)


def _vote_error(
    log_p: Float[Tensor, "b answers"], votes: Float[Tensor, "b votes"]
) -> Float[Tensor, ""]:
    """Mean squared error of the cumulative fractions, over the rows that have votes: the challenge's own metric, squared."""
    known = ~torch.isnan(votes).any(dim=1)
    if not known.any():
        return log_p.new_zeros(())
    cumulative = cumulative_fractions(log_p[known].exp())
    return ((cumulative - votes[known]) ** 2).sum(dim=1).mean()
