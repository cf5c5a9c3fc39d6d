"""`skyform models --measure`: from a model file and data on disk to a card."""

import json
from pathlib import Path

import pytest
from made_up_data import write_data
from made_up_models import made_up_model

from skyform.cli import main
from skyform.cli.models import calibration_lines
from skyform.training import card_measures
from skyform.training.card_measures import SHOWN, Sizes

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the card of a made-up model that was measured on made-up data."""
    folder = tmp_path_factory.mktemp("card")
    model = made_up_model(folder / "m.onnx", scheme=None, tree="skyform", kinds=True)
    data = write_data(folder / "data", rows=80)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card_measures, "Sizes", lambda: Sizes(strangers=2, disturbed=6))
        options = ["--model", str(model), "--measure", str(data), "--to", str(folder / "out")]
        assert main(["models", *options]) == 0
    return folder / "out"


def test_numbers_text_page_and_pictures_are_written(card: Path):
    assert {p.name for p in card.iterdir()} >= {"CARD.md", "card.html", "measures.json"}
    measures = json.loads((card / "measures.json").read_text())
    assert measures["scores"]["gz2_rmse"]["n"] == 20
    assert measures["confidence"]["smooth-or-features"]["n"] >= 30
    assert set(measures["stability"]["changed"]) >= {"rotation", "flip", "jpeg"}
    assert measures["rejection"]["far"]["n"] == 24
    assert measures["surveys"]["sdss"]["n"] >= 30


def test_the_card_says_what_was_measured(card: Path):
    text = (card / "CARD.md").read_text()
    measures = json.loads((card / "measures.json").read_text())
    rmse = measures["scores"]["gz2_rmse"]
    assert f"{rmse['value']:.3f} ({rmse['low']:.3f} to {rmse['high']:.3f})" in text
    for title in ("Limits", "Question by question", "Confidence", "Strangers", "Stability"):
        assert f"## {title}\n" in text
    assert "Not for: redshifts" in text


def test_the_page_holds_everything_and_escapes_it(card: Path):
    page = (card / "card.html").read_text()
    assert page.count("<svg") >= 1
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert 'src="data:image/jpeg;base64,' in page


def test_only_pictures_that_may_be_shown_are_beside_the_text(card: Path):
    shown = (card / "mistakes.jpg").is_file()
    assert ("mistakes.jpg" in (card / "CARD.md").read_text()) == shown
    assert SHOWN == ("examples", "galaxy10_decals")


def test_measuring_needs_a_folder_to_write_to(capsys: Capture, tmp_path: Path):
    assert main(["models", "--measure", str(tmp_path)]) == 2
    assert "go together" in capsys.readouterr().err


def test_a_model_without_a_tree_is_not_measured(capsys: Capture, tmp_path: Path):
    model = made_up_model(tmp_path / "m.onnx")
    options = ["--measure", str(tmp_path), "--to", str(tmp_path / "out")]
    assert main(["models", "--model", str(model), *options]) == 3
    assert "does not answer both the tree and the kind" in capsys.readouterr().err


def test_a_folder_without_data_is_named(capsys: Capture, tmp_path: Path):
    model = made_up_model(tmp_path / "m.onnx", scheme=None, tree="skyform", kinds=True)
    options = ["--measure", str(tmp_path), "--to", str(tmp_path / "out")]
    assert main(["models", "--model", str(model), *options]) == 3
    assert "holds no validation picture" in capsys.readouterr().err


def test_calibrating_says_what_was_fitted_and_what_was_kept():
    card = {
        "calibrated_on": {"gz1": 1200, "everyday": 60},
        "kept": ["chances: bar", "chances: odd", "kinds"],
        "left_out": ["set: hubble"],
    }
    fitted, kept, left_out = calibration_lines(card)
    assert fitted == "Fitted to 1,260 pictures: gz1 1,200, everyday 60."
    assert "too few pictures" in kept
    assert ": chances (bar, odd); kinds. All else is new." in kept
    assert left_out.endswith("too few pictures are there for new sets: set (hubble).")
    assert list(calibration_lines({**card, "kept": [], "left_out": []}))[1] == "Every part is new."
