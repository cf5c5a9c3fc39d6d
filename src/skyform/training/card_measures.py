"""What a model card says, measured: from a model and the data on disk to plain values.

Nothing here needs torch: whoever has a model file can measure it again. `answer` stands for the network, so that a run in training and an
exported file are measured by the same code.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image

from skyform.datasets import Row
from skyform.datasets.strangers import STRANGERS, stranger_pictures
from skyform.evaluation import Calibration, bootstrap, validation_scores
from skyform.evaluation.confidence import measure_confidence
from skyform.evaluation.fitting import Evidence, strangers_and_known
from skyform.evaluation.rejection import separation
from skyform.evaluation.stability import CONFIDENT, DISTURBANCES, Said, changed
from skyform.images import Preprocess, decode
from skyform.schema import KINDS, SKYFORM, TAXONOMIES, Scheme
from skyform.schema.modelfile import mirror_images
from skyform.training.judging import answered, validation_rows
from skyform.training.truth import evidence_of, truth_of

__all__ = ["SHOWN", "CardModel", "Mistake", "Sizes", "measure_card", "worst_mistakes"]

# Sources whose pictures a package may show: Apache-2.0 and MIT.
SHOWN = ("examples", "galaxy10_decals")
_BATCH = 32
_THUMBNAIL = 128  # px
_LEAST = 10  # pictures of a survey that get a line
_STABILITY_TAXONOMIES = ("galaxy10_sdss", "galaxy10_decals", "hubble", "galaxy_zoo_1")
_PHOTOGRAPHED = ("galaxy", "cluster", "nebula", "lens")
_GALAXIES = ("gz2", "gz1", "kaggle", "examples", "galaxy10_decals", "galaxy10_sdss")


@dataclass(frozen=True)
class CardModel:
    """A model to measure: its network (pixels in, raw outputs by name out), its preprocessing and its calibration."""

    answer: Callable[[UInt8[ndarray, "b size size 3"]], Mapping[str, ndarray]]
    preprocess: Preprocess
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many strangers of each sort are drawn, and how many galaxies at most are disturbed."""

    strangers: int = 50
    disturbed: int = 400


@dataclass(frozen=True, slots=True)
class Mistake:
    """A picture that the model got wrong: what it said, how surely, what is right, and a thumbnail."""

    id: str
    source: str
    question: str
    said: str
    confidence: float
    right: str
    jpeg: bytes


def measure_card(
    model: CardModel,
    data: Path,
    *,
    sizes: Sizes | None = None,
    progress: Callable[[str], object] = lambda _: None,
) -> tuple[dict[str, Any], list[Mistake]]:
    """Measure a model on the validation split, on strangers, and on disturbed pictures.

    Parameters
    ----------
    model : CardModel
        Of Skyform's tree, with kinds.
    data : path
        Folder with the Parquet files of `skyform.datasets.SOURCES`; those that are absent are left out.
    sizes : Sizes, optional
    progress : callable, optional
        Told what is being done.

    Returns
    -------
    measures : dict
        Plain values: `scores`, `surveys`, `confidence`, `rejection`, `stability`.
    mistakes : list of Mistake
        The worst first.

    Raises
    ------
    DataError
        If the folder holds no validation picture.
    """
    sizes = sizes or Sizes()
    rows = validation_rows(data)
    progress(f"{len(rows):,} validation pictures")
    outputs = _outputs(model, [r.image for r in rows])
    evidence = evidence_of(rows, outputs)
    progress("confidence")
    confidence = measure_confidence(evidence).to_dict()
    scores = validation_scores([truth_of(r) for r in rows], answered(evidence, model.calibration))
    progress("strangers")
    rejection = _rejection(model, rows, evidence, sizes.strangers)
    progress("stability")
    stability = _stability(model, rows, sizes.disturbed)
    measures = {
        "scores": {name: score.to_dict() for name, score in scores.items()},
        "surveys": _surveys(rows, evidence, model.calibration),
        "confidence": confidence,
        "rejection": rejection,
        "stability": stability,
    }
    return measures, worst_mistakes(rows, evidence, model.calibration)


def worst_mistakes(
    rows: Sequence[Row], seen: Evidence, calibration: Calibration, *, most: int = 8
) -> list[Mistake]:
    """The pictures with the surest wrong answers, the surest first: one mistake a picture, at most `most` of one source."""
    found: dict[int, Mistake] = {}
    for name, ids, p, truth in _judgements(seen, calibration):
        said, sure = p.argmax(axis=1), p.max(axis=1)
        for i in np.flatnonzero((truth >= 0) & (said != truth)).tolist():
            before = found.get(i)
            if before is None or before.confidence < sure[i]:
                found[i] = Mistake(
                    rows[i].id,
                    rows[i].source,
                    name,
                    ids[said[i]],
                    float(sure[i]),
                    ids[truth[i]],
                    b"",
                )
    out: list[Mistake] = []
    taken: dict[str, int] = {}
    for i, mistake in sorted(found.items(), key=lambda pair: -pair[1].confidence):
        count = taken.get(mistake.source, 0)
        if count < most:
            taken[mistake.source] = count + 1
            out.append(replace(mistake, jpeg=_thumbnail(rows[i].image)))
    return out


def _judgements(
    seen: Evidence, calibration: Calibration
) -> Iterator[tuple[str, list[str], ndarray, ndarray]]:
    """Name, answer ids, probabilities and right answers of every question and taxonomy, and of the kind."""
    fractions = calibration.fractions(seen.answers)
    chances = calibration.answer_chances(fractions)
    for i, question in enumerate(SKYFORM.questions):
        ids = [a.text for a in question.answers]
        yield question.text, ids, chances[:, SKYFORM.slices[question.id]], seen.settled[:, i]
    for id, truth in seen.classes.items():
        taxonomy = TAXONOMIES[id]
        p = calibration.classes(taxonomy, fractions)[0]
        yield taxonomy.name, [c.name for c in taxonomy.classes], p, truth
    p = calibration.kinds(seen.kinds, seen.distance)
    yield "Kind of object", [k.name for k in KINDS], p, seen.kind


