"""The game over HTTP, and how answers earn points."""

from typing import Any

import pytest
from fakes import Serve
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from visits import CHEAP, csrf, sign_up, store_of

from skyform.schema import SKYFORM, TAXONOMIES
from skyform.schema.walks import check_walk, holds, required_answers
from skyform.server.exhibits import Exhibits, Held
from skyform.server.gallery import Gallery
from skyform.server.playing import verdicts_on
from skyform.store.owners import Owner
from skyform.store.votes import cast_votes, exhibit_subject, votes_of

ROUNDS = "/api/v1/play/rounds"
SCORE = "/api/v1/play/score"
OVAL = ["smooth-or-features.smooth", "roundness.in-between", "odd.no"]
BARRED = [
    "smooth-or-features.features",
    "edge-on.no",
    "bar.yes",
    "spiral.yes",
    "arm-winding.medium",
    "arm-number.2",
    "bulge.obvious",
    "odd.no",
]


@pytest.fixture(scope="module")
def exhibits() -> Exhibits:
    return Exhibits()


@pytest.fixture(scope="module")
def gallery(exhibits: Exhibits) -> Gallery:
    def never(picture: bytes, id: str) -> Any:
        raise AssertionError("asked")

    return Gallery(exhibits, model="small@1.3", classify=never)


def begin(client: TestClient) -> dict[str, Any]:
    response = client.post(ROUNDS, headers=csrf(client))
    assert response.status_code == 201, response.text
    return response.json()


def finish(client: TestClient, id: str, answers: list[str]) -> Any:
    return client.post(f"{ROUNDS}/{id}", json={"answers": answers}, headers=csrf(client))


def of_class(exhibits: Exhibits, label: str) -> Held:
    return next(h for h in exhibits.held if h.label == label and h.scheme == "galaxy10_decals")


def test_a_round_shows_a_picture_and_tells_no_more(client: TestClient, exhibits: Exhibits) -> None:
    shown = begin(client)
    assert shown.keys() == {"id", "picture", "credit", "licence", "first_question"}
    assert shown["first_question"] == SKYFORM.root
    assert client.get(shown["picture"]).headers["content-type"] == "image/jpeg"
    held = {h.id: h for h in exhibits.held}[shown["picture"].split("/")[-2]]
    assert held.scheme != "kind"


def test_a_round_is_played_once_and_counts(client: TestClient) -> None:
    assert client.get(SCORE).json() == {
        "rounds": 0,
        "points": 0,
        "streak": 0,
        "best_streak": 0,
        "agreement": None,
        "model_agreement": None,
    }
    shown = begin(client)
    response = finish(client, shown["id"], OVAL)
    assert response.status_code == 200, response.text
    outcome = response.json()
    assert [v["answer"] for v in outcome["verdicts"]] == OVAL
    assert outcome["exhibit"] == shown["picture"].split("/")[-2]
    assert outcome["points"] == outcome["score"]["points"]
    assert outcome["score"] == client.get(SCORE).json()
    again = finish(client, shown["id"], OVAL)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "round-ended")
    assert client.get(SCORE).json()["rounds"] == 1


def test_answers_become_votes(client: TestClient) -> None:
    shown = begin(client)
    exhibit = finish(client, shown["id"], OVAL).json()["exhibit"]
    with store_of(client).database.reading() as session:
        from skyform.store import SessionRow

        owner = Owner(session=session.query(SessionRow).one().id)
        votes = votes_of(session, exhibit_subject(exhibit), owner=owner)
    assert sorted(votes.values()) == sorted(OVAL)


def test_answers_must_follow_the_tree(client: TestClient) -> None:
    shown = begin(client)
    for answers, why in (
        (["bar.yes"], "without edge-on.no"),
        (["smooth-or-features.smooth", "smooth-or-features.star"], "answered twice"),
        (["none"], "no answer of the tree"),
        (["smooth-or-features.smooth", "edge-on.yes"], "without smooth-or-features.features"),
    ):
        response = finish(client, shown["id"], answers)
        assert response.status_code == 422
        assert response.json()["error"]["code"] == "invalid-answers"
        assert why in response.json()["error"]["message"]
    assert finish(client, shown["id"], OVAL).status_code == 200


def test_rounds_belong_to_those_who_began_them(serve: Serve) -> None:
    one, other = serve(**CHEAP), serve(**CHEAP)
    shown = begin(one)
    begin(other)
    assert finish(other, shown["id"], OVAL).status_code == 404
    assert finish(one, "0" * 32, OVAL).status_code == 404
    assert finish(one, "nothing", OVAL).status_code == 404
    assert finish(one, shown["id"], []).status_code == 422
    assert finish(one, shown["id"], OVAL).status_code == 200


def test_what_was_played_goes_to_the_account(serve: Serve) -> None:
    client = serve(**CHEAP)
    finish(client, begin(client)["id"], OVAL)
    before = client.get(SCORE).json()
    sign_up(client)
    assert client.get(SCORE).json() == before
    finish(client, begin(client)["id"], BARRED)
    assert client.get(SCORE).json()["rounds"] == 2


