import io

import numpy as np
from PIL import Image

from skyform.datasets import HELD_OUT_PHOTOGRAPHS, everyday_rows
from skyform.datasets.everyday import _PHOTOGRAPHS, _VALIDATION


def test_rows_are_pictures_of_kind_none_and_differ():
    rows = list(everyday_rows(photographs=3, textures=5, seed=1))
    assert len({r.image for r in rows}) == len(rows) == 8
    assert all(r.labels.kinds == {"none"} and r.split == "train" for r in rows)
    shapes = {np.asarray(Image.open(io.BytesIO(r.image))).shape for r in rows}
    assert shapes == {(256, 256, 3)}


def test_the_seed_decides():
    def images(seed: int) -> list[bytes]:
        return [r.image for r in everyday_rows(photographs=2, textures=2, seed=seed)]

    assert images(3) == images(3)
    assert images(3) != images(4)


def test_held_out_photographs_are_not_among_those_trained_on():
    trained = {name for names in _PHOTOGRAPHS.values() for name in names}
    judged = {name for names in _VALIDATION.values() for name in names}
    assert trained.isdisjoint(judged)
    assert (trained | judged).isdisjoint(HELD_OUT_PHOTOGRAPHS)
    assert "chelsea.png" in HELD_OUT_PHOTOGRAPHS


def test_the_splits_share_no_picture():
    train, judged = (
        {r.image for r in everyday_rows(photographs=17, textures=10, seed=0, split=s)}
        for s in ("train", "validation")
    )
    assert train.isdisjoint(judged)
