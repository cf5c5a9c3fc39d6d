"""What people said of kept results, as a catalogue that the laboratory trains on."""

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image, UnidentifiedImageError

from skyform.datasets.derive import majority_class
from skyform.datasets.encoding import encoded, pixels, suffix_of
from skyform.datasets.kaggle import KAGGLE_COLUMNS
from skyform.errors import DataError
from skyform.schema import KAGGLE, KINDS, SKYFORM, TAXONOMIES, cumulative
from skyform.schema.walks import holds
from skyform.store import Objects, Store
from skyform.store.images import read_image
from skyform.store.reviews import Reviewed, reviewed_results

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["catalogue_row", "write_catalogue"]

# Of five pictures, one is for validation: which, its content says, so that it is the same in every export.
_PARTS = 5
_GROUP = 100
_STAR = "smooth-or-features.star"
# What cameras and editors write into pictures beside the pixels: places, names, serial numbers.
_PERSONAL = ("exif", "xmp", "photoshop", "comment", "XML:com.adobe.xmp")
# The tags of a TIFF that say how its pixels lie; any other may name a person, a device or a place.
_LAYOUT_TAGS = frozenset(
    {262, 266, 273, 274, 296, 338, 339, 347, 530, 531, 532, 34675}.union(
        range(254, 260), range(277, 285), range(317, 326)
    )
)


def write_catalogue(store: Store, path: Path, *, format: str) -> int:
    """Write the catalogue; returns its number of rows.

    Pictures are those of the results that people voted on, but for the discarded ones, without what cameras wrote into them.

    Parameters
    ----------
    store : Store
    path : Path
        Where to.
    format : "parquet" or "csv"
        CSV holds no pictures.
    """
    with store.database.reading() as session:
        results = reviewed_results(session, now=datetime.now(UTC))
        if format == "csv":
            return _write_csv(results, path)
        return _write_parquet(results, path, objects=store.objects)


def catalogue_row(result: Reviewed) -> dict[str, Any]:
    """One result without its picture.

    `Class1.1` to `Class11.6` are the shares of all people, as in the Galaxy Zoo challenge; null where a question that people reach was
    answered by nobody. `votes_…` are counts. `label` is the kind of object, and each taxonomy has a column with its class: what the
    curator said, or else what most people did; null where neither says.
    """
    counts = {a.id: _count(result, a.question, a.id) for a in SKYFORM.answers}
    kinds = {k.id: _count(result, "kind", k.id) for k in KINDS}
    fractions = _fractions(counts)
    shares = cumulative(KAGGLE, _kaggle(fractions))
    decided = result.labels if result.decision else {}
    validation = int(result.digest[:8], 16) % _PARTS == 0
    return {
        "image_id": result.id,
        "object": result.digest,
        "split": "validation" if validation else "train",
        "label": decided.get("kind") or _most_said_kind(kinds, counts),
        "decision": result.decision,
        "curator": json.dumps(dict(decided), sort_keys=True) if decided else None,
        "model": result.model,
        "volunteers": result.votes.people,
        **{t: _class_of(t, decided, fractions) for t in TAXONOMIES},
        **dict(zip(KAGGLE_COLUMNS, map(_null_for_nan, shares.tolist()), strict=True)),
        **{f"votes_{a}": n for a, n in counts.items()},
        **{f"votes_kind.{k}": n for k, n in kinds.items()},
    }


def _count(result: Reviewed, question: str, answer: str) -> int:
    return result.votes.questions.get(question, {}).get(answer, 0)


def _fractions(counts: Mapping[str, int]) -> Float[ndarray, " answers"]:
    """Conditional fractions; NaN for a question that nobody answered."""
    given = np.array([counts[a.id] for a in SKYFORM.answers], dtype=float)
    out = np.full(given.shape, np.nan)
    for part in SKYFORM.slices.values():
        total = given[part].sum()
        if total:
            out[part] = given[part] / total
    return out


