"""The card of a result."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fakes import FakeClassifier, picture
from PIL import Image

from skyform.inference.ink import ACCENT, GROUND
from skyform.server.cards import HEIGHT, WIDTH, card_png

MADE = FakeClassifier().classify(picture(), id="NGC 1")
GOOD = replace(MADE, rolled_up=MADE.path_taken)


def drawn(prediction: Any = GOOD, *, width: int = 96, height: int = 64) -> np.ndarray:
    pixels = np.full((height, width, 3), 255, np.uint8)
    with Image.open(io.BytesIO(card_png(prediction, pixels))) as card:
        assert (card.size, card.mode) == ((WIDTH, HEIGHT), "RGB")
        return np.asarray(card)


def share(card: np.ndarray, colour: tuple[int, int, int]) -> float:
    """How much of the text's side has a colour."""
    return float((card[:, HEIGHT:] == colour).all(axis=-1).mean())


def test_the_picture_fills_a_square_and_the_text_the_rest():
    card = drawn()
    assert (card[:, :HEIGHT] == 255).all()
    assert share(card, GROUND) > 0.7
    assert share(card, ACCENT) > 0.02


def test_what_is_sure_is_brighter():
    unsure = replace(GOOD, rolled_up=())
    assert share(drawn(GOOD), ACCENT) > 2 * share(drawn(unsure), ACCENT)


@pytest.mark.parametrize(("width", "height"), [(300, 40), (40, 300), (1, 1), (4000, 20)])
def test_pictures_of_any_shape(width: int, height: int):
    frame = replace(GOOD.frame, x=0.0, y=0.0, side=1.0, width=width, height=height)
    card = drawn(replace(GOOD, frame=frame), width=width, height=height)
    assert (card[:, :HEIGHT] == 255).all()


def test_the_part_around_the_object_is_shown():
    pixels = np.zeros((100, 400, 3), np.uint8)
    pixels[:, 300:] = 200
    frame = replace(GOOD.frame, x=310.0, y=10.0, side=80.0, width=400, height=100)
    card = card_png(replace(GOOD, frame=frame), pixels)
    with Image.open(io.BytesIO(card)) as image:
        assert np.asarray(image)[:, : HEIGHT - 20].mean() > 190


@pytest.mark.parametrize(
    "sentence",
    ["", "A.", "Very likely a galaxy " * 12, "x" * 300, "Ærø \u202e 星系 \x00 galaxy"],
)
def test_sentences_of_any_length(sentence: str):
    assert share(drawn(replace(GOOD, sentence=sentence)), GROUND) > 0.5


def test_a_kind_of_its_own_and_a_model_without_kinds():
    nebula = FakeClassifier(kind="nebula").classify(picture())
    assert share(drawn(nebula), ACCENT) > 0
    own = replace(GOOD, kind=None, path_taken=(), answers=())
    assert share(drawn(own), ACCENT) > 0
    assert share(drawn(replace(own, classes={})), ACCENT) == 0
