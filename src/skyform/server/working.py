"""From an upload to the statement about it: the one way, for single pictures, kept results and jobs alike."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from starlette.requests import Request

from skyform.images import Picture, Square, Stretch, measure_shape
from skyform.images.preview import Preview, draw_preview
from skyform.schema import Prediction
from skyform.server.contract import Classification, Display
from skyform.server.decoding import is_exotic
from skyform.server.problems import RequestError
from skyform.server.rate import address_of
from skyform.server.service import Service
from skyform.server.shape import shape_note
from skyform.server.uploads import Upload, read_form, read_upload

__all__ = ["PLAIN", "Options", "classified", "drawn", "received", "received_many"]

_LOOK_ALIKES = 6


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for beside the plain answer.

    Attributes
    ----------
    evidence : bool
        The evidence map, of the answer named in `evidence_of`, or of the decisive one.
    average : bool
        Look at all eight flips and rotations.
    embedding : bool
        The embedding.
    details : bool
        Shape, look-alikes, lesson and stretch.
    square : Square or None
        Classify this part of the picture.
    stretch : Stretch or None
        Levels for pictures that hold measurements.
    """

    evidence: bool = False
    evidence_of: str = ""
    average: bool = False
    embedding: bool = False
    details: bool = False
    square: Square | None = None
    stretch: Stretch | None = None

    @property
    def is_more(self) -> bool:
        """Whether it takes more than one look of the network at what it would see anyway."""
        return self.evidence or bool(self.evidence_of) or self.average or self.details


PLAIN = Options()


@asynccontextmanager
async def received(request: Request, shared: Service) -> AsyncGenerator[Upload]:
    """The picture of a request, with a place in the pool for as long as it is worked on.

    Raises
    ------
    RequestError
        503 where too much waits already, 408 where the picture does not arrive; see `read_upload`.
    """
    limit = shared.settings.max_upload_bytes
    async with shared.pool.place(_announced(request, limit), address=address_of(request.scope)):
        yield await shared.pool.receive(read_upload(request, limit=limit))


@asynccontextmanager
async def received_many(
    request: Request, shared: Service
) -> AsyncGenerator[tuple[list[tuple[str, IO[bytes]]], str]]:
    """The files of a form, larger ones on disk, and the title that it gives.

    Raises
    ------
    RequestError
        408 where they do not arrive; see `read_form`.
    """
    settings = shared.settings
    limit = asyncio.timeout(settings.job_upload_seconds)
    try:
        async with limit:
            form = await read_form(request, most=settings.max_files)
    except TimeoutError:
        raise RequestError(
            f"The upload took longer than {settings.job_upload_seconds:g} seconds.",
            remedy="Send the pictures in several jobs.",
            status=408,
            code="upload-timeout",
            close=True,
        ) from None
    try:
        yield form.files, form.title
    finally:
        await form.close()


async def classified(
    shared: Service, upload: Upload, *, options: Options = PLAIN, request_id: str = ""
) -> Classification:
    """Classify one picture. Hold a place in the pool meanwhile; see `received`.

    Raises
    ------
    RequestError
        Where the picture cannot be used, the options do not fit the model, or it takes too long.
    """
    _check(shared, options)
    exotic = shared.decoders is not None and is_exotic(upload.data)
    if options.is_more:
        work = partial(_looked_at, shared, upload, options)
        prediction, more = await shared.pool.run(work, exotic=exotic)
    else:
        prepare = partial(
            shared.prepare,
            upload.data,
            id=upload.id,
            square=options.square,
            stretch=options.stretch,
        )
        future = shared.pool.batched(prepare, exotic=exotic)
        prediction, more = await shared.pool.finished(future), {}
    if prediction.failure is not None:
        raise RequestError.of_failure(prediction.failure)
    made = Classification.of(prediction, request_id=request_id, embedding=options.embedding)
    return made.model_copy(update=more) if more else made


async def drawn(
    shared: Service,
    data: bytes,
    *,
    side: int,
    format: str = "PNG",
    stretch: Stretch | None = None,
) -> Preview:
    """A picture as a browser can show it, at most `side` pixels on a side.

    Raises
    ------
    RequestError
        Where it takes too long.
    ImageError
        Where the picture cannot be used.
    """
    draw = partial(
        draw_preview, data, side=side, format=format, limits=shared.limits, stretch=stretch
    )
    exotic = shared.decoders is not None and is_exotic(data)
    return await shared.pool.run(partial(shared.decoded, draw, exotic=exotic), exotic=exotic)


def _announced(request: Request, limit: int) -> int:
    """Bytes to expect: what the request says, or the most there can be."""
    length = request.headers.get("content-length", "")
    return min(int(length), limit) if length.isdigit() else limit


def _check(shared: Service, options: Options) -> None:
    wanted, info = options.evidence_of, shared.classifier.info
    own = f"{info.scheme.id}:{wanted}" if info.scheme is not None else wanted
    if wanted and wanted not in info.maps and own not in info.maps:
        known = ", ".join(info.maps) or "for none"
        raise RequestError(
            f"evidence_of is {wanted[:80]!r}, which this model has no evidence map of.",
            remedy=f"It has maps {'of ' if info.maps else ''}{known}.",
            status=422,
            code="invalid-parameter",
        )


def _looked_at(
    shared: Service, upload: Upload, options: Options
) -> tuple[Prediction, dict[str, Any]]:
    """The statement with all that was asked for, and the parts that are none of the model's."""
    evidence = options.evidence_of or options.evidence
    ready = shared.prepare(
        upload.data,
        id=upload.id,
        keep=bool(evidence) or options.details,
        square=options.square,
        stretch=options.stretch,
    )
    # None looks as often as the model was calibrated for.
    average = options.average or None
    prediction = shared.classifier.predict([ready], evidence=evidence, average=average)[0]
    if not options.details or not prediction.ok:
        return prediction, {}
    return prediction, _details(shared, prediction, ready.picture)


def _details(shared: Service, prediction: Prediction, picture: Picture | None) -> dict[str, Any]:
    neighbours = shared.gallery.neighbours
    more: dict[str, Any] = {
        "look_alikes": neighbours.look_alikes(prediction.embedding, _LOOK_ALIKES),
        "lesson": shared.guide.lesson(prediction),
    }
    if picture is not None and prediction.frame is not None:
        measured = measure_shape(picture, prediction.frame)
        more["shape"] = shape_note(measured, linear=picture.levels is not None)
        more["display"] = _display(picture)
    return more


def _display(picture: Picture) -> Display:
    used = Stretch() if picture.levels is None else picture.levels.stretch
    return Display(adjustable=picture.deep, low=used.low, high=used.high, softening=used.softening)
