"""Classes from votes, and classes under other names."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from skyform.datasets.classes import relabelled
from skyform.datasets.dataset import DataSet
from skyform.errors import DataError
from skyform.schema import DECALS, KAGGLE, SKYFORM, Scheme, Taxonomy, conditional

__all__ = [
    "MAJORITY",
    "decals_as_skyform",
    "derive_labels",
    "fractions_of",
    "fractions_of_votes",
    "majority_class",
    "relabel",
]

MAJORITY = 0.55  # of all votes: what made the classes of Galaxy10

_SAME: Mapping[str, str] = {
    "smooth-or-features.smooth": "smooth-or-featured.smooth",
    "smooth-or-features.features": "smooth-or-featured.featured-or-disk",
    "smooth-or-features.star": "smooth-or-featured.artifact",
    "edge-on.yes": "disk-edge-on.yes",
    "edge-on.no": "disk-edge-on.no",
    "bar.no": "bar.no",
    "spiral.yes": "has-spiral-arms.yes",
    "spiral.no": "has-spiral-arms.no",
    "roundness.round": "how-rounded.round",
    "roundness.in-between": "how-rounded.in-between",
    "roundness.cigar": "how-rounded.cigar-shaped",
    "edge-on-bulge.rounded": "edge-on-bulge.rounded",
    "edge-on-bulge.boxy": "edge-on-bulge.boxy",
    "edge-on-bulge.none": "edge-on-bulge.none",
    "arm-winding.tight": "spiral-winding.tight",
    "arm-winding.medium": "spiral-winding.medium",
    "arm-winding.loose": "spiral-winding.loose",
}


def derive_labels(dataset: DataSet, taxonomy: Taxonomy, *, majority: float = MAJORITY) -> DataSet:
    """The same pictures, labelled with the class that holds more than `majority` of all votes; "" where none does.

    Galaxy10 SDSS was made this way, with 0.55, of debiased votes (`read_gz2` with `kind="debiased"`). Galaxy Zoo 2 did not ask which way the arms wind, so that no spiral gets either of Galaxy
    Zoo 1's two classes. The votes may be Galaxy Zoo 2's (`Record.votes`) or Galaxy Zoo DECaLS's
    (`Record.info["decals"]`, see `decals_as_skyform`).

    Raises
    ------
    ValueError
        If `majority` is not in 0..1.
    DataError
        If no record has votes.
    """
    if not 0 <= majority <= 1:
        raise ValueError(f"majority is {majority}; give a share between 0 and 1")
    fractions = fractions_of(dataset)
    if np.isnan(fractions[:, 0]).all():
        raise DataError(
            f"{dataset.title} has no votes to derive the classes of {taxonomy.name} from.",
            remedy="Use the set's own labels, or a set with votes: Kaggle, Galaxy Zoo 2, Galaxy Zoo DECaLS.",
        )
    columns = majority_class(taxonomy, fractions, majority=majority)
    labels = [taxonomy.classes[c].id if c >= 0 else "" for c in columns]
    return dataset.with_labels(Scheme.of(taxonomy), labels)


def majority_class(
    taxonomy: Taxonomy, fractions: Float[ndarray, "n 39"], *, majority: float = MAJORITY
) -> Int[ndarray, " n"]:
    """Column of the class that holds more than `majority` of all votes; -1 where none does, or a row is NaN."""
    shares = taxonomy.shares(fractions)
    sure = ~np.isnan(fractions[:, 0]) & (shares.max(axis=1) > majority)
    return np.where(sure, shares.argmax(axis=1), -1)


def relabel(dataset: DataSet, mapping: Mapping[str, str]) -> DataSet:
    """The same pictures under other classes: `mapping` is old class → new class; several may become one, "" drops one.

    Records whose class is dropped stay, without a label. Classes that the mapping does not mention keep theirs.

    Raises
    ------
    DataError
        If the set has no classes, the mapping names one that it does not have, or none is left.
    """
    if dataset.scheme is None:
        raise DataError(
            f"{dataset.title} has no labels to change.",
            remedy="Derive classes from its votes first, or choose a column with label (--label).",
        )
    scheme, to = relabelled(dataset.scheme, mapping)
    return dataset.with_labels(scheme, [to[r.label] if r.label else "" for r in dataset.records])


def fractions_of(dataset: DataSet) -> Float[ndarray, "n 39"]:
    """Conditional fractions in the columns of `SKYFORM`; a row is NaN throughout where there are no votes.

    Nobody was asked which way the arms wind, so both senses have a half.
    """
    out = fractions_of_votes(dataset.votes)
    counted = np.isfinite(out[:, 0])
    given = [r.info.get("decals") for r in dataset.records]
    rows = [i for i, g in enumerate(given) if g is not None and not counted[i]]
    if rows:
        out[rows] = decals_as_skyform(np.array([given[i] for i in rows], dtype=float))
    voted = np.isfinite(out[:, 0])
    out[voted, SKYFORM.slices["sense"]] = 0.5
    return out


def fractions_of_votes(votes: Float[ndarray, "n 37"]) -> Float[ndarray, "n 39"]:
    """Conditional fractions in the columns of `SKYFORM` from Kaggle's cumulative ones; NaN throughout where there are none."""
    out = np.full((len(votes), len(SKYFORM.answers)), np.nan)
    known = np.isfinite(votes).all(axis=1)
    out[known, : votes.shape[1]] = conditional(KAGGLE, votes[known])
    out[known, SKYFORM.slices["sense"]] = 0.5
    return out


def decals_as_skyform(fractions: Float[ndarray, "n 34"]) -> Float[ndarray, "n 39"]:
    """Conditional fractions of the DECaLS tree in the terms of ours; NaN where it says nothing.

    A bar is what is not "no bar". Merging, which DECaLS asks of every galaxy, becomes "anything odd?": a major disturbance or a
    merger is odd, a minor disturbance is not. What DECaLS did not ask (rings, lenses, dust lanes, the sense of rotation) is
    unknown, and so are bulge sizes and arm counts, whose answers do not match.
    """
    given = {a.id: fractions[:, i] for i, a in enumerate(DECALS.answers)}
    out = {a.id: np.full(len(fractions), np.nan) for a in SKYFORM.answers}
    for ours, theirs in _SAME.items():
        out[ours] = given[theirs]
    out["bar.yes"] = 1 - given["bar.no"]
    odd = 1 - given["merging.none"] - np.nan_to_num(given["merging.minor-disturbance"])
    out["odd.yes"] = np.clip(odd, 0, 1)
    out["odd.no"] = 1 - out["odd.yes"]
    with np.errstate(invalid="ignore", divide="ignore"):
        merger = np.clip(given["merging.merger"] / out["odd.yes"], 0, 1)
    out["odd-feature.merger"] = merger
    out["odd-feature.disturbed"] = 1 - merger
    return np.column_stack([out[a.id] for a in SKYFORM.answers])
