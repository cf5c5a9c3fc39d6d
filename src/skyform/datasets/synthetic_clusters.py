"""Made-up star clusters, rich and poor, as rows of training: photographs of real ones with a free licence are few.

A cluster is drawn as its stars, places after Plummer's profile (1911, MNRAS 71, 460) and brightnesses after a power law, before a field of
stars that do not belong. The survey's optics and colours are those of the synthetic galaxies.
"""

import io
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image

from skyform.datasets.catalogue import Row
from skyform.datasets.labels import Labels
from skyform.datasets.synthetic_sky import (
    SURVEYS,
    blurred,
    coloured,
    noise,
    scattered,
    star_colours,
    star_peaks,
)

__all__ = ["cluster_picture", "cluster_rows"]

_LOOKS = ("sdss", "decals", "hst")
_SIZE = 224  # px


def cluster_rows(count: int, *, seed: int, size: int = _SIZE) -> Iterator[Row]:
    """`count` clusters, globular and open by turns, of the split `train` and the kind "cluster". The same seed gives the same rows."""
    labels = Labels(kinds=frozenset({"cluster"}))
    for n in range(count):
        rng = np.random.default_rng((seed, n))
        look = _LOOKS[int(rng.integers(len(_LOOKS)))]
        rgb = cluster_picture(rng, globular=n % 2 == 0, look=look, size=size)
        buffer = io.BytesIO()
        Image.fromarray(rgb).save(buffer, "JPEG", quality=int(rng.integers(80, 96)))
        kind = "globular" if n % 2 == 0 else "open"
        yield Row(
            f"cluster-{seed}-{n}",
            "clusters",
            "train",
            look,
            buffer.getvalue(),
            labels,
            {"label": kind},
        )


def cluster_picture(
    rng: np.random.Generator, *, globular: bool, look: str, size: int = _SIZE
) -> UInt8[ndarray, "size size 3"]:
    """One cluster as a survey would show it.

    Parameters
    ----------
    rng : numpy.random.Generator
    globular : bool
        Thousands of old stars around a bright middle, or dozens of stars of which the brightest are young.
    look : str
        One of `skyform.datasets.synthetic_sky.SURVEYS`.
    size : int
        Side, px.
    """
    survey = SURVEYS[look]
    fwhm = float(rng.uniform(1.2, 3.0))
    # From a small ball in the middle to a frame that is all cluster.
    radius = size * float(np.exp(rng.uniform(np.log(0.05), np.log(0.7))))
    stars = int(10 ** (rng.uniform(3.0, 4.3) if globular else rng.uniform(1.8, 2.8)))
    own = size / 2 + rng.uniform(-0.06, 0.06, 2) * size + _plummer(stars, radius, rng)
    field = rng.uniform(0, size, (int(10 ** rng.uniform(0.7, 2.5)), 2))
    slope = rng.uniform(0.8, 1.3) if globular else rng.uniform(0.6, 1.0)
    faintest = 10 ** rng.uniform(0.2, 1.2)
    peaks = np.concatenate(
        (star_peaks(len(own), faintest, slope, rng), star_peaks(len(field), 4.0, 0.75, rng))
    )
    colours = star_colours(survey, len(peaks), rng)
    if not globular:
        # What dominates an open cluster's light is blue.
        colours[: len(own)] *= np.array([0.85, 1.0, 1.15], np.float32)
    # Pictures of clusters are made to please, from strong colours to none.
    colours = colours ** np.float32(rng.uniform(0.1, 1.0))
    flux = colours * (peaks * 1.25 * fwhm**2).astype(np.float32)[:, None]
    bands = scattered(np.concatenate((own, field)), flux, size)
    bands = blurred(bands, fwhm=fwhm, wings=survey.wings)
    bands += noise((size, size), survey, fwhm=fwhm, rng=rng)
    return coloured(bands.astype(np.float32), survey)


def _plummer(count: int, radius: float, rng: np.random.Generator) -> Float[ndarray, "count 2"]:
    """Places on the sky around the middle; half of the stars lie within `radius`."""
    share = rng.uniform(0, 0.98, count)
    r = radius * np.sqrt(share / (1 - share))
    angle = rng.uniform(0, 2 * np.pi, count)
    return np.stack((r * np.cos(angle), r * np.sin(angle)), axis=1)
