import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from made_up_runs import SCHEME, class_run, curves

from skyform.evaluation import Estimate
from skyform.evaluation.class_calibration import ClassCalibration
from skyform.evaluation.class_figures import (
    class_bars,
    confusion_map,
    coverage_panel,
    reliability_diagram,
    roc_panel,
)
from skyform.evaluation.class_scores import class_report, confusion
from skyform.evaluation.figures import bars_panel, cost_panel, forest_panel, training_panel
from skyform.evaluation.plotting import DARK, LIGHT, Panel
from skyform.schema import GALAXY10_SDSS, Scheme

RUN = class_run().predictions
COUNTS = confusion(RUN.truth, RUN.said, classes=4)
FOUND = [("first", Estimate(0.9, 0.85, 0.93, 80)), ("second", Estimate(0.7, 0.6, 0.8, 80))]


def texts(panel: Panel) -> list[str]:
    """Everything that the drawing says."""
    root = ET.fromstring(f'<svg xmlns:xlink="x">{panel.svg}</svg>')
    return [e.text.strip() for e in root.iter() if e.tag == "text" and e.text]


PANELS = {
    "confusion": lambda: confusion_map(COUNTS, scheme=SCHEME),
    "bars": lambda: class_bars(class_report(COUNTS, names=SCHEME.ids)[:4]),
    "roc": lambda: roc_panel(RUN.truth, RUN.p, scheme=SCHEME),
    "reliability": lambda: reliability_diagram(RUN.p**2, RUN.p, RUN.truth, folds=True),
    "coverage": lambda: coverage_panel(
        RUN.p.max(axis=1), RUN.said == RUN.truth, calibration=ClassCalibration(reject=0.6)
    ),
    "training": lambda: training_panel(curves(12)),
    "rows": lambda: bars_panel("x", [(n, e, "80") for n, e in FOUND], title="T", axis="accuracy"),
    "forest": lambda: forest_panel(FOUND, metric="Accuracy", reported={"second": 0.8}),
    "cost": lambda: cost_panel(
        [("a", FOUND[0][1], 10.0), ("b", FOUND[1][1], 0.0)], metric="A", cost="time", unit="s"
    ),
}


@pytest.mark.parametrize("name", PANELS)
def test_a_drawing_is_self_contained_and_follows_the_scheme(name: str):
    panel = PANELS[name]()
    svg = str(panel.svg)
    assert svg.startswith("<svg")
    assert "http" not in svg
    assert "<style" not in svg
    assert "<image" not in svg
    used = set(re.findall(r"var\(--(\w+)\)", svg))
    assert used <= set(LIGHT)
    assert set(LIGHT) == set(DARK)
    # Whatever has a colour has it from the page.
    colours = set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", svg))
    assert colours == set()
    assert panel.alt.endswith((".", ")")) or panel.alt[-1].isalnum()


@pytest.mark.parametrize("name", ["confusion", "training"])
def test_the_same_run_gives_the_same_drawing(name: str):
    assert PANELS[name]() == PANELS[name]()


def test_the_confusion_map_writes_every_count():
    assert sorted(t for t in texts(PANELS["confusion"]()) if t.isdigit()) == sorted(
        str(c) for c in COUNTS.ravel()
    )
    assert "264" not in PANELS["confusion"]().alt
    assert f"{np.trace(COUNTS)} of 300" in PANELS["confusion"]().alt


def test_many_classes_are_numbered():
    scheme = Scheme.of(GALAXY10_SDSS)
    run = class_run(scheme=scheme, n=500).predictions
    panel = confusion_map(confusion(run.truth, run.said, classes=10), scheme=scheme)
    assert "Disk, Face-on, No Spiral  0" in " ".join(texts(panel)).replace("\xa0", " ")
    assert panel.width > 500
    hardest = roc_panel(run.truth, run.p, scheme=scheme)
    assert len([t for t in texts(hardest) if re.match(r"0\.\d{3}", t)]) == 3
    assert "three hardest of 10" in hardest.caption


def test_a_class_without_pictures_has_no_curve():
    run = class_run(n=100).predictions
    truth = np.where(run.truth == 2, 0, run.truth)
    assert "lens" not in roc_panel(truth, run.p, scheme=SCHEME).alt


def test_training_draws_what_is_known():
    few = {"epoch": np.arange(1.0, 4), "loss": np.array([1.0, 0.5, 0.4])}
    few["validation_loss"] = np.full(3, np.nan)
    assert "learning rate" not in texts(training_panel(few))
    assert "lowest in epoch" not in training_panel(few).alt
    assert "lowest in epoch 12: 0.4" in training_panel(curves(12)).alt
    assert training_panel({"epoch": np.arange(3.0)}) is None
    assert training_panel({}) is None


def test_one_epoch_is_a_point():
    assert "loss" in texts(training_panel(curves(1)))
