"""Is this right? Votes on results over HTTP, and what curators see and decide."""

from typing import Any

import pytest
from fakes import Serve
from fastapi.testclient import TestClient
from kept import keep
from sqlalchemy import select
from visits import CHEAP, csrf, promote, sign_up, store_of

from skyform.store import AuditRow, ReviewRow, SessionRow, VoteRow
from skyform.store.owners import Owner

RESULTS = "/api/v1/results"
REVIEWS = "/api/v1/reviews"
NO_BAR = {"answers": {"bar": "bar.no"}}


def say(client: TestClient, id: str, sheet: dict[str, Any]) -> Any:
    return client.post(f"{RESULTS}/{id}/votes", json=sheet, headers=csrf(client))


def decide(client: TestClient, id: str, **decision: Any) -> Any:
    return client.put(f"{REVIEWS}/{id}", json=decision, headers=csrf(client))


@pytest.fixture
def visitor(serve: Serve) -> TestClient:
    return serve(**CHEAP)


@pytest.fixture
def curator(serve: Serve) -> TestClient:
    client = serve(**CHEAP)
    sign_up(client, "cecilia@example.org")
    promote(client, "curator", "cecilia@example.org")
    return client


def test_a_vote_is_counted_and_a_second_one_replaces_it(visitor: TestClient) -> None:
    id = keep(visitor)
    assert visitor.get(f"{RESULTS}/{id}/votes").json() == {"votes": 0, "questions": {}, "mine": {}}
    first = say(
        visitor, id, {"answers": {"bar": "bar.no", "spiral": "spiral.yes"}, "kind": "galaxy"}
    )
    assert first.status_code == 200, first.text
    assert first.json()["mine"] == {"bar": "bar.no", "kind": "galaxy", "spiral": "spiral.yes"}
    second = say(visitor, id, {"kind": "lens", "comment": "look at the arc"}).json()
    assert second == {"votes": 1, "questions": {"kind": {"lens": 1}}, "mine": {"kind": "lens"}}
    assert visitor.get(f"{RESULTS}/{id}/votes").json() == second
    with store_of(visitor).database.reading() as session:
        row = session.scalars(select(VoteRow)).one()
    assert (row.source, row.comment) == ("feedback", "look at the arc")
    assert say(visitor, id, {}).json() == {"votes": 0, "questions": {}, "mine": {}}


def test_each_person_counts_once(serve: Serve, visitor: TestClient) -> None:
    id, other = keep(visitor), serve(**CHEAP)
    say(visitor, id, NO_BAR)
    tally = say(other, id, {"answers": {"bar": "bar.yes"}}).json()
    assert tally["votes"] == 2
    assert tally["questions"] == {"bar": {"bar.no": 1, "bar.yes": 1}}
    assert tally["mine"] == {"bar": "bar.yes"}


IMPOSSIBLE = [
    ({"kind": "cat"}, "kind is 'cat'"),
    ({"kind": "nebula", "answers": {"bar": "bar.no"}}, "answers about a galaxy"),
    ({"answers": {"bar": "bar.perhaps"}}, "no answer of the tree"),
    ({"answers": {"bar": "spiral.yes"}}, "whose answer it is not"),
    ({"answers": {"x": "bar.no", "bar": "bar.yes"}}, "answered twice"),
    (
        {"answers": {"smooth-or-features": "smooth-or-features.smooth", "bar": "bar.no"}},
        "contradicts 'smooth-or-features.smooth'",
    ),
    ({"comment": "hello"}, "without an answer"),
]


def test_what_cannot_be_meant_is_refused(visitor: TestClient) -> None:
    id = keep(visitor)
    for sheet, why in IMPOSSIBLE:
        response = say(visitor, id, sheet)
        assert response.status_code == 422
        assert response.json()["error"]["code"] == "invalid-answers"
        assert why in response.json()["error"]["message"]
    assert visitor.get(f"{RESULTS}/{id}/votes").json()["votes"] == 0


def test_what_is_not_shared_is_not_there_for_others(
    visitor: TestClient, curator: TestClient
) -> None:
    id = keep(visitor, shared=False)
    for client in (visitor, curator):
        assert say(client, id, NO_BAR).status_code == 404
        assert client.get(f"{RESULTS}/{id}/votes").status_code == 404
        assert client.get(f"{RESULTS}/{'0' * 32}/votes").status_code == 404


