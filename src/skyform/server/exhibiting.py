"""Make the bundled exhibits: `python -m skyform.server.exhibiting DATA --to src/skyform/exhibits --results docs/results`.

Only pictures whose licence lets them travel with the package are taken: see `docs/gallery.md`.
"""

import hashlib
import io
import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32
from numpy import ndarray
from PIL import Image

from skyform.datasets import SOURCES, Row, example_rules, read_source
from skyform.errors import DataError
from skyform.evaluation.results_page import read_summaries
from skyform.inference import Classifier
from skyform.inference.modelfile import BUNDLED
from skyform.schema import GALAXY10_DECALS, KINDS, SKYFORM, Prediction
from skyform.server.comparison import comparison_rows
from skyform.server.exhibits import Held, Labelled, View, write_exhibits

__all__ = ["held_of", "labelled_of", "main", "rights_of", "view_of"]

_SOURCES = ("galaxy10_decals", "examples", "deepsky")
_MOST_SIDE = 424
_SMALL_SIDE = 128
# As many directions as keep the agreement between neighbours: see benchmarks/look_alikes.py.
_DIMS = 128
_DECIMALS = 5

# From the data folder's own account of its rights. Whatever is not listed stays out.
_RIGHTS = {
    ("galaxy10_decals", ""): ("MIT", "{survey}; Galaxy10 DECaLS, Leung and Bovy"),
    ("examples", ""): ("Apache-2.0", "{survey}; Galaxy Zoo (Zooniverse)"),
    ("deepsky", "repo MIT; CFHTLS imagery"): ("MIT", "CFHTLS; Space Warps"),
    ("deepsky", "repo MIT, owner photo"): ("MIT", "amateur photograph in the set rongen-roro"),
}
_SURVEYS = {
    "candels": "CANDELS (Hubble)",
    "decals": "DESI Legacy Surveys",
    "ferengi": "FERENGI (SDSS, redshifted by computer)",
    "gama": "GAMA",
    "goods": "GOODS (Hubble)",
    "illustris": "Illustris (simulated)",
    "rongen-roro": "Amateur photographs",
    "sdss": "SDSS",
    "sdss_singleband": "SDSS (one band)",
    "sw-cfhtls": "CFHTLS",
    "ukidss": "UKIDSS",
}
_KIND_WORDS = {k.id: f"a {k.name}" for k in KINDS}
# Texts of answers that say too little without their question.
_ANSWER_WORDS = {
    "smooth-or-features.features": "features or a disc",
    "smooth-or-features.star": "a star or artefact",
    "roundness.in-between": "between round and cigar shaped",
    "odd-feature.other": "something odd",
}


@dataclass(frozen=True, slots=True)
class _Truth:
    scheme: str
    number: int
    label: str
    name: str
    text: str
    answers: tuple[str, ...] = ()


def rights_of(row: Row) -> tuple[str, str] | None:
    """Licence and credit of a picture that may travel with the package; None for any other."""
    rights = _RIGHTS.get((row.source, row.licence))
    if rights is None:
        return None
    licence, credit = rights
    return licence, credit.format(survey=_survey(row))


def held_of(rows: Iterable[Row]) -> list[Held]:
    """The held-out pictures that may travel and whose label can be compared, by class."""
    found: list[Held] = []
    for row in rows:
        rights, truth = rights_of(row), _truth(row)
        if row.split != "validation" or rights is None or truth is None:
            continue
        found.append(_held(row, rights, truth))
    schemes = [GALAXY10_DECALS.id, *SKYFORM.order, "kind"]
    found.sort(key=lambda h: (schemes.index(h.scheme), h.number, h.source_id))
    seen: Counter[str] = Counter()
    titled: list[Held] = []
    for held in found:
        seen[held.survey] += 1
        titled.append(replace(held, title=f"{held.survey}, picture {seen[held.survey]}"))
    return titled


def labelled_of(rows: Iterable[Row]) -> list[Labelled]:
    """The training pictures that may travel and have a label in plain words, as small pictures."""
    found: list[Labelled] = []
    for row in rows:
        rights, truth = rights_of(row), _truth(row)
        if row.split != "train" or rights is None or truth is None:
            continue
        found.append(
            Labelled(
                id=_id(row.image),
                label=", ".join(map(_words, truth.answers)) or truth.text,
                credit=rights[1],
                licence=rights[0],
                source=row.source,
                source_id=row.id,
                picture=_small(row.image),
            )
        )
    return found


def _held(row: Row, rights: tuple[str, str], truth: _Truth) -> Held:
    return Held(
        id=_id(row.image),
        title="",
        survey=_survey(row),
        credit=rights[1],
        licence=rights[0],
        source=row.source,
        source_id=row.id,
        scheme=truth.scheme,
        number=truth.number,
        label=truth.label,
        name=truth.name,
        truth_text=truth.text,
        answers=truth.answers,
        picture=_whole(row),
        thumbnail=_small(row.image),
    )


def _survey(row: Row) -> str:
    return _SURVEYS.get(row.survey, row.survey)


def _truth(row: Row) -> _Truth | None:
    """What people said of a picture; None where they said nothing, or contradict themselves."""
    if row.source == "galaxy10_decals":
        found = GALAXY10_DECALS.classes[row.raw["label"]]
        text = f"“{found.name}”, by most of the volunteers' votes"
        return _Truth(GALAXY10_DECALS.id, found.number, found.id, found.name, text)
    if row.source == "deepsky":
        return _kind_truth(row.raw["label"])
    answers = _example_answers(row)
    if not answers:
        return None
    # The last one in the order of the tree rests on the most others.
    last = SKYFORM.answers[SKYFORM.index[answers[-1]]]
    number = [a.id for a in SKYFORM.question[last.question].answers].index(last.id)
    text = "Galaxy Zoo's example of " + " and ".join(f"“{_words(a)}”" for a in answers)
    label = last.id.partition(".")[2]
    return _Truth(last.question, number, label, last.text, text, answers)


