"""Is this right? What people say of kept results, and what curators make of it."""

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from skyform.schema import KINDS, SKYFORM
from skyform.schema.walks import check_consistent
from skyform.server.contract import Tally, VoteSheet
from skyform.server.identity import Visitor
from skyform.server.problems import RequestError
from skyform.store import ResultRow, Store
from skyform.store.results import read_result, result_subject
from skyform.store.reviews import find_voted
from skyform.store.votes import Votes, cast_votes, count_votes, votes_of

__all__ = ["checked_answers", "is_curator", "no_result", "seen_result", "tally", "tally_of", "vote"]


def vote(store: Store, *, id: str, sheet: VoteSheet, visitor: Visitor) -> Tally:
    """Store what a visitor says of a result; it replaces what the same one said before, and an empty sheet takes it back.

    Raises
    ------
    RequestError
        404 for a result that the visitor may not see, 422 for answers that contradict the tree or each other.
    """
    answers = checked_answers(sheet.answers, kind=sheet.kind)
    if sheet.comment and not answers:
        raise _refused("There is a comment without an answer.", "Give the kind, or one answer.")
    now = datetime.now(UTC)
    with store.database.transaction() as session:
        seen_result(session, id, visitor=visitor, now=now)
        cast_votes(
            session,
            result_subject(id),
            owner=visitor.as_owner,
            answers=answers,
            source="curator" if is_curator(visitor) else "feedback",
            comment=sheet.comment,
            now=now,
        )
        return _tally(session, id, visitor=visitor)


def tally(store: Store, *, id: str, visitor: Visitor) -> Tally:
    """What people say of a result.

    Raises
    ------
    RequestError
        404 for a result that the visitor may not see.
    """
    with store.database.reading() as session:
        seen_result(session, id, visitor=visitor, now=datetime.now(UTC))
        return _tally(session, id, visitor=visitor)


def tally_of(votes: Votes, *, mine: Mapping[str, str]) -> Tally:
    """Counted votes in the contract's shape."""
    questions = {q: dict(answers) for q, answers in votes.questions.items()}
    return Tally(votes=votes.people, questions=questions, mine=dict(mine))


def checked_answers(answers: Mapping[str, str], *, kind: str | None) -> dict[str, str]:
    """Answers by question, with the kind of object as one of them.

    Raises
    ------
    RequestError
        422 for a kind or an answer that there is not, an answer to another question than it is given for, or answers that contradict
        each other.
    """
    if kind is not None and kind not in {k.id for k in KINDS}:
        kinds = ", ".join(k.id for k in KINDS)
        raise _refused(f"kind is {kind[:40]!r}.", f"The kinds are {kinds}.")
    if kind not in (None, "galaxy") and answers:
        raise _refused(
            f"kind is {kind!r}, and there are answers about a galaxy.", "Leave out one of both."
        )
    try:
        given = dict(check_consistent(SKYFORM, list(answers.values())))
    except ValueError as error:
        raise _refused(
            f"The answers cannot be used: {str(error)[:200]}.",
            "Give ids of the tree at /api/v1/models.",
        ) from None
    misplaced = [q for q, a in answers.items() if given.get(q) != a]
    if misplaced:
        question = misplaced[0]
        raise _refused(
            f"{answers[question]!r} is given for {question[:60]!r}, whose answer it is not.",
            "Name the question that the answer begins with.",
        )
    return given | ({"kind": kind} if kind is not None else {})


def is_curator(visitor: Visitor) -> bool:
    """Whether the visitor may see whatever was voted on."""
    return visitor.role in ("curator", "admin")


def no_result() -> RequestError:
    """The problem of a result that is not there, or not the visitor's."""
    return RequestError(
        "There is no such result, or it is not shared.",
        remedy="Ask its owner to share it.",
        status=404,
        code="not-found",
    )


def seen_result(session: Session, id: str, *, visitor: Visitor, now: datetime) -> ResultRow:
    """A result of one's own, a shared one, or, for curators, one that was voted on."""
    row = read_result(session, id, owner=visitor.as_owner, now=now)
    if row is not None:
        return row
    voted = find_voted(session, id, now=now) if is_curator(visitor) else None
    if voted is None:
        raise no_result()
    return voted.row


def _tally(session: Session, id: str, *, visitor: Visitor) -> Tally:
    subject = result_subject(id)
    mine = votes_of(session, subject, owner=visitor.as_owner)
    return tally_of(count_votes(session, subject), mine=mine)


def _refused(message: str, remedy: str) -> RequestError:
    return RequestError(message, remedy=remedy, status=422, code="invalid-answers")
