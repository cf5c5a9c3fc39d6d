"""The order in which rows are drawn in training, and the batches that they make."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch.utils.data import Dataset, Sampler

from skyform.datasets import (
    SOURCES,
    Row,
    cluster_rows,
    everyday_rows,
    nebula_rows,
    read_source,
    spiral_rows,
    synthetic_rows,
)
from skyform.training.prepared import Prepared
from skyform.training.recipe import MADE_UP, Recipe
from skyform.training.truth import is_excluded

__all__ = [
    "Drawn",
    "RowDataset",
    "draw_probability",
    "read_rows",
]


def read_rows(recipe: Recipe, data: Path, *, split: str) -> list[Row]:
    """The recipe's rows of one split, without those whose licence it excludes."""
    rows: list[Row] = []
    for name in recipe.shares:
        if name in MADE_UP:
            if split == "train":
                rows += _made_up(name, recipe)
            continue
        for row in read_source(SOURCES[name], data, agreement=recipe.agreements.get(name)):
            if row.split == split and not is_excluded(row, recipe.exclude_licences):
                rows.append(row)
    return rows


def _made_up(name: str, recipe: Recipe) -> Iterator[Row]:
    if name == "clusters":
        return cluster_rows(recipe.clusters, seed=recipe.seed)
    if name == "nebulae":
        return nebula_rows(recipe.nebulae, seed=recipe.seed)
    if name == "synthetic":
        return synthetic_rows(recipe.synthetic, seed=recipe.seed)
    if name == "spirals":
        return spiral_rows(recipe.spirals, seed=recipe.seed)
    return everyday_rows(photographs=recipe.photographs, textures=recipe.textures, seed=recipe.seed)


class RowDataset(Dataset[dict[str, torch.Tensor]]):
    """Whole batches of a `Prepared`: give a list of indices, get tensors. `restyled` has a factor for some sources, see `Recipe`."""

    def __init__(self, prepared: Prepared, *, restyled: Mapping[str, float] | None = None) -> None:
        self.prepared = prepared
        factors = [(restyled or {}).get(r.source, 1.0) for r in prepared.rows]
        self._restyle = np.array(factors, np.float32)

    def __len__(self) -> int:
        return len(self.prepared.rows)

    def __getitem__(self, index: Sequence[int]) -> dict[str, torch.Tensor]:
        at = np.asarray(index)
        p = self.prepared
        batch = {
            "pixels": torch.from_numpy(p.pixels[at]),
            "votes": torch.from_numpy(p.votes[at]),
            "agreement": torch.from_numpy(p.agreement[at]),
            "kinds": torch.from_numpy(p.kinds[at]),
            "restyle": torch.from_numpy(self._restyle[at]),
        }
        if p.taught is not None:
            batch["taught_answers"] = torch.from_numpy(p.taught.answers[at])
            batch["taught_kinds"] = torch.from_numpy(p.taught.kinds[at])
        return batch


class Drawn(Sampler[list[int]]):
    """Batches drawn at random with the recipe's shares; epoch n is the same whenever and wherever it is drawn."""

    def __init__(self, prepared: Prepared, recipe: Recipe) -> None:
        self._probability = tuple(
            draw_probability(prepared.rows, recipe, shares=recipe.shares_of(epoch))
            for epoch in range(recipe.epochs)
        )
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
        p = self._probability[min(self.epoch, len(self._probability) - 1)]
        drawn = rng.choice(len(p), (self._batches, self._batch), p=p)
        yield from drawn.tolist()


def draw_probability(
    rows: Sequence[Row], recipe: Recipe, *, shares: Mapping[str, float] | None = None
) -> Float[ndarray, " n"]:
    """Probability of each row: its source's share, spread over its classes by `balance` and `emphasis`.

    `shares` are the recipe's where none are given; a source that they do not name is not drawn.
    """
    shares = recipe.shares if shares is None else shares
    groups = [(r.source, str(r.raw.get("label") or r.raw.get("clean5") or "")) for r in rows]
    count = Counter(groups)
    weight = np.array(
        [recipe.emphasis.get(g[1], 1.0) * count[g] ** -recipe.balance for g in groups]
    )
    source = np.array([r.source for r in rows])
    for name in recipe.shares:
        mine = source == name
        if mine.any():
            weight[mine] *= shares.get(name, 0.0) / weight[mine].sum()
    return weight / weight.sum()
