"""Partial-label losses on the tree: whatever a label does not say is masked.

Three kinds of label meet one network. *Votes* give a share for every answer: cross-entropy of each question, weighted by how many
visitors were asked it. A *rule* (schema/taxonomies) holds for at least a share t of visitors: cross-entropy between t and the rule's
probability, a sum of products of answer probabilities. *Kinds* give a set of kinds that it may be: the negative logarithm of
their summed probability.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from skyform.schema import Rule, Tree

__all__ = ["RuleProbability", "kind_loss", "log_fractions", "rule_loss", "vote_loss"]


def log_fractions(logits: Float[Tensor, "b answers"], *, tree: Tree) -> Float[Tensor, "b answers"]:
    """Logarithm of the conditional fractions: one softmax a question."""
    parts = [torch.log_softmax(logits[:, s], dim=1) for s in tree.slices.values()]
    return torch.cat(parts, dim=1)


def vote_loss(
    log_p: Float[Tensor, "b answers"], votes: Float[Tensor, "b votes"]
) -> Float[Tensor, " b"]:
    """Cross-entropy of cumulative vote shares, over the first columns of the tree; 0 where the votes are NaN.

    A cumulative share is the conditional one times the share of visitors who were asked, so that each question counts as often as it was
    asked: this is the log-likelihood of one visitor's answers.
    """
    known = torch.nan_to_num(votes, nan=0.0)
    return -(known * log_p[:, : votes.shape[1]]).sum(dim=1)


class RuleProbability(nn.Module):
    """Log-probabilities of many rules at once, from log fractions.

    Parameters
    ----------
    rules : sequence of Rule
        Each a product of factors; a factor is a sum over alternatives; an alternative a product of answers.
    tree : Tree
        Gives each answer its column.
    """

    alternatives: Tensor
    members: Tensor
    factors: Tensor

    def __init__(self, rules: Sequence[Rule], *, tree: Tree) -> None:
        super().__init__()
        alternatives: list[list[float]] = []
        members: list[list[int]] = []
        factors = torch.zeros(len(rules), sum(len(r) for r in rules))
        for r, rule in enumerate(rules):
            for factor in rule:
                factors[r, len(members)] = 1.0
                members.append([])
                for answers in factor:
                    row = [0.0] * len(tree.answers)
                    for a in answers:
                        row[tree.index[a]] = 1.0
                    members[-1].append(len(alternatives))
                    alternatives.append(row)
        widest = max((len(m) for m in members), default=1)
        # The column after the last one holds minus infinity: it fills the factors that have fewer alternatives.
        padded = [m + [len(alternatives)] * (widest - len(m)) for m in members]
        self.register_buffer(
            "alternatives", torch.tensor(alternatives).reshape(-1, len(tree.answers))
        )
        self.register_buffer("members", torch.tensor(padded, dtype=torch.long))
        self.register_buffer("factors", factors)

    def forward(self, log_p: Float[Tensor, "b answers"]) -> Float[Tensor, "b rules"]:
        """Log-probability of each rule, at most 0."""
        each = log_p @ self.alternatives.T
        each = torch.cat([each, each.new_full((each.shape[0], 1), -1e4)], dim=1)
        by_factor = torch.logsumexp(each[:, self.members], dim=2)
        return (by_factor @ self.factors.T).clamp(max=-1e-6)


def rule_loss(
    log_p_rule: Float[Tensor, "b rules"], agreement: Float[Tensor, "b rules"]
) -> Float[Tensor, " b"]:
    """Cross-entropy between the agreement and each rule's probability; NaN in `agreement` masks a rule."""
    known = ~torch.isnan(agreement)
    t = torch.nan_to_num(agreement, nan=0.0)
    log_not = torch.log(-torch.expm1(log_p_rule))
    loss = -(t * log_p_rule + (1 - t) * log_not.clamp(min=-30.0))
    return (loss * known).sum(dim=1)


def kind_loss(
    logits: Float[Tensor, "b kinds"], possible: Bool[Tensor, "b kinds"]
) -> Float[Tensor, " b"]:
    """Minus the log of the summed probability of the possible kinds; 0 where no kind, or every kind, is possible."""
    log_p = torch.log_softmax(logits, dim=1)
    inside = log_p.masked_fill(~possible, -1e4)
    known = possible.any(dim=1)
    return -torch.logsumexp(inside, dim=1) * known
