"""Rounds: what is shown next, and how one is doing."""

from collections import Counter
from datetime import datetime, timedelta

import made_up_rows
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from skyform.store import PlayRow, Store
from skyform.store.owners import Owner
from skyform.store.plays import begin_play, find_play, finish_play, standing_of

EXHIBITS = [f"exhibit-{i}" for i in range(7)]


@pytest.fixture
def player(store: Store, now: datetime) -> Owner:
    with store.database.transaction() as session:
        return made_up_rows.visitor(session, now=now)


def play(
    store: Store,
    player: Owner,
    now: datetime,
    *,
    right: bool | None = True,
    model_right: bool | None = True,
) -> str:
    with store.database.transaction() as session:
        row = begin_play(session, player, exhibits=EXHIBITS, now=now)
        ended = {"points": 10, "right": right, "model_right": model_right, "now": now}
        assert finish_play(session, row.id, **ended)
        assert not finish_play(session, row.id, **ended)
        return row.exhibit


def test_none_comes_again_before_all_have_come(store: Store, player: Owner, now: datetime) -> None:
    shown = [play(store, player, now + timedelta(minutes=i)) for i in range(14)]
    assert set(shown[:7]) == set(EXHIBITS)
    assert Counter(shown) == dict.fromkeys(EXHIBITS, 2)


def test_rounds_that_were_left_are_not_shown_again_and_do_not_pile_up(
    store: Store, player: Owner, now: datetime
) -> None:
    with store.database.transaction() as session:
        shown = [
            begin_play(session, player, exhibits=EXHIBITS, now=now + timedelta(minutes=i)).exhibit
            for i in range(7)
        ]
        assert set(shown) == set(EXHIBITS)
        for i in range(20):
            last = begin_play(session, player, exhibits=EXHIBITS, now=now + timedelta(hours=1 + i))
        assert session.scalar(select(func.count()).select_from(PlayRow)) == 10
        assert find_play(session, last.id, owner=player) is not None
        assert standing_of(session, player).rounds == 0


def test_streaks_and_shares_count_rounds_that_could_be_compared(
    store: Store, player: Owner, now: datetime
) -> None:
    played = [(True, True), (True, False), (None, True), (True, None), (False, True), (True, True)]
    for i, (right, model_right) in enumerate(played):
        play(store, player, now + timedelta(minutes=i), right=right, model_right=model_right)
    with store.database.reading() as session:
        standing = standing_of(session, player)
    assert (standing.rounds, standing.points) == (6, 60)
    assert (standing.streak, standing.best_streak) == (1, 3)
    assert standing.agreement == pytest.approx(4 / 5)
    assert standing.model_agreement == pytest.approx(3 / 4)


def test_others_rounds_are_nobodys_business(store: Store, player: Owner, now: datetime) -> None:
    with store.database.transaction() as session:
        row = begin_play(session, player, exhibits=EXHIBITS, now=now)
        other = made_up_rows.visitor(session, now=now)
        for owner in (other, Owner()):
            assert find_play(session, row.id, owner=owner) is None
            assert standing_of(session, owner).agreement is None
        assert find_play(session, "no id\0", owner=player) is None


@given(st.lists(st.booleans()))
def test_no_streak_is_longer_than_the_longest(right: list[bool]) -> None:
    from skyform.store.plays import _streaks

    now, best = _streaks(right)
    assert 0 <= now <= best <= sum(right)
    assert (now == 0) == (not right or not right[-1])
