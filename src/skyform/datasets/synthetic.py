"""A data set without a download: seeded galaxies, drawn when they are asked for and labelled in the whole tree."""

import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from skyform.datasets.dataset import DataSet, Record, Stored
from skyform.datasets.synthetic_draw import MIXTURE, check_mixture, draw_galaxy
from skyform.datasets.synthetic_galaxy import Galaxy
from skyform.datasets.synthetic_labels import (
    cast_votes,
    expected_fractions,
    one_hot,
    true_answers,
)
from skyform.datasets.synthetic_picture import FRAMING, check_picture, render, seeing_of
from skyform.datasets.synthetic_sky import find_survey
from skyform.errors import DataError
from skyform.schema import DECALS, TAXONOMIES, Scheme, Taxonomy

__all__ = ["SyntheticStore", "synthetic_dataset"]

# Streams of random numbers of one galaxy: what it is, how it was taken, who voted.
_GALAXY, _PICTURE, _VOTES = range(3)


@dataclass(frozen=True)
class SyntheticStore:
    """Draws picture `index` from the seed, the same whenever and in whatever order it is asked for.

    `quality` is that of the JPEG that a survey's server would have sent; 0 gives the pixels as they are.
    """

    count: int
    seed: int = 0
    size: int = 128
    survey: str = "sdss"
    framing: float = FRAMING
    quality: int = 90
    mixture: Mapping[str, float] = field(default_factory=lambda: dict(MIXTURE))

    def galaxy(self, index: int) -> Galaxy:
        """What picture `index` shows."""
        return draw_galaxy(self._stream(index, _GALAXY), mixture=self.mixture)

    def read(self, index: int) -> Stored:
        """Picture `index`: JPEG, or an array of RGB where `quality` is 0.

        Raises
        ------
        DataError
            If there is no such index.
        """
        pixels = render(
            self.galaxy(index),
            rng=self._stream(index, _PICTURE),
            size=self.size,
            survey=self.survey,
            framing=self.framing,
        )
        if self.quality == 0:
            return pixels
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=self.quality)
        return buffer.getvalue()

    def record(self, index: int, *, volunteers: int, taxonomy: Taxonomy | None) -> Record:
        """What is known of picture `index`."""
        galaxy = self.galaxy(index)
        look = find_survey(self.survey)
        pixels = seeing_of(galaxy, look, size=self.size, framing=self.framing)
        # Nothing finer than a pixel and a half is seen either.
        seeing = float(np.hypot(pixels, 1.5)) / (self.framing * self.size)
        expected = expected_fractions(galaxy, seeing=seeing, depth=look.depth)
        votes = cast_votes(expected, volunteers=volunteers, rng=self._stream(index, _VOTES))
        return Record(
            id=f"synthetic-{self.seed}-{index:06d}",
            label="" if taxonomy is None else _true_class(galaxy, taxonomy),
            votes=votes,
            volunteers=float(volunteers),
            info={"survey": self.survey, "kind": galaxy.kind, "truth": _truth(galaxy)},
        )

    def _stream(self, index: int, which: int) -> np.random.Generator:
        if not 0 <= index < self.count:
            raise DataError(f"There is no synthetic galaxy {index}; the set has {self.count}.")
        return np.random.default_rng((self.seed, index, which))


def synthetic_dataset(
    count: int,
    *,
    seed: int = 0,
    size: int = 128,
    survey: str = "sdss",
    framing: float = FRAMING,
    quality: int = 90,
    mixture: Mapping[str, float] = MIXTURE,
    scheme: str = "",
    volunteers: int = 44,
) -> DataSet:
    """Galaxies that nobody has seen, with everything known about them.

    Records hold the votes of a made-up crowd (`Record.votes`), and under `info`: `survey`, `kind` (what it was drawn as), and
    `truth`, which has every number of the galaxy under `galaxy`, the true answers of Skyform's tree under `answers` and of GZ
    DECaLS's under `decals_answers`.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Another seed, other galaxies; 0 or more. One galaxy depends on the seed and its position only, not on `count`.
    size : int
        Pixels on a side, 16 to 4096.
    survey : str
        The look: "sdss", "decals", "hst" or "grey".
    framing : float
        The radius of 90 % of the light over the picture's width; by default as Galaxy Zoo frames its pictures.
    quality : int
        JPEG quality, 1 to 100; 0 for arrays of pixels.
    mixture : mapping of kind to share
        See `skyform.datasets.synthetic_draw.draw_galaxy`.
    scheme : str
        A taxonomy, such as "galaxy10_sdss": label each galaxy with the class whose rule the true answers satisfy ("" where none).
    volunteers : int
        How many people vote on each picture; Galaxy Zoo 2 had 44 at the median.

    Raises
    ------
    DataError
        If a parameter is out of range.
    """
    _check(count=count, seed=seed, quality=quality, volunteers=volunteers)
    find_survey(survey)
    check_picture(size, framing)
    if scheme and scheme not in TAXONOMIES:
        raise DataError(
            f"scheme is {scheme!r}, which is no taxonomy.",
            remedy=f"The taxonomies are {', '.join(TAXONOMIES)}.",
        )
    taxonomy = TAXONOMIES[scheme] if scheme else None
    shares = check_mixture(mixture)
    store = SyntheticStore(count, seed, size, survey, framing, quality, shares)
    records = [store.record(i, volunteers=volunteers, taxonomy=taxonomy) for i in range(count)]
    return DataSet(
        id=f"synthetic-{seed}",
        title=f"Synthetic galaxies ({find_survey(survey).name}, seed {seed})",
        records=records,
        store=store,
        scheme=None if taxonomy is None else Scheme.of(taxonomy),
        source=f"synthetic_dataset({count}, seed={seed}, size={size}, survey={survey!r})",
    )


def _check(*, count: int, seed: int, quality: int, volunteers: int) -> None:
    limits = {"count": (count, 0, 10**9), "seed": (seed, 0, 2**63), "quality": (quality, 0, 100)}
    for name, (value, low, high) in {**limits, "volunteers": (volunteers, 1, 10**6)}.items():
        if not low <= value <= high:
            raise DataError(f"{name} is {value}.", remedy=f"Choose {low} to {high}.")


def _true_class(galaxy: Galaxy, taxonomy: Taxonomy) -> str:
    shares = taxonomy.shares(one_hot(true_answers(galaxy, taxonomy.tree), taxonomy.tree))
    best = int(np.argmax(shares))
    return taxonomy.classes[best].id if shares[best] > 0.5 else ""


def _truth(galaxy: Galaxy) -> dict[str, Any]:
    return {
        "galaxy": asdict(galaxy),
        "answers": sorted(true_answers(galaxy)),
        "decals_answers": sorted(true_answers(galaxy, DECALS)),
    }
