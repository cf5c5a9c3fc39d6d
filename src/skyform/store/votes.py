"""What people say of pictures: answers to questions, one a person and question."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from skyform.store.owners import Owner
from skyform.store.tables import VoteRow

__all__ = ["Votes", "cast_votes", "count_votes", "exhibit_subject", "votes_of"]


@dataclass(frozen=True, slots=True)
class Votes:
    """The votes on one picture: how many people, and by question how many gave each answer."""

    people: int
    questions: Mapping[str, Mapping[str, int]]


def exhibit_subject(id: str) -> str:
    """What votes on an exhibit of the gallery have as their `subject`."""
    return f"exhibit:{id}"


def cast_votes(
    session: Session,
    subject: str,
    *,
    owner: Owner,
    answers: Mapping[str, str],
    source: str,
    now: datetime,
    comment: str = "",
) -> None:
    """Store a person's answers; whatever the same person said of it before is replaced.

    Parameters
    ----------
    subject : str
        `result:<id>` or `exhibit:<id>`.
    answers : mapping
        Answer by question, both as ids; empty takes everything back.
    source : str
        `feedback`, `play` or `curator`.
    """
    columns = owner.columns()
    person = "user_id" if columns["user_id"] is not None else "session_id"
    # In one order, so that two requests of the same person never wait for each other.
    for question in sorted(answers):
        values = {
            "subject": subject,
            **columns,
            "question": question,
            "answer": answers[question],
            "source": source,
            "comment": comment,
            "created_at": now,
        }
        session.execute(_upsert(session, values, unique=("subject", person, "question")))
    others = VoteRow.question.not_in(list(answers))
    session.execute(
        delete(VoteRow).where(VoteRow.subject == subject, owner.clause(VoteRow), others)
    )


def votes_of(session: Session, subject: str, *, owner: Owner) -> dict[str, str]:
    """What one person says: answer by question."""
    rows = select(VoteRow.question, VoteRow.answer).where(
        VoteRow.subject == subject, owner.clause(VoteRow)
    )
    return dict(session.execute(rows.order_by(VoteRow.question)).all())


def count_votes(session: Session, subject: str, *, but: Owner | None = None) -> Votes:
    """The votes on one picture, of all people or all but one."""
    where = [VoteRow.subject == subject]
    person = func.coalesce(VoteRow.user_id, VoteRow.session_id)
    if but is not None:
        where.append(person != (but.user or but.session or ""))
    people = session.scalar(select(func.count(person.distinct())).where(*where)) or 0
    counted = (
        select(VoteRow.question, VoteRow.answer, func.count())
        .where(*where)
        .group_by(VoteRow.question, VoteRow.answer)
        .order_by(VoteRow.question, VoteRow.answer)
    )
    questions: dict[str, dict[str, int]] = {}
    for question, answer, count in session.execute(counted):
        questions.setdefault(question, {})[answer] = count
    return Votes(people, questions)


def _upsert(session: Session, values: Mapping[str, Any], *, unique: tuple[str, ...]) -> Insert:
    changed = {k: v for k, v in values.items() if k not in unique}
    sqlite_bound = session.get_bind().dialect.name == "sqlite"
    insert = sqlite.insert(VoteRow) if sqlite_bound else postgresql.insert(VoteRow)
    return insert.values(values).on_conflict_do_update(index_elements=unique, set_=changed)