def test_the_crowd_is_shown_from_five_others_on(client: TestClient) -> None:
    from datetime import UTC, datetime

    from skyform.store import SessionRow

    now = datetime.now(UTC)
    shown = begin(client)
    exhibit = shown["picture"].split("/")[-2]
    with store_of(client).database.transaction() as session:
        for i, answer in enumerate([OVAL[0]] * 4 + ["smooth-or-features.star"]):
            id = f"{i:032x}"
            row = SessionRow(
                id=id,
                secret_hash=id * 2,
                user_id=None,
                created_at=now,
                last_seen_at=now,
                expires_at=now,
            )
            session.add(row)
            session.flush()
            given = {"smooth-or-features": answer} | ({"odd": "odd.no"} if i else {})
            subject = exhibit_subject(exhibit)
            who = Owner(session=id)
            cast_votes(session, subject, owner=who, answers=given, source="play", now=now)
    verdicts = {v["question"]: v for v in finish(client, shown["id"], OVAL).json()["verdicts"]}
    assert verdicts["smooth-or-features"]["crowd"] == pytest.approx(0.8)
    assert verdicts["smooth-or-features"]["crowd_votes"] == 5
    assert (verdicts["odd"]["crowd"], verdicts["odd"]["crowd_votes"]) == (None, 4)
    assert verdicts["roundness"]["crowd_votes"] == 0


def test_points_follow_the_truth_and_else_the_others(exhibits: Exhibits, gallery: Gallery) -> None:
    held = of_class(exhibits, "barred")
    statement = gallery.statement(held.id)
    crowd = {"arm-number": {"arm-number.2": 3, "arm-number.3": 2}, "bulge": {"bulge.obvious": 4}}
    found = verdicts_on(held, check_walk(SKYFORM, BARRED), statement=statement, crowd=crowd)
    verdicts = {v.question: v for v in found}
    assert list(verdicts) == [a.partition(".")[0] for a in BARRED]
    for question in ("smooth-or-features", "edge-on", "bar", "spiral"):
        assert verdicts[question].truth == verdicts[question].answer
        assert verdicts[question].points == 10
    assert verdicts["arm-number"].crowd == pytest.approx(0.6)
    assert verdicts["arm-number"].points == 3
    assert verdicts["bulge"].crowd is None
    said = {a["id"]: a["fraction"] for a in statement["answers"]}
    assert verdicts["bulge"].model == said["bulge.obvious"]
    assert verdicts["bulge"].points == round(5 * said["bulge.obvious"])
    wrong = verdicts_on(held, check_walk(SKYFORM, OVAL), statement=statement, crowd={})
    assert (wrong[0].points, wrong[0].truth) == (0, "smooth-or-features.features")


def test_each_class_can_be_reached(exhibits: Exhibits, gallery: Gallery) -> None:
    """Answers that fit the truth of every exhibit in play earn full points and are right."""
    for held in exhibits.held:
        if held.scheme in TAXONOMIES:
            rule = TAXONOMIES[held.scheme].by_id[held.label].rule
            wanted = {a for factor in rule for a in factor[0]}
        else:
            wanted = {a for answer in held.answers for a in SKYFORM.implied(answer)}
        if held.scheme == "kind":
            continue
        answers = fitting_walk(wanted)
        given = check_walk(SKYFORM, answers)
        if held.scheme in TAXONOMIES:
            assert holds(rule, given) is True
        found = verdicts_on(held, given, statement=gallery.statement(held.id), crowd={})
        for verdict in found:
            assert verdict.truth in (None, verdict.answer)
        if held.scheme in TAXONOMIES:
            assert {v.question for v in found if v.truth} >= required_answers(rule).keys()


def fitting_walk(wanted: set[str]) -> list[str]:
    """A walk that gives the wanted answers wherever it is asked."""
    waiting, answers = [SKYFORM.root], []
    while waiting:
        question = SKYFORM.question[waiting.pop(0)]
        fitting = [a for a in question.answers if a.id in wanted]
        answer = fitting[0] if fitting else question.answers[-1]
        answers.append(answer.id)
        waiting += [answer.next] if answer.next else []
    return answers


VOTES = st.dictionaries(st.sampled_from(["odd.no", "odd.yes"]), st.integers(0, 9))


@given(VOTES, st.floats(0, 1))
def test_points_never_leave_their_range(
    exhibits: Exhibits, votes: dict[str, int], fraction: float
) -> None:
    held = of_class(exhibits, "disturbed")
    statement = {"answers": [{"id": "odd.no", "question": "odd", "fraction": fraction}]}
    given = check_walk(SKYFORM, OVAL)
    for verdict in verdicts_on(held, given, statement=statement, crowd={"odd": votes}):
        assert 0 <= verdict.points <= 10
        assert verdict.crowd is None or verdict.crowd_votes >= 5
