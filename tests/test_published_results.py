"""The published comparison is what its committed results say."""

from pathlib import Path

import pytest

from skyform.evaluation.ideas_page import read_ideas
from skyform.evaluation.results_page import read_summaries, results_page
from skyform.inference import BUNDLED, ModelFile, bundled_path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_results_page_is_not_stale():
    command = "skyform results docs/results --to docs/results.md"
    ideas = read_ideas(DOCS / "results/ideas")
    page = results_page(read_summaries(DOCS / "results"), command=command, ideas=ideas)
    assert (DOCS / "results.md").read_text(encoding="utf-8") == page


def test_every_reference_system_is_in_the_results():
    names = {s.name.split("-")[0] for s in read_summaries(DOCS / "results").values()}
    assert {"r1", "r2", "r3", "r4", "r5"} <= names


@pytest.mark.parametrize("name", BUNDLED)
def test_the_cards_are_of_the_bundled_models(name: str):
    card = (DOCS / f"cards/{name}.md").read_text(encoding="utf-8")
    info = ModelFile(bundled_path(name)).info
    score = info.card["validation"]["int8"]["gz2_rmse"]
    assert card.startswith(f"# {name} {info.version}\n")
    assert f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})" in card
    assert (DOCS / f"cards/{name}-mistakes.jpg").is_file()
