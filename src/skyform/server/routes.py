"""The API's routes. Each is thin: read the request, ask the classifier, say the answer in the contract's shape."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from skyform.schema import Failure, Scheme, Taxonomy, Tree
from skyform.server.contract import (
    Classification,
    ErrorBody,
    Health,
    LimitsNote,
    ModelEntry,
    ModelList,
    SampleList,
    TaxonomyClassEntry,
    TaxonomyEntry,
    TreeEntry,
)
from skyform.server.previews import preview_png
from skyform.server.problems import RequestError, request_id
from skyform.server.service import Service, service
from skyform.server.uploads import REQUEST_BODY, Upload, read_upload

__all__ = ["api_routes"]

_Shared = Annotated[Service, Depends(service)]

_UPLOAD_ERRORS = {
    400: "The form cannot be read.",
    408: "The upload took too long.",
    413: "The upload or the picture is too large.",
    415: "Not a format that Skyform reads.",
    422: "The picture, the form or a parameter cannot be used.",
    503: "Too many pictures are waiting.",
    504: "The work took too long.",
}


def api_routes() -> APIRouter:
    """All routes that answer with JSON."""
    router = APIRouter()
    router.add_api_route(
        "/api/v1/classify",
        classify,
        methods=["POST"],
        response_model=Classification,
        responses=_errors(_UPLOAD_ERRORS),
        openapi_extra={"requestBody": REQUEST_BODY},
        summary="Classify one picture",
        response_description="The statement about the picture.",
    )
    router.add_api_route(
        "/api/v1/preview",
        preview,
        methods=["POST"],
        response_class=Response,
        responses={200: {"content": {"image/png": {}}}, **_errors(_UPLOAD_ERRORS)},
        openapi_extra={"requestBody": REQUEST_BODY},
        summary="One picture as PNG",
        response_description="The picture.",
    )
    for path, endpoint, model, summary in (
        ("/api/v1/models", models, ModelList, "The model, its classes and its card"),
        ("/api/v1/samples", samples, SampleList, "Pictures to try"),
        ("/healthz", health, Health, "Whether the server works"),
    ):
        router.add_api_route(path, endpoint, methods=["GET"], response_model=model, summary=summary)
    return router


async def classify(
    request: Request,
    shared: _Shared,
    evidence: Annotated[bool, Query(description="Add the evidence map.")] = False,
    average: Annotated[
        bool, Query(description="Average over the eight flips and rotations; slower.")
    ] = False,
    embedding: Annotated[bool, Query(description="Add the embedding.")] = False,
) -> Classification:
    """Classify the picture in the form's field `file`, or in the raw body.

    A picture that cannot be used is an error: 413 too large, 415 unknown format, 422 anything else.
    """
    async with shared.pool.place():
        upload = await _received(request, shared)
        prediction = await shared.pool.run(
            partial(
                shared.classifier.classify,
                upload.data,
                id=upload.id,
                evidence=evidence,
                average=average or None,
            )
        )
    if prediction.failure is not None:
        raise RequestError.of_failure(prediction.failure)
    return Classification.of(prediction, request_id=request_id(request.scope), embedding=embedding)


async def preview(request: Request, shared: _Shared) -> Response:
    """Show the picture in the form's field `file`, or in the raw body, as Skyform reads it.

    For formats that browsers do not show, such as FITS: the same decoding and stretch that is classified, at most 1024 pixels
    on a side.
    """
    async with shared.pool.place():
        upload = await _received(request, shared)
        png = await shared.pool.run(partial(preview_png, upload.data, limits=shared.limits))
    if isinstance(png, Failure):
        raise RequestError.of_failure(png)
    return Response(png, media_type="image/png")


async def _received(request: Request, shared: Service) -> Upload:
    limit = shared.settings.max_upload_bytes
    return await shared.pool.receive(read_upload(request, limit=limit))


async def models(shared: _Shared) -> ModelList:
    """The model of this server: its own classes, its tree, its taxonomies with the data sets' class numbers, and its card."""
    info = shared.classifier.info
    schemes = [*([info.scheme] if info.scheme else []), *info.taxonomies.values()]
    entry = ModelEntry(
        id=info.id,
        name=info.name,
        version=info.version,
        tree=_tree(info.tree) if info.tree else None,
        taxonomies=[_taxonomy(s) for s in schemes],
        card=dict(info.card),
    )
    limits = LimitsNote(
        max_upload_bytes=shared.settings.max_upload_bytes, max_pixels=shared.settings.max_pixels
    )
    return ModelList(models=[entry], limits=limits)


async def samples(shared: _Shared) -> SampleList:
    """Pictures to try, with their credits."""
    return SampleList(samples=list(shared.samples.entries))


async def health(shared: _Shared) -> Health:
    """`ok` as soon as the server answers: it never listens before its model is loaded."""
    return Health(status="ok", model=shared.classifier.info.id)


def _errors(texts: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    return {s: {"model": ErrorBody, "description": text} for s, text in texts.items()}


def _taxonomy(taxonomy: Taxonomy | Scheme) -> TaxonomyEntry:
    return TaxonomyEntry(
        id=taxonomy.id,
        name=taxonomy.name,
        learned=isinstance(taxonomy, Scheme),
        classes=[
            TaxonomyClassEntry(number=c.number, id=c.id, name=c.name) for c in taxonomy.classes
        ],
    )


def _tree(tree: Tree) -> TreeEntry:
    return TreeEntry.model_validate(
        {
            "id": tree.id,
            "name": tree.name,
            "questions": [asdict(q) for q in tree.questions],
            "also_asked": {q: list(answers) for q, answers in tree.also_asked.items()},
        }
    )
