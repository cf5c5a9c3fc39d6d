"""The models, their figures, and the pictures to try."""

from dataclasses import asdict

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from skyform.schema import Scheme, Taxonomy, Tree
from skyform.server.contract import (
    Comparison,
    ComparisonRow,
    Health,
    LimitsNote,
    ModelEntry,
    ModelFigures,
    ModelList,
    SampleList,
    TaxonomyClassEntry,
    TaxonomyEntry,
    TreeEntry,
)
from skyform.server.figures import gallery_figures
from skyform.server.routers.common import Shared, add

__all__ = ["model_routes"]


def model_routes() -> APIRouter:
    """Their routes, and the one that says whether the server works."""
    router = APIRouter()
    api = "/api/v1"
    for path, endpoint, summary in (
        (f"{api}/models", models, "The model, its classes and its card"),
        (f"{api}/models/figures", model_figures, "How good it is on the gallery"),
        (f"{api}/comparison", comparison, "The reference systems and ours"),
        (f"{api}/samples", samples, "Pictures to try"),
        ("/healthz", health, "Whether the server works"),
    ):
        add(router, "GET", path, endpoint, summary=summary)
    return router


async def models(shared: Shared) -> ModelList:
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
        max_upload_bytes=shared.settings.max_upload_bytes,
        max_pixels=shared.settings.max_pixels,
        max_files=shared.settings.max_files,
    )
    return ModelList(models=[entry], limits=limits)


async def samples(shared: Shared) -> SampleList:
    """Pictures to try, with their credits."""
    return SampleList(samples=list(shared.samples.entries))


async def model_figures(shared: Shared) -> ModelFigures:
    """Reliability and confusion of this server's model on the held-out galaxies of the gallery."""
    return await run_in_threadpool(gallery_figures, shared.gallery, model=shared.classifier.info.id)


async def comparison(shared: Shared) -> Comparison:
    """What the reference systems R1 to R5 reported, what our recipes measured, and what our own model reaches."""
    rows = await run_in_threadpool(shared.gallery.comparison)
    return Comparison(rows=[ComparisonRow.model_validate(row) for row in rows])


async def health(shared: Shared) -> Health:
    """`ok` as soon as the server answers: it never listens before its model is loaded."""
    return Health(status="ok", model=shared.classifier.info.id)


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
