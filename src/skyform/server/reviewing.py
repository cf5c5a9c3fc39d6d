"""Curators: what people and the model disagree about, and what is decided on it."""

from datetime import UTC, datetime

from skyform.server.contract import (
    ResultSummary,
    ReviewDecision,
    ReviewItem,
    ReviewPage,
)
from skyform.server.identity import Visitor
from skyform.server.keeping import detail
from skyform.server.problems import RequestError
from skyform.server.voting import checked_answers, tally_of
from skyform.store import ResultRow, Store
from skyform.store.results import result_subject
from skyform.store.reviews import VotedOn, find_voted, list_reviews, write_review
from skyform.store.votes import votes_of

__all__ = ["decide_on", "review_page"]


def review_page(
    store: Store, *, visitor: Visitor, decided: bool, cursor: str | None, limit: int
) -> ReviewPage:
    """Results that people voted on, the most doubtful first.

    Raises
    ------
    CursorError
        If the cursor does not come from this list.
    """
    with store.database.reading() as session:
        page = list_reviews(
            session, decided=decided, cursor=cursor, limit=limit, now=datetime.now(UTC)
        )
        owner = visitor.as_owner
        items = [
            _item(
                v,
                mine=votes_of(session, result_subject(v.row.id), owner=owner),
                visitor=visitor,
            )
            for v in page.items
        ]
    return ReviewPage(items=items, next=page.next, total=page.total)


def decide_on(store: Store, *, id: str, decision: ReviewDecision, visitor: Visitor) -> ReviewItem:
    """Write a decision down.

    Raises
    ------
    RequestError
        404 for a result that nobody voted on, 422 for a correction without an answer, or an answer where none belongs.
    """
    given = checked_answers(decision.answers, kind=decision.kind)
    if bool(given) != (decision.decision == "correct"):
        raise RequestError(
            f"The decision is {decision.decision!r} with {len(given)} answers.",
            remedy="Give answers or a kind with `correct`, and only there.",
            status=422,
            code="invalid-answers",
        )
    now = datetime.now(UTC)
    with store.database.transaction() as session:
        voted = find_voted(session, id, now=now)
        if voted is None:
            raise _not_voted_on()
        if decision.decision == "accept":
            given = _accepted(voted.row)
        write_review(
            session,
            id,
            curator=visitor.user or "",
            decision=decision.decision,
            labels=given,
            note=decision.note,
            now=now,
        )
        mine = votes_of(session, result_subject(id), owner=visitor.as_owner)
        item = _item(voted, mine=mine, visitor=visitor)
    item.decided = True
    return item


def _not_voted_on() -> RequestError:
    return RequestError(
        "There is no such result that people voted on.",
        remedy="Choose one from the list at /api/v1/reviews.",
        status=404,
        code="not-found",
    )


def _accepted(row: ResultRow) -> dict[str, str]:
    """The model's own answers as labels; those of the tree only where it takes the picture for a galaxy."""
    labels = {} if row.kind is None else {"kind": row.kind}
    if row.kind in (None, "galaxy"):
        path: list[str] = row.classification.get("path_taken", [])
        labels |= {answer.partition(".")[0]: answer for answer in path}
    return labels


def _item(voted: VotedOn, *, mine: dict[str, str], visitor: Visitor) -> ReviewItem:
    shown = detail(voted.row, visitor=visitor)
    summary = {name: getattr(shown, name) for name in ResultSummary.model_fields}
    return ReviewItem(
        result=ResultSummary(**summary),
        classification=shown.classification,
        tally=tally_of(voted.votes, mine=mine),
        uncertainty=voted.uncertainty,
        decided=voted.decided,
    )