def _outputs(model: CardModel, images: Sequence[bytes | ndarray]) -> dict[str, ndarray]:
    """Raw outputs of all pictures, by name."""
    parts: list[Mapping[str, ndarray]] = []
    for start in range(0, len(images), _BATCH):
        prepared = [model.preprocess(decode(image)) for image in images[start : start + _BATCH]]
        parts.append(model.answer(np.stack([p.pixels for p in prepared])))
    names = ("answers", "kinds", "distance")
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def _surveys(
    rows: Sequence[Row], seen: Evidence, calibration: Calibration
) -> dict[str, dict[str, Any]]:
    """For each survey, the share of its pictures' right answers to tree questions that the model gives first."""
    fractions = calibration.fractions(seen.answers)
    said = np.stack([fractions[:, part].argmax(axis=1) for part in SKYFORM.slices.values()], axis=1)
    known = seen.settled >= 0
    right = known & (said == seen.settled)
    survey = np.array([r.survey.lower() or r.source for r in rows])
    out: dict[str, dict[str, Any]] = {}
    for name in np.unique(survey):
        at = (survey == name) & known.any(axis=1)
        if at.sum() >= _LEAST:
            share = bootstrap(
                lambda r, k: float(r.sum() / k.sum()),
                right[at].sum(axis=1).astype(float),
                known[at].sum(axis=1).astype(float),
            )
            out[str(name)] = {**share.to_dict(), "answers": int(known[at].sum())}
    return out


def _rejection(model: CardModel, rows: Sequence[Row], seen: Evidence, count: int) -> dict[str, Any]:
    """Area under the ROC curve of each sort of strangers, against galaxies where it is near and all known pictures where it is far."""
    calibration = model.calibration
    source = np.array([r.source for r in rows])
    known = strangers_and_known(seen)[1]
    scores = _strangeness(calibration, seen.answers, seen.kinds, seen.distance)
    against = {True: scores[known & (source != "deepsky")], False: scores[known]}
    sorts: dict[str, Any] = {}
    together: dict[bool, list[ndarray]] = {True: [], False: []}
    for id, sort in STRANGERS.items():
        outputs = _outputs(model, stranger_pictures(id, count))
        found = _strangeness(calibration, outputs["answers"], outputs["kinds"], outputs["distance"])
        together[sort.near].append(found)
        sorts[id] = {
            "title": sort.title,
            "near": sort.near,
            "auroc": separation(found, against[sort.near]).to_dict(),
            "flagged": round(float((found > calibration.strange_above).mean()), 4),
        }
    out: dict[str, Any] = {
        "far": separation(np.concatenate(together[False]), against[False]).to_dict(),
        "near": separation(np.concatenate(together[True]), against[True]).to_dict(),
        "known_flagged": round(float((scores[known] > calibration.strange_above).mean()), 4),
        "sorts": sorts,
    }
    label = np.array([str(r.raw.get("label", "")) for r in rows])
    out["known"] = {
        title: {"value": round(float(flagged.mean()), 4), "n": int(flagged.size)}
        for title, at in (
            ("galaxies on survey stamps", known & (source != "deepsky")),
            *((f"photographs: {k}", (source == "deepsky") & (label == k)) for k in _PHOTOGRAPHED),
        )
        if (flagged := scores[at] > calibration.strange_above).size
    }
    if (source == "not_galaxy").any():
        out["not_galaxy"] = separation(scores[source == "not_galaxy"], against[True]).to_dict()
    return out


def _strangeness(
    calibration: Calibration, answers: ndarray, kinds: ndarray, distance: ndarray
) -> Float[ndarray, " n"]:
    return calibration.strangeness(kinds, distance, calibration.fractions(answers))


def _stability(model: CardModel, rows: Sequence[Row], most: int) -> dict[str, Any]:
    """For each disturbance and taxonomy, the share of confident galaxies whose class changes."""
    at = [i for i, r in enumerate(rows) if r.source in _GALAXIES]
    rng = np.random.default_rng(0)
    chosen = sorted(rng.permutation(at)[:most].tolist())
    pictures = [decode(rows[i].image).rgb for i in chosen]
    before = _said(model, pictures)
    out: dict[str, Any] = {"pictures": len(pictures), "confident": CONFIDENT, "changed": {}}
    for id, disturbance in DISTURBANCES.items():
        after = _said(model, [disturbance.disturb(p, rng) for p in pictures])
        shares: dict[str, Any] = {}
        for taxonomy in _STABILITY_TAXONOMIES:
            images = mirror_images(Scheme.of(TAXONOMIES[taxonomy]))
            share = changed(
                before[taxonomy], after[taxonomy], mirrors=images if disturbance.mirrors else ()
            )
            shares[taxonomy] = None if share is None else share.to_dict()
        out["changed"][id] = {"title": disturbance.title, **shares}
    return out


def _said(model: CardModel, pictures: Sequence[ndarray]) -> dict[str, Said]:
    outputs = _outputs(model, pictures)
    fractions = model.calibration.fractions(outputs["answers"])
    said: dict[str, Said] = {}
    for taxonomy in _STABILITY_TAXONOMIES:
        p = model.calibration.classes(TAXONOMIES[taxonomy], fractions)[0]
        said[taxonomy] = Said(p.argmax(axis=1), p.max(axis=1))
    return said


def _thumbnail(image: bytes) -> bytes:
    picture = Image.fromarray(decode(image).rgb)
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
