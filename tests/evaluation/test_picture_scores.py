"""What each picture contributes is what the figures are made of."""

import numpy as np
import pytest

from skyform.evaluation import Answered, Truth, validation_scores
from skyform.evaluation.picture_scores import SQUARED, drawn_together, picture_scores
from skyform.schema import KAGGLE


def test_the_means_are_the_figures():
    rng = np.random.default_rng(0)
    truths: list[Truth] = []
    labels = ["elliptical", "spiral_clockwise", "edge_on", "merger", "combined_spiral"]
    for i in range(40):
        truths.append(Truth("gz2", votes=rng.random(37)))
        truths.append(Truth("gz1", label=labels[i % 5]))
        truths.append(Truth("examples", answers=(KAGGLE.answers[i % 37].id, "odd.no")))
        truths.append(Truth("galaxy10_sdss", label=i % 10))
        truths.append(Truth("galaxy10_decals", label=i % 10))
        truths.append(Truth("deepsky", label=["nebula", "lens", "lens_candidate_low"][i % 3]))
    n = len(truths)
    said = Answered(
        rng.random((n, 37)),
        [str(k) for k in rng.choice(["nebula", "lens", "galaxy"], n)],
        {
            "galaxy_zoo_1": rng.integers(0, 5, n),
            "galaxy10_sdss": rng.integers(0, 10, n),
            "galaxy10_decals": rng.integers(0, 10, n),
        },
    )
    figures = validation_scores(truths, said)
    pictures = picture_scores(truths, said)
    assert set(pictures) == {
        "gz2_rmse",
        "gz2_first_question",
        "gz1_balanced",
        "examples_answer",
        "galaxy10_sdss_class",
        "galaxy10_decals_class",
        "galaxy10_decals_odd_balanced",
        "deepsky_kind",
    }
    for name, values in pictures.items():
        mean = float(values.mean())
        wanted = figures[name].value
        assert (mean**0.5 if name in SQUARED else mean) == pytest.approx(wanted), name


def test_pictures_of_one_object_have_one_number():
    truths = [
        Truth("deepsky", label="nebula", object="M43"),
        Truth("examples", answers=("bar.yes", "odd.no")),
        Truth("deepsky", label="lens_candidate_low", object="SW1"),
        Truth("deepsky", label="lens"),
        Truth("deepsky", label="nebula", object="M43"),
        Truth("examples", answers=("bar.no",)),
    ]
    said = Answered(np.zeros((6, 37)), ["nebula"] * 6, {})
    together = drawn_together(truths, said)
    first, lens, second = together["deepsky_kind"]
    assert first == second != lens
    bar, odd, other = together["examples_answer"]
    assert bar == odd != other
    scores = picture_scores(truths, said)
    assert {k: len(v) for k, v in together.items()} == {k: len(scores[k]) for k in together}
