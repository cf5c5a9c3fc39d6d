"""Rounds of the game: which exhibit a person is shown next, and how they are doing."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from skyform.store.ids import is_id, new_id
from skyform.store.owners import Owner
from skyform.store.tables import PlayRow

__all__ = ["Standing", "begin_play", "find_play", "finish_play", "standing_of"]

# Rounds of one person that were begun and left, before the oldest is forgotten.
_MOST_OPEN = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person is doing.

    `agreement` is the share of rounds that agreed with the truth, of those where answers and truth could be compared;
    `model_agreement` the model's on the same rounds. Both are None before the first such round, which counts for no streak either.
    """

    rounds: int
    points: int
    streak: int
    best_streak: int
    agreement: float | None
    model_agreement: float | None


def begin_play(
    session: Session, owner: Owner, *, exhibits: Sequence[str], now: datetime
) -> PlayRow:
    """A new round, with one of the exhibits that this person was shown least often: none comes again before all have been shown."""
    _forget_open(session, owner)
    counted = select(PlayRow.exhibit, func.count()).where(owner.clause(PlayRow))
    shown = dict(session.execute(counted.group_by(PlayRow.exhibit)).all())
    fewest = min(shown.get(e, 0) for e in exhibits)
    row = PlayRow(
        id=new_id(),
        **owner.columns(),
        exhibit=random.choice([e for e in exhibits if shown.get(e, 0) == fewest]),
        points=0,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def find_play(session: Session, id: str, *, owner: Owner) -> PlayRow | None:
    """A round of this person."""
    if not is_id(id):
        return None
    return session.scalar(select(PlayRow).where(PlayRow.id == id, owner.clause(PlayRow)))


def finish_play(
    session: Session,
    id: str,
    *,
    points: int,
    right: bool | None,
    model_right: bool | None,
    now: datetime,
) -> bool:
    """Write down how a round went; False where it had ended before."""
    ended = (
        update(PlayRow)
        .where(PlayRow.id == id, PlayRow.finished_at.is_(None))
        .values(points=points, right=right, model_right=model_right, finished_at=now)
        .returning(PlayRow.id)
    )
    return session.scalar(ended) is not None


def standing_of(session: Session, owner: Owner) -> Standing:
    """How a person is doing, over all rounds that ended."""
    rounds = session.execute(
        select(PlayRow.points, PlayRow.right, PlayRow.model_right)
        .where(owner.clause(PlayRow), PlayRow.finished_at.is_not(None))
        .order_by(PlayRow.finished_at, PlayRow.id)
    ).all()
    judged = [r for r in rounds if r.right is not None]
    compared = [r.model_right for r in judged if r.model_right is not None]
    streak, best = _streaks([r.right for r in judged])
    return Standing(
        rounds=len(rounds),
        points=sum(r.points for r in rounds),
        streak=streak,
        best_streak=best,
        agreement=_share([r.right for r in judged]),
        model_agreement=_share(compared),
    )


def _forget_open(session: Session, owner: Owner) -> None:
    kept = (
        select(PlayRow.id)
        .where(owner.clause(PlayRow), PlayRow.finished_at.is_(None))
        .order_by(PlayRow.created_at.desc(), PlayRow.id)
        .limit(_MOST_OPEN - 1)
    )
    session.execute(
        delete(PlayRow).where(
            owner.clause(PlayRow),
            PlayRow.finished_at.is_(None),
            PlayRow.id.not_in(list(session.scalars(kept))),
        )
    )


def _streaks(right: Sequence[bool]) -> tuple[int, int]:
    """The last run of rounds that were right, and the longest."""
    now = best = 0
    for r in right:
        now = now + 1 if r else 0
        best = max(best, now)
    return now, best


def _share(right: Collection[bool]) -> float | None:
    return sum(right) / len(right) if right else None