def test_ones_own_results_can_be_voted_on_and_then_curators_see_them(
    serve: Serve, curator: TestClient
) -> None:
    client = serve(**CHEAP)
    user = sign_up(client, "olga@example.org")
    id = keep(client, owner=Owner(user=user["id"]), shared=False)
    assert curator.get(f"{RESULTS}/{id}/votes").status_code == 404
    assert say(client, id, NO_BAR).status_code == 200
    assert curator.get(f"{RESULTS}/{id}/votes").json()["votes"] == 1
    assert say(curator, id, NO_BAR).json()["votes"] == 2
    with store_of(curator).database.reading() as session:
        assert sorted(session.scalars(select(VoteRow.source))) == ["curator", "feedback"]


def test_only_curators_review(visitor: TestClient) -> None:
    id = keep(visitor)
    assert visitor.get(REVIEWS).status_code == 401
    sign_up(visitor)
    assert visitor.get(REVIEWS).status_code == 403
    assert visitor.get("/api/v1/catalogue").status_code == 403
    assert decide(visitor, id, decision="discard").status_code == 403


def test_the_most_doubtful_wait_first(visitor: TestClient, curator: TestClient) -> None:
    agreed, against = keep(visitor), keep(visitor)
    unsure, _quiet = keep(visitor, uncertainty=0.9), keep(visitor)
    say(visitor, agreed, {"answers": {"bar": "bar.yes"}})
    say(visitor, against, NO_BAR)
    say(visitor, unsure, {"kind": "galaxy"})
    first = curator.get(REVIEWS, params={"limit": 2}).json()
    assert [i["result"]["id"] for i in first["items"]] == [unsure, against]
    assert [i["uncertainty"] for i in first["items"]] == [0.9, 0.5]
    assert first["items"][1]["tally"]["questions"] == {"bar": {"bar.no": 1}}
    assert first["items"][1]["classification"]["model"] == "fake@1"
    assert first["total"] == 3
    rest = curator.get(REVIEWS, params={"limit": 2, "cursor": first["next"]}).json()
    assert ([i["result"]["id"] for i in rest["items"]], rest["next"]) == ([agreed], None)
    assert curator.get(REVIEWS, params={"cursor": "x"}).status_code == 422


def test_decisions_are_kept_and_the_list_gets_shorter(
    visitor: TestClient, curator: TestClient
) -> None:
    id = keep(visitor)
    say(visitor, id, NO_BAR)
    item = decide(curator, id, decision="correct", answers={"bar": "bar.no"}, note="no bar")
    assert item.status_code == 200, item.text
    assert item.json()["decided"] is True
    assert curator.get(REVIEWS).json()["items"] == []
    assert curator.get(REVIEWS, params={"decided": True}).json()["total"] == 1
    assert decide(curator, id, decision="accept").status_code == 200
    with store_of(curator).database.reading() as session:
        rows = session.scalars(select(ReviewRow).order_by(ReviewRow.id)).all()
        audit = session.scalars(select(AuditRow).where(AuditRow.action == "review-decided")).all()
    assert [(r.decision, r.note) for r in rows] == [("correct", "no bar"), ("accept", "")]
    assert rows[0].labels == {"bar": "bar.no"}
    assert rows[1].labels["kind"] == "galaxy"
    assert rows[1].labels["spiral"] == "spiral.yes"
    assert len(audit) == 2


def test_decisions_that_say_nothing_or_too_much_are_refused(
    visitor: TestClient, curator: TestClient
) -> None:
    id = keep(visitor)
    say(visitor, id, NO_BAR)
    for decision in (
        {"decision": "correct"},
        {"decision": "accept", "answers": {"bar": "bar.no"}},
        {"decision": "discard", "kind": "lens"},
        {"decision": "correct", "kind": "cat"},
        {"decision": "perhaps"},
    ):
        assert decide(curator, id, **decision).status_code == 422
    assert curator.get(REVIEWS).json()["total"] == 1


def test_only_what_was_voted_on_can_be_decided(visitor: TestClient, curator: TestClient) -> None:
    id = keep(visitor)
    assert decide(curator, id, decision="accept").status_code == 404
    assert decide(curator, "nothing", decision="accept").status_code == 404


def test_a_vote_on_nothing_makes_no_session(visitor: TestClient) -> None:
    assert say(visitor, "a" * 32, NO_BAR).status_code == 404
    with store_of(visitor).database.reading() as session:
        assert session.scalars(select(SessionRow)).all() == []
