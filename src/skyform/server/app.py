"""The application: settings in, an ASGI app out."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

import skyform
from skyform.inference import Classifier
from skyform.server.guard import BodyLimit, Envelope
from skyform.server.pages import add_pages
from skyform.server.pool import Pool
from skyform.server.problems import add_handlers
from skyform.server.routes import api_routes
from skyform.server.samples import Samples
from skyform.server.service import Classifies, Service, decoding_limits
from skyform.server.settings import Settings
from skyform.server.uploads import FORM_OVERHEAD

__all__ = ["create_app"]


def create_app(settings: Settings, *, classifier: Classifies | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        Limits, model, folders.
    classifier : optional
        What classifies; by default `Classifier.load` with the settings' model.

    Returns
    -------
    FastAPI
        With the API under `/api/v1`, `/healthz`, and the page at `/`.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    pool = Pool(workers=settings.workers, queue=settings.queue, timeout=settings.timeout)
    # Swagger UI and ReDoc would come from a third party, so that the description is served without them.
    app = FastAPI(
        title="Skyform",
        version=skyform.__version__,
        description="From a picture of the sky to its morphology.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(pool),
    )
    app.state.service = Service(
        settings=settings,
        classifier=_load(settings) if classifier is None else classifier,
        pool=pool,
        samples=Samples.read(settings.samples),
    )
    app.include_router(api_routes())
    add_pages(app)
    add_handlers(app)
    limit = settings.max_upload_bytes
    app.add_middleware(BodyLimit, limit=limit + FORM_OVERHEAD, shown=limit)
    app.add_middleware(Envelope)
    return app


def _load(settings: Settings) -> Classifies:
    return Classifier.load(
        settings.model,
        threads=settings.threads,
        limits=decoding_limits(settings),
    )


def _lifespan(pool: Pool) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        yield
        pool.close()

    return lifespan
