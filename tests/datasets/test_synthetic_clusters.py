"""Star clusters made up for training."""

import io

import numpy as np
import pytest
from PIL import Image

from skyform.datasets import cluster_rows
from skyform.datasets.synthetic_clusters import cluster_picture


def test_rows_say_cluster_and_nothing_of_the_tree():
    rows = list(cluster_rows(4, seed=3))
    assert [r.raw["label"] for r in rows] == ["globular", "open", "globular", "open"]
    assert len({r.id for r in rows}) == 4
    for row in rows:
        assert row.labels.kinds == {"cluster"}
        assert row.labels.rules == ()
        assert row.labels.votes is None
        assert row.split == "train"
        assert Image.open(io.BytesIO(row.image)).size == (224, 224)


def test_the_seed_decides():
    once, again, other = ([r.image for r in cluster_rows(3, seed=seed)] for seed in (1, 1, 2))
    assert once == again
    assert once != other


@pytest.mark.parametrize("look", ["sdss", "decals", "hst"])
def test_a_cluster_is_densest_in_its_middle(look: str):
    pictures = [
        cluster_picture(np.random.default_rng(n), globular=True, look=look, size=128)
        for n in range(12)
    ]
    light = np.mean(pictures, axis=(0, 3))
    middle = light[48:80, 48:80].mean()
    corners = np.mean([light[:24, :24], light[:24, -24:], light[-24:, :24], light[-24:, -24:]])
    assert middle > 1.5 * corners
    assert all(p.max() > 100 for p in pictures)
