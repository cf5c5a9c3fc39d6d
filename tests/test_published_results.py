"""The published comparison is what its committed results say."""

from pathlib import Path

from skyform.evaluation.results_page import read_summaries, results_page

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_results_page_is_not_stale():
    command = "skyform results docs/results --to docs/results.md"
    page = results_page(read_summaries(DOCS / "results"), command=command)
    assert (DOCS / "results.md").read_text(encoding="utf-8") == page


def test_every_reference_system_is_in_the_results():
    names = {s.name.split("-")[0] for s in read_summaries(DOCS / "results").values()}
    assert {"r1", "r2", "r3", "r4", "r5"} <= names
