"""Figures as people read them: the names of metrics, what each means, and numbers with their intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

from skyform.evaluation.metrics import Estimate
from skyform.evaluation.runs import Task
from skyform.schema import KAGGLE

__all__ = [
    "METRICS",
    "PRIMARY",
    "Metric",
    "bytes_text",
    "column_name",
    "count_text",
    "counted",
    "duration_text",
    "estimate_text",
    "metric_of",
    "number_text",
    "p_text",
]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure: its title, what it means, whether it is a share (0..1), and whether less is better."""

    title: str
    meaning: str
    share: bool = True
    less_is_better: bool = False

    @property
    def words(self) -> str:
        """The title inside a sentence: `macro F1`, `RMSE`."""
        return self.title if self.title[1:2].isupper() else self.title[:1].lower() + self.title[1:]


METRICS: Mapping[str, Metric] = {
    "accuracy": Metric("Accuracy", "share of pictures whose first answer is right"),
    "balanced_accuracy": Metric(
        "Balanced accuracy", "share of each class that was found, every class counting alike"
    ),
    "macro_f1": Metric("Macro F1", "precision and recall in one, every class counting alike"),
    "weighted_f1": Metric(
        "Weighted F1", "precision and recall in one, every picture counting alike"
    ),
    "top_2": Metric(
        "In the first two", "share of pictures whose class is among the first two answers"
    ),
    "auc": Metric("Area under ROC", "chance that a picture of a class ranks above one of another"),
    "log_loss": Metric(
        "Log loss",
        "how surprised the model is by the truth; 0 is never",
        share=False,
        less_is_better=True,
    ),
    "brier": Metric(
        "Brier score",
        "squared error of the probabilities; 0 is perfect",
        share=False,
        less_is_better=True,
    ),
    "ece": Metric(
        "Calibration error",
        "mean distance between probability and share right",
        less_is_better=True,
    ),
    "set_coverage": Metric("Sets with the truth", "share of answer sets that hold the true class"),
    "set_size": Metric(
        "Size of the sets", "classes in an answer set on average", share=False, less_is_better=True
    ),
    "label_accuracy": Metric(
        "Label accuracy", "share of all labels of all pictures that are right"
    ),
    "exact": Metric("All labels right", "share of pictures with every label right"),
    "micro_f1": Metric("Micro F1", "precision and recall in one, every label counting alike"),
    "rmse": Metric(
        "RMSE", "root mean squared error over all answers", share=False, less_is_better=True
    ),
    "first_question": Metric(
        "First question", "share of pictures where the model gives the people's first answer"
    ),
    "baseline": Metric("Baseline", "what always giving the commonest answer would reach"),
}
PRIMARY: Mapping[Task, str] = {
    "classes": "accuracy",
    "labels": "label_accuracy",
    "fractions": "rmse",
    "votes": "rmse",
}


def metric_of(name: str) -> Metric:
    """The metric of a score's name; one that is not known speaks for itself."""
    if name.startswith("question."):
        question = name.removeprefix("question.")
        text = next((q.text for q in KAGGLE.questions if q.id == question), question)
        return Metric(text, "share of pictures where the model gives the people's answer")
    return METRICS.get(name, Metric(name.replace("_", " "), "", share=False))


def estimate_text(estimate: Estimate) -> str:
    """`0.840 (0.798–0.879)`; with negative numbers `−0.044 (−0.090 to 0.001)`."""
    value, low, high = (_signed(v) for v in (estimate.value, estimate.low, estimate.high))
    return f"{value} ({low} to {high})" if estimate.low < 0 else f"{value} ({low}–{high})"


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def count_text(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}"


def counted(n: int, what: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def number_text(value: float) -> str:
    """Three significant digits without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 or value == 0 else "<0.001"


def duration_text(seconds: float) -> str:
    """`4.2 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def bytes_text(size: int) -> str:
    """`510 kB`, `12.3 MB`."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"


def p_text(p: float) -> str:
    """A p-value as it is printed."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def column_name(column: str) -> str:
    """An answer's column (`Class1.1`) or id in words; any other column as it is."""
    for question in KAGGLE.questions:
        for answer in question.answers:
            if column in (answer.column, answer.id):
                return f"{answer.text} ({question.id})"
    return column
