"""The application: settings in, an ASGI app out."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from fastapi import FastAPI

import skyform
from skyform.inference import Classifier, Ready
from skyform.schema import Prediction
from skyform.server.accounts import Accounts
from skyform.server.csrf import OwnPages
from skyform.server.decoding import Decoders
from skyform.server.exhibits import Exhibits
from skyform.server.fetching import Fetcher, ports_of
from skyform.server.gallery import Gallery
from skyform.server.guard import BodyLimit, Envelope
from skyform.server.jobworker import working_off
from skyform.server.metrics import Metrics
from skyform.server.observing import Observed
from skyform.server.pages import add_pages
from skyform.server.pool import Places, Pool
from skyform.server.problems import add_handlers
from skyform.server.proxies import Proxies
from skyform.server.rate import RateLimit
from skyform.server.resetting import resetting
from skyform.server.routers import api_routes
from skyform.server.samples import Samples
from skyform.server.service import Classifies, Service, decoding_limits, opened_store
from skyform.server.settings import Settings
from skyform.server.sweeping import sweeping
from skyform.server.uploads import FORM_OVERHEAD
from skyform.store import Store
from skyform.store.jobs import count_waiting

__all__ = ["create_app"]

_UPLOADS_OF_JOBS = 8  # received at the same time; they lie on disk until they are kept
_STREAMS = 200  # of events, open at the same time
_EXPORTS = 2  # written at the same time, of either kind
_SHARE = 4  # the part of the places that one address may take, so that slow uploads from there keep nobody else out
_LEAST_SHARE = 4  # places


def create_app(
    settings: Settings, *, classifier: Classifies | None = None, store: Store | None = None
) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings : Settings
        Limits, model, folders.
    classifier : optional
        What classifies; by default `Classifier.load` with the settings' model.
    store : optional
        Where accounts, results and pictures are kept; by default where the settings say. It is prepared when the application starts.

    Returns
    -------
    FastAPI
        With the API under `/api/v1`, `/healthz`, and the page at `/`.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    classifier = _load(settings) if classifier is None else classifier
    shared = _service(settings, classifier, opened_store(settings) if store is None else store)
    # Swagger UI and ReDoc would come from a third party, so that the description is served without them.
    app = FastAPI(
        title="Skyform",
        version=skyform.__version__,
        description="From a picture of the sky to its morphology.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(shared),
    )
    app.state.service = shared
    app.include_router(api_routes())
    add_pages(app)
    add_handlers(app)
    _add_layers(app, shared)
    return app


def _service(settings: Settings, classifier: Classifies, store: Store) -> Service:
    metrics = None
    if settings.metrics != "off":
        metrics = Metrics(version=skyform.__version__, model=classifier.info.id)
    pool = _pool(settings, classifier, metrics)
    if metrics is not None:
        metrics.watch(
            "pictures_under_way", "Pictures received or worked on.", value=lambda: pool.taken
        )
        metrics.watch(
            "job_pictures_waiting",
            "Pictures of jobs without an answer.",
            value=partial(_waiting, store),
        )
    return Service(
        settings=settings,
        classifier=classifier,
        pool=pool,
        samples=Samples.read(settings.samples),
        store=store,
        accounts=Accounts.of(settings, store=store, metrics=metrics),
        gallery=_gallery(classifier),
        fetcher=_fetcher(settings),
        intake=Places(
            places=_UPLOADS_OF_JOBS,
            each=_UPLOADS_OF_JOBS // _SHARE,
            busy="Too many jobs are being sent.",
        ),
        streams=Places(places=_STREAMS, busy="Too many jobs are being watched."),
        exports=Places(places=_EXPORTS, busy="Others are exporting their data at the moment."),
        catalogues=Places(
            places=_EXPORTS, busy="Others are exporting the catalogue at the moment."
        ),
        preparation=classifier.preparation if isinstance(classifier, Classifier) else None,
        decoders=Decoders(processes=settings.decoders, seconds=settings.timeout),
        metrics=metrics,
    )


def _add_layers(app: FastAPI, shared: Service) -> None:
    """From the inside out."""
    settings, accounts = shared.settings, shared.accounts
    limit = settings.max_upload_bytes
    app.add_middleware(
        BodyLimit,
        limit=limit + FORM_OVERHEAD,
        shown=limit,
        job=settings.max_job_bytes + FORM_OVERHEAD,
        seconds=settings.timeout,
    )
    app.add_middleware(OwnPages, cookies=accounts.cookies)
    app.add_middleware(RateLimit, settings=settings, sessions=accounts.sessions)
    app.add_middleware(Envelope, cookies=accounts.cookies)
    app.add_middleware(Observed, metrics=shared.metrics, addresses=settings.log_addresses > 0)
    app.add_middleware(Proxies, trusted=settings.trusted_proxies)


def _waiting(store: Store) -> float:
    with store.database.reading() as session:
        return float(count_waiting(session))


def _load(settings: Settings) -> Classifies:
    return Classifier.load(
        settings.model,
        threads=settings.threads,
        limits=decoding_limits(settings),
    )


def _pool(settings: Settings, classifier: Classifies, metrics: Metrics | None) -> Pool:
    def predict(ready: Sequence[Ready]) -> list[Prediction]:
        if metrics is not None:
            metrics.classified(len(ready))
        return classifier.predict(ready)

    return Pool(
        predict,
        workers=settings.workers,
        decoders=settings.decoders,
        batch=settings.batch,
        places=settings.queue,
        room=settings.queue_bytes,
        each=max(settings.queue // _SHARE, _LEAST_SHARE),
        timeout=settings.timeout,
    )


def _fetcher(settings: Settings) -> Fetcher:
    return Fetcher(
        limit=settings.max_upload_bytes,
        seconds=settings.fetch_seconds,
        ports=ports_of(settings.fetch_ports),
    )


def _gallery(classifier: Classifies) -> Gallery:
    def classify(picture: bytes, id: str) -> Prediction:
        return classifier.classify(picture, id=id)

    return Gallery(Exhibits(), model=classifier.info.id, classify=classify)


def _lifespan(shared: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    settings, store = shared.settings, shared.store

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        store.prepare()
        async with (
            sweeping(store, minutes=settings.sweep_minutes),
            resetting(shared.accounts.resets),
            working_off(shared, lease=settings.job_lease),
        ):
            yield
        shared.close()

    return lifespan
