import pytest

from skyform.evaluation import Estimate
from skyform.evaluation.wording import (
    METRICS,
    PRIMARY,
    bytes_text,
    column_name,
    duration_text,
    estimate_text,
    metric_of,
    number_text,
    p_text,
)


def test_estimates():
    assert estimate_text(Estimate(0.84, 0.798, 0.8789, 289)) == "0.840 (0.798–0.879)"
    assert estimate_text(Estimate(-0.044, -0.09, 0.001, 9)) == "−0.044 (−0.090 to 0.001)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4.23, "4.2 s"), (61.5, "1 min 2 s"), (59.4, "59 s"), (7500.0, "2 h 5 min")],
)
def test_durations(seconds: float, text: str):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(12, "12 B"), (510_400, "510 kB"), (12_340_000, "12.3 MB"), (2_100_000_000, "2.1 GB")],
)
def test_sizes(size: int, text: str):
    assert bytes_text(size) == text


def test_numbers():
    assert [number_text(v) for v in (1234.5, 12.34, 0.00012, 0.0)] == [
        "1,234",
        "12.3",
        "<0.001",
        "0",
    ]
    assert [p_text(p) for p in (0.0004, 0.0312)] == ["< 0.001", "0.031"]


def test_metrics_speak_for_themselves():
    assert set(PRIMARY.values()) <= set(METRICS)
    assert metric_of("rmse").less_is_better
    assert metric_of("question.bar").title == "Is there a sign of a bar feature through the centre?"
    assert metric_of("my_own").title == "my own"
    assert [metric_of(n).words for n in ("accuracy", "macro_f1", "rmse")] == [
        "accuracy",
        "macro F1",
        "RMSE",
    ]


def test_columns_in_words():
    assert column_name("Class1.1") == column_name("smooth-or-features.smooth")
    assert column_name("Class3.1") == "a bar (bar)"
    assert column_name("dusty") == "dusty"
