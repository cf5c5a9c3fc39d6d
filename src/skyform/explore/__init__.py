"""The report on a data set: what is in it, what is wrong with it, and what it looks like."""

from skyform.explore.exploration import SAMPLE, Exploration, explore
from skyform.explore.findings import Finding, findings_of
from skyform.explore.label_errors import LabelErrors, find_label_errors
from skyform.explore.numbers import numbers_of
from skyform.explore.reading import Embedder

__all__ = [
    "SAMPLE",
    "Embedder",
    "Exploration",
    "Finding",
    "LabelErrors",
    "explore",
    "find_label_errors",
    "findings_of",
    "numbers_of",
]
