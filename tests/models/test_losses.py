import numpy as np
import pytest
import torch

from skyform.models import RuleProbability, kind_loss, log_fractions, rule_loss, vote_loss
from skyform.schema import SKYFORM, TAXONOMIES, probability


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(6, len(SKYFORM.answers), generator=torch.Generator().manual_seed(0))


def test_log_fractions_are_one_softmax_a_question(logits: torch.Tensor):
    p = log_fractions(logits, tree=SKYFORM).exp()
    for part in SKYFORM.slices.values():
        torch.testing.assert_close(p[:, part].sum(dim=1), torch.ones(6))


def test_rule_probabilities_agree_with_the_schema(logits: torch.Tensor):
    rules = [c.rule for t in TAXONOMIES.values() for c in t.classes]
    log_p = log_fractions(logits, tree=SKYFORM)
    got = RuleProbability(rules, tree=SKYFORM)(log_p).exp().numpy()
    fractions = log_p.exp().numpy().astype(float)
    wanted = np.stack([probability(SKYFORM, r, fractions) for r in rules], axis=1)
    np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_vote_loss_is_least_at_the_votes_themselves(logits: torch.Tensor):
    log_p = log_fractions(logits, tree=SKYFORM)
    p = log_p.exp()[:, :3]
    votes = torch.zeros(6, 37)
    votes[:, :3] = p
    other = log_fractions(logits + torch.randn(logits.shape), tree=SKYFORM)
    assert (vote_loss(log_p, votes) <= vote_loss(other, votes) + 1e-6).all()


def test_unknown_votes_cost_nothing_and_give_no_gradient(logits: torch.Tensor):
    logits.requires_grad_()
    loss = vote_loss(log_fractions(logits, tree=SKYFORM), torch.full((6, 37), float("nan")))
    loss.sum().backward()
    assert (loss == 0).all()
    assert logits.grad is not None
    assert (logits.grad == 0).all()


def test_rule_loss_is_least_at_the_agreement():
    p = torch.linspace(0.01, 0.99, 99)
    loss = rule_loss(p.log()[:, None], torch.full((99, 1), 0.8))
    assert p[int(loss.argmin())] == pytest.approx(0.8)


def test_rule_loss_masks_unknown_rules():
    log_p = torch.log(torch.tensor([[0.5, 0.2]]))
    one = rule_loss(log_p[:, :1], torch.tensor([[0.9]]))
    both = rule_loss(log_p, torch.tensor([[0.9, float("nan")]]))
    torch.testing.assert_close(one, both)


def test_rule_loss_is_finite_at_the_ends():
    loss = rule_loss(torch.tensor([[-1e-6], [-80.0]]), torch.tensor([[0.9], [0.9]]))
    assert torch.isfinite(loss).all()


def test_kind_loss():
    logits = torch.tensor([[2.0, 0.0, 0.0, 0.0, 0.0]])
    p = torch.softmax(logits, dim=1)[0]
    pair = torch.tensor([[True, False, False, False, True]])
    torch.testing.assert_close(kind_loss(logits, pair), -torch.log(p[0] + p[4])[None])
    assert kind_loss(logits, torch.zeros(1, 5, dtype=torch.bool)).item() == 0
    assert kind_loss(logits, torch.ones(1, 5, dtype=torch.bool)).item() == pytest.approx(
        0, abs=1e-6
    )
