"""What is uneven in a galaxy: a random field to look values up in."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from numpy import ndarray

__all__ = ["Texture"]

_SIDE = 256
_FIELDS = 8


@dataclass(frozen=True)
class Texture:
    """A field of mean 0 and variance 1, blotches with finer ones on them, that repeats every 2π in both directions.

    The seed chooses one of a few fields and where in it to begin, which costs nothing beside making a field.
    """

    seed: int

    def at(
        self, first: Float[ndarray, "*shape"], second: Float[ndarray, "*shape"]
    ) -> Float[ndarray, "*shape"]:
        """The field at points."""
        place, number = divmod(self.seed, _FIELDS)
        i0, j0 = place // _SIDE % _SIDE, place % _SIDE
        unit = np.float32(_SIDE / (2 * np.pi))
        # The offset keeps the numbers positive, as casting rounds towards 0.
        i = (first * unit + (2**15 + i0)).astype(np.int32) & (_SIDE - 1)
        j = (second * unit + (2**15 + j0)).astype(np.int32) & (_SIDE - 1)
        return _fields()[number, i, j]


@lru_cache(maxsize=1)
def _fields() -> Float[ndarray, "fields side side"]:
    """Fields of some seven blotches to a turn, with a power spectrum as of turbulence (Elmegreen et al. 2003, ApJ 590, 271)."""
    rng = np.random.default_rng(1981)
    k = np.fft.fftfreq(_SIDE, 1 / _SIDE)
    squared = k[:, None] ** 2 + k[None, : _SIDE // 2 + 1] ** 2
    amplitude = (1 + squared / 7.0**2) ** -1.1 * np.exp(-squared / 60.0**2)
    amplitude[0, 0] = 0
    white = rng.normal(size=(_FIELDS, *squared.shape)) + 1j * rng.normal(
        size=(_FIELDS, *squared.shape)
    )
    fields = np.fft.irfft2(amplitude * white, s=(_SIDE, _SIDE))
    fields /= fields.std(axis=(1, 2), keepdims=True)
    return fields.astype(np.float32)
