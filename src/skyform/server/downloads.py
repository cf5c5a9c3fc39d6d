"""Answers as files: one or many predictions as CSV, JSON, Parquet, FITS or VOTable; one as a card."""

import io
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image
from starlette.concurrency import run_in_threadpool

from skyform.images import Stretch
from skyform.inference import ModelInfo
from skyform.inference.writers import open_writer
from skyform.schema import (
    AnswerEstimate,
    ClassEstimate,
    Failure,
    Flag,
    Frame,
    KindEstimate,
    Prediction,
)
from skyform.server.cards import HEIGHT, card_png
from skyform.server.contract import Answer, Classification, TaxonomyChoice
from skyform.server.pictures import draw_jpeg
from skyform.server.service import Describes, Service

__all__ = ["MEDIA_TYPES", "as_file", "attachment", "prediction_of", "table", "write_table"]

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "fits": "application/fits",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
    "votable": "application/x-votable+xml",
}

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_FLAGS = frozenset(f.value for f in Flag)


def write_table(
    predictions: Iterable[Prediction],
    path: str | os.PathLike[str],
    *,
    format: str,
    model: Describes,
) -> None:
    """Write predictions to a file, a row each.

    Parameters
    ----------
    predictions : iterable of Prediction
        Those that failed get a row that says why.
    path : path
        An older file there is replaced.
    format : str
        `csv`, `json`, `parquet`, `fits` or `votable`.
    model : Describes
        Whose predictions they are; it decides on the columns.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    info = model if isinstance(model, ModelInfo) else None
    writer = open_writer(path, format="vot" if format == "votable" else format, info=info)
    with writer:
        for prediction in predictions:
            writer.write(_harmless(prediction) if format == "csv" else prediction)


def table(predictions: Iterable[Prediction], *, format: str, model: Describes) -> bytes:
    """The same as bytes, for a few predictions."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        write_table(predictions, path, format=format, model=model)
        return path.read_bytes()


def _harmless(prediction: Prediction) -> Prediction:
    """With a name that spreadsheets do not take for a formula: names are strangers'."""
    if not prediction.id.startswith(_FORMULAS):
        return prediction
    return replace(prediction, id=f"'{prediction.id}")


async def as_file(
    shared: Service,
    classification: Classification,
    *,
    format: str,
    picture: bytes,
    stretch: Stretch | None = None,
) -> bytes:
    """One classification as a file. Hold a place in the pool meanwhile.

    Parameters
    ----------
    format : str
        `json`, `csv`, `fits`, or `png` for a card.
    picture : bytes
        What was classified; only the card needs it.
    stretch : Stretch, optional
        How the card shows it.
    """
    if format == "json":
        return classification.model_dump_json(indent=2).encode()
    prediction = prediction_of(classification)
    if format != "png":
        model = shared.classifier.info
        work = partial(table, [prediction], format=format, model=model)
        return await run_in_threadpool(work)
    # The card's square needs its full width even from an elongated picture.
    shown = await draw_jpeg(shared, picture, side=3 * HEIGHT, stretch=stretch)
    return await shared.pool.run(partial(_card, prediction, shown))


def attachment(name: str, *, suffix: str) -> dict[str, str]:
    """The header that makes a browser save the answer under a name that a stranger chose (RFC 6266)."""
    words = re.sub(r"[^\w.+-]+", "-", name, flags=re.ASCII).strip("-.") or "result"
    whole = quote(f"{name.strip() or 'result'}.{suffix}", safe="")
    shown = f"attachment; filename=\"{words}.{suffix}\"; filename*=UTF-8''{whole}"
    return {"Content-Disposition": shown}


def prediction_of(classification: Classification) -> Prediction:
    """What a classification was made from, but for its arrays."""
    c = classification
    return Prediction(
        id=c.id,
        path=c.path,
        model=c.model,
        # A flag that only an older version knew has no meaning any more.
        flags=tuple(Flag(f.code) for f in c.flags if f.code in _FLAGS),
        failure=None if c.error is None else Failure(**c.error.model_dump()),
        kind=_kind(c),
        answers=tuple(map(_answer, c.answers)),
        asked=c.asked,
        path_taken=tuple(c.path_taken),
        rolled_up=tuple(c.rolled_up),
        answer_sets={q: tuple(ids) for q, ids in c.answer_sets.items()},
        strangeness=c.strangeness,
        sentence=c.sentence,
        classes={id: _class(choice) for id, choice in c.classes.items()},
        frame=None if c.frame is None else Frame(**c.frame.model_dump()),
        evidence_of=c.evidence_of,
    )


def _kind(classification: Classification) -> KindEstimate | None:
    kind = classification.kind
    if kind is None:
        return None
    return KindEstimate(
        kind.id, kind.name, kind.confidence, kind.probabilities, tuple(kind.answer_set)
    )


def _answer(answer: Answer) -> AnswerEstimate:
    return AnswerEstimate(**answer.model_dump())


def _class(choice: TaxonomyChoice) -> ClassEstimate:
    values: dict[str, Any] = choice.model_dump(exclude={"chance"})
    for name in ("probabilities", "answer_set"):
        values[name] = tuple(values[name])
    return ClassEstimate(**values)


def _card(prediction: Prediction, picture: bytes) -> bytes:
    with Image.open(io.BytesIO(picture)) as opened:
        return card_png(prediction, np.asarray(opened.convert("RGB")))
