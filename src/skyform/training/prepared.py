"""Rows → arrays in memory, prepared by the same `Preprocess` that prediction uses; without torch."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray

from skyform.datasets import Row
from skyform.images import Preprocess, decode
from skyform.schema import KAGGLE, KINDS, Rule

__all__ = ["Prepared", "Taught", "prepare_rows"]


@dataclass(frozen=True)
class Prepared:
    """All rows as arrays, in one order.

    Attributes
    ----------
    rows : sequence of Row
        Without their image bytes.
    pixels : uint8, shape (n, size, size, 3)
    votes : float32, shape (n, 37)
        Cumulative fractions, NaN where there are none.
    agreement : float32, shape (n, rules)
        Share of visitors for whom each rule holds, NaN where nothing is known.
    kinds : bool, shape (n, kinds)
        Which kinds it may be.
    rules : the rules, in column order
    taught : Taught, optional
        What a teacher answers.
    """

    rows: tuple[Row, ...]
    pixels: UInt8[ndarray, "n size size 3"]
    votes: Float[ndarray, "n 37"]
    agreement: Float[ndarray, "n rules"]
    kinds: Bool[ndarray, "n kinds"]
    rules: tuple[Rule, ...]
    taught: "Taught | None" = None


@dataclass(frozen=True)
class Taught:
    """A teacher's answers about the same rows, as probabilities.

    Attributes
    ----------
    answers : float32, shape (n, answers)
        Cumulative fractions of every answer of the tree.
    kinds : float32, shape (n, kinds)
    """

    answers: Float[ndarray, "n answers"]
    kinds: Float[ndarray, "n kinds"]


def prepare_rows(rows: Sequence[Row], preprocess: Preprocess, *, cache: Path | None) -> Prepared:
    """Decode and frame all rows; pixels are kept in the folder `cache` under a name that changes with rows and settings."""
    labels = [r.labels for r in rows]
    rules = tuple(dict.fromkeys(rule for label in labels for rule, _ in label.rules))
    column = {rule: i for i, rule in enumerate(rules)}
    votes = np.full((len(rows), len(KAGGLE.answers)), np.nan, np.float32)
    agreement = np.full((len(rows), len(rules)), np.nan, np.float32)
    kinds = np.zeros((len(rows), len(KINDS)), bool)
    for i, label in enumerate(labels):
        if label.votes is not None:
            votes[i] = label.votes
        for rule, share in label.rules:
            agreement[i, column[rule]] = share
        kinds[i] = [k.id in label.kinds for k in KINDS]
    pixels = _cached_pixels(rows, preprocess, cache)
    bare = tuple(Row(r.id, r.source, r.split, r.survey, b"", r.labels, r.raw) for r in rows)
    return Prepared(bare, pixels, votes, agreement, kinds, rules)


def _cached_pixels(
    rows: Sequence[Row], preprocess: Preprocess, cache: Path | None
) -> UInt8[ndarray, "n size size 3"]:
    def prepare(row: Row) -> ndarray:
        return preprocess(decode(row.image)).pixels

    if cache is None:
        return np.stack([prepare(r) for r in rows])
    digest = hashlib.sha256(json.dumps([preprocess.fingerprint, preprocess.size]).encode())
    for row in rows:
        digest.update(hashlib.sha256(row.image).digest())
    path = cache / f"pixels-{digest.hexdigest()[:16]}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(2) as pool:
            pixels = np.stack(list(pool.map(prepare, rows)))
        part = path.with_suffix(".part.npy")
        np.save(part, pixels)
        part.rename(path)
    return np.load(path, mmap_mode="r")
