"""What a model file says of itself: the values that training writes beside the network, and that inference reads."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from skyform.errors import ModelError
from skyform.schema.schemes import Scheme
from skyform.schema.taxonomies import KINDS, TAXONOMIES
from skyform.schema.trees import GZ2, KAGGLE, SKYFORM

__all__ = [
    "FORMAT",
    "LOOKS",
    "METADATA_KEY",
    "MODEL_TREES",
    "ORIENTATIONS",
    "READABLE",
    "RESERVED_COLUMNS",
    "check_scheme",
    "class_columns",
    "description",
    "mirror_images",
]

# The key of the JSON in an ONNX file's metadata, the format that is written, and those that are read.
METADATA_KEY = "skyform"
FORMAT = 2
READABLE = (1, 2)
# Trees that a model can answer: those with the questions that sentences and taxonomies speak of.
MODEL_TREES = {t.id: t for t in (SKYFORM, KAGGLE, GZ2)}
# Columns of our tables that no model's own classes may take. Result files do not tell capitals apart.
RESERVED_COLUMNS = frozenset(
    {
        *("id", "path", "kind", "kind_confidence", "kind_set", "rolled_up", "strangeness"),
        *("flags", "error", "model"),
    }
)
_LARGEST_NUMBER = 2**31 - 1

# The flips and turns of a square, as (quarter turns, mirrored first), in an order of which the first 1, 2, 4 or 8 lie far apart.
ORIENTATIONS = (
    (0, False),
    (2, True),
    (1, False),
    (3, True),
    (2, False),
    (0, True),
    (3, False),
    (1, True),
)
LOOKS = (1, 2, 4, 8)


def description(
    *,
    name: str,
    version: str,
    title: str,
    precision: str,
    preprocess: Mapping[str, Any],
    card: Mapping[str, Any],
    tree: str = "",
    kinds: Sequence[str] = (),
    calibration: Mapping[str, Any] | None = None,
    scheme: Scheme | None = None,
    class_calibration: Mapping[str, Any] | None = None,
    looks: int = 1,
) -> dict[str, Any]:
    """The metadata of a model file, as plain values.

    The file's input is `image`; its outputs are found by their names. `embedding` is always there. A tree has the output
    `answers` (logits); kinds have `kinds` and `distance`; own classes have `classes` (logits, in the scheme's order). Files from before
    0.4 have an output `evidence` too, which is not read.

    Parameters
    ----------
    name, version, title, precision : str
        `name@version` is the model's id.
    preprocess : mapping
        `Preprocess.to_dict()`.
    card : mapping
        The model card, plain JSON values without NaN.
    tree : str
        Id of the tree that it answers; empty for none.
    kinds : sequence of str
        The ids of `KINDS`, or none.
    calibration : mapping, optional
        `Calibration.to_dict()`, of tree and kinds.
    scheme : Scheme, optional
        Classes of the model's own.
    class_calibration : mapping, optional
        `ClassCalibration.to_dict()`.
    looks : int
        Orientations of the picture (the first of `ORIENTATIONS`) over which answers are averaged, as they were when it was calibrated.

    Raises
    ------
    ModelError
        If the model answers nothing, the tree or the kinds are not Skyform's, the card is no JSON, or the classes cannot be
        told apart in tables (see `check_scheme`).
    """
    if not tree and scheme is None:
        raise ModelError(
            f"The model {name} answers neither a tree nor classes of its own.",
            remedy="Give `tree`, `scheme`, or both.",
        )
    if tree and tree not in MODEL_TREES:
        raise ModelError(f"tree is {tree!r}; models answer {', '.join(MODEL_TREES)}.")
    if list(kinds) not in ([], [k.id for k in KINDS]):
        raise ModelError(f"kinds are {list(kinds)}; give those of `KINDS` in their order, or none.")
    if looks not in LOOKS:
        raise ModelError(f"looks is {looks}; it must be one of {LOOKS}.")
    if scheme is not None:
        check_scheme(scheme)
    try:
        json.dumps(card, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ModelError(f"The card of {name} is no plain JSON: {error}.") from error
    return {
        "format": FORMAT,
        "name": name,
        "version": version,
        "title": title,
        "precision": precision,
        "tree": tree,
        "kinds": list(kinds),
        "looks": looks,
        "preprocess": dict(preprocess),
        "calibration": dict(calibration or {}),
        "classes": None
        if scheme is None
        else {"scheme": scheme.to_dict(), "calibration": dict(class_calibration or {})},
        "card": dict(card),
    }


def class_columns(scheme: Scheme) -> tuple[str, ...]:
    """Names of the columns that own classes get in tables: number, name, confidence, answer set, then one probability a class."""
    parts = (scheme.id, *(f"{scheme.id}_{part}" for part in ("name", "confidence", "set")))
    return (*parts, *(f"p_{id}" for id in scheme.ids))


def check_scheme(scheme: Scheme) -> None:
    """Make sure that own classes can be told apart from each other, and from everything else, in a table.

    A scheme may have the id of a built-in taxonomy: then its classes stand in that one's place.

    Raises
    ------
    ModelError
        If a column would be there twice, or a class number is negative or beyond 32 bits.
    """
    taken = {c.lower() for c in RESERVED_COLUMNS} | {a.column.lower() for a in SKYFORM.answers}
    for taxonomy in TAXONOMIES:
        if taxonomy != scheme.id:
            taken |= {taxonomy, f"{taxonomy}_confidence", f"{taxonomy}_set"}
    for column in class_columns(scheme):
        if column.lower() in taken:
            raise ModelError(
                f"The classes of {scheme.id!r} would make a second table column {column!r} (capitals do not count).",
                remedy="Rename the label column or the class; `skyform fit --relabel OLD=NEW` renames a class.",
            )
        taken.add(column.lower())
    wrong = [c for c in scheme.classes if not 0 <= c.number <= _LARGEST_NUMBER]
    if wrong:
        raise ModelError(
            f"The class {wrong[0].id!r} of {scheme.id!r} has the number {wrong[0].number}; "
            f"numbers run from 0 to {_LARGEST_NUMBER}."
        )


_SENSE = re.compile(r"(?<![a-z])(anti|counter-?)?clockwise(?![a-z])|(?<![a-z])(a|c)?cw(?![a-z])")


def mirror_images(scheme: Scheme) -> tuple[int, ...]:
    """For each class, the position of the class of a mirrored picture: its own, but for classes that say which way it turns.

    Two classes are each other's mirror image where their ids differ in "clockwise" and "anticlockwise" alone (or "cw" and "acw").
    """
    stems = [_SENSE.sub("\0", id.lower()) for id in scheme.ids]
    out = list(range(len(stems)))
    for i, stem in enumerate(stems):
        twins = [j for j, other in enumerate(stems) if other == stem and j != i and "\0" in stem]
        if len(twins) == 1:
            out[i] = twins[0]
    return tuple(out)
