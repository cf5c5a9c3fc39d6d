"""Nearest neighbours, anomalies, and what to label next: embeddings in, ids out."""

from skyform.search.anomalies import AnomalyScores, anomaly_scores, reweighed
from skyform.search.building import build_index
from skyform.search.embeddings import ArrayEmbeddings, Embeddings, Origin
from skyform.search.index import Index, IndexInfo, Neighbour
from skyform.search.parquet_embeddings import ParquetEmbeddings
from skyform.search.selection import Selection, select_next
from skyform.search.uncertainty import Uncertainty, uncertainty_of

__all__ = [
    "AnomalyScores",
    "ArrayEmbeddings",
    "Embeddings",
    "Index",
    "IndexInfo",
    "Neighbour",
    "Origin",
    "ParquetEmbeddings",
    "Selection",
    "Uncertainty",
    "anomaly_scores",
    "build_index",
    "reweighed",
    "select_next",
    "uncertainty_of",
]
