"""Synthetic galaxies as rows of training: votes of a made-up crowd, the sense of rotation as it was drawn, and spirals to count arms by."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice

import numpy as np

from skyform.datasets.catalogue import Row
from skyform.datasets.dataset import Record, Stored
from skyform.datasets.labels import Labels
from skyform.datasets.synthetic import SyntheticStore
from skyform.datasets.synthetic_draw import MIXTURE, check_mixture
from skyform.schema import KAGGLE, Rule

__all__ = ["spiral_rows", "synthetic_rows"]

_LOOKS = ("sdss", "decals", "grey", "hst")
_VOLUNTEERS = 44
_ENDLESS = 10**9
_SURE = 0.97  # of a sense of rotation that was drawn
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
    for record, read in islice(_by_turns(seed, size, MIXTURE), count):
        kind = str(record.info["kind"]).partition("+")[0]
        labels = Labels(votes=record.votes, rules=_sense(record), kinds=_kinds(kind))
        yield _row("synthetic", record, read(), labels, kind)


# Every number of arms alike; tight arms are the hardest to count.
_COUNTED: Mapping[str, float] = {
    f"{winding}+{arms}": share
    for winding, share in (("tight", 0.5), ("medium", 1.0), ("loose", 1.0))
    for arms in ("1-arm", "2-arm", "3-arm", "4-arm", "5-arm", "flocculent")
}
_COUNTABLE = 0.6  # share of the crowd


def spiral_rows(count: int, *, seed: int, size: int = _SIZE) -> Iterator[Row]:
    """`count` drawn spirals to learn counting arms from, of the split `train` and the source "spirals".

    What is told of them is the number of arms and which way they wind, and nothing else: what volunteers call tight, or an obvious bulge, is
    learnt from volunteers. A spiral is left out where most of the made-up crowd sees no arms, or two in five of it count others than were
    drawn; how sure the label is, is how much of the crowd counts right.

    Parameters
    ----------
    count, seed, size
        As for `synthetic_rows`.
    """
    drawn = ((*_counted(record), record, read) for record, read in _by_turns(seed, size, _COUNTED))
    countable = (d for d in drawn if d[1] > _COUNTABLE)
    for number, share, record, read in islice(countable, count):
        told: Rule = (((number,),),)
        labels = Labels(rules=((told, share), *_sense(record)), kinds=frozenset({"galaxy"}))
        yield _row("spirals", record, read(), labels, number)


def _counted(record: Record) -> tuple[str, float]:
    """How many arms there are, and the share of all who see arms that counts so; 0 where most see none."""
    number = next(a for a in record.info["truth"]["answers"] if a.startswith("arm-number."))
    votes = np.asarray(record.votes)
    yes, no = votes[KAGGLE.slices["spiral"]]
    return number, float(votes[KAGGLE.index[number]] / yes) if yes > no else 0.0


def _by_turns(
    seed: int, size: int, mixture: Mapping[str, float]
) -> Iterator[tuple[Record, Callable[[], Stored]]]:
    """What is known of galaxies without end, the looks by turns, each with what draws its picture."""
    shares = check_mixture(mixture)
    stores = [
        SyntheticStore(_ENDLESS, seed * len(_LOOKS) + i, size, look, mixture=shares)
        for i, look in enumerate(_LOOKS)
    ]
    for index in range(_ENDLESS):
        for store in stores:
            record = store.record(index, volunteers=_VOLUNTEERS, taxonomy=None)
            yield record, partial(store.read, index)


def _sense(record: Record) -> tuple[tuple[Rule, float], ...]:
    drawn = [a for a in record.info["truth"]["answers"] if a.startswith("sense.")]
    return tuple(((((a,),),), _SURE) for a in drawn)


def _row(source: str, record: Record, image: Stored, labels: Labels, label: str) -> Row:
    if not isinstance(image, bytes):
        raise TypeError("synthetic pictures are encoded")
    survey = str(record.info["survey"])
    return Row(record.id, source, "train", survey, image, labels, {"label": label})


def _kinds(drawn: str) -> frozenset[str]:
    """What it may be called: a star is none of our kinds, and a galaxy with an arc around it may be called a lens."""
    if drawn in ("star", "artefact"):
        return frozenset({"none"})
    return frozenset({"galaxy", "lens"}) if drawn == "lens" else frozenset({"galaxy"})