def _kaggle(fractions: Float[ndarray, " answers"]) -> Float[ndarray, "37"]:
    """Those of the challenge's questions, by its convention that everybody is asked whether there is anything odd."""
    out = fractions[: len(KAGGLE.answers)].copy()
    odd = KAGGLE.slices["odd"]
    # Who sees a star is asked nothing more.
    if out[KAGGLE.index[_STAR]] == 1:
        out[odd] = [float(a.id == "odd.no") for a in KAGGLE.question["odd"].answers]
    return out


def _most_said_kind(kinds: Mapping[str, int], counts: Mapping[str, int]) -> str | None:
    """The kind that more than half of the people named; who answered the tree's first question spoke of a galaxy, or of none."""
    said = dict(kinds)
    for answer in SKYFORM.questions[0].answers:
        if answer.id != _STAR:
            said["galaxy"] += counts[answer.id]
    best = max(said, key=said.__getitem__)
    return best if 2 * said[best] > sum(said.values()) + counts[_STAR] else None


def _class_of(
    taxonomy: str, decided: Mapping[str, str], fractions: Float[ndarray, " answers"]
) -> str | None:
    classes = TAXONOMIES[taxonomy].classes
    if any(question != "kind" for question in decided):
        return next((c.id for c in classes if holds(c.rule, decided)), None)
    column = int(majority_class(TAXONOMIES[taxonomy], fractions[None])[0])
    return classes[column].id if column >= 0 else None


def _null_for_nan(value: float) -> float | None:
    return None if np.isnan(value) else value


def _write_csv(results: Iterator[Reviewed], path: Path) -> int:
    import pyarrow.csv as pc

    rows = [catalogue_row(r) for r in results]
    pc.write_csv(_table(rows), path)
    return len(rows)


def _write_parquet(results: Iterator[Reviewed], path: Path, *, objects: Objects) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    image = pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    schema = pa.schema([image, *_table([]).schema])
    written = 0
    with pq.ParquetWriter(path, schema) as writer:
        while part := list(islice(_with_pictures(results, objects), _GROUP)):
            rows = [{**catalogue_row(result), "image": picture} for result, picture in part]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            written += len(rows)
    return written


def _with_pictures(
    results: Iterator[Reviewed], objects: Objects
) -> Iterator[tuple[Reviewed, Mapping[str, Any]]]:
    for result in results:
        try:
            picture = _impersonal(read_image(objects, result.digest), name=result.id)
        except FileNotFoundError:
            # Its owner deleted it a moment ago.
            continue
        if picture is None:
            continue
        yield result, {"bytes": picture, "path": f"{result.id}{suffix_of(picture)}"}


def _impersonal(picture: bytes, *, name: str) -> bytes | None:
    """The file as it is where it holds no more than the picture, and its pixels as PNG where it does; None where that is not possible."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            personal = _says_more(image)
        return encoded(pixels(picture, name=name)) if personal else picture
    except UnidentifiedImageError:
        # FITS, which Pillow need not know.
        return picture
    except (OSError, DataError):
        # Damaged behind its pixels, or with more than 8 bits, which no PNG of ours holds.
        return None


def _says_more(image: Image.Image) -> bool:
    """Whether a file says anything beside its pixels."""
    if image.format == "PNG":
        # Texts may come after the pixels.
        image.load()
        if any(isinstance(value, str) for value in image.info.values()):
            return True
    tags = getattr(image, "tag_v2", {})
    return bool(set(tags) - _LAYOUT_TAGS) or any(key in image.info for key in _PERSONAL)


def _table(rows: list[dict[str, Any]]) -> "pa.Table":
    import pyarrow as pa

    texts = ("image_id", "object", "split", "label", "decision", "curator", "model", *TAXONOMIES)
    types = {
        **dict.fromkeys(texts, pa.string()),
        **dict.fromkeys(KAGGLE_COLUMNS, pa.float64()),
    }
    counts = [f"votes_{a.id}" for a in SKYFORM.answers] + [f"votes_kind.{k.id}" for k in KINDS]
    types |= dict.fromkeys(("volunteers", *counts), pa.int64())
    return pa.Table.from_pylist(rows, schema=pa.schema(list(types.items())))
