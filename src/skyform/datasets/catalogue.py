"""Rows: a picture by reference, what is known of it, and the split it belongs to."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from skyform.datasets.labels import (
    Labels,
    clean5_rule,
    edge_on_rule,
    example_rules,
    galaxy_zoo_1_rule,
    gz2_votes,
    spiral_rule,
    star_rule,
)
from skyform.errors import DataError
from skyform.schema import SKYFORM, Rule

__all__ = ["SOURCES", "Row", "Source", "read_source"]

_GALAXY = frozenset({"galaxy"})
# A stamp set aside as a star or artefact may still show a small galaxy; it is surely no cluster, nebula or lens.
_STAMP = frozenset({"galaxy", "none"})
_MORE_OFTEN_THAN_NOT = 0.65


@dataclass(frozen=True)
class Row:
    """One labelled picture.

    `image` holds the encoded bytes as they are in the file; `raw` the catalogue's own label, for evaluation; `licence` is
    empty where the whole source has one.
    """

    id: str
    source: str
    split: str
    survey: str
    image: bytes
    labels: Labels
    raw: Mapping[str, Any]
    licence: str = ""


@dataclass(frozen=True)
class Source:
    """A Parquet file with embedded pictures, and how to read its labels.

    `agreement` is the share of visitors for whom the label's rule is taken to hold.
    """

    id: str
    file: str
    title: str
    read: Callable[[Mapping[str, Any], float], Labels]
    agreement: float = 0.9


def read_source(source: Source, data: Path, *, agreement: float | None = None) -> Iterator[Row]:
    """Rows of one source below the folder `data`, in file order, read in pieces.

    Raises
    ------
    DataError
        If the file is missing, is not Parquet, lacks a column, or holds a label that its catalogue does not have.
    """
    path = data / source.file
    if not path.is_file():
        raise DataError(
            f"{path} does not exist.",
            remedy=f"Give the folder that holds {source.file} with --data.",
        )
    try:
        table = pq.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path} is not a readable Parquet file: {error}.", remedy="Fetch it again."
        ) from error
    missing = {"image_id", "image", "split"} - set(table.schema_arrow.names)
    if missing:
        raise DataError(
            f"{path} has no column {', '.join(sorted(missing))}.",
            remedy="The file must have image_id, image {bytes, path} and split.",
        )
    share = source.agreement if agreement is None else agreement
    for batch in table.iter_batches(batch_size=256):
        for values in batch.to_pylist():
            yield _row(source, values, share)


def _row(source: Source, values: dict[str, Any], agreement: float) -> Row:
    image = values.pop("image")
    return Row(
        id=values["image_id"],
        source=source.id,
        split=values["split"],
        survey=values.get("survey") or values.get("source") or "",
        image=image["bytes"],
        labels=source.read(values, agreement),
        raw=values,
        licence=values.get("licence") or "",
    )


def _gz2(row: Mapping[str, Any], agreement: float) -> Labels:
    corrected = any(c.endswith("_debiased") for c in row)
    debiased = gz2_votes(row, kind="debiased") if corrected else None
    return Labels(votes=gz2_votes(row), debiased=debiased, kinds=_GALAXY)


def _examples(row: Mapping[str, Any], agreement: float) -> Labels:
    rules = example_rules(row["answers"])
    star = any(rule == star_rule() for rule in rules)
    return Labels(rules=_sure(rules, agreement), kinds=_STAMP if star else _GALAXY)


def _galaxy_zoo_1(row: Mapping[str, Any], agreement: float) -> Labels:
    star = row["label"] == "star_or_dont_know"
    rules = [(galaxy_zoo_1_rule(row["label"]), agreement)]
    if row["label"] == "edge_on":
        # The class is wider than "an edge-on disc", which still is what it is most often.
        rules.append((edge_on_rule(), _MORE_OFTEN_THAN_NOT))
    return Labels(rules=tuple(rules), kinds=_STAMP if star else _GALAXY)


def _kaggle(row: Mapping[str, Any], agreement: float) -> Labels:
    rules: list[tuple[Rule, float]] = []
    if row.get("clean5"):
        # "Clean" means a strict threshold on the votes, stricter than the simple majority behind `label`.
        rules.append((clean5_rule(row["clean5"]), max(agreement, 0.9)))
    elif row.get("label"):
        rules.append((spiral_rule(row["label"] == "spiral"), agreement))
    return Labels(rules=tuple(rules), kinds=_GALAXY)


def _not_galaxy(row: Mapping[str, Any], agreement: float) -> Labels:
    return Labels(rules=((star_rule(), agreement),), kinds=_STAMP)


_ARMS: Mapping[str, str] = {"2arms": "arm-number.2", "5arms": "arm-number.more"}


def _arms(row: Mapping[str, Any], agreement: float) -> Labels:
    answer = _ARMS.get(row["label"], "smooth-or-features.smooth")
    return Labels(rules=((((SKYFORM.implied(answer),),), agreement),), kinds=_GALAXY)


def _deep_sky(row: Mapping[str, Any], agreement: float) -> Labels:
    # A weak lens candidate is most often an ordinary galaxy with a companion, and sometimes a lens: it is surely nothing else.
    if row["label"] == "lens_candidate_low":
        return Labels(kinds=frozenset({"galaxy", "lens"}))
    return Labels(kinds=frozenset({row["label"]}))


def _unlabelled(row: Mapping[str, Any], agreement: float) -> Labels:
    return Labels(kinds=_GALAXY)


def _sure(rules: tuple[Rule, ...], agreement: float) -> tuple[tuple[Rule, float], ...]:
    return tuple((rule, agreement) for rule in rules)


SOURCES: dict[str, Source] = {
    s.id: s
    for s in (
        Source("gz2", "galaxies/gz2.parquet", "Galaxy Zoo 2, 37 vote fractions", _gz2),
        Source(
            "examples", "galaxies/examples.parquet", "Galaxy Zoo's teaching examples", _examples
        ),
        Source("kaggle", "galaxies/kaggle.parquet", "Galaxy Zoo challenge images", _kaggle, 0.8),
        Source(
            "kaggle_more",
            "galaxies/kaggle_more.parquet",
            "Galaxy Zoo challenge images, more",
            _kaggle,
            0.8,
        ),
        Source(
            "not_galaxy",
            "galaxies/not_galaxy.parquet",
            "Stars and artefacts in survey stamps",
            _not_galaxy,
            0.6,
        ),
        Source("gz1", "galaxies/gz1.parquet", "Galaxy Zoo 1", _galaxy_zoo_1, 0.85),
        Source(
            "gz1_wide", "galaxies/gz1_wide.parquet", "Galaxy Zoo 1, re-framed", _galaxy_zoo_1, 0.85
        ),
        Source("arms", "galaxies/arms.parquet", "Smooth, two and five arms", _arms, 0.8),
        Source("deepsky", "deepsky.parquet", "Deep-sky kinds", _deep_sky),
        Source(
            "galaxy10_decals",
            "galaxies/galaxy10_decals.parquet",
            "Galaxy10 DECaLS, five a class (validation only)",
            _unlabelled,
        ),
        Source(
            "galaxy10_sdss",
            "galaxies/galaxy10_sdss.parquet",
            "Galaxy10 SDSS, one a class (validation only)",
            _unlabelled,
        ),
    )
}
