"""The API's routes, one module for each part of it. Each is thin: read the request, ask, say the answer in the contract's shape."""

from fastapi import APIRouter

from skyform.server.routers.account import account_routes
from skyform.server.routers.admin import admin_routes
from skyform.server.routers.classify import classify_routes
from skyform.server.routers.gallery import gallery_routes
from skyform.server.routers.guide import guide_routes
from skyform.server.routers.jobs import jobs_routes
from skyform.server.routers.models import model_routes
from skyform.server.routers.operation import operation_routes
from skyform.server.routers.play import play_routes
from skyform.server.routers.results import results_routes
from skyform.server.routers.review import review_routes

__all__ = ["api_routes"]


def api_routes() -> APIRouter:
    """All routes that answer with JSON."""
    router = APIRouter()
    for part in (
        classify_routes,
        model_routes,
        results_routes,
        jobs_routes,
        gallery_routes,
        guide_routes,
        play_routes,
        review_routes,
        account_routes,
        admin_routes,
        operation_routes,
    ):
        router.include_router(part())
    return router
