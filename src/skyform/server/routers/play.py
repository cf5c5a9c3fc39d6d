"""Classify galaxies oneself."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from skyform.server.contract import Guess, Outcome, Round, Score
from skyform.server.identity import owner
from skyform.server.playing import begin, finish, score_of
from skyform.server.routers.common import Anyone, Shared, add

__all__ = ["play_routes"]


def play_routes() -> APIRouter:
    """Their routes."""
    router = APIRouter(prefix="/api/v1", tags=["play"])
    add(
        router,
        "POST",
        "/play/rounds",
        begin_round,
        status=201,
        errors=(403, 429),
        summary="A galaxy to classify",
    )
    add(
        router,
        "POST",
        "/play/rounds/{id}",
        finish_round,
        errors=(403, 404, 409, 422),
        summary="Give one's answers",
    )
    add(router, "GET", "/play/score", read_score, summary="How one is doing")
    return router


async def begin_round(request: Request, shared: Shared, visitor: Anyone) -> Round:
    """Another one each time, until all have been played."""
    person = await owner(request, visitor)
    return await run_in_threadpool(begin, shared.store, shared.gallery, owner=person.as_owner)


async def finish_round(id: str, guess: Guess, shared: Shared, visitor: Anyone) -> Outcome:
    """Each question can be answered once; the answers must follow the tree."""
    return await run_in_threadpool(
        finish,
        shared.store,
        shared.gallery,
        id=id,
        answers=guess.answers,
        owner=visitor.as_owner,
    )


async def read_score(shared: Shared, visitor: Anyone) -> Score:
    """Of this visitor or account."""
    return await run_in_threadpool(score_of, shared.store, owner=visitor.as_owner)
