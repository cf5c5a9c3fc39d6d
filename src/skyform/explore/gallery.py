"""The pictures that the page shows: samples and mean of each class, copies beside each other, likely wrong labels, contrast."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from skyform.explore.duplicates import Group
from skyform.explore.exploration import Exploration
from skyform.explore.measures import equalisation, equalised, measure_picture, moved
from skyform.explore.thumbnails import Thumbnails, data_address
from skyform.explore.words import clipped, percent, plural

__all__ = [
    "ClassPictures",
    "ContrastSample",
    "GroupPictures",
    "Tile",
    "class_pictures",
    "contrast_samples",
    "error_tiles",
    "group_pictures",
]

_SAMPLES = 7  # pictures of each class; with the mean they fill rows of four or eight
_GROUPS = 12  # groups of copies of each kind
_MEMBERS = 4  # pictures of each group
_ERRORS = 24
_ID = 22  # characters; the whole id is the picture's title
# Of the spread of brightness: a flat picture, a usual one, one of strong contrast.
_SPANS = ((0.05, "low contrast"), (0.5, "typical contrast"), (0.95, "high contrast"))


@dataclass(frozen=True, slots=True)
class Tile:
    """One thumbnail: its data address ("" where it cannot be read), what it shows, and lines to stand below it."""

    src: str
    alt: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassPictures:
    """One class: what it is, the mean of its pictures, and some of them drawn at random."""

    name: str
    description: str
    size: str
    mean: Tile
    samples: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class GroupPictures:
    """Pictures that belong together, and what is wrong with that, in words; empty where nothing is."""

    tiles: tuple[Tile, ...]
    more: int
    wrong: str


@dataclass(frozen=True, eq=False)
class ContrastSample:
    """A picture before and after equalisation, with its histograms as shares of its pixels."""

    title: str
    before: Tile
    after: Tile
    channels: ndarray
    equalised: ndarray


def class_pictures(
    exploration: Exploration, shown: Sequence[int], *, thumbnails: Thumbnails
) -> list[ClassPictures]:
    """Samples and means of these classes; of all pictures together where there are no classes."""
    index, readings = exploration.classes.index, exploration.readings
    made: list[ClassPictures] = []
    for position in shown or [-1]:
        name = exploration.classes.names[position] if shown else None
        own = np.flatnonzero(readings.ok & ((index == position) | (not shown)))
        if len(own) == 0:
            continue
        title = name.name if name else "All pictures"
        mean = data_address(np.round(readings.means[max(position, 0)]).astype(np.uint8))
        # A generator of its own for each class, so that one class's pictures do not depend on another's number.
        rng = np.random.default_rng((exploration.seed, max(position, 0)))
        chosen = np.sort(rng.permutation(own)[:_SAMPLES])
        made.append(
            ClassPictures(
                title,
                name.description if name else "",
                plural(len(own), "picture"),
                Tile(mean, f"Mean of {plural(len(own), 'picture')}: {title}"),
                tuple(_tile(exploration, int(i), thumbnails=thumbnails, lines=()) for i in chosen),
            )
        )
    return made


def group_pictures(
    exploration: Exploration, groups: Sequence[Group], *, thumbnails: Thumbnails
) -> list[GroupPictures]:
    """The first dozen groups, four pictures of each."""
    made: list[GroupPictures] = []
    for group in groups[:_GROUPS]:
        wrong: list[str] = []
        if group.contradicts:
            wrong.append(f"Contradicting labels: {_named(exploration, group.labels)}.")
        if group.straddles:
            wrong.append(f"In more than one split: {', '.join(group.splits)}.")
        tiles = tuple(
            _tile(exploration, i, thumbnails=thumbnails, lines=_about(exploration, i))
            for i in group.members[:_MEMBERS]
        )
        made.append(GroupPictures(tiles, len(group.members) - len(tiles), " ".join(wrong)))
    return made


def error_tiles(exploration: Exploration, thumbnails: Thumbnails) -> list[Tile]:
    """The labels that are likeliest wrong: given and suggested class."""
    errors, names = exploration.errors, exploration.classes.names
    if errors.found is None:
        return []
    rows = zip(errors.records.tolist(), errors.suggested.tolist(), errors.found.margin, strict=True)
    return [
        _tile(
            exploration,
            i,
            thumbnails=thumbnails,
            lines=(
                f"given: {names[exploration.classes.index[i]].name}",
                f"looks like: {names[suggested].name}",
                f"margin {float(margin):.2f}".replace("-", "−"),
            ),
        )
        for i, suggested, margin in list(rows)[:_ERRORS]
    ]


def contrast_samples(exploration: Exploration, thumbnails: Thumbnails) -> list[ContrastSample]:
    """Three pictures along the spread of brightness, as they are and equalised."""
    readings = exploration.readings
    usable = np.flatnonzero(readings.ok)
    ranked = usable[np.argsort(readings.columns["span"][usable], kind="stable")]
    made: list[ContrastSample] = []
    for at, title in _spread_out(ranked):
        rgb = thumbnails.rgb(at)
        channels = measure_picture(rgb).histograms
        pixels = channels[3].sum()
        id = exploration.dataset.records[at].id
        span = percent(float(readings.columns["span"][at]))
        made.append(
            ContrastSample(
                f"{clipped(id, 2 * _ID)}: {title}, uses {span} of the range",
                Tile(data_address(rgb, side=200), f"{id} as it is", ("as it is",)),
                Tile(
                    data_address(equalised(rgb), side=200),
                    f"{id} in grey, equalised",
                    ("in grey, equalised",),
                ),
                channels / pixels,
                moved(channels[3], equalisation(channels[3])) / pixels,
            )
        )
    return made


def _spread_out(ranked: Int[ndarray, " k"]) -> list[tuple[int, str]]:
    """Different pictures at the chosen quantiles; fewer where there are fewer pictures."""
    found: dict[int, str] = {}
    for quantile, title in _SPANS if len(ranked) >= len(_SPANS) else _SPANS[1:2]:
        if len(ranked):
            found.setdefault(int(ranked[int(quantile * (len(ranked) - 1))]), title)
    return list(found.items())


def _tile(
    exploration: Exploration, index: int, *, thumbnails: Thumbnails, lines: tuple[str, ...]
) -> Tile:
    record = exploration.dataset.records[index]
    return Tile(thumbnails(index), record.id, (clipped(record.id, _ID), *lines) if lines else ())


def _about(exploration: Exploration, index: int) -> tuple[str, ...]:
    record = exploration.dataset.records[index]
    label = _named(exploration, (record.label,)) if record.label else "no label"
    return (label, record.split) if record.split else (label,)


def _named(exploration: Exploration, labels: Sequence[str]) -> str:
    """Class names of labels, in the scheme's words."""
    scheme = exploration.dataset.scheme
    if scheme is None:
        return ", ".join(labels)
    return ", ".join(scheme.classes[scheme.index[label]].name for label in labels)
