import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, dirichlet_multinomial

from skyform.models.votes import (
    concentrations,
    dirichlet_multinomial_loss,
    expected_fractions,
    fraction_interval,
)
from skyform.schema import GZ2, KAGGLE

COLUMNS = len(KAGGLE.answers)


def logits(n: int = 3, seed: int = 0) -> torch.Tensor:
    return torch.randn(
        n, COLUMNS, generator=torch.Generator().manual_seed(seed), dtype=torch.double
    )


def test_concentrations_lie_between_1_and_101():
    ends = concentrations(torch.tensor([[-1e6, -3.0, 0.0, 3.0, 1e6]]))
    assert (ends >= 1).all()
    assert (ends <= 101).all()
    assert ends[0, 2] == 51


@given(st.integers(0, 2**31), st.integers(0, 60))
def test_the_loss_is_scipys_log_probability(seed: int, most: int):
    rng = np.random.default_rng(seed)
    z = logits(2, seed=seed)
    counts = rng.integers(0, most + 1, (2, COLUMNS)).astype(float)
    got = dirichlet_multinomial_loss(z, torch.from_numpy(counts), tree=GZ2).numpy()
    alpha = concentrations(z).numpy()
    wanted = np.zeros(2)
    for row in range(2):
        for s in GZ2.slices.values():
            n = counts[row, s].astype(int)
            wanted[row] -= dirichlet_multinomial.logpmf(n, alpha[row, s], n.sum())
    np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


def test_a_question_nobody_answered_adds_nothing():
    z = logits().requires_grad_()
    counts = torch.zeros(3, COLUMNS, dtype=torch.double)
    counts[1] = float("nan")
    loss = dirichlet_multinomial_loss(z, counts, tree=KAGGLE)
    loss.sum().backward()
    assert loss.abs().max() < 1e-9
    assert z.grad is not None
    assert z.grad.abs().max() < 1e-9


def test_single_precision_is_enough():
    z = logits(64)
    counts = torch.randint(0, 60, (64, COLUMNS), generator=torch.Generator().manual_seed(1))
    exact = dirichlet_multinomial_loss(z, counts.double(), tree=KAGGLE)
    single = dirichlet_multinomial_loss(z.float(), counts.float(), tree=KAGGLE)
    torch.testing.assert_close(single.double(), exact, rtol=1e-4, atol=1e-2)


def test_more_votes_make_it_surer():
    """Fitted to the votes of a question, the concentrations grow with the number of votes."""
    share = torch.tensor([0.7, 0.2, 0.1], dtype=torch.double)
    totals = []
    for people in (4, 80):
        z = torch.zeros(1, COLUMNS, dtype=torch.double, requires_grad=True)
        optimiser = torch.optim.Adam([z], lr=0.2)
        counts = torch.zeros(20, COLUMNS, dtype=torch.double)
        drawn = np.random.default_rng(0).multinomial(people, share.numpy(), 20)
        counts[:, :3] = torch.from_numpy(drawn)
        for _ in range(200):
            optimiser.zero_grad()
            loss = dirichlet_multinomial_loss(z.expand(20, -1), counts, tree=KAGGLE).mean()
            loss.backward()
            optimiser.step()
        fitted = expected_fractions(z.detach(), tree=KAGGLE)[0, :3]
        torch.testing.assert_close(fitted, share, atol=0.08, rtol=0)
        totals.append(float(concentrations(z.detach())[0, :3].sum()))
    assert totals[1] > totals[0]


def test_expected_fractions_sum_to_one_a_question():
    p = expected_fractions(logits(), tree=KAGGLE)
    for s in KAGGLE.slices.values():
        torch.testing.assert_close(p[:, s].sum(dim=1), torch.ones(3, dtype=torch.double))


def test_the_interval_is_the_beta_distributions():
    alpha = concentrations(logits()).numpy()
    low, high = fraction_interval(alpha, tree=KAGGLE, level=0.9)
    total = alpha[0, :3].sum()
    assert low[0, 0] == pytest.approx(beta.ppf(0.05, alpha[0, 0], total - alpha[0, 0]))
    mean = expected_fractions(logits(), tree=KAGGLE).numpy()
    assert ((low < mean) & (mean < high)).all()
    narrow = fraction_interval(alpha, tree=KAGGLE, level=0.5)
    assert (narrow[0] > low).all()
    assert (narrow[1] < high).all()


@pytest.mark.parametrize("level", [0.0, 1.0, 90.0, float("nan")])
def test_a_level_is_a_probability(level: float):
    with pytest.raises(ValueError, match="level is"):
        fraction_interval(np.ones((1, COLUMNS)), tree=KAGGLE, level=level)