def _kind_truth(label: str) -> _Truth | None:
    number = next((i for i, k in enumerate(KINDS) if k.id == label), None)
    if number is None:
        return None
    return _Truth("kind", number, label, KINDS[number].name, _KIND_WORDS[label])


def _example_answers(row: Row) -> tuple[str, ...]:
    """The answers of a teaching example, in the tree's order; none where a question has several, whether the tree asks it or not."""
    questions = [a["question"] for a in row.raw.get("answers", ())]
    if len(set(questions)) < len(questions):
        return ()
    answers = {rule[0][0][-1] for rule in example_rules(row.raw.get("answers", ()))}
    if len({a.partition(".")[0] for a in answers}) < len(answers):
        return ()
    order = SKYFORM.order
    return tuple(sorted(answers, key=lambda a: order.index(a.partition(".")[0])))


def _words(answer: str) -> str:
    return _ANSWER_WORDS.get(answer, SKYFORM.answers[SKYFORM.index[answer]].text)


def _id(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()[:12]


def _whole(row: Row) -> bytes:
    """The file as it is, which must be a JPEG of at most 424 pixels on a side."""
    with Image.open(io.BytesIO(row.image)) as image:
        if image.format != "JPEG" or max(image.size) > _MOST_SIDE:
            raise DataError(
                f"The picture of {row.id} is {image.format} of {image.width} x {image.height} pixels.",
                remedy=f"The gallery shows JPEGs of at most {_MOST_SIDE} pixels on a side as they are.",
            )
    return row.image


def _small(picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture)) as image:
        small = image.convert("RGB")
        small.thumbnail((_SMALL_SIDE, _SMALL_SIDE), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=82, optimize=True)
        return out.getvalue()


def view_of(
    model: str,
    *,
    digest: str,
    held: Sequence[Held],
    said: Sequence[Prediction],
    labelled: Iterable[Prediction],
) -> View:
    """What a model sees in the exhibits.

    Parameters
    ----------
    model, digest : str
        Its `name@version`, and the SHA-256 of its file.
    held : sequence of Held
    said : sequence of Prediction
        What it says of each of them.
    labelled : iterable of Prediction
        What it says of the labelled pictures, in their order.

    Raises
    ------
    DataError
        If it could not use a picture.
    """
    embeddings = np.stack([_embedding(p) for p in labelled])
    mean, axes = _axes(embeddings)
    return View(
        model=model,
        digest=digest,
        mean=mean,
        axes=axes,
        held=(np.stack([_embedding(p) for p in said]) - mean) @ axes.T,
        labelled=(embeddings - mean) @ axes.T,
        statements=tuple(_statement(replace(p, id=h.id)) for p, h in zip(said, held, strict=True)),
    )


def _embedding(prediction: Prediction) -> Float32[ndarray, " features"]:
    if prediction.failure is not None:
        raise DataError(f"The picture {prediction.id} cannot be used: {prediction.failure}")
    return prediction.embedding.astype(np.float32)


def _axes(
    embeddings: Float32[ndarray, "n features"],
) -> tuple[Float32[ndarray, " features"], Float32[ndarray, "dims features"]]:
    """Mean and principal axes, each pointing to where its largest entry is positive, so that they come out alike everywhere."""
    mean = embeddings.mean(axis=0)
    _, _, axes = np.linalg.svd(embeddings - mean, full_matrices=False)
    axes = axes[:_DIMS]
    largest = np.abs(axes).argmax(axis=1)
    return mean, axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]


def _statement(prediction: Prediction) -> str:
    return json.dumps(_rounded(prediction.to_dict()), ensure_ascii=False, separators=(",", ":"))


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, dict):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list | tuple) else value


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = ArgumentParser(prog="python -m skyform.server.exhibiting", description=__doc__)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the labelled pictures")
    parser.add_argument("--to", type=Path, default=Path("src/skyform/exhibits"), metavar="DIR")
    parser.add_argument("--results", type=Path, default=Path("docs/results"), metavar="DIR")
    options = parser.parse_args(arguments)
    rows = [r for name in _SOURCES for r in read_source(SOURCES[name], options.data)]
    whole = {r.id: r.image for r in rows}
    held, labelled = held_of(rows), labelled_of(rows)
    views: list[View] = []
    for name in BUNDLED:
        classifier = Classifier.load(name)
        view = view_of(
            classifier.info.id,
            digest=hashlib.sha256(classifier.model.path.read_bytes()).hexdigest(),
            held=held,
            said=list(classifier([h.picture for h in held], evidence=True)),
            labelled=classifier([whole[n.source_id] for n in labelled]),
        )
        views.append(view)
        sys.stderr.write(f"{view.model} has seen {len(held)} + {len(labelled)} pictures\n")
    comparison = comparison_rows(read_summaries(options.results).values())
    write_exhibits(
        options.to,
        held=held,
        labelled=labelled,
        views=views,
        comparison=[row.model_dump() for row in comparison],
    )
    sys.stderr.write(f"Written to {options.to}\n")


if __name__ == "__main__":
    main()
