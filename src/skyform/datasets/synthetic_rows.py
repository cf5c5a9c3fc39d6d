"""Synthetic galaxies as rows of training: votes of a made-up crowd, and the sense of rotation as it was drawn."""

from collections.abc import Iterator

from skyform.datasets.catalogue import Row
from skyform.datasets.labels import Labels
from skyform.datasets.synthetic import synthetic_dataset
from skyform.schema import Rule

__all__ = ["synthetic_rows"]

_LOOKS = ("sdss", "decals", "grey", "hst")
_SIZE = 212  # px: half of a Galaxy Zoo 2 stamp's, more than any network sees of it


def synthetic_rows(count: int, *, seed: int, size: int = _SIZE) -> Iterator[Row]:
    """`count` drawn galaxies in the looks of four surveys by turns, of the split `train`.

    The same seed gives the same rows; see `skyform.datasets.synthetic_dataset` for what is drawn.

    Parameters
    ----------
    count : int
    seed : int
    size : int
        Side, px.
    """
    sets = [
        synthetic_dataset(
            -(-count // len(_LOOKS)), seed=seed * len(_LOOKS) + i, size=size, survey=look
        )
        for i, look in enumerate(_LOOKS)
    ]
    for n in range(count):
        dataset, index = sets[n % len(sets)], n // len(sets)
        record = dataset.records[index]
        image = dataset.image(index)
        if not isinstance(image, bytes):
            raise TypeError("synthetic pictures are encoded")
        kind = str(record.info["kind"]).partition("+")[0]
        sense = [a for a in record.info["truth"]["answers"] if a.startswith("sense.")]
        rules: list[tuple[Rule, float]] = [((((a,),),), 0.97) for a in sense]
        yield Row(
            id=record.id,
            source="synthetic",
            split="train",
            survey=str(record.info["survey"]),
            image=image,
            labels=Labels(votes=record.votes, rules=tuple(rules), kinds=_kinds(kind)),
            raw={"label": kind},
        )


def _kinds(drawn: str) -> frozenset[str]:
    """What it may be called: a star is none of our kinds, and a galaxy with an arc around it may be called a lens."""
    if drawn in ("star", "artefact"):
        return frozenset({"none"})
    return frozenset({"galaxy", "lens"}) if drawn == "lens" else frozenset({"galaxy"})
