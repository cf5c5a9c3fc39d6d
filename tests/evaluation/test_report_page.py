import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from made_up_runs import class_run, jpeg, label_run, vote_run

from skyform.evaluation.report_page import report_page
from skyform.evaluation.runs import Predictions, RunFigure, RunResult


class Page(HTMLParser):
    """Text of a page, its open tags, and every address that it speaks of."""

    VOID = frozenset({"meta", "img", "br", "link", "path", "use", "rect", "circle", "line"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.depth: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids += [v for k, v in attrs if k == "id" and v]
        self.targets += [v for k, v in attrs if k in ("src", "href", "xlink:href") and v]
        if tag == "img":
            assert found.get("alt")
        if tag not in self.VOID:
            self.depth.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.depth.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.depth or self.depth[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(result: RunResult, folder: Path) -> Page:
    html = report_page(result, folder)
    page = Page(html)
    assert page.depth == []
    assert len(set(page.ids)) == len(page.ids)
    for target in page.targets:
        assert target.startswith(("data:image/", "#")), target
        if target.startswith("#"):
            assert target[1:] in page.ids
    assert "url(http" not in html
    return page


def test_a_report_on_classes(tmp_path: Path):
    result = class_run(skill=3.0, thumbnails=300, derived=True)
    text = page_of(result, tmp_path).text
    scores = result.summary.scores
    assert "Trained on 1,200 pictures of Made-up sky" in text
    assert f"right on {100 * scores['accuracy'].value:.0f} of 100 pictures" in text
    assert "Always answering “galaxy” would be right on" in text
    assert "derived from volunteers’ votes" in text
    assert "macro average" in text
    assert "five folds" in text
    assert "The reported figure was measured on 289 test images of its own" in text
    assert "within our interval" in text
    assert "skyform train recipes/cnn.yaml" in text
    wrong = int((result.predictions.said != result.predictions.truth).sum())
    assert text.count(" said ") + text.count("said cluster") > 0
    assert len(re.findall(r"given (?:cluster|galaxy|lens|nebula) (?:<1|\d+) %", text)) == min(
        wrong, 24
    )


def test_a_calibration_from_training_pictures_is_shown_as_it_is(tmp_path: Path):
    run = class_run(chosen_on="training")
    html = report_page(run, tmp_path)
    assert f"{run.summary.scores['ece'].value:.3f} after." in html
    text = page_of(run, tmp_path).text
    assert "the model file’s own calibration" in text
    assert "nothing on the validation pictures" in text
    assert "five folds" not in text
    assert "on these same pictures" not in text
    sets = run.calibration.answer_sets(run.predictions.p)
    held = sets[np.arange(len(sets)), run.predictions.truth].mean()
    assert f"Measured: {100 * held:.1f} %" in text


def test_figures_in_sample_and_in_folds_are_told_apart(tmp_path: Path):
    run = class_run()
    assert "after, in five folds" in report_page(run, tmp_path)
    text = page_of(run, tmp_path).text
    assert "calibration error here are in-sample" in text
    assert "its figures differ, and are the ones to expect" in text


def test_reports_on_fractions_and_labels(tmp_path: Path):
    votes = dataclasses.replace(vote_run(), thumbnails={"row-0003": jpeg(0)})
    text = page_of(votes, tmp_path).text
    assert "vote fractions are off by" in text
    assert "Is the galaxy simply smooth and rounded" in text
    assert "ours is better" in text
    assert re.search(r"people (?:<1|\d+) %, model (?:<1|\d+) %", text)
    text = page_of(label_run(), tmp_path).text
    assert "Of all its labels" in text
    assert "Always giving each label its commoner value would get" in text


@pytest.mark.parametrize(("theirs", "verdict"), [(0.99, "ours is worse"), (0.2, "ours is better")])
def test_the_reference_lies_beside_ours(theirs: float, verdict: str, tmp_path: Path):
    run = class_run(n=100, reported={"accuracy": theirs, "beauty": 0.5}, reported_on="")
    text = page_of(run, tmp_path).text
    assert verdict in text
    assert "not measured here" in text
    assert "measured on the reference’s own data" in text


def test_what_the_folder_holds_is_shown(tmp_path: Path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "evidence.png").write_bytes(jpeg(0))
    (tmp_path / "recipe.yaml").write_text("model: r4-cnn # <b>bold</b>\n")
    (tmp_path / "environment.json").write_text(json.dumps({"python": "3.11"}))
    (tmp_path / "manifest.json").write_text("{}")
    text = page_of(class_run(n=100), tmp_path).text
    assert "model: r4-cnn # <b>bold</b>" in text
    assert "python 3.11" in text
    # SHA-256 of two braces.
    assert "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a" in text
    assert "Where the answer comes from." in text
    assert "is not in the run folder" not in text


def test_what_the_folder_lacks_is_said(tmp_path: Path):
    (tmp_path / "environment.json").write_text("{")
    text = page_of(class_run(n=100), tmp_path).text
    assert "(figures/evidence.png is not in the run folder.)" in text
    assert "environment.json is damaged" in text
    assert "Recipe" not in text


def test_a_figure_outside_the_run_is_not_shown(tmp_path: Path):
    (tmp_path / "secret.png").write_bytes(jpeg(0))
    (tmp_path / "run").mkdir()
    run = class_run(n=100, figures=(RunFigure("../secret.png", "Outside."),))
    assert "data:image/png" not in report_page(run, tmp_path / "run")


def test_names_cannot_write_html(tmp_path: Path):
    evil = "<script>alert(1)</script>"
    run = class_run(n=100, title=evil, notes=(evil,), device=evil)
    html = report_page(run, tmp_path)
    assert "<script" not in html
    assert page_of(run, tmp_path).text.count(evil) >= 3


def rows_of(result: RunResult, truth: np.ndarray, p: np.ndarray) -> RunResult:
    old = result.predictions
    new = Predictions(old.ids[: len(truth)], old.columns, truth, p)
    return dataclasses.replace(result, predictions=new, curves={})


def test_degenerate_runs_have_a_report_too(tmp_path: Path):
    run = class_run(n=60)
    one_class = rows_of(run, np.zeros(60, int), run.predictions.p)
    assert "Class by class" in page_of(one_class, tmp_path).text
    perfect = rows_of(run, run.predictions.truth, np.eye(4)[run.predictions.truth])
    assert "No validation picture was given a wrong class." in page_of(perfect, tmp_path).text
    single = rows_of(run, run.predictions.truth[:1], run.predictions.p[:1])
    assert "five folds" not in page_of(single, tmp_path).text
    never = dataclasses.replace(run, curves={"epoch": np.zeros(0), "loss": np.zeros(0)})
    assert "Training curves" not in page_of(never, tmp_path).text
