"""Kept results: adding one, and showing it to its owner and to those it is shared with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from skyform.images import Stretch
from skyform.server.contract import Classification, ResultDetail, ResultPage, ResultSummary
from skyform.server.identity import Visitor
from skyform.server.pictures import THUMBNAIL, media_type_of, small_name
from skyform.server.problems import RequestError
from skyform.server.quotas import room_for_results
from skyform.server.service import Service
from skyform.server.uploads import Upload, display_title
from skyform.server.voting import no_result, seen_result
from skyform.server.working import Options
from skyform.store import ResultRow
from skyform.store.images import keep_derived, keep_image
from skyform.store.results import (
    NewResult,
    add_result,
    change_result,
    delete_results,
    list_results,
    own_result,
)

__all__ = [
    "change_own",
    "detail",
    "keep_answer",
    "page_of_own",
    "remove_own",
    "seen",
    "stretch_of",
    "uncertainty",
    "with_everything",
]

_RESULTS = "/api/v1/results"


def with_everything(options: Options) -> Options:
    """The options of a result to keep: all that its page shows, but no embedding, which only programs read."""
    return replace(options, evidence=True, details=True, embedding=False)


def keep_answer(
    shared: Service,
    upload: Upload,
    classification: Classification,
    *,
    thumbnail: bytes,
    visitor: Visitor,
) -> ResultDetail:
    """Keep a picture and the answer; `visitor` needs an account or a session.

    Raises
    ------
    RequestError
        409 for a visitor who keeps as much as one may.
    """
    now = datetime.now(UTC)
    store, owner = shared.store, visitor.as_owner
    stays = owner.user is not None
    kind = classification.kind
    with store.database.transaction() as session:
        room_for_results(session, shared.settings, owner=owner).keep(len(upload.data))
        digest = keep_image(
            session, store.objects, upload.data, media_type=media_type_of(upload.data)
        )
        name = small_name(side=THUMBNAIL, stretch=stretch_of(classification))
        keep_derived(store.objects, digest, thumbnail, name=name)
        new = NewResult(
            image_digest=digest,
            title=upload.id,
            model=classification.model,
            sentence=classification.sentence,
            classification=classification.model_dump(mode="json"),
            kind=None if kind is None else kind.id,
            confidence=None if kind is None else kind.confidence,
            uncertainty=uncertainty(classification),
            expires_at=None if stays else now + timedelta(days=shared.settings.keep_days),
        )
        return detail(add_result(session, owner, new, now=now), visitor=visitor)


def page_of_own(shared: Service, *, visitor: Visitor, cursor: str | None, limit: int) -> ResultPage:
    """A page of the visitor's own results."""
    with shared.store.database.reading() as session:
        page = list_results(
            session, visitor.as_owner, cursor=cursor, limit=limit, now=datetime.now(UTC)
        )
        items = [ResultSummary(**_summary(row)) for row in page.items]
    return ResultPage(items=items, next=page.next, total=page.total)


def seen(shared: Service, id: str, *, visitor: Visitor) -> ResultRow:
    """A result of one's own, a shared one, or, for curators, one that was voted on.

    Raises
    ------
    RequestError
        404 for any other.
    """
    with shared.store.database.reading() as session:
        return seen_result(session, id, visitor=visitor, now=datetime.now(UTC))


def change_own(
    shared: Service, id: str, *, visitor: Visitor, title: str | None, public: bool | None
) -> ResultDetail:
    """Change a result of one's own.

    Raises
    ------
    RequestError
        404 for a result of somebody else, 422 for a title of nothing but blanks.
    """
    words = None if title is None else _plain(title)
    with shared.store.database.transaction() as session:
        row = _own(session, id, visitor=visitor)
        change_result(row, title=words, shared=public)
        return detail(row, visitor=visitor)


def remove_own(shared: Service, id: str, *, visitor: Visitor) -> None:
    """Delete a result of one's own.

    Raises
    ------
    RequestError
        404 for a result of somebody else.
    """
    with shared.store.database.transaction() as session:
        row = _own(session, id, visitor=visitor)
        delete_results(session, shared.store.objects, [row])


def detail(row: ResultRow, *, visitor: Visitor) -> ResultDetail:
    """A result as the contract shows it."""
    classification = Classification.model_validate(row.classification)
    return ResultDetail(
        **_summary(row),
        owned=visitor.as_owner.owns(row),
        picture=f"{_RESULTS}/{row.id}/picture",
        expires_at=row.expires_at,
        # A file's name may say more than its owner wants to share.
        classification=classification.model_copy(update={"result": row.id, "id": row.title}),
    )


def stretch_of(classification: Classification) -> Stretch | None:
    """How the classified picture was stretched; None where there was nothing to choose."""
    display = classification.display
    if display is None or not display.adjustable:
        return None
    return Stretch(low=display.low, high=display.high, softening=display.softening)


def uncertainty(classification: Classification) -> float:
    """How unsure the model is, 0 to 1: the entropy of its answers, each as a share of the largest that is possible.

    Of the kind, and of each question of the tree as often as it is asked; of a model's own classes where it knows nothing else.
    """
    shares: list[tuple[float, list[float]]] = []
    if classification.kind is not None:
        shares.append((1.0, list(classification.kind.probabilities.values())))
    for question, asked in classification.asked.items():
        answers = [a.fraction for a in classification.answers if a.question == question]
        shares.append((asked, answers))
    if not shares:
        shares = [(1.0, c.probabilities) for c in classification.classes.values()][:1]
    known = [(asked, p) for asked, p in shares if len(p) > 1 and asked > 0]
    if not known:
        return 0.0
    total = sum(asked * _surprise(p) for asked, p in known) / sum(asked for asked, _ in known)
    return float(min(max(total, 0.0), 1.0))


def _surprise(p: list[float]) -> float:
    from skyform.search.uncertainty import entropy

    return float(entropy(np.array([p], dtype=np.float64))[0] / np.log(len(p)))


def _own(session: Session, id: str, *, visitor: Visitor) -> ResultRow:
    row = own_result(session, id, owner=visitor.as_owner, now=datetime.now(UTC))
    if row is None:
        raise no_result()
    return row


def _summary(row: ResultRow) -> dict[str, Any]:
    names = ("id", "title", "created_at", "sentence", "kind", "confidence", "shared")
    return {
        **{name: getattr(row, name) for name in names},
        "thumbnail": f"{_RESULTS}/{row.id}/thumbnail",
    }


def _plain(title: str) -> str:
    """A title on one line, of letters that can be shown."""
    words = display_title(title)
    if not words:
        raise RequestError(
            "title has nothing in it but blanks.",
            remedy="Give it a letter at least, or leave it out.",
            status=422,
            code="invalid-parameter",
        )
    return words
