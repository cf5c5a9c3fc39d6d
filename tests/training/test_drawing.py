"""Rows are drawn by the shares of their sources, epoch by epoch."""

from pathlib import Path

import numpy as np
import pytest
from made_up_data import write_data

from skyform.images import Preprocess
from skyform.training.data import Drawn, draw_probability, read_rows
from skyform.training.prepared import Prepared, prepare_rows
from skyform.training.recipe import Phase, Recipe

RECIPE = Recipe(
    name="r",
    version="1",
    backbone="tf_efficientnet_lite0",
    shares={"gz2": 3.0, "gz1": 1.0, "synthetic": 0.0},
    phases=(Phase(1, 32), Phase(1, 32, shares={"gz1": 1.0, "synthetic": 1.0})),
    synthetic=6,
    samples_per_epoch=4000,
    batch_size=100,
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    data: Path = write_data(tmp_path_factory.mktemp("data"))
    return prepare_rows(read_rows(RECIPE, data, split="train"), Preprocess(size=16), cache=None)


def drawn(prepared: Prepared, epoch: int) -> dict[str, float]:
    sampler = Drawn(prepared, RECIPE)
    sampler.set_epoch(epoch)
    at = np.concatenate([np.array(batch) for batch in sampler])
    sources = np.array([prepared.rows[i].source for i in at])
    return {s: float(np.mean(sources == s)) for s in RECIPE.shares}


def test_each_epoch_draws_with_the_shares_of_its_phase(prepared: Prepared):
    first, second = drawn(prepared, 0), drawn(prepared, 1)
    assert first["gz2"] == pytest.approx(0.75, abs=0.03)
    assert first["synthetic"] == 0
    assert second["gz2"] == 0
    assert second["synthetic"] == pytest.approx(0.5, abs=0.03)


def test_a_share_of_zero_is_read_and_not_drawn(prepared: Prepared):
    p = draw_probability(prepared.rows, RECIPE)
    synthetic = np.array([r.source == "synthetic" for r in prepared.rows])
    assert synthetic.sum() == 6
    assert p[synthetic].sum() == 0
    assert p.sum() == pytest.approx(1)
