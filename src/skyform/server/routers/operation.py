"""For those who run the server: whether it is ready, and its figures."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from skyform.server.contract import Readiness
from skyform.server.problems import RequestError
from skyform.server.readiness import missing
from skyform.server.routers.common import Shared, add

__all__ = ["operation_routes"]


def operation_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter()
    add(
        router,
        "GET",
        "/readyz",
        ready,
        errors=(503,),
        summary="Whether the server can be sent visitors",
    )
    # Its format is Prometheus's own, and no part of the API.
    router.add_api_route("/metrics", figures, include_in_schema=False, response_model=None)
    return router


async def ready(shared: Shared) -> Readiness:
    """That the database, the place for pictures and the model can be used. 503 where one cannot, and while the server is shutting down."""
    if shared.closing.is_set():
        raise _not_ready("the server is shutting down")
    gone = await run_in_threadpool(missing, shared)
    if gone:
        raise _not_ready(f"no answer from {' and '.join(gone)}")
    return Readiness(status="ready", model=shared.classifier.info.id)


async def figures(shared: Shared, authorization: Annotated[str, Header()] = "") -> Response:
    """This process's figures, in Prometheus's text format."""
    wanted = shared.settings.metrics
    if shared.metrics is None:
        raise RequestError(
            "This server gives no figures.",
            remedy="Set SKYFORM_METRICS to open, or to a token.",
            status=404,
            code="not-found",
        )
    if wanted != "open" and not hmac.compare_digest(
        authorization.encode(), f"Bearer {wanted}".encode()
    ):
        raise RequestError(
            "The figures need a token.",
            remedy="Send what SKYFORM_METRICS says as `Authorization: Bearer …`.",
            status=401,
            code="bad-token",
        )
    text = await run_in_threadpool(shared.metrics.text)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _not_ready(why: str) -> RequestError:
    return RequestError(
        f"Not ready: {why}.", remedy="Ask again in a moment.", status=503, code="not-ready"
    )
