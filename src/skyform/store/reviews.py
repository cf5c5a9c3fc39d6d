"""Results that people voted on: what waits for a curator, what was decided, and what becomes of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from skyform.errors import CursorError
from skyform.store.audit import write_audit
from skyform.store.ids import is_id
from skyform.store.paging import Page
from skyform.store.results import result_subject
from skyform.store.tables import ResultRow, ReviewRow, VoteRow
from skyform.store.votes import Votes

__all__ = [
    "Reviewed",
    "VotedOn",
    "count_reviews",
    "disagreement",
    "find_voted",
    "list_reviews",
    "reviewed_results",
    "write_review",
]

_SUBJECT = result_subject("")
# Rows that are fetched together, so that a large site does not need its whole table in memory.
_BATCH = 200


@dataclass(frozen=True, slots=True)
class VotedOn:
    """A result that people voted on. `uncertainty` is what curators' list is ordered by."""

    row: ResultRow
    votes: Votes
    uncertainty: float
    decided: bool


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A result that people voted on, as it goes into a catalogue: `decision` is empty before a curator decided."""

    id: str
    digest: str
    model: str
    votes: Votes
    decision: str
    labels: Mapping[str, str]


def list_reviews(
    session: Session, *, decided: bool, cursor: str | None, limit: int, now: datetime
) -> Page[VotedOn]:
    """Results that people voted on, with a decision or without, the most doubtful first.

    Doubtful is where most people disagree with the model, or where the model itself was least sure: the larger of both.

    Raises
    ------
    CursorError
        If the cursor does not come from this list.
    """
    ranked = sorted(_ranks(session, decided=decided, now=now), reverse=True)
    start = 0
    if cursor is not None:
        last = _decoded(cursor)
        start = next((i for i, rank in enumerate(ranked) if rank < last), len(ranked))
    shown = ranked[start : start + limit]
    rows = {row.id: row for row in _rows(session, [id for _, id in shown])}
    votes = _votes_on(session, list(rows))
    items = [VotedOn(rows[id], votes[id], score, decided) for score, id in shown]
    more = start + len(shown) < len(ranked)
    return Page(items, _encoded(shown[-1]) if more else None, len(ranked))


def count_reviews(session: Session, *, now: datetime) -> int:
    """How many results wait for a decision."""
    waiting = select(func.count()).select_from(ResultRow).where(*_voted(now), ~_reviewed())
    return session.scalar(waiting) or 0


def find_voted(session: Session, id: str, *, now: datetime) -> VotedOn | None:
    """One result that people voted on."""
    if not is_id(id):
        return None
    row = session.scalar(select(ResultRow).where(ResultRow.id == id, *_voted(now)))
    if row is None:
        return None
    votes = _votes_on(session, [id])[id]
    path = row.classification.get("path_taken", [])
    score = max(row.uncertainty, disagreement(votes, path=path, kind=row.kind))
    decided = session.scalar(select(exists().where(ReviewRow.result_id == id)))
    return VotedOn(row, votes, score, bool(decided))


def write_review(
    session: Session,
    id: str,
    *,
    curator: str,
    decision: str,
    labels: Mapping[str, str],
    note: str,
    now: datetime,
) -> None:
    """Write down a decision; earlier ones stay, and the latest counts."""
    session.add(
        ReviewRow(
            result_id=id,
            curator_id=curator,
            decision=decision,
            labels=dict(labels),
            note=note,
            created_at=now,
        )
    )
    write_audit(
        session,
        action="review-decided",
        subject=result_subject(id),
        actor=curator,
        detail={"decision": decision, "labels": dict(labels)},
        now=now,
    )


def reviewed_results(session: Session, *, now: datetime) -> Iterator[Reviewed]:
    """All results that people voted on, the oldest first, but for those that a curator discarded."""
    ids = list(
        session.scalars(
            select(ResultRow.id).where(*_voted(now)).order_by(ResultRow.created_at, ResultRow.id)
        )
    )
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        votes, reviews = _votes_on(session, part), _latest_reviews(session, part)
        chosen = select(ResultRow.id, ResultRow.image_digest, ResultRow.model)
        rows = session.execute(chosen.where(ResultRow.id.in_(part))).all()
        for row in sorted(rows, key=lambda r: part.index(r.id)):
            decision, labels = reviews.get(row.id, ("", {}))
            if decision != "discard":
                yield Reviewed(row.id, row.image_digest, row.model, votes[row.id], decision, labels)


def disagreement(votes: Votes, *, path: Sequence[str], kind: str | None) -> float:
    """How far people disagree with a model: of all questions, the largest share of votes against its answer.

    One vote more is counted as if it agreed, so that a single person weighs less than many.

    Parameters
    ----------
    votes : Votes
    path : sequence of answer ids
        The model's; a question that it does not reach is one that it would not have asked.
    kind : str or None
        The model's kind of object.
    """
    said = {a.partition(".")[0]: a for a in path} | ({"kind": kind} if kind else {})
    shares = [0.0]
    for question, answers in votes.questions.items():
        total = sum(answers.values())
        against = total - answers.get(said.get(question, ""), 0)
        shares.append(against / (total + 1))
    return max(shares)


def _voted(now: datetime) -> tuple[ColumnElement[bool], ...]:
    voted = exists().where(VoteRow.subject == literal(_SUBJECT) + ResultRow.id)
    return voted, or_(ResultRow.expires_at.is_(None), ResultRow.expires_at > now)


def _reviewed() -> ColumnElement[bool]:
    return exists().where(ReviewRow.result_id == ResultRow.id)


def _ranks(session: Session, *, decided: bool, now: datetime) -> Iterator[tuple[float, str]]:
    """Score and id of each. Only small parts of the rows are read: the path out of the statement, and the counted votes."""
    path = ResultRow.classification["path_taken"]
    rows = session.execute(
        select(ResultRow.id, ResultRow.uncertainty, ResultRow.kind, path).where(
            *_voted(now), _reviewed() if decided else ~_reviewed()
        )
    ).all()
    votes = _votes_on(session, [row[0] for row in rows])
    for id, uncertainty, kind, answers in rows:
        doubt = disagreement(votes[id], path=answers or [], kind=kind)
        yield round(max(uncertainty, doubt), 6), id


def _rows(session: Session, ids: Sequence[str]) -> Sequence[ResultRow]:
    return session.scalars(select(ResultRow).where(ResultRow.id.in_(list(ids)))).all()


def _votes_on(session: Session, ids: Sequence[str]) -> dict[str, Votes]:
    person = func.coalesce(VoteRow.user_id, VoteRow.session_id)
    people: dict[str, set[str]] = {id: set() for id in ids}
    questions: dict[str, dict[str, dict[str, int]]] = {id: {} for id in ids}
    for start in range(0, len(ids), _BATCH):
        subjects = [result_subject(id) for id in ids[start : start + _BATCH]]
        rows = session.execute(
            select(VoteRow.subject, person, VoteRow.question, VoteRow.answer).where(
                VoteRow.subject.in_(subjects)
            )
        )
        for subject, who, question, answer in rows:
            id = subject.removeprefix(_SUBJECT)
            people[id].add(who)
            counts = questions[id].setdefault(question, {})
            counts[answer] = counts.get(answer, 0) + 1
    return {id: Votes(len(people[id]), questions[id]) for id in ids}


def _latest_reviews(
    session: Session, ids: Sequence[str]
) -> dict[str, tuple[str, Mapping[str, str]]]:
    rows = session.scalars(
        select(ReviewRow).where(ReviewRow.result_id.in_(list(ids))).order_by(ReviewRow.id)
    )
    return {row.result_id: (row.decision, row.labels) for row in rows}


def _encoded(rank: tuple[float, str]) -> str:
    return f"{rank[0]:.6f}.{rank[1]}"


def _decoded(cursor: str) -> tuple[float, str]:
    score, _, id = cursor.rpartition(".")
    try:
        if not is_id(id):
            raise ValueError(id)
        return float(score), id
    except ValueError:
        raise CursorError(
            f"The cursor {cursor[:80]!r} does not come from this list.",
            remedy="Give `next` of the page before, or no cursor for the first page.",
        ) from None
