"""What waits for curators, and what they decide."""

from datetime import datetime, timedelta

import made_up_rows
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.errors import CursorError
from skyform.store import ResultRow, Store
from skyform.store.audit import list_audit
from skyform.store.owners import Owner
from skyform.store.results import delete_results, result_subject
from skyform.store.reviews import (
    disagreement,
    find_voted,
    list_reviews,
    reviewed_results,
    write_review,
)
from skyform.store.votes import Votes, cast_votes

PATH = ["smooth-or-features.features", "edge-on.no", "bar.yes", "spiral.yes"]


def voted(
    store: Store,
    now: datetime,
    *votes: str,
    title: str = "NGC 1",
    uncertainty: float = 0.1,
    expires_at: datetime | None = None,
) -> str:
    """A result of a barred spiral, and what each of several people say of its bar."""
    with store.database.transaction() as session:
        owner = made_up_rows.visitor(session, now=now)
        row = made_up_rows.result(
            session, store, owner, now=now, title=title, expires_at=expires_at
        )
        row.uncertainty = uncertainty
        row.classification = {"path_taken": PATH, "long": "x" * 1000}
        for answer in votes:
            person = made_up_rows.visitor(session, now=now)
            made_up_rows.vote(
                session, person, subject=result_subject(row.id), now=now, answer=answer
            )
        return row.id


def listed(store: Store, now: datetime, *, decided: bool = False, limit: int = 50) -> list[str]:
    with store.database.reading() as session:
        page = list_reviews(session, decided=decided, cursor=None, limit=limit, now=now)
        assert page.total == len(page.items)
        return [v.row.id for v in page.items]


def review(store: Store, id: str, decision: str, now: datetime, **labels: str) -> str:
    with store.database.transaction() as session:
        name = f"curator {len(list_audit(session, cursor=None, limit=50).items)}"
        curator = made_up_rows.user(session, now=now, name=name).user
        assert curator is not None
        write_review(
            session, id, curator=curator, decision=decision, labels=labels, note="", now=now
        )
        return curator


def test_the_most_doubtful_come_first(store: Store, now: datetime) -> None:
    agreed = voted(store, now, "bar.yes", "bar.yes")
    unsure = voted(store, now, "bar.yes", uncertainty=0.7)
    one_against = voted(store, now, "bar.no")
    three_against = voted(store, now, "bar.no", "bar.no", "bar.no")
    voted(store, now)
    voted(store, now, "bar.no", expires_at=now - timedelta(days=1))
    assert listed(store, now) == [three_against, unsure, one_against, agreed]


def test_pages_join_to_the_whole_list(store: Store, now: datetime) -> None:
    for i in range(7):
        voted(store, now, "bar.yes", uncertainty=round(0.1 * (i % 3), 1))
    whole, cursor, pages = listed(store, now), None, []
    with store.database.reading() as session:
        while True:
            page = list_reviews(session, decided=False, cursor=cursor, limit=3, now=now)
            pages += [v.row.id for v in page.items]
            cursor = page.next
            if cursor is None:
                break
        for wrong in ("", "0.5", "x.y", f"nonsense.{'0' * 32}"):
            with pytest.raises(CursorError, match="does not come from this list"):
                list_reviews(session, decided=False, cursor=wrong, limit=3, now=now)
    assert pages == whole
    assert len(set(pages)) == 7


def test_a_decision_moves_a_result_and_is_written_down(store: Store, now: datetime) -> None:
    id = voted(store, now, "bar.no")
    curator = review(store, id, "correct", now, bar="bar.no")
    assert listed(store, now) == []
    assert listed(store, now, decided=True) == [id]
    with store.database.reading() as session:
        entry = list_audit(session, cursor=None, limit=5).items[0]
        found = find_voted(session, id, now=now)
    assert (entry.action, entry.actor, entry.subject) == ("review-decided", curator, f"result:{id}")
    assert entry.detail == {"decision": "correct", "labels": {"bar": "bar.no"}}
    assert found is not None
    assert found.decided
    assert found.votes == Votes(1, {"bar": {"bar.no": 1}})


def test_the_latest_decision_counts_and_the_discarded_stay_out(store: Store, now: datetime) -> None:
    ids = [voted(store, now + timedelta(minutes=i), "bar.no") for i in range(3)]
    review(store, ids[1], "correct", now, bar="bar.no")
    review(store, ids[1], "accept", now + timedelta(days=1), kind="galaxy")
    review(store, ids[2], "accept", now, kind="galaxy")
    review(store, ids[2], "discard", now)
    with store.database.reading() as session:
        found = list(reviewed_results(session, now=now + timedelta(days=2)))
    assert [(r.id, r.decision, r.labels) for r in found] == [
        (ids[0], "", {}),
        (ids[1], "accept", {"kind": "galaxy"}),
    ]
    assert found[0].votes == Votes(1, {"bar": {"bar.no": 1}})


def test_what_is_deleted_or_not_voted_on_is_not_there(store: Store, now: datetime) -> None:
    id, quiet = voted(store, now, "bar.no"), voted(store, now)
    review(store, id, "accept", now, kind="galaxy")
    with store.database.transaction() as session:
        assert find_voted(session, quiet, now=now) is None
        assert find_voted(session, "' or 1=1", now=now) is None
        row = session.get(ResultRow, id)
        assert row is not None
        delete_results(session, store.objects, [row])
    assert listed(store, now) == listed(store, now, decided=True) == []


def test_votes_on_exhibits_are_no_results(store: Store, now: datetime) -> None:
    with store.database.transaction() as session:
        person = made_up_rows.visitor(session, now=now)
        cast_votes(
            session,
            "exhibit:0123456789ab",
            owner=Owner(session=person.session),
            answers={"bar": "bar.no"},
            source="play",
            now=now,
        )
    assert listed(store, now) == []


ANSWERS = st.dictionaries(
    st.sampled_from(["bar.yes", "bar.no"]), st.integers(1, 50), min_size=1, max_size=2
)


@given(ANSWERS, st.sampled_from(["bar.yes", "bar.no", "spiral.no"]))
def test_disagreement_grows_with_the_votes_against(answers: dict[str, int], said: str) -> None:
    before = disagreement(Votes(99, {"bar": answers}), path=[said], kind=None)
    against = "bar.no" if said == "bar.yes" else "bar.yes"
    more = answers | {against: answers.get(against, 0) + 1}
    after = disagreement(Votes(99, {"bar": more}), path=[said], kind=None)
    assert 0 <= before < after < 1
    assert disagreement(Votes(1, {"kind": {"lens": 1}}), path=[], kind="lens") == 0
