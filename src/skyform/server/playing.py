"""The game: how a person's answers compare with the truth, the crowd and the model."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from skyform.schema import SKYFORM, TAXONOMIES, Rule
from skyform.schema.walks import check_walk, holds, required_answers
from skyform.server.contract import Outcome, Round, Score, Verdict
from skyform.server.exhibits import Held
from skyform.server.gallery import Gallery, judge, picture_address
from skyform.server.problems import RequestError
from skyform.store import Store
from skyform.store.owners import Owner
from skyform.store.plays import begin_play, find_play, finish_play, standing_of
from skyform.store.votes import cast_votes, count_votes, exhibit_subject

__all__ = ["begin", "finish", "score_of", "verdicts_on"]

# Fewer votes than this say more about single people than about the picture.
_CROWD = 5
_POINTS_TRUTH = 10
_POINTS_OTHERS = 5
_POINTS_RIGHT = 20


def begin(store: Store, gallery: Gallery, *, owner: Owner) -> Round:
    """A round with an exhibit that the tree's answers can be compared on."""
    playable = [h.id for h in gallery.all_held() if _rule(h)]
    with store.database.transaction() as session:
        row = begin_play(session, owner, exhibits=playable, now=datetime.now(UTC))
    held = gallery.held(row.exhibit)
    return Round(
        id=row.id,
        picture=picture_address(held.id),
        credit=held.credit,
        licence=held.licence,
        first_question=SKYFORM.root,
    )


def finish(
    store: Store, gallery: Gallery, *, id: str, answers: Sequence[str], owner: Owner
) -> Outcome:
    """End a round with the person's answers, which become votes.

    Raises
    ------
    RequestError
        404 for a round that is not this person's, 409 for one that has ended, 422 for answers that do not follow the tree.
    """
    given = _walked(answers)
    with store.database.reading() as session:
        row = find_play(session, id, owner=owner)
    if row is None:
        raise _no_round()
    held = gallery.held(row.exhibit)
    # A model that is not bundled may have to look at the picture first: no transaction waits for that.
    statement = gallery.tree_statement(held.id)
    right, model_right = holds(_rule(held), given), judge(held, statement).right
    subject, now = exhibit_subject(held.id), datetime.now(UTC)
    with store.database.transaction() as session:
        crowd = count_votes(session, subject, but=owner).questions
        verdicts = verdicts_on(held, given, statement=statement, crowd=crowd)
        points = sum(v.points for v in verdicts) + (_POINTS_RIGHT if right else 0)
        if not finish_play(
            session, id, points=points, right=right, model_right=model_right, now=now
        ):
            raise _ended()
        cast_votes(session, subject, owner=owner, answers=given, source="play", now=now)
        standing = standing_of(session, owner)
    return Outcome(
        exhibit=held.id,
        truth_text=held.truth_text,
        right=right,
        model_right=model_right,
        verdicts=verdicts,
        points=points,
        score=Score(**asdict(standing)),
    )


def score_of(store: Store, *, owner: Owner) -> Score:
    """How a person is doing."""
    with store.database.reading() as session:
        return Score(**asdict(standing_of(session, owner)))


def verdicts_on(
    held: Held,
    given: Mapping[str, str],
    *,
    statement: Mapping[str, Any],
    crowd: Mapping[str, Mapping[str, int]],
) -> list[Verdict]:
    """Each answer beside what the others say.

    An answer that the truth requires earns 10 points, and one that contradicts it none. Where the truth says nothing of a question,
    an answer earns up to 5: the crowd's share of it, or the model's as long as there is no crowd.

    Parameters
    ----------
    held : Held
    given : mapping
        Answer by question, as ids.
    statement : mapping
        The model's, as `Prediction.to_dict`.
    crowd : mapping
        By question, votes of other people by answer.
    """
    truth = required_answers(_rule(held))
    return [
        _verdict(
            answer,
            truth=truth.get(question),
            statement=statement,
            votes=crowd.get(question, {}),
        )
        for question, answer in given.items()
    ]


def _verdict(
    answer: str, *, truth: str | None, statement: Mapping[str, Any], votes: Mapping[str, int]
) -> Verdict:
    question = answer.partition(".")[0]
    said = {a["id"]: a["fraction"] for a in statement["answers"] if a["question"] == question}
    total = sum(votes.values())
    share = votes.get(answer, 0) / total if total >= _CROWD else None
    others = said.get(answer, 0.0) if share is None else share
    if truth is None:
        points = round(_POINTS_OTHERS * others)
    else:
        points = _POINTS_TRUTH if answer == truth else 0
    return Verdict(
        question=question,
        answer=answer,
        model=said.get(answer, 0.0),
        model_answer=max(said, key=said.__getitem__, default=""),
        crowd=share,
        crowd_votes=total,
        truth=truth,
        points=points,
    )


def _rule(held: Held) -> Rule:
    """What answers must fulfil to agree with the truth; empty where they cannot be compared with it."""
    if held.scheme in TAXONOMIES:
        return TAXONOMIES[held.scheme].by_id[held.label].rule
    return tuple((SKYFORM.implied(answer),) for answer in held.answers)


def _walked(answers: Sequence[str]) -> Mapping[str, str]:
    try:
        return check_walk(SKYFORM, answers)
    except ValueError as error:
        raise RequestError(
            f"The answers do not follow the tree: {str(error)[:200]}.",
            remedy="Begin at the first question, and answer only what an earlier answer leads to; the tree is at /api/v1/models.",
            status=422,
            code="invalid-answers",
        ) from None


def _no_round() -> RequestError:
    return RequestError(
        "There is no such round of yours.",
        remedy="Begin a new one.",
        status=404,
        code="not-found",
    )


def _ended() -> RequestError:
    return RequestError(
        "This round has ended.",
        remedy="Begin a new one.",
        status=409,
        code="round-ended",
    )
