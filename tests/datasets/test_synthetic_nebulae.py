"""Made-up nebulae: of every kind, all different, and the same again."""

import io
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from skyform.datasets import nebula_rows
from skyform.datasets.synthetic_nebulae import NEBULAE, nebula_picture


def test_rows_are_nebulae_of_every_kind_by_turns():
    rows = list(nebula_rows(12, seed=3, size=64))
    assert Counter(r.raw["label"] for r in rows) == dict(zip(NEBULAE, (3, 3, 2, 2, 2), strict=True))
    assert len({r.id for r in rows}) == len({r.image for r in rows}) == 12
    for row in rows:
        assert (row.source, row.split) == ("nebulae", "train")
        assert row.labels.kinds == {"nebula"}
        assert Image.open(io.BytesIO(row.image)).size == (64, 64)


def test_the_same_seed_gives_the_same_rows_and_another_others():
    once, again, other = ([r.image for r in nebula_rows(5, seed=s, size=64)] for s in (1, 1, 2))
    assert once == again
    assert not set(once) & set(other)


@pytest.mark.parametrize("kind", NEBULAE)
def test_a_nebula_stands_out_of_its_sky(kind: str):
    """In most pictures the brightest twentieth is far above the median, and nearly none is blank or burnt out."""
    pictures = [
        nebula_picture(np.random.default_rng(n), kind=kind, size=96).max(axis=2).astype(float)
        for n in range(20)
    ]
    contrast = np.array([np.percentile(p, 95) - np.percentile(p, 20) for p in pictures])
    assert np.mean(contrast > 15) >= 0.75, contrast.round()
    assert np.mean([p.mean() < 200 for p in pictures]) >= 0.9
    assert min(p.std() for p in pictures) > 2
