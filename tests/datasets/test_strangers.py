"""Pictures of sorts that training never saw."""

import io

import numpy as np
import pytest
from PIL import Image

from skyform.datasets.strangers import STRANGERS, stranger_pictures
from skyform.errors import DataError


@pytest.mark.parametrize("kind", STRANGERS)
def test_every_sort_draws_the_same_pictures_from_the_same_seed(kind: str):
    first, second = stranger_pictures(kind, 2, seed=3), stranger_pictures(kind, 2, seed=3)
    assert first == second
    assert first[0] != first[1]
    assert stranger_pictures(kind, 1, seed=4)[0] != first[0]
    with Image.open(io.BytesIO(first[0])) as picture:
        assert (picture.format, picture.size, picture.mode) == ("JPEG", (256, 256), "RGB")
        assert np.ptp(np.asarray(picture)) > 5


def test_stars_are_in_the_middle_and_sky_is_dark():
    for kind in ("faint-star", "bright-star"):
        values = np.asarray(Image.open(io.BytesIO(stranger_pictures(kind, 1)[0]))).mean(axis=2)
        assert values[118:138, 118:138].max() > 3 * np.median(values) + 20
    sky = np.asarray(Image.open(io.BytesIO(stranger_pictures("blank-sky", 1)[0])))
    assert np.median(sky) < 90


def test_an_unknown_sort_is_named():
    with pytest.raises(DataError, match="'cat', which is no sort"):
        stranger_pictures("cat", 1)
