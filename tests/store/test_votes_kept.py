"""Votes: one a person and question."""

from datetime import datetime, timedelta

import made_up_rows
import pytest

from skyform.store import Store, VoteRow
from skyform.store.owners import Owner
from skyform.store.results import adopt
from skyform.store.votes import cast_votes, count_votes, exhibit_subject, votes_of

SUBJECT = exhibit_subject("0123456789ab")


def cast(store: Store, owner: Owner, now: datetime, **answers: str) -> None:
    with store.database.transaction() as session:
        given = {q.replace("_", "-"): a for q, a in answers.items()}
        cast_votes(session, SUBJECT, owner=owner, answers=given, source="play", now=now)


@pytest.fixture
def people(store: Store, now: datetime) -> tuple[Owner, Owner]:
    """One with an account, one without."""
    with store.database.transaction() as session:
        return made_up_rows.user(session, now=now), made_up_rows.visitor(session, now=now)


def test_a_second_vote_replaces_the_first_and_what_it_left_out(
    store: Store, people: tuple[Owner, Owner], now: datetime
) -> None:
    for person in people:
        cast(store, person, now, smooth="smooth.no", bar="bar.yes")
        cast(store, person, now + timedelta(seconds=1), smooth="smooth.yes", odd="odd.no")
    with store.database.reading() as session:
        for person in people:
            found = votes_of(session, SUBJECT, owner=person)
            assert found == {"odd": "odd.no", "smooth": "smooth.yes"}
        votes = count_votes(session, SUBJECT)
        assert votes.people == 2
        assert votes.questions == {"odd": {"odd.no": 2}, "smooth": {"smooth.yes": 2}}
        rows = session.query(VoteRow).all()
    assert {r.created_at for r in rows} == {now + timedelta(seconds=1)}


def test_an_empty_vote_takes_everything_back_and_only_ones_own(
    store: Store, people: tuple[Owner, Owner], now: datetime
) -> None:
    for person in people:
        cast(store, person, now, bar="bar.yes")
    cast(store, people[1], now)
    with store.database.reading() as session:
        assert votes_of(session, SUBJECT, owner=people[1]) == {}
        assert count_votes(session, SUBJECT).questions == {"bar": {"bar.yes": 1}}


def test_the_others_votes_can_be_counted_without_ones_own(
    store: Store, people: tuple[Owner, Owner], now: datetime
) -> None:
    cast(store, people[0], now, bar="bar.yes")
    cast(store, people[1], now, bar="bar.no")
    with store.database.reading() as session:
        for person, others in zip(people, ("bar.no", "bar.yes"), strict=True):
            votes = count_votes(session, SUBJECT, but=person)
            assert (votes.people, votes.questions) == (1, {"bar": {others: 1}})
        assert count_votes(session, SUBJECT, but=Owner()).people == 2
        assert count_votes(session, "exhibit:other").people == 0


def test_nobody_in_particular_cannot_vote(store: Store, now: datetime) -> None:
    with pytest.raises(ValueError, match="needs an account or a session"):
        cast(store, Owner(), now, bar="bar.yes")


def test_one_who_signs_in_is_still_one_person(
    store: Store, people: tuple[Owner, Owner], now: datetime
) -> None:
    member, visitor = people
    cast(store, member, now, bar="bar.yes")
    cast(store, visitor, now + timedelta(hours=1), bar="bar.no")
    with store.database.transaction() as session:
        adopt(session, session_id=str(visitor.session), user_id=str(member.user))
        votes = count_votes(session, SUBJECT)
        assert (votes.people, votes.questions) == (1, {"bar": {"bar.no": 1}})
