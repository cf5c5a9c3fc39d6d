"""Rows → arrays in memory, prepared by the same `Preprocess` that prediction uses, and the order in which they are drawn."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from numpy import ndarray
from torch.utils.data import Dataset, Sampler

from skyform.datasets import SOURCES, Row, everyday_rows, read_source
from skyform.images import Preprocess, decode
from skyform.schema import KAGGLE, KINDS, Rule
from skyform.training.recipe import Recipe

__all__ = [
    "Drawn",
    "Prepared",
    "RowDataset",
    "draw_probability",
    "is_excluded",
    "prepare_rows",
    "read_rows",
]


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
    """

    rows: tuple[Row, ...]
    pixels: UInt8[ndarray, "n size size 3"]
    votes: Float[ndarray, "n 37"]
    agreement: Float[ndarray, "n rules"]
    kinds: Bool[ndarray, "n kinds"]
    rules: tuple[Rule, ...]


def read_rows(recipe: Recipe, data: Path, *, split: str) -> list[Row]:
    """The recipe's rows of one split, without those whose licence it excludes."""
    rows: list[Row] = []
    for name in recipe.shares:
        if name == "everyday":
            if split == "train":
                rows += everyday_rows(
                    photographs=recipe.photographs, textures=recipe.textures, seed=recipe.seed
                )
            continue
        for row in read_source(SOURCES[name], data, agreement=recipe.agreements.get(name)):
            if row.split == split and not is_excluded(row, recipe.exclude_licences):
                rows.append(row)
    return rows


def is_excluded(row: Row, texts: Sequence[str]) -> bool:
    """Whether the row's licence contains one of the texts."""
    return any(t in row.licence for t in texts)


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


class RowDataset(Dataset[dict[str, torch.Tensor]]):
    """Whole batches of a `Prepared`: give a list of indices, get tensors."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared

    def __len__(self) -> int:
        return len(self.prepared.rows)

    def __getitem__(self, index: Sequence[int]) -> dict[str, torch.Tensor]:
        at = np.asarray(index)
        p = self.prepared
        return {
            "pixels": torch.from_numpy(p.pixels[at]),
            "votes": torch.from_numpy(p.votes[at]),
            "agreement": torch.from_numpy(p.agreement[at]),
            "kinds": torch.from_numpy(p.kinds[at]),
        }


class Drawn(Sampler[list[int]]):
    """Batches drawn at random with the recipe's shares; epoch n is the same whenever and wherever it is drawn."""

    def __init__(self, prepared: Prepared, recipe: Recipe) -> None:
        self._probability = draw_probability(prepared.rows, recipe)
        self._batch = recipe.batch_size
        self._batches = max(1, recipe.samples_per_epoch // recipe.batch_size)
        self._seed = recipe.seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning at the start of each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self._batches

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng((self._seed, self.epoch))
        drawn = rng.choice(
            len(self._probability), (self._batches, self._batch), p=self._probability
        )
        yield from drawn.tolist()


def draw_probability(rows: Sequence[Row], recipe: Recipe) -> Float[ndarray, " n"]:
    """Probability of each row: its source's share, spread over its classes by `balance` and `emphasis`."""
    groups = [(r.source, str(r.raw.get("label") or r.raw.get("clean5") or "")) for r in rows]
    count = Counter(groups)
    weight = np.array(
        [recipe.emphasis.get(g[1], 1.0) * count[g] ** -recipe.balance for g in groups]
    )
    source = np.array([r.source for r in rows])
    for name, share in recipe.shares.items():
        mine = source == name
        if mine.any():
            weight[mine] *= share / weight[mine].sum()
    return weight / weight.sum()
