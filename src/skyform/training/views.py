"""Which pictures an epoch shows, and in which orientation: plain order, R5's enlargement before training, and batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from numpy import ndarray
from torch.utils.data import Dataset, Sampler

from skyform.training.samples import Samples

__all__ = ["Batches", "SampleBatches", "Views", "enlarged", "oriented", "plain_views"]


@dataclass(frozen=True)
class Views:
    """Pictures by position in the samples, each in one of the eight orientations of a square.

    Orientation o is mirrored left to right if o is at least 4, then turned by o modulo 4 quarters.
    """

    at: Int[ndarray, " m"]
    orientation: Int[ndarray, " m"]

    def __len__(self) -> int:
        return len(self.at)


def plain_views(n: int) -> Views:
    """Every picture once, upright."""
    return Views(np.arange(n), np.zeros(n, dtype=int))


def enlarged(labels: Int[ndarray, " n"], *, count: int, seed: int) -> Views:
    """Pictures of every class, `count` at most: all of them upright, then copies until the class is full.

    A copy is turned by 90 or 270 degrees with probability one half, then flipped left to right and top to bottom with one half
    each: R5's augmentation before training. A class with more than `count` pictures is drawn from without replacement.
    """
    rng = np.random.default_rng(seed)
    at: list[ndarray] = []
    orientation: list[ndarray] = []
    for label in np.unique(labels[labels >= 0]):
        own = np.flatnonzero(labels == label)
        first = rng.permutation(own)[:count]
        more = rng.choice(own, max(0, count - len(own)))
        quarter = rng.choice([0, 1, 3], len(more), p=[0.5, 0.25, 0.25])
        across, down = rng.random((2, len(more))) < 0.5
        # A flip from top to bottom is one from left to right and half a turn.
        turned = (quarter + 2 * down) % 4 + 4 * (across ^ down)
        at += [first, more]
        orientation += [np.zeros(len(first), dtype=int), turned]
    return Views(np.concatenate(at), np.concatenate(orientation))


def oriented(pixels: ndarray, orientation: int) -> ndarray:
    """Pictures (..., rows, columns, channels) in one of the eight orientations."""
    mirrored = pixels[..., :, ::-1, :] if orientation >= 4 else pixels
    return np.rot90(mirrored, orientation % 4, axes=(-3, -2))


class SampleBatches(Dataset[dict[str, torch.Tensor]]):
    """Whole batches of samples: give a list of positions among the views, get tensors."""

    def __init__(self, samples: Samples, views: Views) -> None:
        self.samples = samples
        self.views = views

    def __len__(self) -> int:
        return len(self.views)

    def __getitem__(self, index: Sequence[int]) -> dict[str, torch.Tensor]:
        at, orientation = self.views.at[list(index)], self.views.orientation[list(index)]
        pixels = self.samples.pixels[at]
        if orientation.any():
            pixels = np.stack(
                [oriented(p, int(o)) for p, o in zip(pixels, orientation, strict=True)]
            )
        return {
            "pixels": torch.from_numpy(np.ascontiguousarray(pixels)),
            "labels": torch.from_numpy(self.samples.labels[at]),
            "votes": torch.from_numpy(self.samples.votes[at].astype(np.float32)),
            "volunteers": torch.from_numpy(self.samples.volunteers[at].astype(np.float32)),
        }


class Batches(Sampler[list[int]]):
    """Batches of positions. Shuffled, epoch n has one order, whenever and wherever it is drawn; several devices share each batch."""

    def __init__(self, n: int, batch_size: int, *, seed: int | None) -> None:
        self._n = n
        self._batch = min(batch_size, n)
        self._seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning at the start of each epoch."""
        self.epoch = epoch

    def __len__(self) -> int:
        # Shuffled, a last batch that is not full waits for another epoch: batch statistics of two pictures would mean little.
        return self._n // self._batch if self._seed is not None else -(-self._n // self._batch)

    def __iter__(self) -> Iterator[list[int]]:
        order = np.arange(self._n)
        if self._seed is not None:
            order = np.random.default_rng((self._seed, self.epoch)).permutation(self._n)
        rank, world = _place() if self._seed is not None else (0, 1)
        for b in range(len(self)):
            yield order[b * self._batch : (b + 1) * self._batch][rank::world].tolist()


def _place() -> tuple[int, int]:
    """This process's number among those that train together, and how many there are."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
